"""Memory of a full server and of a panel's agent, how soon the agent knows, and the weight of its page."""

import gzip
import json
import re
import subprocess
import time
import urllib.request
from pathlib import Path

from server.core.access import CLI
from tests.bench import load
from tests.bench.house import House, house, rss
from tests.bench.rows import Row
from tests.cluster import free_port
from tests.processes import start_panel, stop


def server(folder: Path) -> list[Row]:
    """A server with 1,000 rooms and 100,000 bookings after every room's status was read."""
    with house(f"sqlite:///{folder / 'size.db'}", folder, rooms=1_000, stored=100_000) as it:
        asks = (load.request("GET", f"/api/v1/rooms/room-{n}/status", it.token) for n in range(1_000))
        load.run(it.ports, load.each(asks), clients=8, seconds=60)
        used = it.rss
    return [Row("server, 1,000 rooms, 100,000 bookings", f"{used:.0f} MB", "", used, 250, unit="MB")]


def panel(folder: Path) -> list[Row]:
    """A real agent beside a real server."""
    with house(f"sqlite:///{folder / 'panel.db'}", folder, stored=2_000) as it:
        port, data = free_port(), folder / "panel"
        begun = time.perf_counter()
        process = _agent(it, port, data)
        try:
            first = _first_state(port, process) - begun
            for _ in range(20):
                _get(port, "/state.json")
                time.sleep(0.2)
            used, weight = rss(process.pid), _weight(port)
        finally:
            stop(process)
    return [
        Row("panel agent, memory", f"{used:.1f} MB", "", used, 45, unit="MB"),
        Row("panel agent, start to first state", f"{first:.2f} s", "", first, 1.0, unit="s"),
        Row("panel page with all it loads, gzipped", f"{weight:.1f} kB", "", weight, 60, unit="kB"),
    ]


def _agent(it: House, port: int, data: Path) -> subprocess.Popen[bytes]:
    _, key = it.engine.devices.add("bench panel", CLI, rooms=("room-3",))
    return start_panel(it.ports[0], data, port, key, "room-3")


def _get(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        return bytes(answer.read())


def _first_state(port: int, process: subprocess.Popen[bytes]) -> float:
    for _ in range(500):
        if process.poll() is not None:
            break
        try:
            if json.loads(_get(port, "/state.json"))["state"] != "unknown":
                return time.perf_counter()
        except OSError:
            pass
        time.sleep(0.02)
    raise RuntimeError("the agent shows nothing")


def _weight(port: int) -> float:
    seen: dict[str, bytes] = {}
    wanted = ["/"]
    while wanted:
        path = wanted.pop()
        if path in seen:
            continue
        seen[path] = _get(port, path)
        text = seen[path].decode("utf-8", "replace")
        found = re.findall(r"""(?:href|src)=["'](/[^"'#]*)["']|(?:from|import)\s*["'](\./[^"']+|/[^"']+)["']""", text)
        for link in (a or b for a, b in found):
            wanted.append(link if link.startswith("/") else f"{path.rpartition('/')[0]}/{link[2:]}")
    return sum(len(gzip.compress(body)) for body in seen.values()) / 1024
