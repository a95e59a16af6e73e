"""Reading dates as RoomVox's clients write them: the forms that PHP takes, in the room's zone where none is
said.

Taken over from PHP: a day past the end of its month rolls on (30 February is 2 March), 24:00 is the next
midnight, `@1700000000` is an instant, "" is now (in queries). Not taken over: relative sums, and years
outside 1970 to 9999. An unencoded `+` arrives as a space and is refused, as there, with a hint.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

from server.core.clock import whole
from server.core.zone import instant, wall, zone

LATEST = datetime(9999, 12, 1, tzinfo=UTC)
"""No instant from here on, so that no window around one leaves the calendar."""

_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d{1,9})?)?"
_ZONE = r"\s?(?P<zone>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?|[A-Za-z]+(?:/[A-Za-z_]+){1,2})"
_YMD = r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE | re.ASCII)
    for form in (
        rf"{_YMD}(?:[T ]\s?{_TIME}(?:{_ZONE})?)?",
        r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)(?:T(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?(?:"
        + _ZONE
        + ")?)?",
        rf"(?P<day>\d{{1,2}})\.(?P<month>\d{{1,2}})\.(?P<year>\d{{4}})(?: {_TIME}(?:{_ZONE})?)?",
        rf"(?P<month>\d{{1,2}})/(?P<day>\d{{1,2}})/(?P<year>\d{{4}})(?: {_TIME}(?:{_ZONE})?)?",
    )
)
_WORD = re.compile(rf"(?P<word>today|midnight|noon|tomorrow|yesterday)(?: {_TIME})?", re.IGNORECASE | re.ASCII)
_STAMP = re.compile(r"@(\d{1,11})(?:\.\d{1,6})?", re.ASCII)
_DAYS = {"tomorrow": 1, "yesterday": -1}


def moment(text: str, now: datetime, name: str) -> datetime:
    """The UTC instant (whole seconds) that the text means in the zone `name`; ValueError where it means none."""
    return _fixed(_read(text, now, name), name)


def local(text: str, now: datetime, name: str) -> datetime:
    """The naive wall time that the text means in the zone `name`, even one that its clocks skip; ValueError."""
    found = _read(text, now, name)
    return found if found.tzinfo is None else wall(found, name).replace(tzinfo=None, fold=0)


def span(start: str, end: str, now: datetime, name: str) -> tuple[datetime, datetime]:
    """Start and end as `moment`. A start inside the spring gap moves on by an hour and takes its local end along."""
    first, last = _read(start, now, name), _read(end, now, name)
    starts, ends = _fixed(first, name), _fixed(last, name)
    if first.tzinfo is None and last.tzinfo is None and wall(starts, name).replace(tzinfo=None) != first:
        ends = starts + (last - first)
    return starts, ends


def day(text: str, now: datetime, name: str) -> date:
    """The local date that the text means; ValueError where it means none."""
    return wall(moment(text, now, name), name).date()


def _read(text: str, now: datetime, name: str) -> datetime:
    """What the text says, in whole seconds: aware where it names an offset, else local."""
    text = text.strip()
    if text.lower() in ("", "now"):
        return whole(now)
    found = _stamp(text) or _word(text, now, name) or _written(text)
    if found is None:
        raise ValueError("no date")
    return found


def _fixed(found: datetime, name: str) -> datetime:
    try:
        at = instant(found, name) if found.tzinfo is None else found.astimezone(UTC)
    except OverflowError:
        raise ValueError("out of range") from None
    if at >= LATEST:
        raise ValueError("out of range")
    return at


def _stamp(text: str) -> datetime | None:
    match = _STAMP.fullmatch(text)
    return datetime.fromtimestamp(int(match[1]), UTC) if match else None


def _word(text: str, now: datetime, name: str) -> datetime | None:
    match = _WORD.fullmatch(text)
    if match is None:
        return None
    word = match["word"].lower()
    at = wall(now, name).date() + timedelta(days=_DAYS.get(word, 0))
    return _naive(at, *((12, 0, 0) if word == "noon" and match["hour"] is None else _clock(match)))


def _written(text: str) -> datetime | None:
    match = next((found for form in _FORMS if (found := form.fullmatch(text))), None)
    if match is None:
        return None
    year, month, day_ = int(match["year"]), int(match["month"]), int(match["day"])
    if not (1970 <= year <= 9999 and 1 <= month <= 12 and 1 <= day_ <= 31):
        raise ValueError("no such day")
    try:
        at = _naive(date(year, month, 1) + timedelta(days=day_ - 1), *_clock(match))
        return at.replace(tzinfo=_offset(match["zone"])).astimezone(UTC) if match["zone"] else at
    except OverflowError:
        raise ValueError("out of range") from None


def _clock(match: re.Match[str]) -> tuple[int, int, int]:
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    if minute > 59 or second > 59 or hour > 24 or (hour == 24 and (minute or second)):
        raise ValueError("no such time")
    return hour, minute, second


def _naive(on: date, hour: int, minute: int, second: int) -> datetime:
    return datetime(on.year, on.month, on.day) + timedelta(hours=hour, minutes=minute, seconds=second)


def _offset(text: str) -> tzinfo:
    if text.upper() in ("Z", "UTC", "GMT"):
        return UTC
    if text[0] not in "+-":
        return zone(text)
    digits = text[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    if int(digits[2:]) > 59 or minutes > 14 * 60:
        raise ValueError("no such offset")
    return timezone(timedelta(minutes=minutes if text[0] == "+" else -minutes))
