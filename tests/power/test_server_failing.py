"""The Nth write of the disk fails, for every N, once and from then on: writing is refused in our words, no more.

What was acknowledged stays, what was refused left nothing, reading goes on, and writing comes back with the disk.
"""

from contextlib import suppress
from datetime import timedelta
from random import Random

import apsw
import pytest

import server.store.sqlite as production
from server.core.errors import Full, Later
from server.engine import engine_of
from server.store.database import Store, open_store
from tests.make import NOW, Clock, House, ask
from tests.power.disk import Disk, Power
from tests.power.test_server_cuts import AWAY, FILE, begun, power

__all__ = ["begun", "power"]  # fixtures
BOOKINGS = 3
MOST = 400  # operations that write; far more than the bookings take


def book(store: Store, people: House, numbers: range) -> tuple[set[str], set[str]]:
    """Books; the uids that were acknowledged, and those that were refused."""
    done: set[str] = set()
    refused: set[str] = set()
    engine = engine_of(store, Clock())
    for number in numbers:
        start = NOW + timedelta(days=1, minutes=30 * number)
        try:
            engine.bookings.book(ask(start, start + timedelta(minutes=30), uid=f"b{number}"), people.alice)
            done.add(f"b{number}")
        except (Full, Later):  # anything else is no answer for a full disk
            refused.add(f"b{number}")
    return done, refused


def there(store: Store) -> set[str]:
    with store.reading() as tx:
        assert tx.rows("PRAGMA quick_check") == [("ok",)]
        return {uid for (uid,) in tx.rows("SELECT uid FROM occurrence")}


@pytest.mark.heavy
@pytest.mark.parametrize("error", [apsw.FullError, apsw.IOError])
@pytest.mark.parametrize("for_good", [False, True])
def test_whichever_write_fails_nothing_acknowledged_is_lost_and_nothing_refused_is_there(
    power: Power, begun: tuple[bytes, House], error: type[apsw.Error], for_good: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, people = begun
    # SQLite itself lets a failure pass that comes while the log is emptied after a commit; a disk in Python cannot.
    monkeypatch.setitem(production.PRAGMAS, "wal_autocheckpoint", 1000)
    refusals = 0
    for number in range(1, MOST):
        disk = power.disk = Disk({FILE: image}, Random(number))
        store = open_store(f"sqlite:///{FILE}")
        assert there(store) == set()
        disk.fail_at, disk.for_good, disk.error = disk.ops + number, for_good, error
        done, refused = book(store, people, range(BOOKINGS))
        refusals += len(refused)
        assert there(store) >= done, "reading goes on"
        assert not refused & there(store)
        failed, disk.fail_at = disk.failed, None
        more, none = book(store, people, range(BOOKINGS, 2 * BOOKINGS))
        assert none == set(), "the disk is well again"
        assert there(store) == done | more
        power.disk = Disk(disk.cut(), Random(number))
        with suppress(*AWAY):
            store.close()
        store = open_store(f"sqlite:///{FILE}")
        assert there(store) == done | more, "and after a cut"
        store.close()
        if not failed:
            break
    assert number < MOST - 1
    assert refusals >= number - 1
