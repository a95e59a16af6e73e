"""One recurrence rule (RFC 5545 section 3.3.10), checked and in one canonical form however it was made.

Decisions:
- A `Rule` that exists is a valid one: making one checks every range and what may stand beside what, so that whoever
  builds rules from a form or another system's words is held to the same as who sends text.
- What the rule does not say (its weekday, its day of the month, its time) stays unsaid here and comes from the start
  when it is expanded; so the same rule can be moved with its start.
- Times are naive wall time; a zone comes in only when dates are placed.
- Second 60 is read as 59 (RFC 5545 section 3.3.12): we keep no leap seconds.
"""

from dataclasses import dataclass
from datetime import datetime
from math import prod

from server.core.errors import Invalid

FREQUENCIES = ("SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY")
FINE = FREQUENCIES[:3]
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
STAMP = "%Y%m%dT%H%M%S"
FIRST_YEAR, LAST_YEAR = 1970, 9998
MOST_INTERVAL = 10_000
MOST_COUNT = 1_000_000_000
MOST_COMBINATIONS = 1_000

# The lists of numbers: the part's name in text, the field, its bounds, and whether it also counts from the end.
NUMBERS = (
    ("BYMONTH", "months", 1, 12, False),
    ("BYWEEKNO", "weeks", 1, 53, True),
    ("BYYEARDAY", "year_days", 1, 366, True),
    ("BYMONTHDAY", "month_days", 1, 31, True),
    ("BYHOUR", "hours", 0, 23, False),
    ("BYMINUTE", "minutes", 0, 59, False),
    ("BYSECOND", "seconds", 0, 60, False),
    ("BYSETPOS", "positions", 1, 366, True),
)
DAY_FIELDS = ("months", "weeks", "year_days", "month_days", "weekdays")
TIME_FIELDS = ("hours", "minutes", "seconds")


def refused(why: str) -> Invalid:
    """The one form of complaint of this package."""
    return Invalid({"recurrence": why})


def stamp(wall: datetime) -> str:
    """The wall time as text, 20261005T090000."""
    return wall.strftime(STAMP)


def in_range(wall: datetime) -> datetime:
    """The wall time itself; raises Invalid outside the years we reckon with."""
    if not FIRST_YEAR <= wall.year <= LAST_YEAR:
        raise refused(f"years go from {FIRST_YEAR} to {LAST_YEAR}")
    return wall


@dataclass(frozen=True, slots=True)
class Rule:
    """How often, and on which dates of each period.

    `weekdays` are pairs (n, day): day 0 is Monday; n 0 means every such day, else the n-th of the month or year, from
    its end where negative. `until` is naive wall time and itself included. Lists are sorted, each number once.
    Raises Invalid where it is no rule.
    """

    freq: str
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    weekdays: tuple[tuple[int, int], ...] = ()
    months: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    year_days: tuple[int, ...] = ()
    weeks: tuple[int, ...] = ()
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    seconds: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()
    week_start: int = 0

    def __post_init__(self) -> None:
        _check_scalars(self)
        for part, name, low, high, signed in NUMBERS:
            object.__setattr__(self, name, _numbers(part, getattr(self, name), low, high, signed))
        object.__setattr__(self, "seconds", tuple(sorted({min(it, 59) for it in self.seconds})))
        object.__setattr__(self, "weekdays", tuple(sorted(set(self.weekdays))))
        _check_weekdays(self)
        _check_company(self)

    @property
    def fine(self) -> bool:
        """True for what recurs within a day."""
        return self.freq in FINE

    @property
    def plain(self) -> bool:
        """True where the rule names no day: it comes from the start alone."""
        return not any(getattr(self, name) for name in DAY_FIELDS)

    @property
    def timed(self) -> bool:
        """True where the rule names hours, minutes or seconds itself."""
        return bool(self.hours or self.minutes or self.seconds)

    @property
    def text(self) -> str:
        """The rule as RFC 5545 writes it, UNTIL floating; parts always in the same order, defaults left out."""
        parts = [f"FREQ={self.freq}"]
        if self.interval != 1:
            parts.append(f"INTERVAL={self.interval}")
        if self.count is not None:
            parts.append(f"COUNT={self.count}")
        if self.until is not None:
            parts.append(f"UNTIL={stamp(self.until)}")
        for part, name, *_ in NUMBERS:
            if part == "BYHOUR" and self.weekdays:
                parts.append("BYDAY=" + ",".join(f"{n or ''}{DAYS[day]}" for n, day in self.weekdays))
            if numbers := getattr(self, name):
                parts.append(f"{part}=" + ",".join(map(str, numbers)))
        if self.week_start:
            parts.append(f"WKST={DAYS[self.week_start]}")
        return ";".join(parts)


def _check_scalars(it: Rule) -> None:
    if it.freq not in FREQUENCIES:
        raise refused("FREQ must be one of " + ", ".join(FREQUENCIES))
    if not 1 <= it.interval <= MOST_INTERVAL:
        raise refused(f"INTERVAL must be 1 to {MOST_INTERVAL}")
    if it.count is not None and not 1 <= it.count <= MOST_COUNT:
        raise refused(f"COUNT must be 1 to {MOST_COUNT}")
    if it.count is not None and it.until is not None:
        raise refused("COUNT and UNTIL do not go together")
    if it.until is not None:
        in_range(it.until)
    if not 0 <= it.week_start <= 6:
        raise refused("WKST must be a weekday")


def _numbers(part: str, given: tuple[int, ...], low: int, high: int, signed: bool) -> tuple[int, ...]:
    for number in given:
        if not (low <= number <= high or (signed and -high <= number <= -low)):
            raise refused(f"{part} must be {low} to {high}" + (f" or -{high} to -{low}" if signed else ""))
    return tuple(sorted(set(given)))


def _check_weekdays(it: Rule) -> None:
    if any(not -53 <= n <= 53 or not 0 <= day <= 6 for n, day in it.weekdays):
        raise refused("BYDAY must be weekdays, each with a number of -53 to 53 or none")
    if any(n for n, _ in it.weekdays):
        if it.freq not in ("MONTHLY", "YEARLY"):
            raise refused("a numbered BYDAY goes with MONTHLY and YEARLY only")
        if it.weeks:
            raise refused("a numbered BYDAY does not go with BYWEEKNO")


def _check_company(it: Rule) -> None:
    """What RFC 5545's table of parts and frequencies rules out, and how many combinations are too many."""
    if it.weeks and it.freq != "YEARLY":
        raise refused("BYWEEKNO goes with YEARLY only")
    if it.year_days and it.freq in ("DAILY", "WEEKLY", "MONTHLY"):
        raise refused("BYYEARDAY does not go with DAILY, WEEKLY or MONTHLY")
    if it.month_days and it.freq == "WEEKLY":
        raise refused("BYMONTHDAY does not go with WEEKLY")
    if it.positions and it.plain and not it.timed:
        raise refused("BYSETPOS needs another BY part")
    lists = [getattr(it, name) for name in (*DAY_FIELDS, *TIME_FIELDS, "positions")]
    if prod(len(each) for each in lists if each) > MOST_COMBINATIONS:
        raise refused(f"the BY parts together make more than {MOST_COMBINATIONS} combinations")
