"""Times asked for in queries: from and to, and days. The refusals are RoomVox's own texts."""

from datetime import date, datetime, timedelta

from server.core.period import Period
from server.core.zone import wall
from server.dialects.roomvox import dates
from server.dialects.roomvox.errors import Unfit

YEAR = timedelta(days=365)
UNREAD = 'is no date that is understood (an unencoded "+" arrives as a space: write %2B)'
TEXTS = {
    "date": "Invalid date format",
    "from": 'Invalid "from" date format',
    "to": 'Invalid "to" date format',
    "start": "Invalid date format for start or end",
    "end": "Invalid date format for start or end",
    "until": "Invalid date format for until",
    "recurrenceId": "Invalid recurrenceId",
}


def instant(name: str, text: str, now: datetime, zone: str) -> datetime:
    """The instant that the parameter `name` says; Unfit in RoomVox's words."""
    try:
        return dates.moment(text, now, zone)
    except ValueError:
        raise Unfit(TEXTS[name], {name: UNREAD}) from None


def booked(start: str, end: str, now: datetime, zone: str) -> tuple[datetime, datetime]:
    """Start and end of a booking; Unfit in RoomVox's words."""
    for name, text in (("start", start), ("end", end)):
        instant(name, text, now, zone)
    starts, ends = dates.span(start, end, now, zone)
    if ends <= starts:
        raise Unfit("End time must be after start time", {"end": "must be after start"})
    return starts, ends


def day(name: str, text: str | None, now: datetime, zone: str) -> date:
    """The local day that the parameter says, today where it is absent."""
    return wall(now if text is None else instant(name, text, now, zone), zone).date()


def span(start: datetime, end: datetime, zone: str) -> Period:
    """The window of a `from` and a `to`, as long as 365 days by the wall."""
    if end < start:
        raise Unfit('"from" must be before "to"', {"from": 'must be before "to"'})
    length = wall(end, zone).replace(tzinfo=None) - wall(start, zone).replace(tzinfo=None)
    if length > YEAR:
        raise Unfit("Date range must not exceed 365 days", {"to": 'is more than 365 days after "from"'})
    return Period(start, end)


def window(since: str | None, until: str | None, now: datetime, zone: str) -> Period | None:
    """What a list covers: from-to, a year after `from` or before `to`; None where neither is given.

    Touching edges count as in RoomVox: a booking that ends at `from` or starts at `to` is in the list.
    """
    start = None if since is None else instant("from", since, now, zone)
    end = None if until is None else instant("to", until, now, zone)
    if start is None and end is not None:
        start = end - YEAR
    if end is None and start is not None:
        end = dates.LATEST if start > dates.LATEST - YEAR else start + YEAR
    if start is None or end is None:
        return None
    asked = span(start, end, zone)
    return Period(asked.start - timedelta(seconds=1), asked.end + timedelta(seconds=1))


def usual(now: datetime) -> Period:
    """What a list covers that names no window and no limit: a year back and a year ahead."""
    return Period(now - YEAR, now + YEAR)


def whole_days(since: date, until: date) -> None:
    """Raises Unfit where the days are none that a report is made of."""
    if until < since:
        raise Unfit('"from" must be before "to"', {"from": 'must be before "to"'})
    if until - since > YEAR:
        raise Unfit("Date range must not exceed 365 days", {"to": 'is more than 365 days after "from"'})
