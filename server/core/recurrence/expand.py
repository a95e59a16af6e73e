"""The dates one rule gives, in naive wall time, in order and without end (RFC 5545 section 3.3.10).

Decisions:
- We step through the periods of the rule ourselves and look at the bound in each, matching or not. dateutil looks at
  UNTIL only when it has a date to give, so that a rule like 30 February walks on to the year 9999; and it counts
  BYSETPOS in the first week from the start instead of from that week's first day. It serves as an oracle in the tests.
- Days are ordinals (date.toordinal) while they are sought; a datetime is made only for a date that is given.
- Rules within a day go day by day: the times of one day depend only on where the grid of the interval falls in it,
  and there are few such places, so each is reckoned once. A day that does not match costs one look.
- BYWEEKNO: a week's days count to the calendar year they lie in, whichever year numbers the week.
"""

from calendar import isleap, monthrange
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import MAXYEAR, date, datetime, time, timedelta
from typing import TypeVar

from server.core.recurrence.rule import Rule

DAY = 86_400
UNITS = {"SECONDLY": 1, "MINUTELY": 60, "HOURLY": 3_600}
SECOND = timedelta(seconds=1)
T = TypeVar("T")


def expand(rule: Rule, start: datetime, before: datetime, since: datetime | None = None) -> Iterator[datetime]:
    """The walls from `start` on, before `before`; those before `since` are left out.

    COUNT counts from `start`, whatever `since` says. The number of steps is bounded by the days (years, months) between
    start and `before`, and for rules within a day by the dates given.
    """
    stop = before if rule.until is None else min(before, rule.until + SECOND)
    low = start if since is None else max(start, since)
    # A rule without COUNT may begin at the last period before what is asked for.
    near = low if rule.count is None else start
    left = -1 if rule.count is None else rule.count
    for wall in _fine(rule, start, near, stop) if rule.fine else _coarse(rule, start, near, stop):
        if wall >= stop:
            return
        if wall < start:
            continue
        if wall >= low:
            yield wall
        left -= 1
        if not left:
            return


def _coarse(rule: Rule, start: datetime, near: datetime, stop: datetime) -> Iterator[datetime]:
    """Daily and slower: the days of each period, each with the same times."""
    times = times_of(rule, start)
    combine, from_ordinal = datetime.combine, date.fromordinal
    if len(times) == 1 and not rule.positions:
        only = times[0]
        for days in PERIODS[rule.freq](rule, start, near, stop):
            for day in days:
                yield combine(from_ordinal(day), only)
        return
    for days in PERIODS[rule.freq](rule, start, near, stop):
        walls = [combine(from_ordinal(day), at) for day in days for at in times]
        yield from positioned(walls, rule.positions)


def times_of(rule: Rule, start: datetime) -> list[time]:
    """The times of day that a rule of daily or slower gives, in order."""
    return [
        time(hour, minute, second)
        for hour in rule.hours or (start.hour,)
        for minute in rule.minutes or (start.minute,)
        for second in rule.seconds or (start.second,)
    ]


def positioned(found: Sequence[T], positions: tuple[int, ...]) -> Sequence[T]:
    """What BYSETPOS leaves of one period's dates."""
    if not positions:
        return found
    size = len(found)
    places = {n - 1 if n > 0 else size + n for n in positions}
    return [found[place] for place in sorted(places) if 0 <= place < size]


def _years(rule: Rule, start: datetime, near: datetime, stop: datetime) -> Iterator[Iterable[int]]:
    skipped = max(0, near.year - start.year) // rule.interval
    for year in range(start.year + skipped * rule.interval, stop.year + 1, rule.interval):
        yield days_of_year(rule, year, start)


def _months(rule: Rule, start: datetime, near: datetime, stop: datetime) -> Iterator[Iterable[int]]:
    first, last = (it.year * 12 + it.month - 1 for it in (start, stop))
    skipped = max(0, near.year * 12 + near.month - 1 - first) // rule.interval
    for number in range(first + skipped * rule.interval, last + 1, rule.interval):
        year, month = divmod(number, 12)
        if not rule.months or month + 1 in rule.months:
            yield days_of_month(rule, year, month + 1, start)


