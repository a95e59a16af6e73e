"""Series through a long life at random: the engine and a small model (series_life.py) must agree after each step.

Steps come from Hypothesis, which shrinks what fails to the shortest story.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from server.core.model import Ask, Edit
from server.core.recurrence import parse
from server.store.database import Store
from tests import make
from tests.engine.series_life import SeriesHouse
from tests.engine.series_model import MINUTE, instant
from tests.make import BERLIN

STEPS = 50
rooms = st.sampled_from([("oak",), ("elm",), ("oak",), ("oak", "elm")])
hours = st.sampled_from([9, 9, 10, 10, 11, 12, 2])
spans = st.sampled_from([30, 60, 60, 90, 120])
steps = st.sampled_from([0, 0, 1, -1, 2, 24, -24, 25, 48, 7 * 24, -7 * 24])
titles = st.sampled_from(["Red", "Blue", "Green"])
which = st.integers(0, 60)
address = st.none() | which
PATTERNS = (
    ("FREQ=DAILY;COUNT=6",), ("FREQ=DAILY;INTERVAL=2",), ("FREQ=DAILY",), ("FREQ=WEEKLY;COUNT=4",), ("FREQ=WEEKLY",),
    ("FREQ=WEEKLY;BYDAY=MO,WE,FR",), ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,MO;WKST=SU;COUNT=7",),
    ("FREQ=DAILY;BYHOUR=9,11;COUNT=8",), ("FREQ=DAILY;BYHOUR=9,10,12;COUNT=9",), ("FREQ=MONTHLY;BYDAY=3MO;COUNT=3",),
    ("FREQ=WEEKLY;COUNT=5", "EXDATE:{2:%Y%m%dT%H%M%S}"), ("FREQ=WEEKLY;COUNT=3", "RDATE:{1:%Y%m%dT%H%M%S}"),
)  # fmt: skip
patterns = st.sampled_from(PATTERNS)


def said(pattern: tuple[str, ...], start: datetime) -> tuple[str, ...]:
    """The lines with their single dates: so many weeks after the start, and a day."""
    marks = {week: start + timedelta(weeks=week, days=week % 2) for week in (1, 2)}
    return tuple(line.format(start, marks[1], marks[2]) for line in pattern)


class SeriesLife(SeriesHouse):
    """What people do with series, and with their single dates."""

    # booking

    @rule(rooms=rooms, day=st.integers(0, 20), hour=hours, span=spans, title=titles)
    def book(self, rooms: tuple[str, ...], day: int, hour: int, span: int, title: str) -> None:
        start = instant(self.wall(day, hour))
        end = start + span * MINUTE
        self.one(
            lambda: self.model.book(rooms, start, end, title),
            lambda: self.engine.bookings.book(Ask(rooms, start, end, title), self.house.alice),
        )

    @rule(
        rooms=rooms, day=st.integers(0, 9), hour=hours, span=spans, pattern=patterns, title=titles, skip=st.booleans()
    )
    def recur(
        self, rooms: tuple[str, ...], day: int, hour: int, span: int, pattern: tuple[str, ...], title: str, skip: bool
    ) -> None:
        wall = self.wall(day, hour)
        start, lines = instant(wall), said(pattern, wall)
        ask = Ask(rooms, start, start + span * MINUTE, title)
        done = self.agree(
            lambda: self.model.recur(rooms, wall, span * MINUTE, lines, title, skip),
            lambda: self.engine.series.book(ask, parse(lines, wall, BERLIN), self.house.alice, zone=BERLIN, skip=skip),
        )
        if done is not None:
            done[0].uid = done[1].series.uid

    # series

    @precondition(lambda self: self.model.runs)
    @rule(number=which, at=address, following=st.booleans(), title=titles, preview=st.booleans())
    def rename_series(self, number: int, at: int | None, following: bool, title: str, preview: bool) -> None:
        run = self.run_(number)
        self.edit(run, Edit(title=title), at=self.place(run, at), following=following, preview=preview)

    @precondition(lambda self: self.model.runs)
    @rule(
        number=which, at=address, following=st.booleans(), by=steps, span=st.none() | spans, skip=st.booleans(),
        title=st.none() | titles, preview=st.booleans(), lose=st.booleans(), wait=st.booleans(),
    )  # fmt: skip
    def move_series(
        self, number: int, at: int | None, following: bool, by: int, span: int | None, skip: bool, title: str | None,
        preview: bool, lose: bool, wait: bool,
    ) -> None:  # fmt: skip
        run = self.run_(number, wait=wait)
        where = self.place(run, at)
        base = run.dates().get(where) if where else None
        base = base or next(iter(wall for it, wall in run.dates().items() if it > self.model.now), None)
        if base is None:
            return
        starts = instant(base + timedelta(hours=by))
        edit = Edit(starts, starts + span * MINUTE if span else None, title)
        self.edit(run, edit, at=where, following=following, skip=skip, preview=preview, lose=lose)

    @precondition(lambda self: self.model.runs)
    @rule(number=which, at=address, following=st.booleans(), span=st.integers(-60, 120), skip=st.booleans())
    def stretch_series(self, number: int, at: int | None, following: bool, span: int, skip: bool) -> None:
        """Only an end is given."""
        run = self.run_(number)
        where = self.place(run, at) or min(run.dates(), default=self.model.now)
        edit = Edit(ends=where + span // 30 * 30 * MINUTE)
        self.edit(run, edit, at=where, following=following, skip=skip, preview=False)

    @precondition(lambda self: self.model.runs)
    @rule(
        number=which, at=address, following=st.booleans(), pattern=patterns, skip=st.booleans(), lose=st.booleans(),
        by=st.none() | steps, preview=st.booleans(), wait=st.booleans(),
    )  # fmt: skip
    def repattern(
        self, number: int, at: int | None, following: bool, pattern: tuple[str, ...], skip: bool, lose: bool,
        by: int | None, preview: bool, wait: bool,
    ) -> None:  # fmt: skip
        run = self.run_(number, wait=wait)
        where = self.place(run, at)
        base = run.dates().get(where) if where else None
        edit = Edit(starts=instant(base + timedelta(hours=by))) if base is not None and by is not None else Edit()
        lines = said(pattern, base or self.wall(1, 9))
        self.edit(run, edit, at=where, following=following, lines=lines, skip=skip, lose=lose, preview=preview)

    @precondition(lambda self: self.model.runs)
    @rule(number=which, at=address, following=st.booleans())
    def cancel_series(self, number: int, at: int | None, following: bool) -> None:
        run = self.run_(number)
        where = self.place(run, at)
        self.agree(
            lambda: self.model.cancel_all(run, following=following, at=where),
            lambda: self.engine.series.cancel(run.uid, self.house.bob, following=following, at=where),
        )

    @precondition(lambda self: self.model.runs)
    @rule(number=which, at=which)
    def restore(self, number: int, at: int) -> None:
        run = self.run_(number)
        where = self.place(run, at)
        if where is not None:
            self.agree(
                lambda: self.model.restore(run, where),
                lambda: self.engine.series.restore(run.uid, where, self.house.alice),
            )

    @rule()
    def carry(self) -> None:
        self.model.carry()
        assert self.engine.carrying.run().failed == []

    # one booking, of a series or not

    @precondition(lambda self: self.model.rows)
    @rule(number=which, day=st.integers(-2, 2), half=st.integers(-4, 4), span=spans, title=st.none() | titles)
    def change(self, number: int, day: int, half: int, span: int, title: str | None) -> None:
        row = self.row(number)
        start = row.start + timedelta(days=day, minutes=30 * half)
        end = start + span * MINUTE
        self.one(
            lambda: self.model.change(row, start, end, title),
            lambda: self.engine.bookings.change(row.uid, Edit(start, end, title), self.house.alice),
        )

    @precondition(lambda self: self.model.rows)
    @rule(number=which, title=titles)
    def rename(self, number: int, title: str) -> None:
        row = self.soon(number, None)
        self.one(
            lambda: self.model.change(row, row.start, row.end, title),
            lambda: self.engine.bookings.change(row.uid, Edit(title=title), self.house.alice),
        )

    @precondition(lambda self: self.model.rows)
    @rule(number=which)
    def cancel(self, number: int) -> None:
        row = self.row(number)
        self.one(lambda: self.model.cancel(row), lambda: self.engine.bookings.cancel(row.uid, self.house.bob))

    @precondition(lambda self: self.model.rows)
    @rule(number=which, minutes=st.sampled_from([10, 30, 60]))
    def extend(self, number: int, minutes: int) -> None:
        row = self.row(number)
        self.one(
            lambda: self.model.extend(row, row.end + minutes * MINUTE),
            lambda: self.engine.presence.extend(row.uid, self.house.alice, minutes=minutes),
        )

    @precondition(lambda self: self.model.rows)
    @rule(number=which, start_now=st.booleans(), wait=st.sampled_from([None, 10, -15]))
    def check_in(self, number: int, start_now: bool, wait: int | None) -> None:
        row = self.soon(number, wait)
        self.one(
            lambda: self.model.check_in(row, start_now=start_now),
            lambda: self.engine.presence.check_in(row.uid, self.house.alice, start_now=start_now),
        )

    @precondition(lambda self: self.model.rows)
    @rule(number=which, wait=st.sampled_from([None, 0, -15, -15]))
    def end(self, number: int, wait: int | None) -> None:
        row = self.soon(number, wait)
        self.one(lambda: self.model.end(row), lambda: self.engine.presence.end(row.uid, self.house.alice))

    @rule(by=st.sampled_from([60, 60, 600, 1440, 4 * 1440, 11 * 1440]))
    def time_passes(self, by: int) -> None:
        self.pass_to(self.model.now + by * MINUTE)


def live(open_: Callable[[], Store], lives: int, least: int) -> None:
    """So many lives of up to fifty steps, the same ones each time; `least` steps in all."""
    life = type("SeriesLifeHere", (SeriesLife,), {"open": staticmethod(open_)})
    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=lives, stateful_step_count=STEPS, deadline=None, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    assert life.done >= least


def test_series_live_long_on_sqlite(fresh_sqlite: str) -> None:
    with make.opened(fresh_sqlite) as store:
        live(lambda: make.emptied(store), lives=10, least=300)


@pytest.mark.heavy
@pytest.mark.timeout(600)
def test_series_live_many_lives_on_sqlite(fresh_sqlite: str) -> None:
    with make.opened(fresh_sqlite) as store:
        live(lambda: make.emptied(store), lives=180, least=5_000)


@pytest.mark.heavy
@pytest.mark.timeout(600)
def test_series_live_a_third_as_many_on_postgresql(shared_postgres: Store) -> None:
    live(lambda: make.emptied(shared_postgres), lives=60, least=1_700)


@pytest.mark.soak
def test_series_live_many_lives_on_postgresql(shared_postgres: Store) -> None:
    live(lambda: make.emptied(shared_postgres), lives=180, least=5_000)
