"""What an edit makes of a series of the model (series_model.py): what stays, what moves, what goes, what is new."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from server.core import zone
from tests.engine.series_model import HORIZON, Found, Model, Move, No, Row, Run, instant, listed, stiff
from tests.make import BERLIN


@dataclass(frozen=True)
class Wish:
    """What is asked: of the dates from `at` on (`following`) or of all; new times for one date, a title, a pattern."""

    following: bool
    at: datetime | None = None
    starts: datetime | None = None
    ends: datetime | None = None
    title: str | None = None
    lines: tuple[str, ...] | None = None
    skip: bool = False
    lose: bool = False

    @property
    def timed(self) -> bool:
        return self.starts is not None or self.ends is not None

    @property
    def retimed(self) -> bool:
        return self.timed or self.lines is not None


def edit(model: Model, run: Run, wish: Wish) -> Run:
    """The series that the dates from there on are of now. Raises No and then has changed nothing."""
    model.heard(run, wish.at)
    it = Editing(model, run, wish)
    it.sort()
    it.check()
    judged = [each for each in it.moves if each.row and each.row.live and not each.still]
    others = model.held(*it.dropped, *(each.row for each in judged if each.row))
    todo = sorted(judged, key=lambda each: each.start) + it.fresh
    skipped = model.place(it.new, todo, others, skip=wish.skip)
    return it.write([each for each in it.moves if each not in judged] + todo, skipped)


@dataclass
class Editing:
    """One edit: `start` is the wall time of the date it speaks of, `first` the first it concerns."""

    model: Model
    run: Run
    wish: Wish
    moves: list[Move] = field(default_factory=list)
    dropped: list[Row] = field(default_factory=list)
    lost: set[Found] = field(default_factory=set)
    fresh: list[Move] = field(default_factory=list)

    def __post_init__(self) -> None:
        model, run, wish = self.model, self.run, self.wish
        self.dates, self.mine = run.dates(), model.of(run)
        self.start = self.dates.get(wish.at) if wish.at is not None else None
        if wish.following or wish.timed:
            self.start = model.date(run, wish.at)
        self.first = datetime.min
        if wish.following and self.start is not None:
            self.first = self.start
        elif wish.retimed:
            self.first = model.date(run, None)
        self.late = {address: wall for address, wall in self.dates.items() if wall >= self.first}
        self.split = wish.following and len(self.late) < len(self.dates)
        self.delta = self.shift()
        self.new = Run(run.rooms, wish.title or run.title, self.length(), [], run.carried, uid=run.uid, stiff=run.stiff)
        if wish.lines:
            self.new.walls, self.new.stiff = listed(wish.lines, self.first + self.delta), stiff(wish.lines)
        else:
            self.new.walls = [wall + self.delta for wall in run.walls if wall >= self.first]
        if wish.retimed:
            self.new.carried = self.reach()
        self.planned = {wall: address for address, wall in self.new.dates().items()}

    def shift(self) -> timedelta:
        """By how much wall time all move; sending back where a date lies moves nothing."""
        if self.wish.starts is None or self.start is None or self.wish.starts == instant(self.start):
            return timedelta()
        return zone.wall(self.wish.starts, BERLIN).replace(tzinfo=None) - self.start

    def length(self) -> timedelta:
        if self.wish.ends is None or self.start is None:
            return self.run.length
        address = instant(self.start)
        lies = next((row.start for row in self.mine if row.at == address), address)
        length = self.wish.ends - (self.wish.starts or lies)
        if length <= timedelta():
            raise No(("invalid", None))
        return length

    def reach(self) -> datetime:
        """As far as a new series, as it was, and no date falls off its end."""
        begins, last = (instant(wall + self.delta) for wall in (self.first, max(self.dates.values())))
        ahead = self.model.now + HORIZON
        return max(begins + HORIZON if begins >= ahead else ahead, self.run.carried, last + timedelta(seconds=1))

    def frozen(self, row: Row) -> bool:
        """What has begun is not moved; what is over not even renamed."""
        return self.model.begun(row) if self.wish.retimed else row.end <= self.model.now

    def sort(self) -> None:
        stays = [row for row in self.mine if row.at not in self.late or self.frozen(row)]
        kept = {row.at for row in stays} if not self.split else set()
        open_ = {wall: address for wall, address in self.planned.items() if address not in kept}
        left = self.new.left
        for row in self.mine:
            wall = self.late.get(row.at) if row.at else None
            to = open_.pop(wall + self.delta, None) if wall else None
            if row in stays:
                left |= {to} if to else set()
            elif to is None:
                self.drop(row)
            else:
                self.moves.append(self.move(row, to))
        for address in sorted(self.run.left & self.late.keys()):  # tried again only where its time is new
            same = not self.delta and self.new.length == self.run.length
            if same or address <= self.model.now:
                to = open_.pop(self.late[address] + self.delta, None)
                left |= {to} if to else set()
        left |= {address for address in open_.values() if address <= self.model.now}
        if not self.split:
            left |= self.run.left - self.late.keys() - set(self.planned.values())
        ahead = (it for it in open_.values() if it > self.model.now)
        self.fresh = [Move(None, it, it, it + self.new.length) for it in ahead]

    def own_time(self, row: Row) -> bool:
        return row.at is not None and (row.start, row.end) != (row.at, row.at + self.run.length)

    def drop(self, row: Row) -> None:
        """It has no date any more, or its new address is that of one that stays."""
        self.dropped.append(row)
        occupied = row.at is not None and self.late[row.at] + self.delta in self.planned
        if self.own_time(row) or not row.live or row.title != self.run.title or occupied:
            self.lost.add(("exception_lost", row.at))

    def move(self, row: Row, to: datetime) -> Move:
        named = row.at is not None and self.late[row.at] == self.start
        if named and self.wish.ends is not None and self.wish.starts is None:
            return Move(row, to, row.start, self.wish.ends)
        if self.own_time(row) and not (named and self.wish.starts is not None):
            return Move(row, to, row.start, row.end)
        return Move(row, to, to, to + self.new.length)

    def check(self) -> None:
        ahead = [it for it in self.planned.values() if it > self.model.now]
        if self.wish.retimed:
            self.model.apart(ahead, self.new.length)
        if self.lost and not self.wish.lose:
            raise No(*self.lost)
        if self.wish.lines and not ahead:
            raise No(("invalid", None))

    def write(self, moves: list[Move], skipped: list[Move]) -> Run:
        model, run, new, was = self.model, self.run, self.new, self.run.title
        outside = [row for row in self.mine if row.at and row.at not in self.late and not self.frozen(row)]
        if self.split:
            run.walls = [wall for wall in run.walls if wall < self.first]
            run.left -= self.late.keys()
            new.uid = ""
            model.runs.append(new)
        else:
            vars(run).update(vars(new))
            new = run
        named = self.wish.at if self.wish.title is not None else None
        for row in outside:
            if not self.wish.following or (row.at and row.at >= instant(self.first)):
                row.become(title=new.title if row.title == was or (named and row.at == named) else row.title)
        for row in self.dropped:
            model.drop(row)
        model.take(new, was, moves, skipped, named)
        return new
