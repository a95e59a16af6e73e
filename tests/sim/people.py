"""What people do in the simulated house: tap, book by phone, cancel, move, close rooms, decide conflicts."""

from dataclasses import dataclass, replace
from typing import Any

from tests.sim.database import ACCEPTED, AT_RISK, CANCELLED, CONFLICT, Booking
from tests.sim.door import Unit
from tests.sim.server import standing
from tests.sim.world import World

WAIT = 3
"""Seconds for which a booking by phone waits for a door."""
LENGTHS = (300, 600, 900, 900, 1_200, 1_800, 1_800, 3_600)


@dataclass(slots=True)
class Wanted:
    """A booking by phone that a door's time is in the way of. `uid`: of the one that is moved, 0 for a new one."""

    room: int
    start: int
    end: int
    uid: int
    at_risk: bool
    until: int


class People:
    """Everybody in one world."""

    def __init__(self, world: World) -> None:
        self.world, self.rng = world, world.rng

    # At the glass

    def tap(self) -> None:
        """Somebody touches a panel."""
        world, rng = self.world, self.rng
        unit = rng.choice(world.units)
        if not unit.doors or not unit.on:
            return
        room = rng.choice(list(unit.doors))
        if not unit.fit(room):
            return
        online = rng.random() < 0.5
        kind = rng.random()
        with world.powered(unit):
            if kind < 0.62:
                body = unit.tap_book(room, rng.choice(LENGTHS), online)
            elif kind < 0.76:
                body = unit.tap_extend(room, rng.choice((300, 600, 900)), online)
            else:
                body = unit.tap_end(room, online) if kind < 0.88 else self._other(unit, room, kind)
            if body is not None:
                self._sent(unit, body)

    def _other(self, unit: Unit, room: int, kind: float) -> dict[str, Any] | None:
        return unit.tap_undo(room) if kind < 0.94 else unit.tap_check_in(room)

    def _sent(self, unit: Unit, body: dict[str, Any]) -> None:
        assert unit.tapped is not None
        op = unit.tapped.entry.op
        self.world.counts["taps online"] += 1
        self.world.ask(unit, op, body)
        self.world.at(self.world.now + WAIT, lambda: self._fallen(unit, op))

    def _fallen(self, unit: Unit, op: str) -> None:
        """No answer came in time."""
        if unit.on and unit.tapped is not None and unit.tapped.entry.op == op:
            self.world.counts["taps that fell back"] += 1
            with self.world.powered(unit):
                unit.decide()

    # By phone

    def book(self) -> None:
        """Somebody books, mostly for soon."""
        rng, now = self.rng, self.world.now
        ahead = rng.choice((0, 300, 900, 1_800, 3_600, 7_200, 10_000, 20_000, 40_000))
        start = now + rng.randrange(ahead + 1)
        start -= start % 300 if rng.random() < 0.7 else 0
        start = max(start, now)
        end = start + rng.choice((900, 1_800, 3_600, 3_600, 7_200))
        room = rng.randrange(len(self.world.server.db.rooms))
        self.wish(Wanted(room, start, end, 0, rng.random() < 0.4, now + WAIT), patient=rng.random() < 0.7)

    def move(self) -> None:
        it = self._any(ACCEPTED, AT_RISK)
        if it is not None and it.start > self.world.now:
            by = self.rng.choice((-1_800, -900, 900, 1_800, 3_600))
            start = max(self.world.now, it.start + by)
            wanted = Wanted(it.room, start, start + it.end - it.start, it.uid, False, self.world.now + WAIT)
            self.wish(wanted, patient=self.rng.random() < 0.7)

    def cancel(self) -> None:
        it = self._any(ACCEPTED, AT_RISK, CONFLICT)
        if it is not None:
            self.world.server.put(standing(it, CANCELLED), "cancel")
            self.world.server.commit()

    def _any(self, *standings: object) -> Booking | None:
        server = self.world.server
        room = self.rng.choice(server.db.rooms)
        found = [it for it in room.live.values() if it.standing in standings and it.end > server.now]
        return self.rng.choice(found) if found else None

    def wish(self, it: Wanted, *, patient: bool) -> None:
        """R2, R8: into a door's time only after the door was asked; without an answer at risk, or not at all."""
        if self._tried(it):
            return
        server = self.world.server
        if server.judged(it.room, it.start, it.end, but=it.uid)[0] != "door":
            return
        owning = server.recall(it.room, it.start, it.end)
        self.world.counts["recalls"] += 1
        if patient and all(grant.forced is None for grant in owning):
            self.world.waiting.append(it)
        else:
            self._settled_for(it)

    def _tried(self, it: Wanted) -> bool:
        server = self.world.server
        verdict, _ = server.judged(it.room, it.start, it.end, but=it.uid)
        if verdict == "":
            self._written(it, ACCEPTED)
        return verdict != "door"

    def _written(self, it: Wanted, stands: object) -> None:
        server = self.world.server
        old = server.db.bookings.get(it.uid)
        if old is not None and old.standing not in (ACCEPTED, AT_RISK):
            return
        new = (
            replace(old, start=it.start, end=it.end, standing=stands, version=old.version + 1)
            if old
            else Booking(server.draw(), it.room, it.start, it.end, stands)
        )
        server.put(new, "move" if old else "book")
        server.commit()
        self.world.counts["booked by phone" if stands is ACCEPTED else "booked at risk"] += 1
        if self.rng.random() > 0.01:
            server.laws.acknowledged(new)

    def look(self) -> None:
        """Those who wait for a door try again."""
        now, still = self.world.now, []
        for it in self.world.waiting:
            if self._tried(it):
                continue
            if now < it.until:
                still.append(it)
            else:
                self._settled_for(it)
        self.world.waiting = still

    def _settled_for(self, it: Wanted) -> None:
        if it.at_risk and not it.uid and self.world.server.judged(it.room, it.start, it.end)[0] == "door":
            self._written(it, AT_RISK)
        else:
            self.world.counts["door unreachable"] += 1

    # Staff

    def shut(self) -> None:
        rng, now = self.rng, self.world.now
        start = now + rng.randrange(7_200)
        self.world.server.shut(
            rng.randrange(len(self.world.server.db.rooms)), start, start + rng.choice((1_800, 7_200))
        )

    def policy(self) -> None:
        rng = self.rng
        room = rng.choice(self.world.server.db.rooms)
        room.window = rng.choice((0, 1_800, 3_600, 7_200, 7_200, 14_400, 36_000))
        room.walk_ins = rng.random() < 0.9
        room.policy = self.world.server.draw()

    def force(self) -> None:
        devices = sorted(self.world.server.db.devices)
        if devices:
            self.world.server.force(self.rng.choice(devices))

    def decide(self) -> None:
        """Somebody who manages the room says what becomes of a conflict."""
        server = self.world.server
        found = [it.id for it in list(server.db.conflicts.values())[-20:] if it.open]
        if found:
            server.resolve(self.rng.choice(found), self.rng.choice(("booking", "walk_in", "both")))
