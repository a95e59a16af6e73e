"""A reader that follows the feed while many write sees every change once and none late: seq order is commit order."""

import random
import threading
from contextlib import suppress
from itertools import pairwise

import pytest

from server.store.database import Note, Store, Tx
from tests import make

WRITERS, EACH = 8, 12
SLOW_COMMIT = (
    "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN PERFORM pg_sleep(random() * 0.01); RETURN NULL; END $$",
    "CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON change DEFERRABLE INITIALLY DEFERRED "
    "FOR EACH ROW EXECUTE FUNCTION dawdle()",
)


def write(store: Store, writer: int, chance: random.Random) -> None:
    for number in range(EACH):

        def work(tx: Tx, number: int = number) -> None:
            if number % 3 == 2:
                tx.note(Note(make.NOW, "twice", None, writer, "cli"))
            tx.note(Note(make.NOW, "happened", None, writer, "cli"))
            if number % 5 == 4:
                raise KeyError  # a seq may be drawn and never be used

        with suppress(KeyError):
            store.writing(work)
        threading.Event().wait(chance.random() * 0.003)
    store.close()


@pytest.mark.race
def test_a_cursor_never_passes_a_change_that_is_still_to_come(database_url: str) -> None:
    with make.opened(database_url) as store:
        store.migrate(make.NOW)
        if store.postgres:  # widens the time between drawing a seq and committing it
            store.writing(lambda tx: [tx.run(statement) for statement in SLOW_COMMIT])
        chance = random.Random(7)
        threads = [threading.Thread(target=write, args=(store, n, random.Random(n))) for n in range(WRITERS)]
        for thread in threads:
            thread.start()
        seen: list[int] = []
        while any(thread.is_alive() for thread in threads):
            seen += news(store, seen[-1] if seen else 0)
            threading.Event().wait(chance.random() * 0.002)
        seen += news(store, seen[-1] if seen else 0)
        with store.reading() as tx:
            there = [row[0] for row in tx.rows("SELECT seq FROM change ORDER BY seq")]
    assert len(there) == WRITERS * sum(2 if n % 3 == 2 else 1 for n in range(EACH) if n % 5 != 4)
    assert seen == there
    assert all(a < b for a, b in pairwise(seen))


def news(store: Store, after: int) -> list[int]:
    with store.reading() as tx:
        return [row[0] for row in tx.rows("SELECT seq FROM change WHERE seq > ? ORDER BY seq", (after,))]
