"""Timetables as instants: when the slots of a day begin and end by the clock on the wall.

Decision: wall time as everywhere. On the night when clocks go forward a slot in the gap moves with them; one that the
gap swallows is none. A date that the zone skips has no slots.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from server.core.period import Period, merged
from server.core.places import Slot, Timetable
from server.core.zone import at_minute, days, midnight
from server.core.zone import zone as zone_named

SCHOOL_SLOTS = tuple(Slot(hour * 60, hour * 60 + 50) for hour in range(8, 18))
"""A school's day: ten lessons of fifty minutes, one each hour, the first at 08:00 and the last at 17:00."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A slot on a date: `number` is its place among the bookable slots of that day, from 0 (None for a break)."""

    period: Period
    slot: Slot
    number: int | None


def school(name: str = "School", zone: str = "") -> Timetable:
    """A new timetable as schools have it: SCHOOL_SLOTS from Monday to Friday."""
    return Timetable(0, name, zone, dict.fromkeys(range(5), SCHOOL_SLOTS), days_visible=5)


def slots_on(table: Timetable, day: date, zone: str) -> list[Lesson]:
    """The slots of a local date in their order; the date's own where it has some, else its weekday's.

    `zone` is the room's, which counts where the timetable has none. Dates outside `since` and `until` have none.
    """
    return list(_slots_on(_Same(table), day, zone_named(table.zone or zone))) if in_term(table, day) else []


class _Same:
    """A timetable as a key by which it is, not by all its slots: as long as it is remembered it is not another one."""

    __slots__ = ("table",)

    def __init__(self, table: Timetable) -> None:
        self.table = table

    def __hash__(self) -> int:
        return id(self.table)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.table is self.table


# Kept by the zone itself, not by its name: once its data is read anew, it is another.
@lru_cache(maxsize=1024)
def _slots_on(same: _Same, day: date, zone: ZoneInfo) -> tuple[Lesson, ...]:
    table, where = same.table, zone.key
    whole = Period(midnight(day, where), midnight(day + timedelta(days=1), where))
    found: list[Lesson] = []
    number = 0
    held = table.days[day] if day in table.days else table.days.get(day.weekday(), ())
    for slot in sorted(held, key=lambda it: it.opens):
        period = Period(at_minute(day, slot.opens, where), at_minute(day, slot.closes, where))
        if period.start < period.end and whole.covers(period):
            found.append(Lesson(period, slot, number if slot.bookable else None))
        number += slot.bookable
    return tuple(found)


def slots_during(table: Timetable, window: Period, zone: str) -> Iterator[Lesson]:
    """The slots that share time with the window, in their order."""
    for day in days(window, table.zone or zone):
        yield from (it for it in slots_on(table, day, zone) if it.period.overlaps(window))


def slots_within(table: Timetable, window: Period, zone: str) -> int:
    """How many bookable slots share time with the window."""
    return _slots_within(_Same(table), window, zone)


@lru_cache(maxsize=8192)  # a school's bookings begin and end with the same few slots
def _slots_within(same: _Same, window: Period, zone: str) -> int:
    return sum(it.number is not None for it in slots_during(same.table, window, zone))


def lessons_during(table: Timetable, window: Period, zone: str) -> list[Period]:
    """When there are bookable slots around the window, touching ones joined; in their order."""
    where, same, found = zone_named(table.zone or zone), _Same(table), list[Period]()
    for day in days(window, where.key):
        found += _lessons_on(same, day, where) if in_term(table, day) else ()
    return merged(found)


@lru_cache(maxsize=1024)
def _lessons_on(same: _Same, day: date, zone: ZoneInfo) -> tuple[Period, ...]:
    return tuple(merged(it.period for it in _slots_on(same, day, zone) if it.slot.bookable))


def in_term(table: Timetable, day: date) -> bool:
    """Whether rooms are booked by the timetable on that date."""
    return (table.since is None or table.since <= day) and (table.until is None or day <= table.until)
