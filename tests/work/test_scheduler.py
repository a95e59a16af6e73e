"""The sweeps run when the clock says so, one after the other, and one that fails stops nothing."""

import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest

from server.core.access import CLI
from server.core.clock import SystemClock
from server.core.errors import Later
from server.engine.alive import Alive
from server.engine.leases import Leases
from server.engine.rounds import Rounds
from server.store.database import Tx
from server.work.scheduler import RETRY, Upkeep, Work
from server.work.sweeps import Sweep
from tests import make
from tests.engine.test_leases import Steady
from tests.make import Clock

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SOON = timedelta(milliseconds=10)


class Doing:
    """A sweep that notes when it ran, and fails where it is told to."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.ran: list[timedelta] = []
        self.begun = clock.now()
        self.fails: Exception | None = None

    def __call__(self) -> Mapping[str, int]:
        self.ran.append(self.clock.now() - self.begun)
        if self.fails is not None:
            raise self.fails
        return {"made": 3, "left_out": 0}


def work(clock: Clock, *sweeps: Sweep) -> Work:
    return Work(clock, sweeps, tick=timedelta(milliseconds=20))


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def test_each_runs_at_once_and_then_as_often_as_it_is_to() -> None:
    clock = Clock()
    hourly, daily = Doing(clock), Doing(clock)
    it = work(clock, Sweep("hourly", HOUR, hourly), Sweep("daily", DAY, daily))
    for _ in range(30 * 4):
        it.look()
        clock.forward(minutes=15)
    assert hourly.ran == [n * HOUR for n in range(30)]
    assert daily.ran == [n * DAY for n in range(2)]


def test_one_that_is_late_runs_once_and_not_for_each_time_it_missed() -> None:
    clock = Clock()
    doing = Doing(clock)
    it = work(clock, Sweep("hourly", HOUR, doing))
    it.look()
    clock.forward(days=9)
    it.look()
    it.look()
    assert doing.ran == [timedelta(), 9 * DAY]


def test_a_clock_that_was_set_back_does_not_make_a_sweep_wait() -> None:
    clock = Clock()
    doing = Doing(clock)
    it = work(clock, Sweep("hourly", HOUR, doing))
    it.look()
    clock.forward(days=-400)
    it.look()
    assert len(doing.ran) == 2


def test_one_that_fails_is_tried_again_soon_and_the_next_one_runs_all_the_same() -> None:
    clock = Clock()
    bad, good = Doing(clock), Doing(clock)
    bad.fails = Later(1)
    it = work(clock, Sweep("bad", HOUR, bad), Sweep("good", HOUR, good))
    it.look()
    clock.forward(seconds=RETRY.total_seconds() - 1)
    it.look()
    assert (len(bad.ran), len(good.ran)) == (1, 1)
    clock.forward(seconds=1)
    bad.fails = None
    it.look()
    assert (len(bad.ran), len(good.ran)) == (2, 1)
    clock.forward(minutes=50)
    it.look()
    assert len(bad.ran) == 2


def test_a_run_is_one_line_of_numbers_and_a_failure_names_no_row(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    good, bad = Doing(clock), Doing(clock)
    bad.fails = ValueError("Key (title)=(Salary talk) already exists")
    with caplog.at_level(logging.INFO, "lintel.work"):
        work(clock, Sweep("good", HOUR, good), Sweep("bad", HOUR, bad)).look()
    lines = [re.sub(r" run=[0-9a-f]{16} ms=\d+", "", record.getMessage()) for record in caplog.records]
    assert lines == ["sweep=good made=3 left_out=0", "sweep=bad error=ValueError"]
    assert [record.levelname for record in caplog.records] == ["INFO", "ERROR"]


def test_what_has_to_be_done_first_is_done_before_anything_is_served() -> None:
    clock = Clock()
    first, later = Doing(clock), Doing(clock)
    it = work(clock, Sweep("first", DAY, first, first=True), Sweep("later", HOUR, later))
    it.prepare()
    assert (len(first.ran), len(later.ran)) == (1, 0)
    it.look()
    assert (len(first.ran), len(later.ran)) == (1, 1)


def test_the_thread_looks_at_every_tick_and_never_twice_at_once() -> None:
    clock = Clock()
    inside, most = [0], [0]
    runs: list[int] = []

    def slow() -> Mapping[str, int]:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.1)  # several ticks long
        inside[0] -= 1
        runs.append(1)
        clock.forward(hours=1)
        return {}

    it = work(clock, Sweep("slow", HOUR, slow), Sweep("also", HOUR, slow))
    it.start()
    until(lambda: len(runs) >= 6)
    it.stop()
    assert most == [1]


def test_a_sweep_that_is_running_is_let_finish_and_none_begins_after_the_end() -> None:
    begun, done = threading.Event(), []

    def slow() -> Mapping[str, int]:
        begun.set()
        time.sleep(0.3)
        done.append(1)
        return {}

    it = Work(SystemClock(), [Sweep("slow", timedelta(), slow)], tick=timedelta(milliseconds=10))
    it.start()
    assert begun.wait(10)
    it.stop()
    finished = len(done)
    assert finished >= 1
    time.sleep(0.1)
    assert len(done) == finished


def test_nothing_is_logged_for_waking_up(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    doing = Doing(clock)
    it = work(clock, Sweep("hourly", HOUR, doing))
    with caplog.at_level(logging.INFO):
        it.start()
        until(lambda: bool(doing.ran))
        time.sleep(0.1)
        it.stop()
    # A warning is another matter: that a slow machine missed one of fifty looks a second.
    assert [record.name for record in caplog.records if record.levelno == logging.INFO] == ["lintel.work"]


def test_one_that_was_never_started_can_be_stopped() -> None:
    work(Clock()).stop()


class Beside:
    """A thread of its own that is started and stopped with the rounds."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def start(self) -> None:
        self.told.append("start")

    def stop(self) -> None:
        self.told.append("stop")


