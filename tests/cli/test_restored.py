"""What staff type after a backup was put in place, or a copy was put back by hand."""

import gc
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server import compose
from server.cli import main
from server.core.access import CLI
from server.engine import Engine
from server.engine.lineage import mark
from server.settings import load
from server.store import beside, recovered
from server.store.recovered import Recovered
from tests import make


def lintel(data: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--data", str(data)])


def opened(data: Path) -> Engine:
    return compose.engine(load(data, environment={}).settings, folder=data)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with Oak, to which something came back."""
    folder = tmp_path / "data"
    assert lintel(folder, "init").exit_code == 0
    engine = opened(folder)
    oak = engine.rooms.add(make.room("oak"), CLI)
    soon = engine.clock.now().replace(second=0, microsecond=0)
    row = Recovered(
        0, "life", oak.number, "uid-1", None, 1, soon, soon.replace(second=30), "listed", None, None, soon
    )  # fmt: skip
    engine.store.writing(lambda tx: recovered.put(tx, row))
    engine.lineage.keep()
    engine.store.close()
    return folder


def test_what_came_back_is_listed_until_somebody_has_looked(data: Path) -> None:
    (row,) = json.loads(lintel(data, "recovered", "list", "--json").stdout)
    assert (row["number"], row["room"], row["outcome"], row["uid"], row["seen"]) == (1, "oak", "listed", "uid-1", False)
    assert lintel(data, "recovered", "seen", "1").exit_code == 0
    assert json.loads(lintel(data, "recovered", "list", "--json").stdout) == []
    assert "uid-1" in lintel(data, "recovered", "list", "--all", "--room", "oak").stdout
    assert lintel(data, "recovered", "seen", "7").exit_code == 1


def test_a_copy_that_was_put_back_is_told_by_the_doctor_and_noticed_by_the_next_command(data: Path) -> None:
    database = data / "lintel.db"
    assert lintel(data, "backup", str(data.parent / "copy.db")).exit_code == 0
    assert "database.behind" not in lintel(data, "doctor").output
    engine = opened(data)
    engine.rooms.add(make.room("elm"), CLI)
    engine.lineage.keep()
    before = engine.lineage.found()
    engine.store.close()
    gc.collect()  # a connection that a command left open would take the next one's log away when it is closed
    for tail in ("-wal", "-shm"):
        database.with_name(database.name + tail).unlink(missing_ok=True)
    (data.parent / "copy.db").replace(database)
    assert "database.behind" in lintel(data, "doctor").output
    assert lintel(data, "room", "list").exit_code == 0
    assert "database.behind" not in lintel(data, "doctor").output
    engine = opened(data)
    with engine.store.reading() as tx:
        assert mark(tx).incarnation != before.incarnation
    kept = beside.read(data / "lintel.db.incarnation")
    assert kept is not None
    assert kept.incarnation == engine.lineage.found().incarnation
    engine.store.close()
