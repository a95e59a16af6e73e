"""When rooms can be had from an instant on, and what fills them: many rooms at once, for those who show boards of them.

Decision: a room can be had where nothing fills it (bookings, also those at risk, closures, the time of doors that
cannot be asked, the gap between bookings) and where none of STATE refuses: the room's service, hours, timetable and
notice. Who asks is no matter: a board that may only look shows what a room is. What is told free can still be taken by
somebody quicker; what cannot be booked is never told free.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.core.access import Actor, require
from server.core.clock import Clock, whole
from server.core.model import Booking, Closure, Room
from server.core.people import Person
from server.core.period import Period, clipped, gaps, merged
from server.core.policy import open_during
from server.core.privacy import for_actor
from server.core.rules import AHEAD, SERVICE, code_of
from server.core.timetables import lessons_during
from server.engine.fullness import look_at, taken_by
from server.engine.house import House
from server.engine.listing import people_of
from server.engine.looking import Look
from server.engine.rooms import listed, seen
from server.store import closures, listing, people, rooms
from server.store.database import Store, Tx

WEEK = timedelta(days=7)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
MOST = 1_000_000
"""Bookings that are read at once: no more than a thousand rooms have in a month."""
TRIES = 30
"""So many of the times that a room seems to be free are looked at; those that rules refuse are few."""
OUT = frozenset({*(code_of(rule) for rule in SERVICE), "hidden"})
STATE = OUT | frozenset({*(code_of(rule) for rule in AHEAD), "in_past", "outside_hours", "timetable_over"})


@dataclass(frozen=True, slots=True)
class Vacancy:
    """The first time from `at` on that a room can be had, within a week; None: at no time. `bookings`: those it has
    at that instant, the one that ends first first.
    """

    room: Room
    at: datetime
    free: Period | None
    bookings: tuple[Booking, ...] = ()

    @property
    def now(self) -> bool:
        """Whether it can be had at once."""
        return self.free is not None and self.free.start == self.at


@dataclass(frozen=True, slots=True)
class Plan:
    """A room over a window: its bookings and closures by start, and all the time in which it cannot be had."""

    room: Room
    bookings: tuple[Booking, ...]
    closures: tuple[Closure, ...]
    shut: tuple[Period, ...]


@dataclass(frozen=True, slots=True)
class Plans:
    """The plans of rooms in the order of their making, and the people who are named in them, by number."""

    rooms: tuple[Plan, ...]
    people: dict[int, Person]


@dataclass(frozen=True, slots=True)
class Vacancies:
    """The use cases. All raise Barred or Later."""

    store: Store
    clock: Clock
    house: House

    def of(self, actor: Actor, at: datetime, numbers: Collection[int] | None = None) -> tuple[Vacancy, ...]:
        """These rooms (None: all) from an instant on, in the order of their making.

        Those that are not there, or not shown to the actor, are passed over.
        """
        require(actor, "read")
        at = whole(at)
        with self.store.reading() as tx:
            look = look_at(tx, self.house.at(tx), actor, self.clock)
            places = _rooms(tx, actor, numbers)
            full = taken_by(tx, look, places, Period(at, at + WEEK))
            found = [Vacancy(it, at, _first(look, it, Period(at, at + WEEK), full[it.number])) for it in places]
            held = [it.room for it in found if not it.now]
            there = _bookings(tx, look, held, Period(at, at + SECOND))
        return tuple(Vacancy(it.room, at, it.free, _by_end(there.get(it.room.number, ()))) for it in found)

    def plans(self, actor: Actor, window: Period, numbers: Collection[int] | None = None) -> Plans:
        """These rooms (None: all) over a window, as `of` does. What is past is as it was asked for then."""
        require(actor, "read")
        with self.store.reading() as tx:
            look = look_at(tx, self.house.at(tx), actor, self.clock)
            places = _rooms(tx, actor, numbers)
            full = taken_by(tx, look, places, window)
            there = _bookings(tx, look, places, window)
            shut = _closures(tx, places, window)
            named = {number for held in there.values() for it in held for number in people_of(it)}
            known = people.by_numbers(tx, named)
        found = (
            Plan(
                it, tuple(there.get(it.number, ())), tuple(shut.get(it.number, ())),
                tuple(merged(clipped([*full[it.number], *_refused(look, it, window)], window))),
            )
            for it in places
        )  # fmt: skip
        return Plans(tuple(found), known)


def _rooms(tx: Tx, actor: Actor, numbers: Collection[int] | None) -> list[Room]:
    found = seen(tx, actor, numbers)
    return [it for it in (rooms.every(tx) if found is None else found) if listed(it, actor)]


def _first(look: Look, room: Room, window: Period, full: Sequence[Period]) -> Period | None:
    """The first time within the window for which the room can be had."""
    least = timedelta(minutes=room.policy.min_minutes or 1) if look.asks("too_short", room) else MINUTE
    spans = (free for it in _open(look, room, window) for free in gaps(full, it))
    for _, span in zip(range(TRIES), spans, strict=False):
        for start in {span.start: None, max(span.start, _notice(look, room)): None}:
            if start + least <= span.end and not _against(look, room, Period(start, start + least)):
                return Period(start, span.end)
    return None


def _notice(look: Look, room: Room) -> datetime:
    """From when on a booking is not too soon."""
    return look.now + timedelta(minutes=room.policy.notice_minutes or 0)


def _against(look: Look, room: Room, wish: Period) -> bool:
    return not STATE.isdisjoint(look.against(room, wish))


def _open(look: Look, room: Room, window: Period) -> list[Period]:
    """When the room's hours and its timetable let it be used within the window."""
    policy, spans = room.policy, [window]
    if (policy.opening or policy.special_days) and look.asks("outside_hours", room):
        spans = list(clipped(open_during(policy, window, room.zone), window))
    table = look.house.timetables.get(policy.timetable or 0)
    if table is None or not look.asks("off_slots", room):
        return spans
    lessons = lessons_during(table, window, room.zone)
    return [both for span in spans for both in clipped(lessons, span)]


