"""Two processes send; one is stopped in the middle and goes on, or dies: nothing is lost, and what was not on its
way is not sent again.
"""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from server.core.clock import SystemClock, monotonic
from server.work.deliver import WORKERS
from server.work.outgoing import TOTAL
from tests.make import house, opened
from tests.work.receivers import Receiver, hook, listening, receiving

ROOT = Path(__file__).parents[2]
HOOKS, EACH = 4, 40


@contextmanager
def sending(url: str, receiver: Receiver) -> Iterator[subprocess.Popen[str]]:
    """A process of its own that sends."""
    words = [sys.executable, "-m", "tests.work.sending", url, str(receiver.port)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "sending\n"
            yield process
        finally:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            process.wait(60)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue("fresh_sqlite" if request.param == "sqlite" else "fresh_postgres"))


def test_a_process_that_is_stopped_and_goes_on_sends_again_only_what_it_had_no_answer_to_in_time(
    fresh_postgres: str,
) -> None:
    """On SQLite one process alone works: a stopped one may keep the database's lock."""
    url = fresh_postgres
    with receiving() as receiver, opened(url) as store:
        it = listening(house(store, SystemClock()), receiver)  # type: ignore[arg-type]
        hooks = [hook(it, receiver, "hook.*")[0] for _ in range(HOOKS)]
        with sending(url, receiver) as one, sending(url, receiver):
            for _ in range(EACH):
                for each in hooks:
                    it.engine.hooks.test(each.id, it.ada)
            receiver.wait_for(20)
            one.send_signal(signal.SIGSTOP)
            stopped, count = monotonic(), len(receiver.got)
            receiver.wait_for(min(count + 20, HOOKS * EACH - 16))
            one.send_signal(signal.SIGCONT)
            slept = monotonic() - stopped
            with receiver.came:
                assert receiver.came.wait_for(lambda: len(set(receiver.events())) == HOOKS * EACH, 60)
        # The machine may be so slow that answers come too late for the one that slept: those are asked for again.
        again = WORKERS if slept > TOTAL / 2 else 0
        assert len(receiver.events()) <= HOOKS * EACH + again
        for each in hooks:
            done = it.engine.hooks.deliveries(each.id, it.ada, limit=200)
            assert {row.state for row in done} == {"done"}
            assert sum(row.tries - 1 for row in done) <= again
            assert len(done) == EACH


@pytest.mark.heavy
def test_what_a_process_was_sending_when_it_died_is_sent_by_the_next_under_the_same_id(url: str) -> None:
    with receiving() as receiver, opened(url) as store:
        it = listening(house(store, SystemClock()), receiver)  # type: ignore[arg-type]
        made, _ = hook(it, receiver, "hook.*")
        ids = {it.engine.hooks.test(made.id, it.ada) for _ in range(EACH)}
        with sending(url, receiver) as one:
            receiver.wait_for(10)
            one.kill()
            one.wait(30)
        store.writing(lambda tx: tx.run("UPDATE delivery SET claimed_until = 1 WHERE claimed_until IS NOT NULL"))
        with sending(url, receiver), receiver.came:
            assert receiver.came.wait_for(lambda: set(receiver.events()) == ids, 60)
        assert len(receiver.got) <= EACH + 2  # those that were under way
