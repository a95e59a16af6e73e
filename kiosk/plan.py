"""The plan: what the server last said about this room, as frozen records, and how news changes it.

Decisions:
- Nothing goes backwards (`merged`, `with_answer`): inside one incarnation an older sequence number or an older
  version of a booking never replaces what we have. The cursor alone decides, so no list of what is gone is kept:
  whatever was said up to `seq` is in the plan, also by not being there.
- A record that did not change stays the same object, so that "is there anything new" is one `is`.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Room:
    id: str
    name: str
    zone: str
    capacity: int
    floor: str
    facilities: tuple[str, ...]
    active: bool


@dataclass(frozen=True, slots=True)
class Policy:
    """What people may do at this glass; lengths in minutes."""

    walk_in: bool
    durations: tuple[int, ...]
    extend: bool
    extend_minutes: int
    early_minutes: int
    gap_minutes: int
    max_minutes: int | None
    min_minutes: int | None
    act: bool
    nobody_here: bool = False  # whether anybody may ask those inside whether they still are
    door_minutes: int | None = (
        None  # how much of the coming time the door may own; None: this server knows no such thing
    )
    walk_ins_per_hour: int | None = None  # what the door keeps to by itself while it is cut off; None: not said
    walk_ins_in_row: int | None = None
    walk_in_pause_minutes: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """From one instant up to, not including, another; `reason` says why the room is shut, where it is."""

    start: int
    end: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Release:
    """When a booking that nobody checks in to is given back: warned, released, and held until `until` all the same.

    `released_at`: when the server did so; only the server knows. The other instants are what it means to do.
    """

    warn_at: int
    at: int
    released_at: int | None
    until: int


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody asked "Nobody here?"; `open` while nobody has answered."""

    until: int
    open: bool


@dataclass(frozen=True, slots=True)
class Booking:
    """`ended`: its people ended it early. `follows`: the id of the one right before it whose people stay.

    `state`: accepted, pending, or at_risk (another door of the room may have given the time away). `confirmed` is false
    for what this door took without owning the time, `synced` for what the server does not have yet; both are of what is
    shown, the plan as it came has neither.
    """

    id: str
    version: int
    start: int
    end: int
    host: str
    title: str
    state: str
    check_in: str  # none, asked, done
    check_in_from: int | None
    check_in_by: int | None
    checked_in_at: int | None
    here: bool
    ended: bool = False
    release: Release | None = None
    ask: Asked | None = None
    follows: str | None = None
    confirmed: bool = True
    synced: bool = True
    proof: str = ""  # by which the server knows its own word again
    joined: tuple[str, ...] = ()  # the names of the other rooms that it has, whose time no door here owns

    @property
    def awaited(self) -> bool:
        """Check-in is asked for and nobody has come yet."""
        return self.check_in == "asked" and self.state != "pending"


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two have the same time, `start` to `end`: `booking` (of `host`) gave way to `other`, until people say else."""

    id: int
    kind: str  # walk_in, at_risk, recovered
    start: int
    end: int
    booking: str | None
    host: str
    other: str | None
    other_host: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    incarnation: str
    seq: int
    start: int
    end: int
    room: Room
    policy: Policy
    offsets: tuple[tuple[int, int], ...]  # (valid from, seconds east of UTC), in order
    open: tuple[Span, ...] | None  # None: always open
    closures: tuple[Span, ...]
    bookings: tuple[Booking, ...]  # by start
    conflicts: tuple[Conflict, ...] = ()  # those that are open and not over


@dataclass(frozen=True, slots=True)
class News:
    """An answer of the feed."""

    incarnation: str
    seq: int
    bookings: tuple[Booking, ...]
    gone: tuple[str, ...]
    reload: bool
    conflicts: tuple[Conflict, ...] | None = None  # whole each time; None where nothing was said of them


def coming(plan: Snapshot, since: int) -> list[Booking]:
    """The bookings that begin after `since`, in order. One without length (ended as it began) holds nothing."""
    return [booking for booking in plan.bookings if booking.start > since and booking.end > booking.start]


def merged(plan: Snapshot, news: News) -> Snapshot:
    """The plan with the feed's news; the same object when there is nothing new in them."""
    if news.incarnation != plan.incarnation or news.seq < plan.seq:
        return plan
    conflicts = plan.conflicts if news.conflicts is None else news.conflicts
    if news.seq == plan.seq and not news.bookings and not news.gone and conflicts == plan.conflicts:
        return plan
    known = {booking.id: booking for booking in plan.bookings}
    for id_ in news.gone:
        known.pop(id_, None)
    for booking in news.bookings:
        if booking.id not in known or known[booking.id].version <= booking.version:
            known[booking.id] = booking
    return replace(plan, seq=news.seq, bookings=by_start(known.values()), conflicts=conflicts)


def with_answer(plan: Snapshot, booking: Booking, *, gone: bool, seq: int, incarnation: str = "") -> Snapshot:
    """The plan with what an act at this glass changed, ahead of the feed.

    The cursor stays where it is: changes of other people may lie between it and `seq`, and only the feed has them.
    `incarnation`: whose word it is, "" where it did not say. In another life of the server than the plan's numbers and
    versions begin anew, so neither tells which is newer: the plan has nothing of that life, and takes it.
    """
    known = {old.id: old for old in plan.bookings}
    newer = booking.id in known and known[booking.id].version > booking.version
    if incarnation in ("", plan.incarnation) and (seq <= plan.seq or newer):
        return plan
    old = known.pop(booking.id, None)
    if not gone:  # the answer does not name its other rooms, and no act changes them
        known[booking.id] = replace(booking, joined=old.joined) if old else booking
    return replace(plan, bookings=by_start(known.values()))


def with_presence(plan: Snapshot, kept: Collection[str]) -> Snapshot:
    """The plan with the presence that is known but that the server has not said yet; the same object where none is.

    `kept`: ids of bookings that were checked in to at this glass and that wait to be sent. And whoever checked in to a
    meeting stays for the next one of the same people.
    """
    known = {booking.id: booking for booking in plan.bookings}
    for booking in plan.bookings:
        former = known.get(booking.follows or "")
        stays = former is not None and former.check_in == "done" and not former.ended
        if booking.awaited and (booking.id in kept or stays):
            known[booking.id] = replace(booking, check_in="done")
    found = tuple(known[booking.id] for booking in plan.bookings)
    return plan if found == plan.bookings else replace(plan, bookings=found)


def by_start(bookings: Iterable[Booking]) -> tuple[Booking, ...]:
    return tuple(sorted(bookings, key=lambda booking: (booking.start, booking.end, booking.id)))
