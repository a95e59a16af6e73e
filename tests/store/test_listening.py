"""Who waits for commits hears of them at once, whichever process wrote, and after the database was away."""

import threading
from collections.abc import Iterator

import pytest

from server.core.errors import Later
from server.engine import prepare
from server.store.database import Listening, Note, Store, Tx
from server.store.notified import Notified
from tests import make
from tests.cluster import Cluster

PATIENT = 20.0


def note(store: Store) -> None:
    store.writing(lambda tx: tx.note(Note(make.NOW, "happened", None, None, "cli")))


@pytest.fixture
def ear(store: Store) -> Iterator[Listening]:
    found = store.listening()
    found.wait(0.01)  # connects, however long that takes
    yield found
    found.close()


def test_a_commit_that_tells_something_is_heard(store: Store, ear: Listening) -> None:
    thread = threading.Thread(target=note, args=(store,))
    thread.start()
    assert ear.wait(PATIENT)
    thread.join()
    note(store)  # nobody waits at this moment
    assert ear.wait(PATIENT)
    assert not ear.wait(0.01)


def test_what_tells_nothing_or_was_taken_back_is_not_heard(store: Store, ear: Listening) -> None:
    def refused(tx: Tx) -> None:
        tx.note(Note(make.NOW, "happened", None, None, "cli"))
        raise Later(1)

    store.writing(lambda tx: tx.run("INSERT INTO meta (name, value) VALUES ('a', 'x')"))
    with pytest.raises(Later):
        store.writing(refused)
    assert not ear.wait(0.05)


def test_many_commits_are_one_word_and_all_ears_hear_it(store: Store, ear: Listening) -> None:
    other = store.listening()
    other.wait(0.01)
    for _ in range(3):
        note(store)
    assert ear.wait(PATIENT)
    assert other.wait(PATIENT)
    other.close()


def test_who_waits_can_be_woken(ear: Listening) -> None:
    timer = threading.Timer(0.05, ear.wake)
    timer.start()
    ear.wait(PATIENT)  # returns long before that; the test would run into its time-out otherwise
    timer.join()


def test_another_process_is_heard_on_postgresql(shared_postgres_url: str) -> None:
    with make.opened(shared_postgres_url) as one, make.opened(shared_postgres_url) as other:
        ear = make.emptied(one).listening()
        assert ear.wait(PATIENT)  # connected
        ear.wait(0.1)
        note(other)
        assert ear.wait(PATIENT)
        ear.close()


def test_a_server_that_cannot_be_reached_is_no_error() -> None:
    ear = Notified("postgresql://lintel@127.0.0.1:9/none", {"connect_timeout": 2})
    assert not ear.wait(0.05)
    assert not ear.wait(0.05)
    ear.wake()
    ear.close()
    ear.wake()


@pytest.mark.heavy
def test_a_restart_of_the_database_is_survived_and_what_was_missed_is_word_too() -> None:
    cluster = Cluster()
    try:
        with make.opened(cluster.create()) as store:
            prepare(store, make.Clock())
            ear = store.listening()
            assert ear.wait(PATIENT)  # connected
            cluster.halt()
            assert not ear.wait(0.2)
            cluster.resume()
            note(store)
            while not ear.wait(1.0):
                pass  # it is connected anew; the test's own time-out is the end
            note(store)
            assert ear.wait(PATIENT)
            ear.close()
    finally:
        cluster.stop()