def _refused(look: Look, room: Room, window: Period) -> Iterator[Period]:
    """What of the window the room cannot be had for, whatever fills it; what is past is judged by its hours alone."""
    yield from gaps(_open(look, room, window), window)
    ahead = Period(max(window.start, look.now), max(window.end, look.now))
    if ahead.start >= ahead.end:
        return
    if not OUT.isdisjoint(look.against(room, Period(look.now, look.now + MINUTE))):
        yield ahead
        return
    policy, far = room.policy, []
    if policy.notice_minutes and look.asks("too_soon", room):
        yield Period(look.now, _notice(look, room))
    if policy.horizon_days and look.asks("too_far", room):
        far.append(look.now + timedelta(days=policy.horizon_days))
    if policy.end_horizon_days and look.asks("ends_too_far", room):
        far.append(look.now + timedelta(days=policy.end_horizon_days))
    if far and min(far) < window.end:
        yield Period(max(min(far), window.start), window.end)


def _bookings(tx: Tx, look: Look, places: Sequence[Room], window: Period) -> dict[int, list[Booking]]:
    """The bookings of these rooms and of their parts, as far as the actor may read them, by the room's number."""
    whose: dict[int, list[Room]] = {}
    for room in places:
        for number in (room.number, *room.parts):
            whose.setdefault(number, []).append(room)
    attributes = look.house.of("booking")
    found: dict[int, list[Booking]] = {}
    for it in listing.planned(tx, list(whose), window, most=MOST) if whose else ():
        there = {room.number: room for number in it.rooms for room in whose.get(number, ())}
        for number, room in there.items():
            found.setdefault(number, []).append(for_actor(look.actor, it, room, attributes))
    return found


def _closures(tx: Tx, places: Sequence[Room], window: Period) -> dict[int, list[Closure]]:
    numbers = {number for it in places for number in (it.number, *it.parts)}
    found: dict[int, list[Closure]] = {}
    for it in closures.everywhere(tx, window):
        if it.room in numbers:
            found.setdefault(it.room, []).append(it)
    return {
        it.number: sorted(
            [shut for number in (it.number, *it.parts) for shut in found.get(number, ())], key=lambda shut: shut.starts
        )
        for it in places
    }


def _by_end(bookings: Iterable[Booking]) -> tuple[Booking, ...]:
    return tuple(sorted(bookings, key=lambda it: (it.ends, it.id)))
