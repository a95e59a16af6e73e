"""When rounds were made, and a clock that cannot be right."""

from datetime import timedelta
from typing import Any

import pytest

from server.core.access import CLI
from server.core.errors import Barred, Later
from server.core.period import Period
from server.engine.alive import FRESH, GAP, Alive
from tests import make
from tests.engine.test_leases import Steady
from tests.work import receivers


def of(house: make.House) -> Alive:
    """A process that has just begun."""
    return Alive(house.store, house.clock, Steady())


def spans(house: make.House) -> list[tuple[int, int]]:
    with house.store.reading() as tx:
        rows = tx.rows("SELECT since, until FROM alive ORDER BY id")
    begun = int(make.NOW.timestamp())
    return [(low - begun, high - begun) for low, high in rows]


def wrong(house: make.House) -> list[str]:
    with house.store.reading() as tx:
        return [row[0] for row in tx.rows("SELECT codes FROM change WHERE what = 'clock_wrong' ORDER BY seq")]


def open_tickets(house: make.House) -> int:
    return len(house.engine.tickets.page(CLI, category="clock_wrong", state="open"))


def test_rounds_without_a_break_are_one_span(house: make.House) -> None:
    it = of(house)
    for _ in range(100):
        it.beat()
        house.clock.forward(seconds=5)
    assert spans(house) == [(0, 490)]
    assert it.over(Period(make.NOW + timedelta(minutes=1), make.NOW + timedelta(minutes=8)))
    assert not it.over(Period(make.NOW - timedelta(minutes=1), make.NOW + timedelta(minutes=8)))


def test_a_break_of_a_minute_is_none_and_a_longer_one_is(house: make.House) -> None:
    it = of(house)
    it.beat()
    house.clock.forward(seconds=GAP.total_seconds())
    of(house).beat()
    house.clock.forward(seconds=GAP.total_seconds() + 1)
    it.beat()
    assert spans(house) == [(0, 60), (121, 121)]


def test_several_that_beat_at_once_make_one_span(house: make.House) -> None:
    one, two = of(house), of(house)
    for _ in range(20):
        one.beat()
        two.beat()
        house.clock.forward(seconds=7)
    assert len(spans(house)) == 1


@pytest.mark.parametrize(("seconds", "right"), [(-5, True), (-6, False), (7 * 86400, True), (7 * 86400 + 1, False)])
def test_a_clock_behind_what_was_written_or_a_week_ahead_is_not_believed(
    house: make.House, seconds: int, right: bool
) -> None:
    of(house).beat()
    house.clock.forward(seconds=seconds)
    it = of(house)
    assert (it.beat(), it.trusted(), it.right()) == (right, right, right)
    assert wrong(house) == ([] if right else [str(seconds)])
    assert open_tickets(house) == (0 if right else 1)


def test_it_is_said_once_and_settled_when_the_clock_is_plausible_again(house: make.House) -> None:
    it = of(house)
    it.beat()
    house.clock.forward(hours=-1)
    for _ in range(50):
        assert not it.beat()
        house.clock.forward(seconds=60)
    assert spans(house) == [(0, 0)]  # what is wrong does not become what it is measured by
    assert (len(wrong(house)), open_tickets(house)) == (1, 1)
    house.clock.set(make.NOW + timedelta(seconds=30))
    assert it.beat()
    assert (len(wrong(house)), open_tickets(house)) == (1, 0)


def test_somebody_may_say_that_the_clock_is_right(house: make.House) -> None:
    it = of(house)
    it.beat()
    house.clock.forward(days=-400)
    other = of(house)
    assert not it.beat()
    assert not other.beat()
    with pytest.raises(Barred):
        it.accept(house.alice)
    assert it.accept(CLI) == house.clock.now()
    assert it.beat()
    assert other.beat()
    assert open_tickets(house) == 0


def test_a_server_that_begins_again_with_a_clock_of_1970_does_nothing_by_it(house: make.House) -> None:
    of(house).beat()
    house.clock.set(make.datetime(1970, 1, 1, tzinfo=make.NOW.tzinfo))
    assert not of(house).trusted()


def test_an_opinion_is_kept_for_some_seconds_and_never_raises(house: make.House, monkeypatch: Any) -> None:
    steady = Steady()
    it = Alive(house.store, house.clock, steady)
    it.beat()
    house.clock.forward(hours=-1)
    assert it.trusted()
    steady.seconds += FRESH
    assert not it.trusted()
    steady.seconds += FRESH
    monkeypatch.setattr(Alive, "look", _away)
    assert not it.trusted()


def _away(*_: Any) -> bool:
    raise Later(1)


def test_nothing_is_sent_by_a_clock_that_is_wrong(house: make.House) -> None:
    with receivers.receiving() as receiver:
        engine = receivers.listening(house, receiver).engine
        engine.alive.beat()
        receivers.hook(house, receiver)
        house.book("11:00", "12:00")
        engine.outbox.run()
        assert engine.delivering.due()
        house.clock.forward(minutes=-10)
        engine.alive.look()
        assert not engine.delivering.due()
        assert engine.post.claim("one", 10) == []
        house.clock.forward(minutes=10)
        engine.alive.look()
        assert engine.delivering.due()
