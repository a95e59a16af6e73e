"""Dates as LibreBooking's clients write them, and as it writes them itself.

Source: the wire facts, section 1, "Date in" and "Date out". With a `T` the offset counts, and where none is said UTC is
meant; without a `T` it is the user's wall time, which with us is the room's. A `+` that arrives as a space is mended.
Not taken over: an unreadable date is an error here; there it silently is now.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone

from server.core import zone as zones

_CLOCK = r"(?P<clock>[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)(?:\.[0-9]{1,9})?"
_OFFSET = r"(?P<offset>[Zz]|[+ -][0-9]{2}:?[0-9]{2}|[+-][0-9]{2})"
_FORM = re.compile(rf"(?P<day>[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}})(?:(?P<between>[Tt ]){_CLOCK}{_OFFSET}?)?")


EARLIEST, LATEST = 1971, 9990
"""The years that dates may lie in: whatever is reckoned from one stays a date."""


def moment(text: str, zone: str) -> datetime:
    """The UTC instant that the text means, in whole seconds; ValueError where it means none that may be said."""
    at = _read(text)
    try:
        instant = zones.instant(at, zone) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("out of range") from error
    if not EARLIEST <= instant.year <= LATEST:
        raise ValueError("out of range")
    return instant


def day(text: str, zone: str) -> date:
    """The local date that the text means; ValueError where it means none."""
    at = _read(text)
    try:
        return at.date() if at.tzinfo is None else zones.wall(at, zone).date()
    except OverflowError as error:
        raise ValueError("out of range") from error


def written(instant: datetime) -> str:
    """The instant in UTC, as LibreBooking writes it: 2026-11-23T16:00:00+0000."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S%z")


def _read(text: str) -> datetime:
    """What the text says: aware where it has a `T`, else local."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ValueError("no date")
    between, offset = found["between"], found["offset"]
    if offset and between == " ":
        raise ValueError("no date")
    year, month, of_month = map(int, found["day"].split("-"))
    hour, minute, second = (*map(int, (found["clock"] or "0:0").split(":")), 0)[:3]
    return datetime(
        year, month, of_month, hour, minute, second, tzinfo=_zone(offset) if between in ("T", "t") else None
    )


def _zone(offset: str | None) -> timezone:
    if offset is None or offset in "Zz":
        return UTC
    digits = offset[1:].replace(":", "").ljust(4, "0")
    if int(digits[2:]) > 59:
        raise ValueError("no offset")
    span = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-span if offset[0] == "-" else span)
