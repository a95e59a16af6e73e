"""OpenTalk's `recurrence_pattern` as a pattern and back, and the ids of an event's instances.

Source: the wire facts, section 3, "recurrence_pattern" and "Instances", and the schemas RecurrencePattern and
eventInstanceId of the OpenAPI text. Facts kept:
- At most 4 strings of at most 1024 characters, each one full line RRULE, RDATE, EXRULE or EXDATE; DTSTART and DTEND are
  not allowed, as starts_at and ends_at hold them; FREQ below DAILY and what leaves no date at all are refused.
- The start is no date by itself: only where a rule or an RDATE gives it.
- An instance's id is its original start in UTC, `YYYYMMDDTHHMMSSZ`, read with an offset too; alone in a list it is
  `<event uuid>_<instance id>`.
- A series is bounded where every RRULE has COUNT below 1000 or UNTIL within 100 years.

Decisions:
- What we show starts with the first date (starts_at is the first occurrence) and reads back as the very same dates.
  Where rules reckoned from there would give others, the dates are listed; a list too long for one line gives way to
  the rules as they are, from where they are anchored.
- Series made or split elsewhere may need more or longer lines than may be sent; they are shown whole, lists of dates
  40 years ahead, which is as far as instances are computed.
- Clients that send everything send back what they were shown. That is the pattern as it stands, with all it holds
  beyond these lines, and is held to no limit.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from server.core import zone as zones
from server.core.errors import Invalid, Unknown
from server.core.recurrence import (
    Pattern,
    address_text,
    check_bookable,
    endless,
    first_wall,
    parse,
    portable,
    read_address,
    walls,
)

MOST_LINES = 4
LONGEST = 1024
MOST_COUNT = 1000
BOUND_YEARS = 100
AHEAD_YEARS = 40
LAST_YEAR = 9998
STAMP = "%Y%m%dT%H%M%S"
LINE = re.compile(r"(?:RRULE|RDATE|EXRULE|EXDATE)[:;].+", re.IGNORECASE)
ENDS = re.compile(r"(?:DTSTART|DTEND)\b", re.IGNORECASE)
UNTIL = re.compile(r"(?<=UNTIL=)[0-9]{8}T[0-9]{6}\b")
EVENT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
INSTANCE = re.compile(r"[0-9]{8}T[0-9]{6}(?:Z|[+-][0-9]{4})")


def pattern_of(lines: object, start: datetime, zone: str, *, current: Pattern | None = None) -> Pattern | None:
    """The pattern of a `recurrence_pattern` for a naive wall time `start` (starts_at); None for [], a single event.

    `current` is what the event recurs by now: where the lines and the start are those shown for it, it comes back as
    it stands. Raises Invalid({"recurrence_pattern": sentence}).
    """
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise _refused("must be a list of text")
    if not lines:
        return None
    if current is not None and _shows(current, start, lines, zone):
        return current
    if len(lines) > MOST_LINES:
        raise _refused(f"at most {MOST_LINES} lines")
    for line in lines:
        _check_line(line)
    try:
        pattern = parse(lines, start, zone, keep_first=False)
        check_bookable(pattern)
    except Invalid as error:
        raise _refused(error.fields["recurrence"]) from error
    return pattern


def shown(pattern: Pattern, zone: str) -> tuple[datetime, list[str]]:
    """The wall time of starts_at and the `recurrence_pattern` that together say the pattern.

    UNTIL is in UTC and dates carry the zone, as everybody reads them. Raises Invalid where the pattern has no date.
    """
    first = first_wall(pattern)
    own = _own_lines(pattern, zone)
    if own is not None and first == pattern.start:
        return first, own
    try:
        start, found = portable(pattern, zone, zones.instant(_years_on(first or pattern.start, AHEAD_YEARS), zone))
    except Invalid as error:
        raise _refused(error.fields["recurrence"]) from error
    lines = _with_first(list(found), start, zone)
    listed = bool(pattern.rules) and not any(line.startswith("RRULE") for line in lines)
    if own is not None and listed and (endless(pattern) or any(len(line) > LONGEST for line in lines)):
        return pattern.start, own
    return start, lines


def bounded(pattern: Pattern) -> bool:
    """True where every RRULE has COUNT below 1000 or UNTIL within 100 years of the start."""
    limit = _years_on(pattern.start, BOUND_YEARS)
    if pattern.until is not None and pattern.until <= limit:
        return True
    return all(
        (rule.count is not None and rule.count < MOST_COUNT) or (rule.until is not None and rule.until <= limit)
        for rule in pattern.rules
    )


def instance_id(at: datetime) -> str:
    """The id of the instance whose original start is that instant: 20220215T170000Z."""
    return address_text(at)


def read_instance_id(text: str) -> datetime:
    """The UTC instant that an instance's id means; raises Unknown where it means none."""
    try:
        if INSTANCE.fullmatch(text):
            return read_address(text, "UTC")
    except ValueError:
        pass
    raise Unknown("occurrence", text)


