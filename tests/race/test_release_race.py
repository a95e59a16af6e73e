"""Two sweeps at once, and people who come at the last moment: each release once, and nobody present is sent away."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from server.core.access import Actor
from server.core.clock import epoch
from server.core.errors import LintelError
from server.core.model import Room
from server.core.policy import Policy
from server.engine import engine_of, prepare
from server.store import house, rooms
from server.store.database import Store, Tx
from tests import make
from tests.make import NOW, Clock

ROOMS = 1_000
SWEEPERS = 3


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A thousand rooms, in each of which somebody is waited for, and one panel that has seen it all."""
    with make.opened(database_url) as it:
        prepare(it, Clock(NOW))
        it.writing(furnished)
        yield it


def furnished(tx: Tx) -> None:
    policy = Policy(check_in=True, release="on")
    fresh = [Room(0, f"r{number}", f"R{number}", make.BERLIN, policy=policy) for number in range(ROOMS)]
    numbers = sorted(rooms.insert_all(tx, fresh).values())
    house.bump(tx)
    low, high, early = epoch(NOW), epoch(NOW + timedelta(hours=1)), epoch(NOW - timedelta(hours=2))
    tx.many(
        "INSERT INTO occurrence (uid, rooms, starts, ends, standing, title, organizer, organizer_email, description, "
        "source, made_by, made_at, changed_at, version) VALUES (?,?,?,?,'accepted','','','','','cli','cli',?,?,1)",
        [(f"b{number}", str(number), low, high, early, early) for number in numbers],
    )
    tx.run(
        "INSERT INTO hold (occurrence_id, room_id, held_from, held_to) "
        "SELECT id, CAST(rooms AS BIGINT), starts, ends FROM occurrence"
    )
    tx.run(
        "INSERT INTO device (name, digest, prefix, made_at, painted_since, settled_at, touch) "
        "VALUES ('Panel', 'd', '', ?, ?, ?, 'good')",
        (early, early, epoch(NOW + timedelta(days=1))),
    )
    tx.run("INSERT INTO device_room (device_id, room_id) SELECT d.id, r.id FROM device d CROSS JOIN room r")


def together(*acts: Callable[[], object]) -> list[object]:
    """All at once, each in a thread of its own; what they return."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        barrier.wait(30)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [each.result(120) for each in [pool.submit(run, act) for act in acts]]


def sweepers(store: Store, clock: Clock) -> list[Callable[[], object]]:
    """Several servers' sweeps over one database; each tries again where the others were in its way."""

    def sweep() -> None:
        engine = engine_of(store, clock)
        for _ in range(3):
            engine.attendance.run()

    return [sweep] * SWEEPERS


def told(store: Store) -> dict[str, Counter[int]]:
    """How often each thing happened to each booking."""
    found: dict[str, Counter[int]] = {}
    with store.reading() as tx:
        for what, subject in tx.rows(
            "SELECT what, subject FROM change WHERE subject IS NOT NULL AND room_id IS NOT NULL"
        ):
            found.setdefault(what, Counter())[subject] += 1
    return found


def test_a_thousand_releases_happen_once_each(store: Store) -> None:
    clock = Clock(NOW)
    for minutes in (8, 10, 15):
        clock.set(NOW + timedelta(minutes=minutes))
        together(*sweepers(store, clock))
    found = told(store)
    for what in ("release_warned", "released", "freed"):
        assert len(found[what]) == ROOMS, what
        assert set(found[what].values()) == {1}, what
    with store.reading() as tx:
        assert tx.rows("SELECT DISTINCT ends, version FROM occurrence") == [(epoch(clock.now()), 2)]


def test_whoever_was_first_in_the_database_has_the_room(store: Store) -> None:
    clock = Clock(NOW)
    for minutes in (8, 10):
        clock.set(NOW + timedelta(minutes=minutes))
        engine_of(store, clock).attendance.run()
    clock.set(NOW + timedelta(minutes=15))
    people = Actor("token:1", "book", None, "roomvox", "alice")
    with store.reading() as tx:
        uids = [row[0] for row in tx.rows("SELECT uid FROM occurrence ORDER BY id")]
    here: set[str] = set()

    def come() -> None:
        presence = engine_of(store, clock).presence
        for uid in reversed(uids[::5]):
            try:
                presence.check_in(uid, people, version=1)
                here.add(uid)
            except LintelError:
                continue

    together(come, *sweepers(store, clock))
    with store.reading() as tx:
        rows = tx.rows("SELECT uid, checked_in_at, ended_at FROM occurrence")
    assert here == {uid for uid, came, _ in rows if came is not None}
    assert [uid for uid, came, ended in rows if came is not None and ended is not None] == []
    assert len([uid for uid, came, ended in rows if came is None and ended is None]) == 0
    found = told(store)
    assert set(found["freed"].values()) <= {1}
    assert len(found["freed"]) == ROOMS - len(here)
    assert len(found.get("release_undone", ())) == len(here)
