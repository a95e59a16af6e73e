"""The agent is killed at any moment of a tap that it decides by itself: what it said is there, and nothing is half."""

import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from kiosk.journal import Journal
from kiosk.storage import Folder

from .process import Panel
from .server_double import Server, Truth

pytestmark = pytest.mark.heavy


@pytest.fixture
def base(tmp_path: Path, truth: Truth, server: Server, free_port: Callable[[], int]) -> Path:
    """The card of a panel that was let in, owns two hours, and has lost its server."""
    now = int(time.time())
    truth.me["number"] = 7
    truth.snapshot["policy"]["door_minutes"] = 120
    truth.own((now - 600, now + 7000))
    panel = Panel(tmp_path / "base", server.url, free_port())
    panel.until(lambda state: state["owned_until"] is not None)
    server.stop()
    panel.end(signal.SIGKILL)
    return tmp_path / "base"


def tapped(panel: Panel, answers: list[dict[str, Any]]) -> None:
    try:
        answers.append(panel.tap(act="book", minutes=15))
    except (requests.RequestException, AssertionError):
        return  # it was killed before it said anything


def killed(panel: Panel, journal: Path, *, answered: bool) -> list[dict[str, Any]]:
    """Taps, and kills as soon as the journal is there, or only after the answer. Returns what was answered."""
    answers: list[dict[str, Any]] = []
    tap = threading.Thread(target=tapped, args=(panel, answers))
    tap.start()
    end = time.monotonic() + 20
    while not (answers if answered else journal.exists()) and time.monotonic() < end:
        time.sleep(0.0005)
    panel.end(signal.SIGKILL)
    tap.join(5)
    return answers


@pytest.mark.parametrize("answered", [False, True])
def test_killed_between_the_journal_and_the_glass_the_walk_in_stands(
    base: Path, server: Server, free_port: Callable[[], int], answered: bool
) -> None:
    panel = Panel(base, server.url, free_port())
    panel.until(lambda state: any(one["enabled"] for one in state["actions"]))
    answers = killed(panel, base / "journal.jsonl", answered=answered)
    ops = [entry.op for entry, _ in Journal(Folder(base)).entries()]
    assert not list(base.glob("journal.torn*"))
    assert [(one["outcome"], one["grade"], [one["op"]]) for one in answers] in ([], [("promised", "confirmed", ops)])
    assert bool(answers) or not answered
    again = Panel(base, server.url, free_port())
    try:
        state = again.until(lambda state: True)
    finally:
        again.close()
    # Where the power went before the bytes were there, nobody was told anything.
    assert (state["state"], state["unconfirmed"]) == (("busy", 1) if ops else ("free", 0))
    print(f"in the journal: {len(ops)}, told: {len(answers)}")
