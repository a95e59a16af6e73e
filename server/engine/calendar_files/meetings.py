"""What the events of a file are together: single bookings, series, and what is changed of single dates.

Decisions:
- A series is taken from its first date that is not over; earlier dates are not written. Single events that are over
  are, as history.
- A date that the file cancels, or marks as free time, is no date of the series (as if by EXDATE). A date it changes is
  one that has its own times and texts from the start, so that its old time is not asked for. One that is not among the
  dates is a single booking.
- "This and following" cuts the pattern there and goes on with it moved. Each piece becomes a series.
- Of two events with one UID (and one RECURRENCE-ID) the one with the higher SEQUENCE counts, of equals the later.
- A meeting is taken or refused as a whole: where one of its events cannot be read, none is booked.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import process_time

from server.core import zone as zones
from server.core.errors import Invalid
from server.core.period import Period
from server.core.recurrence import (
    Occurrence,
    Pattern,
    address_text,
    check_bookable,
    length_of,
    occurrences,
    parse,
    shifted,
    walls,
)
from server.core.series import goes_on
from server.engine.calendar_files.events import Event, instant
from server.engine.calendar_files.item import BOOK, REFUSE, SKIP, Item, Own, Part
from server.engine.calendar_files.limits import (
    MOST_DATES,
    MOST_OCCURRENCES,
    MOST_PIECES,
    MOST_RECKONING,
    MOST_SAID,
    RECKONING_DATE,
    RECKONING_SECONDS,
    Unreadable,
)
from server.engine.calendar_files.values import complaint
from server.engine.placing import MOST

DAY = timedelta(days=1)


@dataclass(slots=True)
class Reckoning:
    """Makes items of meetings. `now` is UTC, `room` the room's zone; dates are reckoned up to `horizon` ahead."""

    now: datetime
    horizon: timedelta
    room: str
    _dates: int = 0
    _said: int = 0
    _spent: float = 0.0
    _to_book: float = 0.0

    def items(self, uid: str, events: Iterable[Event]) -> Iterator[Item]:
        """The meeting, and what else comes of its events. Raises Unreadable where all are too many."""
        latest: dict[datetime | None, Event] = {}
        for event in sorted(events, key=lambda it: (it.sequence, it.head.number)):
            key = instant(event.changes, self.room) if event.changes is not None else None
            if key in latest:
                yield self._skipped(uid, latest[key], "superseded")
            latest[key] = event
        whole = latest.pop(None, None)
        changes = sorted(latest.values(), key=lambda it: it.head.number)
        if whole is not None and whole.head.cancelled:
            yield self._skipped(uid, whole, "cancelled")
            return
        if whole is not None and whole.lines and not whole.head.free:
            yield from self._series(uid, whole, changes)
            return
        if whole is not None:
            yield self._single(uid, whole)
        yield from (self._single(self._uid_of(uid, it), it) for it in changes)

    def _single(self, uid: str, it: Event) -> Item:
        if it.head.cancelled or it.head.free:
            return self._skipped(uid, it, "cancelled" if it.head.cancelled else "free")
        self._count(1)
        return Item(uid, it.head.texts.title, BOOK, at=it.starts, dates=1,
                    parts=(Part(it.starts, it.ends, it.head.texts),))  # fmt: skip

    def _skipped(self, uid: str, it: Event, why: str) -> Item:
        return Item(uid, it.head.texts.title, SKIP, why, at=it.starts)

    def _uid_of(self, uid: str, it: Event) -> str:
        """The uid of a changed date that stands for itself."""
        return f"{uid}#{address_text(instant(it.changes, self.room))}" if it.changes is not None else uid

    def _series(self, uid: str, whole: Event, changes: list[Event]) -> Iterator[Item]:
        title = whole.head.texts.title
        said = sum(line.count(",") + 1 for line in whole.lines if not line.startswith(("RRULE", "EXRULE")))
        self._said += said * (1 + sum(1 for it in changes if it.following))
        if self._said > MOST_SAID:
            raise Unreadable(f"has more than {MOST_SAID} dates in its RDATE and EXDATE")
        begun = process_time()
        made = self._reckoned(whole, changes)
        self._spend(process_time() - begun, 0 if isinstance(made, str) else made.count)
        if isinstance(made, str):
            yield Item(uid, title, REFUSE, made, at=whole.starts)
            return
        self._count(made.count)
        if made.parts:
            yield Item(uid, title, BOOK, "", made.first, made.count, made.over, tuple(made.parts))
        elif made.ahead:
            yield Item(uid, title, REFUSE, "recurrence: its next date is further ahead than dates are booked",
                       at=whole.starts)  # fmt: skip
        else:
            yield self._skipped(uid, whole, "over")
        yield from (self._single(self._uid_of(uid, it), it) for it in made.apart if it.ends > self.now)

    def _reckoned(self, whole: Event, changes: list[Event]) -> "_Series | str":
        """The series with its dates, or why it cannot be one."""
        try:
            made = _Series(self, whole, changes)
            made.reckon()
            return made
        except Invalid as error:
            return complaint(error)
        except OverflowError:
            return "recurrence: is out of range"

    def _spend(self, seconds: float, dates: int) -> None:
        """Counts the time that a series of so many dates took. Raises Unreadable."""
        self._spent += seconds
        self._to_book += seconds - dates * RECKONING_DATE if dates else 0.0
        if self._to_book > RECKONING_SECONDS or self._spent > MOST_RECKONING:
            raise Unreadable("has series that take too long to reckon")

    def _count(self, dates: int) -> None:
        self._dates += dates
        if self._dates > MOST_OCCURRENCES:
            raise Unreadable(f"has more than {MOST_OCCURRENCES} dates to book")


