"""The disk is watched: tickets before it is full, ballast for the moment it is, and no reading that lasts for ever."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from server.cli import main
from server.core.errors import Later
from server.engine.disk import Disk
from server.store import disk, sqlite
from server.store.disk import MIB, Room
from tests import make


class Disks:
    """What the disk is said to be like, but for the ballast, which is really there."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.total, self.free, self.folder = 1000 * MIB, 500 * MIB, folder
        monkeypatch.setattr(disk, "room", lambda _: Room(self.total, self.free, self.ballast))

    @property
    def ballast(self) -> int:
        path = self.folder / disk.NAME
        return path.stat().st_size if path.exists() else 0


@pytest.fixture
def watched(sqlite_house: make.House, monkeypatch: pytest.MonkeyPatch) -> tuple[Disk, Disks]:
    folder = sqlite_house.store.folder
    assert folder is not None
    return replace(sqlite_house.engine.disk, ballast=MIB), Disks(monkeypatch, folder)


def tickets(it: Disk) -> list[tuple[str, str]]:
    with it.store.reading() as tx:
        return tx.rows("SELECT subject, state FROM ticket WHERE category = 'disk_low' ORDER BY subject")


def test_a_ticket_is_opened_at_85_and_at_95_percent_and_closed_when_there_is_room(watched: tuple[Disk, Disks]) -> None:
    it, there = watched
    steps = [(500, []), (160, []), (150, ["disk:85"]), (160, ["disk:85"]), (50, ["disk:85", "disk:95"]),
             (100, ["disk:85"]), (190, [])]  # fmt: skip
    for free, wanted in steps:
        there.free = free * MIB
        it.watch()
        assert [subject for subject, state in tickets(it) if state == "open"] == wanted, free


def test_ballast_is_laid_where_there_is_plenty_and_given_up_where_there_is_nothing(watched: tuple[Disk, Disks]) -> None:
    it, there = watched
    assert it.watch() == {"used": 50, "given": 0}
    assert there.ballast == MIB
    assert (there.folder / disk.NAME).stat().st_blocks * 512 >= MIB
    there.free = 5 * MIB
    assert it.watch()["given"] == MIB
    assert there.ballast == 0
    assert ("disk:95", "open") in tickets(it)
    assert it.watch()["given"] == 0
    assert there.ballast == 0
    there.free = 500 * MIB
    it.watch()
    assert there.ballast == MIB
    assert replace(it, ballast=0).watch()["given"] == 0
    assert there.ballast == 0


def test_ballast_is_given_up_when_told_to(watched: tuple[Disk, Disks]) -> None:
    it, there = watched
    it.watch()
    assert it.free_ballast() == MIB
    assert (it.free_ballast(), there.ballast) == (0, 0)


def test_the_doctor_gives_ballast_up(watched: tuple[Disk, Disks]) -> None:
    it, there = watched
    it.watch()
    told = CliRunner().invoke(main, ["doctor", "--free-ballast", "--data", str(there.folder)])
    assert "1,048,576 bytes of ballast given up" in told.stderr
    assert there.ballast == 0


def test_another_servers_disk_is_not_ours_to_watch(postgres_house: make.House) -> None:
    assert postgres_house.engine.disk.watch() == {}
    assert postgres_house.engine.disk.free_ballast() == 0


def test_a_reading_that_takes_too_long_is_ended(sqlite_house: make.House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "READ_SECONDS", 0.2)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    with pytest.raises(Later), sqlite_house.store.reading() as tx:
        tx.rows(endless)
    with pytest.raises(Later), sqlite_house.store.reading() as tx:  # noqa: PT012 - it must be ended between two looks
        while True:
            tx.rows("SELECT 1 FROM room")
    monkeypatch.undo()
    assert sqlite_house.book("11:00", "12:00").id


def test_a_long_log_is_emptied(sqlite_house: make.House) -> None:
    sqlite_house.book("11:00", "12:00")
    folder = sqlite_house.store.folder
    assert folder is not None
    log = folder / "lintel.db-wal"
    sqlite_house.store.shorten(log.stat().st_size)
    assert log.stat().st_size > 0
    sqlite_house.store.shorten(0)
    assert log.stat().st_size == 0
    assert sqlite_house.book("12:00", "13:00").id
