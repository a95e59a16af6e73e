"""Backups put back at two hundred drawn points: what a panel knew is there or is listed, and nothing overlaps."""

import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from server.core.access import CLI, Actor
from server.core.errors import LintelError
from server.core.model import Booking, Edit, Standing
from server.engine import engine_of
from server.engine.granting import Holding, Says
from server.engine.lineage import mark, new_life
from server.engine.tapping import Act
from server.store import bookings, conflicts, recovered, sqlite_copy
from server.store.database import open_store
from server.store.sqlite import SqliteStore
from tests import make
from tests.engine.card import Card
from tests.engine.drill import Drill, Plan

ROOMS = ("oak", "elm")


@dataclass
class Door:
    """A panel at a room: what it was told last, and its card."""

    room: str
    actor: Actor
    card: Card
    plan: Plan = field(default_factory=list)
    life: str = ""
    promised: list[str] = field(default_factory=list)


class Point:
    """A house on a file, its doors, and chance."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.path = folder / f"{seed}.db"
        self.clock = make.Clock()
        with make.opened(f"sqlite:///{self.path}"):
            pass
        self.store = open_store(f"sqlite:///{self.path}")
        self.house = make.house(self.store, self.clock)
        self.drill = Drill(self.house)
        self.doors = [self._door(room, number) for number, room in enumerate(ROOMS)]

    def _door(self, room: str, number: int) -> Door:
        actor = self.drill.panel if room == "oak" else self.house.panel(room)[2]
        return Door(room, actor, Card(self.house, actor, epoch=f"epoch-of-door-{number}"))

    def contact(self, door: Door) -> None:
        """The panel hears the server: its plan, its journal's way, and what it owns."""
        door.card.bring()
        door.plan, door.life = self.drill.plan(door.room, door.actor), self.drill.life
        held = 0
        for _ in range(2):
            head = len(door.card.said)
            says = Says((Holding(door.room, door.life, held),), epoch=door.card.epoch, head=head)
            held = self.house.engine.escrow.ask(says, door.actor).grants[door.room].version

    def step(self) -> None:
        """Somebody does something, or time goes by."""
        acts: list[Callable[[], object]] = [self._book, self._book, self._cancel, self._move, self._tap, self._hear]
        with contextlib.suppress(LintelError):
            self.chance.choice(acts)()
        self.clock.forward(minutes=self.chance.randrange(6))

    def _book(self) -> Booking:
        start = make.at("14:00") + timedelta(minutes=15 * self.chance.randrange(30))
        room = self.chance.choice(ROOMS)
        return self.house.book(start, start + timedelta(minutes=self.chance.choice((15, 30, 60))), room=room)

    def _one(self) -> Booking:
        there = [it for room in ROOMS for it in self.house.engine.bookings.between(room, CLI, None)]
        return self.chance.choice([it for it in there if it.starts > self.clock.now()] or there)

    def _cancel(self) -> None:
        if any(self.house.engine.bookings.between(room, CLI, None) for room in ROOMS):
            self.house.engine.bookings.cancel(self._one().uid, CLI)

    def _move(self) -> None:
        if any(self.house.engine.bookings.between(room, CLI, None) for room in ROOMS):
            it = self._one()
            by = timedelta(minutes=self.chance.choice((-30, -15, 15, 45)))
            self.house.engine.bookings.change(it.uid, Edit(starts=it.starts + by, ends=it.ends + by), CLI)

    def _tap(self) -> None:
        door, op = self.chance.choice(self.doors), f"tap-{self.chance.getrandbits(48):012x}"
        self.contact(door)
        until = self.clock.now() + timedelta(minutes=5)
        self.house.engine.devices.act(Act(op, "book", door.room, until, minutes=10), door.actor)

    def _hear(self) -> None:
        self.contact(self.chance.choice(self.doors))

    def alone(self, door: Door) -> None:
        """Cut off, somebody books at the glass where the plan has nothing."""
        now = int(self.clock.now().timestamp())
        if all(it.ends <= now or it.starts >= now + 900 for it, _ in door.plan):
            door.promised.append(door.card.walk_in(15, room=door.room, grade="confirmed"))

    def back_to(self, copy: Path) -> None:
        """The database is the copy from now on."""
        self.store.close()
        self.store = open_store(f"sqlite:///{copy}")
        engine = engine_of(self.store, self.clock)
        self.house.store, self.house.engine = self.store, engine
        now = self.clock.now()
        self.store.writing(lambda tx: new_life(tx, now, former=mark(tx).incarnation))


def played(folder: Path, seed: int) -> int:
    """One point; returns how many bookings came back."""
    it = Point(folder, seed)
    for door in it.doors:
        it.contact(door)
    for _ in range(it.chance.randrange(6)):
        it.step()
    copy = folder / f"{seed}.backup"
    sqlite_copy.copy(it.path, copy, lambda _, __: None)
    for _ in range(it.chance.randrange(2, 12)):
        it.step()
    for door in it.doors:
        if it.chance.random() < 0.6:
            it.alone(door)
    it.clock.forward(minutes=it.chance.randrange(40))
    it.back_to(copy)
    for _ in range(it.chance.randrange(3)):
        it.step()
    for door in it.chance.sample(it.doors, 2):
        for _ in range(it.chance.randrange(1, 3)):
            it.drill.attest(door.plan, door.room, door.actor, door.life or "former")
        door.card.bring()
    back = judged(it)
    it.store.close()
    for path in folder.glob(f"{seed}.*"):
        path.unlink()
    return back


def judged(it: Point) -> int:
    """Every booking that a panel knew is there or listed; every promise stands or is a conflict."""
    assert it.house.overlaps() == []
    with it.store.reading() as tx:
        rows = {(row.room, row.uid): row for row in recovered.page(tx, rooms=None, unseen=False, limit=500)}
        unsettled = {number for each in conflicts.every_open(tx, 500) for number in (each.booking, each.other)}
        for door in it.doors:
            for word, _ in door.plan:
                found = bookings.by_uid(tx, word.uid)
                assert found is not None, (it.path, word)
                if found.standing is Standing.CONFLICT:
                    assert found.id in unsettled, (it.path, word)
                assert found.version >= word.version or found.standing is Standing.CONFLICT, (it.path, word)
            ops = [tx.one("SELECT outcome, conflict_id FROM door_op WHERE op = ?", (op,)) for op in door.promised]
            for op in ops:
                assert op is not None, it.path
                assert op[0] == "accepted" or op[1] is not None, (it.path, op)
    assert it.house.engine.audit.verify(CLI).found is None
    assert isinstance(it.store, SqliteStore)
    return len(rows)


def test_at_a_few_points_nothing_is_silent(tmp_path: Path) -> None:
    assert sum(played(tmp_path, seed) for seed in range(4)) > 0


@pytest.mark.soak
def test_at_two_hundred_points_nothing_is_silent(tmp_path: Path) -> None:
    back = sum(played(tmp_path, seed) for seed in range(200))
    print(f"200 restores, {back} bookings brought back, 0 lost silently")
    assert back >= 100
