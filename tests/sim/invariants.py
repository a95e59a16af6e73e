"""What must hold at any time of the server's rows and the units' cards: I1, I4, I5, I6 and I7.

Each check is made where what it is about has changed: a room at the end of a transaction that touched it, a door's half
after the step. What was told to people is in laws.py.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from server.core.stretches import Times, joined, minus, touches, within
from tests.sim.database import ACCEPTED, AT_RISK, CONFLICT, Booking
from tests.sim.plans import snapshot
from tests.sim.promises import Promise, Violation

if TYPE_CHECKING:
    from tests.sim.door import Door, Unit
    from tests.sim.server import Server

AGES = 1 << 40


@dataclass(slots=True)
class Invariants:
    """`server` and `units` are set when the world is made. `loose`: rooms with the life in which nobody knows what
    doors were given, by the policy since the backup; `strange`: the same of a device that the backup has at other
    rooms."""

    counts: Counter[str]
    server: "Server" = field(init=False)
    units: "list[Unit]" = field(default_factory=list)
    promises: dict[str, Promise] = field(default_factory=dict)
    pending: dict[int, dict[str, Promise]] = field(default_factory=dict)
    acked: dict[int, Booking] = field(default_factory=dict)
    loose: set[tuple[int, str]] = field(default_factory=set)
    strange: set[tuple[int, int, str]] = field(default_factory=set)
    dirty: set[int] = field(default_factory=set)
    story: list[str] | None = None

    def tell(self, *what: object) -> None:
        """For who reads a run that broke a law."""
        if self.story is not None:
            self.story.append(f"{self.server.now} " + " ".join(map(str, what)))

    def committed(self, number: int) -> None:
        """The end of a transaction that touched this room: I1, I4 and the server's half of I5."""
        self.lawful(number)
        self.dirty.add(number)

    def after_step(self) -> None:
        """The doors' half: what they hold is reserved for them."""
        if not self.dirty:
            return
        for unit in self.units:
            for number in unit.doors:
                if number in self.dirty:
                    self.owns(unit, number)
        self.dirty.clear()

    def lawful(self, number: int) -> None:
        """I1: accepted bookings and what is held for doors never overlap; what gave way is listed."""
        room = self.server.db.rooms[number]
        spans = [(it.start, it.end, it.uid) for it in room.live.values() if it.standing is ACCEPTED]
        spans += [(low, high, 0) for low, high in joined(room.closures.values())]
        spans += [(low, high, -device) for device, times in room.holds.items() for low, high in times]
        spans.sort()
        for (_, end, first), (start, _, second) in pairwise(spans):
            if start < end:
                raise Violation("I5" if first < 0 and second < 0 else "I1", f"{first} and {second} overlap in {number}")
        gave_way = self.server.db.gave_way
        for it in room.live.values():
            if it.standing is CONFLICT and it.uid not in gave_way:
                raise Violation("I1", f"booking {it.uid} gave way and nobody was told")
            if it.standing is AT_RISK and it.end > self.server.now:
                over = next(
                    (b for b in room.live.values() if b.standing is ACCEPTED and b.overlaps(it.start, it.end)), None
                )
                if over:
                    raise Violation(
                        "I1", f"booking {it.uid} is at risk under {over.uid}, which is no question any more"
                    )
        ops = Counter(it.op for it in room.live.values() if it.op)
        for op, times in ops.items():
            if times > 1:
                raise Violation("I4", f"{op} has {times} effects")

    def owns(self, unit: "Unit", number: int) -> None:
        """I5: what a door holds is reserved for its device."""
        owned = unit.doors[number].owned
        if not owned.times or unit.tainted or unit.device is None or (number, owned.incarnation) in self.loose:
            return
        db = self.server.db
        row = db.devices.get(unit.device)
        if row is None or row.state != "good" or (number, unit.device, owned.incarnation) in self.strange:
            return
        room = db.rooms[number]
        grant = room.grants.get(unit.device)
        reserved = grant.reserved if grant else ()
        times = within(owned.times, self.server.now, AGES)  # what is past comes back by itself
        if loose := minus(minus(times, reserved), room.busy):
            raise Violation("I5", f"unit {unit.number} holds {loose} of room {number}, reserved is {reserved}")

    def given(self, number: int, device: int, times: Times) -> None:
        """A version was made that is to give more: nothing that is taken, and nothing to a device that is set apart."""
        db = self.server.db
        if times and db.devices[device].state != "good":
            raise Violation("I5", f"device {device} is set apart and is given {times} of room {number}")
        room = db.rooms[number]
        taken = [(it.start, it.end) for it in room.live.values() if it.standing in (ACCEPTED, AT_RISK)]
        for low, high in (*taken, *room.closures.values()):
            if touches(times, low, high):
                raise Violation(
                    "I5", f"device {device} is given {times} of room {number}, where {low} to {high} is taken"
                )
        for other, grant in room.grants.items():
            if other != device and any(touches(grant.reserved, *span) for span in times):
                raise Violation("I5", f"device {device} is given {times} of room {number}, which {other} may hold")

    def seen(self, unit: "Unit", number: int) -> None:
        """I6: a client's place in the news is never beyond the server's."""
        plan = unit.doors[number].plan
        if (
            plan is not None
            and plan.incarnation == self.server.db.incarnation
            and plan.seq > self.server.db.rooms[number].seq
        ):
            raise Violation("I6", f"unit {unit.number} is at {plan.seq} of room {number}")

    def settled(self) -> None:
        """After healing and half a minute: I3 and I7. Nothing that a glass said is without an outcome."""
        db = self.server.db
        for it in self.promises.values():
            lost = it.unit.device is None
            if it.op not in db.ops and not lost:
                raise Violation("I3", f"{it} never came to the server")
        for unit in self.units:
            if unit.tainted or not self.served(unit):
                continue
            row = db.devices[unit.device or 0]
            for number, door in unit.doors.items():
                if number in row.rooms:
                    self._in_step(unit, number, door)

    def served(self, unit: "Unit") -> bool:
        """Whether the server knows its device, and trusts it."""
        row = self.server.db.devices.get(unit.device or 0)
        return row is not None and row.state == "good"

    def _in_step(self, unit: "Unit", number: int, door: "Door") -> None:
        db = self.server.db
        room, owned = db.rooms[number], door.owned
        grant = room.grants.get(unit.device or 0)
        plan = snapshot(db.incarnation, number, room, unit.device or 0, self.server.now)
        had = door.plan and replace(door.plan, start=plan.start, end=plan.end)
        if had != plan:
            there = set(had.bookings if had else ()) ^ set(plan.bookings)
            raise Violation("I7", f"unit {unit.number} is at {had and had.seq} of {plan.seq} in {number}: {there}")
        if grant is not None and (owned.incarnation, owned.version) != (db.incarnation, grant.version):
            raise Violation("I7", f"unit {unit.number} has {owned} of room {number}, and not {grant}")
