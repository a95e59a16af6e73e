"""`lintel work` and `lintel clock`: what is done by itself, and by which clock."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from server import compose
from server.cli import main
from server.core.clock import SystemClock
from server.settings import Settings
from server.work.together import work_of
from tests import make


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    assert lintel(folder, "init").exit_code == 0
    return folder


def lintel(data: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--data", str(data)])


def listed(data: Path, *words: str) -> list[dict[str, Any]]:
    found = lintel(data, *words, "--json")
    assert found.exit_code == 0, found.output
    rows: list[dict[str, Any]] = json.loads(found.stdout)
    return rows


def test_it_is_listed_who_does_what_and_what_is_stuck(data: Path) -> None:
    engine = compose.engine(Settings(database_url=f"sqlite:///{data / 'lintel.db'}"))
    it = work_of(engine, process=7, zone="UTC")
    it.beat()
    it.look()
    engine.store.writing(lambda tx: tx.run("INSERT INTO stuck VALUES ('letters', 3, 2, 99999999999, 'KeyError')"))
    engine.store.close()
    rows = listed(data, "work", "list")
    by = {(row["kind"], row["name"]): row for row in rows}
    assert by["sweep", "outbox"]["state"].startswith("7-")
    assert by["job", "retention"]["state"] == "done"
    assert by["listener", "letters"]["state"] == "0 behind"
    assert by["stuck", "letters"]["state"] == "KeyError"
    assert "2 tries" in by["stuck", "letters"]["more"]
    assert lintel(data, "work", "list").exit_code == 0
    assert "1 to be tried again" in lintel(data, "work", "retry").stderr


def test_a_clock_that_is_not_believed_is_shown_and_may_be_accepted(data: Path) -> None:
    assert listed(data, "clock", "show")[0]["believed"] is True
    engine = compose.engine(
        Settings(database_url=f"sqlite:///{data / 'lintel.db'}"),
        clock=make.Clock(SystemClock().now() + timedelta(days=1)),
    )
    engine.alive.beat()
    engine.store.close()
    assert listed(data, "clock", "show")[0]["believed"] is False
    assert lintel(data, "clock", "accept").exit_code == 0
    assert listed(data, "clock", "show")[0]["believed"] is True
