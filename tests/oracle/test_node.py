"""The judges behave: no question runs for ever, no process stays, nothing is run but the archive that is pinned."""

import os
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest

from tests.oracle import rrule
from tests.oracle.node import Node

ROOT = Path(__file__).parents[2]
ORPHAN = """
import sys
from tests.oracle.node import Node
node = Node(limit=3)
node.send("zone", zone="Europe/Berlin", **{"from": 0, "to": 10**15, "step": 1})
print(node.pid, flush=True)
sys.stdin.read()
"""


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be looked at does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def gone_within(seconds: float, pid: int) -> bool:
    end = time.monotonic() + seconds
    while alive(pid):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def test_a_question_without_end_is_broken_off_and_the_next_is_answered(node: Node, rrule_bundle: Path) -> None:
    hurried = Node(limit=3)
    hurried.load(rrule_bundle)
    # From an even hour on every other hour never comes to an odd one.
    odd = ("FREQ=HOURLY;INTERVAL=2;BYHOUR=3", datetime(2026, 10, 5, 8), datetime(2027, 1, 1))
    with pytest.raises(ValueError, match="timed out"):
        hurried.walls([odd], 5)
    assert hurried.about == node.about
    assert hurried.shown("Europe/Berlin", [0]) == [3600]
    hurried.stop()
    assert not alive(hurried.pid)


def test_a_node_that_does_not_even_break_off_is_killed(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    stuck = Node(limit=1)
    monkeypatch.setattr("tests.oracle.node.GRACE", 0.5)
    os.kill(stuck.pid, signal.SIGSTOP)
    with pytest.raises(ValueError, match="status -9"):
        stuck.shown("Europe/Berlin", [0])
    stuck.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_node_ends_in_the_midst_of_a_question_when_its_parent_is_killed(node: Node) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", ORPHAN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert parent.stdout
    child = int(parent.stdout.readline())
    assert alive(child)
    parent.kill()
    parent.communicate()
    assert gone_within(60, child)


def test_an_archive_that_is_not_the_pinned_one_is_refused_and_thrown_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rrule, "KEPT", tmp_path)
    name, version, _ = rrule.PIN.read_text().split()
    archive = tmp_path / f"{name}-{version}.tgz"
    archive.write_bytes(b"something else")
    with pytest.raises(rrule.AnotherRrule, match="pinned is sha512-"):
        rrule.unpacked(tmp_path)
    assert not archive.exists()


def test_without_npm_and_without_the_archive_the_reason_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rrule, "KEPT", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(rrule.NoRrule, match="no npm"):
        rrule.unpacked(tmp_path)
