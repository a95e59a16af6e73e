"""SQLite: settings that really hold, a fixed version, fair turns, and a busy or full disk that is said and survived."""

import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from server.core.errors import Full, Later
from server.engine import prepare
from server.store import sqlite
from server.store.database import Store, Tx, open_store
from server.store.sqlite import SqliteStore
from tests import make

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def store(fresh_sqlite: str) -> Iterator[Store]:
    with make.opened(fresh_sqlite) as opened:
        prepare(opened, make.Clock())
        yield opened


def put(store: Store, name: str, text: str = "x") -> None:
    store.writing(lambda tx: tx.run("INSERT INTO meta (name, value) VALUES (?,?)", (name, text)))


def names(store: Store) -> list[str]:
    with store.reading() as tx:
        return [
            row[0]
            for row in tx.rows("SELECT name FROM meta WHERE name NOT IN ('incarnation', 'instance_key') ORDER BY name")
        ]


def test_every_connection_has_the_settings_that_durability_needs(store: Store) -> None:
    told: list[list[object]] = []

    def ask() -> None:
        with store.reading() as tx:
            told.append([tx.rows(f"PRAGMA {name}")[0][0] for name in ("journal_mode", "synchronous", "foreign_keys")])
        store.close()

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == [["wal", 2, 1]] * 3


def test_a_database_that_will_not_take_a_setting_is_not_opened() -> None:
    with pytest.raises(RuntimeError, match="would not take PRAGMA journal_mode=wal"):
        open_store("sqlite:///:memory:").pending()


@pytest.mark.parametrize("version", ["3.40.1", "3.46.1", "3.51.2", "3.7.0"])
def test_a_version_with_the_wal_reset_bug_is_refused(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    monkeypatch.setattr(apsw, "sqlite_lib_version", lambda: version)
    with pytest.raises(RuntimeError, match=f"{version} can corrupt"):
        SqliteStore("unused.db")


@pytest.mark.parametrize("version", ["3.51.3", "3.52.0", "4.0"])
def test_a_mended_version_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str) -> None:
    monkeypatch.setattr(apsw, "sqlite_lib_version", lambda: version)
    assert SqliteStore(str(tmp_path / "x.db")).version() == f"SQLite {version}"


def test_a_locked_database_is_later_and_reading_goes_on(fresh_sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.1)
    with make.opened(fresh_sqlite) as store:
        prepare(store, make.Clock())
        other = apsw.Connection(fresh_sqlite.removeprefix("sqlite:///"))
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Later) as told:
            put(store, "a")
        assert told.value.retry_after >= 1
        assert names(store) == []
        other.execute("ROLLBACK")
        put(store, "a")
        assert names(store) == ["a"]
        other.close()


def test_a_reader_that_takes_its_time_blocks_nobody(store: Store) -> None:
    with store.reading() as tx:
        assert tx.rows("SELECT count(*) FROM meta WHERE name = 'a'") == [(0,)]
        writer = threading.Thread(target=lambda: (put(store, "a"), store.close()))
        writer.start()
        writer.join(timeout=10)
        assert not writer.is_alive()
        assert tx.rows("SELECT count(*) FROM meta WHERE name = 'a'") == [(0,)]
    assert names(store) == ["a"]


def test_a_full_database_refuses_writes_keeps_reading_and_recovers_by_itself(store: Store) -> None:
    def limit(pages: int) -> None:
        with store.reading() as tx:
            tx.rows(f"PRAGMA max_page_count = {pages}")

    put(store, "before")
    limit(1)  # SQLite takes what is there already as the least
    with pytest.raises(Full):
        fill(store)
    kept = names(store)
    with pytest.raises(Full):
        put(store, "more", "x" * 9000)
    assert names(store) == kept
    limit(1_000_000)
    put(store, "zz-after", "x" * 9000)
    assert names(store) == [*kept, "zz-after"]


def fill(store: Store) -> None:
    for number in range(1000):
        put(store, f"n{number:03}", "x" * 4000)


