"""Rules and patterns for property tests, and dateutil as a second opinion on the dates they give."""

import datetime as clockwork
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from itertools import takewhile
from math import prod
from unittest.mock import patch

from dateutil import rrule
from hypothesis import assume
from hypothesis import strategies as st

from server.core.recurrence import Pattern, Rule
from server.core.recurrence.rule import MOST_COMBINATIONS

COARSE = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
FINE = ("HOURLY", "MINUTELY", "SECONDLY")
MONDAY = datetime(2026, 10, 5, 9)


def walls_between(low: datetime, high: datetime) -> st.SearchStrategy[datetime]:
    """Whole seconds, often on the hour."""
    return st.datetimes(low, high).flatmap(
        lambda it: st.sampled_from([it.replace(minute=0, second=0, microsecond=0), it.replace(microsecond=0)])
    )


def starts() -> st.SearchStrategy[datetime]:
    """Month ends, leap days and turns of the year more often than chance would have it."""
    odd = [datetime(2024, 2, 29, 9), datetime(2027, 12, 31, 23, 59, 59), datetime(2027, 1, 1), datetime(2026, 1, 31, 8)]
    return st.sampled_from(odd) | walls_between(datetime(1996, 1, 1), datetime(2034, 1, 1))


def some(low: int, high: int, *, signed: bool = False, most: int = 3) -> st.SearchStrategy[tuple[int, ...]]:
    """A few numbers; counted from the end too where `signed`."""
    numbers = st.integers(low, high)
    if signed:
        numbers |= st.integers(-high, -low)
    return st.lists(numbers, min_size=1, max_size=most).map(tuple)


@st.composite
def rules(draw: st.DrawFn, frequencies: tuple[str, ...] = COARSE) -> Rule:
    """Any rule of these frequencies that RFC 5545 allows; without COUNT and UNTIL."""
    freq = draw(st.sampled_from(frequencies))

    def maybe(name: str, strategy: st.SearchStrategy[tuple[object, ...]], allowed: bool = True) -> None:
        if allowed and draw(st.sampled_from([False, False, True])):
            parts[name] = draw(strategy)

    parts: dict[str, tuple[object, ...]] = {}
    maybe("months", some(1, 12))
    maybe("weeks", some(1, 53, signed=True), freq == "YEARLY")
    maybe("year_days", some(1, 366, signed=True), freq in ("YEARLY", *FINE))
    maybe("month_days", some(1, 31, signed=True), freq != "WEEKLY")
    numbered = freq in ("MONTHLY", "YEARLY") and "weeks" not in parts
    number = st.integers(-5, 5) if numbered else st.just(0)
    maybe("weekdays", st.lists(st.tuples(number, st.integers(0, 6)), min_size=1, max_size=3).map(tuple))
    maybe("hours", some(0, 23))
    maybe("minutes", some(0, 59))
    maybe("seconds", some(0, 59))
    maybe("positions", some(1, 6, signed=True), bool(parts))
    assume(prod(map(len, parts.values())) <= MOST_COMBINATIONS)
    return Rule(freq, draw(st.integers(1, 5)), week_start=draw(st.integers(0, 6)), **parts)


@st.composite
def ended(draw: st.DrawFn, rule: st.SearchStrategy[Rule], start: datetime) -> Rule:
    """The rule, perhaps with COUNT or UNTIL."""
    it = draw(rule)
    match draw(st.sampled_from(["count", "until", ""])):
        case "count":
            return Rule(**{**_fields(it), "count": draw(st.integers(1, 30))})
        case "until":
            until = draw(walls_between(start, start + timedelta(days=900)))
            return Rule(**{**_fields(it), "until": until})
    return it


def _fields(it: Rule) -> dict[str, object]:
    return {name: getattr(it, name) for name in Rule.__slots__}


@st.composite
def patterns(draw: st.DrawFn, rule: st.SearchStrategy[Rule] | None = None) -> Pattern:
    """Up to two rules, one that takes away, dates given and left out, and bounds as after a split."""
    start = draw(starts())
    each = ended(rules() if rule is None else rule, start)
    near = walls_between(start - timedelta(days=30), start + timedelta(days=600))
    on_days = st.integers(0, 600).map(lambda days: start + timedelta(days=days))
    return Pattern(
        start,
        tuple(draw(st.lists(each, max_size=2))),
        tuple(draw(st.lists(each, max_size=1))),
        tuple(draw(st.lists(near | on_days, max_size=3))),
        tuple(draw(st.lists(near | on_days, max_size=3))),
        draw(st.none() | near),
        draw(st.none() | near),
    )


@contextmanager
def last_year(year: int) -> Iterator[None]:
    """Lets dateutil stop after a year: it looks at nothing else while it finds no date."""
    with patch.object(clockwork, "MAXYEAR", year):
        yield


def by_dateutil(rule: Rule, start: datetime, before: datetime) -> list[datetime]:
    """What dateutil gives, where it is told what it would not do itself.

    - BYWEEKNO without a day takes the start's weekday (RFC 5545: what is missing comes from DTSTART).
    - BYSETPOS in the first week counts from that week's first day, so the anchor is moved there; the same for the
      first day, month and year of finer rules is dateutil's own doing.
    - BYDAY=MO,1TU is every Monday and the first Tuesday; dateutil would take only what is both.
    - It is lost in the weeks at the year's edges: ask it about others (`asks_too_much`).
    - A combination that gives no date at all is no error.
    """
    weekdays = [rrule.weekday(day, n or None) for n, day in _of_one_kind(rule)]
    anchor = start
    if rule.weeks and not (rule.weekdays or rule.month_days or rule.year_days):
        weekdays = [rrule.weekday(start.weekday())]
    if rule.positions and rule.freq == "WEEKLY":
        weekdays = weekdays or [rrule.weekday(start.weekday())]
        anchor = start - timedelta(days=(start.weekday() - rule.week_start) % 7)
    found: list[datetime] = []
    with suppress(ValueError), last_year(before.year):
        it = rrule.rrule(
            rrule.FREQNAMES.index(rule.freq), anchor, rule.interval, wkst=rule.week_start, until=rule.until,
            bysetpos=rule.positions or None, bymonth=rule.months or None, bymonthday=rule.month_days or None,
            byyearday=rule.year_days or None, byweekno=rule.weeks or None, byweekday=weekdays or None,
            byhour=rule.hours or None, byminute=rule.minutes or None, bysecond=rule.seconds or None,
        )  # fmt: skip
        found.extend(takewhile(lambda wall: wall < before, (wall for wall in it if wall >= start)))
    return found[: rule.count]


def asks_too_much(rule: Rule) -> bool:
    """True for weeks that dateutil misses.

    It says itself, in a remark, that it does not look for -52 and -53 in December; and whether the first days of
    January are in week 52 or 53 of the year before it reckons by the length of the wrong year (2 January 2039).
    """
    return any(abs(week) >= 52 for week in rule.weeks)


def _of_one_kind(rule: Rule) -> list[tuple[int, int]]:
    """The weekdays, all of them numbered where some are."""
    plain = [day for n, day in rule.weekdays if not n]
    numbered = [pair for pair in rule.weekdays if pair[0]]
    most = 53 if rule.freq == "YEARLY" and not rule.months else 5
    return numbered + [(n, day) for day in plain for n in range(1, most + 1)] if numbered else list(rule.weekdays)
