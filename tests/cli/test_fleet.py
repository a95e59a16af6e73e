"""`lintel device` and `lintel panel`, as staff type them."""

import json
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server import compose
from server.cli import main
from server.core.access import Actor
from server.engine import Engine
from server.engine.hearing import Beat
from server.settings import load
from tests.pictures import png

SAID = json.dumps({"version": "0.3.0", "painted_ago": 1, "vitals": {"temperature": 44, "disk": "full"}})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with Oak, two panels there, and the first heard just now."""
    data = tmp_path_factory.mktemp("fleet") / "data"
    lintel(data, "init")
    lintel(data, "room add", "oak", "--name", "Oak")
    for name in ("Left", "Right"):
        assert lintel(data, "device add", name, "--room", "oak").exit_code == 0
    return data


def lintel(data: Path, command: str, *words: str) -> Result:
    return CliRunner().invoke(main, [*command.split(), "--data", str(data), *words])


def engine(data: Path) -> Engine:
    return compose.engine(load(data, None).settings)


def itself(data: Path, number: int) -> tuple[Engine, Actor]:
    return engine(data), Actor(f"device:{number}", "book", frozenset({1}))


def test_the_worst_is_told_first_and_one_device_with_all_it_said(folder: Path) -> None:
    there, panel = itself(folder, 1)
    there.fleet.heartbeat(["oak"], panel, Beat(SAID))
    rows = json.loads(lintel(folder, "device status", "--json").stdout)
    assert {(it["id"], it["verdict"]) for it in rows} == {(1, "card"), (2, "never_heard")}
    table = lintel(folder, "device status").stdout
    assert "card since 20" in table
    one = lintel(folder, "device status", "1")
    assert one.exit_code == 0
    assert "temperature 44" in one.stdout
    assert json.loads(lintel(folder, "device status", "1", "--json").stdout)[0]["vitals"]["disk"] == "full"
    assert lintel(folder, "device status", "77").exit_code == 1


def test_an_order_is_waited_for_until_its_receipt(folder: Path) -> None:
    there, panel = itself(folder, 1)
    asked = threading.Event()

    def answer() -> None:
        while not (due := there.fleet.due(panel)):
            asked.wait(0.02)
        there.fleet.receipt(panel, due[0].number, "done", "first line\nlast line", None)

    helper = threading.Thread(target=answer)
    helper.start()
    done = lintel(folder, "device order", "1", "log", "--wait", "60")
    helper.join()
    assert (done.exit_code, done.stdout.split("\n", 1)[1]) == (0, "first line\nlast line\n")
    assert lintel(folder, "device log", "1").stdout == "first line\nlast line\n"
    assert lintel(folder, "device log", "2").exit_code == 1
    made = lintel(folder, "device order", "2", "identify", "--seconds", "30")
    assert made.exit_code == 0
    (row,) = json.loads(lintel(folder, "device orders", "2", "--json").stdout)
    assert (row["number"], row["what"], row["state"]) == (int(made.stdout), "identify", "open")
    assert lintel(folder, "device order", "2", "dance").exit_code == 2
    assert lintel(folder, "device order", "2", "log", "--seconds", "3").exit_code == 2
    assert lintel(folder, "device order", "77", "log").exit_code == 1


def test_the_picture_of_the_glass_is_written_to_a_file(folder: Path, tmp_path: Path) -> None:
    there, panel = itself(folder, 1)
    assert lintel(folder, "device picture", "1", str(tmp_path / "a.png")).exit_code == 1
    number = int(lintel(folder, "device order", "1", "screenshot").stdout)
    there.fleet.receipt(panel, number, "done", "", png(3))
    assert lintel(folder, "device picture", "1", str(tmp_path / "a.png")).exit_code == 0
    assert (tmp_path / "a.png").read_bytes() == png(3)
    assert lintel(folder, "device picture", "1", str(tmp_path / "no" / "a.png")).exit_code == 1


def test_screens_are_set_by_level_and_say_why(folder: Path) -> None:
    assert lintel(folder, "panel set", "--house", "theme=dark", "touch=on", "density=5.9").stdout == "house\n"
    assert lintel(folder, "panel set", "--place", "Main", "theme=light").stdout == "site Main\n"
    assert lintel(folder, "panel set", "--room", "oak", "language=fr").stdout == "room oak\n"
    assert lintel(folder, "device settings", "1", "--set", "night=22:00-06:00", "--set", "touch=off").exit_code == 0
    rows = {it["name"]: (it["value"], it["from"]) for it in
            json.loads(lintel(folder, "device settings", "1", "--json").stdout)}  # fmt: skip
    assert rows == {
        "density": (5.9, "house"), "language": ("fr", "room oak"), "night": ("22:00-06:00", "device 1"),
        "theme": ("light", "site Main"), "touch": (False, "device 1"),
    }  # fmt: skip
    assert lintel(folder, "device settings", "1", "--unset", "touch").exit_code == 0
    assert lintel(folder, "panel unset", "--place", "Main", "theme").exit_code == 0
    assert "dark" in lintel(folder, "panel show", "--room", "oak").stdout
    for words in (["--house", "theme=pink"], ["--house", "theme"], ["theme=dark"], ["--house", "volume=11"],
                  ["--house", "--room", "oak", "theme=dark"]):  # fmt: skip
        assert lintel(folder, "panel set", *words).exit_code == 2, words
    assert lintel(folder, "panel set", "--room", "cellar", "theme=dark").exit_code == 1
