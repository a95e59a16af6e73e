"""LibreBooking's `recurrenceRule` as a pattern, and a pattern as the `recurrenceRule` it shows.

Source: the wire facts, section 4 "Recurrence", and the seed's CreateReservation and GetReservation. Facts kept:
- The termination day is inclusive, as a local day; the first occurrence is the given start even where its weekday is
  not listed; no weekdays means the start's; dayOfMonth skips months without the day, dayOfWeek keeps the n-th weekday
  and skips months without a fifth. The time is wall time, over changes of the clocks.
- Numbers may come as text. `custom` is accepted and adds no dates.
- What is missing is named repeatInterval, repeatTerminationDate, repeatMonthlyType; `repeatType` and `repeatWeekdays`
  continue that row for what cannot be read.

Decisions where the facts leave room:
- "Weekly interval n counts from the start's week" needs a week's first day: it is Sunday, as LibreBooking numbers the
  days of its weeks from Sunday and reckons from that number, whatever day a schedule's page begins with.
- Yearly from 29 February skips the years without it, as dayOfMonth does the months.
- Listed days of the first week that lie past the termination are no occurrences; inclusive is inclusive.
- `custom` coming in keeps the pattern that the series has (none on creation), because clients post back whole objects
  they have read, and what LibreBooking cannot say goes out as `custom`.
- The termination goes out as that day at the start's time, in UTC. A series without end has none: "".
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from server.core import zone as zones
from server.core.errors import Invalid
from server.core.recurrence import Pattern, Rule, first_wall, parse, walls
from server.dialects.librebooking import dates

MOST_INTERVAL = 10_000
# How far a series that ends by number is counted to find its last day; one that is longer is shown without it. Bounded,
# because rules that hardly ever match would be followed to the end of the calendar.
MOST_COUNTED = 10_000
FAR = timedelta(days=36_525)
FREQUENCIES = {"daily": "DAILY", "weekly": "WEEKLY", "monthly": "MONTHLY", "yearly": "YEARLY"}
MONTHLY_TYPES = ("dayOfMonth", "dayOfWeek")
SUNDAY = 6
Said = dict[str, Any]


def pattern_of(raw: object, start: datetime, zone: str, *, current: Pattern | None = None) -> Pattern | None:
    """The pattern that a `recurrenceRule` asks for from a naive wall time `start`; None for a single reservation.

    `current` is what the series recurs by now, given back as it stands for `custom`; moving it along with a new start
    is the caller's. Raises Invalid with LibreBooking's names, all that is wrong at once.
    """
    if not raw:  # PHP clients send [] for an empty object
        return None
    if not isinstance(raw, Mapping):
        raise Invalid({"recurrenceRule": "must be an object"})
    kind = raw.get("type") or "none"
    if kind == "none":
        return None
    if kind == "custom":
        return current
    if not isinstance(kind, str) or kind not in FREQUENCIES:
        raise Invalid({"repeatType": "must be none, daily, weekly, monthly, yearly or custom"})
    rule = _asked(raw, kind, start, zone)
    try:
        return parse([rule.text], start, zone)
    except Invalid as error:
        raise Invalid({"recurrenceRule": error.fields["recurrence"]}) from error


def rule_of(pattern: Pattern | None, zone: str) -> Said:
    """The `recurrenceRule` that says the pattern; type `custom` where LibreBooking's words cannot.

    Read again from the pattern's first occurrence it gives the same dates. None is shown as type `none`.
    """
    first = first_wall(pattern) if pattern else None
    if pattern is None or first is None:
        return _shown("none")
    said, last = _said(pattern, first), _last_day(pattern)
    if said is None or last is None:
        said = _shown("custom")
    return {**said, "repeatTerminationDate": "" if last is None else dates.written(_on(last, pattern.start, zone))}


def _asked(raw: Mapping[str, object], kind: str, start: datetime, zone: str) -> Rule:
    """The one rule of what is asked for; Invalid with all that is missing or wrong."""
    wrong: dict[str, str] = {}
    interval = _interval(raw.get("interval"), wrong)
    last = _termination(raw.get("repeatTerminationDate"), zone, wrong)
    monthly = _monthly_type(raw.get("monthlyType"), wrong) if kind == "monthly" else ""
    days = _weekdays(raw.get("weekdays"), start, wrong) if kind == "weekly" else ()
    if monthly == "dayOfWeek":
        days = ((_nth(start), start.weekday()),)
    if wrong:
        raise Invalid(wrong)
    until = datetime(last.year, last.month, last.day, 23, 59, 59)
    week_start = SUNDAY if kind == "weekly" and interval > 1 else 0
    return Rule(FREQUENCIES[kind], interval=interval, until=until, weekdays=days, week_start=week_start)


def _interval(value: object, wrong: dict[str, str]) -> int:
    number = _number(value)
    if value is None or value == "":
        wrong["repeatInterval"] = "is required"
    elif number is None or not 1 <= number <= MOST_INTERVAL:
        wrong["repeatInterval"] = f"must be a whole number from 1 to {MOST_INTERVAL}"
    return number or 1


def _termination(value: object, zone: str, wrong: dict[str, str]) -> date:
    try:
        if value is None or value == "":
            wrong["repeatTerminationDate"] = "is required"
        elif isinstance(value, str) and 1970 <= (last := dates.day(value, zone)).year <= 9998:
            return last
        else:
            wrong["repeatTerminationDate"] = "must be a date"
    except ValueError:
        wrong["repeatTerminationDate"] = "must be a date"
    return date.max


def _monthly_type(value: object, wrong: dict[str, str]) -> str:
    if value in (None, "", "null"):  # the seed spells "null" out among the values
        wrong["repeatMonthlyType"] = "is required"
    elif value not in MONTHLY_TYPES:
        wrong["repeatMonthlyType"] = "must be dayOfMonth or dayOfWeek"
    return str(value)


def _weekdays(value: object, start: datetime, wrong: dict[str, str]) -> tuple[tuple[int, int], ...]:
    if not value:
        return ((0, start.weekday()),)
    numbers = [_number(it) for it in value] if isinstance(value, list | tuple) else [None]
    days = {(it - 1) % 7 for it in numbers if it is not None and 0 <= it <= 6}
    if any(it is None or not 0 <= it <= 6 for it in numbers):
        wrong["repeatWeekdays"] = "must be a list of weekdays from 0 (Sunday) to 6 (Saturday)"
    return tuple((0, day) for day in sorted(days))


def _number(value: object) -> int | None:
    """A whole number, or the text of one; None for all else."""
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 19:
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _shown(kind: str, interval: int | None = None, monthly: str | None = None, days: tuple[int, ...] = ()) -> Said:
    """The members in the seed's order; days with Monday 0."""
    weekdays = sorted((day + 1) % 7 for day in days)
    return {"type": kind, "interval": interval, "monthlyType": monthly, "weekdays": weekdays,
            "repeatTerminationDate": ""}  # fmt: skip


