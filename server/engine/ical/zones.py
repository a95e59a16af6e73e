"""One VTIMEZONE, for readers that do not know the zone by its name.

The changes are found by our own search, to the second: the library's steps over zones that change twice in two months.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

from server.core.period import Period
from server.core.zone import offsets

KNOWN = Period(datetime(2000, 1, 1, tzinfo=UTC), datetime(2038, 1, 1, tzinfo=UTC))
"""Before it nothing is booked; few zones know what they will do after it."""


@lru_cache(maxsize=64)  # by the zone itself, not by its name: once its data is read anew, it is another
def vtimezone(zone: ZoneInfo) -> bytes:
    """The zone's changes within KNOWN, each told by the clock as it was before (RFC 5545 section 3.6.5)."""
    changes: dict[tuple[int, int, str, bool], list[datetime]] = {}
    found = offsets(KNOWN, zone.key)
    for (_, before), (at, after) in pairwise([found[0], *found]):
        local = at.astimezone(zone)
        kind = (before, after, local.tzname() or "", bool(local.dst()))
        changes.setdefault(kind, []).append((at + timedelta(seconds=before)).replace(tzinfo=None))
    out = Timezone()
    out.add("tzid", zone.key)
    for (before, after, name, summer), walls in changes.items():
        change = TimezoneDaylight() if summer else TimezoneStandard()
        change.add("tzname", name)
        change.add("tzoffsetfrom", timedelta(seconds=before))
        change.add("tzoffsetto", timedelta(seconds=after))
        change.add("dtstart", walls[0])
        if walls[1:]:
            change.add("rdate", walls[1:])
        out.add_component(change)
    return bytes(out.to_ical())
