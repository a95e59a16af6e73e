"""A series as a whole: its dates by address, what was changed for one alone, and what an edit may make of them.

The edit itself is planned in replanning.py.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from server.core.errors import Invalid, Objection, Refused, Unknown
from server.core.model import Booking, LeftOut, Series, Standing
from server.core.recurrence import Length, Occurrence, Pattern, occurrences, portable, walls
from server.core.zone import zone

SAID = ("title", "organizer", "organizer_email", "description", "owner", "details")
"""What is said of a booking, for all dates of a series or for one of them."""


@dataclass(frozen=True, slots=True)
class Lost:
    """An occurrence that a new pattern has no room for: its address, and what had been changed for it alone.

    "begun" among the kinds: its new address is that of an occurrence that stays because it has begun.
    """

    at: datetime
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """An occurrence under its new address; where it then lies is `booking.period`, in `booking.rooms`."""

    booking: Booking
    former: Booking

    @property
    def placed_anew(self) -> bool:
        """Whether it lies at another time or in other rooms than before."""
        return (self.booking.period, self.booking.rooms) != (self.former.period, self.former.rooms)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written. `series` is the edited one (id 0: split off), `head` what it was split from, cut short.

    `renamed` keep address and time, `moved` change one of them or their series, `dropped` go, `made` are new dates;
    `left_out` and `head_left_out` are the dates of the two that still hold nothing. `dates` are all that are to come
    where times or pattern are new.
    """

    series: Series
    head: Series | None
    renamed: tuple[Booking, ...]
    moved: tuple[Moved, ...]
    dropped: tuple[Booking, ...]
    made: tuple[Occurrence, ...]
    left_out: tuple[LeftOut, ...]
    head_left_out: tuple[LeftOut, ...]
    lost: tuple[Lost, ...]
    dates: tuple[Occurrence, ...]


@dataclass(frozen=True, slots=True)
class Whole:
    """A series as it stands: its occurrences and left out dates, and its own dates up to where it is carried."""

    series: Series
    rows: tuple[Booking, ...]
    left_out: tuple[LeftOut, ...]
    dates: Mapping[datetime, Occurrence] = field(default_factory=dict)


def whole_of(series: Series, rows: Iterable[Booking], left_out: Iterable[LeftOut]) -> Whole:
    """The series with its dates expanded, by address."""
    dates = _dates(series.pattern, zone(series.zone), series.length, series.carried_to)
    return Whole(series, tuple(rows), tuple(left_out), dates)


# Kept by the zone itself, not by its name: once its data is read anew, it is another.
@lru_cache(maxsize=128)
def _dates(pattern: Pattern, zone: ZoneInfo, length: Length, until: datetime) -> Mapping[datetime, Occurrence]:
    return {it.period.start: it for it in occurrences(pattern, zone.key, length, until)}


def shown(series: Series) -> tuple[str, ...]:
    """The pattern as others are told it; nothing where all its dates are gone."""
    return _lines(series.pattern, zone(series.zone), series.carried_to)


@lru_cache(maxsize=256)
def _lines(pattern: Pattern, zone: ZoneInfo, until: datetime) -> tuple[str, ...]:
    try:
        return portable(pattern, zone.key, until)[1]
    except Invalid:
        return ()


def begun(it: Booking, now: datetime) -> bool:
    """True for what a change of time may no longer touch."""
    return it.starts <= now or it.checked_in_at is not None or it.ended_at is not None


def kinds(it: Booking, date: Occurrence | None, series: Series) -> tuple[str, ...]:
    """What was changed for this occurrence alone: cancelled, declined, moved, extended, renamed."""
    found = [it.standing.value] if it.standing in (Standing.CANCELLED, Standing.DECLINED) else []
    if date is not None and it.starts != date.period.start:
        found.append("moved")
    elif date is not None and it.ends != date.period.end:
        found.append("extended")
    if any(getattr(it, name) != getattr(series, name) for name in SAID):
        found.append("renamed")
    return tuple(found)


def addressed(whole: Whole, at: datetime | None, now: datetime) -> Occurrence:
    """The date an edit starts from: the one named, else the first that has not begun.

    Raises Unknown where there is no such date, Refused("begun") where the pattern has it no more, Refused("over") where
    none is to come.
    """
    if at is not None:
        if at in whole.dates:
            return whole.dates[at]
        if any(row.original_start == at for row in whole.rows):  # begun before the pattern was changed: none follows it
            raise Refused((Objection("begun", ""),))
        raise Unknown("occurrence", at.isoformat())
    taken = {row.original_start for row in whole.rows if begun(row, now)}
    for date in whole.dates.values():
        if date.period.start > now and date.period.start not in taken:
            return date
    raise Refused((Objection("over", ""),))


def goes_on(pattern: Pattern, at: datetime) -> bool:
    """Whether the pattern may have dates from a wall time on; False only where it is sure that it has none."""
    if pattern.until is not None and pattern.until <= at:
        return False
    if any(date >= at for date in pattern.dates):
        return True
    for rule in pattern.rules:
        if rule.until is not None and rule.until < at:
            continue
        if rule.count is None or sum(1 for _ in walls(Pattern(pattern.start, (rule,)), at)) < rule.count:
            return True
    return False
