"""The webhooks' ear at the change feed: which hook is told what of each act.

Decision: what is told is read when the feed is told on, a moment after it happened, so it may be newer than the change;
its version says so. Each hook reads as a key of its rooms does, a person's hook as the person; private bookings are a
time only, unless the hook hears of the whole house.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from server.core.access import Actor, may
from server.core.clock import epoch
from server.core.hook_events import Event, Happening, Voice, happenings
from server.core.hooks import ENDED, Hook, wants
from server.core.model import Booking, Change, Room, Series
from server.core.people import Person
from server.core.privacy import OPEN, for_actor, series_for_actor
from server.engine import links
from server.engine.awaiting import NOTHING, Awaiting, awaiting
from server.engine.conflicts import standoffs
from server.engine.house import House
from server.engine.naming import Naming
from server.engine.queueing import queue
from server.engine.rights import Rights
from server.store import bookings, conflicts, finding, hooks, people, series
from server.store.database import Tx

PART = 500
ASKED = frozenset({"booking.release_warned", "booking.here_asked"})
"""Messages whose receiver may say for the people that they are here."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one hook is to be told; `here`: the booking (its number) whose people may say by a link that they are."""

    hook: int
    type: str
    at: datetime
    data: Mapping[str, Any]
    here: int | None = None


@dataclass(slots=True)
class _Seen:
    """What an act's happenings are told from, read once for all hooks."""

    bookings: dict[int, Booking]
    series: dict[str, Series]
    rooms: dict[int, Room]
    people: dict[int, Person] = field(default_factory=dict)
    awaited: dict[int, Awaiting] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HookNews:
    """A listener of the outbox. `base` is the public address, "" for none: links lead there."""

    house: House
    rights: Rights
    naming: Naming
    voices: Mapping[str, Voice] = field(default_factory=dict)
    base: str = ""
    name: str = "hooks"

    def gather(self, tx: Tx, news: Sequence[Change]) -> list[Row]:
        """The rows for these changes: whole acts, in order."""
        listening = [(it, self._actor(tx, it)) for it in hooks.every(tx) if it.state != ENDED]
        ears = [(it, actor) for it, actor in listening if actor is not None and it.dialect in self.voices]
        if not ears:
            return []
        named = bookings_of(tx, {it.subject for it in news if it.room is not None and it.subject is not None})
        told = [it for _, act in groupby(news, lambda it: it.act) for it in happenings(list(act), named)]
        told = [it for it in told if any(wants(hook.patterns, it.type) or _foreign(hook) for hook, _ in ears)]
        if not told:
            return []
        seen = self._seen(tx, told, named)
        self.naming.instance.learn(tx)
        rows = []
        for it in told:
            for hook, actor in ears:
                if (event := self._event(tx, it, hook, actor, seen)) is not None:
                    rows += self._row(it, hook, event)
        return rows

    def keep(self, tx: Tx, rows: Sequence[Row], now: datetime) -> None:
        """Queues them."""
        for row in rows:
            queue(tx, row.hook, row.type, self._linked(tx, row, now), row.at, now=now)

    def _linked(self, tx: Tx, row: Row, now: datetime) -> Mapping[str, Any]:
        if row.here is None:
            return row.data
        return {**row.data, "weAreHere": f"{self.base}/answer/{links.make(tx, 'here', now, booking=row.here)}"}

    def _row(self, it: Happening, hook: Hook, event: Event) -> list[Row]:
        said = self.voices[hook.dialect](event)
        if said is None or not wants(hook.patterns, said[0]):
            return []
        here = it.subject if it.type in ASKED and self.base else None
        return [Row(hook.number, said[0], it.change.at, said[1], here)]

    def _actor(self, tx: Tx, hook: Hook) -> Actor | None:
        """As whom a hook reads; None where it is somebody's who has left or may no longer."""
        name = f"hook:{hook.number}"
        if hook.person is None:
            return Actor(name, "read", hook.rooms or None, "hook", hook.id)
        person = people.by_number(tx, hook.person)
        if person is None:
            return None
        return self.rights.actor(tx, person, rooms=hook.rooms or None, name=name, source="hook")

    def _seen(self, tx: Tx, told: Sequence[Happening], named: dict[int, Booking]) -> _Seen:
        wanted = {it.room for it in told if it.room is not None}
        for it in told:
            if it.subject in named and it.type.startswith(("booking.", "series.")):
                wanted |= set(named[it.subject].rooms)
        of = {named[it.subject].series_uid for it in told if it.subject in named and it.change.room is not None}
        found = {uid: series.by_uid(tx, uid) for uid in of if uid is not None}
        whom = [it.subject for it in told if it.type.startswith("person.")]
        whom += [named[it.subject].owner for it in told if it.subject in named]
        there = people.by_numbers(tx, {number for number in whom if number is not None})
        return _Seen(
            named, {uid: it for uid, it in found.items() if it is not None}, finding.rooms(tx, wanted),
            {number: it for number, it in there.items() if it.erased_at is None},
        )  # fmt: skip

    def _event(self, tx: Tx, it: Happening, hook: Hook, actor: Actor, seen: _Seen) -> Event | None:
        kind = it.type.partition(".")[0]
        if it.change.seq <= hook.since:
            return None
        if kind in ("booking", "series"):
            return self._of_booking(tx, it, hook, actor, seen)
        if kind == "conflict":
            return self._of_conflict(tx, it, hook, actor, seen)
        if kind == "room":
            return _of_room(it, hook, actor, seen)
        if it.room is not None and it.room in hook.rooms and may(actor, "read", it.room):
            return Event(it.type, it.change.at, number=it.subject, room=seen.rooms.get(it.room), more=_facts(it.change))
        if hook.rooms or not _of_house(actor):
            return None
        room = seen.rooms.get(it.room) if it.room is not None else None
        who = seen.people.get(it.subject or 0) if kind == "person" else None
        return Event(it.type, it.change.at, number=it.subject, room=room, more=_facts(it.change), person=who)

    def _of_booking(self, tx: Tx, it: Happening, hook: Hook, actor: Actor, seen: _Seen) -> Event | None:
        booking = seen.bookings[it.subject or 0]
        there = [number for number in booking.rooms if number in seen.rooms and may(actor, "read", number)]
        if not there:
            return None
        room, house = seen.rooms[there[0]], self.house.at(tx)
        reader = replace(actor, scope="none") if hook.rooms and booking.details.privacy != OPEN else actor
        shown = for_actor(reader, booking, room, house.of("booking"))
        of = seen.series.get(booking.series_uid or "")
        whole = series_for_actor(reader, of, room) if of is not None else None
        slugs = tuple(house.rooms[number].slug for number in booking.rooms if number in house.rooms)
        if booking.id not in seen.awaited:
            seen.awaited[booking.id] = awaiting(tx, room, [booking], it.change.at).get(booking.id, NOTHING)
        awaits = seen.awaited[booking.id]
        return Event(
            it.type, it.change.at, booking=shown, room=room, series=whole, count=it.count, rooms=slugs,
            release=awaits.release, asking=awaits.asking, more=_facts(it.change),
            places=tuple(seen.rooms[number] for number in there), owner=seen.people.get(shown.owner or 0),
            timetable=house.timetables.get(room.policy.timetable or 0),
            name=self.naming.res(of if of is not None and it.type.startswith("series.") else booking),
        )  # fmt: skip

    def _of_conflict(self, tx: Tx, it: Happening, hook: Hook, actor: Actor, seen: _Seen) -> Event | None:
        """Told to whoever may read the room; of both sides what the hook may read of them."""
        room = seen.rooms.get(it.room or 0)
        known = conflicts.find(tx, it.subject or 0)
        if room is None or known is None or not may(actor, "read", room):
            return None
        (found,) = standoffs(tx, [known], {room.number: room})
        reader = replace(actor, scope="none") if hook.rooms else actor
        sides = tuple(
            for_actor(reader, side, room) if side is not None else None for side in (found.phone, found.walk_in)
        )
        more = {
            "kind": known.kind,
            "from": epoch(known.wanted.start),
            "to": epoch(known.wanted.end),
            "resolution": known.resolution,
        }
        return Event(
            it.type, it.change.at, number=known.id, room=room, more=_facts(it.change) | more, sides=(sides[0], sides[1])
        )


