"""Expanding series: CPU time for the occurrences of a year, as the booking of a series needs them before the lock."""

from datetime import UTC, datetime
from time import process_time

from dateutil import rrule

from server.core.recurrence import Length, occurrences, parse
from tests.bench.rows import Row

ZONE = "Europe/Berlin"
START = datetime(2026, 10, 5, 9)
YEAR_LATER = datetime(2027, 10, 5, tzinfo=UTC)
SERIES = 100
RULES = ("FREQ=DAILY", "FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE", "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR")


def expansion() -> list[Row]:
    """A hundred daily and weekly series over a year; beside it dateutil for the wall times alone."""
    patterns = [parse([RULES[number % len(RULES)]], START, ZONE) for number in range(SERIES)]
    begun = process_time()
    made = sum(len(occurrences(pattern, ZONE, Length(0, 3600), YEAR_LATER)) for pattern in patterns)
    ours = (process_time() - begun) * 1e6 / made
    theirs = _dateutil() * 1e6 / made
    name = f"{SERIES} series over a year, each 1,000 occurrences"
    return [Row(name, f"{ours:.1f} ms CPU", f"dateutil, walls {theirs:.1f} ms", ours, 50, unit="ms")]


def _dateutil() -> float:
    end = YEAR_LATER.replace(tzinfo=None)
    begun = process_time()
    for number in range(SERIES):
        rule = rrule.rrulestr(RULES[number % len(RULES)], dtstart=START).replace(until=end)
        assert len(list(rule)) >= 52
    return process_time() - begun
