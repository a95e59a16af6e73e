"""Writers take turns in the order of asking and share a commit; one's failure is nobody else's."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from server.core.errors import Full, Later
from server.engine import prepare
from server.store.database import Store, Tx
from server.store.sqlite import SqliteStore
from server.store.turns import TOGETHER, Job, Turns
from tests import make


class Desk:
    """Writes batches when it is told to, and remembers them."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.open = threading.Event()

    def write(self, jobs: list[Job]) -> None:
        self.open.wait(10)
        self.batches.append([job.work(None) for job in jobs])
        for job, result in zip(jobs, self.batches[-1], strict=True):
            job.done(result)


def number(it: int) -> Callable[[Any], int]:
    return lambda tx: it


def started(turns: Turns, it: int, results: dict[int, Any]) -> threading.Thread:
    """A thread that asks for its turn, returned once it stands in the queue."""

    def ask() -> None:
        results[it] = turns.take(number(it)).result

    thread = threading.Thread(target=ask)
    before = len(turns._waiting)
    thread.start()
    end = time.monotonic() + 5
    while it and len(turns._waiting) <= before and time.monotonic() < end:
        time.sleep(0.001)
    return thread


def test_turns_come_in_the_order_of_asking_and_those_who_wait_are_written_together() -> None:
    desk, results = Desk(), dict[int, Any]()
    turns = Turns(desk.write, patience=10)
    threads = [started(turns, 0, results)]
    while turns._waiting:
        time.sleep(0.001)
    threads += [started(turns, it, results) for it in range(1, TOGETHER + 5)]
    desk.open.set()
    for thread in threads:
        thread.join(10)
    assert desk.batches == [[0], list(range(1, TOGETHER + 1)), list(range(TOGETHER + 1, TOGETHER + 5))]
    assert results == {it: it for it in range(TOGETHER + 5)}
    assert turns.take(number(99)).result == 99


def test_who_waits_too_long_is_told_to_come_later_and_leaves_no_trace() -> None:
    desk, results = Desk(), dict[int, Any]()
    turns = Turns(desk.write, patience=0.05)
    first = started(turns, 0, results)
    while turns._waiting:
        time.sleep(0.001)
    with pytest.raises(Later):
        turns.take(number(1))
    assert not turns._waiting
    desk.open.set()
    first.join(10)
    assert desk.batches == [[0]]
    assert turns.take(number(2)).result == 2


def test_a_writer_that_breaks_leaves_the_queue_going() -> None:
    broken = threading.Event()

    def write(jobs: list[Job]) -> None:
        if not broken.is_set():
            broken.set()
            raise KeyboardInterrupt
        for job in jobs:
            job.done("fine")

    turns = Turns(write, patience=1)
    with pytest.raises(KeyboardInterrupt):
        turns.take(number(0))
    assert turns.take(number(1)).result == "fine"


@pytest.fixture
def store(fresh_sqlite: str) -> Any:
    with make.opened(fresh_sqlite) as it:
        prepare(it, make.Clock())
        yield it


def put(tx: Tx, name: str) -> str:
    tx.run("INSERT INTO meta (name, value) VALUES (?, ?)", (name, name))
    return name


def names(store: Store) -> set[str]:
    with store.reading() as tx:
        return {row[0] for row in tx.rows("SELECT name FROM meta WHERE name LIKE 'n%'")}


def jobs(*works: Callable[[Tx], Any]) -> list[Job]:
    return [Job(work) for work in works]


def test_one_refusal_in_a_batch_is_nobody_elses(store: SqliteStore) -> None:
    def refuse(tx: Tx) -> None:
        put(tx, "n2")
        raise ValueError("no")

    batch = jobs(lambda tx: put(tx, "n1"), refuse, lambda tx: put(tx, "n3"))
    store._together(batch)
    assert [job.result for job in batch] == ["n1", None, "n3"]
    assert isinstance(batch[1].error, ValueError)
    assert names(store) == {"n1", "n3"}


def test_work_of_a_batch_sees_what_the_work_before_it_wrote(store: SqliteStore) -> None:
    batch = jobs(lambda tx: put(tx, "n1"), lambda tx: tx.one("SELECT value FROM meta WHERE name = 'n1'"))
    store._together(batch)
    assert batch[1].result == ("n1",)


def test_where_the_commit_fails_nobody_is_told_that_it_is_done(store: SqliteStore) -> None:
    def fill(tx: Tx) -> None:
        (pages,) = tx.one("PRAGMA page_count") or (0,)
        tx.rows(f"PRAGMA max_page_count = {pages}")  # no room for another page
        for count in range(10_000):
            put(tx, f"n-fill-{count}" + "x" * 500)

    batch = jobs(lambda tx: put(tx, "n1"), fill, lambda tx: put(tx, "n3"))
    store._together(batch)
    done = {job.result for job in batch if job.error is None}
    assert batch[1].error is not None
    assert names(store) == {name for name in done if name}
    with pytest.raises(Full):
        store.writing(fill)
    assert names(store) == {name for name in done if name}


def test_many_threads_share_commits_and_each_gets_its_own_answer(store: SqliteStore) -> None:
    answers: dict[int, str] = {}

    def write(it: int) -> None:
        for turn in range(20):
            answers[it * 100 + turn] = store.writing(lambda tx, name=f"n{it}-{turn}": put(tx, name))  # type: ignore[misc]

    threads = [threading.Thread(target=write, args=(it,)) for it in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert answers == {it * 100 + turn: f"n{it}-{turn}" for it in range(12) for turn in range(20)}
    assert names(store) == set(answers.values())
