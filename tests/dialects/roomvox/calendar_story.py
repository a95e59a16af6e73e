"""Random lives of a series near a change of the clocks: how it is booked, and what people do to it after that."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache

from hypothesis import strategies as st

from server.core.access import CLI
from server.core.errors import LintelError
from server.core.model import Booking, Edit, Standing
from server.core.period import Period
from server.core.recurrence import Rule, parse
from server.core.zone import instant, offsets, wall
from server.engine import engine_of
from tests.core.recurring import rules
from tests.dialects.roomvox.door import Door
from tests.make import ask

ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Antarctica/Troll", "Africa/Casablanca",
         "America/Santiago", "Asia/Gaza", "Pacific/Apia", "Asia/Kolkata", "Etc/UTC", "UTC"]  # fmt: skip
YEARS = Period(datetime(2025, 2, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC))
APIA = Period(datetime(2010, 10, 1, tzinfo=UTC), datetime(2012, 6, 1, tzinfo=UTC))
HORIZON = timedelta(days=800)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
TITLES = ["Planning", "Renamed, again; and\\again", 'Of "quotes"', "Größe 🎉 " * 12]
REPEATS = [
    "FREQ=DAILY;COUNT={count}", "FREQ=DAILY;INTERVAL={step};COUNT={count}", "FREQ=WEEKLY;COUNT={count}",
    "FREQ=WEEKLY;BYDAY=SU,MO;COUNT={count}", "FREQ=WEEKLY;INTERVAL={step};BYDAY=SA,SU;WKST=SU;COUNT={count}",
    "FREQ=WEEKLY;INTERVAL={step}", "FREQ=MONTHLY;BYDAY=-1SU", "FREQ=MONTHLY;BYDAY=2SU,-1SU;COUNT={count}",
    "FREQ=MONTHLY;BYMONTHDAY=-1,1", "FREQ=MONTHLY", "FREQ=YEARLY", "FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU",
    "FREQ=DAILY;BYDAY=SU,MO,TU;BYHOUR=1,2,3;COUNT={count}",
]  # fmt: skip


@dataclass(frozen=True)
class Act:
    """Something done to the series, about its date number `which` (of those that are left); `by` in minutes."""

    kind: str
    which: int
    by: int
    text: str
    line: str


@dataclass(frozen=True)
class Story:
    """A series of a room in `zone`; `start` is naive wall time. `taken` are days after it that others have already."""

    zone: str
    start: datetime
    length: timedelta
    lines: tuple[str, ...]
    taken: tuple[int, ...]
    acts: tuple[Act, ...]


@lru_cache(maxsize=32)
def changes(name: str) -> list[datetime]:
    """When the clocks of the zone change, in naive wall time; any day where they do not."""
    found = [at for at, _ in offsets(YEARS, name)[1:]] + ([at for at, _ in offsets(APIA, name)[1:]] * 2)
    return [wall(at, name).replace(tzinfo=None) for at in found] or [datetime(2026, 3, 29, 2)]


def repeats() -> st.SearchStrategy[str]:
    return st.builds(
        lambda text, step, count: text.format(step=step, count=count),
        st.sampled_from(REPEATS), st.integers(1, 4), st.integers(1, 24),
    )  # fmt: skip


def wild() -> st.SearchStrategy[str]:
    """Any rule that dateutil, which other programs ask, reads as RFC 5545 has it; what else there is: tests/core."""
    return rules().filter(_undisputed).map(lambda it: f"{it.text};COUNT=12")


def _undisputed(it: Rule) -> bool:
    numbered = {bool(number) for number, _ in it.weekdays}
    return not it.weeks and len(numbered) < 2 and not (it.positions and it.freq == "WEEKLY")


@st.composite
def stories(draw: st.DrawFn, rule: st.SearchStrategy[str]) -> Story:
    """Mostly short meetings in the hours around a change, from some days before it on."""
    zone = draw(st.sampled_from(ZONES))
    near = draw(st.sampled_from(changes(zone)))
    start = near - draw(st.integers(0, 20)) * DAY + draw(st.integers(-10, 10)) * 30 * MINUTE
    length = draw(st.integers(1, 12) | st.integers(40, 60)) * 30 * MINUTE
    if draw(st.integers(0, 5)) == 0:
        start, length = datetime.combine(start.date(), time()), draw(st.integers(1, 2)) * DAY
    dates = st.integers(1, 40).map(lambda days: f"{start + days * DAY:%Y%m%dT%H%M%S}")
    lines = [draw(rule)]
    for name, more, odds in (("RDATE", dates, 3), ("EXDATE", dates, 3), ("EXRULE", rule, 8), ("RRULE", rule, 8)):
        if draw(st.integers(1, odds)) == odds:
            lines.append(f"{name}:{draw(more)}")
    acts = st.builds(
        Act, st.sampled_from(sorted(KINDS)), st.integers(0, 12), st.integers(-12, 12).map(lambda n: n * 15),
        st.sampled_from(TITLES), rule,
    )  # fmt: skip
    taken = tuple(draw(st.lists(st.integers(0, 20), max_size=2)))
    return Story(
        zone,
        start,
        length,
        tuple(lines),
        taken,
        tuple(draw(st.lists(acts, min_size=draw(st.integers(0, 8)), max_size=9))),
    )


class Life:
    """One room and its series; `done` counts what was not refused."""

    def __init__(self, door: Door, slug: str, story: Story, done: Counter[str]) -> None:
        self.door, self.slug, self.story, self.done = door, slug, story, done
        self.engine = engine_of(door.house.store, door.house.clock, horizon=HORIZON)
        self.begins = instant(story.start, story.zone)
        door.set(self.begins - 3 * DAY)
        door.add(slug, zone=story.zone)
        for days in story.taken:
            starts = self.begins + days * DAY
            self.tried("taken", self.engine.bookings.book, ask(starts, starts + 45 * MINUTE, slug), CLI)
        self.tried("book", self.book, story)
        for act in story.acts:
            self.tried(act.kind, KINDS[act.kind], self, act)

    def tried(self, kind: str, act: Callable[..., object], *what: object) -> None:
        try:
            act(*what)
        except LintelError:
            return
        self.done[kind] += 1

    def book(self, story: Story) -> None:
        ends = instant(story.start + story.length, story.zone)
        wish = ask(self.begins, max(ends, self.begins + MINUTE), self.slug)
        self.engine.series.book(wish, parse(story.lines, story.start, story.zone), CLI, skip=True)

    def rows(self) -> list[Booking]:
        """What is or was of a series, by start."""
        window = Period(self.begins - 400 * DAY, self.begins + 2 * HORIZON)
        found = self.engine.bookings.between(self.slug, CLI, window, standings=frozenset(Standing))
        return [it for it in found if it.series is not None]

    def row(self, act: Act, *, cancelled: bool = False) -> Booking:
        """The one the act is about; LintelError where there is none."""
        found = [it for it in self.rows() if (it.standing is Standing.CANCELLED) is cancelled]
        if not found:
            raise LintelError
        return found[act.which % len(found)]

    def alone(self, act: Act) -> None:
        it, by = self.row(act), act.by * MINUTE
        edits = {
            "move": Edit(starts=it.starts + by, ends=it.ends + by), "longer": Edit(ends=it.ends + abs(by) / 3),
            "rename": Edit(title=act.text), "describe": Edit(description=act.text, organizer="Bob"),
        }  # fmt: skip
        self.engine.bookings.change(it.uid, edits[act.kind], CLI)

    def whole(self, act: Act) -> None:
        """The series, or the part of it from a date on, is moved or renamed."""
        it, by = self.row(act), act.by * MINUTE
        edit = Edit(title=act.text) if act.kind.endswith("title") else Edit(it.starts + by, it.ends + by)
        following = act.kind.startswith("following")
        self.engine.series.change(
            it.series_uid or "", edit, CLI, following=following, at=it.original_start, skip=act.by % 2 == 0, lose=True
        )

    def pattern(self, act: Act) -> None:
        it = self.row(act)
        self.engine.series.change(
            it.series_uid or "", Edit(), CLI, following=act.which % 2 == 0, at=it.original_start, lines=(act.line,),
            skip=True, lose=True,
        )  # fmt: skip

    def cancel(self, act: Act) -> None:
        self.engine.bookings.cancel(self.row(act).uid, CLI)

    def cut(self, act: Act) -> None:
        it = self.row(act)
        self.engine.series.cancel(it.series_uid or "", CLI, following=True, at=it.original_start)

    def restore(self, act: Act) -> None:
        """Cancels one where none is cancelled yet, and books one that is again."""
        if all(it.standing is not Standing.CANCELLED for it in self.rows()):
            self.cancel(act)
        it = self.row(act, cancelled=True)
        self.engine.series.restore(it.series_uid or "", it.original_start or it.starts, CLI)

    def end(self, act: Act) -> None:
        """Goes on to the middle of a meeting and ends it."""
        now = self.door.house.clock.now()
        it = next((it for it in self.rows() if it.starts > now and it.standing is Standing.ACCEPTED), None)
        if it is None or it.starts > self.begins + 200 * DAY:  # the calendar looks a year back
            raise LintelError
        self.door.set(it.starts + whole_seconds(it.period.length / 2))
        self.engine.presence.end(it.uid, CLI)

    def later(self, act: Act) -> None:
        self.door.house.clock.forward(days=act.which)

    def asking(self, act: Act) -> None:
        """From now on the room wants approval, or no longer."""
        self.door.change(self.slug, auto_accept=act.by < 0)


def whole_seconds(length: timedelta) -> timedelta:
    """In whole seconds."""
    return timedelta(seconds=int(length.total_seconds()))


KINDS: dict[str, Callable[[Life, Act], None]] = {
    **dict.fromkeys(["move", "longer", "rename", "describe"], Life.alone),
    **dict.fromkeys(["all", "all title", "following", "following title"], Life.whole),
    "pattern": Life.pattern, "cancel": Life.cancel, "cut": Life.cut, "restore": Life.restore, "end": Life.end,
    "later": Life.later, "asking": Life.asking,
}  # fmt: skip
