"""What the rounds cost: a house in which nothing is due, and the feed told on to all who listen."""

import os
import statistics
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from server.core.access import CLI, Actor
from server.core.clock import SystemClock, whole
from server.core.model import Details
from server.engine import Engine, engine_of, prepare
from server.store.database import open_store
from tests import cluster, make
from tests.bench.rows import Row
from tests.processes import start_server, stop

ALICE = Actor("token:1", "book", None, "roomvox", "alice")
ROOMS, PAGES, SETTLED, SECONDS = 500, 5, 15.0, 30.0


def idle(url: str, folder: Path, name: str) -> list[Row]:
    """The processor's time of a whole server, its rounds among it, while nothing is due and nobody asks."""
    store = open_store(url)
    prepare(store, SystemClock())
    engine = engine_of(store, SystemClock())
    for n in range(ROOMS):
        engine.rooms.add(make.room(f"room{n}"), CLI)
    store.close()
    process = start_server(url, folder, cluster.free_port())
    try:
        time.sleep(SETTLED)  # what is done at the start is done
        before = _spent(process.pid)
        time.sleep(SECONDS)
        share = (_spent(process.pid) - before) / SECONDS * 100
    finally:
        stop(process)
    return [Row(f"server with nothing to do, {name}", f"{share:.2f} % of a core", f"{ROOMS} rooms", share, 1, unit="%")]


def telling(url: str, name: str) -> list[Row]:
    """Pages of 500 bookings told on to webhooks, letters and reminders; one hook hears of everything."""
    store = open_store(url)
    clock = SystemClock()
    prepare(store, clock)
    engine = engine_of(store, clock)
    engine.rooms.add(make.room("oak"), CLI)
    engine.outbox.begin()
    engine.hooks.add("https://receiver.example.org/", ("*",), CLI)
    engine.outbox.run()
    times = list(_pages(engine))
    store.close()
    found = statistics.median(times) * 1000
    row = Row(f"500 changes told on, {name}", f"{found:.0f} ms", "hooks, letters, reminders", found, 1000, unit="ms")
    return [row]


def _pages(engine: Engine) -> Iterator[float]:
    start = whole(engine.clock.now()) + timedelta(days=1)
    for page in range(PAGES):
        for turn in range(500):
            at = start + timedelta(minutes=30 * (500 * page + turn))
            wish = make.ask(at, at + timedelta(minutes=30), details=Details(remind_start=(15,)))
            engine.bookings.book(wish, ALICE)
        begun = time.perf_counter()
        told = engine.outbox.run()
        yield time.perf_counter() - begun
        assert told.changes == 500 * len(engine.outbox.listeners), told


def _spent(process: int) -> float:
    """Seconds of the processor that a process has used."""
    cells = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(cells[11]) + int(cells[12])) / os.sysconf("SC_CLK_TCK")
