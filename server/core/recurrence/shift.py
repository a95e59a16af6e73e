"""Moves a whole pattern by a span of wall time, exactly or not at all.

`walls(shifted(p, d))` are the walls of p, each plus d. Where no rule says that (the last Friday of the month moved by a
day is no rule), Invalid asks for a new pattern instead of guessing.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta

from server.core.recurrence.pattern import Pattern
from server.core.recurrence.rule import FIRST_YEAR, LAST_YEAR, Rule, refused

NEW_TIME = "give the new pattern with the new time"
NEW_DAY = "give the new pattern with the new day"
DAY = timedelta(days=1)
# Every month has these days.
SAFE_DAYS = 28


def shifted(pattern: Pattern, delta: timedelta) -> Pattern:
    """The pattern whose addresses are the old ones plus `delta`; raises Invalid where there is none."""
    if not delta:
        return pattern
    try:
        return Pattern(
            pattern.start + delta,
            tuple(_rule(rule, pattern.start, delta) for rule in pattern.rules),
            tuple(_rule(rule, pattern.start, delta) for rule in pattern.except_rules),
            tuple(wall + delta for wall in pattern.dates),
            tuple(wall + delta for wall in pattern.except_dates),
            _moved(pattern.since, delta),
            _moved(pattern.until, delta),
        )
    except OverflowError as error:
        raise refused(f"years go from {FIRST_YEAR} to {LAST_YEAR}") from error


def _moved(wall: datetime | None, delta: timedelta) -> datetime | None:
    return None if wall is None else wall + delta


def _rule(rule: Rule, start: datetime, delta: timedelta) -> Rule:
    whole_days = not delta % DAY
    if rule.timed and not whole_days:
        raise refused(NEW_TIME)
    rule = replace(rule, until=_moved(rule.until, delta))
    if rule.fine:
        # Its dates change their day one here, one there, unless all move by whole days.
        if not whole_days and not rule.plain:
            raise refused(NEW_DAY)
        return _turned(rule, delta.days) if whole_days else rule
    days = ((start + delta).date() - start.date()).days
    return _turned(rule, days) if rule.freq in ("DAILY", "WEEKLY") else _later(rule, start.date(), days)


def _turned(rule: Rule, days: int) -> Rule:
    """With its weekdays moved on by some days; the week begins as many days later, so that its weeks stay the same."""
    if not days or rule.plain:
        return rule
    if rule.months or rule.month_days or rule.year_days:
        raise refused(NEW_DAY)
    weekdays = tuple((0, (day + days) % 7) for _, day in rule.weekdays)
    turns = days if rule.freq == "WEEKLY" and (rule.interval > 1 or rule.positions) else 0
    return replace(rule, weekdays=weekdays, week_start=(rule.week_start + turns) % 7)


def _later(rule: Rule, start: date, days: int) -> Rule:
    """A monthly or yearly rule whose day is the start's: only where each date can move as the start does."""
    if not days:
        return rule
    end = start + timedelta(days=days)
    if rule.freq == "MONTHLY":
        same = (start.year, start.month) == (end.year, end.month) and max(start.day, end.day) <= SAFE_DAYS
    else:
        same = start.year == end.year and _side(start) == _side(end) != 0
    if not rule.plain or not same:
        raise refused(NEW_DAY)
    return rule


def _side(day: date) -> int:
    """Before (-1) or after (1) the leap day; 0 on it."""
    return 0 if (day.month, day.day) == (2, 29) else -1 if day.month < 3 else 1