def _said(pattern: Pattern, first: datetime) -> Said | None:
    """The rule in LibreBooking's words as reckoned from the first occurrence; None where they do not reach."""
    beside = set(_within(pattern, pattern.dates)) - {pattern.start}
    if len(pattern.rules) != 1 or pattern.except_rules or beside or _within(pattern, pattern.except_dates):
        return None
    rule = pattern.rules[0]
    times = ((rule.hours, first.hour), (rule.minutes, first.minute), (rule.seconds, first.second))
    if any(given not in ((), (own,)) for given, own in times) or rule.weeks or rule.year_days:
        return None
    if rule.freq == "MONTHLY":
        return _said_monthly(rule, first)
    if rule.positions:
        return None
    if rule.freq == "YEARLY":
        own_day = rule.months == (first.month,) and rule.month_days in ((), (first.day,)) and not rule.weekdays
        return _shown("yearly", rule.interval) if rule.plain or own_day else None
    if rule.plain and rule.freq == "DAILY":
        return _shown("daily", rule.interval)
    return _said_weekly(rule, pattern.start, first)


def _far_from(wall: datetime) -> datetime:
    return datetime.max if wall > datetime.max - FAR else wall + FAR


def _within(pattern: Pattern, given: tuple[datetime, ...]) -> list[datetime]:
    """Those that are still the series' own after a split."""
    since, until = pattern.since or datetime.min, pattern.until or datetime.max
    return [it for it in given if since <= it < until]


