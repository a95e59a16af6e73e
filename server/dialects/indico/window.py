"""Reading times: words, offsets from now, days, and days with a time, as Indico has them.

Decisions:
- `today` and its neighbours, and the day that an offset leads to, are days of the zone that is asked for. In Indico
  they are days in UTC, so that a display far from Greenwich is told of yesterday.
- A window is half-open and selects what shares an instant with it; one that begins and ends at once is a second long.
  Indico compares days and times of day each for itself, which loses bookings (wire facts, section 4.1).
- A day ends where the next begins; Indico's ends a second before.
"""

import re
from datetime import date, datetime, timedelta

from server.core.clock import from_epoch
from server.core.period import Period
from server.core.zone import instant, midnight, wall, zone
from server.dialects.indico.errors import Said

WORDS = {"yesterday": -1, "today": 0, "tomorrow": 1}
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
EARLIEST, LATEST = from_epoch(0), from_epoch(253_370_764_799)
"""Between them lies every booking: 1970 to 9998."""
NEVER = Period(EARLIEST, EARLIEST)
_OFFSET = re.compile(r"([+-])?(?:(\d{1,3})d)?(?:(\d{1,2})h)?(?:(\d{1,2})m)?", re.ASCII)
_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:T(\d{1,2}):(\d{1,2}))?", re.ASCII)


def zone_of(name: str | None, usual: str) -> str:
    """The zone that times are read in; raises Said where there is none of that name."""
    try:
        zone(name or usual)
    except ValueError:
        raise Said(400, f"Bad timezone: ''{name}''") from None
    return name or usual


def window(since: str | None, to: str | None, day: str | None, now: datetime, name: str) -> Period | None:
    """What from, to and day span; None where none of them is given. Raises Said."""
    if day is not None:
        if since is not None or to is not None:
            raise Said(400, "'day' can only be used without 'from' and 'to'")
        since = to = day
    if since is None and to is None:
        return None
    start = EARLIEST if since is None else moment(since, now, name)
    end = LATEST if to is None else moment(to, now, name, end=True)
    if end < start:
        return NEVER
    return Period(start, end + SECOND if start == end else end)


def moment(text: str, now: datetime, name: str, *, end: bool = False) -> datetime:
    """The instant that is meant in the zone; a whole day's begin, or its end. Raises Said."""
    if text == "now":
        return now
    try:
        found = _named(text, now, name, end=end)
        if not isinstance(found, datetime):
            found = midnight(found + DAY if end else found, name)
        return min(max(found, EARLIEST), LATEST)
    except (OverflowError, ValueError):
        raise Said(400, f"Impossible to parse '{text}'") from None


def days(text: str, name: str) -> tuple[Period, ...]:
    """The days of a list, with commas. Raises Said."""
    found = []
    for part in dict.fromkeys(text.split(",")):
        match = _DATE.fullmatch(part.strip())
        try:
            if match is None or match[4] is not None:
                raise ValueError(part)
            day = date(int(match[1]), int(match[2]), int(match[3]))
            found.append(Period(max(midnight(day, name), EARLIEST), min(midnight(day + DAY, name), LATEST)))
        except (OverflowError, ValueError):
            raise Said(400, f"Impossible to parse '{part.strip()}'") from None
    return tuple(found)


def _named(text: str, now: datetime, name: str, *, end: bool) -> date | datetime:
    """A day, or an instant. Raises ValueError for what is neither, Said for what is wrong with an offset."""
    if text in WORDS:
        return wall(now, name).date() + WORDS[text] * DAY
    if (match := _OFFSET.fullmatch(text)) is not None:
        return _ahead(match, now, name, end=end)
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    at = datetime(int(match[1]), int(match[2]), int(match[3]), int(match[4] or 0), int(match[5] or 0))
    if not EARLIEST.year <= at.year < LATEST.year:  # for ever, as clients say it
        return LATEST if at.year >= LATEST.year else EARLIEST
    return at.date() if match[4] is None else instant(at, name)


def _ahead(match: re.Match[str], now: datetime, name: str, *, end: bool) -> date:
    """The day that an offset from now leads to; its hours and minutes only decide which."""
    if end and match[1] == "-":
        raise Said(400, "End date cannot be a negative offset")
    count = [int(part or 0) for part in match.groups()[1:]]
    if count[1] > 23 or count[2] > 59:
        raise Said(400, "Invalid time!")
    by = timedelta(days=count[0], hours=count[1], minutes=count[2])
    return wall(now - by if match[1] == "-" else now + by, name).date()
