"""`lintel closure`: closing rooms and places from the command line, and what it tells."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from server.cli import main
from tests.make import BERLIN

MONDAYS = ("--from", "2037-01-05T18:00", "--to", "2037-01-05T20:00", "--every", "FREQ=WEEKLY;COUNT=3")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with Oak and Elm in Berlin."""
    assert lintel(tmp_path / "data", "init").exit_code == 0
    for room in ("oak", "elm"):
        assert lintel(tmp_path / "data", "room", "add", room, "--zone", BERLIN, "--name", room).exit_code == 0
    return tmp_path / "data"


def lintel(data: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--data", str(data)])


def rows(data: Path, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(lintel(data, *words, "--json").stdout)
    return found


def test_a_plan_is_made_listed_renamed_and_ended(data: Path) -> None:
    made = lintel(data, "closure", "add", "--room", "oak", *MONDAYS, "--reason", "Cleaning")
    assert (made.exit_code, made.stdout, made.stderr.split(",")[0]) == (0, "1\n", "3 closures made")
    (plan,) = rows(data, "closure", "list")
    assert (plan["plan"], plan["where"], plan["zone"], plan["reason"]) == (1, "oak", BERLIN, "Cleaning")
    assert lintel(data, "closure", "change", "1", "--reason", "Painting").exit_code == 0
    assert lintel(data, "closure", "remove", "1", "--date", "2037-01-12T18:00").stdout == "1\n"
    assert lintel(data, "closure", "remove", "1").stdout == "2\n"
    assert rows(data, "closure", "list") == []
    assert rows(data, "closure", "list", "--over")[0]["reason"] == "Painting"


def test_a_place_is_named_by_its_address_or_number(data: Path) -> None:
    for place in ("Main", "1"):
        told = lintel(data, "closure", "add", "--place", place, *MONDAYS, "--preview")
        assert (told.exit_code, told.stdout, told.stderr.split(",")[0]) == (0, "", "6 closures would be made")
    assert lintel(data, "closure", "add", "--place", "Nowhere", *MONDAYS).exit_code == 2
    assert lintel(data, "closure", "carry").exit_code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("closure", "add", "--room", "oak", "--from", "soon", "--to", "later"),
        ("closure", "add", *MONDAYS),
        ("closure", "remove", "1", "--room", "oak"),
        ("closure", "add", "--room", "oak", "--place", "Main", *MONDAYS),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(data: Path, words: tuple[str, ...]) -> None:
    assert lintel(data, *words).exit_code == 2


def test_what_is_not_there_is_refused(data: Path) -> None:
    assert lintel(data, "closure", "remove", "9").exit_code == 1
    assert lintel(data, "closure", "add", "--room", "nowhere", *MONDAYS).exit_code == 1
    assert rows(data, "closure", "list", "--dates") == rows(data, "closure", "list", "--left-out") == []