def kept(house: make.House, clock: Clock, name: str, *sweeps: Sweep, steady: Steady | None = None) -> Work:
    """A process with leases and an eye on its clock."""
    leases = Leases(house.store, clock, name, monotonic=steady or Steady())
    rounds = Rounds(house.store, clock, leases)
    upkeep = Upkeep(leases, Alive(house.store, clock, steady or Steady()), rounds.late)
    return Work(clock, sweeps, upkeep=upkeep, tick=timedelta(milliseconds=20))


def test_a_sweep_runs_only_where_its_lease_is_held(house: make.House) -> None:
    one, two = Doing(house.clock), Doing(house.clock)
    first, second = (
        kept(house, house.clock, name, Sweep("it", HOUR, doing)) for name, doing in (("one", one), ("two", two))
    )
    second.look()
    assert two.ran == []  # nobody has taken it yet
    first.beat()
    second.beat()
    first.look()
    second.look()
    assert (len(one.ran), len(two.ran)) == (1, 0)
    first.stop()
    second.beat()
    second.look()
    assert (len(one.ran), len(two.ran)) == (1, 0)  # not started, so nothing to give up


def test_what_each_process_does_for_itself_needs_no_lease(house: make.House) -> None:
    doing = Doing(house.clock)
    sweep = Sweep("disk", HOUR, doing, everywhere=True)
    for name in ("one", "two"):
        kept(house, house.clock, name, sweep).look()
    assert len(doing.ran) == 2


def test_while_the_clock_is_wrong_only_what_does_nothing_by_it_runs(house: make.House) -> None:
    clock, steady = Clock(house.clock.now()), Steady()
    releasing, telling = Doing(clock), Doing(clock)
    it = kept(
        house, clock, "one", Sweep("release", HOUR, releasing), Sweep("outbox", HOUR, telling, by_clock=False),
        steady=steady,
    )  # fmt: skip
    it.beat()
    it.look()
    clock.forward(hours=-2)
    steady.seconds += 11
    it.beat()
    it.look()
    assert (len(releasing.ran), len(telling.ran)) == (1, 2)
    clock.forward(hours=2)
    steady.seconds += 11
    it.beat()
    clock.forward(hours=1)
    it.look()
    assert (len(releasing.ran), len(telling.ran)) == (2, 3)


