"""Reads over HTTP beside a bare waitress and a bare Flask, each on the same core with the same settings."""

import os
import statistics
import subprocess
import sys
import timeit
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from server.core.access import CLI
from server.dialects.kit.meter import TOOK, Meter
from tests.bench import load
from tests.bench.house import house
from tests.bench.rows import Row
from tests.cluster import free_port
from tests.processes import stop, wait_for

ROUNDS, SECONDS, CLIENTS = 5, 1.5, 8


class Seen(NamedTuple):
    """Answers a second, and seconds of processor time for each."""

    rate: float
    processor: float

    @property
    def text(self) -> str:
        return f"{self.processor * 1e6:.0f} us, {self.rate:,.0f}/s"


@contextmanager
def hello(kind: str) -> Iterator[tuple[int, int]]:
    """Port and process of a reference server."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.hello", kind, str(port)])
    try:
        wait_for(f"http://127.0.0.1:{port}/", process)
        yield port, process.pid
    finally:
        stop(process)


def reads(folder: Path) -> list[Row]:
    """Each read in turn with both references, several rounds, so that the machine's moods fall on all alike.

    Held is the ratio of processor time a request, which neighbours on the machine hardly touch; the rates stand beside.
    """
    url = f"sqlite:///{folder / 'reads.db'}"
    with house(url, folder, stored=20_000) as it, hello("waitress") as bare, hello("flask") as flask:
        day = it.engine.clock.now().strftime("%Y-%m-%d")
        plan = it.engine.devices.snapshot("room-3", CLI)
        paths = {
            "status": "/api/v1/rooms/room-3/status",
            "snapshot": "/device/v1/snapshot?room=room-3",
            "feed": f"/device/v1/feed?room=room-3&after={plan.seq}&incarnation={plan.incarnation}",
            "bookings": f"/api/v1/rooms/room-3/bookings?from={day}T00:00:00Z&to={day}T23:59:59Z",
            "rooms": "/api/v1/rooms",
        }
        asks = {
            name: (it.ports[0], it.processes[0].pid, load.request("GET", path, it.token))
            for name, path in paths.items()
        }
        asks |= {"bare": (*bare, load.request("GET", "/")), "flask": (*flask, load.request("GET", "/"))}
        found: dict[str, list[Seen]] = {name: [] for name in asks}
        for _ in range(ROUNDS):
            for name, (port, pid, data) in asks.items():
                found[name].append(_seen(port, pid, data))
    mid = {name: Seen(*(statistics.median(part) for part in zip(*seen, strict=True))) for name, seen in found.items()}
    rows = [
        _row(f"GET {name} beside bare waitress", mid[name], mid["bare"], 0.6) for name in ("status", "snapshot", "feed")
    ]
    counted = counting() / mid["status"].processor
    rows.append(Row("counting it for the metrics", f"{counted:.2%}", "GET status", counted, 0.01))
    rows.append(_row("GET status beside Flask's hello", mid["status"], mid["flask"], 0.5))
    return rows + [
        _row(f"GET {name} beside Flask's hello", mid[name], mid["flask"], 0.75) for name in ("bookings", "rooms")
    ]


def counting() -> float:
    """Seconds that it takes to hand a request the counter and to count its answer."""
    meter, environ = Meter(), dict[str, Any]()

    def count() -> None:
        environ[TOOK] = meter.took
        if (took := environ.get(TOOK)) is not None:
            took("roomvox", "GET", "/rooms/<room>/status", 200, 0.0004)

    return min(timeit.repeat(count, number=100_000, repeat=5)) / 100_000


def _seen(port: int, pid: int, data: bytes) -> Seen:
    before = processor(pid)
    done = load.run([port], load.always(data), clients=CLIENTS, seconds=SECONDS)
    if set(done.statuses) != {200}:
        raise RuntimeError(f"{data[:60]!r}: {done.statuses}")
    return Seen(done.rate, (processor(pid) - before) / len(done.waits))


def processor(pid: int) -> float:
    """Seconds of processor time that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _row(name: str, figure: Seen, reference: Seen, limit: float) -> Row:
    return Row(name, figure.text, reference.text, reference.processor / figure.processor, limit, at_most=False)
