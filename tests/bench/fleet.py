"""A thousand devices that say every five seconds that they live: what the server spends on it, and how often it writes.

The heartbeats come as they would, two hundred a second, over kept connections; what a device says is of the length that
a panel's is.
"""

import json
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

from server import compose
from server.core.access import CLI
from server.core.model import Room
from server.settings import Settings, environment
from tests.bench import load
from tests.bench.reads import processor
from tests.bench.rows import Row
from tests.cluster import free_port
from tests.processes import stop, wait_for

EVERY = 5.0
"""Seconds between two heartbeats of a device."""
SECONDS = 30.0
CLIENTS = 4


def fleet(url: str, folder: Path, name: str, devices: int = 1_000) -> list[Row]:
    """The share of one core, the writes, and how soon an answer is there."""
    keys, token = _furnished(url, devices)
    port = free_port()
    command = [sys.executable, "-m", "server", "serve", "--data", str(folder)]
    env = environment(LINTEL_DATABASE_URL=url, LINTEL_LISTEN=f"127.0.0.1:{port}", LINTEL_RATE="0",
                      LINTEL_LOG_LEVEL="warning", LINTEL_PUSH_LISTEN="")  # fmt: skip
    server = subprocess.Popen(command, env=env)
    try:
        wait_for(f"http://127.0.0.1:{port}/readyz", server)
        quiet = _rate(port, token, EVERY * 2)
        load.run([port], _paced(keys, devices / EVERY, EVERY * 2).__next__, clients=CLIENTS, seconds=EVERY * 2)
        spent, written = processor(server.pid), _writes(port, token)
        result = load.run([port], _paced(keys, devices / EVERY, SECONDS).__next__, clients=CLIENTS, seconds=SECONDS)
        share = (processor(server.pid) - spent) / result.seconds
        rate = (_writes(port, token) - written) / result.seconds
    finally:
        stop(server)
    if set(result.statuses) != {200}:
        raise RuntimeError(f"not heard: {result.statuses}")
    where = f"{devices:,} devices on {name}"
    late = result.percentile(0.99) * 1e3
    return [
        Row(f"heartbeats, share of a core, {where}", f"{share:.2f}", f"{result.rate:.0f}/s", share, 0.6, unit=""),
        Row(f"heartbeats, p99, {where}", f"{late:.0f} ms", "", late, 100, unit="ms"),
        Row(f"writes, {where}", f"{rate:.2f}/s", f"{quiet:.2f}/s without any", rate - quiet, 2.5, unit="/s"),
    ]


def _furnished(url: str, devices: int) -> tuple[list[str], str]:
    """The devices' keys, each at a door of its own, and a token that reads the metrics."""
    engine = compose.engine(Settings(database_url=url))
    for number in range(devices):
        engine.rooms.add(Room(0, f"room-{number}", f"Room {number}", "Europe/Berlin"), CLI)
    keys = [engine.devices.add(f"Panel {n}", CLI, rooms=(f"room-{n}",))[1] for n in range(devices)]
    token = engine.tokens.create("bench", "admin", CLI)[1]
    engine.store.close()
    return keys, token


def _paced(keys: list[str], rate: float, seconds: float) -> Iterator[bytes | None]:
    """One heartbeat after the other, at that rate; None when the time is over."""
    begun = time.monotonic()
    for sent, (number, key) in enumerate(cycle(list(enumerate(keys)))):
        wait = begun + sent / rate - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        if time.monotonic() - begun > seconds:
            break
        yield load.request("POST", "/device/v1/heartbeat", key, _beat(number))
    while True:
        yield None


def _beat(number: int) -> bytes:
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    said = {
        "rooms": [{"id": f"room-{number}", "seq": 1, "state": "free", "as_of": now}], "life": f"life-{number}",
        "version": "0.1.0", "unconfirmed": 0, "clock": "verified", "clock_source": "server", "clock_offset_ms": -12,
        "painted_ago": 2, "painted_for": int(time.monotonic()), "touch": "good", "touched_ago": 312, "settled": True,
        "heard": now, "browser": "good", "me": "d" * 32,
        "vitals": {"temperature": 51.5, "undervoltage": False, "throttled": False, "disk": "good", "disk_free_mb": 9000,
                   "written_mb": 12, "wear": 3, "memory_mb": 38, "uptime": 86_400, "load": 0.21},
    }  # fmt: skip
    return json.dumps(said).encode()


def _rate(port: int, token: str, seconds: float) -> float:
    """Writers a second while nobody asks."""
    before = _writes(port, token)
    time.sleep(seconds)
    return (_writes(port, token) - before) / seconds


def _writes(port: int, token: str) -> float:
    """How many writers have had their turn."""
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(asked, timeout=10) as answer:
        found = re.search(rb"^lintel_write_wait_seconds_count (\S+)", answer.read(), re.MULTILINE)
    return float(found[1]) if found else 0.0
