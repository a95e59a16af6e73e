"""A backup holds all there was at one instant; what is put back was proven first, and begins another life."""

import random
import threading
from datetime import timedelta
from pathlib import Path

import apsw
import pytest

from kiosk.client import Client, Resync
from server.core.access import CLI
from server.core.clock import SystemClock
from server.core.errors import Refused
from server.engine import engine_of
from server.engine.backup import Backup
from server.settings import environment
from server.store import beside, meta, sqlite_copy
from server.store.database import Store, open_store
from tests import make
from tests.cluster import free_port
from tests.processes import start_server, stop


def quiet(_: str, __: int, ___: int) -> None:
    """Nobody watches."""


def backups(url: str) -> Backup:
    return Backup(url, SystemClock(), environment())


def furnished(url: str) -> None:
    """A house with a booking, closed again."""
    with make.opened(url) as store:
        make.house(store).book("11:00", "12:00")


def life(url: str) -> str:
    """The incarnation of a database."""
    with make.opened(url) as store, store.reading() as tx:
        return meta.get(tx, "incarnation") or ""


def bookings(url: str) -> int:
    with make.opened(url) as store, store.reading() as tx:
        return int(tx.rows("SELECT count(*) FROM occurrence")[0][0])


def code(error: pytest.ExceptionInfo[Refused]) -> str:
    (objection,) = error.value.objections
    return objection.code


def test_what_was_saved_is_put_back_as_another_life_of_the_house(database_url: str, tmp_path: Path) -> None:
    furnished(database_url)
    file, before = tmp_path / "house.backup", life(database_url)
    backups(database_url).take(file, quiet)
    assert file.stat().st_mode & 0o777 == 0o600
    with make.opened(database_url) as store:
        house = engine_of(store, make.Clock())
        house.bookings.book(make.ask("14:00", "15:00"), CLI)
    done = backups(database_url).restore(file, quiet)
    assert (done.bookings, bookings(database_url)) == (1, 1)
    assert life(database_url) not in ("", before)
    with make.opened(database_url) as store:
        engine = engine_of(store, make.Clock())
        assert engine.audit.verify(CLI).found is None
        with store.reading() as tx:
            assert tx.rows("SELECT what FROM change ORDER BY seq DESC LIMIT 1") == [("restored",)]
        engine.bookings.book(make.ask("16:00", "17:00"), CLI)
    kept = f"sqlite:///{done.kept}" if "/" in done.kept else database_url.rpartition("/")[0] + f"/{done.kept}"
    assert bookings(kept) == 2


def test_the_file_beside_the_database_speaks_of_the_new_life(database_url: str, tmp_path: Path) -> None:
    furnished(database_url)
    it = Backup(database_url, SystemClock(), environment(), tmp_path)
    it.take(tmp_path / "house.backup", quiet)
    it.restore(tmp_path / "house.backup", quiet)
    path = beside.place(database_url, tmp_path)
    assert path is not None
    kept = beside.read(path)
    assert kept is not None
    assert kept.incarnation == life(database_url)


def test_who_puts_back_what_is_old_need_not_say_that_the_clock_is_right(fresh_sqlite: str, tmp_path: Path) -> None:
    with make.opened(fresh_sqlite) as store:
        make.house(store, make.Clock(SystemClock().now() - timedelta(days=30))).engine.alive.beat()
    backups(fresh_sqlite).take(tmp_path / "house.backup", quiet)
    backups(fresh_sqlite).restore(tmp_path / "house.backup", quiet)
    with make.opened(fresh_sqlite) as store:
        assert engine_of(store, SystemClock()).clock_trusted()


def test_heads_from_before_a_backup_go_on_and_later_ones_tell_what_was_lost(fresh_sqlite: str, tmp_path: Path) -> None:
    furnished(fresh_sqlite)
    heads = []
    with make.opened(fresh_sqlite) as store:
        engine = engine_of(store, make.Clock())
        heads.append(engine.audit.head(make.NOW))
        backups(fresh_sqlite).take(tmp_path / "house.backup", quiet)
        for hour in range(14, 17):
            engine.bookings.book(make.ask(f"{hour}:00", f"{hour}:30"), CLI)
        heads.append(engine.audit.head(make.NOW))
    backups(fresh_sqlite).restore(tmp_path / "house.backup", quiet)
    with make.opened(fresh_sqlite) as store:
        audit = engine_of(store, make.Clock()).audit
        early, late = heads
        assert early is not None
        assert late is not None
        assert audit.verify(CLI, elsewhere=[early]).found is None
        found = audit.verify(CLI, elsewhere=[early, late]).found
        assert found is not None
        assert (found.code, found.number) in (("cut", 2), ("head", 2))
        fresh = audit.head(make.NOW)
        assert fresh is not None
        assert fresh.incarnation != early.incarnation
        assert audit.verify(CLI, elsewhere=[early, fresh]).found is None


