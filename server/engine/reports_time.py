"""How the time of the rooms is used: by room, by hour and weekday, and how many rooms at once.

Decisions:
- All three come from one look at the accepted bookings in the order of their starts, whatever their number is.
- What lies outside the time a room was to be had is booked, but is no use of that time: no share is above 1.
- A booking of a combined room uses its parts; they are counted, the combined room only where they are not asked for.
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from server.core.binning import QUARTER, Bins
from server.core.clock import from_epoch
from server.core.model import Room
from server.core.period import Period
from server.core.zone import day_of, offsets, wall
from server.engine.reports_scope import Chosen, Had, bounds
from server.store import reports
from server.store.database import Store
from server.store.fields import numbers

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(slots=True)
class Use:
    """What one room had: bookings, seconds booked, and how many of these within the time it was to be had."""

    room: Room
    had: Had
    bookings: int = 0
    booked: int = 0
    inside: int = 0

    @property
    def available(self) -> int:
        return self.had.available * max(1, self.room.policy.lanes)

    @property
    def share(self) -> float | None:
        """How much of the available time was used, 0 to 1; None where there was none."""
        used = self.booked if self.had.always else self.inside
        return min(1.0, used / self.available) if self.available else None


@dataclass(slots=True)
class Peak:
    """Rooms in use at once: the most of a local day, and since when."""

    rooms: int
    at: datetime


@dataclass(slots=True)
class Week:
    """By weekday and hour: seconds used and seconds that there were, over all rooms, as wall time of each room."""

    used: list[list[int]] = field(default_factory=lambda: [[0] * 24 for _ in range(7)])
    there: list[list[int]] = field(default_factory=lambda: [[0] * 24 for _ in range(7)])

    def share(self, weekdays: Iterable[int], hours: Iterable[int]) -> float | None:
        """How much of the time of these weekdays and hours was used; None where no room was to be had."""
        cells = [(day, hour) for day in weekdays for hour in list(hours)]
        there = sum(self.there[day][hour] for day, hour in cells)
        return min(1.0, sum(self.used[day][hour] for day, hour in cells) / there) if there else None


@dataclass(slots=True)
class TimeUsed:
    """One look: the use of each room, the week, and each day's peak with the rooms that could be in use."""

    uses: list[Use]
    week: Week
    peaks: dict[date, Peak]
    most: int
    bookings: int


def look(store: Store, chosen: Chosen, had: dict[int, Had]) -> TimeUsed:
    """Reads what was booked. In pages: a report never holds the database's past back for long."""
    plain = chosen.plain()
    week, bookings = Week(), 0
    uses: list[Use] = []
    peaks: dict[date, Peak] = {}
    for zone, own in chosen.zones.items():
        each = {room.number: Use(room, had[room.number]) for room in own}
        window = chosen.window(zone)
        bins, at_once = Bins(*bounds(window)), AtOnce(zone, window)
        bookings += _read(store, chosen, zone, each, plain, bins, at_once)
        _sum_up(week, bins, window, zone, [use for number, use in each.items() if number in plain])
        for day, peak in at_once.peaks.items():
            if day not in peaks or peaks[day].rooms < peak.rooms:
                peaks[day] = peak
        uses += each.values()
    order = {room.number: place for place, room in enumerate(chosen.rooms)}
    uses.sort(key=lambda use: order[use.room.number])
    return TimeUsed(uses, week, peaks, len(plain), bookings)


def _read(
    store: Store, chosen: Chosen, zone: str, each: dict[int, Use], plain: frozenset[int], bins: Bins,
    at_once: "AtOnce",
) -> int:  # fmt: skip
    scope, low, high, count = chosen.scope(zone), bins.low, bins.high, 0
    known: dict[str, tuple[list[Use], list[Use], tuple[int, ...]]] = {}
    for page in reports.taken(store, scope):
        for text, start, end in page:
            concerned = known.get(text)
            if concerned is None:
                if len(known) > 50_000:
                    known.clear()
                mine = [number for number in numbers(text) if number in each]
                counted = tuple(number for number in mine if number in plain)
                uses = [each[number] for number in mine]
                concerned = known[text] = (uses, [each[number] for number in counted], counted)
            uses, parts, counted = concerned
            if not uses:
                continue
            start, end = (start if start > low else low), (end if end < high else high)
            count += 1
            for use in uses:
                use.bookings += 1
                use.booked += end - start
                use.inside += use.had.hours.within(start, end)
            for use in parts:
                if use.had.always:
                    bins.add(start, end)
                else:
                    _inside(use, start, end, bins)
            at_once.take(start, end, counted)
    return count


def _inside(use: Use, start: int, end: int, bins: Bins) -> None:
    """Adds to the bins what of a span lies in the hours of its room; nearly always all of it or nothing."""
    hours = use.had.hours
    inside = hours.within(start, end)
    if inside == end - start:
        bins.add(start, end)
    elif inside:
        for low, high in hours:
            if low < end and high > start:
                bins.add(max(low, start), min(high, end))


def _sum_up(week: Week, bins: Bins, window: Period, zone: str, uses: list[Use]) -> None:
    """Takes the quarters of the zone's days into the week, by the clock on the wall."""
    there = Bins(bins.low, bins.high)
    alike: dict[int, tuple[Had, int]] = {}
    for use in uses:
        had, many = alike.get(id(use.had), (use.had, 0))
        alike[id(use.had)] = (had, many + max(1, use.room.policy.lanes))
    for had, many in alike.values():
        for low, high in had.hours:
            there.add(max(low, bins.low), min(high, bins.high), many)
    shifts = [(int(since.timestamp()), offset) for since, offset in offsets(window, zone)]
    at, offset = bins.low, shifts[0][1]
    for used, had_ in zip(bins.seconds(), there.seconds(), strict=True):
        while len(shifts) > 1 and shifts[1][0] <= at:
            shifts.pop(0)
            offset = shifts[0][1]
        if used or had_:
            days, rest = divmod(at + offset, 86_400)
            day, hour = (days + 3) % 7, rest // 3_600  # 1970 began on a Thursday
            week.used[day][hour] += used
            week.there[day][hour] += had_
        at += QUARTER


class AtOnce:
    """Counts rooms in use at once, from spans in the order of their starts."""

    def __init__(self, zone: str, window: Period) -> None:
        self.peaks: dict[date, Peak] = {}
        self._days = _days(zone, window)
        self._ends: list[tuple[int, int]] = []
        self._busy: dict[int, int] = {}

    def take(self, start: int, end: int, rooms: tuple[int, ...]) -> None:
        """A booking of these rooms."""
        busy, ends = self._busy, self._ends
        while ends and ends[0][0] <= start:
            _, room = heapq.heappop(ends)
            busy[room] -= 1
            if not busy[room]:
                del busy[room]
        for room in rooms:
            busy[room] = busy.get(room, 0) + 1
            heapq.heappush(ends, (end, room))
        while len(self._days) > 1 and self._days[1][0] <= start:
            self._days.pop(0)
        day = self._days[0][1]
        peak = self.peaks.get(day)
        if peak is None or len(busy) > peak.rooms:
            self.peaks[day] = Peak(len(busy), from_epoch(start))


def _days(zone: str, window: Period) -> list[tuple[int, date]]:
    found = []
    day = window.start
    while day < window.end:
        low, high = bounds(day_of(day, zone))
        found.append((low, wall(day, zone).date()))
        day = from_epoch(high)
    return found