DISK = textwrap.dedent("""
    import resource, sys
    from server.core.errors import Full
    from server.engine import prepare
    from server.store.database import open_store
    from tests import make

    house = make.house(open_store(sys.argv[1]))
    _, secret = house.engine.tokens.create("Rita", "read", house.ada)
    limit = lambda most: resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    day = lambda n: make.at("10:00", n + 1)
    limit(2_000_000)  # no file may grow past this: what a full disk looks like from here
    booked = []
    for n in range(3000):
        try:
            booked.append(house.book(day(n), make.at("11:00", n + 1), description="x" * 2000).uid)
        except Full:
            break
    else:
        sys.exit("the disk never filled")
    for n in range(3):
        try:
            house.book(day(5000 + n), make.at("11:00", 5001 + n), description="x" * 9000)
            sys.exit("written to a full disk")
        except Full:
            pass
    assert len(house.engine.bookings.between("oak", house.rita, None)) == len(booked)
    assert house.engine.tokens.actor(secret).scope == "read"  # noting its use waits for the disk
    limit(resource.RLIM_INFINITY)
    house.book(day(6000), make.at("11:00", 6001))
    found = [b.uid for b in house.engine.bookings.between("oak", house.rita, None)]
    assert found[:-1] == booked, "lost or half written"
    with house.store.reading() as tx:
        assert tx.rows("PRAGMA integrity_check") == [("ok",)]
        assert tx.rows("PRAGMA foreign_key_check") == []
        assert tx.one("SELECT count(*) FROM hold") == (len(found),)
        assert tx.one("SELECT count(*) FROM change WHERE what = 'booked'") == (len(found),)
    print(len(booked))
""")


def test_a_full_disk_refuses_bookings_loses_none_and_is_left_behind_when_space_returns(fresh_sqlite: str) -> None:
    command = [sys.executable, "-c", DISK, fresh_sqlite]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 10


def test_a_folder_that_is_not_there_is_said_as_a_disk_that_cannot_save(tmp_path: Path) -> None:
    with pytest.raises(Full):
        prepare(open_store(f"sqlite:///{tmp_path}/nowhere/lintel.db"), make.Clock())


def test_what_fails_half_way_leaves_nothing(store: Store) -> None:
    def work(tx: Tx) -> None:
        tx.run("INSERT INTO meta (name, value) VALUES ('half', 'x')")
        raise KeyError("half")

    with pytest.raises(KeyError):
        store.writing(work)
    assert names(store) == []
    put(store, "whole")
    assert names(store) == ["whole"]


def locks(url: str) -> list[str]:
    """The system's locks on the index of the WAL, as "kind from to"."""
    inode = Path(f"{url.removeprefix('sqlite:///')}-shm").stat().st_ino
    held = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    return [" ".join([line[3], *line[6:]]) for line in held if line[5].endswith(f":{inode}")]


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux tells its locks")
def test_looking_for_news_gives_up_no_lock_that_sqlite_holds(store: Store, fresh_sqlite: str) -> None:
    put(store, "one")
    before = locks(fresh_sqlite)
    assert before == ["READ 128 128"]  # the switch that tells other processes that somebody is here
    for _ in range(3):
        store.generation()
        put(store, f"more {store.generation()}")
    assert locks(fresh_sqlite) == before
    with store.reading() as tx:
        tx.rows("SELECT 1 FROM meta")
        store.generation()
        assert len(locks(fresh_sqlite)) == 2


def test_news_is_noticed_where_the_index_is_not_found_in_memory(
    store: Store, fresh_sqlite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "mapped", lambda index: None)
    seen = [store.generation(), store.generation()]
    put(store, "mine")
    seen += [store.generation(), store.generation()]
    code = "import apsw, sys; apsw.Connection(sys.argv[1]).execute(\"INSERT INTO meta VALUES ('theirs', '')\")"
    subprocess.run([sys.executable, "-c", code, fresh_sqlite.removeprefix("sqlite:///")], check=True, timeout=60)
    seen += [store.generation(), store.generation()]
    assert [number - seen[0] for number in seen] == [0, 0, 1, 1, 2, 2]


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux tells what is in memory")
def test_the_index_is_found_in_memory_where_the_system_tells(store: Store, fresh_sqlite: str) -> None:
    put(store, "one")
    path = Path(fresh_sqlite.removeprefix("sqlite:///")).resolve()
    head = sqlite.mapped(f"{path}-shm")
    assert head is not None
    before = head.raw
    assert before != bytes(sqlite.INDEX_HEAD)
    put(store, "two")
    assert head.raw != before
    assert sqlite.mapped("/nowhere-shm") is None