def test_a_file_that_is_there_is_written_over_only_when_told_to(fresh_sqlite: str, tmp_path: Path) -> None:
    furnished(fresh_sqlite)
    file = tmp_path / "house.backup"
    file.write_text("mine", encoding="utf-8")
    with pytest.raises(Refused) as no:
        backups(fresh_sqlite).take(file, quiet)
    assert code(no) == "file_there"
    assert file.read_text() == "mine"
    backups(fresh_sqlite).take(file, quiet, force=True)
    assert [it.name for it in tmp_path.iterdir() if "part" in it.name] == []
    assert backups(fresh_sqlite).restore(file, quiet).bookings == 1


def test_nothing_is_replaced_while_anybody_uses_the_database(database_url: str, tmp_path: Path) -> None:
    furnished(database_url)
    file, before = tmp_path / "house.backup", life(database_url)
    backups(database_url).take(file, quiet)
    store = open_store(database_url)
    try:
        with store.reading() as tx:
            tx.rows("SELECT 1 FROM room")
        with pytest.raises(Refused) as no:
            backups(database_url).restore(file, quiet)
    finally:
        store.close()
    assert code(no) == "backup_in_use"
    assert life(database_url) == before
    assert [it for it in tmp_path.iterdir() if "restor" in it.name] == []


def test_a_backup_is_put_where_nothing_is(tmp_path: Path, fresh_sqlite: str) -> None:
    furnished(fresh_sqlite)
    backups(fresh_sqlite).take(tmp_path / "house.backup", quiet)
    (tmp_path / "new").mkdir()
    other = f"sqlite:///{tmp_path / 'new' / 'lintel.db'}"
    done = backups(other).restore(tmp_path / "house.backup", quiet)
    assert (done.kept, bookings(other)) == ("", 1)


def damaged(file: Path, sql: str) -> None:
    """Changes a backup by hand, past the law."""
    connection = apsw.Connection(str(file))
    for trigger in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f'DROP TRIGGER "{trigger[0]}"')
    connection.execute(sql)
    connection.close()


@pytest.mark.parametrize(
    ("sql", "no"),
    [
        ("UPDATE change SET actor = 'x' WHERE seq = 1", "backup_audit_broken"),
        ("DELETE FROM change", "backup_audit_broken"),
        ("INSERT INTO hold (occurrence_id, room_id, lane, held_from, held_to, active) "
         "SELECT occurrence_id, room_id, lane, held_from + 60, held_to, active FROM hold", "backup_overlapping"),
        ("UPDATE hold SET room_id = 99", "backup_damaged"),
        ("INSERT INTO migration (number, at) VALUES (9999, 0)", "backup_newer"),
        ("DROP TABLE migration", "backup_not_lintel"),
    ],
)  # fmt: skip
def test_a_backup_that_is_not_in_order_replaces_nothing(fresh_sqlite: str, tmp_path: Path, sql: str, no: str) -> None:
    furnished(fresh_sqlite)
    file, before = tmp_path / "house.backup", life(fresh_sqlite)
    backups(fresh_sqlite).take(file, quiet)
    damaged(file, sql)
    with pytest.raises(Refused) as refused:
        backups(fresh_sqlite).restore(file, quiet)
    assert code(refused) == no
    assert life(fresh_sqlite) == before


