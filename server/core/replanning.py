"""What an edit makes of a series: which of its occurrences move, stay, go or are new. Pure; nothing is written here.

Decisions:
- What has begun, is over, or has its people in it already is never touched or judged again. An edit of the pattern
  leaves it attached under the address it had, outside the bounds of the new pattern.
- An occurrence keeps what was changed for it alone: its own times where it was moved or extended, its own title, its
  cancellation. It loses them only where the new pattern no longer has its date; `lost` says so beforehand.
- An address moves with the pattern: weekly at 9 moved to 10 makes each 9 o'clock address a 10 o'clock one of that day.
- One address is one occurrence: what would come to the address of one that has begun has no room in the series.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from server.core.errors import Invalid, Objection, Refused
from server.core.model import Booking, Edit, LeftOut, Series
from server.core.period import Period
from server.core.policy import LONGEST
from server.core.recurrence import Length, Occurrence, check_bookable, length_of, occurrences, parse, shifted
from server.core.series import SAID, Lost, Moved, Plan, Whole, addressed, begun, kinds
from server.core.zone import instant, wall

EVER = Occurrence(datetime.min, Period(*[datetime.min.replace(tzinfo=UTC)] * 2))
"""Before every date."""


def replan(
    whole: Whole, edit: Edit, now: datetime, *, at: datetime | None, following: bool, lines: tuple[str, ...] | None,
    keep_first: bool = True, horizon: timedelta, rooms: tuple[int, ...] = (),
) -> Plan:  # fmt: skip
    """What the edit makes of the series from `at` on (`following`) or of all that has not begun.

    `edit.starts` and `edit.ends` are the new times of the addressed date; the others follow it. What is said of it goes
    before what it had of its own, its texts too where `at` names it. `lines`: a new pattern from there on; `rooms`: by
    number, the rooms they have from there on. Dates are planned as far ahead as `horizon` or as they were, whichever is
    more. Raises Invalid where the pattern cannot follow, Unknown where there is no such date, Refused("over") where
    none is to come.
    """
    series = whole.series
    timed = edit.starts is not None or edit.ends is not None
    retimed = timed or lines is not None or (rooms or series.rooms) != series.rooms
    start = whole.dates.get(at, EVER) if at is not None else EVER
    if following or timed:
        start = addressed(whole, at, now)
    first = start if following else addressed(whole, None, now) if retimed else EVER
    earlier = any(date.wall < first.wall for date in whole.dates.values())
    texts: dict[str, Any] = {name: text for name in SAID if (text := getattr(edit, name)) is not None}
    # The time shown of a date in the spring gap is not its wall time: who sends it back has not moved anything.
    stays = edit.starts is None or edit.starts == start.period.start
    delta = timedelta() if stays else wall(edit.starts or now, series.zone).replace(tzinfo=None) - start.wall
    length = _length(edit, start, series, whole.rows)
    # What comes before stays what it was: under the same series where all was meant, else under the head's.
    bounded = replace(series.pattern, since=first.wall) if earlier and (following or retimed) else series.pattern
    if lines is not None:
        pattern = parse(lines, first.wall + delta, series.zone, keep_first=keep_first)
    else:
        pattern = shifted(bounded, delta)
    check_bookable(pattern)
    fresh = replace(series, pattern=pattern, length=length, rooms=rooms or series.rooms, **texts)
    if retimed:
        fresh = replace(fresh, carried_to=_reach(whole, first, delta, now, horizon))
    head = None
    if following and earlier:
        head = replace(series, pattern=replace(series.pattern, until=first.wall))
        fresh = replace(fresh, id=0)
    return _Sorting(whole, edit, at, start, first, delta, fresh, head, now, retimed, following).plan()


def _length(edit: Edit, start: Occurrence, series: Series, rows: tuple[Booking, ...]) -> Length:
    """How long each is from now on; where only an end is given, it is that of the date as it lies now."""
    if edit.ends is None:
        return series.length
    own = next((row for row in rows if row.original_start == start.period.start), None)
    starts = edit.starts or (own.starts if own is not None else start.period.start)
    if edit.ends <= starts:
        raise Invalid({"ends": "must be after the start"})
    if edit.ends - starts > LONGEST:
        raise Refused((Objection("too_long", "", {"minutes": LONGEST // timedelta(minutes=1)}),))
    return length_of(Period(starts, edit.ends), series.zone)


def _reach(whole: Whole, first: Occurrence, delta: timedelta, now: datetime, horizon: timedelta) -> datetime:
    """How far the series is carried once it has moved: no date that it had falls off its end.

    One that is moved beyond the horizon is carried as far from there as a new series would be.
    """
    last = max(date.wall for date in whole.dates.values())
    try:
        begins, ends = (instant(date + delta, whole.series.zone) for date in (first.wall, last))
        wished = now + horizon if begins < now + horizon else begins + horizon
    except OverflowError as error:
        raise Invalid({"starts": "is out of range"}) from error
    return max(wished, whole.series.carried_to, ends + timedelta(seconds=1))


@dataclass(slots=True)
class _Sorting:
    """Sorts the occurrences of a series into those that stay, move, go and come.

    `at` is the address that was named, `start` the date that the edit speaks of, `first` the first that it concerns.
    """

    whole: Whole
    edit: Edit
    at: datetime | None
    start: Occurrence
    first: Occurrence
    delta: timedelta
    fresh: Series
    head: Series | None
    now: datetime
    retimed: bool
    following: bool
    renamed: list[Booking] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)
    dropped: list[Booking] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    def plan(self) -> Plan:
        planned = {it.wall: it for it in self._planned()}
        kept = {row.original_start for row in self.whole.rows if not self._goes(row)} if self.head is None else set()
        open_ = {at: it for at, it in planned.items() if it.period.start not in kept}
        for row in self.whole.rows:
            date = self._date(row)
            if date is None:
                self._apart(row)
                continue
            to = open_.pop(date.wall + self.delta, None)
            if not self._touchable(row):
                self.left_out += [] if to is None else [LeftOut(0, to.period.start, self.now, ("begun",))]
            elif to is None:
                self._drop(row, date, ("begun",) if date.wall + self.delta in planned else ())
            else:
                self._move(row, date, to)
        self._leave_out_still(open_)
        made = tuple(it for it in open_.values() if it.period.start > self.now)
        self.left_out += [
            LeftOut(0, it.period.start, self.now, ("in_past",)) for it in open_.values() if it not in made
        ]
        earlier = tuple(it for it in self.whole.left_out if self._of(it.at) is None)
        if self.head is None:
            taken = {it.period.start for it in planned.values()}
            self.left_out += [it for it in earlier if it.at not in taken]
        to_come = tuple(it for it in planned.values() if self.retimed and it.period.start > self.now)
        return Plan(
            self.fresh, self.head, tuple(self.renamed), tuple(self.moved), tuple(self.dropped), made,
            tuple(self.left_out), earlier, tuple(self.lost), to_come,
        )  # fmt: skip

    def _planned(self) -> list[Occurrence]:
        it = self.fresh
        if self.retimed:
            return occurrences(it.pattern, it.zone, it.length, it.carried_to)
        return [date for date in self.whole.dates.values() if date.wall >= self.first.wall]

    def _of(self, at: datetime) -> Occurrence | None:
        """The date at an address, where the edit concerns it."""
        date = self.whole.dates.get(at)
        return date if date is not None and date.wall >= self.first.wall else None

    def _date(self, row: Booking) -> Occurrence | None:
        return self._of(row.original_start) if row.original_start is not None else None

    def _touchable(self, row: Booking) -> bool:
        return not begun(row, self.now) if self.retimed else row.ends > self.now

    def _goes(self, row: Booking) -> bool:
        """Whether the row gives up the address it has."""
        return self._date(row) is not None and self._touchable(row)

    def _apart(self, row: Booking) -> None:
        """An occurrence moved out of an earlier pattern's reach, or from a date that is past, still is one of all."""
        meant = not self.following or (row.original_start or self.now) >= self.first.period.start
        if meant and self._touchable(row) and (after := replace(self._named(row), rooms=row.rooms)) != row:
            self.renamed.append(after)

    def _drop(self, row: Booking, date: Occurrence, why: tuple[str, ...]) -> None:
        self.dropped.append(row)
        own = kinds(row, date, self.whole.series) + why
        self.lost += [Lost(date.period.start, own)] if own else []

    def _move(self, row: Booking, date: Occurrence, to: Occurrence) -> None:
        after = self._placed(row, date, to)
        to_move = Moved(after, row)
        if after.original_start != row.original_start or to_move.placed_anew or self.fresh.id == 0:
            self.moved.append(to_move)
        elif after != row:
            self.renamed.append(after)

    def _named(self, row: Booking) -> Booking:
        """The booking with the series' new texts where it had its old ones; where it is the one that is named, with all
        that were said."""
        was, new = self.whole.series, self.fresh
        named = self.at is not None and row.original_start == self.at
        said = {name for name in SAID if named and getattr(self.edit, name) is not None}
        same = {name for name in SAID if getattr(row, name) == getattr(was, name)}
        texts: dict[str, Any] = {name: getattr(new, name) for name in said | same}
        return replace(row, rooms=new.rooms if new.rooms != was.rooms else row.rooms, **texts)

    def _placed(self, row: Booking, date: Occurrence, to: Occurrence) -> Booking:
        after = replace(self._named(row), original_start=to.period.start)
        own = kinds(row, date, self.whole.series)
        if date == self.start and self.edit.starts is not None:
            own = ()
        elif date == self.start and self.edit.ends is not None:
            return replace(after, ends=self.edit.ends)
        if "moved" in own or "extended" in own:
            return after
        return replace(after, starts=to.period.start, ends=to.period.end)

    def _leave_out_still(self, open_: dict[datetime, Occurrence]) -> None:
        """Dates that held nothing and are where they were still do; where the time is new they are tried again."""
        same = not self.delta and self.fresh.length == self.whole.series.length
        for it in self.whole.left_out:
            date = self._of(it.at)
            if date is not None and (same or date.period.start <= self.now):
                to = open_.pop(date.wall + self.delta, None)
                self.left_out += [replace(it, at=to.period.start)] if to is not None else []
