"""A restore drill without processes: a panel's plan, a database that lost some of it, what the panel brings back."""

from dataclasses import replace
from typing import Any

from server.core.access import Actor
from server.core.attest import Told, said_at
from server.core.model import Booking
from server.core.privacy import at_door
from server.engine.attesting import Heard, told
from server.engine.lineage import mark, new_life
from server.store import bookings, conflicts, recovered
from server.store.database import Tx
from tests import make

Plan = list[tuple[Told, str]]


class Drill:
    """A house with a panel at Oak: what it was told, and a backup that did not have all of it."""

    def __init__(self, house: make.House) -> None:
        self.house = house
        self.panel = house.panel("oak")[2]
        self.former = self.life

    @property
    def life(self) -> str:
        with self.house.store.reading() as tx:
            return mark(tx).incarnation

    def plan(self, slug: str = "oak", by: Actor | None = None) -> Plan:
        """What a panel is told of a room, as it would bring it back."""
        it = self.house.engine.devices.snapshot(slug, by or self.panel)
        prove = self.house.engine.proofs.proof
        plan = []
        for each in it.bookings:
            host, title = at_door(each, it.room)
            word = told(each, it.room, host, title)
            proof = prove(each, it.room, host, title, said_at(word.starts), said_at(word.ends))
            plan.append((replace(word, rooms=()), proof))
        return plan

    def restore(self, *lost: Booking, older: Booking | None = None) -> None:
        """A new life of the house without those bookings, and with that one as it was."""

        def work(tx: Tx) -> None:
            for it in lost:
                for table in ("hold", "claim"):
                    tx.run(f"DELETE FROM {table} WHERE occurrence_id = ?", (it.id,))
                tx.run("DELETE FROM occurrence WHERE id = ?", (it.id,))
            if older is not None:
                bookings.update(tx, older)
            new_life(tx, self.house.clock.now(), former=mark(tx).incarnation)

        self.house.store.writing(work)

    def attest(self, plan: Plan, slug: str = "oak", by: Actor | None = None, life: str = "") -> Heard:
        return self.house.engine.attesting.take(slug, life or self.former, plan, by or self.panel)

    def booking(self, uid: str) -> Booking:
        with self.house.store.reading() as tx:
            it = bookings.by_uid(tx, uid)
        assert it is not None
        return it

    def listed(self) -> list[tuple[str, str, bool]]:
        """What came back: uid, outcome, and whether there is a conflict of it; the oldest first."""
        with self.house.store.reading() as tx:
            rows = recovered.page(tx, rooms=None, unseen=False, limit=100)
        return [(it.uid, it.outcome, it.conflict is not None) for it in reversed(rows)]

    def open(self) -> list[Any]:
        """Open conflicts: kind, uid of who gave way, uid of whom it met."""
        with self.house.store.reading() as tx:
            found = conflicts.every_open(tx, 100)
            by_id = {it.id: it.uid for it in bookings.by_ids(tx, {n for c in found for n in (c.booking, c.other) if n})}
        return [(it.kind, by_id.get(it.booking or 0), by_id.get(it.other or 0)) for it in found]


def forgotten(house: make.House) -> None:
    """As in a backup from before: neither what was asked under which key nor what a journal brought is known."""

    def work(tx: Tx) -> None:
        for table in ("door_op", "door_journal", "op"):
            tx.run(f"DELETE FROM {table}")

    house.store.writing(work)
