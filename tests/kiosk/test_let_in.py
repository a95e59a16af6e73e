"""From nothing to a door: a new panel at the real server, let in by the CLI; what its card holds after a busy day."""

import json
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from kiosk.instants import iso
from tests.processes import start_server, stop

from .process import ROOT, Panel, environment, once

pytestmark = pytest.mark.heavy

PASSWORD = "Kanarienvogel-4711"


class House:
    """A server with the rooms Oak and Elm, and one panel after the other."""

    def __init__(self, folder: Path, ports: Callable[[], int]) -> None:
        self.folder, self.port, self.panel_port = folder / "server", ports(), ports()
        self.url = f"http://127.0.0.1:{self.port}"
        self.lintel("init")
        for room in ("oak", "elm"):
            self.lintel("room", "add", room, "--name", room.title(), "--zone", "Europe/Berlin")
        self.start()

    def start(self) -> None:
        self.server = start_server(f"sqlite:///{self.folder / 'lintel.db'}", self.folder, self.port)

    def new_panel(self, folder: Path) -> None:
        """One that starts with nothing."""
        self.place = folder
        self.panel = self.start_panel()

    def lintel(self, *arguments: str, said: str = "") -> str:
        command = [sys.executable, "-m", "server", *arguments, "--data", str(self.folder)]
        return subprocess.run(
            command, env=environment(), cwd=ROOT, input=said, capture_output=True, text=True, timeout=60, check=True
        ).stdout.strip()

    def start_panel(self) -> Panel:
        return Panel(self.place / "panel", self.url, self.panel_port, token="")

    def shown(self) -> dict[str, Any]:
        """What the new panel shows, with its code."""
        state = self.panel.until(lambda state: bool(state.get("pairing", {}).get("code")), within=30)
        return dict(state["pairing"])

    def let_in(self, *rooms: str) -> int:
        shown = self.shown()
        chosen = [word for room in rooms for word in ("--room", room)]
        approved = self.lintel("device", "approve", shown["code"], *chosen, "--fingerprint", shown["fingerprint"])
        return int(approved)

    def close(self) -> None:
        if self.server.poll() is None:
            stop(self.server, hard=True)


