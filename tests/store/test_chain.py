"""The chain of the audit: both databases link as core/audit.py says, whoever writes, and whatever was there before."""

import random
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from server.core.access import CLI, Actor
from server.core.audit import CELLS, link
from server.engine import prepare
from server.store import changes, postgres, sqlite
from server.store.database import Note, Store, Tx
from server.store.migrations import STEPS
from tests import make

WRITERS, EACH = 8, 12
ALICE = Actor("token:1", "book", None, "roomvox", "alice")
WORDS = ("", "x", "Zürich", "日本", "1:2", "a" * 300, '{"a":1}', "🚪")


def chained(store: Store) -> int:
    """Recomputes the whole chain as the core says; returns how many changes there are."""
    with store.reading() as tx:
        rows = tx.rows(f"SELECT chain, {', '.join(CELLS)} FROM change ORDER BY seq")
        ((end, last),) = tx.rows("SELECT seq, chain FROM change_end")
    former = ""
    for chain, *cells in rows:
        former = link(former, cells)
        assert chain == former, cells
    assert (end, last) == ((rows[-1][1], former) if rows else (0, ""))
    return len(rows)


def note(chance: random.Random) -> Note:
    """A change with cells of every kind."""
    word = chance.choice(WORDS)
    return Note(
        make.NOW, chance.choice(("booked", "changed")), chance.choice((None, 1, 2**40)), chance.choice((None, 7)),
        chance.choice((CLI, ALICE, "sweep")), codes=tuple(chance.sample(("a", "b", "ü"), chance.randrange(4))),
        text=chance.choice((None, {"title": word})), before=chance.choice((None, {"room": word or 3})),
        after=chance.choice((None, {"to": [1, None, word]})),
    )  # fmt: skip


def test_every_change_is_linked_to_the_one_before_it(store: Store) -> None:
    chance = random.Random(1)
    for number in range(60):
        told = [note(chance) for _ in range(1 + number % 5)]
        store.writing(lambda tx, told=told: [tx.note(it) for it in told])
    assert chained(store) == sum(1 + number % 5 for number in range(60))


def test_an_act_of_many_changes_is_written_whole(store: Store) -> None:
    chance = random.Random(2)
    store.writing(lambda tx: [tx.note(note(chance)) for _ in range(731)])
    with store.reading() as tx:
        assert tx.rows("SELECT DISTINCT act FROM change") == [(1,)]
    assert chained(store) == 731


def test_what_is_rolled_back_leaves_no_gap_and_no_link(store: Store) -> None:
    def refused(tx: Tx) -> None:
        tx.note(note(random.Random(3)))
        raise KeyError

    for number in range(10):
        with suppress(KeyError):
            store.writing(refused)
        store.writing(lambda tx, number=number: tx.note(Note(make.NOW, "booked", None, number, CLI)))
    with store.reading() as tx:
        assert [row[0] for row in tx.rows("SELECT seq FROM change ORDER BY seq")] == list(range(1, 11))
    assert chained(store) == 10


def test_many_who_write_at_once_make_one_chain(store: Store) -> None:
    def write(chance: random.Random) -> None:
        for number in range(EACH):

            def work(tx: Tx, number: int = number) -> None:
                for _ in range(1 + number % 3):
                    tx.note(note(chance))
                if number % 5 == 4:
                    raise KeyError

            with suppress(KeyError):
                store.writing(work)
        store.close()

    threads = [threading.Thread(target=write, args=(random.Random(n),)) for n in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert chained(store) == WRITERS * sum(1 + n % 3 for n in range(EACH) if n % 5 != 4)


@pytest.fixture
def older(bare_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A database of the version before there was a chain, with 4,500 changes and a seq that was never used."""
    with make.opened(bare_url, bare=True) as store:
        for module in (sqlite, postgres):
            monkeypatch.setattr(module, "STEPS", STEPS[:5])
        store.migrate(make.NOW)
        rows: list[tuple[Any, ...]] = [
            (number, 1_750_000_000 + number, "booked", None, number, "token:1", "a,b", "") for number in range(1, 4502)
        ]
        columns = "seq, at, what, room_id, subject, actor, codes, digest"
        store.writing(
            lambda tx: tx.many(f"INSERT INTO change ({columns}) VALUES (?,?,?,?,?,?,?,?)", rows[:99] + rows[100:])
        )
        monkeypatch.undo()
        yield store


def test_what_was_told_before_there_was_a_chain_is_taken_into_it(older: Store) -> None:
    prepare(older, make.Clock())
    assert chained(older) == 4500
    older.writing(lambda tx: tx.note(note(random.Random(4))))
    assert chained(older) == 4501
    assert older.writing(changes.adopt) == 0
    with older.reading() as tx:
        assert tx.rows("SELECT DISTINCT seq - act FROM change") == [(0,)]
