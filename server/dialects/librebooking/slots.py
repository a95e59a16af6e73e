"""Slots: each day of a schedule as the table that people see, resource by resource.

Facts: the days are the asker's; the day of `endDateTime` is one of them. What is reserved is one slot for all its
periods, with the reservation; a blackout is neither reserved nor reservable and has its title for a label. A period
that is past stays what it is in the layout. Decisions:
- `isReservable` is false, too, where nobody could reserve the period: closed hours, the buffer of a reservation, a
  resource that is unavailable, too far ahead, the time of a door that cannot be asked.
- A reservation that is not on the grid (other doors have none) takes every period that it touches. Of a resource that
  takes several at once each is told, and the period itself where one more can be had.
- Where no date is given it is the days that the schedule shows by itself; of one date, as many days from or up to it.
- The answer is put together of texts: the periods of a day are the same in every resource, and most are free.
"""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from zoneinfo import ZoneInfo

from server.core.errors import Invalid
from server.core.model import Booking, Closure, Room
from server.core.people import Person
from server.core.period import Period
from server.core.places import Timetable
from server.core.zone import wall
from server.core.zone import zone as zone_named
from server.dialects.kit.app import Call
from server.dialects.kit.route import Answer, Routes
from server.dialects.librebooking.availability import moment
from server.dialects.librebooking.desk import Desk
from server.dialects.librebooking.periods import pieces_within
from server.dialects.librebooking.reservation_body import ReservationItem
from server.dialects.librebooking.reservation_rows import Known, item
from server.dialects.librebooking.rooms import of_schedules, room_of
from server.dialects.librebooking.schedules import day_at, days_visible, first_day, table_at
from server.dialects.librebooking.shape import Given, Id, Model, Number, Stamp, stamp, writing
from server.engine.vacancies import Plan

routes = Routes("Schedules")
DAYS = 31
MOST = 7_000
"""Resources times days of one answer: a thousand for a week."""
TOGETHER = 100
"""Up to so many resources times days the answer is made whole and has a tag; larger ones go out as they come."""
PIECE = 256 * 1024
HEAD = '{"links":[],"message":null,"slots":['
Write = Callable[[ReservationItem], bytes]
Told = dict[tuple[int, int], tuple[str, str, str]]
"""Of each booking in each room: its label, its color, and the reservation, as they are written."""


class SlotsQuery(Given):
    """Which days, and of which resource."""

    resourceId: Number = None
    startDateTime: str | None = None
    endDateTime: str | None = None


class SlotBody(Model):
    """One or several periods of a resource; `slotSpan` says how many."""

    slotSpan: int
    isReserved: bool
    label: str
    isReservable: bool
    color: str | None
    startDateTime: Stamp
    endDateTime: Stamp
    reservation: ReservationItem | None


class ResourceSlots(Model):
    """A resource's day."""

    slots: list[SlotBody]
    resourceId: Id
    resourceName: str


class DateSlots(Model):
    """A day of all resources."""

    date: Stamp
    resources: list[ResourceSlots]


class SlotsBody(Model):
    """The days in their order."""

    dates: list[DateSlots]


@dataclass(frozen=True, slots=True)
class Cell:
    """A period of a day: its dates as they are written, and its text where it is free or is not to be had."""

    period: Period
    start: str
    end: str
    free: str
    shut: str


@dataclass(frozen=True, slots=True)
class Day:
    """The periods of a day, where each begins, and all of them as a free day is written."""

    cells: tuple[Cell, ...]
    starts: tuple[datetime, ...]
    free: str

    def touched(self, period: Period) -> list[int]:
        """The places of the periods that share time with this one."""
        if not self.cells:
            return []
        first = max(bisect_right(self.starts, period.start) - 1, 0)
        if self.cells[first].period.end <= period.start:
            first += 1
        return list(range(first, bisect_left(self.starts, period.end)))


