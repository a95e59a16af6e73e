"""A process that is stopped in the middle of a letter and goes on later sends nothing that another has sent."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from server.core.clock import SystemClock
from server.core.letters import KINDS, Letter
from server.engine import post
from tests import make
from tests.work.mail_server import receiving

ROOT = Path(__file__).parents[2]
MANY = 60


def sender(url: str, port: int, minutes: int) -> "subprocess.Popen[str]":
    words = [sys.executable, "-m", "tests.work.sender", url, str(port), str(minutes)]
    return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def url(fresh_sqlite: str) -> str:
    """A database with letters that wait."""
    with make.opened(fresh_sqlite) as store:
        make.house(store)
        post.arrange(store, KINDS, "en")
        now = SystemClock().now()
        for number in range(MANY):
            said = {"what": "opened", "groups": []}
            it = Letter("ticket", f"p{number}@example.org", "en", "UTC", said, str(number))
            store.writing(lambda tx, it=it: post.queue(tx, it, now))
    return fresh_sqlite


def test_one_that_is_stopped_in_the_middle_and_continued_sends_nothing_twice(url: str) -> None:
    reached = threading.Event()
    seen: list[str] = []

    def rcpt(to: str) -> str:
        seen.append(to)
        if len(seen) == 5:  # the fifth letter of the first process: it is stopped before it hears the answer
            reached.set()
        return "250 OK"

    with receiving(rcpt=rcpt) as inbox:
        first = sender(url, inbox.port, 0)
        assert reached.wait(60)
        os.kill(first.pid, signal.SIGSTOP)
        second = sender(url, inbox.port, 6)  # six minutes later, what the first had in hand is anybody's
        assert second.wait(120) == 0
        os.kill(first.pid, signal.SIGCONT)
        assert first.wait(120) == 0
        got = [to for to, _ in inbox.mails]
    assert len(set(got)) == MANY
    assert len(got) - len(set(got)) <= 1, "only the one letter that was under way can be there twice"
    twice = {to for to in got if got.count(to) > 1}
    ids = [it["Message-ID"] for it in inbox.letters if it["To"] in twice]
    assert len(set(ids)) == len(twice)
