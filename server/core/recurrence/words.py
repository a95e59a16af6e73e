"""What the values of recurrence lines say: a rule (RFC 5545 section 3.3.10), a date or a time (3.3.4, 3.3.5)."""

import re
from datetime import UTC, datetime

from server.core import zone as zones
from server.core.recurrence.pattern import last_second, wall_of
from server.core.recurrence.rule import DAYS, NUMBERS, Rule, refused

STAMP = re.compile(r"([0-9]{8})(?:T([0-9]{6})(Z?))?")
NUMBER = re.compile(r"[+-]?[0-9]{1,3}")
COUNTER = re.compile(r"[0-9]{1,10}")
WEEKDAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")


def rule_of(text: str, zone: str) -> Rule:
    """The rule of a RRULE's value; UNTIL in UTC becomes wall time of the zone."""
    parts: dict[str, str] = {}
    for part in text.upper().split(";"):
        key, equals, value = part.partition("=")
        if not equals or not value:
            raise refused(f"{part[:32]!r} is no part of a rule")
        if key in parts:
            raise refused(f"{key[:32]} comes twice")
        parts[key] = value
    if "FREQ" not in parts:
        raise refused("FREQ is missing")
    lists = {name: _numbers(part, parts.pop(part)) for part, name, *_ in NUMBERS if part in parts}
    rule = Rule(
        parts.pop("FREQ"),
        interval=_counter("INTERVAL", parts.pop("INTERVAL", "1")),
        count=_counter("COUNT", parts.pop("COUNT")) if "COUNT" in parts else None,
        until=_until(parts.pop("UNTIL"), zone) if "UNTIL" in parts else None,
        weekdays=_weekdays(parts.pop("BYDAY", "")),
        week_start=_week_start(parts.pop("WKST", "MO")),
        **lists,
    )
    if parts:
        raise refused(f"{next(iter(parts))[:32]} is not known")
    return rule


def _counter(part: str, text: str) -> int:
    if not COUNTER.fullmatch(text):
        raise refused(f"{part} must be a number")
    return int(text)


def _numbers(part: str, text: str) -> tuple[int, ...]:
    each = text.split(",")
    if not all(NUMBER.fullmatch(it) for it in each):
        raise refused(f"{part} must be numbers")
    return tuple(map(int, each))


def _weekdays(text: str) -> tuple[tuple[int, int], ...]:
    found = [WEEKDAY.fullmatch(it) for it in text.split(",")] if text else []
    if not all(found):
        raise refused("BYDAY must be weekdays")
    pairs = [it.groups() for it in found if it is not None]
    if any(n is not None and not int(n) for n, _ in pairs):
        raise refused("BYDAY has no 0th weekday")
    return tuple((int(n or 0), DAYS.index(day)) for n, day in pairs)


def _week_start(text: str) -> int:
    if text not in DAYS:
        raise refused("WKST must be a weekday")
    return DAYS.index(text)


def _until(text: str, zone: str) -> datetime:
    wall, day = moment(text, zone, zone)
    return last_second(wall) if day else wall


def moment(text: str, from_zone: str, zone: str) -> tuple[datetime, bool]:
    """A date or time of RFC 5545 as wall time of `zone`, and whether it was a date; in UTC where it ends with Z."""
    found = STAMP.fullmatch(text)
    if found is None:
        raise refused(f"{text[:32]!r} is no date or time")
    day, clock, utc = found.groups()
    try:
        if clock is None:
            return datetime.strptime(day, "%Y%m%d"), True
        wall = datetime.strptime(day + clock[:4], "%Y%m%d%H%M").replace(
            second=int("59" if clock[4:] == "60" else clock[4:])
        )
        if utc:
            return wall_of(wall.replace(tzinfo=UTC), zone), False
        return (wall if from_zone == zone else wall_of(zones.instant(wall, from_zone), zone)), False
    except (ValueError, OverflowError) as error:
        raise refused(f"{text[:32]!r} is no date or time here: {error}") from error
