"""What an edit makes of a series: which of its occurrences move, stay, go or are new. Pure; nothing is written here.

Decisions:
- What has begun, is over, or has its people in it already is never touched or judged again. An edit of the pattern
  leaves it attached under the address it had, outside the bounds of the new pattern.
- An occurrence keeps what was changed for it alone: its own times where it was moved or extended, its own title, its
  cancellation. It loses them only where the new pattern no longer has its date; `lost` says so beforehand.
- An address moves with the pattern: weekly at 9 moved to 10 makes each 9 o'clock address a 10 o'clock one of that day.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from server.core.errors import Invalid, Objection, Refused, Unknown
from server.core.model import Booking, Edit, LeftOut, Series, Standing
from server.core.period import Period
from server.core.recurrence import Length, Occurrence, Pattern, length_of, occurrences, parse, portable, shifted, walls
from server.core.zone import wall

TEXTS = ("title", "organizer", "organizer_email", "description")
EVER = Occurrence(datetime.min, Period(*[datetime.min.replace(tzinfo=UTC)] * 2))
"""Before every date."""


@dataclass(frozen=True, slots=True)
class Lost:
    """An occurrence whose own change a new pattern has no room for: its address, and what had been changed."""

    at: datetime
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """An occurrence under its new address; where it then lies is `booking.period`."""

    booking: Booking
    former: Booking

    @property
    def retimed(self) -> bool:
        return self.booking.period != self.former.period


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written. `series` is the edited one (id 0: split off), `head` what it was split from, cut short.

    `renamed` keep address and time, `moved` change one of them or their series, `dropped` go, `made` are new dates;
    `left_out` and `head_left_out` are the dates of the two that still hold nothing.
    """

    series: Series
    head: Series | None
    renamed: tuple[Booking, ...]
    moved: tuple[Moved, ...]
    dropped: tuple[Booking, ...]
    made: tuple[Occurrence, ...]
    left_out: tuple[LeftOut, ...]
    head_left_out: tuple[LeftOut, ...]
    lost: tuple[Lost, ...]


@dataclass(frozen=True, slots=True)
class Whole:
    """A series as it stands: its occurrences and left out dates, and its own dates up to where it is carried."""

    series: Series
    rows: tuple[Booking, ...]
    left_out: tuple[LeftOut, ...]
    dates: dict[datetime, Occurrence] = field(default_factory=dict)


def whole_of(series: Series, rows: Iterable[Booking], left_out: Iterable[LeftOut]) -> Whole:
    """The series with its dates expanded, by address."""
    found = occurrences(series.pattern, series.zone, series.length, series.carried_to)
    return Whole(series, tuple(rows), tuple(left_out), {it.period.start: it for it in found})


@lru_cache(maxsize=256)
def shown(series: Series) -> tuple[str, ...]:
    """The pattern as others are told it; nothing where all its dates are gone."""
    try:
        return portable(series.pattern, series.zone, series.carried_to)[1]
    except Invalid:
        return ()


def begun(it: Booking, now: datetime) -> bool:
    """True for what a change of time may no longer touch."""
    return it.starts <= now or it.checked_in_at is not None or it.ended_at is not None


def kinds(it: Booking, date: Occurrence | None, series: Series) -> tuple[str, ...]:
    """What was changed for this occurrence alone: cancelled, declined, moved, extended, renamed."""
    found = [it.standing.value] if it.standing in (Standing.CANCELLED, Standing.DECLINED) else []
    if date is not None and it.starts != date.period.start:
        found.append("moved")
    elif date is not None and it.ends != date.period.end:
        found.append("extended")
    if any(getattr(it, name) != getattr(series, name) for name in TEXTS):
        found.append("renamed")
    return tuple(found)


