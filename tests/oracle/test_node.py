"""The judges behave: no question runs for ever, no process stays, nothing is run but the archive that is pinned."""

import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest

from tests.oracle import rrule
from tests.oracle.node import Node

ENDLESS = 10**15
ORPHAN = f"""
from tests.oracle.node import Node
node = Node(limit=5)
print(node.pid, flush=True)
node.offsets("Europe/Berlin", 0, {ENDLESS}, 1)
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


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_node_ends_in_the_midst_of_a_question_when_its_parent_is_killed(node: Node) -> None:
    parent = subprocess.Popen([sys.executable, "-c", ORPHAN], stdout=subprocess.PIPE, text=True)
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
    with pytest.raises(rrule.NoRrule, match="pinned is sha512-"):
        rrule.unpacked(tmp_path)
    assert not archive.exists()


def test_without_npm_and_without_the_archive_the_reason_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rrule, "KEPT", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(rrule.NoRrule, match="no npm"):
        rrule.unpacked(tmp_path)
