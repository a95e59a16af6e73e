"""`lintel device`: letting devices in by their codes and in numbers, giving them other rooms, taking them back."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from server import compose
from server.cli import main
from server.core.access import CLI
from server.engine import Engine
from server.engine.pairing import Begun, Told
from server.engine.rooms import digest
from server.settings import load
from tests.kiosk.authorities import authority

CERTIFICATE = authority().pem


def lintel(data: Path, *words: str, said: str = "") -> Result:
    return CliRunner().invoke(main, [*words, "--data", str(data)], input=said)


def fine(data: Path, *words: str, said: str = "") -> str:
    done = lintel(data, *words, said=said)
    assert done.exit_code == 0, done.output
    return done.stdout


def told(data: Path, *words: str) -> Any:
    return json.loads(fine(data, *words, "--json"))


def engine(data: Path) -> Engine:
    return compose.engine(load(data).settings)


def begin(data: Path, number: int, serial: str = "", enrolment: str = "") -> Begun:
    key = f"rk_dev_{number:08x}_{'k' * 43}_00000000"
    return engine(data).pairing.begin(digest(key), key[:15], Told(serial=serial, model="Pi"), enrolment)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Oak and Elm, in Berlin."""
    folder = tmp_path / "data"
    fine(folder, "init")
    fine(folder, "site", "add", "Berlin")
    for room in ("oak", "elm"):
        fine(folder, "room", "add", room, "--site", "Berlin")
    return folder


def test_a_code_that_opens_nothing_is_refused_with_what_to_do_about_it(data: Path) -> None:
    for command in (("approve", "BCDFGHJK", "--room", "oak", "--yes"), ("refuse", "BCDFGHJK")):
        refused = lintel(data, "device", *command)
        assert refused.exit_code == 1
        assert "mistyped, used or over" in refused.stderr


def test_a_device_is_let_in_when_somebody_has_said_that_the_fingerprints_are_the_same(data: Path) -> None:
    code = begin(data, 1, "s-1").code
    waits = told(data, "device", "waiting")[0]
    assert (waits["serial"], waits["model"]) == ("s-1", "Pi")
    asked = lintel(data, "device", "approve", code, "--room", "oak", said="n\n")
    assert (asked.exit_code, waits["fingerprint"] in asked.stderr) == (1, True)
    assert "the panel of oak" in asked.stderr
    assert told(data, "device", "list") == []
    number = fine(data, "device", "approve", code.lower(), "--room", "elm", "--room", "oak", said="y\n").strip()
    row = told(data, "device", "list")[0]
    assert (str(row["id"]), row["rooms"], row["kind"], row["state"]) == (number, "elm,oak", "panel", "good")
    again = lintel(data, "device", "approve", code, "--room", "oak", "--yes")
    assert (again.exit_code, again.stdout) == (1, "")


def test_who_says_what_the_glass_shows_is_not_asked_and_another_device_is_not_let_in(data: Path) -> None:
    code = begin(data, 1).code
    right = told(data, "device", "waiting")[0]["fingerprint"]
    wrong = ("C" if right[0] == "B" else "B") + right[1:]
    barred = lintel(data, "device", "approve", code, "--room", "oak", "--fingerprint", wrong)
    assert (barred.exit_code, told(data, "device", "list")) == (1, [])
    fine(data, "device", "approve", code, "--board", "Berlin", "--fingerprint", right.lower())
    board = told(data, "device", "list")[0]
    assert (board["kind"], board["place"], board["name"]) == ("board", "Berlin", "Berlin")


def test_a_spare_takes_the_place_of_a_broken_one(data: Path) -> None:
    fine(data, "device", "add", "Corner", "--room", "elm")
    fine(data, "device", "approve", begin(data, 1).code, "--replaces", "1", "--yes")
    assert [(it["name"], it["state"]) for it in told(data, "device", "list")] == [
        ("Corner", "revoked"), ("Corner", "good"),
    ]  # fmt: skip


def test_a_device_is_refused_given_other_rooms_and_taken_back(data: Path) -> None:
    code = begin(data, 1).code
    fine(data, "device", "refuse", code)
    assert begin(data, 1).state == "refused"
    fine(data, "device", "add", "Corner", "--room", "oak")
    assert lintel(data, "device", "assign", "1").exit_code == 2
    fine(data, "device", "assign", "1", "--room", "elm", "--name", "Door")
    assert (told(data, "device", "list")[0]["rooms"], told(data, "device", "list")[0]["name"]) == ("elm", "Door")
    fine(data, "device", "assign", "1", "--board", "Berlin")
    assert fine(data, "device", "release", "1").strip() == "1"
    assert lintel(data, "device", "release", "99").exit_code == 1


def test_devices_in_numbers(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "panels.csv"
    file.write_text("serial,rooms,name\ns-1,oak,At Oak\ns-2,nowhere,\n")
    wrong = lintel(data, "device", "expect", str(file))
    assert (wrong.exit_code, "there is no room nowhere" in wrong.stdout) == (1, True)
    file.write_text("serial,rooms,name\ns-1,oak,At Oak\ns-2,elm,\n")
    assert [it["serial"] for it in told(data, "device", "expect", str(file), "--preview")] == ["s-1", "s-2"]
    assert told(data, "device", "expected") == []
    fine(data, "device", "expect", str(file))
    assert [(it["serial"], it["rooms"], it["name"]) for it in told(data, "device", "expected")] == [
        ("s-1", "oak", "At Oak"), ("s-2", "elm", ""),
    ]  # fmt: skip
    secret = fine(data, "device", "enrol", "--site", "Berlin", "--count", "2", "--days", "1").strip()
    assert begin(data, 1, "s-1", secret).state == "paired"
    assert told(data, "device", "list")[0]["rooms"] == "oak"
    key = told(data, "device", "enrolments")[0]
    assert (key["used"], key["most"], key["site"], secret.startswith(key["prefix"])) == (1, 2, "Berlin", True)
    fine(data, "device", "unenrol", str(key["id"]))
    code = begin(data, 2, "s-2", secret).code
    assert "the panel of elm, as is expected" in lintel(data, "device", "approve", code, said="n\n").stderr
    fine(data, "device", "unexpect", "S-2")
    assert told(data, "device", "expected") == []
    assert lintel(data, "device", "enrol", "--site", "Berlin", "--count", "0", "--days", "1").exit_code == 2


def test_the_doctor_says_what_is_wrong_with_the_authorities(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "authorities.pem"
    (data / "lintel.toml").write_text(f'[devices]\nauthorities = "{file}"\n')

    def wrong() -> list[str]:
        found = json.loads(lintel(data, "doctor", "--json").stdout)["complaints"]
        return [it["id"] for it in found if it["id"].startswith("devices.")]

    assert wrong() == ["devices.authorities"]
    file.write_text("-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n")
    assert wrong() == ["devices.authorities"], "it says nothing to anybody"
    file.write_text(CERTIFICATE)
    assert wrong() == []
    assert engine(data).devices.me(CLI).authorities == (CERTIFICATE,)
