"""PostgreSQL: locked, gone, back again, deadlocked: said as Later, tried again where that helps, recovered from."""

import threading
from collections.abc import Callable, Iterator

import psycopg
import pytest

from server.core.errors import Full, Later
from server.engine import prepare
from server.store import postgres
from server.store.database import Note, Store, Tx, open_store
from tests import make
from tests.cluster import Cluster


@pytest.fixture
def store(shared_postgres_url: str) -> Iterator[Store]:
    with make.opened(shared_postgres_url) as opened:
        yield make.emptied(opened)


def put(store: Store, name: str) -> None:
    store.writing(lambda tx: tx.run("INSERT INTO meta (name, value) VALUES (?, 'x')", (name,)))


def names(store: Store) -> list[str]:
    with store.reading() as tx:
        return [row[0] for row in tx.rows("SELECT name FROM meta WHERE name <> 'instance_key' ORDER BY name")]


def raising(error: Exception, times: int) -> Callable[[Tx], str]:
    """Work that fails so often before it succeeds."""
    left = [times]

    def work(tx: Tx) -> str:
        tx.run("INSERT INTO meta (name, value) VALUES ('done', 'x')")
        if left[0]:
            left[0] -= 1
            raise error
        return "done"

    return work


@pytest.mark.parametrize("error", [kind() for kind in postgres.AGAIN])
def test_what_a_second_run_may_settle_is_run_again_at_most_twice(store: Store, error: Exception) -> None:
    assert store.writing(raising(error, 2)) == "done"
    assert names(store) == ["done"]
    store.writing(lambda tx: tx.run("DELETE FROM meta"))
    with pytest.raises(Later):
        store.writing(raising(error, 3))
    assert names(store) == []


def test_a_real_deadlock_is_survived(shared_postgres_url: str, store: Store) -> None:
    put(store, "a")
    put(store, "b")
    both = threading.Barrier(2, timeout=5)
    tries: list[str] = []

    def touch(first: str, second: str) -> None:
        with make.opened(shared_postgres_url) as mine:

            def work(tx: Tx) -> None:
                tries.append(first)
                tx.run("UPDATE meta SET value = value || 'y' WHERE name = ?", (first,))
                if tries.count(first) == 1:
                    both.wait()
                tx.run("UPDATE meta SET value = value || 'y' WHERE name = ?", (second,))

            mine.writing(work)

    threads = [threading.Thread(target=touch, args=pair) for pair in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert len(tries) > 2
    with store.reading() as tx:
        assert tx.rows("SELECT DISTINCT value FROM meta") == [("xyy",)]


def test_a_lock_that_is_not_given_is_later(shared_postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(postgres.LIMITS, "lock_timeout", "100ms")
    with make.opened(shared_postgres_url) as store, psycopg.connect(shared_postgres_url) as other:
        put(make.emptied(store), "a")
        other.execute("UPDATE meta SET value = 'held'")
        with pytest.raises(Later) as told:
            store.writing(lambda tx: tx.run("UPDATE meta SET value = 'mine'"))
        assert told.value.retry_after >= 1
        assert names(store) == ["a"]
        other.rollback()
        store.writing(lambda tx: tx.run("UPDATE meta SET value = 'mine'"))


def test_the_feeds_lock_held_by_a_stranger_is_later_too(
    shared_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(postgres.LIMITS, "lock_timeout", "100ms")
    with make.opened(shared_postgres_url) as store, psycopg.connect(shared_postgres_url) as other:
        make.emptied(store)
        other.execute("SELECT seq FROM change_end FOR UPDATE")
        with pytest.raises(Later):
            store.writing(lambda tx: tx.note(Note(make.NOW, "happened", None, None, "cli")))


def test_a_statement_that_takes_for_ever_is_later(shared_postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(postgres.LIMITS, "statement_timeout", "100ms")
    with make.opened(shared_postgres_url) as store:
        with pytest.raises(Later), store.reading() as tx:
            tx.rows("SELECT pg_sleep(10)")
        assert store.pending() == []


def test_a_migration_may_wait_and_take_its_time(bare_postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(postgres.LIMITS, "lock_timeout", "50ms")
    with make.opened(bare_postgres) as store, psycopg.connect(bare_postgres) as other:
        other.execute(f"SELECT pg_advisory_xact_lock({postgres.MIGRATION_LOCK})".encode())
        timer = threading.Timer(0.3, other.rollback)
        timer.start()
        assert prepare(store, make.Clock()) != []
        timer.join()


def test_a_connection_that_dies_in_the_middle_is_later_and_the_next_works(store: Store) -> None:
    put(store, "before")

    def work(tx: Tx) -> None:
        tx.run("INSERT INTO meta (name, value) VALUES ('half', 'x')")
        tx.run("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(Later):
        store.writing(work)
    assert names(store) == ["before"]
    put(store, "next")
    with pytest.raises(Later), store.reading() as tx:
        tx.run("SELECT pg_terminate_backend(pg_backend_pid())")
    assert names(store) == ["before", "next"]


def test_a_server_that_takes_no_writes_is_said_as_full_and_reading_goes_on(store: Store) -> None:
    def work(tx: Tx) -> None:
        tx.run("SET TRANSACTION READ ONLY")
        tx.run("INSERT INTO meta (name, value) VALUES ('half', 'x')")

    with pytest.raises(Full):
        store.writing(work)
    assert names(store) == []


@pytest.mark.parametrize(
    "url", ["postgresql://lintel@127.0.0.1:9/none", "postgresql://lintel@no-such-host.invalid/none"]
)
def test_no_server_at_all_is_later(url: str) -> None:
    store = open_store(url)
    for ask in (store.pending, store.generation, lambda: store.migrate(make.NOW), lambda: put(store, "a")):
        with pytest.raises(Later):
            ask()


def test_a_restart_of_the_server_costs_nothing_but_the_time_it_is_away(postgres_cluster: Cluster) -> None:
    cluster = Cluster()
    try:
        with make.opened(cluster.create()) as store:
            prepare(store, make.Clock())
            put(store, "before")
            cluster.halt()
            for ask in (store.generation, lambda: put(store, "away"), lambda: names(store)):
                with pytest.raises(Later) as told:
                    ask()
                assert told.value.retry_after >= 1
            cluster.resume()
            put(store, "after")
            assert names(store) == ["after", "before", "incarnation"]
            cluster.halt()
            cluster.resume()
            assert names(store) == ["after", "before", "incarnation"]
    finally:
        cluster.stop()


def test_what_is_acknowledged_is_on_the_disk_though_the_database_was_set_otherwise(fresh_postgres: str) -> None:
    with psycopg.connect(fresh_postgres, autocommit=True) as admin:
        admin.execute("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', "
                      "current_database()); END $$")  # fmt: skip
    with psycopg.connect(fresh_postgres) as other:
        assert other.execute("SHOW synchronous_commit").fetchall() == [("off",)]
    with make.opened(fresh_postgres) as store, store.reading() as tx:
        assert tx.rows("SHOW synchronous_commit") == [("on",)]