@routes(
    "GET", "/Schedules/<schedule>/Slots", scope="read", summary="The slots of a schedule", answers={200: SlotsBody},
    errors=(404,), detail="At most 31 days, and a thousand resources for a week.",
)  # fmt: skip
def get_slots(desk: Desk, call: Call, schedule: int, query: SlotsQuery) -> Answer:
    house, zone = desk.engine.house.now(), desk.zone_of(call.actor)
    table = table_at(house, schedule)
    days = _days(desk, call, query, table)
    numbers = of_schedules(house, {schedule})
    if query.resourceId:
        numbers = sorted({room_of(desk, call.actor, query.resourceId).number}.intersection(numbers))
    if len(numbers) * len(days) > MOST:
        raise Invalid({"endDateTime": f"is too far ahead for {len(numbers)} resources"})
    window = Period(day_at(days[0], zone).start, day_at(days[-1], zone).end)
    plans = desk.engine.vacancies.plans(call.actor, window, numbers)
    shown = [_out_of_sight(it, desk.now()) for it in plans.rooms if it.room.active]
    text = _written(shown, _reserved(desk, call, shown, plans.people), table, days, zone, desk.shape)
    body = b"".join(text) if len(numbers) * len(days) <= TOGETHER else _gathered(text)
    return Answer(body, media="application/json")


def _out_of_sight(plan: Plan, now: datetime) -> Plan:
    """A hidden resource, which only who manages it is shown, is nobody's to reserve from now on."""
    if plan.room.status != "hidden":
        return plan
    return replace(plan, shut=(*plan.shut, Period(now, datetime.max.replace(tzinfo=UTC))))


def _days(desk: Desk, call: Call, query: SlotsQuery, table: Timetable | None) -> list[date]:
    """The days that are asked for, on the asker's calendar. Raises Invalid."""
    zone, given = desk.zone_of(call.actor), [query.startDateTime, query.endDateTime]
    names = ("startDateTime", "endDateTime")
    first, last = (
        wall(moment(desk, call, name, it), zone).date() if it is not None else None
        for name, it in zip(names, given, strict=True)
    )
    usual = timedelta(days=days_visible(table) - 1)
    if first is None:
        first = last - usual if last is not None else first_day(table, wall(desk.now(), zone).date())
    last = first + usual if last is None else last
    if last < first:
        raise Invalid({"endDateTime": "must not be before startDateTime"})
    if (last - first).days >= DAYS:
        raise Invalid({"endDateTime": f"must be at most {DAYS} days after startDateTime"})
    return [first + timedelta(days=count) for count in range((last - first).days + 1)]


def _reserved(desk: Desk, call: Call, plans: Sequence[Plan], people: dict[int, Person]) -> Told:
    write, house, known = _writer(desk.shape), desk.engine.house.now(), Known(call)
    found: Told = {}
    for plan in plans:
        for it in plan.bookings:
            told = item(desk, known, it, plan.room, people, house)
            label = f"{told.firstName or ''} {told.lastName or ''}".strip() or told.title or ""
            found[it.id, plan.room.number] = (json.dumps(label), json.dumps(told.color or None), write(told).decode())
    return found


@lru_cache(maxsize=4)
def _writer(shape: str) -> Write:
    return writing(shape).writer(ReservationItem)


def _written(
    rooms: Sequence[Plan], told: Told, table: Timetable | None, days: list[date], zone: str, shape: str
) -> Iterator[bytes]:  # fmt: skip
    """The answer in pieces, one for each resource and day."""
    yield b'{"links":[],"message":null,"dates":['
    for count, day in enumerate(days):
        at = stamp(wall(day_at(day, zone).start, zone))
        yield f'{"," if count else ""}{{"links":[],"message":null,"date":"{at}","resources":['.encode()
        for place, plan in enumerate(rooms):
            where = table.zone or plan.room.zone if table is not None else zone
            cells = _day(_Same(table), day, zone_named(zone), zone_named(where))
            slots = ",".join(_slots(plan, cells, told))
            yield f"{',' if place else ''}{HEAD}{slots}{_tail(plan.room, shape)}".encode()
        yield b"]}"
    yield b"]}"


