"""Quotas: how many minutes or bookings one person may have per day, week, month or year.

Decisions: the days are those of the zone of the first room asked for. Minutes count in each room, and in the day (or
week …) they lie in, so that a booking over midnight is split; a booking counts once, where it starts. Only time within
the quota's weekdays and hours counts, and a booking with none of it does not count. What takes no more of a period than
it did before it was changed is not refused.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from server.core.errors import Objection
from server.core.period import Period, clipped
from server.core.places import Quota
from server.core.rules.kinds import Facts, Wish
from server.core.zone import at_minute, days, midnight, wall


class _Held(NamedTuple):
    """A time in a room of one booking (0: the one that is judged)."""

    booking: int
    period: Period


def over_quota(wish: Wish, facts: Facts) -> Iterator[Objection]:
    if facts.asker.person is None:
        return
    zone = facts.room.zone
    rooms = [room.number for room in facts.asking("over_quota")]
    for quota in of_person(facts.shared.quotas, facts.asker.person.groups):
        scoped = sum(in_scope(quota, number, facts) for number in rooms)
        asked = [_Held(0, wish.period)] * scoped
        former = [_Held(0, wish.former)] * scoped if wish.former is not None else []
        for period in periods(quota.per, wish.period, zone):
            wanted = _amount(quota, asked, period, zone)
            if not wanted or wanted <= _amount(quota, former, period, zone):
                continue
            used = _amount(quota, _counted(quota, facts, period), period, zone)
            if used + wanted > _most(quota):
                yield Objection("over_quota", facts.room.id, _numbers(quota, used, wanted))
                break


def of_person(quotas: Iterable[Quota], groups: frozenset[int]) -> Iterator[Quota]:
    """The quotas that bind somebody of these groups."""
    return (it for it in quotas if it.group is None or it.group in groups)


def in_scope(quota: Quota, room: int, facts: Facts) -> bool:
    """Whether bookings of the room count for the quota: in its place, its room and of its type, whichever it names."""
    return (
        (quota.place is None or quota.place in facts.shared.places.get(room, ()))
        and (quota.room is None or quota.room == room)
        and (not quota.room_type or quota.room_type == facts.shared.types.get(room))
    )


def reach(quotas: Iterable[Quota], wish: Period, zone: str) -> Period | None:
    """From when to when a person's bookings must be known to judge the wish; None where there is no quota."""
    found = [period for per in {it.per for it in quotas} for period in periods(per, wish, zone)]
    return Period(min(it.start for it in found), max(it.end for it in found)) if found else None


def periods(per: str, wish: Period, zone: str) -> list[Period]:
    """The days, weeks (from Monday), months or years that the wish touches, in the zone's wall time."""
    first, last = (wall(it, zone).date() for it in (wish.start, wish.end - timedelta(seconds=1)))
    found: list[Period] = []
    begin = _begin(per, first)
    while begin <= max(first, last):
        after = _after(per, begin)
        found.append(Period(midnight(begin, zone), midnight(after, zone)))
        begin = after
    return found


def _begin(per: str, day: date) -> date:
    if per == "day":
        return day
    if per == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if per == "month" else day.replace(month=1, day=1)


def _after(per: str, begin: date) -> date:
    if per in ("day", "week"):
        return begin + timedelta(days=1 if per == "day" else 7)
    return _begin(per, begin + timedelta(days=31 if per == "month" else 366))


def _counted(quota: Quota, facts: Facts, period: Period) -> list[_Held]:
    """The person's other bookings in the period that the quota counts."""
    return [
        _Held(it.booking, it.period)
        for it in facts.shared.own
        if it.period.overlaps(period)
        and (quota.counts_over or it.period.end > facts.now)
        and in_scope(quota, it.room, facts)
    ]


def _amount(quota: Quota, held: list[_Held], period: Period, zone: str) -> int:
    """How much of the period these take: seconds, or bookings."""
    if quota.unit == "bookings":
        return len({it.booking for it in held if period.holds(it.period.start) and _seconds(quota, it.period, zone)})
    return sum(_seconds(quota, part, zone) for it in held for part in clipped([it.period], period))


def _seconds(quota: Quota, period: Period, zone: str) -> int:
    """How much of the time lies on the quota's weekdays, within its hours."""
    if len(quota.weekdays) == 7 and (quota.opens, quota.closes) == (0, 1440):
        return int(period.length.total_seconds())
    found = timedelta()
    for day in days(period, zone):
        if day.weekday() in quota.weekdays:
            hours = Period(*_hours(quota, day, zone))
            if hours.start < hours.end:  # the night when clocks go forward may swallow them
                found += sum((part.length for part in clipped([period], hours)), timedelta())
    return int(found.total_seconds())


def _hours(quota: Quota, day: date, zone: str) -> tuple[datetime, datetime]:
    return at_minute(day, quota.opens, zone), at_minute(day, quota.closes, zone)


def _most(quota: Quota) -> int:
    return quota.most * 60 if quota.unit == "minutes" else quota.most


def _numbers(quota: Quota, used: int, wanted: int) -> Mapping[str, int | str]:
    unit = 60 if quota.unit == "minutes" else 1
    amounts = {"most": quota.most, "used": -(-used // unit), "wanted": -(-wanted // unit)}
    return {"quota": quota.number, "name": quota.name, "unit": quota.unit, "per": quota.per, **amounts}