def test_one_with_a_better_clock_does_what_another_may_not(house: make.House) -> None:
    bad, good, steady = Clock(house.clock.now()), Clock(house.clock.now()), Steady()
    by_bad, by_good = Doing(bad), Doing(good)
    one = kept(house, bad, "one", Sweep("release", HOUR, by_bad), steady=steady)
    two = kept(house, good, "two", Sweep("release", HOUR, by_good), steady=steady)
    one.beat()
    two.beat()
    bad.forward(hours=-2)
    for _ in range(8):
        steady.seconds += 11
        one.beat()
        two.beat()
        one.look()
        two.look()
    assert (by_bad.ran, len(by_good.ran)) == ([], 1)


def test_what_is_lost_in_the_middle_is_said_and_stops_nothing(
    house: make.House, caplog: pytest.LogCaptureFixture
) -> None:
    good = Doing(house.clock)

    def losing() -> Mapping[str, int]:
        house.store.writing(lambda tx: tx.run("UPDATE lease SET fence = fence + 1, holder = 'two'"))
        return {}

    def never(tx: Tx) -> None:
        raise AssertionError("never")

    def again() -> Mapping[str, int]:
        losing()
        house.store.writing(never)
        return {}

    it = kept(house, house.clock, "one", Sweep("again", HOUR, again), Sweep("good", HOUR, good))
    it.beat()
    with caplog.at_level(logging.INFO, "lintel.work"):
        it.look()
    assert len(good.ran) == 1
    assert any("sweep=again" in line and "lost=1" in line for line in caplog.messages)


def test_how_late_each_is_can_be_asked(house: make.House, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("server.work.scheduler.monotonic", lambda: now[0])
    doing = Doing(house.clock)
    it = kept(house, house.clock, "one", Sweep("release", timedelta(seconds=10), doing))
    assert it.lag() == {}
    it.beat()
    it.look()
    assert it.lag() == {"release": 0.0}
    now[0] = 17.0
    assert it.lag() == {"release": 7.0}
    now[0] = 400.0
    it.beat()
    found = house.engine.tickets.page(CLI, category="sweep_late", state="open")
    assert [each.ticket.subject for each in found] == ["release"]
    house.clock.forward(minutes=7)
    it.look()
    it.beat()
    assert house.engine.tickets.page(CLI, category="sweep_late", state="open") == ()


def test_threads_of_their_own_begin_and_end_with_the_rounds() -> None:
    beside = Beside()
    it = Work(Clock(), [], threads=[beside], tick=timedelta(milliseconds=20))
    it.stop()
    assert beside.told == []
    it = Work(Clock(), [], threads=[beside], tick=timedelta(milliseconds=20))
    it.start()
    it.stop()
    assert beside.told == ["start", "stop"]


def test_a_long_sweep_holds_no_quick_one_up() -> None:
    done, quick = threading.Event(), threading.Event()

    def long() -> Mapping[str, int]:
        done.wait(20)
        return {}

    def short() -> Mapping[str, int]:
        quick.set()
        return {}

    it = Work(SystemClock(), [Sweep("long", HOUR, long), Sweep("short", timedelta(seconds=1), short)], tick=SOON)
    it.start()
    try:
        assert quick.wait(20)
        assert not done.is_set()
    finally:
        done.set()
        it.stop()


def test_a_quick_round_that_found_nothing_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    clock, counts = Clock(), {"given": 0}
    it = work(clock, Sweep("reminders", timedelta(seconds=10), lambda: counts))
    with caplog.at_level(logging.INFO, "lintel.work"):
        it.look()
        counts["given"] = 1
        clock.forward(seconds=10)
        it.look()
    assert [record.getMessage().partition(" ")[0] for record in caplog.records] == ["sweep=reminders"]