def _tail(room: Room, shape: str) -> str:
    number = f'"{room.number}"' if shape == "wire" else str(room.number)
    return f'],"resourceId":{number},"resourceName":{json.dumps(room.name)}}}'


def _gathered(text: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in fewer pieces, for each that is sent costs something."""
    held, size = list[bytes](), 0
    for piece in text:
        held.append(piece)
        size += len(piece)
        if size >= PIECE:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)


class _Same:
    """A timetable as a key by what it is: its number and version."""

    def __init__(self, table: Timetable | None) -> None:
        self.table = table
        self.key = (table.number, table.version) if table is not None else (0, 0)

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.key == self.key


# Kept by the zones themselves, not by their names: once their data is read anew, they are others.
@lru_cache(maxsize=512)
def _day(same: _Same, day: date, zone: ZoneInfo, where: ZoneInfo) -> Day:
    """A day of the asker's; `where` is the room's zone."""
    found = []
    for it in pieces_within(same.table, day_at(day, zone.key), where.key):
        start, end = (stamp(wall(at, zone.key)) for at in (it.period.start, it.period.end))
        label = json.dumps(it.label)
        free, shut = (_slot(1, label, start, end, reservable=can) for can in (it.reservable, False))
        found.append(Cell(it.period, start, end, free, shut))
    return Day(tuple(found), tuple(it.period.start for it in found), ",".join(it.free for it in found))


def _slot(
    span: int, label: str, start: str, end: str, *, reservable: bool, color: str = "null", reservation: str = ""
) -> str:  # fmt: skip
    """A slot as it is written; label, color and reservation are JSON already."""
    reserved, can = ("true" if it else "false" for it in (reservation, reservable))
    return (
        f'{{"links":[],"message":null,"slotSpan":{span},"isReserved":{reserved},"label":{label},"isReservable":{can},'
        f'"color":{color},"startDateTime":"{start}","endDateTime":"{end}","reservation":{reservation or "null"}}}'
    )


def _slots(plan: Plan, day: Day, told: Told) -> Iterator[str]:
    """The slots of a day: what is reserved or blacked out in runs, all else period by period."""
    shut = {at for it in plan.shut for at in day.touched(it)}
    runs: dict[int, list[str]] = {}
    covered: set[int] = set()
    several = plan.room.policy.lanes > 1
    held: list[Booking | Closure] = [*plan.closures, *plan.bookings]
    for it in sorted(held, key=attrgetter("starts")):
        if not (mine := day.touched(it.period)):
            continue
        run = mine if several else _fresh(mine, covered)
        runs.setdefault(run[0], []).append(_run(plan.room, it, day.cells[run[0]], day.cells[run[-1]], len(run), told))
        covered.update(mine)
    if not shut and not runs:
        yield from (day.free,) if day.cells else ()
        return
    for at, cell in enumerate(day.cells):
        yield from runs.get(at, ())
        if at not in covered or (several and at not in shut):
            yield cell.shut if at in shut else cell.free


def _fresh(mine: list[int], covered: set[int]) -> list[int]:
    """Those in a row that nothing before has; all of them where none is left."""
    fresh = [at for at in mine if at not in covered]
    return [at for place, at in enumerate(fresh) if at == fresh[0] + place] or mine


def _run(room: Room, it: Booking | Closure, first: Cell, last: Cell, span: int, told: Told) -> str:
    if isinstance(it, Closure):
        return _slot(span, json.dumps(it.reason), first.start, last.end, reservable=False)
    label, color, reservation = told[it.id, room.number]
    return _slot(span, label, first.start, last.end, reservable=False, color=color, reservation=reservation)
