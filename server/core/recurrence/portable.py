"""A pattern as other calendars take it: a first date and lines that say the same, its bounds worked in.

Decisions:
- The first date is the first address, as other calendars always show DTSTART as a date.
- What we write is read again and expanded; where that does not give the very same dates, they are listed (RDATE).
  We compare beyond what is asked for, or a rule of long intervals would seem right that goes wrong later.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import takewhile, zip_longest

from server.core import zone as zones
from server.core.errors import Invalid
from server.core.recurrence.address import address_text
from server.core.recurrence.dates import gives, walls
from server.core.recurrence.expand import expand
from server.core.recurrence.pattern import Pattern, in_lines, wall_of
from server.core.recurrence.read import parse, searched
from server.core.recurrence.rule import Rule, refused, stamp

SECOND = timedelta(seconds=1)
COMPARED = 200


def portable(pattern: Pattern, zone: str, before: datetime) -> tuple[datetime, tuple[str, ...]]:
    """The first address (naive wall time) and the content lines, without DTSTART.

    UNTIL is in UTC, dates carry the zone as TZID (none for UTC, where they end with Z). The dates before the UTC
    instant `before` are surely the pattern's. Raises Invalid where it has none before it.
    """
    end = wall_of(before, zone)
    addresses = list(walls(pattern, end))
    if not addresses:
        raise refused("no date is left")
    start = addresses[0]
    lines = tuple(_lines(_anchored(pattern, start), zone))
    try:
        same = _agree(pattern, parse(lines, start, zone), end)
    except Invalid:
        same = False
    return start, lines if same else tuple(_dates("RDATE", addresses[1:], zone))


def _agree(one: Pattern, other: Pattern, end: datetime) -> bool:
    """True where both have the same dates before `end` and, daily and slower, a good many after it."""
    rules = one.rules + one.except_rules
    far = end if any(rule.fine for rule in rules) else searched(max(end, one.start))
    beyond = 0
    for wall, again in zip_longest(walls(one, far), walls(other, far)):
        if wall != again:
            return False
        beyond += wall >= end
        if beyond == COMPARED:
            break
    return True


def _anchored(pattern: Pattern, start: datetime) -> Pattern:
    """The same dates from `start` on, said without `since` and `until`."""
    until = pattern.until
    low = start if pattern.since is None else max(start, pattern.since)
    return Pattern(
        start,
        tuple(_rules(pattern.rules, pattern, start)),
        tuple(_rules(pattern.except_rules, pattern, start)),
        tuple(it for it in pattern.dates if low < it and (until is None or it < until)),
        tuple(it for it in pattern.except_dates if low < it and (until is None or it < until)),
    )


def _rules(rules: tuple[Rule, ...], pattern: Pattern, start: datetime) -> Iterator[Rule]:
    for former in rules:
        rule = former
        if rule.count is not None and (pattern.until is not None or start > pattern.start):
            rule = _recounted(rule, pattern, start)
        elif pattern.until is not None and (rule.until is None or rule.until >= pattern.until):
            rule = replace(rule, until=pattern.until - SECOND)
        if rule.until is None or rule.until >= start:
            yield rule if gives(former, pattern.start, start) else _spelled(rule, pattern.start, start)


def _recounted(rule: Rule, pattern: Pattern, start: datetime) -> Rule:
    """With COUNT less what comes before `start`; with UNTIL instead, where `until` cuts it short."""
    gone = sum(1 for _ in takewhile(lambda wall: wall < start, expand(rule, pattern.start, start)))
    left = (rule.count or 0) - gone
    if pattern.until is not None:
        given = sum(1 for _ in expand(rule, pattern.start, pattern.until, start))
        if given < left:
            return replace(rule, count=None, until=pattern.until - SECOND)
    return replace(rule, count=left) if left > 0 else replace(rule, count=None, until=start - SECOND)


def _spelled(rule: Rule, former: datetime, start: datetime) -> Rule:
    """With all said that otherwise would come from `start` and no more from the former one."""
    if rule.fine:
        return rule
    if former.time() != start.time():
        rule = replace(
            rule,
            hours=rule.hours or (former.hour,),
            minutes=rule.minutes or (former.minute,),
            seconds=rule.seconds or (former.second,),
        )
    if not rule.plain or rule.freq == "DAILY":
        return rule
    if rule.freq == "WEEKLY":
        return replace(rule, weekdays=((0, former.weekday()),))
    return replace(rule, months=(former.month,) if rule.freq == "YEARLY" else (), month_days=(former.day,))


def _lines(pattern: Pattern, zone: str) -> Iterator[str]:
    for name, rules in (("RRULE", pattern.rules), ("EXRULE", pattern.except_rules)):
        for rule in rules:
            text = rule.text
            if rule.until is not None:
                instant = zones.instant(rule.until, zone)
                text = text.replace(f"UNTIL={stamp(rule.until)}", f"UNTIL={address_text(instant)}")
            yield f"{name}:{text}"
    yield from _dates("RDATE", list(pattern.dates), zone)
    yield from _dates("EXDATE", list(pattern.except_dates), zone)


def _dates(name: str, dates: list[datetime], zone: str) -> Iterator[str]:
    """One line of dates, none for none; more only where it would grow too long for others to read."""
    tzid, mark = ("", "Z") if zone == "UTC" else (f";TZID={zone}", "")
    for some in in_lines(dates):
        yield f"{name}{tzid}:" + ",".join(stamp(it) + mark for it in some)
