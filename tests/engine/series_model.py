"""A small model of series: a list of wall times each, and rows with an address. Written from docs/series.md.

It keeps no rules: what a pattern gives is listed once, years ahead, and then moved, cut and shared out as a list. So it
also judges how the engine moves and cuts its patterns. Refusals are told whole: every code with the date it is about.
What an edit makes of a series is in series_edits.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise, takewhile

from server.core import zone
from server.core.recurrence import parse, walls
from tests.make import BERLIN

HORIZON = timedelta(days=30)
SLACK = timedelta(days=7)
FAR = datetime(2032, 1, 1)
GAPS = {"oak": timedelta(), "elm": timedelta(minutes=15)}
SKIPPED = {"clash", "too_close"}
MINUTE = timedelta(minutes=1)
Found = tuple[str, datetime | None]


class No(Exception):
    """What stands in the way: (code, address of the date it is about, None for the whole)."""

    def __init__(self, *found: Found) -> None:
        super().__init__(found)
        self.found = set(found)


@lru_cache(maxsize=65536)
def instant(wall: datetime) -> datetime:
    return zone.instant(wall, BERLIN)


def listed(lines: tuple[str, ...], start: datetime) -> list[datetime]:
    """The wall times of a pattern."""
    return list(walls(parse(lines, start, BERLIN), FAR))


def stiff(lines: tuple[str, ...]) -> bool:
    """Whether there are moves that the rule cannot follow."""
    return any(word in line for line in lines for word in ("BYHOUR", "MONTHLY"))


@dataclass(eq=False)
class Run:
    """A series: its wall times, how far they are bookings, and the addresses of those that hold nothing."""

    rooms: tuple[str, ...]
    title: str
    length: timedelta
    walls: list[datetime]
    carried: datetime
    left: set[datetime] = field(default_factory=set)
    uid: str = ""
    stiff: bool = False

    def dates(self) -> dict[datetime, datetime]:
        """Wall times by address."""
        return {instant(wall): wall for wall in takewhile(lambda it: instant(it) < self.carried, self.walls)}


@dataclass(eq=False)
class Row:
    """A booking, whether of a series or not; `uid` empty until the engine has said it."""

    rooms: tuple[str, ...]
    start: datetime
    end: datetime
    title: str
    run: Run | None = None
    at: datetime | None = None
    uid: str = ""
    live: bool = True
    here: bool = False
    ended: bool = False
    version: int = 1

    def become(self, **fields: object) -> None:
        """Another version, where anything is new."""
        if any(getattr(self, name) != value for name, value in fields.items()):
            self.version += 1
            for name, value in fields.items():
                setattr(self, name, value)


@dataclass(eq=False)
class Move:
    """A row on its way to an address, a new one (None) too."""

    row: Row | None
    at: datetime
    start: datetime
    end: datetime

    @property
    def still(self) -> bool:
        """Whether it lies where it lay."""
        return self.row is not None and (self.start, self.end) == (self.row.start, self.row.end)


class Model:
    """The house as it ought to be. Acts raise No and then have changed nothing."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.rows: list[Row] = []
        self.runs: list[Run] = []

    def of(self, run: Run) -> list[Row]:
        return [row for row in self.rows if row.run is run]

    def held(self, *without: Row) -> list[Row]:
        return [row for row in self.rows if row.live and row not in without]

    def against(self, rooms: tuple[str, ...], start: datetime, end: datetime, held: Iterable[Row]) -> set[str]:
        """The codes of what stands around a time."""
        found = set[str]()
        for row in held:
            for room in set(rooms) & set(row.rooms):
                if row.start < end and start < row.end:
                    found.add("clash")
                elif row.start < end + GAPS[room] and start - GAPS[room] < row.end:
                    found.add("too_close")
        return found

    def judge(
        self, rooms: tuple[str, ...], start: datetime, end: datetime, held: Iterable[Row], was: datetime | None = None
    ) -> set[str]:
        """As `against`, and whether it is past; where the start was that already only the end is looked at."""
        past = end <= self.now or (start != was and start < self.now - 5 * MINUTE)
        return self.against(rooms, start, end, held) | ({"in_past"} if past else set())

    def begun(self, row: Row) -> bool:
        return row.start <= self.now or row.here or row.ended

    # booking

    def book(self, rooms: tuple[str, ...], start: datetime, end: datetime, title: str) -> None:
        if self.judge(rooms, start, end, self.held()):
            raise No(("refused", None))
        self.rows.append(Row(rooms, start, end, title))

    def recur(
        self, rooms: tuple[str, ...], wall: datetime, length: timedelta, lines: tuple[str, ...], title: str, skip: bool
    ) -> Run:
        run = Run(rooms, title, length, listed(lines, wall), max(self.now, instant(wall)) + HORIZON)
        run.stiff = stiff(lines)
        self.apart(run.dates(), length)
        moves = [Move(None, at, at, at + length) for at in run.dates()]
        skipped = self.place(run, moves, self.held(), skip=skip)
        if len(skipped) == len(moves):
            raise No(("nothing_left", None))
        self.runs.append(run)
        self.take(run, title, moves, skipped, None)
        return run

    def apart(self, dates: Iterable[datetime], length: timedelta) -> None:
        """No date runs into the next."""
        if found := [after for before, after in pairwise(sorted(dates)) if after < before + length]:
            raise No(*(("overlaps_itself", at) for at in found))

    def place(self, run: Run, moves: list[Move], held: list[Row], *, skip: bool) -> list[Move]:
        """The moves that cannot be had and may be skipped."""
        against, skipped, held = set[Found](), list[Move](), list(held)
        for it in moves:
            codes = self.judge(run.rooms, it.start, it.end, held, it.row.start if it.row else None)
            if codes and (not skip or codes - SKIPPED):
                against |= {(code, it.at) for code in codes}
            elif codes:
                skipped.append(it)
            elif not against:
                held.append(Row(run.rooms, it.start, it.end, ""))
        if against:
            raise No(*against)
        return skipped

    def take(self, run: Run, was: str, moves: list[Move], skipped: list[Move], named: datetime | None) -> None:
        """Does the moves; `was` is the series' title so far, `named` the address that a new one is said of."""
        for it in moves:
            row = it.row
            if it in skipped:
                run.left.add(it.at)
                self.drop(row)
            elif row is None:
                self.rows.append(Row(run.rooms, it.start, it.end, run.title, run, it.at))
            else:
                title = run.title if row.title == was or row.at == named else row.title
                row.become(start=it.start, end=it.end, at=it.at, run=run, title=title)

    def drop(self, row: Row | None) -> None:
        """The row is cancelled and of no series any more."""
        if row is not None:
            row.become(live=False)
            row.run = None

    # what edits and cancellations begin with

    def heard(self, run: Run, at: datetime | None) -> None:
        """Whoever edits speaks of a date there is, of a series that is not over."""
        rows = [row for row in self.of(run) if row.live]
        if at is not None and at not in run.dates() and all(row.at != at for row in rows):
            raise No(("unknown", None))
        if all(row.end <= self.now for row in rows):
            raise No(("over", None))

    def date(self, run: Run, at: datetime | None) -> datetime:
        """The wall time of the date named, else of the first that has not begun."""
        dates, rows = run.dates(), self.of(run)
        if at is not None:
            if at not in dates:
                raise No(("begun", None))
            return dates[at]
        taken = {row.at for row in rows if self.begun(row)}
        for address, wall in dates.items():
            if address > self.now and address not in taken:
                return wall
        raise No(("over", None))

    def cancel_all(self, run: Run, *, following: bool, at: datetime | None) -> None:
        self.heard(run, at)
        dates = run.dates()
        start = instant(self.date(run, at)) if following else datetime.min.replace(tzinfo=self.now.tzinfo)
        ahead = [row for row in self.of(run) if row.end > self.now and row.at and row.at >= start]
        if not any(row.live for row in ahead):
            raise No(("over", None))
        given = {row.at for row in ahead}
        cut = [wall for it, wall in dates.items() if it in given or (it > self.now and it >= start)]
        end = min(cut, default=zone.wall(run.carried, BERLIN).replace(tzinfo=None))
        run.walls = [wall for wall in run.walls if wall < end]
        run.left = {it for it in run.left if it not in dates or dates[it] < end}
        for row in ahead:
            self.drop(row)

    def restore(self, run: Run, at: datetime) -> None:
        row = next((row for row in self.of(run) if row.at == at), None)
        if row is not None and row.live:
            return
        if at not in run.dates():
            raise No(("unknown", None))
        start, end = (row.start, row.end) if row is not None else (at, at + run.length)
        if codes := self.judge(run.rooms, start, end, self.held()):
            raise No(*((code, at) for code in codes))
        if row is not None:
            row.become(live=True)
        else:
            run.left.remove(at)
            self.rows.append(Row(run.rooms, start, end, run.title, run, at))

    def carry(self) -> None:
        """The sweep: those left behind most go first."""
        until = self.now + HORIZON
        due = [run for run in self.runs if run.carried < until - SLACK]
        for run in sorted(due, key=lambda run: run.carried):
            known = {row.at for row in self.of(run)} | run.left
            low, run.carried = run.carried, until
            for at in (it for it in run.dates() if it >= low and it not in known):
                if at <= self.now or self.against(run.rooms, at, at + run.length, self.held()):
                    run.left.add(at)
                else:
                    self.rows.append(Row(run.rooms, at, at + run.length, run.title, run, at))

    # one booking

    def may(self, row: Row, *good: bool) -> None:
        if not row.live or not all(good):
            raise No(("refused", None))

    def change(self, row: Row, start: datetime, end: datetime, title: str | None) -> None:
        self.may(row, row.end > self.now)
        title = title if title is not None else row.title
        if (start, end) != (row.start, row.end):
            self.may(row, not self.judge(row.rooms, start, end, self.held(row), row.start))
            row.become(start=start, end=end, title=title, here=row.here and start <= self.now)
        row.become(title=title)

    def cancel(self, row: Row) -> None:
        self.may(row, row.end > self.now)
        row.become(live=False)

    def extend(self, row: Row, end: datetime) -> None:
        self.may(row, row.end > self.now, not self.against(row.rooms, row.start, end, self.held(row)))
        row.become(end=end)

    def check_in(self, row: Row, *, start_now: bool) -> None:
        start = min(row.start, self.now) if start_now else row.start
        if not row.here:
            self.may(row, row.end > self.now, self.now >= row.start - 15 * MINUTE)
            self.may(row, start == row.start or not self.against(row.rooms, start, row.end, self.held(row)))
            row.become(here=True, start=start)
        self.may(row)

    def end(self, row: Row) -> None:
        self.may(row, row.start <= self.now < row.end)
        row.become(end=max(self.now, row.start + timedelta(seconds=1)), ended=True)