class _Series:
    """One recurring meeting. `reckon` finds its parts; `apart` are then the changes that are no dates of it."""

    def __init__(self, told: Reckoning, whole: Event, changes: list[Event]) -> None:
        self.told, self.whole = told, whole
        self.zone = whole.start.zone or told.room
        self.until = max(told.now, whole.starts) + told.horizon
        self.count = 0
        self.first: datetime | None = None
        self.over = self.ahead = False
        self.parts: list[Part] = []
        self.apart: list[Event] = []
        self.pieces: list[tuple[datetime, Event]] = []
        self.own: dict[datetime, Event] = {}
        gone: list[datetime] = []
        for change in changes:
            at = self._address(change)
            if change.following:
                self.pieces.append((zones.wall(at, self.zone).replace(tzinfo=None, fold=0), change))
            elif change.head.cancelled or change.head.free:
                gone.append(at)
            elif at >= self.until:  # nothing can be kept of a date that is no booking yet
                gone.append(at)
                self.apart.append(change)
            else:
                self.own[at] = change
        self.pieces.sort(key=lambda piece: piece[0])
        if len(self.pieces) > MOST_PIECES:
            raise Invalid({"recurrence": f"is changed from a date on more than {MOST_PIECES} times"})
        if len(gone) > MOST_DATES:
            raise Invalid({"recurrence": f"more than {MOST_DATES} dates are cancelled"})
        dropped = ["EXDATE:" + ",".join(map(address_text, gone))] if gone else []
        self.pattern = parse([*whole.lines, *dropped], whole.start.wall, self.zone)
        check_bookable(self.pattern)

    def _address(self, change: Event) -> datetime:
        """The instant at which the date would begin. A date and a time can stand for each other: some programs do so.

        Without a zone it is wall time of the series.
        """
        at, start = change.changes or self.whole.start, self.whole.start
        if at.day and not start.day:
            at = replace(at, wall=datetime.combine(at.wall.date(), start.wall.time()), day=False)
        elif start.day and not at.day:
            at = replace(at, wall=datetime.combine(at.wall.date(), start.wall.time()), zone="", day=True)
        return instant(at, self.zone)

    def reckon(self) -> None:
        """Finds the series that are to be booked, from now on. Raises Invalid."""
        pieces: list[tuple[datetime | None, Event]] = [(None, self.whole), *self.pieces]
        ends = [at for at, _ in self.pieces] + [None]
        for (since, event), until in zip(pieces, ends, strict=True):
            pattern = replace(self.pattern, since=since, until=until)
            delta = timedelta()
            if since is not None:
                delta = zones.wall(event.starts, self.zone).replace(tzinfo=None, fold=0) - since
                pattern = shifted(pattern, delta)
            if not (event.head.cancelled or event.head.free):
                part = self._part(event, pattern, delta)
                self.parts += [part] if part is not None else []
        self.apart += self.own.values()

    def _part(self, event: Event, pattern: Pattern, delta: timedelta) -> Part | None:
        length = length_of(Period(event.starts, event.ends), self.zone)
        # No longer than a day more than its exact length, whatever the clocks do in it.
        low = zones.wall(self.told.now - (event.ends - event.starts) - DAY, self.zone).replace(tzinfo=None, fold=0)
        since = low if pattern.since is None else max(low, pattern.since)
        near = occurrences(replace(pattern, since=since), self.zone, length, self.until)
        found = [it for it in near if it.period.end > self.told.now]
        if not found:
            self.ahead |= goes_on(pattern, zones.wall(self.until, self.zone).replace(tzinfo=None))
            return None
        if len(found) > MOST:
            raise Invalid({"recurrence": f"makes more than {MOST} bookings"})
        if next(walls(pattern, found[0].wall), None) is not None:
            self.over, pattern = True, replace(pattern, since=found[0].wall)
        self.count += len(found)
        self.first = min(self.first or found[0].period.start, found[0].period.start)
        own = tuple(self._own(found, delta))
        return Part(event.starts, event.ends, event.head.texts, self.zone, pattern, own)

    def _own(self, found: list[Occurrence], delta: timedelta) -> Iterator[Own]:
        """What these dates have for themselves, which no other dates then have."""
        starts = {it.period.start for it in found}
        for at, change in list(self.own.items()):
            address = at
            if delta:
                address = zones.instant(zones.wall(at, self.zone).replace(tzinfo=None) + delta, self.zone)
            if address in starts:
                del self.own[at]
                yield Own(address, change.starts, change.ends, change.head.texts)
