"""The power goes at any moment of any write of the server: what was acknowledged is there, and nothing is half there.

The whole engine runs on SQLite on a disk in memory (disk.py). What a round acknowledged is looked for after the cut,
and what it was about to do is there whole or not at all. The same rounds with a database that syncs less must be found
out.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

import apsw
import peewee
import pytest

import server.store.sqlite as production
from server.core.errors import LintelError
from server.core.model import Booking
from server.engine import Engine, engine_of
from server.engine.audit import Audit
from server.engine.instance import Instance
from server.store import holds
from server.store.database import Store, open_store
from tests.make import NOW, Clock, House, ask, house, opened
from tests.power.disk import Disk, Power

FILE = "/disk/lintel.db"
CUTS = 3_000
AWAY = (apsw.Error, peewee.PeeweeException)
ANEW = 150  # cuts of one life of the database


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, House]:
    """A database with a house in it, as bytes, and its people."""
    path = tmp_path_factory.mktemp("power") / "lintel.db"
    with opened(f"sqlite:///{path}") as store:
        it = house(store)
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()
    return Path(path).read_bytes(), it


@pytest.fixture
def power(monkeypatch: pytest.MonkeyPatch) -> Iterator[Power]:
    # One connection alone: SQLite then keeps the index of its log in memory, where this disk has no shared memory.
    # The log is emptied into the database early, so that cuts fall into that as well.
    one = {"locking_mode": "exclusive", "wal_autocheckpoint": 24}
    monkeypatch.setattr(production, "PRAGMAS", {**one, **production.PRAGMAS})
    with Power() as it:
        yield it


@dataclass
class Rounds:
    """Rounds of work on one database, each ended by a cut. `known` is what was acknowledged, by uid."""

    power: Power
    people: House
    rng: Random
    files: dict[str, bytes]
    known: dict[str, Booking] = field(default_factory=dict)
    trying: str = ""
    acknowledged: int = 0
    lost: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    unsynced: int = 0

    def run(self, cuts: int) -> None:
        for number in range(cuts):
            self.work(number)
            self.look(whole=number % 50 == 0)

    def work(self, number: int) -> None:
        """Some changes, and a cut in the middle of one."""
        disk = self.power.disk = Disk(self.files, self.rng)
        disk.cut_at = self.rng.randrange(1, 200)
        store = open_store(f"sqlite:///{FILE}")
        try:
            engine = engine_of(store, Clock(NOW + timedelta(minutes=number)))
            while True:
                self.change(engine)
        except (LintelError, *AWAY):
            pass  # what raised was not acknowledged
        self.files = disk.cut()
        self.unsynced += disk.unsynced
        self.close(store)

    def change(self, engine: Engine) -> None:
        """Books, or changes or cancels what there is; what is acknowledged is written down after it returned."""
        mine = [uid for uid, it in self.known.items() if it.standing.holding]
        what = self.rng.random()
        if what < 0.6 or not mine:
            number = len(self.known) + 1
            uid = self.trying = f"{number}-{self.rng.randrange(10**9)}"
            start = NOW + timedelta(days=1, minutes=30 * number)
            done = engine.bookings.book(ask(start, start + timedelta(minutes=30), uid=uid), self.people.alice, key=uid)
        else:
            uid = self.trying = self.rng.choice(mine)
            if what < 0.8:
                done = engine.bookings.cancel(uid, self.people.alice)
            else:
                done = engine.presence.extend(uid, self.people.ada, minutes=5)
        self.known[uid], self.trying = done, ""
        self.acknowledged += 1

    def look(self, *, whole: bool) -> None:
        """What is there after the cut."""
        self.power.disk = Disk(self.files, self.rng)
        store = open_store(f"sqlite:///{FILE}")
        try:
            self._look(store, whole=whole)
        except (LintelError, *AWAY) as error:
            self.torn.append(f"{type(error).__name__}: {error}")
        self.close(store)
        self.files = self.power.disk.cut()

    def _look(self, store: Store, *, whole: bool) -> None:
        with store.reading() as tx:
            if (found := tx.rows("PRAGMA integrity_check" if whole else "PRAGMA quick_check")) != [("ok",)]:
                self.torn.append(str(found))
            rows = tx.rows(
                "SELECT o.uid, o.version, o.standing, (SELECT count(*) FROM hold h WHERE h.occurrence_id = o.id AND "
                "h.held_from = o.starts AND h.held_to = o.ends AND h.active = (o.standing = 'accepted')), "
                "(SELECT count(*) FROM change c WHERE c.subject = o.id AND c.room_id IS NOT NULL) FROM occurrence o"
            )
            if holds.overlapping(tx):
                self.torn.append("two bookings hold a room at once")
        there = {uid: (version, standing, held, told) for uid, version, standing, held, told in rows}
        for uid, (version, standing, held, told) in there.items():
            if held != 1 or told != version:
                self.torn.append(f"{uid}: version {version} {standing}, {held} holds, {told} changes")
        for uid, it in self.known.items():
            version = there.get(uid, (0,))[0]
            if version != it.version and not (uid == self.trying and version == it.version + 1):
                self.lost.append(uid)
        self.trying = ""
        if whole:
            verdict = Audit(store, Clock(), Instance(store)).verify(self.people.ada)
            if verdict.found is not None:
                self.torn.append(f"audit: {verdict.found.code}")
        self._learn(store)

    def _learn(self, store: Store) -> None:
        """What was under way when the power went may have been done: it counts from now on as it is."""
        engine = engine_of(store, Clock())
        with store.reading() as tx:
            versions = {str(uid): int(version) for uid, version in tx.rows("SELECT uid, version FROM occurrence")}
        for uid in versions:
            if uid not in self.known or self.known[uid].version != versions[uid]:
                self.known[uid] = engine.bookings.desk.find(uid, self.people.ada, act="see")

    def close(self, store: Store) -> None:
        with suppress(*AWAY):  # nothing is written where there is no power
            store.close()


def rounds(power: Power, begun: tuple[bytes, House], seed: int, cuts: int) -> Rounds:
    image, people = begun
    it = Rounds(power, people, Random(seed), {FILE: image})
    it.run(cuts)
    return it


@pytest.mark.heavy
@pytest.mark.timeout(400)
def test_nothing_acknowledged_is_lost_and_nothing_is_torn_by_power_cuts(
    power: Power, begun: tuple[bytes, House]
) -> None:
    done = [rounds(power, begun, seed, ANEW) for seed in range(CUTS // ANEW)]
    acknowledged, unsynced = sum(it.acknowledged for it in done), sum(it.unsynced for it in done)
    lost = [(seed, uid) for seed, it in enumerate(done) for uid in it.lost]
    torn = [(seed, what) for seed, it in enumerate(done) for what in it.torn]
    print(f"power cuts={CUTS} acknowledged={acknowledged} unsynced={unsynced} lost={len(lost)} torn={len(torn)}")
    assert (lost, torn) == ([], [])
    assert min(acknowledged, unsynced) > CUTS, "the cuts came where nothing was under way"


@pytest.mark.heavy
@pytest.mark.parametrize("synchronous", [1, 0])
def test_a_database_that_syncs_less_is_found_out(
    power: Power, begun: tuple[bytes, House], monkeypatch: pytest.MonkeyPatch, synchronous: int
) -> None:
    monkeypatch.setattr(production, "PRAGMAS", {**production.PRAGMAS, "synchronous": synchronous})
    it = rounds(power, begun, 1, 60)
    assert it.lost, f"{it.acknowledged} acknowledged, and none was lost"
