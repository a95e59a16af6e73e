"""What an update of the zone data makes of bookings to come: they keep their wall time. Pure; nothing is written here.

Decisions:
- Whose zone: an occurrence goes by its series' zone, a single booking by its room's. What has begun or has its people
  in it stays where it is.
- Whole days stay whole local days; everything else keeps its exact length.
- The address of an occurrence goes along with the pattern, wherever the booking itself is: under the new data that is
  where the pattern has the date. A date that the new data skips altogether is let go of by its series and stays booked.
- Not all can move: what would run into a booking that stays, stays itself. That all stay is always an answer, for where
  they are they have room.
"""

from bisect import bisect_left, insort
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from server.core.model import Booking, LeftOut, Series
from server.core.period import Period
from server.core.recurrence import walls
from server.core.series import begun
from server.core.spans import Spans, midnight

MARGIN = timedelta(days=2)
"""No zone has ever moved its clocks by more than a day at once."""
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Anew:
    """A booking as it is and as it is to be."""

    before: Booking
    after: Booking

    @property
    def retimed(self) -> bool:
        return self.after.period != self.before.period

    @property
    def let_go(self) -> bool:
        """Whether its series has no such date any more."""
        return self.after.series != self.before.series

    def staying(self) -> Booking:
        """The booking where it may not move: only its address is new."""
        was = self.before
        return replace(self.after, starts=was.starts, ends=was.ends, planned_end=was.planned_end)


@dataclass(frozen=True, slots=True)
class SeriesAnew:
    """A series under the new data: how far it is carried, its rows that change, all that it leaves out."""

    series: Series
    rows: tuple[Anew, ...]
    left_out: tuple[LeftOut, ...]


def period_anew(period: Period, old: Spans, new: Spans) -> Period:
    """Where a time lies that keeps its wall time; the same where its wall time stays as it is."""
    start, end = period.start, period.end
    if not old.covers(start):
        return period
    if old.wall(start).date() < old.wall(end).date() and old.begins_day(start) and old.begins_day(end):
        return Period(*(new.instant(midnight(old.wall(moment))) for moment in (start, end)))
    if old.offset(start) == new.offset(start):
        return period
    begins = new.instant(old.wall(start))
    return Period(begins, begins + period.length)


def single_anew(it: Booking, old: Spans, new: Spans, now: datetime) -> Anew:
    """A booking of no series."""
    return Anew(it, it if begun(it, now) else _at(it, period_anew(it.period, old, new)))


def series_anew(
    it: Series, rows: Iterable[Booking], left_out: Iterable[LeftOut], old: Spans, new: Spans, now: datetime
) -> SeriesAnew:
    """A series with all its rows and left out dates."""
    since = max(it.pattern.since or datetime.min, old.wall(old.first) - MARGIN)
    found = list(walls(replace(it.pattern, since=since), old.wall(it.carried_to) + MARGIN))
    was, to = _dates(found, old), _dates(found, new)
    walls_of = {at: wall for wall, at in was.items()}
    used: set[datetime] = set()

    def address(at: datetime) -> datetime | None:
        """The new address; None where the pattern has that date no more, or another has it already."""
        wall = walls_of.get(at)
        moved = at if not old.covers(at) else new.instant(old.wall(at)) if wall is None else to.get(wall)
        if moved is None or moved in used:
            return None
        used.add(moved)
        return moved

    changed = []
    for row in sorted(rows, key=lambda row: row.original_start not in walls_of):  # the pattern's own dates first
        at = row.original_start or row.starts
        moved = address(at)
        wall = walls_of.get(at) if row.starts == at and old.covers(at) else None
        period = _period(row, it, wall, moved, old, new) if not begun(row, now) else row.period
        after = replace(_at(row, period), original_start=moved, series=row.series if moved is not None else None)
        if after != row:
            changed.append(Anew(row, after))
    kept = [replace(each, at=moved) for each in left_out if (moved := address(each.at)) is not None]
    return SeriesAnew(replace(it, carried_to=_carried(it.carried_to, was, to, old, new)), tuple(changed), tuple(kept))


