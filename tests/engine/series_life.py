"""A house and its model (series_model.py) side by side: asked the same, they must answer alike and hold the same.

Oak asks for nothing, Elm for a quarter of an hour between two bookings; series are booked thirty days ahead, and the
clocks change on the way.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, ClassVar, TypeVar

from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from server.core import zone
from server.core.access import CLI
from server.core.clock import from_epoch
from server.core.errors import Invalid, Refused, Unknown
from server.core.model import Edit
from server.engine import engine_of
from server.engine.outcome import Outcome
from tests import make
from tests.engine.series_edits import Wish
from tests.engine.series_edits import edit as alter
from tests.engine.series_model import HORIZON, MINUTE, Found, Model, No, Row, Run
from tests.make import BERLIN, House

OCTOBER = date(2026, 10, 12)
T = TypeVar("T")
STIFF: set[Found] = set()
"""The refusal of a move that a rule cannot follow: a new one has to be given."""
ROWS = (
    "SELECT o.uid, o.rooms, o.starts, o.ends, o.standing = 'accepted', o.title, o.checked_in_at IS NOT NULL, "
    "o.ended_at IS NOT NULL, s.uid, o.original_start, o.version FROM occurrence o LEFT JOIN series s "
    "ON s.id = o.series_id"
)


def heard(act: Callable[[], Any]) -> tuple[Any, set[Found]]:
    """What the engine answers, or all that it refuses with."""
    try:
        return act(), set()
    except Refused as no:
        return None, {(it.code, it.at) for it in no.objections} | {("clash", it.at) for it in no.conflicts}
    except Unknown:
        return None, {("unknown", None)}
    except Invalid as no:
        stiff = no.fields.get("recurrence", "").startswith("give the new pattern")
        return None, STIFF if stiff else {("invalid", None)}


class SeriesHouse(RuleBasedStateMachine):
    """The house, its model, and what must always be the same in both."""

    open: ClassVar[Any]
    done: ClassVar[int] = 0

    @initialize()
    def begin(self) -> None:
        clock = make.Clock(make.at("08:00", OCTOBER))
        self.house: House = make.house(type(self).open(), clock)
        self.house.policy("elm", gap_minutes=15)
        self.engine = engine_of(self.house.store, clock, horizon=HORIZON)
        self.names = {str(room.number): room.id for room in (self.house.oak, self.house.elm)}
        self.model = Model(clock.now())

    # choosing

    def run_(self, number: int, *, wait: bool = False) -> Run:
        """Any series, mostly one that still has dates to come; perhaps once the next of them is running."""
        ahead = [row for row in self.model.held() if row.run is not None and row.end > self.model.now]
        runs = [run for run in self.model.runs if any(row.run is run for row in ahead)] if number % 6 else []
        runs = runs or self.model.runs
        run = runs[number % len(runs)]
        if wait:
            self.pass_to(min((row.start + 15 * MINUTE for row in ahead if row.run is run), default=self.model.now))
        return run

    def row(self, number: int) -> Row:
        return self.model.rows[number % len(self.model.rows)]

    def wall(self, day: int, hour: int) -> datetime:
        """A wall time some days from now."""
        return zone.wall(self.model.now, BERLIN).replace(hour=hour, minute=0, tzinfo=None) + timedelta(days=day)

    def place(self, run: Run, number: int | None) -> datetime | None:
        """An address of the series, mostly one that it still has; None stays None."""
        known = sorted({row.at for row in self.model.of(run) if row.at} | run.left | set(run.dates()))
        return known[number % len(known)] if number is not None and known else None

    # comparing

    def agree(
        self, wanted: Callable[[], Any], act: Callable[[], Any], *, codes: bool = True, stiff: bool = False
    ) -> tuple[Any, Any] | None:
        """Both are asked; they refuse alike, code by code and date by date, or what each answers is returned."""
        answer, told = heard(act)
        if told is STIFF:
            assert stiff
            return None
        expected: Any = None
        refused: set[Found] = set()
        try:
            expected = wanted()
        except No as no:
            refused = no.found
        assert bool(refused) == bool(told), f"the model says {refused or 'yes'}, the engine {told or 'yes'}"
        assert not codes or refused == told
        return None if told else (expected, answer)

    def one(self, wanted: Callable[[], None], act: Callable[[], Any]) -> None:
        """An act on one booking: done by both or by neither."""
        self.agree(wanted, act, codes=False)

    def soon(self, number: int, wait: int | None) -> Row:
        """One of the next few, where any is to come; perhaps once it is so many minutes before its start."""
        rows = sorted(self.model.held(), key=lambda it: it.start)
        rows = [row for row in rows if row.end > self.model.now]
        row = rows[number % min(3, len(rows))] if rows else self.row(number)
        if wait is not None:
            self.pass_to(row.start - wait * MINUTE)
        return row

    def pass_to(self, moment: datetime) -> None:
        self.model.now = max(moment, self.model.now)
        self.house.clock.set(self.model.now)

    # asking both

    def edit(self, run: Run, edit: Edit, *, preview: bool, **more: Any) -> None:
        """The edit, perhaps looked at beforehand."""
        wish = Wish(starts=edit.starts, ends=edit.ends, title=edit.title, **more)

        def act() -> Outcome:
            change = partial(self.engine.series.change, run.uid, edit, self.house.alice, **more)
            seen = heard(partial(change, preview=True))[0] if preview else None
            done = change()
            assert not preview or (seen is not None and counts(seen) == counts(done))
            return done

        stiff = run.stiff and not wish.lines
        done = self.agree(lambda: alter(self.model, run, wish), act, stiff=stiff)
        if done is not None:
            done[0].uid = done[1].series.uid

    # what must always hold

    @invariant()
    def all_is_well(self) -> None:
        if hasattr(self, "house"):
            type(self).done += 1
            self.name_new_ones()
            self.both_know_the_same()
            self.no_series_is_partial()
            self.an_address_finds_its_booking()

    def both_know_the_same(self) -> None:
        with self.house.store.reading() as tx:
            stored = {row[0]: row[1:] for row in tx.rows(ROWS)}
            series = {row[0]: row[1:] for row in tx.rows("SELECT uid, title, carried_to FROM series")}
            left = {(row[0], from_epoch(row[1])) for row in
                    tx.rows("SELECT s.uid, l.at FROM left_out l JOIN series s ON s.id = l.series_id")}  # fmt: skip
        assert {uid: self.told(row) for uid, row in stored.items()} == {it.uid: expected(it) for it in self.model.rows}
        assert left == {(run.uid, at) for run in self.model.runs for at in run.left}
        assert self.house.overlaps() == []
        assert {uid: title for uid, (title, _) in series.items()} == {run.uid: run.title for run in self.model.runs}
        for run in self.model.runs:
            run.carried = from_epoch(series[run.uid][1])

    def no_series_is_partial(self) -> None:
        """Each date of the engine's own pattern is one of the model's, and a booking or left out, never both."""
        for run in self.some(self.model.runs):
            whole = self.engine.series.whole(run.uid, CLI)
            rows, left = {row.original_start for row in whole.rows}, {it.at for it in whole.left_out}
            assert list(whole.dates) == list(run.dates())
            assert whole.dates.keys() <= rows | left
            assert not rows & left

    def an_address_finds_its_booking(self) -> None:
        for row in self.some([it for it in self.model.rows if it.run and it.live]):
            assert row.run is not None
            assert self.engine.series.occurrence(row.run.uid, row.at, CLI).uid == row.uid

    def some(self, of: list[T]) -> list[T]:
        """The last one and, from step to step, each other in its turn."""
        return [of[-1], of[type(self).done % len(of)]] if of else []

    def told(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        places, starts, ends, live, title, here, ended, run, at, version = row
        names = tuple(self.names[number] for number in places.split(","))
        flags = (bool(live), bool(here), bool(ended), version)
        return names, from_epoch(starts), from_epoch(ends), title, run, from_epoch(at) if run else None, *flags

    def name_new_ones(self) -> None:
        """The model learns the uids of bookings that the engine made."""
        fresh = [row for row in self.model.rows if not row.uid]
        if fresh:
            known = {row.uid for row in self.model.rows}
            with self.house.store.reading() as tx:
                new = {self.told(row[1:])[:6]: row[0] for row in tx.rows(ROWS) if row[0] not in known}
            for row in fresh:
                row.uid = new.get(expected(row)[:6], "")


def expected(it: Row) -> tuple[Any, ...]:
    run = it.run.uid if it.run else None
    return it.rooms, it.start, it.end, it.title, run, it.at if it.run else None, it.live, it.here, it.ended, it.version


def counts(it: Outcome) -> tuple[Any, ...]:
    return it.made, it.changed, it.cancelled, [each.at for each in it.left_out], it.lost
