"""Quotas: how many minutes or bookings one person may have per day, week, month or year.

Decisions: the days are those of the zone of the first room asked for. Minutes count in each room, and in the day (or
week …) they lie in, so that a booking over midnight is split; a booking counts once, where it starts. Only time within
the quota's weekdays and hours counts, and a booking with none of it does not count. What takes no more of a period than
it did before it was changed is not refused.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
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


class _Calendar:
    """A zone's days and hours, each worked out once for all quotas and bookings that are looked at together."""

    def __init__(self, zone: str) -> None:
        self.zone = zone
        self._dates: dict[Period, tuple[date, ...]] = {}
        self._hours: dict[tuple[date, int, int], Period] = {}

    def seconds(self, quota: Quota, period: Period) -> int:
        """How much of the time lies on the quota's weekdays, within its hours."""
        if len(quota.weekdays) == 7 and (quota.opens, quota.closes) == (0, 1440):
            return int(period.length.total_seconds())
        found = timedelta()
        for day in self._days(period):
            if day.weekday() in quota.weekdays:
                hours = self._open(day, quota.opens, quota.closes)
                start, end = max(period.start, hours.start), min(period.end, hours.end)
                if start < end:  # also where the night when clocks go forward swallows the hours
                    found += end - start
        return int(found.total_seconds())

    def _days(self, period: Period) -> tuple[date, ...]:
        found = self._dates.get(period)
        if found is None:
            found = self._dates[period] = tuple(days(period, self.zone))
        return found

    def _open(self, day: date, opens: int, closes: int) -> Period:
        found = self._hours.get((day, opens, closes))
        if found is None:
            found = Period(at_minute(day, opens, self.zone), at_minute(day, closes, self.zone))
            self._hours[day, opens, closes] = found
        return found


def over_quota(wish: Wish, facts: Facts) -> Iterator[Objection]:
    if facts.asker.person is None or not facts.shared.quotas:
        return
    calendar = _Calendar(facts.room.zone)
    rooms = [room.number for room in facts.asking("over_quota")]
    for quota in of_person(facts.shared.quotas, facts.asker.person.groups):
        scoped = sum(in_scope(quota, number, facts) for number in rooms)
        asked = [_Held(0, wish.period)] * scoped
        former = [_Held(0, wish.former)] * scoped if wish.former is not None and not facts.shared.handed else []
        for period in periods(quota.per, wish.period, calendar.zone):
            wanted = _amount(quota, asked, period, calendar)
            if not wanted or wanted <= _amount(quota, former, period, calendar):
                continue
            used = _amount(quota, _counted(quota, facts, period), period, calendar)
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


def _amount(quota: Quota, held: list[_Held], period: Period, calendar: _Calendar) -> int:
    """How much of the period these take: seconds, or bookings."""
    if quota.unit == "bookings":
        return len({it.booking for it in held if period.holds(it.period.start) and calendar.seconds(quota, it.period)})
    whole = (it.period for it in held)
    return sum(
        calendar.seconds(quota, it if period.covers(it) else part) for it in whole for part in clipped([it], period)
    )


def _most(quota: Quota) -> int:
    return quota.most * 60 if quota.unit == "minutes" else quota.most


def _numbers(quota: Quota, used: int, wanted: int) -> Mapping[str, int | str]:
    unit = 60 if quota.unit == "minutes" else 1
    amounts = {"most": quota.most, "used": -(-used // unit), "wanted": -(-wanted // unit)}
    return {"quota": quota.number, "name": quota.name, "unit": quota.unit, "per": quota.per, **amounts}
