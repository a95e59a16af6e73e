"""Gives every file of a folder to `lintel import ics`, and says what each cost: one line of JSON for each.

A process of its own, so that what is measured is the command and not the test that made the files. Each goes into the
room of its own name; the clock stands, so that what becomes of a file does not depend on the day.
`python -m tests.bombs.run FOLDER DATA`
"""

import json
import sys
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from time import perf_counter, process_time
from typing import Any
from unittest.mock import patch

from click.testing import CliRunner, Result

from server.cli import main
from server.core.clock import SystemClock
from server.engine.calendar_files.importing import BOOKED, REFUSED
from tests import make

WARM = "warm"
"""The room of the first import, which is not measured."""


def run(folder: Path, data: str) -> None:
    with patch.object(SystemClock, "now", lambda _: make.NOW):
        measured(folder / WARM, data)
        for path in sorted(folder.iterdir()):
            if path.name != WARM:
                print(json.dumps(measured(path, data)), flush=True)


def measured(path: Path, data: str) -> dict[str, Any]:
    """What became of the file, seconds of CPU time here and in the reader, seconds in all, MiB this process grew by."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak of memory counts from here
    before, begun, own, child = memory("VmRSS"), perf_counter(), process_time(), children()
    done = CliRunner().invoke(main, ["import", "ics", str(path), "--room", path.name, "--data", data, "--json"])
    cost = {
        "parent": process_time() - own, "reader": children() - child, "wall": perf_counter() - begun,
        "grown": memory("VmHWM") - before,
    }  # fmt: skip
    outcome, booked = outcome_of(done)
    return {"name": path.name, "outcome": outcome, "booked": booked, "said": done.stderr[-200:], **cost}


def outcome_of(done: Result) -> tuple[str, int]:
    """One word for it, and how many dates the command says were booked."""
    if done.exit_code == 2 and done.stderr.startswith("Error: /"):
        return "file", 0
    if done.exit_code not in (0, 1) or not done.stdout:
        return f"exit {done.exit_code}", 0
    results = json.loads(done.stdout)
    ways = {it["outcome"] for it in results} & {BOOKED, REFUSED}
    return "mixed" if len(ways) == 2 else "".join(ways), sum(it["dates"] for it in results)


def children() -> float:
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def memory(name: str) -> float:
    """VmRSS (now) or VmHWM (at most) of this process, in MiB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    run(Path(sys.argv[1]), sys.argv[2])