def bookings_of(tx: Tx, ids: set[int]) -> dict[int, Booking]:
    """The bookings of these numbers, some hundred at a time."""
    found, wanted = dict[int, Booking](), sorted(ids)
    for start in range(0, len(wanted), PART):
        found |= {it.id: it for it in bookings.by_ids(tx, wanted[start : start + PART])}
    return found


def _of_room(it: Happening, hook: Hook, actor: Actor, seen: _Seen) -> Event | None:
    if it.room is None or not (may(actor, "read", it.room) or (not hook.rooms and _of_house(actor))):
        return None
    return Event(it.type, it.change.at, number=it.room, room=seen.rooms.get(it.room), more=_facts(it.change))


def _of_house(actor: Actor) -> bool:
    """Whether the hook may hear of people, panels and tickets: the house's own, or of somebody who runs the house."""
    return actor.rooms is None and (actor.person is None or actor.role in ("admin", "staff"))


def _facts(it: Change) -> dict[str, Any]:
    told: dict[str, Any] = {"what": it.what}
    if it.what in ("reminded_start", "reminded_end"):
        minutes = next((int(code) for code in it.codes if code.isdecimal()), None)
        return told | {"minutes": minutes, "before": it.what.removeprefix("reminded_")}
    if it.what == "people_imported":
        return told | dict(it.after)
    return told | ({"codes": list(it.codes)} if it.codes else {})


def _foreign(hook: Hook) -> bool:
    """Whether the hook's dialect may call the types otherwise, so that its patterns say nothing of ours."""
    return hook.dialect != "roomvox"
