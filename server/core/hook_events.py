"""What is told to webhooks: the types of messages, which change becomes which, and what a message knows.

Decisions:
- A message is told by a dialect's voice, in the words of that dialect. What it may tell has been taken out before: a
  voice never sees what the hook may not read.
- What one act did to several bookings of a series is one message about the series.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from server.core.model import Booking, Change, Room, Series, Standing
from server.core.nobody_here import Asking
from server.core.people import Person
from server.core.places import Timetable
from server.core.release import Times

BOOKINGS = {
    "booked": "created", "walked_in": "created", "offered": "created", "approved": "confirmed",
    "recovered": "created", "brought_back": "updated", "assured": "confirmed",
    "offer_accepted": "confirmed", "declined": "declined", "changed": "updated", "moved": "updated",
    "opened": "updated", "undone": "updated", "release_undone": "updated", "zone_clash": "updated",
    "cancelled": "cancelled", "bumped": "cancelled", "offer_lapsed": "cancelled", "offer_declined": "cancelled",
    "checked_in": "started", "extended": "extended", "ended": "ended", "checked_out": "ended", "finished": "ended",
    "vacated": "ended", "release_warned": "release_warned", "released": "released", "freed": "freed",
    "release_observed": "unattended", "attendance_unknown": "attendance_unknown", "ending_soon": "ending_soon",
    "reminded_start": "reminder", "reminded_end": "reminder", "here_asked": "here_asked",
    "here_answered": "here_answered", "struck": "deleted",
}  # fmt: skip
"""Changes of a booking, and the second word of the type that they are told as."""
SERIES = {"series_ending": "ending", "strikes_warned": "unattended"}
"""Changes of a booking that are told of its series."""
ROOMS = {
    "room_added": "created", "room_changed": "updated", "room_removed": "removed", "room_closed": "closed",
    "room_reopened": "reopened",
}  # fmt: skip
PERSONS = {
    "person_added": "created", "person_changed": "updated", "person_groups": "updated",
    "person_deactivated": "deactivated", "person_erased": "erased", "people_imported": "imported",
}  # fmt: skip
DEVICES = {"device_added": "created", "device_revoked": "revoked"}
TICKETS = {"ticket_opened": "opened", "ticket_reopened": "opened", "ticket_closed": "closed"}
CONFLICTS = {"conflict_opened": "opened", "conflict_resolved": "resolved"}
"""Changes of a booking that are told of the conflict that it is in, by the number that their first code is."""
OF_THE_HOUSE = {"person": PERSONS, "device": DEVICES, "ticket": TICKETS}
"""Changes without a room, by the kind of thing that their subject is the number of."""
DIRECT = ("alarm.opened", "alarm.closed", "audit.head", "hook.gap", "hook.test")
"""What is queued by whoever tells it, and is no change of the feed."""
WHOLE = frozenset({"created", "confirmed", "declined", "updated", "cancelled", "deleted"})
"""What can happen to several bookings of a series in one act."""


def types() -> tuple[str, ...]:
    """Every type of message there is, in order."""
    kinds = {"booking": BOOKINGS, "series": SERIES, "room": ROOMS, "conflict": CONFLICTS, **OF_THE_HOUSE}
    found = {f"{kind}.{word}" for kind, words in kinds.items() for word in words.values()}
    return tuple(sorted(found | {f"series.{word}" for word in WHOLE} | set(DIRECT)))


KNOWN = frozenset(types())
FAMILIES = frozenset(it.partition(".")[0] for it in KNOWN)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, as far as the hook may read it.

    `booking` and `room` (the one it is told of; a booking's first that the hook reaches) or `series`, whose `booking`
    is then the first date that the act touched, and `count` how many; `number` of what has one; `rooms` are slugs.
    `release` and `asking`: what becomes of the booking where its people say nothing. `more` are plain facts:
    minutes, codes, a link. `sides` of a conflict: the booking, or what came from elsewhere, and what was made at the
    door. `person`: whom it is about, as they are now, where they are not erased; only what the house itself hears.
    Of a booking also `places`, all its rooms that the hook reaches, `owner`, as far as it may be told, `timetable`: its
    room's, and `name`: what it (or the series, where that is told of) is called by engine/naming.py.
    """

    type: str
    at: datetime
    booking: Booking | None = None
    room: Room | None = None
    series: Series | None = None
    number: int | None = None
    count: int = 1
    rooms: tuple[str, ...] = ()
    release: Times | None = None
    asking: Asking | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    sides: tuple[Booking | None, Booking | None] | None = None
    person: Person | None = None
    places: tuple[Room, ...] = ()
    owner: Person | None = None
    timetable: Timetable | None = None
    name: str = ""


