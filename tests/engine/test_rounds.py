"""Jobs with a due time: each once for each, whatever the clock does and however many do them."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from server.core.access import CLI
from server.core.clock import epoch, from_epoch
from server.core.dues import Daily, Hourly
from server.core.errors import Later
from server.engine.alive import Alive
from server.engine.leases import LEASE, Leases, Lost
from server.engine.rounds import JOBS, RETRY, Job, Rounds, Turn
from server.store.database import Note, Tx
from tests import make
from tests.engine.test_leases import Steady


class Process:
    """A process with a wall clock of its own, that does jobs and notes in the database which."""

    def __init__(self, house: make.House, name: str, steady: Steady, jobs: int = 1, when: Any = None) -> None:
        self.house, self.clock, self.steady = house, make.Clock(house.clock.now()), steady
        self.leases = Leases(house.store, self.clock, name, False, steady)
        self.rounds = Rounds(house.store, self.clock, self.leases)
        self.jobs = [Job(f"job{n:05}", when or Hourly(0), self.do) for n in range(jobs)]
        self.fails: Exception | None = None

    def do(self, turn: Turn) -> Mapping[str, int]:
        if self.fails is not None:
            raise self.fails
        self.house.store.writing(lambda tx: _effect(tx, self.clock.now(), turn))
        return {}

    def go(self) -> None:
        self.leases.beat([JOBS])
        if self.leases.fence(JOBS) is not None:
            self.rounds.run(self.jobs)


def _effect(tx: Tx, now: datetime, turn: Turn) -> None:
    tx.note(Note(now, "did", None, None, "test", codes=(turn.name, str(epoch(turn.due)))))


def did(house: make.House) -> list[tuple[str, datetime]]:
    """What was done, in order: the job's name and its due time."""
    with house.store.reading() as tx:
        rows = [row[0].split(",") for row in tx.rows("SELECT codes FROM change WHERE what = 'did' ORDER BY seq")]
    return [(name, from_epoch(int(due))) for name, due in rows]


def hours(house: make.House) -> list[str]:
    return [f"{due:%H:%M}" for _, due in did(house)]


def test_a_job_begins_with_its_next_due_time_and_is_done_once_for_each(house: make.House) -> None:
    it = Process(house, "one", Steady())  # 08:00 UTC is due, and it is new
    for _ in range(40):
        it.go()
        it.clock.forward(minutes=5)
        it.steady.seconds += 5
    assert hours(house) == ["09:00", "10:00", "11:00"]


def test_what_was_missed_is_done_once_and_for_the_newest_time_only(house: make.House) -> None:
    it = Process(house, "one", Steady())
    it.go()
    it.clock.forward(days=9)
    it.go()
    it.go()
    assert [due for _, due in did(house)] == [make.NOW + timedelta(days=9)]


@pytest.mark.parametrize("step", [1, -1])
def test_a_clock_that_steps_by_an_hour_and_back_does_nothing_twice(house: make.House, step: int) -> None:
    it = Process(house, "one", Steady())
    it.go()
    for _ in range(6):
        for hours_on in (step, -step, 0):
            it.clock.forward(hours=hours_on)
            for _ in range(4):
                it.clock.forward(minutes=5)
                it.go()
    found = did(house)
    assert len(found) == len(set(found))
    assert [due for _, due in sorted(found)] == [make.NOW + timedelta(hours=n) for n in range(1, len(found) + 1)]


def test_a_clock_that_was_ahead_for_years_does_not_end_what_is_due(house: make.House) -> None:
    it = Process(house, "one", Steady())
    it.clock.forward(days=9_000)
    it.go()
    it.clock.set(house.clock.now())
    it.go()
    Alive(house.store, it.clock).accept(CLI)
    it.go()
    it.clock.forward(hours=1)
    it.go()
    assert hours(house) == ["09:00"]


def test_a_restart_does_nothing_twice_and_leaves_nothing_out(house: make.House) -> None:
    steady = Steady()
    for n in range(30):
        it = Process(house, f"life{n}", steady)
        it.clock.forward(minutes=20 * n)
        it.go()
        it.leases.give_up()
    assert hours(house) == [f"{hour:02}:00" for hour in range(9, 18)]


def test_a_job_that_fails_is_shown_and_tried_again_and_the_others_are_done(house: make.House) -> None:
    it = Process(house, "one", Steady())
    good = Process(house, "one", it.steady)
    it.jobs.append(Job("good", Hourly(0), good.do))
    it.go()
    it.clock.forward(hours=1)
    it.fails = ValueError("Salary talk")
    it.go()
    it.go()
    assert [name for name, _ in did(house)] == ["good"]
    assert [(run.name, run.error) for run in it.rounds.last()] == [("good", ""), ("job00000", "ValueError")]
    it.clock.forward(seconds=RETRY.total_seconds())
    it.fails = None
    it.steady.seconds += 1
    it.go()
    assert [name for name, _ in did(house)] == ["good", "job00000"]
    assert {run.error for run in it.rounds.last()} == {""}


