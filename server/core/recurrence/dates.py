"""The dates of a pattern: first as wall time, then placed in a zone."""

import heapq
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from server.core import zone as zones
from server.core.period import Period
from server.core.recurrence.expand import UNITS, expand
from server.core.recurrence.pattern import Length, Occurrence, Pattern, end_of, exists
from server.core.recurrence.rule import LAST_YEAR, Rule, refused

LAST = datetime(LAST_YEAR + 1, 1, 1)
MOST_STEPS = 2_000_000
MOST_OCCURRENCES = 50_000
# No zone is ahead of UTC by more than 14 hours, and none has ever moved its clocks by more than a day.
MARGIN = timedelta(days=2)
CENTURY = timedelta(days=36_525)


def walls(pattern: Pattern, before: datetime) -> Iterator[datetime]:
    """The addresses of the pattern in naive wall time before a naive wall time, in order, each once; lazy.

    Raises Invalid where a rule within the day would take more than two million steps to get there.
    """
    stop = min(before, LAST, pattern.until or LAST)
    for rule in pattern.rules + pattern.except_rules:
        _check_steps(rule, pattern.start, stop)
    return _without(_given(pattern, stop), _left_out(pattern, stop))


def occurrences(pattern: Pattern, zone: str, length: Length, before: datetime) -> list[Occurrence]:
    """The occurrences that start before a UTC instant, sorted by start.

    A wall time in the spring gap moves forward by the gap, in the fold the first is meant. Where two fall on one
    instant the one that the wall really shows is kept. A date that the zone has not at all is none.
    Raises Invalid for more than `MOST_OCCURRENCES`, whoever asks: nothing good comes of so many.
    """
    found: list[Occurrence] = []
    for wall in walls(pattern, _padded(before)):
        start = zones.instant(wall, zone)
        if start < before and not _skipped(wall, start, zone):
            found.append(Occurrence(wall, Period(start, _end(wall, start, length, zone))))
            if len(found) > MOST_OCCURRENCES:
                raise refused(f"makes more than {MOST_OCCURRENCES} dates")
    found.sort(key=_start)
    return list(_each_once(found, zone))


def first(pattern: Pattern, before: datetime, most: int) -> datetime | None:
    """The first address, found in at most `most` steps of what is given or left out; None where there is none."""
    stop = min(before, LAST, pattern.until or LAST)
    given, left_out = _given(pattern, stop), _left_out(pattern, stop)
    return next(_without(_at_most(given, most), _at_most(left_out, most)), None)


def first_wall(pattern: Pattern) -> datetime | None:
    """The first address that the pattern has within a hundred years; None where it has none.

    Looked for first where it nearly always is: what comes after may be long to find, or not be there.
    """
    begin = pattern.since or pattern.start
    near = next(walls(pattern, begin + timedelta(seconds=1)), None)
    return near or next(walls(pattern, min(begin, LAST - CENTURY) + CENTURY), None)


def gives(rule: Rule, start: datetime, wall: datetime) -> bool:
    """True where the rule, anchored at `start`, has that wall time among its dates."""
    return next(expand(rule, start, min(LAST, wall + timedelta(seconds=1)), wall), None) is not None


def _given(pattern: Pattern, stop: datetime) -> Iterator[datetime]:
    low = pattern.since
    dates = [wall for wall in pattern.dates if wall < stop and (low is None or wall >= low)]
    return _merged([expand(rule, pattern.start, stop, low) for rule in pattern.rules], dates)


def _left_out(pattern: Pattern, stop: datetime) -> Iterator[datetime]:
    rules = [expand(rule, pattern.start, stop, pattern.since) for rule in pattern.except_rules]
    return _merged(rules, list(pattern.except_dates))


def _merged(rules: list[Iterator[datetime]], dates: list[datetime]) -> Iterator[datetime]:
    """Sorted; a wall that several give comes several times."""
    sources: list[Iterable[datetime]] = [*rules, dates] if dates else [*rules]
    return iter(sources[0]) if len(sources) == 1 else iter(heapq.merge(*sources))


def _without(given: Iterator[datetime], left_out: Iterator[datetime]) -> Iterator[datetime]:
    """What is given and not left out, each once."""
    nope, last = next(left_out, None), None
    for wall in given:
        while nope is not None and nope < wall:
            nope = next(left_out, None)
        if wall not in (nope, last):
            yield wall
        last = wall


def _at_most(walls: Iterator[datetime], most: int) -> Iterator[datetime]:
    for step, wall in enumerate(walls):
        if step >= most:
            raise refused("too many dates are left out")
        yield wall


def _check_steps(rule: Rule, start: datetime, stop: datetime) -> None:
    if rule.fine:
        end = stop if rule.until is None else min(stop, rule.until)
        steps = (end - start) / timedelta(seconds=UNITS[rule.freq] * rule.interval)
        if min(steps, rule.count or steps) > MOST_STEPS:
            raise refused(f"{rule.freq} is too often for so long a time")


def _padded(instant: datetime) -> datetime:
    """A wall time that no clock anywhere has reached by the UTC instant."""
    return min(instant.replace(tzinfo=None), LAST - MARGIN) + MARGIN


def _end(wall: datetime, start: datetime, length: Length, zone: str) -> datetime:
    try:
        return end_of(wall, start, length, zone)
    except OverflowError as error:
        raise refused(f"years go to {LAST_YEAR}") from error


def _start(it: Occurrence) -> datetime:
    return it.period.start


def _skipped(wall: datetime, start: datetime, zone: str) -> bool:
    """True where the clocks went over the whole of that local day, as in Samoa on 30 December 2011."""
    if zones.wall(start, zone).day == wall.day:
        return False
    return zones.midnight(wall.date(), zone) == zones.midnight(wall.date() + timedelta(days=1), zone)


def _each_once(found: list[Occurrence], zone: str) -> Iterator[Occurrence]:
    """Without those that fall on an instant another has; `found` by start."""
    kept: Occurrence | None = None
    for it in found:
        if kept is None or kept.period.start < it.period.start:
            if kept is not None:
                yield kept
            kept = it
        elif exists(it.wall, zone):
            kept = it
    if kept is not None:
        yield kept
