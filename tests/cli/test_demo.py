"""`lintel demo` as a newcomer starts it: it stands within seconds, shows a day with series in it, and ends clean."""

import json
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from server import compose
from server.core.clock import SystemClock
from server.core.zone import wall
from server.demo import ZONES
from server.sample import furnish
from server.settings import environment, load
from tests.processes import wait_for


@dataclass
class Demo:
    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def get(self, path: str) -> Any:
        token = re.search(r"token read +(\S+)", self.log.read_text())
        assert token is not None
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}/api/v1{path}")
        asked.add_header("Authorization", f"Bearer {token.group(1)}")
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return json.load(answer)


@pytest.fixture
def demo(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Demo]:
    port = free_port()
    log = tmp_path / "demo.log"
    command = [sys.executable, "-m", "server", "demo", "--port", str(port)]
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=environment(TMPDIR=str(tmp_path)), stdout=out, stderr=out)
    try:
        wait_for(f"http://127.0.0.1:{port + 20}/state.json", process, seconds=60)
        yield Demo(process, port, log)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def test_a_building_where_it_is_night_is_furnished_as_well(tmp_path: Path) -> None:
    now = SystemClock().now()
    night = min(ZONES, key=lambda zone: abs((wall(now, zone).hour + 1) % 24))
    assert furnish(tmp_path, night).logins


def test_the_demo_shows_a_building_with_a_panel_and_series(demo: Demo, tmp_path: Path) -> None:
    wait_until_told(demo)
    assert {room["id"] for room in demo.get("/rooms")} == {"oak", "elm", "ash", "birch", "cedar", "maple"}
    status = demo.get("/rooms/oak/status")
    assert status["status"] == "available"
    waits = demo.get("/rooms/elm/status")
    assert (waits["status"], waits["state"]) == ("reserved", "reserved"), "nobody has come yet"
    assert [it["kind"] for it in demo.get("/rooms/birch/tickets")] == ["light"]
    recurring = {id_: [it for it in demo.get(f"/rooms/{id_}/bookings") if it["recurrenceId"]] for id_ in ("oak", "ash")}
    assert {it["title"] for it in recurring["oak"]} == {"Weekly planning"}
    assert {it["title"] for it in recurring["ash"]} == {"Stand-up"}
    assert len(recurring["ash"]) == 60
    assert sum(it["start"] != it["recurrenceId"] for it in recurring["ash"]) == 1
    told = demo.log.read_text()
    logins = re.findall(r"log in as (\w+) +with password (\S+)", told)
    assert [login for login, _ in logins] == ["admin", "staff", "member"]
    engine = compose.engine(load(next(tmp_path.glob("lintel-demo-*")), environment={}).settings)
    people = [engine.sign_in.sign_in(*each, source="console", address="127.0.0.1")[0] for each in logins]
    engine.store.close()
    assert [person.role.value for person in people] == ["admin", "staff", "member"]
    demo.process.send_signal(signal.SIGTERM)
    assert demo.process.wait(30) == 0
    assert [it.name for it in tmp_path.iterdir()] == ["demo.log"]


def wait_until_told(demo: Demo) -> None:
    """The tokens are printed right after the panel answers."""
    while "Ctrl-C" not in demo.log.read_text():
        assert demo.process.poll() is None
        time.sleep(0.05)