def addressed(whole: Whole, at: datetime | None, now: datetime) -> Occurrence:
    """The date an edit starts from: the one named, else the first that has not begun.

    Raises Unknown where there is no such date, Refused("begun") where the pattern has it no more, Refused("over") where
    none is to come.
    """
    if at is not None:
        if at in whole.dates:
            return whole.dates[at]
        if any(row.original_start == at for row in whole.rows):  # begun before the pattern was changed: none follows it
            raise Refused((Objection("begun", ""),))
        raise Unknown("occurrence", at.isoformat())
    taken = {row.original_start for row in whole.rows if begun(row, now)}
    for date in whole.dates.values():
        if date.period.start > now and date.period.start not in taken:
            return date
    raise Refused((Objection("over", ""),))


def goes_on(pattern: Pattern, at: datetime) -> bool:
    """Whether the pattern may have dates from a wall time on; False only where it is sure that it has none."""
    if pattern.until is not None and pattern.until <= at:
        return False
    if any(date >= at for date in pattern.dates):
        return True
    for rule in pattern.rules:
        if rule.until is not None and rule.until < at:
            continue
        if rule.count is None or sum(1 for _ in walls(Pattern(pattern.start, (rule,)), at)) < rule.count:
            return True
    return False


def replan(
    whole: Whole, edit: Edit, now: datetime, *, at: datetime | None, following: bool, lines: tuple[str, ...] | None,
    keep_first: bool = True, before: datetime,
) -> Plan:  # fmt: skip
    """What the edit makes of the series from `at` on (`following`) or of all that has not begun.

    `edit.starts` and `edit.ends` are the new times of the addressed date; the others follow it. `lines`: a new pattern
    from there on. Dates are planned up to `before` (UTC). Raises Invalid where the pattern cannot follow, else what
    `addressed` raises.
    """
    series = whole.series
    timed = edit.starts is not None or edit.ends is not None
    retimed = timed or lines is not None
    start = addressed(whole, at, now) if following or timed else EVER
    first = addressed(whole, None, now) if retimed and not following else start
    earlier = any(date.wall < first.wall for date in whole.dates.values())
    texts: dict[str, Any] = {name: text for name in TEXTS if (text := getattr(edit, name)) is not None}
    # The time shown of a date in the spring gap is not its wall time: who sends it back has not moved anything.
    stays = edit.starts is None or edit.starts == start.period.start
    delta = timedelta() if stays else wall(edit.starts or now, series.zone).replace(tzinfo=None) - start.wall
    length = _length(edit, start, series, whole.rows)
    # What comes before stays what it was: under the same series where all was meant, else under the head's.
    bounded = replace(series.pattern, since=first.wall) if earlier and (following or retimed) else series.pattern
    if lines is not None:
        pattern = parse(lines, first.wall + delta, series.zone, keep_first=keep_first)
    else:
        pattern = shifted(bounded, delta) if delta else bounded
    split = following and earlier
    fresh = replace(series, pattern=pattern, length=length, **texts)
    if retimed:
        fresh = replace(fresh, carried_to=max(before, first.period.start))
    head = None
    if split:
        head = replace(series, pattern=replace(series.pattern, until=first.wall))
        fresh = replace(fresh, id=0)
    return _Sorting(whole, fresh, first, delta, now, retimed, (start, edit)).plan(head)


def _length(edit: Edit, start: Occurrence, series: Series, rows: tuple[Booking, ...]) -> Length:
    """How long each is from now on; where only an end is given, it is that of the date as it lies now."""
    if edit.ends is None:
        return series.length
    own = next((row for row in rows if row.original_start == start.period.start), None)
    starts = edit.starts or (own.starts if own is not None else start.period.start)
    if edit.ends <= starts:
        raise Invalid({"ends": "must be after the start"})
    return length_of(Period(starts, edit.ends), series.zone)


