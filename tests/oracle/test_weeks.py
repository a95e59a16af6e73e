"""Numbered weeks are those of ISO 8601 as Python's calendar has them: libical and rrule.js are no judges of them."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from functools import cache

import pytest

from server.core.recurrence import Pattern, Rule, walls

FIRST, LAST = date(1971, 1, 1), date(2101, 1, 1)
EVERY_DAY = tuple((0, day) for day in range(7))


@cache
def iso_weeks() -> dict[int, list[date]]:
    """The days of each week number, counted from the front and from the end of the week's year."""
    found = defaultdict(list)
    for ordinal in range(FIRST.toordinal(), LAST.toordinal()):
        day = date.fromordinal(ordinal)
        year, week, _ = day.isocalendar()
        # 28 December is always in the last week of its year.
        last = date(year, 12, 28).isocalendar().week
        found[week].append(day)
        found[week - last - 1].append(day)
    return found


@pytest.mark.parametrize("sign", [1, -1])
def test_each_numbered_week_that_begins_on_monday_has_the_days_of_iso_8601(sign: int) -> None:
    start, before = (datetime(it.year, 1, 1, 9) for it in (FIRST, LAST))
    for week in range(sign, 54 * sign, sign):
        pattern = Pattern(start, (Rule("YEARLY", weeks=(week,), weekdays=EVERY_DAY),))
        assert [wall.date() for wall in walls(pattern, before)] == iso_weeks()[week], week


@pytest.mark.parametrize("week", [1, 52, 53, -1, -2, -53])
@pytest.mark.parametrize("week_start", [2, 5, 6])
def test_a_week_belongs_to_the_year_that_its_fourth_day_lies_in(week: int, week_start: int) -> None:
    start, before = datetime(1995, 1, 1, 9), datetime(2036, 1, 1, 9)
    pattern = Pattern(start, (Rule("YEARLY", weeks=(week,), weekdays=EVERY_DAY, week_start=week_start),))
    found = set(walls(pattern, before))
    for wall in (start + timedelta(days=number) for number in range((before - start).days)):
        fourth = wall + timedelta(days=3 - (wall.weekday() - week_start) % 7)
        into = fourth.timetuple().tm_yday if week > 0 else (datetime(fourth.year + 1, 1, 1) - fourth).days + 1
        assert (wall in found) == ((into + 6) // 7 == abs(week)), wall