def test_a_torn_backup_replaces_nothing(fresh_sqlite: str, tmp_path: Path) -> None:
    furnished(fresh_sqlite)
    file, before = tmp_path / "house.backup", life(fresh_sqlite)
    backups(fresh_sqlite).take(file, quiet)
    whole = file.read_bytes()
    chance = random.Random(3)
    for size in (0, 10, 1000, len(whole) // 2, len(whole) - 4096):
        file.write_bytes(whole[:size])
        with pytest.raises(Refused) as no:
            backups(fresh_sqlite).restore(file, quiet)
        assert code(no) in ("backup_damaged", "backup_not_lintel")
    at = chance.randrange(4096, len(whole))
    file.write_bytes(whole[:at] + bytes(range(256)) * 64 + whole[at + 16_384 :])
    with pytest.raises(Refused):
        backups(fresh_sqlite).restore(file, quiet)
    with pytest.raises(Refused) as no:
        backups(fresh_sqlite).restore(tmp_path / "none", quiet)
    assert code(no) == "backup_no_file"
    assert life(fresh_sqlite) == before


def test_a_backup_taken_while_many_write_is_of_one_instant(
    fresh_sqlite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_copy, "STEP", 4)
    furnished(fresh_sqlite)
    ended = threading.Event()
    with make.opened(fresh_sqlite) as store:
        writing = threading.Thread(target=lambda: write_until(store, ended))
        writing.start()
        try:
            backups(fresh_sqlite).take(tmp_path / "house.backup", quiet)
        finally:
            ended.set()
            writing.join()
    assert bookings(fresh_sqlite) > 5
    (tmp_path / "new").mkdir()
    backups(f"sqlite:///{tmp_path / 'new' / 'lintel.db'}").restore(tmp_path / "house.backup", quiet)


def write_until(store: Store, ended: threading.Event) -> None:
    """Books one slot after the other."""
    engine, number = engine_of(store, make.Clock()), 0
    while not ended.is_set():
        starts = make.at("13:00", 1 + number // 20)
        number += 1
        starts = starts.replace(minute=0) + (number % 20) * (make.at("10:30") - make.at("10:00"))
        engine.bookings.book(make.ask(starts, starts + (make.at("10:30") - make.at("10:00"))), CLI)
    store.close()


def test_a_copy_that_makes_the_log_too_long_begins_anew_and_at_last_gives_up(
    fresh_sqlite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_copy, "STEP", 4)
    monkeypatch.setattr(sqlite_copy, "LONGEST_LOG", -1)
    furnished(fresh_sqlite)
    with pytest.raises(Refused) as no:
        backups(fresh_sqlite).take(tmp_path / "house.backup", quiet)
    assert code(no) == "backup_too_busy"
    assert list(tmp_path.glob("*backup*")) == []


def test_a_backup_of_the_other_kind_of_database_is_told_apart(
    fresh_sqlite: str, fresh_postgres: str, tmp_path: Path
) -> None:
    for url in (fresh_sqlite, fresh_postgres):
        furnished(url)
    backups(fresh_sqlite).take(tmp_path / "a", quiet)
    backups(fresh_postgres).take(tmp_path / "b", quiet)
    for url, file in ((fresh_sqlite, "b"), (fresh_postgres, "a")):
        with pytest.raises(Refused) as no:
            backups(url).restore(tmp_path / file, quiet)
        assert code(no) == "backup_other_kind"


def test_without_postgresqls_programs_it_says_what_is_missing(fresh_postgres: str, tmp_path: Path) -> None:
    furnished(fresh_postgres)
    with pytest.raises(Refused) as no:
        Backup(fresh_postgres, SystemClock(), {"PATH": "/nonexistent"}).take(tmp_path / "b", quiet)
    assert code(no) == "backup_no_program"
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def served(database_url: str) -> tuple[str, str, int]:
    """The address, a panel's token and a port on which a server can run."""
    with make.opened(database_url) as store:
        _, token, _ = make.house(store).panel()
    return database_url, token, free_port()


def test_a_panel_begins_anew_after_a_restore(served: tuple[str, str, int], tmp_path: Path) -> None:
    url, token, port = served
    file = tmp_path / "house.backup"
    server = start_server(url, tmp_path, port)
    panel = Client(f"http://127.0.0.1:{port}", token=token, elapsed=lambda: 0.0)
    try:
        backups(url).take(file, quiet)
        with make.opened(url) as store:
            engine_of(store, make.Clock()).bookings.book(make.ask("11:00", "12:00"), CLI)
        plan, _ = panel.snapshot("oak")
        panel.feed("oak", after=plan.seq, incarnation=plan.incarnation)
        with pytest.raises(Refused) as no:
            backups(url).restore(file, quiet)
        assert code(no) == "backup_in_use"
        stop(server)
        backups(url).restore(file, quiet)
        server = start_server(url, tmp_path, port)
        with pytest.raises(Resync):
            panel.feed("oak", after=plan.seq, incarnation=plan.incarnation)
        fresh, _ = panel.snapshot("oak")
        assert fresh.incarnation != plan.incarnation
        panel.feed("oak", after=fresh.seq, incarnation=fresh.incarnation)
    finally:
        panel.close()
        stop(server)
