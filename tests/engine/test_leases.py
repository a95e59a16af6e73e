"""Leases: one process at a time, whatever the clocks say, and one that stood still is told before it acts."""

import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest

from server.engine.leases import BEAT, LEASE, Leases, Lost, check
from server.store import work
from server.store.database import Tx
from tests import make

ALL = ("outbox", "release", "waiting")


class Steady:
    """Seconds of a clock that never steps, moved by the test."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class Pair:
    """Two processes on one database, each with a wall clock of its own."""

    def __init__(self, house: make.House, *, alone: bool = False) -> None:
        self.steady = Steady()
        self.clocks = (make.Clock(house.clock.now()), make.Clock(house.clock.now()))
        self.one, self.two = (
            Leases(house.store, clock, name, alone, self.steady)
            for clock, name in zip(self.clocks, ("one", "two"), strict=True)
        )

    def forward(self, seconds: float) -> None:
        self.steady.seconds += seconds
        for clock in self.clocks:
            clock.forward(seconds=seconds)

    def holders(self) -> tuple[list[str], list[str]]:
        """What each believes to hold."""
        first, second = ([name for name in ALL if it.fence(name) is not None] for it in (self.one, self.two))
        return first, second


def test_who_comes_first_holds_them_and_who_comes_later_waits(house: make.House) -> None:
    pair = Pair(house)
    assert pair.one.beat(ALL) == 3
    for _ in range(40):
        assert pair.two.beat(ALL) == 0
        pair.forward(5)
        assert pair.one.beat(ALL) == 3
    assert [it.fence for it in pair.one.all()] == [1, 1, 1]


def test_one_that_dies_is_waited_for_and_the_fence_grows(house: make.House) -> None:
    pair = Pair(house)
    pair.one.beat(ALL)
    pair.two.beat(ALL)
    pair.forward(LEASE - 1)
    assert pair.two.beat(ALL) == 0
    pair.forward(1)
    assert pair.holders() == ([], [])  # whoever held them is sure no more before anybody else is
    assert pair.two.beat(ALL) == 3
    assert [(it.holder, it.fence) for it in pair.two.all()] == [("two", 2)] * 3
    assert pair.one.beat(ALL) == 0


def test_one_that_ends_is_not_waited_for(house: make.House) -> None:
    pair = Pair(house)
    pair.one.beat(ALL)
    pair.two.beat(ALL)
    pair.one.give_up()
    assert pair.holders() == ([], [])
    assert pair.two.beat(ALL) == 3
    assert pair.two.fence("release") == 2


@pytest.mark.parametrize("hours", [1, -1, 24 * 365, -24 * 365])
def test_a_step_of_a_clock_neither_takes_nor_keeps_a_lease(house: make.House, hours: int) -> None:
    pair = Pair(house)
    pair.one.beat(ALL)
    pair.two.beat(ALL)
    for clock in pair.clocks:
        clock.forward(hours=hours)
        pair.two.beat(ALL)
        pair.one.beat(ALL)
        assert pair.holders() == (list(ALL), [])
    pair.forward(LEASE + 1)  # the first one stands still
    assert pair.two.beat(ALL) == 3
    pair.one.beat(ALL)
    assert pair.holders() == ([], list(ALL))


def test_no_two_ever_believe_to_hold_the_same(house: make.House) -> None:
    """Beats of two that stand still now and then, in all kinds of order; seldom nobody holds it for long."""
    pair, held = Pair(house), 0
    for step in range(400):
        pair.forward((3 + step * 7 % 11) / 2)
        if (step // 13) % 3:
            pair.one.beat(ALL)
        if (step // 17) % 2:
            pair.two.beat(ALL)
        first, second = pair.holders()
        assert not set(first) & set(second)
        held += bool(first or second)
    assert held > 200


def test_what_is_written_under_a_lease_that_is_lost_is_not_written(house: make.House) -> None:
    pair = Pair(house)
    pair.one.beat(ALL)
    pair.two.beat(ALL)

    def effect(tx: Tx) -> None:
        tx.run("INSERT INTO meta (name, value) VALUES ('effect', 'there')")

    with pair.one.under("release"):  # looked, then stopped for a while
        pair.forward(LEASE + 1)
        pair.two.beat(ALL)
        with pytest.raises(Lost):
            house.store.writing(effect)
    with house.store.reading() as tx:
        assert tx.rows("SELECT 1 FROM meta WHERE name = 'effect'") == []
    with pair.two.under("release"):
        house.store.writing(effect)
    with pytest.raises(Lost), pair.one.under("release"):
        raise AssertionError("never")


def test_a_lease_is_not_taken_in_the_middle_of_what_is_written_under_it(postgres_house: make.House) -> None:
    house, pair = postgres_house, Pair(postgres_house)
    pair.one.beat(ALL)
    pair.two.beat(ALL)
    inside, order = threading.Event(), list[str]()

    def take() -> None:
        inside.wait(20)
        pair.two.beat(ALL)
        order.append("taken")
        house.store.close()

    def effect(tx: Tx) -> None:
        inside.set()
        tx.rows("SELECT pg_sleep(0.5)")
        order.append("written")

    thread = threading.Thread(target=take)
    thread.start()
    with pair.one.under("release"):
        pair.forward(LEASE + 1)
        house.store.writing(effect)
    thread.join(20)
    assert order == ["written", "taken"]


def test_other_threads_and_what_comes_after_are_not_fenced(house: make.House) -> None:
    pair = Pair(house)
    pair.one.beat(ALL)
    with pair.one.under("release"):
        pass
    pair.forward(LEASE + 1)
    house.store.writing(lambda tx: tx.run("UPDATE lease SET fence = fence + 1"))  # no Lost


def test_where_there_is_one_process_only_it_takes_over_at_once(sqlite_house: make.House) -> None:
    pair = Pair(sqlite_house, alone=True)
    pair.one.beat(ALL)
    assert pair.two.beat(ALL) == 3
    pair.one.beat(ALL)
    assert pair.holders() == ([], list(ALL))
    pair.forward(BEAT)
    pair.two.beat(ALL)
    pair.one.beat(ALL)
    assert pair.holders() == ([], list(ALL))


def test_what_is_wanted_no_more_runs_out_and_goes_to_who_wants_it(house: make.House) -> None:
    pair = Pair(house)
    pair.one.beat(ALL)
    for _ in range(5):
        pair.forward(BEAT)
        pair.one.beat(["outbox"])
        pair.two.beat(ALL)
    assert pair.holders() == (["outbox"], ["release", "waiting"])


def test_a_fence_that_is_old_is_refused(house: make.House) -> None:
    pair = Pair(house)
    pair.one.beat(ALL)
    house.store.writing(lambda tx: check(tx, "release", 1))
    with pytest.raises(Lost):
        house.store.writing(lambda tx: check(tx, "release", 7))


def test_a_renewal_shows_when_it_was(house: make.House) -> None:
    pair = Pair(house)
    pair.one.beat(ALL)
    assert pair.one.all()[0].renewed == house.clock.now()
    pair.forward(BEAT)
    pair.one.beat(ALL)
    assert pair.one.all()[0].renewed == house.clock.now() + timedelta(seconds=BEAT)


STUCK = """
import sys, time
from server.store.database import open_store
from server.store.work import holds
def work(tx):
    holds(tx, "release", 1)
    connection = tx.connection
    with connection.pipeline():
        for turn in range(3):
            connection.execute("INSERT INTO meta (name, value) VALUES (%s, '')", (f"stuck{turn}",))
        connection.pgconn.send_flush_request(); connection.pgconn.flush()
        print("inside", flush=True)
        time.sleep(600)
open_store(sys.argv[1]).writing(work)
"""


def test_a_process_that_stopped_while_it_sent_statements_in_one_go_holds_nothing_up(fresh_postgres: str) -> None:
    with make.opened(fresh_postgres) as store:
        house, steady = make.house(store), Steady()
        Leases(store, house.clock, "one").beat(ALL)
        other = Leases(store, house.clock, "two", False, steady)
        other.beat(ALL)
        steady.seconds += LEASE
        with subprocess.Popen([sys.executable, "-c", STUCK, fresh_postgres], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"inside\n"
            process.send_signal(signal.SIGSTOP)
            assert store.writing(work.end_silent) == 0
            end = time.monotonic() + 60
            while not store.writing(lambda tx: work.end_silent(tx, 1)):
                assert time.monotonic() < end, "it was not ended"
                time.sleep(0.2)
            process.kill()
        assert other.beat(ALL) == 3
        assert other.fence("release") == 2