def _said_weekly(rule: Rule, start: datetime, first: datetime) -> Said | None:
    """Weekly rules, and daily ones on some weekdays, which are the same."""
    if rule.months or rule.month_days or rule.freq not in ("DAILY", "WEEKLY"):
        return None
    days = tuple(day for _, day in rule.weekdays) or (start.weekday(),)
    if rule.interval > 1 and (rule.freq == "DAILY" or not _same_weeks(days, first.weekday(), rule.week_start)):
        return None
    return _shown("weekly", rule.interval, days=days)


def _same_weeks(days: tuple[int, ...], first: int, week_start: int) -> bool:
    """True where each day lies as far from the first in weeks that begin with `week_start` as in those from Sunday."""

    def away(day: int, begin: int) -> int:
        return (day - begin) % 7 - (first - begin) % 7

    return all(away(day, week_start) == away(day, SUNDAY) for day in days)


def _said_monthly(rule: Rule, first: datetime) -> Said | None:
    if rule.months:
        return None
    if not rule.weekdays and not rule.positions and rule.month_days in ((), (first.day,)):
        return _shown("monthly", rule.interval, "dayOfMonth")
    # The third Monday is written BYDAY=3MO, or BYDAY=MO with BYSETPOS=3.
    numbered = rule.weekdays == ((_nth(first), first.weekday()),) and not rule.positions
    counted = rule.weekdays == ((0, first.weekday()),) and rule.positions == (_nth(first),) and len(rule.hours) < 2
    return _shown("monthly", rule.interval, "dayOfWeek") if not rule.month_days and (numbered or counted) else None


def _nth(wall: datetime) -> int:
    """The how manieth of its weekday in its month the day is, 1 to 5."""
    return (wall.day + 6) // 7


def _last_day(pattern: Pattern) -> date | None:
    """The last day on which the pattern may have a date; None where it has no end, or one too far to count."""
    ends = [_end_of(rule, pattern) for rule in pattern.rules]
    # A start that was only kept says nothing of where the rules end.
    ends += [it.date() for it in _within(pattern, pattern.dates) if it != pattern.start]
    known = [it for it in ends if it is not None]
    last = max(known, default=pattern.start.date()) if len(known) == len(ends) else None
    if pattern.until is None:
        return last
    earliest = min([_earliest(rule, pattern.start) for rule in pattern.rules] + [it.time() for it in pattern.dates])
    bound = _through(pattern.until - timedelta(seconds=1), earliest)
    return bound if last is None else min(last, bound)


def _end_of(rule: Rule, pattern: Pattern) -> date | None:
    """The last day of one rule; None where it has no end, or one too far to count."""
    if rule.until is not None:
        return _through(rule.until, _earliest(rule, pattern.start))
    if rule.count is None or rule.count > MOST_COUNTED:
        return None
    given = list(walls(Pattern(pattern.start, (rule,)), _far_from(pattern.start)))
    return given[-1].date() if len(given) == rule.count else None


def _earliest(rule: Rule, start: datetime) -> time:
    """The first time of day that the rule gives."""
    hours, minutes, seconds = (
        rule.hours or (start.hour,),
        rule.minutes or (start.minute,),
        rule.seconds or (start.second,),
    )
    return time(min(hours), min(minutes), min(seconds))


def _through(until: datetime, earliest: time) -> date:
    """The last day whose occurrence, at that time of day, lies not after `until`."""
    return until.date() if earliest <= until.time() else until.date() - timedelta(days=1)


def _on(day: date, start: datetime, zone: str) -> datetime:
    """An instant of that local day: at the start's time, else at noon; of the day before where the zone skipped it."""
    for at in (start.time(), time(12)):
        instant = zones.instant(datetime.combine(day, at), zone)
        if zones.wall(instant, zone).date() == day:
            return instant
    return _on(day - timedelta(days=1), start, zone)
