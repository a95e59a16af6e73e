"""The sweeps run when the clock says so, one after the other, and one that fails stops nothing."""

import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest

from server.core.clock import SystemClock
from server.core.errors import Later
from server.work.scheduler import RETRY, Work
from server.work.sweeps import Sweep
from tests.make import Clock

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


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