@dataclass(slots=True)
class _Sorting:
    """Sorts the occurrences of a series into those that stay, move, go and come."""

    whole: Whole
    fresh: Series
    first: Occurrence
    delta: timedelta
    now: datetime
    retimed: bool
    said: tuple[Occurrence, Edit]

    def plan(self, head: Series | None) -> Plan:
        fresh = self.fresh
        if self.retimed:
            planned = occurrences(fresh.pattern, fresh.zone, fresh.length, fresh.carried_to)
        else:
            planned = [it for it in self.whole.dates.values() if it.wall >= self.first.wall]
        open_ = {it.wall: it for it in planned}
        renamed: list[Booking] = []
        moved: list[Moved] = []
        dropped: list[Booking] = []
        lost: list[Lost] = []
        left: list[LeftOut] = []
        for row in self.whole.rows:
            date = self._date(row)
            if date is None or date.wall < self.first.wall:
                if date is None and self._touchable(row) and row.starts >= self.first.period.start:
                    renamed += self._named(row)  # moved out of an earlier pattern's reach; it still is one of them
                continue
            if not self._touchable(row):
                taken = open_.pop(date.wall + self.delta, None)
                if taken is not None and (self.retimed or head is not None):
                    left.append(LeftOut(0, taken.period.start, self.now, ("begun",)))
                continue
            to = open_.pop(date.wall + self.delta, None)
            if to is None:
                dropped.append(row)
                own = kinds(row, date, self.whole.series)
                lost += [Lost(date.period.start, own)] if own else []
                continue
            after = self._placed(row, date, to)
            if after.original_start != row.original_start or after.period != row.period or self.fresh.id == 0:
                moved.append(Moved(after, row))
            elif after != row:
                renamed.append(after)
        left += self._still_left_out(open_)
        made = [it for it in open_.values() if it.period.start > self.now]
        left += [LeftOut(0, it.period.start, self.now, ("in_past",)) for it in open_.values() if it not in made]
        earlier = [it for it in self.whole.left_out if self._earlier(it.at)]
        return Plan(
            fresh, head, tuple(renamed), tuple(moved), tuple(dropped), tuple(made),
            tuple(left if head is not None else earlier + left), tuple(earlier), tuple(lost),
        )  # fmt: skip

    def _earlier(self, at: datetime) -> bool:
        return at not in self.whole.dates or self.whole.dates[at].wall < self.first.wall

    def _date(self, row: Booking) -> Occurrence | None:
        return self.whole.dates.get(row.original_start) if row.original_start is not None else None

    def _touchable(self, row: Booking) -> bool:
        return not begun(row, self.now) if self.retimed else row.ends > self.now

    def _named(self, row: Booking) -> list[Booking]:
        after = self._renamed(row)
        return [after] if after != row else []

    def _renamed(self, row: Booking) -> Booking:
        """The booking with the series' new texts where it had its old ones."""
        was, new = self.whole.series, self.fresh
        texts: dict[str, Any] = {name: getattr(new, name) for name in TEXTS if getattr(row, name) == getattr(was, name)}
        return replace(row, **texts)

    def _placed(self, row: Booking, date: Occurrence, to: Occurrence) -> Booking:
        after = replace(self._renamed(row), original_start=to.period.start)
        start, edit = self.said
        if date == start and (edit.starts or edit.ends):  # what is said of it goes before what it had of its own
            starts = to.period.start if edit.starts else row.starts
            return replace(after, starts=starts, ends=edit.ends or to.period.end)
        own = kinds(row, date, self.whole.series)
        if "moved" in own or "extended" in own:
            return after
        return replace(after, starts=to.period.start, ends=to.period.end)

    def _still_left_out(self, open_: dict[datetime, Occurrence]) -> list[LeftOut]:
        """Dates that held nothing and are where they were still do; where the time is new they are tried again."""
        same = not self.delta and self.fresh.length == self.whole.series.length
        found = []
        for it in self.whole.left_out:
            if self._earlier(it.at):
                continue
            date = self.whole.dates[it.at]
            if same or date.period.start <= self.now:
                to = open_.pop(date.wall + self.delta, None)
                found += [replace(it, at=to.period.start)] if to is not None else []
        return found
