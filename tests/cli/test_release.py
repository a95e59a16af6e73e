"""Releases are listed and emergencies begun, ended and listed from the command line."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server.cli import main
from tests import make
from tests.engine.watched import asks, panel, rounds


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A furnished data folder."""
    with make.opened(f"sqlite:///{tmp_path / 'lintel.db'}") as store:
        make.house(store)
    return tmp_path


def lintel(data: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--data", str(data)])


def test_what_was_given_back_is_listed(tmp_path: Path) -> None:
    data = tmp_path
    with make.opened(f"sqlite:///{data / 'lintel.db'}") as store:
        house = make.house(store)
        asks(house)
        panel(house)
        made = house.book("11:00", "12:00")
        rounds(house, "11:20")
    rows = json.loads(lintel(data, "release", "list", "--days", "3660", "--json").output)
    assert [(row["booking"], row["outcome"], row["minutes"], row["rooms"]) for row in rows] == [
        (made.uid, "freed", 45, "oak")
    ]
    assert rows[0]["from"] == "2026-06-15 11:00+02:00"
    assert json.loads(lintel(data, "release", "list", "--days", "3660", "--room", "elm", "--json").output) == []
    assert json.loads(lintel(data, "release", "list", "--days", "3660", "--outcome", "observed", "--json").output) == []
    assert lintel(data, "release", "run").exit_code == 0


def test_an_emergency_is_begun_listed_and_ended(data: Path) -> None:
    began = lintel(data, "emergency", "start", "--in", "house", "--kind", "fire", "--drill", "--minutes", "30")
    assert (began.exit_code, began.stdout) == (0, "1\n")
    (row,) = json.loads(lintel(data, "emergency", "list", "--json").output)
    assert (row["emergency"], row["in"], row["kind"], row["drill"], row["on"]) == (1, "house", "fire", True, True)
    again = lintel(data, "emergency", "start", "--in", "house")
    assert again.exit_code == 1
    assert lintel(data, "emergency", "end", "1").exit_code == 0
    assert lintel(data, "emergency", "end", "1").exit_code == 1
    (row,) = json.loads(lintel(data, "emergency", "list", "--json").output)
    assert (row["on"], row["ended_by"]) == (False, "cli")


@pytest.mark.parametrize("words", [["--in", "nowhere"], ["--in", "house", "--minutes", "61"], []])
def test_an_emergency_is_somewhere_and_lasts_an_hour_at_most(data: Path, words: list[str]) -> None:
    assert lintel(data, "emergency", "start", *words).exit_code == 2
