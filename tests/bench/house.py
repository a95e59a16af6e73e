"""The server under measurement: real processes over a real database, filled with as many bookings as asked for."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from server import compose
from server.core.access import CLI
from server.core.clock import epoch
from server.core.model import Room
from server.engine import Engine
from server.settings import Settings
from tests.cluster import free_port
from tests.processes import start_server, stop

BUILT = datetime(2020, 1, 6, tzinfo=UTC)


@dataclass(slots=True)
class House:
    """A running server (or several), its engine for set-up, and a token of scope admin."""

    engine: Engine
    token: str
    ports: list[int]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def rss(self) -> float:
        """Resident memory of the first process, in MB."""
        return rss(self.processes[0].pid)


def rss(pid: int) -> float:
    """Resident memory of a process in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


@contextmanager
def house(url: str, folder: Path, *, rooms: int = 20, stored: int = 0, servers: int = 1) -> Iterator[House]:
    """A house with that many rooms, past bookings spread over them, and server processes on one database."""
    engine = compose.engine(Settings(database_url=url))
    for number in range(rooms):
        engine.rooms.add(Room(0, f"room-{number}", f"Room {number}", "Europe/Berlin"), CLI)
    fill(engine, url, rooms, stored)
    _, token = engine.tokens.create("bench", "admin", CLI)
    it = House(engine, token, [free_port() for _ in range(servers)])
    try:
        for number, port in enumerate(it.ports):
            it.processes.append(start_server(url, folder, port, core=-1 if servers == 1 else number))
        yield it
    finally:
        for process in it.processes:
            stop(process)
        engine.store.close()


def fill(engine: Engine, url: str, rooms: int, stored: int) -> None:
    """Bookings of half an hour, back to back from BUILT on, dealt out over the rooms, straight into the tables."""
    if not stored:
        return
    postgres = engine.store.postgres
    begun, step = epoch(BUILT), int(timedelta(minutes=30).total_seconds())
    series = "generate_series(0, ? - 1) AS n" if postgres else "n"
    counting = "" if postgres else "WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n + 1 < ?) "
    key = "n" if postgres else "n.n"
    text = "CAST({} AS TEXT)"
    columns = "uid, rooms, starts, ends, standing, title, organizer, organizer_email, description, source, made_by, made_at, changed_at, version"  # noqa: E501
    occurrences = (
        f"{counting}INSERT INTO occurrence ({columns}) SELECT 'old-' || {text.format(key)}, "
        f"{text.format(f'({key} % {rooms} + 1)')}, {begun} + ({key} / {rooms}) * {step}, "
        f"{begun} + ({key} / {rooms} + 1) * {step}, 'accepted', 'Old', 'Ann', '', '', 'cli', 'cli', {begun}, {begun}, 1"
        f" FROM {series}"
    )
    holds = (
        "INSERT INTO hold (occurrence_id, room_id, held_from, held_to) "
        "SELECT id, CAST(rooms AS INTEGER), starts, ends FROM occurrence WHERE uid LIKE 'old-%'"
    )

    def work(tx: object) -> None:
        if postgres:
            tx.run("SET LOCAL statement_timeout = 0")  # type: ignore[attr-defined]
        tx.run(occurrences, (stored,))  # type: ignore[attr-defined]
        tx.run(holds)  # type: ignore[attr-defined]

    engine.store.writing(work)
    if postgres:  # as autovacuum would leave it, and not while that is at work
        with psycopg.connect(url, autocommit=True) as settled:
            settled.execute("VACUUM ANALYZE")
            settled.execute("CHECKPOINT")
