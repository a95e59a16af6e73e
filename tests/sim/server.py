"""The simulated server: the production decisions (server/core/escrow.py, intake.py) with the thinnest glue around them.

What is glue here is what the engine does with rows (escrow.py, owning.py, at_risk.py, intake.py, door_acts.py,
attesting.py, conflicts.py), and is kept the same. A request is one transaction: it is carried out whole, then `commit`
lays the touched rooms anew and the laws look at them; its answer may be lost with a crash after that.
"""

from dataclasses import replace
from typing import Any

from server.core import escrow
from server.core.escrow import Grant, Said
from server.core.model import Standing
from server.core.stretches import NONE, Times, joined, minus, touches, union
from tests.sim.database import ACCEPTED, AT_RISK, CANCELLED, CONFLICT, Booking, Conflict, Database
from tests.sim.laws import Laws

STEP = 900
"""A grant's horizon is floored to a quarter of an hour, and reaches one further."""
BY_TAP = 1_000_000
"""Uids from here on are of walk-ins."""

Answer = tuple[Any, ...]


class Server:
    """One server with its database. `now` is set by whoever turns the clock."""

    def __init__(self, db: Database, laws: Laws) -> None:
        self.db, self.laws = db, laws
        self.now = 0
        self.touched: set[int] = set()
        self.noted: set[int] = set()
        self.drawn = 0
        self.acts: set[str] = set()
        self.uids: dict[str, int] = {}
        self.taps: list[str] = []
        self.signals: list[int] = []
        """Devices to which the push says `grants`; the world carries it."""

    def draw(self) -> int:
        """A number nobody had: also after a restore, as uids are."""
        self.drawn += 1
        return self.drawn

    def uid_of(self, op: str) -> int:
        """The uid of the booking that a tap makes, whichever way it comes and however often."""
        if op not in self.uids:
            self.uids[op] = BY_TAP + len(self.taps)
            self.taps.append(op)
        return self.uids[op]

    def op_of(self, uid: int) -> str:
        """The tap that made a booking, whatever the database knows of it; "" where none did."""
        return self.taps[uid - BY_TAP] if BY_TAP <= uid < BY_TAP + len(self.taps) else ""

    # Rows

    def put(self, it: Booking, why: str) -> Booking:
        """Writes a booking. `why` is told to the laws: people may undo what they were promised, nothing else may."""
        room = self.db.rooms[it.room]
        old = self.db.bookings.get(it.uid)
        self.db.bookings[it.uid] = it
        if why not in ("recovered", "same"):
            self.db.changed |= {it.uid}
        if it.standing is CANCELLED:
            room.live.pop(it.uid, None)
        else:
            room.live[it.uid] = it
        self.touched.add(it.room)
        self.noted.add(it.room)
        self.laws.changed(old, it, why)
        return it

    def grant(self, room: int, device: int, grant: Grant) -> None:
        self.laws.tell("grant of", device, "in", room, grant)
        self.db.rooms[room].grants[device] = grant
        self.touched.add(room)

    def record(self, room: int, kind: str, booking: int | None, other: int | None, span: tuple[int, int]) -> int:
        """A conflict; the same two again are the same."""
        if booking is not None:
            for number in self.db.gave_way.get(booking, ()):
                if self.db.conflicts[number].other == other:
                    return number
        number = self.draw()
        self.db.conflicts[number] = Conflict(number, room, kind, booking, other, *span)
        if booking is not None:
            self.db.gave_way[booking] = self.db.gave_way.get(booking, frozenset()) | {number}
        self.laws.listed(kind)
        return number

    def lay(self, number: int) -> None:
        """R15: what is held for doors in a room is what is reserved less what bookings and closures hold."""
        room = self.db.rooms[number]
        spans = [(it.start, it.end) for it in room.live.values() if it.standing is ACCEPTED]
        room.busy = joined([*spans, *room.closures.values()])
        room.holds, busy = {}, room.busy
        for device, grant in room.grants.items():  # of two that reserve the same time the older has the hold
            room.holds[device] = times = escrow.laid(grant, busy)
            busy = union(busy, times)

    def commit(self) -> None:
        """The end of a transaction."""
        for number in sorted(self.touched):
            self.lay(number)
            if number in self.noted:
                self.db.rooms[number].seq += 1
        for number in sorted(self.touched):
            self.laws.committed(number)
        self.touched.clear()
        self.noted.clear()

    # What a door may own

    def free_for_door(self, number: int, device: int) -> Times | None:
        """R13, R14: all that the door may own, None where it may own nothing (engine/owning.py)."""
        room, row = self.db.rooms[number], self.db.devices[device]
        if row.state != "good" or number not in row.rooms or not room.window or not room.walk_ins:
            return None
        others = {other: grant for other, grant in room.grants.items() if other != device}
        if any(self._keeps(number, other, grant) for other, grant in others.items()):
            return None
        low, high, gap = self.now - STEP, self.now + room.window + STEP, room.gap
        beside = [(it.start - gap, it.end + gap) for it in room.live.values() if it.standing is ACCEPTED]
        waiting = [(it.start, it.end) for it in room.live.values() if it.standing is AT_RISK]
        owned = [span for grant in others.values() for span in grant.reserved]
        return minus(((low, high),), joined((*beside, *room.closures.values(), *waiting, *owned)))

    def _keeps(self, number: int, device: int, grant: Grant) -> bool:
        """Whether another panel of the room has time that it keeps."""
        return grant.forced is None and not escrow.over(grant, self.now) and self.is_panel(number, device)

    def is_panel(self, number: int, device: int) -> bool:
        row = self.db.devices.get(device)
        return row is not None and row.state != "revoked" and number in row.rooms

    def horizon(self, number: int) -> int:
        return (self.now + self.db.rooms[number].window + STEP) // STEP * STEP

    def ask(self, device: int, claims: dict[int, tuple[str, int, bool]], epoch: str, head: int) -> Answer:
        """POST /grants: acknowledgements first, then growth, in one transaction (engine/escrow.py)."""
        applied, row = self.applied(device, epoch), self.db.devices[device]
        told: dict[int, tuple[int, Times]] = {}
        for number, (incarnation, version, want) in claims.items():
            room, life = self.db.rooms[number], self.db.incarnation
            if number not in row.rooms and device not in room.grants:
                continue
            said = Said(incarnation, version, want, head, row.state == "good")
            old = room.grants.get(device)
            if old is None:
                first = version if incarnation == life else 0
                old = Grant(first, ((first, NONE),))
            grant = escrow.answered(
                old, said, incarnation=life, applied=applied, owns=self.free_for_door(number, device), now=self.now,
                horizon=self.horizon(number),
            )  # fmt: skip
            if grant != old:
                if grant.version > old.version:
                    self.laws.given(number, device, grant.newest)
                self.grant(number, device, grant)
                if minus(old.reserved, grant.reserved):
                    self.lay(number)
                    self.promote(number)
            told[number] = (grant.version, grant.newest)
        self.commit()
        return (self.db.incarnation, told, applied, epoch)

    def applied(self, device: int, epoch: str) -> int:
        journal = self.db.journals.get((device, epoch))
        return journal.applied if journal else 0

    def promote(self, number: int) -> None:
        """Bookings at risk that no door's time is in the way of any more are accepted, the oldest first."""
        room = self.db.rooms[number]
        waiting = [it for it in room.live.values() if it.standing is AT_RISK and it.end > self.now]
        for it in sorted(waiting, key=lambda it: it.uid):
            if self.db.bookings[it.uid] is not it:
                continue  # it gave way just now
            if touches(room.busy, it.start, it.end) or any(touches(t, it.start, it.end) for t in room.holds.values()):
                continue
            self.give_way(self.put(standing(it, ACCEPTED), "promoted"))
            self.lay(number)

    def give_way(self, made: Booking) -> None:
        """Bookings at risk that it meets become conflicts."""
        for it in list(self.db.rooms[made.room].live.values()):
            if it.standing is AT_RISK and it.uid != made.uid and it.overlaps(made.start, made.end):
                self.put(standing(it, CONFLICT), "gave way")
                self.record(made.room, "at_risk", it.uid, made.uid, (it.start, it.end))

    # Bookings from elsewhere

    def judged(self, number: int, start: int, end: int, *, but: int = -1, device: int = -1) -> tuple[str, list[int]]:
        """What a booking meets: `clash`, or `door` with the devices that own of it, or nothing."""
        room = self.db.rooms[number]
        for it in room.live.values():
            if it.start < end and start < it.end and it.uid != but and it.standing in (ACCEPTED, AT_RISK):
                return "clash", []
        if any(low < end and start < high for low, high in room.closures.values()):
            return "clash", []
        doors = [it for it, grant in room.grants.items() if it != device and touches(grant.reserved, start, end)]
        return ("door", doors) if doors else ("", [])

    def recall(self, number: int, start: int, end: int) -> list[Grant]:
        """R2: versions without it, committed before anybody is told; of all that reserve any of it."""
        room, owning = self.db.rooms[number], []
        for device, grant in list(room.grants.items()):
            if touches(grant.reserved, start, end):
                owning.append(grant)
                self.grant(number, device, escrow.recalled(grant, start, end, self.now))
                self.signals.append(device)
        self.commit()
        return owning

    def given(self, number: int, start: int, end: int) -> bool:
        """Whether no door reserves any of it."""
        return not any(touches(it.reserved, start, end) for it in self.db.rooms[number].grants.values())

    # Staff

    def shut(self, number: int, start: int, end: int) -> None:
        """Staff's word about the room counts at once: bookings give way, and so do doors."""
        for it in [it for it in self.db.rooms[number].live.values() if it.overlaps(start, end) and it.end > self.now]:
            self.put(standing(it, CANCELLED), "close")
        self.db.rooms[number].closures[self.draw()] = (start, end)
        self.touched.add(number)
        self.noted.add(number)
        self.laws.shut(number, start, end)
        self.commit()

    def force(self, device: int) -> None:
        for number, room in enumerate(self.db.rooms):
            if device in room.grants:
                self.grant(number, device, escrow.forced(room.grants[device], self.now))
        self.commit()

    def restored(self, backup: Database, incarnation: str) -> None:
        """R10: another life; every panel is assumed to hold all that it could ever own (engine/lineage.py)."""
        before, self.db = self.db, backup.copy()
        self.db.incarnation = incarnation
        self.laws.restored(before, self.db)
        for number, room in enumerate(self.db.rooms):
            could = ((self.now - STEP, self.now + room.window + STEP),) if room.window and room.walk_ins else NONE
            for device, row in sorted(self.db.devices.items()):
                if row.state != "revoked" and number in row.rooms:
                    former = room.grants.pop(device, Grant())
                    held = union(could, former.reserved)
                    if held:
                        room.grants[device] = replace(escrow.assumed(held), forced=former.forced)
            self.touched.add(number)
        self.commit()

    def revoke(self, device: int) -> None:
        """R9: what it may hold stays reserved until its time is past."""
        self.db.devices[device].state = "revoked"

    def swept(self) -> None:
        """Each quarter of an hour: grants whose time is past and whose device is gone, and bookings long past."""
        for number, room in enumerate(self.db.rooms):
            for device, grant in list(room.grants.items()):
                if not self.is_panel(number, device) and escrow.over(grant, self.now - escrow.KEPT):
                    del room.grants[device]
                    self.touched.add(number)
            old = self.now - 36 * 3_600
            for it in [it for it in room.live.values() if it.end < old]:
                del room.live[it.uid]
            room.closures = {key: span for key, span in room.closures.items() if span[1] > old}
        self.commit()


def standing(it: Booking, standing: Standing) -> Booking:
    return replace(it, standing=standing, version=it.version + 1)