Voice = Callable[[Event], tuple[str, Mapping[str, Any]] | None]
"""Tells an event in a dialect's words: the type and the data of the message; None where it has no words for it."""


@dataclass(frozen=True, slots=True)
class Happening:
    """What one act did to one thing: the change that tells it, and how many bookings, where it is told of a series.

    `subject` is the booking's number (of a series its first that was touched), the person's, the device's …
    """

    type: str
    change: Change
    subject: int | None
    room: int | None
    count: int = 1


def happenings(act: list[Change], bookings: Mapping[int, Booking]) -> list[Happening]:
    """What one act is told as, in order; `bookings` are those it names, by number."""
    of_bookings: dict[tuple[str, int], Change] = {}
    others: dict[tuple[str, int | None, int | None], Happening] = {}
    for it in act:
        if it.room is not None and it.what in CONFLICTS and it.codes and it.codes[0].isdecimal():
            type_, number = f"conflict.{CONFLICTS[it.what]}", int(it.codes[0])
            others.setdefault((type_, number, it.room), Happening(type_, it, number, it.room))
        elif it.room is not None and it.subject is not None:
            if it.subject in bookings and (it.what in BOOKINGS or it.what in SERIES):
                of_bookings.setdefault((_word(it, bookings[it.subject]), it.subject), it)
        elif it.room is not None and it.what in ROOMS:
            type_ = f"room.{ROOMS[it.what]}"
            others.setdefault((type_, it.room, None), Happening(type_, it, None, it.room))
        elif it.what == "people_imported":
            others[("person.imported", None, it.seq)] = Happening("person.imported", it, None, None)
        elif it.room is None and it.subject is not None:
            kind = it.what.partition("_")[0]
            if word := OF_THE_HOUSE.get(kind, {}).get(it.what):
                there = it.after.get("room") if isinstance(it.after.get("room"), int) else None
                others.setdefault((f"{kind}.{word}", it.subject, 0), Happening(f"{kind}.{word}", it, it.subject, there))
    return [*_gathered(of_bookings, bookings), *others.values()]


def _word(it: Change, booking: Booking) -> str:
    """The type that a change of a booking is told as."""
    if it.what in SERIES:
        return f"series.{SERIES[it.what]}"
    word = BOOKINGS[it.what]
    if booking.standing is Standing.CANCELLED and it.what in ("undone", "bumped"):
        word = "cancelled"
    elif it.what == "bumped":
        word = "updated"  # it was under way, and is cut short
    return f"booking.{word}"


def _gathered(found: Mapping[tuple[str, int], Change], bookings: Mapping[int, Booking]) -> list[Happening]:
    by_series: dict[str, dict[int, tuple[str, Change]]] = {}
    out: list[Happening] = []
    for (type_, number), change in found.items():
        series = bookings[number].series_uid
        if series is not None and type_.partition(".")[2] in WHOLE:
            by_series.setdefault(series, {})[number] = (type_, change)
        else:
            out.append(Happening(type_, change, number, change.room))
    for dates in by_series.values():
        words = {type_.partition(".")[2] for type_, _ in dates.values()}
        number, (type_, change) = next(iter(dates.items()))
        if len(dates) == 1:
            out.append(Happening(type_, change, number, change.room))
        else:
            told = words.pop() if len(words) == 1 else "updated"
            out.append(Happening(f"series.{told}", change, number, change.room, len(dates)))
    return sorted(out, key=lambda it: it.change.seq)
