"""What a room asks of those who use it, as one value with defaults that ask nothing.

Decision: a room added without flags has auto-accept and no policy but the occupancy law; check-in is switched on by
policy. Minutes throughout; None means "no limit". Opening hours are wall time in the room's zone.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta

from server.core.period import Period, clipped, merged
from server.core.zone import at_minute, days, midnight

LONGEST = timedelta(days=31)
"""No booking is longer, whatever the policy says: it bounds every look-back over the holds."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Open on these weekdays (Monday = 0) from minute `opens` to minute `closes` of the local day (1440 = midnight)."""

    weekdays: frozenset[int]
    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class Policy:
    """One room's rules. `opening` empty: always open.

    `series`: whether bookings may recur: yes, approval (then they wait for it even where single ones do not) or no;
    `series_most`: of how many dates at most. `door_host`, what the door shows of the host: full, initials or hidden;
    `door_title`: whether it shows the title.
    """

    opening: tuple[Opening, ...] = ()
    min_minutes: int | None = None
    max_minutes: int | None = None
    notice_minutes: int | None = None
    horizon_days: int | None = None
    gap_minutes: int = 0
    check_in: bool = False
    check_in_minutes: int = 10
    early_minutes: int = 15
    walk_in: bool = True
    walk_in_minutes: tuple[int, ...] = field(default=(15, 30, 60))
    extend_minutes: int = 30
    series: str = "yes"
    series_most: int | None = None
    door_host: str = "initials"
    door_title: bool = False


def open_on(policy: Policy, day: date, zone: str) -> list[Period]:
    """The opening hours of one local date as instants; empty where the room is closed or has no hours at all.

    Cut to the day as it really is: some zones have skipped a whole date, and its hours are not the next day's.
    """
    today = [opening for opening in policy.opening if day.weekday() in opening.weekdays]
    if not today:
        return []
    hours = (Period(at_minute(day, o.opens, zone), at_minute(day, o.closes, zone)) for o in today)
    whole = Period(midnight(day, zone), midnight(day + timedelta(days=1), zone))
    return list(clipped((span for span in hours if span.start < span.end), whole))


def open_during(policy: Policy, window: Period, zone: str) -> list[Period]:
    """When the room is open within (and around) the window, touching hours joined; the window where always open."""
    if not policy.opening:
        return [window]
    around = Period(window.start - timedelta(days=1), window.end + timedelta(days=1))
    return merged(hours for day in days(around, zone) for hours in open_on(policy, day, zone))
