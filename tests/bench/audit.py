"""Proving the audit trail, and bookings while a backup is taken."""

import itertools
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server.core.access import CLI
from server.core.audit import marks
from server.engine import engine_of, prepare
from server.settings import environment
from server.store.database import Note, Tx, open_store
from tests import make
from tests.bench import load
from tests.bench.house import house
from tests.bench.rows import Row
from tests.bench.writes import LATER, creates

CHANGES, PART, STORED = 200_000, 1_000, 200_000
LOG = 256


def proof(url: str, name: str, limit: float) -> list[Row]:
    """A trail of bookings, every second with a text, proven from its first change."""
    store, clock = open_store(url), make.Clock()
    prepare(store, clock)
    engine = engine_of(store, clock)
    said, after = {"title": "Planning", "organizer": "Alice Adams"}, marks(make.booking())

    def work(tx: Tx) -> None:
        for number in range(PART):
            text = said if number % 2 else None
            tx.note(Note(make.NOW, "booked", 1, number, CLI, text=text, after=after))

    for _ in range(CHANGES // PART):
        store.writing(work)
    begun = time.process_time()
    found = engine.audit.verify(CLI)
    rate = found.changes / (time.process_time() - begun)
    if found.found is not None:
        raise RuntimeError(f"the trail is broken: {found}")
    store.close()
    what = f"audit verify, a second of our processor, {name}"
    return [Row(what, f"{rate:,.0f}/s", f"{CHANGES:,} changes", rate, limit, at_most=False, unit="/s")]


def backup(url: str, folder: Path, name: str) -> list[Row]:
    """The slowest hundredth of bookings while one backup after the other is taken, and how long the log became."""
    with house(url, folder, stored=STORED) as it:
        first = it.engine.clock.now().replace(minute=0, second=0, microsecond=0) + LATER
        asks = creates(it.token, first, 20)
        load.run(it.ports, load.each(itertools.islice(asks, 200)), clients=8, seconds=10)
        with copying(url, folder) as copies:
            done = load.run(it.ports, load.each(asks), clients=8, seconds=10)
        if set(done.statuses) != {201} or not copies.taken:
            raise RuntimeError(f"bookings beside {copies.taken} backups: {done.statuses}")
        p99 = done.percentile(0.99) * 1000
    rows = [Row(f"booking during backup, slowest hundredth, {name}", f"{p99:.0f} ms", f"{copies.taken} backups", p99,
                300, unit="ms")]  # fmt: skip
    if url.startswith("sqlite"):
        mib = copies.log / 1024 / 1024
        rows.append(Row(f"write-ahead log during backup, {name}", f"{mib:.0f} MiB", "", mib, LOG, unit="MiB"))
    return rows


class Copies:
    """Backups taken one after the other; `log` is how long the write-ahead log was at most, in bytes."""

    def __init__(self) -> None:
        self.taken, self.log = 0, 0


@contextmanager
def copying(url: str, folder: Path) -> Iterator[Copies]:
    """Takes backups until it is left."""
    found, ended = Copies(), threading.Event()
    log = Path(url.removeprefix("sqlite:///") + "-wal")
    command = [sys.executable, "-m", "server", "backup", str(folder / "copy"), "--force", "--data", str(folder)]

    def run() -> None:
        while not ended.is_set():
            done = subprocess.run(command, env=environment(LINTEL_DATABASE_URL=url), capture_output=True, check=False)
            found.taken += done.returncode == 0

    def look() -> None:
        while not ended.wait(0.05):
            found.log = max(found.log, log.stat().st_size if log.exists() else 0)

    threads = [threading.Thread(target=run), threading.Thread(target=look)]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        ended.set()
        for thread in threads:
            thread.join()