def composite_id(event: UUID, at: datetime) -> str:
    """The id of an instance outside its event: `<event uuid>_<instance id>`."""
    return f"{event}_{instance_id(at)}"


def read_composite_id(text: str) -> tuple[UUID, datetime]:
    """The event's id and the UTC instant of the original start; raises Unknown where the text is no such id."""
    event, _, instance = text.partition("_")
    if not EVENT.fullmatch(event):
        raise Unknown("occurrence", text)
    return UUID(event), read_instance_id(instance)


def _refused(why: str) -> Invalid:
    return Invalid({"recurrence_pattern": why})


def _check_line(line: str) -> None:
    if len(line) > LONGEST:
        raise _refused(f"a line is longer than {LONGEST} characters")
    line = line.strip()
    if ENDS.match(line):
        raise _refused("DTSTART and DTEND come from starts_at and ends_at")
    if not line.isprintable() or not LINE.fullmatch(line):
        raise _refused("each must be one line RRULE, RDATE, EXRULE or EXDATE")


def _own_lines(pattern: Pattern, zone: str) -> list[str] | None:
    """The pattern's own lines from its own start; None where they are not all of it: a split one's bounds are not in
    them, and a wall time that the clock never shows cannot be said in UTC.
    """
    lines = [_placed(line, zone) for line in pattern.lines]
    return lines if _reads_as(lines, pattern.start, zone) == pattern else None


def _placed(line: str, zone: str) -> str:
    """A floating line as everybody reads it: UNTIL in UTC, dates with their zone."""
    name, _, value = line.partition(":")
    if name in ("RDATE", "EXDATE"):
        return _dated(name, value.split(","), zone)
    return UNTIL.sub(lambda found: address_text(zones.instant(datetime.strptime(found[0], STAMP), zone)), line)


def _dated(name: str, stamps: Iterable[str], zone: str) -> str:
    tzid, mark = ("", "Z") if zone == "UTC" else (f";TZID={zone}", "")
    return f"{name}{tzid}:" + ",".join(it + mark for it in stamps)


def _with_first(lines: list[str], start: datetime, zone: str) -> list[str]:
    """With an RDATE for the start where no line gives it: elsewhere DTSTART is a date by itself, here it is not."""
    read = _reads_as(lines, start, zone)
    if read is not None and next(walls(read, start + timedelta(seconds=1)), None) == start:
        return lines
    dates = [line.partition(":")[2].replace("Z", "") for line in lines if line.startswith("RDATE")]
    rest = [line for line in lines if not line.startswith("RDATE")]
    return [*rest, _dated("RDATE", [start.strftime(STAMP), *dates], zone)]


def _shows(pattern: Pattern, start: datetime, lines: list[str], zone: str) -> bool:
    try:
        return shown(pattern, zone) == (start, lines)
    except Invalid:
        return False


def _reads_as(lines: list[str], start: datetime, zone: str) -> Pattern | None:
    try:
        return parse(lines, start, zone, keep_first=False)
    except Invalid:
        return None


def _years_on(wall: datetime, years: int) -> datetime:
    """The same day that many years on, 28 February for a 29th that is not; within the years we reckon with."""
    year = min(wall.year + years, LAST_YEAR)
    try:
        return wall.replace(year=year)
    except ValueError:
        return wall.replace(year=year, day=28)