def _weeks(rule: Rule, start: datetime, near: datetime, stop: datetime) -> Iterator[Iterable[int]]:
    today = start.toordinal()
    first = today - (start.weekday() - rule.week_start) % 7
    given = [day for _, day in rule.weekdays] or [start.weekday()]
    offsets = sorted((day - rule.week_start) % 7 for day in given)
    step = rule.interval * 7
    skipped = max(0, near.toordinal() - first) // step
    for week in range(first + skipped * step, stop.toordinal() + 1, step):
        days = [week + offset for offset in offsets]
        yield [day for day in days if date.fromordinal(day).month in rule.months] if rule.months else days


def _days(rule: Rule, start: datetime, near: datetime, stop: datetime) -> Iterator[Iterable[int]]:
    first = start.toordinal()
    skipped = max(0, near.toordinal() - first) // rule.interval
    days = range(first + skipped * rule.interval, stop.toordinal() + 1, rule.interval)
    fits = day_test(rule)
    return ((day,) for day in (days if fits is None else filter(fits, days)))


PERIODS: dict[str, Callable[[Rule, datetime, datetime, datetime], Iterator[Iterable[int]]]] = {
    "YEARLY": _years,
    "MONTHLY": _months,
    "WEEKLY": _weeks,
    "DAILY": _days,
}


def day_test(rule: Rule) -> Callable[[int], bool] | None:
    """Whether a day fits the parts that only limit (daily rules and those within a day); None where all fit."""
    if rule.plain:
        return None
    weekdays = {day for _, day in rule.weekdays}

    def fits(ordinal: int) -> bool:
        day = date.fromordinal(ordinal)
        if rule.months and day.month not in rule.months:
            return False
        if weekdays and day.weekday() not in weekdays:
            return False
        if rule.month_days and not _counted(day.day, monthrange(day.year, day.month)[1], rule.month_days):
            return False
        of_year = ordinal - date(day.year, 1, 1).toordinal() + 1
        return not rule.year_days or _counted(of_year, 365 + isleap(day.year), rule.year_days)

    return fits


def _counted(number: int, size: int, wanted: tuple[int, ...]) -> bool:
    """True where the number, counted from the front or from the end, is wanted."""
    return number in wanted or number - size - 1 in wanted


def days_of_month(rule: Rule, year: int, month: int, start: datetime) -> list[int]:
    """The month's days that the rule gives, as ordinals in order."""
    first, size = date(year, month, 1).toordinal(), monthrange(year, month)[1]
    if not rule.month_days and not rule.weekdays:
        return [first + start.day - 1] if start.day <= size else []
    days: Iterable[int] = range(1, size + 1)
    if rule.month_days:
        days = sorted({day if day > 0 else size + 1 + day for day in rule.month_days} & set(days))
    if rule.weekdays:
        named = weekdays_in(rule, first, size)
        return [first + day - 1 for day in days if first + day - 1 in named]
    return [first + day - 1 for day in days]


def weekdays_in(rule: Rule, first: int, size: int) -> set[int]:
    """The days of BYDAY among `size` days from the ordinal `first` on; numbers count within these."""
    found: set[int] = set()
    for n, weekday in rule.weekdays:
        one = first + (weekday + 1 - first) % 7  # ordinal 1 is a Monday
        all_of_them = range(one, first + size, 7)
        if not n:
            found.update(all_of_them)
        elif -len(all_of_them) <= n <= len(all_of_them):
            found.add(all_of_them[n - 1 if n > 0 else n])
    return found


