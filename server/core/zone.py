"""Wall time and instants: the zone belongs to the room.

Decision (RFC 5545 section 3.3.5): a wall time inside the spring gap is read with the offset before the change, which
moves it forward by the length of the gap; in the autumn fold the first of the two hours is meant. Both are what
`fold=0` gives, so no case distinction is written anywhere.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from server.core.clock import epoch, from_epoch
from server.core.period import Period


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The IANA zone of that name; raises ValueError where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"unknown time zone {name!r}") from error


def renew() -> None:
    """Forgets what was read of the zone data, so that an update of it is seen."""
    zone.cache_clear()
    _ahead.cache_clear()
    ZoneInfo.clear_cache()


def wall(instant: datetime, name: str) -> datetime:
    """The instant as the clock on the room's wall shows it (aware, in the room's zone)."""
    return instant.astimezone(zone(name))


def instant(naive: datetime, name: str) -> datetime:
    """The UTC instant of a naive wall time in the zone."""
    return naive.replace(tzinfo=zone(name), fold=0).astimezone(UTC)


def midnight(day: date, name: str) -> datetime:
    """The instant at which the local day begins."""
    return instant(datetime.combine(day, time()), name)


def day_of(moment: datetime, name: str) -> Period:
    """The local day around an instant; 23 to 25 hours long, or whatever the zone makes of it."""
    day = wall(moment, name).date()
    return Period(midnight(day, name), midnight(day + timedelta(days=1), name))


def at_minute(day: date, minute: int, name: str) -> datetime:
    """The instant of a minute of the local day; 1440 is the midnight that ends it."""
    days, rest = divmod(minute, 1440)
    return instant(datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60)), name)


def days(period: Period, name: str) -> Iterator[date]:
    """Each local date that the period touches."""
    day = wall(period.start, name).date()
    last = wall(max(period.start, period.end - timedelta(seconds=1)), name).date()
    while day <= last:
        yield day
        day += timedelta(days=1)


NEXT = 2
"""Changes of the clocks that are told ahead; a panel that is cut off for months needs them."""
FAR = timedelta(days=400)


def offsets_ahead(period: Period, name: str) -> list[tuple[datetime, int]]:
    """As `offsets`, with the next two changes after the start wherever the zone has them within 400 days."""
    return list(_ahead(period, name))


@lru_cache(maxsize=4096)
def _ahead(period: Period, name: str) -> tuple[tuple[datetime, int], ...]:
    found, at = offsets(period, name), period.end
    while len(found) <= NEXT and at < period.start + FAR:
        until = at + timedelta(days=40)
        found += offsets(Period(at, until), name)[1:]
        at = until
    return tuple(found)


def offsets(period: Period, name: str) -> list[tuple[datetime, int]]:
    """The zone's offsets in seconds over a period: (valid from, offset), the first in force at the start.

    Found by bisection within each half day, so a change is exact to the second whatever the zone does.
    """
    out = [(period.start, _offset(period.start, name))]
    low, last = epoch(period.start), epoch(period.end)
    while low < last:
        high = min(low + 12 * 3600, last)
        if _offset(from_epoch(high), name) != out[-1][1]:
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (low, middle) if _offset(from_epoch(middle), name) != out[-1][1] else (middle, high)
            out.append((from_epoch(high), _offset(from_epoch(high), name)))
        low = high
    return out


def _offset(moment: datetime, name: str) -> int:
    offset = wall(moment, name).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0
