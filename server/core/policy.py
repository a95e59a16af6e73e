"""What a room asks of those who use it, as one value with defaults that ask nothing.

Decision: a room added without flags has auto-accept and no policy but the occupancy law; check-in is switched on by
policy. Minutes throughout; None means "no limit". Opening hours are wall time in the room's zone. Any field can be set
on any level (house, site, building, floor, type, group, room); levels.py says which of them counts.
"""

from collections.abc import Mapping
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
class SpecialDay:
    """A date with hours of its own instead of its weekday's: (opens, closes) in minutes; none of them: closed."""

    day: date
    hours: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """One room's rules. `opening` empty: always open, but on `special_days`.

    Time: `min_minutes` … `gap_minutes` bound a booking; `notice_…` must lie between now and the start when it is added,
    changed or cancelled; `horizon_days` how far ahead it may start, `end_horizon_days` how far ahead it may end;
    `multi_day` whether it may pass midnight. `timetable` is the number of one whose slots it must keep.
    How much: `lanes` bookings at once; `capacity` whether more people than seats are refused; `max_rooms` in one
    booking; `person_once` whether its people may be elsewhere at the time; quotas are the house's (rules/quota.py).
    Credits (hundredths) per hour begun, or per booking, by `credit_per` (slot: of the timetable, else an hour);
    `peak_credits` within `peak`. Who: `members` is what everybody may (none, see, ask, book) beside rights that were
    given; `roles`, `departments`, `groups` (numbers) narrow who may book, empty: anybody. `approval` as `auto_accept`
    of the room: yes, or no. What must be said: `title_needed`, `description_needed`, `terms` (a text or an address that
    must be agreed to). `off` names rules that are not asked, `exempt` those not asked of a role ("staff": codes).
    `series`: whether bookings may recur: yes, approval (then they wait for it even where single ones do not) or no;
    `series_most`: of how many dates at most. `waiting`: whether people may queue for a taken time, and `offer_minutes`
    how long a time that came free is kept for the next of them. `release`: whether a booking whose people do not check
    in is given back: off, observe (only told) or on; after so many `strikes` in a row the coming dates of a series are
    cancelled; `nobody_here`: whether anybody may ask those inside whether they still are. Of walk-ins by nobody we
    know: `walk_ins_per_hour`, and `walk_ins_in_row` without a pause of `walk_in_pause_minutes` (0: none).
    `door_minutes`: for how long ahead the panel owns the room's free time, so that it can book while it is cut off; 0:
    not at all. `…_host` and `…_title`: what the audience of the door, the lobby and the phone sees: full, initials or
    hidden; a title, or not.
    """

    opening: tuple[Opening, ...] = ()
    special_days: tuple[SpecialDay, ...] = ()
    timetable: int | None = None
    min_minutes: int | None = None
    max_minutes: int | None = None
    multi_day: bool = True
    notice_minutes: int | None = None
    notice_change_minutes: int | None = None
    notice_cancel_minutes: int | None = None
    horizon_days: int | None = None
    end_horizon_days: int | None = None
    gap_minutes: int = 0
    lanes: int = 1
    capacity: bool = False
    max_rooms: int | None = None
    person_once: bool = False
    credits: int = 0
    peak_credits: int = 0
    peak: tuple[Opening, ...] = ()
    credit_per: str = "slot"
    members: str = "book"
    roles: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    groups: tuple[int, ...] = ()
    approval: bool = False
    title_needed: bool = False
    description_needed: bool = False
    terms: str = ""
    off: tuple[str, ...] = ()
    exempt: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    check_in: bool = False
    check_in_minutes: int = 10
    early_minutes: int = 15
    release: str = "observe"
    strikes: int | None = None
    nobody_here: bool = True
    walk_in: bool = True
    walk_in_minutes: tuple[int, ...] = field(default=(15, 30, 60))
    walk_ins_per_hour: int = 12
    walk_ins_in_row: int = 2
    walk_in_pause_minutes: int = 5
    door_minutes: int = 120
    extend_minutes: int = 30
    series: str = "yes"
    series_most: int | None = None
    waiting: bool = False
    offer_minutes: int = 30
    door_host: str = "initials"
    door_title: bool = False
    lobby_host: str = "initials"
    lobby_title: bool = True
    phone_host: str = "hidden"
    phone_title: bool = False


def open_on(policy: Policy, day: date, zone: str) -> list[Period]:
    """The opening hours of one local date as instants; empty where the room is closed or has no hours at all.

    Cut to the day as it really is: some zones have skipped a whole date, and its hours are not the next day's.
    """
    special = next((it for it in policy.special_days if it.day == day), None)
    if special is not None:
        today = list(special.hours)
    elif not policy.opening:
        today = [(0, 1440)] if policy.special_days else []
    else:
        today = [(it.opens, it.closes) for it in policy.opening if day.weekday() in it.weekdays]
    if not today:
        return []
    hours = (Period(at_minute(day, opens, zone), at_minute(day, closes, zone)) for opens, closes in today)
    whole = Period(midnight(day, zone), midnight(day + timedelta(days=1), zone))
    return list(clipped((span for span in hours if span.start < span.end), whole))


def open_during(policy: Policy, window: Period, zone: str) -> list[Period]:
    """When the room is open within (and around) the window, touching hours joined; the window where always open."""
    if not policy.opening and not policy.special_days:
        return [window]
    around = Period(window.start - timedelta(days=1), window.end + timedelta(days=1))
    return merged(hours for day in days(around, zone) for hours in open_on(policy, day, zone))
