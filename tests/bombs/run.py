"""Imports every file of a folder into a room, as a preview, and says what each cost: one line of JSON for each.

A process of its own, so that what is measured is the import and not the test that made the files.
`python -m tests.bombs.run FOLDER`
"""

import json
import sys
import tempfile
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from time import perf_counter, process_time
from typing import Any

from server.core.access import CLI
from server.core.errors import Invalid
from server.engine.calendar_files.importing import BOOKED, REFUSED
from server.engine.calendar_files.limits import MOST_BYTES
from tests import make


def main(folder: str) -> None:
    with tempfile.TemporaryDirectory() as data, make.opened(f"sqlite:///{data}/lintel.db") as store:
        house = make.house(store)
        plain = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20260617T090000\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY\r\n"
        house.engine.calendar_files.take(plain + b"END:VEVENT\r\nEND:VCALENDAR\r\n", "oak", CLI, preview=True)
        for path in sorted(Path(folder).iterdir()):
            print(json.dumps(measured(house, path)), flush=True)


def measured(house: make.House, path: Path) -> dict[str, Any]:
    """What became of the file, seconds of CPU time here and in the reader, seconds in all, MiB this process grew by."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak of memory counts from here
    before, begun, own, child = memory("VmRSS"), perf_counter(), process_time(), children()
    with path.open("rb") as file:
        outcome, said = outcome_of(house, file.read(MOST_BYTES + 1))
    return {
        "name": path.name, "outcome": outcome, "said": said, "parent": process_time() - own,
        "reader": children() - child, "wall": perf_counter() - begun, "grown": memory("VmHWM") - before,
    }  # fmt: skip


def outcome_of(house: make.House, data: bytes) -> tuple[str, str]:
    try:
        done = house.engine.calendar_files.take(data, "oak", CLI, preview=True)
    except Invalid as error:
        return "file", str(error)
    said = "; ".join({"; ".join(it.reasons) for it in done.results})[:200]
    booked, refused = done.count(BOOKED), done.count(REFUSED)
    return "booked" if booked and not refused else "refused" if refused and not booked else "mixed", said


def children() -> float:
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def memory(name: str) -> float:
    """VmRSS (now) or VmHWM (at most) of this process, in MiB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    main(sys.argv[1])