def test_one_that_was_broken_off_by_a_busy_database_is_done_in_the_end(house: make.House) -> None:
    it = Process(house, "one", Steady())
    it.go()
    it.clock.forward(hours=1)
    it.fails = Later(1)
    with pytest.raises(Later):
        it.go()
    it.fails = None
    it.clock.forward(seconds=RETRY.total_seconds())
    it.go()
    assert hours(house) == ["09:00"]


def test_one_that_stood_still_in_the_middle_does_nothing_more(house: make.House) -> None:
    steady = Steady()
    one, two = Process(house, "one", steady), Process(house, "two", steady)
    one.go()
    two.go()
    one.clock.forward(hours=1)
    two.clock.forward(hours=1)

    def stopped(turn: Turn) -> Mapping[str, int]:
        two.leases.beat([JOBS])
        steady.seconds += LEASE + 1
        elsewhere(two.go)
        return one.do(turn)

    one.jobs = [Job("job00000", Hourly(0), stopped)]
    with pytest.raises(Lost):
        one.go()
    assert hours(house) == ["09:00"]
    assert one.rounds.last()[0].ended is not None


def elsewhere(act: Callable[[], object]) -> None:
    """In a thread of its own, as another process would."""
    thread = threading.Thread(target=act)
    thread.start()
    thread.join(60)


def stormy(house: make.House, *, jobs: int, dues: int, seed: int) -> None:
    """Four processes do jobs while their clocks step to and fro and now and then one stands still."""
    chance, steady = random.Random(seed), Steady()
    four = [Process(house, f"p{n}", steady, jobs) for n in range(4)]
    four[0].go()
    for due in range(1, dues + 1):
        for it in four:
            it.clock.set(make.NOW + timedelta(hours=due, minutes=chance.randint(1, 50)))
        for _ in range(3):
            steady.seconds += chance.choice((1, 5, LEASE / 2, LEASE + 1))
            for it in chance.sample(four, 4):
                step = chance.choice((0, 0, 1, -1)) if due > 1 else 0
                it.clock.forward(hours=step)
                if chance.random() < 0.8:
                    it.go()
                it.clock.forward(hours=-step)
        steady.seconds += LEASE + 1
        for it in four * 2:
            it.go()
    counts = Counter(did(house))
    assert set(counts.values()) == {1}
    there = {due for _, due in counts}
    assert {make.NOW + timedelta(hours=n) for n in range(1, dues + 1)} <= there
    assert len(counts) == len(there) * jobs


def test_four_processes_whose_clocks_step_do_each_once(house: make.House) -> None:
    stormy(house, jobs=10, dues=12, seed=1)


@pytest.mark.heavy
@pytest.mark.timeout(600)
def test_four_processes_do_ten_thousand_due_times_once_each(sqlite_house: make.House) -> None:
    stormy(sqlite_house, jobs=100, dues=100, seed=2)


@pytest.mark.heavy
def test_four_processes_on_a_server_do_many_due_times_once_each(postgres_house: make.House) -> None:
    stormy(postgres_house, jobs=20, dues=25, seed=3)


def test_four_threads_at_once_do_each_once(house: make.House) -> None:
    """Without the lease's help: whoever writes the row does it."""
    steady = Steady()
    four = [Process(house, f"p{n}", steady, 40) for n in range(4)]
    four[0].go()
    for it in four:
        it.clock.forward(hours=1)
        it.leases._mine[JOBS] = (1, steady() + 1e6)  # all four are sure that it is theirs

    def go(it: Process) -> None:
        it.rounds.run(it.jobs)
        house.store.close()

    threads = [threading.Thread(target=go, args=(it,)) for it in four]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(did(house)) == len(set(did(house))) == 40


def test_nights_are_those_of_the_house_also_when_its_clocks_change(house: make.House) -> None:
    it = Process(house, "one", Steady(), when=Daily(2 * 60 + 30, "Europe/Berlin"))
    it.go()
    it.clock.set(make.datetime(2026, 10, 24, 12, tzinfo=make.NOW.tzinfo))
    for _ in range(3 * 24 * 4):
        it.go()
        it.clock.forward(minutes=15)
        it.steady.seconds += 1
    assert [f"{due:%d %H:%M}" for _, due in did(house)] == ["24 00:30", "25 00:30", "26 01:30", "27 01:30"]


def test_staff_are_told_of_what_is_late_until_it_is_not(house: make.House) -> None:
    it = Process(house, "one", Steady())
    assert it.rounds.late({"release": 400.0, "waiting": 2.0}, 300) == 1
    found = house.engine.tickets.page(CLI, category="sweep_late", state="open")
    assert [(each.ticket.subject, each.ticket.codes) for each in found] == [("release", ("400",))]
    it.rounds.late({"release": 0.0}, 300)
    assert house.engine.tickets.page(CLI, category="sweep_late", state="open") == ()


def test_what_was_done_long_ago_is_forgotten_but_for_the_last_of_each(house: make.House) -> None:
    it = Process(house, "one", Steady())
    for _ in range(4):
        it.go()
        it.clock.forward(hours=1)
        it.steady.seconds += 1
    it.clock.forward(days=500)
    assert it.rounds.tidy()["runs"] == 3
    assert len(it.rounds.last()) == 1
