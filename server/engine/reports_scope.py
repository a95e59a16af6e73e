"""What a report is about: which days, which rooms, and when these rooms were to be had."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from server.core.access import Actor, may, require
from server.core.binning import Hours
from server.core.clock import Clock, epoch
from server.core.errors import Invalid, Unknown
from server.core.house import HouseMap
from server.core.model import Room
from server.core.period import Period, merged
from server.core.policy import open_on
from server.core.zone import midnight, wall
from server.engine.rooms import found
from server.store import closures, rooms
from server.store.database import Tx
from server.store.reports import Scope

WORKING_DAY = timedelta(hours=8)
LONGEST_REPORT = timedelta(days=366)
USUAL = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Choice:
    """What was asked for: local days, both included (by default the last 30 up to today), rooms by id, a place.

    `owner`: only bookings of this person, by number.
    """

    since: date | None = None
    until: date | None = None
    rooms: tuple[str, ...] = ()
    place: int | None = None
    owner: int | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The days and rooms of a report, and whose bookings. `every`: these are all rooms there are."""

    since: date
    until: date
    rooms: tuple[Room, ...]
    every: bool
    owner: int | None = None

    @property
    def zones(self) -> dict[str, list[Room]]:
        """The rooms by zone, the zone of most of them first."""
        found: dict[str, list[Room]] = defaultdict(list)
        for room in self.rooms:
            found[room.zone].append(room)
        return dict(sorted(found.items(), key=lambda it: -len(it[1])))

    @property
    def zone(self) -> str:
        return next(iter(self.zones), "UTC")

    def window(self, zone: str) -> Period:
        """The days as they are in a zone."""
        return Period(midnight(self.since, zone), midnight(self.until + timedelta(days=1), zone))

    def scope(self, zone: str) -> Scope:
        """The bookings that begin on these days in the rooms of a zone."""
        low, high = bounds(self.window(zone))
        own = [room.number for room in self.zones[zone]]
        return Scope(low, high, None if self.every and len(own) == len(self.rooms) else own, self.owner)

    @property
    def scopes(self) -> list[Scope]:
        return [self.scope(zone) for zone in self.zones]

    def plain(self) -> frozenset[int]:
        """The rooms without combined ones whose parts are counted by themselves."""
        numbers = {room.number for room in self.rooms}
        return frozenset(room.number for room in self.rooms if numbers.isdisjoint(room.parts))


def bounds(window: Period) -> tuple[int, int]:
    return epoch(window.start), epoch(window.end)


def choose(tx: Tx, clock: Clock, house: HouseMap, actor: Actor, choice: Choice) -> Chosen:
    """The rooms that the actor manages, or those of them that were asked for. Raises Invalid, Unknown, Barred."""
    require(actor, "admin")
    all_ = rooms.every(tx)
    own = [room for room in all_ if may(actor, "admin", room)]
    if choice.rooms:
        numbers = {found(tx, slug, actor, "admin").number for slug in choice.rooms}
        own = [room for room in own if room.number in numbers]
    if choice.place is not None:
        if choice.place not in house.places:
            raise Unknown("place", str(choice.place))
        own = [room for room in own if choice.place in house.rooms[room.number].within]
    since, until = span(clock, choice.since, choice.until, own[0].zone if own else "UTC")
    return Chosen(since, until, tuple(own), len(own) == len(all_), choice.owner)


def span(clock: Clock, since: date | None, until: date | None, zone: str) -> tuple[date, date]:
    """The days of a report, both included. Raises Invalid where they are no days of a report."""
    if until is None:
        until = wall(clock.now(), zone).date()
    if since is None:
        since = until - USUAL
    if not (since.year >= 1971 and until.year <= 9998):
        raise Invalid({"from": "is out of range"})
    if since > until or until - since > LONGEST_REPORT:
        raise Invalid({"from": "must be before the end, at most a year"})
    return since, until


@dataclass(frozen=True, slots=True)
class Had:
    """When a room was to be had; `available` is what its use is measured against, in seconds.

    A room without hours is always open, but measured against a working day.
    """

    hours: Hours
    available: int
    always: bool


def had(tx: Tx, chosen: Chosen) -> dict[int, Had]:
    """When each room was open and not closed. Rooms alike share what they have."""
    known: dict[object, Had] = {}
    shut = _shut(tx, chosen)
    out = {}
    for room in chosen.rooms:
        key = (room.policy.opening, room.policy.special_days, room.zone)
        if key not in known:
            known[key] = _open(room, chosen)
        closed = merged(span for number in (room.number, *room.parts) for span in shut.get(number, ()))
        out[room.number] = _without(known[key], [bounds(it) for it in closed], room, chosen) if closed else known[key]
    return out


def _open(room: Room, chosen: Chosen) -> Had:
    window = chosen.window(room.zone)
    dates = [chosen.since + timedelta(days=n) for n in range((chosen.until - chosen.since).days + 1)]
    if not room.policy.opening and not room.policy.special_days:
        working = int(WORKING_DAY.total_seconds()) * len(dates)
        return Had(Hours([bounds(window)]), working, True)
    hours = Hours(bounds(it) for it in merged(span for day in dates for span in open_on(room.policy, day, room.zone)))
    return Had(hours, hours.total, False)


def _without(it: Had, closed: Sequence[tuple[int, int]], room: Room, chosen: Chosen) -> Had:
    hours = it.hours.without(closed)
    if not it.always:
        return Had(hours, hours.total, False)
    available, day, working = 0, chosen.since, int(WORKING_DAY.total_seconds())
    while day <= chosen.until:
        low, high = epoch(midnight(day, room.zone)), epoch(midnight(day + timedelta(days=1), room.zone))
        available += min(working, hours.within(low, high))
        day += timedelta(days=1)
    return Had(hours, available, True)


def _shut(tx: Tx, chosen: Chosen) -> dict[int, list[Period]]:
    windows = [chosen.window(zone) for zone in chosen.zones]
    if not windows:
        return {}
    whole = Period(min(it.start for it in windows), max(it.end for it in windows))
    numbers = {number for room in chosen.rooms for number in (room.number, *room.parts)}
    found: dict[int, list[Period]] = defaultdict(list)
    for it in closures.everywhere(tx, whole, None if chosen.every else numbers):
        found[it.room].append(it.period)
    return found
