"""`lintel find`, `lintel waiting` and `lintel policy try`: what they tell, and how they end."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from server.cli import main
from tests.make import BERLIN

THEN = ("--from", "2037-01-05T10:00+01:00")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with Oak (eight seats, a projector) and Elm (four) in Berlin."""
    assert lintel(tmp_path / "data", "init").exit_code == 0
    for room, *more in (("oak", "--capacity", "8", "--facility", "projector"), ("elm", "--capacity", "4")):
        assert lintel(tmp_path / "data", "room", "add", room, "--name", room, "--zone", BERLIN, *more).exit_code == 0
    return tmp_path / "data"


def lintel(data: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--data", str(data)])


def rows(data: Path, *words: str) -> Any:
    return json.loads(lintel(data, *words, "--json").stdout)


def test_free_rooms_are_listed_the_best_first(data: Path) -> None:
    found = rows(data, "find", *THEN, "--people", "3")
    assert [it["room"] for it in found] == ["elm", "oak"]
    assert (found[0]["from"], found[0]["to"]) == ("2037-01-05 10:00+01:00", "2037-01-05 11:00+01:00")
    assert [it["room"] for it in rows(data, "find", *THEN, "--equipment", "projector")] == ["oak"]
    assert [it["room"] for it in rows(data, "find", *THEN, "--wish", "projector", "--near", "elm")] == ["oak", "elm"]
    assert lintel(data, "find", "--near", "Main").exit_code == 0
    assert lintel(data, "find", *THEN, "--people", "9").exit_code == 1


def test_a_day_is_shown_as_slots(data: Path) -> None:
    lintel(data, "closure", "add", "--room", "oak", *THEN, "--to", "2037-01-05T11:00+01:00", "--reason", "Painting")
    cells = rows(data, "find", *THEN, "--slots", "oak")
    assert (len(cells), cells[20]["state"], cells[20]["reason"], cells[22]["state"]) == (
        48,
        "closed",
        "Painting",
        "free",
    )


@pytest.mark.parametrize(
    "words",
    [("--from", "tomorrow"), (*THEN, "--to", "2037-01-05T11:00+01:00", "--minutes", "5"), ("--people", "-1"),
     ("--near", "nowhere"), ("--limit", "0")],
)  # fmt: skip
def test_what_makes_no_sense_is_wrong_usage(data: Path, words: tuple[str, ...]) -> None:
    assert lintel(data, "find", *words).exit_code == 2


def test_an_empty_queue_is_listed_and_run(data: Path) -> None:
    assert rows(data, "waiting", "list") == []
    assert lintel(data, "waiting", "list", "--room", "nowhere").exit_code == 1
    assert lintel(data, "waiting", "run").stderr == "0 offered, 0 lapsed, 0 over\n"
    assert lintel(data, "waiting", "remove", "1").exit_code == 1


def test_rules_are_tried_on_nothing(data: Path) -> None:
    told = lintel(data, "policy", "try", "oak", "max_minutes=60")
    assert (told.exit_code, told.stderr) == (0, "0 of 0 bookings in 1 rooms would have been refused\n")
    assert rows(data, "policy", "try", "house", "max_minutes=60", "--from", "2026-01-01")["rooms"] == 2
    assert lintel(data, "policy", "try", "oak", "max_minutes=60", "--from", "2020-01-01").exit_code == 2
    assert lintel(data, "policy", "try", "oak", "max_minuets=60").exit_code == 2
