"""Nobody who tapped at the door in time is ever sent away, whatever goes wrong meanwhile: drawn cuts and restarts."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from hypothesis import example, given, settings
from hypothesis import strategies as st

from server.core.errors import Refused
from server.core.places import HOUSE
from server.engine import engine_of
from tests import make
from tests.engine.watched import again, asks, panel, sweep, tell
from tests.make import House, at

START, END = at("11:00"), at("12:00")
MINUTE = timedelta(minutes=1)
EARLY, LATE = -15, 14
"""The room is theirs up to five minutes after the release."""


class Span(NamedTuple):
    """Minutes from the start of the booking, the last one not in it."""

    since: int
    until: int

    def holds(self, minute: int) -> bool:
        return self.since <= minute < self.until


class Day(NamedTuple):
    """What happens: when somebody taps, when the network, the server and the page are away, and a drill."""

    tap: int | None
    cut: Span
    down: Span
    frozen: Span
    drill: int | None

    @property
    def sound(self) -> bool:
        """Whether nothing went wrong that anybody has to be careful about."""
        gone = [it for it in (self.cut, self.down, self.frozen) if it.since < it.until]
        return not gone and self.drill is None


def spans() -> st.SearchStrategy[Span]:
    made = st.builds(lambda since, length: Span(since, since + length), st.integers(-20, 40), st.integers(1, 40))
    return st.one_of(st.just(Span(0, 0)), made)


DAYS = st.builds(
    Day, st.one_of(st.none(), st.integers(EARLY, LATE)), spans(), spans(), spans(),
    st.one_of(st.none(), st.integers(-40, 40)),
)  # fmt: skip


def furnished() -> Iterator[House]:
    with TemporaryDirectory() as folder, make.opened(f"sqlite:///{Path(folder) / 'lintel.db'}") as store:
        yield make.house(store)


@settings(max_examples=8)
@given(DAYS)
@example(Day(None, Span(0, 0), Span(0, 0), Span(0, 0), None))
@example(Day(LATE, Span(9, 30), Span(0, 0), Span(0, 0), None))
@example(Day(LATE, Span(9, 14), Span(5, 12), Span(0, 0), None))
@example(Day(5, Span(0, 0), Span(0, 0), Span(3, 8), None))
@example(Day(None, Span(0, 0), Span(0, 0), Span(-10, 2), None))
def test_nobody_who_tapped_in_time_is_sent_away(day: Day) -> None:
    for house in furnished():
        asks(house)
        glass = panel(house)
        number = int(glass.name.partition(":")[2])
        house.book(START, END)
        owed: list[str] = []
        for minute in range(EARLY - 5, 61):
            house.clock.set(START + minute * MINUTE)
            if minute == day.tap and not day.frozen.holds(minute):  # a page that stands still notices nothing
                owed.append(f"tap-{minute}")
            if minute == day.drill:
                house.engine.emergencies.start(HOUSE, house.ada, drill=True, minutes=5)
            if day.frozen.holds(minute - 1) or day.frozen.holds(minute):
                tell(house, number, painted_since=house.clock.now())
            there = not day.cut.holds(minute) and not day.down.holds(minute)
            if there:
                deliver(house, glass, owed)
                tell(house, number, settled_at=house.clock.now())
            if not day.down.holds(minute):
                house.engine = engine_of(house.store, house.clock)
                sweep(house, heard=False)
        (row,) = house.engine.bookings.between("oak", house.ada, None)
        if day.tap is not None:
            assert row.ended_at is None, day
        elif day.sound:
            assert row.ends == START + 15 * MINUTE, day
        assert again(house, row).standing.holding


def deliver(house: House, glass: make.Actor, owed: list[str]) -> None:
    """The ledger reaches the server; what was tapped too late by now is refused, which is the point of the test."""
    (row,) = house.engine.bookings.between("oak", house.ada, None)
    while owed:
        op = owed.pop()
        try:
            house.engine.presence.check_in(row.uid, glass, version=row.version, key=op)
        except Refused:
            continue
