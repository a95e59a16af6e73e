"""Whatever people, doors and staff do in whatever order: nobody has a room twice, and doors hold what they own."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.core.clock import epoch, from_epoch
from server.core.errors import LintelError
from server.core.model import Edit
from server.core.period import Period
from server.core.stretches import NONE, Times, minus
from server.engine.closures import ClosureAsk
from server.store import grants
from server.store.database import Store
from tests import make
from tests.engine.test_escrow import Door
from tests.make import NOW, House

STEP = 300
"""Seconds: everything begins and ends at multiples of it from ten o'clock on."""
TIME = st.integers(0, 36)
LENGTH = st.integers(1, 8)
WHO = st.integers(0, 1)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("book"), TIME, LENGTH),
        st.tuples(st.just("at_risk"), TIME, LENGTH),
        st.tuples(st.just("walk_in"), WHO, LENGTH),
        st.tuples(st.just("cancel"), st.integers(0, 20), st.none()),
        st.tuples(st.just("move"), st.integers(0, 20), LENGTH),
        st.tuples(st.just("close"), TIME, LENGTH),
        st.tuples(st.just("say"), WHO, st.booleans()),
        st.tuples(st.just("hear"), WHO, st.none()),
        st.tuples(st.just("recall"), TIME, LENGTH),
        st.tuples(st.just("force"), WHO, st.none()),
        st.tuples(st.just("wait"), st.integers(1, 6), st.none()),
        st.tuples(st.just("move_door"), WHO, st.booleans()),
    ),
    min_size=5, max_size=30,
)  # fmt: skip


class Slow(Door):
    """A door to which answers come late: what it was told it holds only when it hears it."""

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self.under_way: dict[str, Any] = {}

    def say(self, *rooms: str, **more: Any) -> Any:
        before = dict(self.holds)
        told = super().say(*rooms, **more)
        self.under_way, self.holds = dict(self.holds), before
        return told

    def hear(self) -> None:
        self.holds = self.under_way or self.holds


class Life:
    """A house with two panels at Oak, to which things happen."""

    def __init__(self, store: Store) -> None:
        self.house = make.house(store)
        object.__setattr__(self.house.engine.escrow, "patience", 0.0)  # these doors answer when they are told to
        self.doors = (Slow(self.house), Slow(self.house))
        self.made: list[str] = []

    def step(self, what: str, a: Any, b: Any) -> None:
        try:
            getattr(self, what)(a, b)
        except LintelError:
            """It was refused, as it may be: by an answer, and not by the database."""
        self.judge()

    def book(self, start: int, length: int, **more: Any) -> None:
        self.made.append(self.house.book(*_ends(start, length), **more).uid)

    def at_risk(self, start: int, length: int) -> None:
        self.book(start, length, at_risk=True)

    def walk_in(self, which: int, length: int) -> None:
        now = self.house.clock.now()
        ask = make.ask(now, from_epoch(epoch(now) + STEP * length))
        self.made.append(self.house.engine.bookings.book(ask, self.doors[which].actor, walk_in=True).uid)

    def cancel(self, which: int, _: None) -> None:
        if self.made:
            self.house.engine.bookings.cancel(self.made[which % len(self.made)], self.house.ada)

    def move(self, which: int, length: int) -> None:
        if self.made:
            starts, ends = _ends(which, length)
            edit = Edit(starts=starts, ends=ends)
            self.house.engine.bookings.change(self.made[which % len(self.made)], edit, self.house.ada)

    def close(self, start: int, length: int) -> None:
        self.house.engine.closures.add(ClosureAsk(*_ends(start, length), "Cleaning", ("oak",)), self.house.ada)

    def say(self, which: int, want: bool) -> None:
        self.doors[which].say(want=want)

    def hear(self, which: int, _: None) -> None:
        self.doors[which].hear()

    def recall(self, start: int, length: int) -> None:
        self.house.engine.escrow.recall({self.house.oak.number: [Period(*_ends(start, length))]}, False)

    def force(self, which: int, _: None) -> None:
        self.house.engine.escrow.force(self.doors[which].device.number, self.house.ada)

    def wait(self, steps: int, _: None) -> None:
        self.house.clock.forward(seconds=steps * STEP)
        self.house.engine.escrow.run()

    def move_door(self, which: int, home: bool) -> None:
        number = self.doors[which].device.number
        self.house.engine.devices.assign(number, self.house.ada, rooms=("oak",) if home else ("elm",))

    def judge(self) -> None:
        assert self.house.overlaps() == []
        oak = self.house.oak.number
        with self.house.store.reading() as tx:
            assert grants.amiss(tx) == (set(), set())
            there = {it.device: it.grant.reserved for it in grants.of_rooms(tx, [oak])}
        ahead = ((epoch(self.house.clock.now()), 1 << 40),)
        held: Times = NONE
        for door in self.doors:
            owned = door.holds["oak"][1].times if "oak" in door.holds else NONE
            past = minus(owned, ahead)
            mine = minus(owned, past)
            assert minus(mine, there.get(door.device.number, NONE)) == NONE, "a door has what is not kept for it"
            assert minus(mine, held) == mine, "two doors have the same time"
            held = mine


def _ends(start: int, length: int) -> tuple[Any, Any]:
    low = epoch(NOW) + STEP * start
    return from_epoch(low), from_epoch(low + STEP * length)


QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


@pytest.mark.heavy
@settings(max_examples=60, deadline=None, suppress_health_check=QUIET)
@given(steps=STEPS)
def test_nobody_has_a_room_twice_whatever_doors_are_told(tmp_path_factory: Any, steps: list[Any]) -> None:
    store = make.begun(tmp_path_factory.mktemp("doors"))
    try:
        life = Life(store)
        for what, a, b in steps:
            life.step(what, a, b)
    finally:
        store.close()


@pytest.mark.heavy
@settings(max_examples=12, deadline=None, suppress_health_check=QUIET)
@given(steps=STEPS)
def test_nobody_has_a_room_twice_on_postgresql_either(shared_postgres: Store, steps: list[Any]) -> None:
    life = Life(make.emptied(shared_postgres))
    for what, a, b in steps:
        life.step(what, a, b)
