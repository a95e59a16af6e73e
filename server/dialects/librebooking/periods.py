"""The period grid: a schedule's layout as instants, and whether a reservation keeps to it.

A schedule is a timetable. Decisions:
- Rooms without a timetable are of the schedule 1, which every house has: it is the default one, as in a fresh
  LibreBooking, and its whole day is periods of a quarter of an hour. All zones in use are whole quarters of an hour off
  UTC, so that these are the same instants for every room and every user wherever they are. A timetable's schedule has
  its number plus one. Nothing is stored, and the ids stay.
- A layout covers the day: what lies between the slots of a timetable, or before and after them, is a period that is
  not reservable, as breaks are; so is a day outside the dates of the timetable.
- The grid binds reservations made or moved through this dialect, those of administrators too: a start is the begin of
  a reservable period, an end the begin of any period (the midnight that ends a day is one).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from server.core.model import Room
from server.core.period import Period
from server.core.places import Timetable
from server.core.timetables import slots_on
from server.core.zone import midnight, wall
from server.core.zone import zone as zone_named

DEFAULT = 1
"""The id of the schedule of rooms without a timetable."""
STEP = timedelta(minutes=15)
NOT_A_START = "The reservation must start where a reservable period of the schedule starts: {name}"
NOT_AN_END = "The reservation must end where a period of the schedule starts: {name}"


@dataclass(frozen=True, slots=True)
class Piece:
    """One period of a layout."""

    period: Period
    reservable: bool = True
    label: str = ""


def schedule_id(timetable: int | None) -> int:
    """The id of the schedule of rooms with this timetable (its number), or with none."""
    return DEFAULT if timetable is None else timetable + DEFAULT


def schedule_of(room: Room, timetables: Mapping[int, Timetable]) -> int:
    """The id of the schedule that a room is of; a timetable that is gone is none."""
    table = table_of(room, timetables)
    return schedule_id(table.number if table is not None else None)


def timetable_of(schedule: int) -> int | None:
    """The number of the timetable that a schedule's id stands for; None for the default one."""
    return None if schedule == DEFAULT else schedule - DEFAULT


def table_of(room: Room, timetables: Mapping[int, Timetable]) -> Timetable | None:
    return timetables.get(room.policy.timetable or 0)


def pieces_on(table: Timetable | None, day: date, zone: str) -> tuple[Piece, ...]:
    """The layout of a local date without gaps. `zone`: the room's, for timetables that have none of their own."""
    if table is None:
        return _quarters(day, zone_named(zone))
    where = table.zone or zone
    whole = Period(midnight(day, where), midnight(day + timedelta(days=1), where))
    return tuple(_filled(table, day, zone, whole))


def pieces_within(table: Timetable | None, window: Period, zone: str) -> Iterator[Piece]:
    """The periods that begin within the window, in their order."""
    where = table.zone or zone if table is not None else zone
    day, last = (wall(at, where).date() for at in (window.start, window.end))
    while day <= last:
        yield from (it for it in pieces_on(table, day, zone) if window.holds(it.period.start))
        day += timedelta(days=1)


def misfits(room: Room, period: Period, timetables: Mapping[int, Timetable]) -> list[str]:
    """What is wrong with the ends of a reservation in a room, in words; nothing where both are on the grid."""
    table = table_of(room, timetables)
    found = []
    if not any(it.reservable and it.period.start == period.start for it in _at(table, period.start, room.zone)):
        found.append(NOT_A_START.format(name=room.name))
    if not any(it.period.start == period.end for it in _at(table, period.end, room.zone)):
        found.append(NOT_AN_END.format(name=room.name))
    return found


def _at(table: Timetable | None, moment: datetime, zone: str) -> tuple[Piece, ...]:
    where = table.zone or zone if table is not None else zone
    return pieces_on(table, wall(moment, where).date(), zone)


# Kept by the zone itself, not by its name: once its data is read anew, it is another.
@lru_cache(maxsize=512)
def _quarters(day: date, zone: ZoneInfo) -> tuple[Piece, ...]:
    """A day has 92 to 100 of them, as the clocks are changed; one that ends off a quarter has a shorter last one."""
    at, end = midnight(day, zone.key), midnight(day + timedelta(days=1), zone.key)
    found = []
    while at < end:
        found.append(Piece(Period(at, min(at + STEP, end))))
        at += STEP
    return tuple(found)


def _filled(table: Timetable, day: date, zone: str, whole: Period) -> Iterator[Piece]:
    at = whole.start
    for it in slots_on(table, day, zone):
        if at < it.period.start:
            yield Piece(Period(at, it.period.start), reservable=False)
        yield Piece(it.period, reservable=it.slot.bookable, label=it.slot.label)
        at = it.period.end
    if at < whole.end:
        yield Piece(Period(at, whole.end), reservable=False)