def days_of_year(rule: Rule, year: int, start: datetime) -> list[int]:
    """The year's days that a yearly rule gives, as ordinals in order.

    Every part that is there narrows; the one that names the fewest days is where we begin.
    """
    first, size = date(year, 1, 1).toordinal(), 365 + isleap(year)
    if not (rule.year_days or rule.month_days or rule.weekdays or rule.weeks):
        months = rule.months or (start.month,)
        return [date(year, it, start.day).toordinal() for it in months if start.day <= monthrange(year, it)[1]]
    days = set(range(first, first + size))
    if rule.year_days:
        days &= {first - 1 + day if day > 0 else first + size + day for day in rule.year_days}
    if rule.months or rule.month_days:
        days &= _days_of_months(rule, year)
    if rule.weeks:
        days &= _days_of_weeks(rule, year)
    if rule.weekdays:
        days &= _weekdays_of_year(rule, year)
    elif rule.weeks and not rule.year_days and not rule.month_days:
        days = {day for day in days if (day - 1) % 7 == start.weekday()}
    return sorted(days)


def _days_of_months(rule: Rule, year: int) -> set[int]:
    found: set[int] = set()
    for month in rule.months or range(1, 13):
        first, size = date(year, month, 1).toordinal(), monthrange(year, month)[1]
        days = {day if day > 0 else size + 1 + day for day in rule.month_days} or range(1, size + 1)
        found.update(first + day - 1 for day in days if 1 <= day <= size)
    return found


def _weekdays_of_year(rule: Rule, year: int) -> set[int]:
    """BYDAY of a yearly rule: its numbers count within the month where BYMONTH is there, else within the year."""
    if not rule.months:
        return weekdays_in(rule, date(year, 1, 1).toordinal(), 365 + isleap(year))
    found: set[int] = set()
    for month in rule.months:
        found |= weekdays_in(rule, date(year, month, 1).toordinal(), monthrange(year, month)[1])
    return found


def _days_of_weeks(rule: Rule, year: int) -> set[int]:
    """The days of the numbered weeks that can lie in the year; week 1 is the first with four of its days in it."""
    found: set[int] = set()
    for its_year in (year - 1, year, year + 1):
        first, after = (_first_week(it, rule.week_start) for it in (its_year, its_year + 1))
        count = (after - first) // 7
        for number in rule.weeks:
            place = number if number > 0 else count + 1 + number
            if 1 <= place <= count:
                found.update(range(first + 7 * place - 7, first + 7 * place))
    return found


def _first_week(year: int, week_start: int) -> int:
    """The ordinal on which week 1 of the year begins: the week that holds 4 January."""
    cycle = year > MAXYEAR  # the calendar recurs every 400 years
    fourth = date(year - 400 * cycle, 1, 4).toordinal() + 146_097 * cycle
    return fourth - (fourth - 1 - week_start) % 7


def _fine(rule: Rule, start: datetime, near: datetime, stop: datetime) -> Iterator[datetime]:
    """Hourly, minutely and secondly: day by day."""
    unit = UNITS[rule.freq]
    step = rule.interval * unit
    origin = start.toordinal() * DAY + start.hour * 3_600 + start.minute * 60 + start.second
    origin -= origin % unit
    fits = day_test(rule)
    kept: dict[int, list[timedelta]] = {}
    for day in range(near.toordinal(), stop.toordinal() + 1):
        if fits is not None and not fits(day):
            continue
        place = (origin - day * DAY) % step
        if place >= DAY:
            continue
        if place not in kept:
            kept[place] = [timedelta(seconds=it) for it in _times_within(rule, start, range(place, DAY, step))]
        midnight = datetime.fromordinal(day)
        for offset in kept[place]:
            yield midnight + offset


def _times_within(rule: Rule, start: datetime, grid: Iterable[int]) -> Iterator[int]:
    """The seconds of the day at which a rule within the day falls, for the beginnings of its periods in that day."""
    for begin in grid:
        hour, minute, second = begin // 3_600, begin // 60 % 60, begin % 60
        minutes = (rule.minutes or (start.minute,)) if rule.freq == "HOURLY" else (minute,)
        seconds = (second,) if rule.freq == "SECONDLY" else (rule.seconds or (start.second,))
        if rule.hours and hour not in rule.hours:
            continue
        if rule.minutes and rule.freq != "HOURLY" and minute not in rule.minutes:
            continue
        if rule.seconds and rule.freq == "SECONDLY" and second not in rule.seconds:
            continue
        yield from positioned([hour * 3_600 + m * 60 + s for m in minutes for s in seconds], rule.positions)
