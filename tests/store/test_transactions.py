"""Reading sees one instant; writing is whole or not at all; news is noticed, whoever commits it."""

import hashlib
import json
import subprocess
import sys
import threading
from pathlib import Path

import apsw
import pytest

from server.store import changes
from server.store.database import Note, Store, Tx
from tests import make

ROOT = Path(__file__).resolve().parents[2]
COMMIT = """
import sys
from server.store.database import Note, open_store
from tests import make
store = open_store(sys.argv[1])
store.writing(lambda tx: tx.note(Note(make.NOW, "happened", None, None, "cli")))
"""


def happen(store: Store, what: str = "happened", room: int | None = None, text: dict[str, str] | None = None) -> None:
    store.writing(lambda tx: tx.note(Note(make.NOW, what, room, None, "cli", text=text)))


def in_a_thread(store: Store, what: str) -> None:
    def work() -> None:
        happen(store, what)
        store.close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(timeout=20)
    assert not thread.is_alive()


def test_reading_sees_one_instant_of_the_database(store: Store) -> None:
    happen(store, "before")
    with store.reading() as tx:
        first = changes.head(tx)
        in_a_thread(store, "meanwhile")
        assert changes.head(tx) == first
        assert tx.rows("SELECT what FROM change") == [("before",)]
    with store.reading() as tx:
        assert changes.head(tx) > first


def test_what_fails_half_way_leaves_nothing_and_notes_nothing(store: Store) -> None:
    def work(tx: Tx) -> None:
        tx.run("INSERT INTO meta (name, value) VALUES ('half', 'x')")
        tx.note(Note(make.NOW, "half", None, None, "cli"))
        raise KeyError("half")

    with pytest.raises(KeyError):
        store.writing(work)
    with store.reading() as tx:
        assert tx.rows("SELECT name FROM meta") == []
        assert changes.head(tx) == 0 or tx.rows("SELECT * FROM change") == []
    happen(store, "whole")


def test_a_transaction_within_a_transaction_is_a_fault_that_is_seen(store: Store) -> None:
    def nested(tx: Tx) -> None:
        with store.reading():
            pass

    with store.reading() as tx, pytest.raises((RuntimeError, apsw.SQLError)):
        nested(tx)
    with pytest.raises((RuntimeError, apsw.SQLError)):
        store.writing(nested)
    happen(store)


def test_writing_hands_back_what_the_work_returned(store: Store) -> None:
    assert store.writing(lambda tx: tx.one("SELECT 1 + 1")) == (2,)


def test_the_text_of_a_change_lies_apart_and_can_be_erased_without_breaking_its_digest(store: Store) -> None:
    happen(store, "said", text={"title": "Söllner", "organizer": "A"})
    with store.reading() as tx:
        seq, digest, codes = tx.rows("SELECT seq, digest, codes FROM change")[0]
        salt, body = tx.rows(f"SELECT salt, body FROM change_text WHERE seq = {seq}")[0]
    assert json.loads(body) == {"title": "Söllner", "organizer": "A"}
    assert hashlib.sha256((salt + body).encode()).hexdigest() == digest
    assert codes == ""
    store.writing(lambda tx: tx.run("DELETE FROM change_text"))
    with store.reading() as tx:
        assert tx.rows("SELECT seq, digest FROM change") == [(seq, digest)]


def test_the_same_words_twice_have_digests_that_tell_nothing(store: Store) -> None:
    for _ in range(2):
        happen(store, "said", text={"title": "Salary"})
    with store.reading() as tx:
        assert len({row[0] for row in tx.rows("SELECT digest FROM change")}) == 2


def test_the_feed_of_a_room_holds_its_changes_alone(store: Store) -> None:
    for room in (1, 2, None, 1):
        happen(store, f"in {room}", room)
    with store.reading() as tx:
        mine = changes.after(tx, 1, 0, 10)
        assert [change.what for change in mine] == ["in 1", "in 1"]
        assert [change.what for change in changes.after(tx, 1, mine[0].seq, 10)] == ["in 1"]
        assert len(changes.after(tx, 1, 0, 1)) == 1
        assert changes.head(tx, 1) == mine[-1].seq == changes.head(tx)
        assert changes.head(tx, 9) == 0
        assert mine[0].seq < changes.general_head(tx) < mine[1].seq


def test_news_is_noticed_whoever_commits_it(store: Store, url: str) -> None:
    seen = [store.generation()]
    assert store.generation() == seen[0]
    for step in (
        lambda: happen(store),
        lambda: in_a_thread(store, "elsewhere"),
        lambda: subprocess.run([sys.executable, "-c", COMMIT, url], check=True, cwd=ROOT),
    ):
        step()
        seen.append(store.generation())
        assert store.generation() == seen[-1]
    assert len(set(seen)) == 4


def test_what_was_rolled_back_is_no_news(store: Store) -> None:
    before = store.generation()

    def work(tx: Tx) -> None:
        tx.note(Note(make.NOW, "half", None, None, "cli"))
        raise KeyError

    with pytest.raises(KeyError):
        store.writing(work)
    assert store.generation() == before