def _period(
    row: Booking, it: Series, wall: datetime | None, address: datetime | None, old: Spans, new: Spans
) -> Period:
    """Where a row goes: with its date where it lies there (`wall`), else by its own wall time."""
    if wall is None:
        return period_anew(row.period, old, new)
    if address is None:
        return row.period
    length = it.length
    if length.days and row.ends == old.instant(wall + timedelta(days=length.days)) + length.seconds * SECOND:
        return Period(address, new.instant(wall + timedelta(days=length.days)) + length.seconds * SECOND)
    return Period(address, address + row.period.length)


def _dates(found: Iterable[datetime], spans: Spans) -> dict[datetime, datetime]:
    """Each wall time and its instant as recurrence.occurrences has it: an instant once, none on a day that is not."""
    taken: dict[datetime, datetime] = {}
    for wall in found:
        at = spans.instant(wall)
        real = spans.wall(at)
        if real.date() != wall.date() and spans.skips(wall):
            continue
        if at not in taken or real == wall:
            taken[at] = wall
    return {wall: at for at, wall in taken.items()}


def _carried(
    to: datetime, was: dict[datetime, datetime], now: dict[datetime, datetime], old: Spans, new: Spans
) -> datetime:
    """How far the series is carried: behind every date that it has, before every one that it has not yet."""
    if not old.covers(to):
        return to
    have = [now[wall] for wall, at in was.items() if at < to and wall in now]
    lack = [now[wall] for wall, at in was.items() if at >= to and wall in now]
    least = max([new.instant(old.wall(to)), *(at + SECOND for at in have)])
    return min([least, *lack])


def _at(it: Booking, period: Period) -> Booking:
    """The booking at another time; what it was before somebody extended it goes along."""
    planned = it.planned_end + (period.end - it.ends) if it.planned_end is not None else None
    return replace(it, starts=period.start, ends=period.end, planned_end=planned)


@dataclass(frozen=True, slots=True)
class Mover:
    """Something that holds rooms and is to hold them at another time; `order` says which was there first."""

    order: tuple[int, int]
    rooms: tuple[int, ...]
    old: Period
    new: Period


def stayers(movers: Sequence[Mover], held: Iterable[tuple[int, Period]]) -> set[Mover]:
    """Those that cannot move, beside what else is `held` by room: the rest can, all at once, and nothing overlaps.

    Who runs into something that stays, stays; of two that run into each other the later made one does. Each round finds
    at least one more, so it ends.
    """
    taken: dict[int, list[Period]] = {}
    for room, period in sorted(held):
        taken.setdefault(room, []).append(period)
    staying = {it for it in movers if it.new.end <= it.new.start}
    found = staying
    while True:
        for it in found:
            for room in it.rooms:
                insort(taken.setdefault(room, []), it.old)
        moving = [it for it in movers if it not in staying]
        found = {it for it in moving if any(_hits(taken.get(room, []), it.new) for room in it.rooms)}
        found = found or _later(moving)
        if not found:
            return staying
        staying = staying | found


def _hits(taken: Sequence[Period], wish: Period) -> bool:
    """Whether one of these periods, which are in order and apart, overlaps the wish."""
    place = bisect_left(taken, Period(wish.end, wish.end))
    return place > 0 and taken[place - 1].end > wish.start


def _later(moving: Collection[Mover]) -> set[Mover]:
    """Of each two that would meet in a room the one that was made later, unless what it meets has to stay itself."""
    meeting: list[tuple[Mover, Mover]] = []
    by_room: dict[int, list[Mover]] = {}
    for it in moving:
        for room in it.rooms:
            by_room.setdefault(room, []).append(it)
    for those in by_room.values():
        open_: list[Mover] = []
        for it in sorted(those, key=lambda it: it.new.start):
            open_ = [other for other in open_ if other.new.end > it.new.start]
            meeting += [(min(it, other, key=_order), max(it, other, key=_order)) for other in open_]
            open_.append(it)
    found: set[Mover] = set()
    for first, second in sorted(meeting, key=lambda pair: (pair[0].order, pair[1].order)):
        if first not in found:
            found.add(second)
    return found


def _order(it: Mover) -> tuple[int, int]:
    return it.order
