"""The doctor: what it finds of a panel that is well, and of each thing that can be wrong with one."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask, Response, jsonify, request
from werkzeug.serving import make_server

from kiosk.cli import main
from kiosk.doctor import Doctor, Finding
from kiosk.screen.keeping import HEADER, SECRET

from .authorities import TlsServer, authority

WELL = {
    "fc-list": "Droid Sans Fallback",
    "show lintel-kiosk.service": "enabled\nactive",
    "show lintel-screen.service": "enabled\nactive",
    "show lintel-kiosk-reboot.path": "enabled\nactive",
    "WatchdogUSec": "10s",
    "RuntimeWatchdogUSec": "10s",
}


class House:
    """An agent and a server that answer as they are told, and a machine's files."""

    def __init__(self, folder: Path) -> None:
        self.root, self.data = folder / "root", folder / "data"
        for each in ("run/systemd/system", "run/lintel-kiosk", "dev/watchdog", "bin"):
            (self.root / each).mkdir(parents=True)
        self.data.mkdir()
        self.write(SECRET, "s" * 43)
        chromium = self.root / "bin" / "chromium"
        chromium.write_text("#!/bin/sh\n")
        chromium.chmod(0o755)
        self.state: dict[str, Any] = {"online": True, "clock": "verified"}
        self.keeper: dict[str, Any] = {"painted_ago": 3}
        self.health = 200
        self.said = dict(WELL)
        app = Flask(__name__)
        app.add_url_rule("/state.json", "state", lambda: jsonify(self.state))
        app.add_url_rule("/healthz", "healthz", lambda: Response("ok", self.health))
        app.add_url_rule("/keeper", "keeper", self.keep)
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        self.listen = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def keep(self) -> Response:
        assert request.headers[HEADER] == "s" * 43
        return jsonify(self.keeper)

    def write(self, name: str, text: str, mode: int = 0o600) -> None:
        (self.data / name).write_text(text)
        (self.data / name).chmod(mode)

    def run(self, command: list[str]) -> str | None:
        line = " ".join(command)
        return self.said[next(key for key in reversed(WELL) if key in line)]

    def findings(self, **more: Any) -> dict[str, Finding]:
        path = str(self.root / "bin")
        told = {"listen": self.listen, "server": f"http://{self.listen}", "ca_file": None} | more
        doctor = Doctor(self.data, environ={"PATH": path}, run=self.run, root=self.root, **told)
        return {one.id: one for one in doctor.findings()}

    def wrong(self, **more: Any) -> list[str]:
        found = self.findings(**more)
        assert all(one.hint for one in found.values() if not one.ok), found
        return [id_ for id_, one in found.items() if not one.ok]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    it = House(tmp_path)
    yield it
    it.server.shutdown()
    it.server.server_close()


def test_of_a_panel_that_is_well_there_is_nothing_to_complain(house: House) -> None:
    found = house.findings()
    assert [one for one in found.values() if not one.ok] == []
    assert {"agent.heard", "server.trusted", "clock.verified", "card.writes", "screen.paints", "watchdog.agent"} <= {
        *found
    }


def test_without_an_agent_it_says_so_and_goes_on(house: House, free_port: Callable[[], int]) -> None:
    wrong = house.wrong(listen=f"127.0.0.1:{free_port()}")
    assert wrong == ["agent.running"]


def test_a_server_that_is_away_unwell_or_not_named_is_told(house: House, free_port: Callable[[], int]) -> None:
    house.state = {"rooms": [{"online": True, "clock": "verified"}, {"online": False, "clock": "verified"}]}
    assert house.wrong(server=f"http://127.0.0.1:{free_port()}") == ["agent.heard", "server.reached"]
    house.health = 503
    assert house.wrong() == ["agent.heard", "server.reached"]
    assert house.wrong(server=None) == ["agent.heard", "server.known"]


def test_a_server_that_nobody_vouches_for_is_told_as_that(house: House) -> None:
    served = TlsServer(authority("Somebody").issue())
    try:
        assert house.wrong(server=served.url) == ["server.trusted"]
    finally:
        served.stop()


def test_a_clock_that_is_not_verified_and_a_page_that_does_not_paint_are_told(house: House) -> None:
    house.state["clock"] = "unverified"
    house.keeper["painted_ago"] = None
    assert house.wrong() == ["clock.verified", "screen.paints"]
    house.keeper["painted_ago"] = 21
    assert house.wrong() == ["clock.verified", "screen.paints"]


def test_a_card_that_others_can_read_or_that_is_not_there_is_told(house: House, tmp_path: Path) -> None:
    house.write("pairing.json", "{}", 0o644)
    found = house.findings()["card.private"]
    assert (found.ok, found.text) == (False, "pairing.json")
    house.data = tmp_path / "nowhere"
    assert house.wrong() == ["card.folder"]


def test_heat_thin_power_and_a_worn_card_are_told(house: House) -> None:
    for path, text in (
        ("sys/class/thermal/thermal_zone0/temp", "84000"),
        ("sys/devices/platform/soc/soc:firmware/get_throttled", "50000"),
        ("sys/block/mmcblk0/device/life_time", "0x0a 0x0b"),
    ):
        (house.root / path).parent.mkdir(parents=True)
        (house.root / path).write_text(text)
    assert house.wrong() == ["card.wear", "machine.heat", "machine.power"]


def test_a_browser_and_fonts_that_are_missing_are_told(house: House) -> None:
    (house.root / "bin" / "chromium").unlink()
    house.said["fc-list"] = ""
    assert house.wrong() == ["screen.browser", "screen.fonts"]


def test_units_that_do_not_run_and_watchdogs_that_are_off_are_told(house: House) -> None:
    house.said["show lintel-screen.service"] = "enabled\nfailed"
    house.said["WatchdogUSec"] = "0"
    house.said["RuntimeWatchdogUSec"] = "infinity"
    (house.root / "run/lintel-kiosk").rmdir()
    assert house.wrong() == ["units.screen.service", "watchdog.agent", "watchdog.board", "reboot.possible"]


def test_without_systemd_one_complaint_is_enough(house: House) -> None:
    (house.root / "run/systemd/system").rmdir()
    assert house.wrong() == ["units.there"]


def test_it_leaves_nothing_behind_and_tells_no_secret(house: House) -> None:
    before = sorted(house.data.iterdir())
    assert "s" * 43 not in str(house.findings())
    assert sorted(house.data.iterdir()) == before


def test_the_command_prints_every_finding_and_exits_1_where_something_is_wrong(house: House) -> None:
    flags = ["--data", str(house.data), "--listen", house.listen, "--server", f"http://{house.listen}"]
    told = CliRunner().invoke(main, ["doctor", *flags])
    assert told.exit_code == 1  # this machine is no panel
    assert "agent.heard" in told.stdout
    assert told.stderr.rstrip().endswith("wrong")
    found = json.loads(CliRunner().invoke(main, ["doctor", *flags, "--json"]).stdout)
    assert {"id": "agent.running", "ok": True, "text": f"answers at {house.listen}", "hint": ""} in found


def test_without_a_folder_it_is_used_wrongly() -> None:
    assert CliRunner().invoke(main, ["doctor"]).exit_code == 2