@pytest.fixture(scope="module")
def one_house(tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> Iterator[House]:
    it = House(tmp_path_factory.mktemp("house"), free_port)
    yield it
    it.close()


@pytest.fixture
def house(one_house: House, tmp_path: Path) -> Iterator[House]:
    one_house.new_panel(tmp_path)
    yield one_house
    one_house.panel.close()


def content(folder: Path) -> bytes:
    return b"\n".join(path.name.encode() + path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def busy(house: House, token: str, organizer: str) -> None:
    """A day of bookings in both rooms, later than what a panel of another test may own, and a walk-in."""
    now = int(time.time())
    for room in ("fir", "elm"):
        for number in range(1, 9):
            start = now + 3600 + number * 7200
            answer = requests.post(
                f"{house.url}/api/v1/rooms/{room}/bookings",
                json={
                    "title": f"Canary-Title-{room}",
                    "organizer": organizer,
                    "start": iso(start),
                    "end": iso(start + 1800),
                },
                headers={"Authorization": f"Bearer {token}"},
                timeout=20,
            )
            assert answer.status_code == 201, answer.text
    house.panel.until(lambda state: any(one["enabled"] for one in state["actions"]))
    booked = house.panel.tap(act="book", minutes=15)
    assert booked["outcome"] == "done", booked


def test_a_code_an_approval_and_the_room_appears_without_a_restart(house: House) -> None:
    shown = house.shown()
    assert re.fullmatch("[BCDFGHJKLMNPQRSTVWXZ]{8}", shown["code"])
    process = house.panel.process.pid
    began = time.monotonic()
    number = house.let_in("oak", "elm")
    both = house.panel.until(lambda state: bool(state.get("rooms")) and all(one["online"] for one in state["rooms"]))
    print(f"from the command to two rooms, live: {time.monotonic() - began:.1f} s")
    assert [one["room"]["id"] for one in both["rooms"]] == ["oak", "elm"]
    assert (house.panel.process.pid, house.panel.process.poll()) == (process, None)
    listed = json.loads(house.lintel("device", "list", "--json"))
    assert number in [one["id"] for one in listed]
    assert requests.get(house.panel.url + "/pairing.json", timeout=5).status_code == 404
    # Restarted with the server gone it is the panel of its doors at once.
    stop(house.server, hard=True)
    house.panel.end(signal.SIGTERM)
    house.panel = house.start_panel()
    again = house.panel.until(lambda state: bool(state.get("rooms")))
    assert [one["state"] for one in again["rooms"]] == ["free", "free"]
    house.start()


def test_settings_and_orders_reach_it_and_are_answered(house: House) -> None:
    number = str(house.let_in("oak"))
    house.panel.until(lambda state: state["online"])
    house.lintel("device", "settings", number, "--set", "theme=dark")
    end = time.monotonic() + 20
    while "theme: dark (server: device" not in (said := status(house)) and time.monotonic() < end:
        time.sleep(0.2)
    assert "theme: dark (server: device" in said
    house.lintel("device", "order", number, "log")
    house.lintel("device", "order", number, "restart")
    assert house.panel.process.wait(30) == 75
    house.panel = house.start_panel()
    house.panel.until(lambda state: state["online"])
    done = json.loads(house.lintel("device", "orders", number, "--json"))
    assert {one["what"]: one["state"] for one in done} == {"log": "done", "restart": "done"}
    assert "kiosk.orders" in house.lintel("device", "log", number)
    assert "theme: dark" in status(house)


def status(house: House) -> str:
    return once("status", "--listen", f"127.0.0.1:{house.panel_port}").stdout


def test_after_a_busy_day_the_card_and_the_log_hold_nothing_that_a_thief_could_use(house: House) -> None:
    organizer = "max.canary@example.org"
    house.lintel("person", "add", organizer, "--name", "Max Canary", "--password-stdin", said=PASSWORD + "\n")
    admin = house.lintel("token", "create", "--name", "admin", "--scope", "admin")
    secret = house.lintel("hook", "add", "https://hooks.example.org/x", "--event", "booking.*")
    house.lintel("room", "add", "fir", "--name", "Fir", "--zone", "Europe/Berlin")
    house.let_in("fir")
    house.panel.until(lambda state: state["online"] and state["owned_until"] is not None)
    busy(house, admin, organizer)
    house.panel.until(lambda state: len(state["day"]) > 1 and state["online"])
    house.panel.end(signal.SIGTERM)
    card = content(house.panel.folder)
    log = (house.place / "panel.log").read_bytes()
    for canary in (organizer, "Canary-Title-elm", "Canary-Title-fir", PASSWORD, admin, secret, "Max Canary"):
        assert canary.encode() not in card
        assert canary.encode() not in log
    token = json.loads((house.panel.folder / "pairing.json").read_bytes().partition(b"\n")[2])["token"]
    assert token.encode() not in log
    assert b"fir" in card
    for path in house.panel.folder.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path.name
    assert stat.S_IMODE(house.panel.folder.stat().st_mode) == 0o700


def test_forgetting_takes_the_key_off_the_card_when_the_panel_does_not_run(house: House) -> None:
    house.let_in("oak")
    house.panel.until(lambda state: state["online"])
    folder = str(house.panel.folder)
    running = once("forget", "--data", folder)
    assert (running.returncode, "another panel is running" in running.stderr) == (1, True)
    house.panel.end(signal.SIGTERM)
    assert once("forget", "--data", folder).returncode == 0
    kept = {path.name for path in Path(folder).iterdir()}
    assert not any(name.startswith(("pairing", "plan", "heard", "given")) for name in kept)
    house.panel = house.start_panel()
    assert house.shown()["code"]
