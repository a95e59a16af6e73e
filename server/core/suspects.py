"""Whether a change of a room could refuse any of the times it is booked at: a quick look before all is judged.

It may suspect without need, but never misses: what it passes need not be judged. So on days when clocks change, and for
rules that look at more than times, everything is suspected.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from heapq import heappop, heappush
from itertools import pairwise

from server.core.model import Room
from server.core.policy import Policy
from server.core.zone import zone

Span = tuple[int, int]
"""A booked time in whole seconds since 1970, from and to."""
Test = Callable[[Span], bool]
WHOLE = ("timetable", "capacity", "off", "exempt")
"""Rules of which no look at times alone can say that they pass."""
HOURS = ("opening", "special_days")
JUDGED = (*WHOLE, *HOURS, "min_minutes", "max_minutes", "multi_day", "gap_minutes", "lanes")
"""Rules by which a booking that is made is judged again; the others are about its making."""


def suspected(before: Room, after: Room, spans: Sequence[Span]) -> bool:
    """Whether the change may refuse one of these times, which are in order of their start."""
    if not spans or not matters(before, after):
        return False
    if _all_of_them(before, after):
        return True
    old, new = before.policy, after.policy
    if new.lanes < old.lanes and _most_at_once(spans) > new.lanes:
        return True
    gap = new.gap_minutes * 60
    if new.gap_minutes > old.gap_minutes and any(then[0] - it[1] < gap for it, then in pairwise(spans)):
        return True
    tests = _tests(old, new, after.zone)
    return any(test(span) for span in spans for test in tests)


def matters(before: Room, after: Room) -> bool:
    """Whether the change is of anything that a booking which is made is judged by again."""
    if (before.status, before.capacity, before.zone) != (after.status, after.capacity, after.zone):
        return True
    return any(getattr(before.policy, name) != getattr(after.policy, name) for name in JUDGED)


def _all_of_them(before: Room, after: Room) -> bool:
    """Whether the change may refuse any time whatever."""
    if after.status == "unavailable" != before.status or after.zone != before.zone:
        return True
    if after.policy.capacity and after.capacity != before.capacity:
        return True
    return any(getattr(before.policy, name) != getattr(after.policy, name) for name in WHOLE)


def _tests(old: Policy, new: Policy, name: str) -> list[Test]:
    """What each time is looked at for."""
    tests: list[Test] = []
    least, most = (new.min_minutes or 0) * 60, (new.max_minutes or 0) * 60
    if new.min_minutes is not None and new.min_minutes != old.min_minutes:
        tests.append(lambda span: span[1] - span[0] < least)
    if new.max_minutes is not None and new.max_minutes != old.max_minutes:
        tests.append(lambda span: span[1] - span[0] > most)
    days = Days(new, name)
    if old.multi_day and not new.multi_day:
        tests.append(days.over_midnight)
    if any(getattr(old, rule) != getattr(new, rule) for rule in HOURS) and (new.opening or new.special_days):
        tests.append(days.not_surely_open)
    return tests


def _most_at_once(spans: Sequence[Span]) -> int:
    running: list[int] = []
    most = 0
    for start, end in spans:
        while running and running[0] <= start:
            heappop(running)
        heappush(running, end)
        most = max(most, len(running))
    return most


class Days:
    """The opening hours of a policy by local date, remembered: (opens, closes) in minutes; none where clocks change."""

    def __init__(self, policy: Policy, name: str) -> None:
        self.policy, self.name, self.zone = policy, name, zone(name)
        self.special = {it.day.toordinal(): it.hours for it in policy.special_days}
        self.hours = lru_cache(maxsize=4_000)(self._hours)

    def _hours(self, ordinal: int) -> tuple[Span, ...]:
        day = datetime.fromordinal(ordinal).replace(tzinfo=self.zone)
        if day.utcoffset() != (day + timedelta(days=1)).utcoffset():
            return ()
        if ordinal in self.special:
            return self.special[ordinal]
        if not self.policy.opening:
            return ((0, 1_440),)
        weekday = day.weekday()
        return tuple((it.opens, it.closes) for it in self.policy.opening if weekday in it.weekdays)

    def _local(self, span: Span) -> tuple[datetime, datetime]:
        return datetime.fromtimestamp(span[0], self.zone), datetime.fromtimestamp(span[1], self.zone)

    def over_midnight(self, span: Span) -> bool:
        """Whether the time may pass a midnight; one that ends at midnight is taken for such."""
        start, end = self._local(span)
        return start.date() != end.date()

    def not_surely_open(self, span: Span) -> bool:
        """Whether the time may be outside the hours: it is so unless it lies within one stretch of one day."""
        start, end = self._local(span)
        ordinal = start.toordinal()
        opens = start.hour * 3_600 + start.minute * 60 + start.second
        closes = opens + span[1] - span[0]
        if end.toordinal() != ordinal and closes != 86_400:
            return True
        return not any(low * 60 <= opens and closes <= high * 60 for low, high in self.hours(ordinal))
