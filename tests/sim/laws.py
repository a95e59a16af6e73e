"""What must hold after every step, whatever happened: the invariants I1 to I7 of doors and their time.

Decisions:
- The laws keep a diary of their own (`Promise`, what was told to whom) that no code under test can reach, and look at
  the server's rows and the units' cards as they are.
- Each check is made where what it is about has changed: rooms at the end of a transaction that touched them, a booking
  when it is written, a promise when it is made. `everything` checks all of it from nothing; the tests run it every few
  hundred steps as well, so a change that the small checks do not see does not live long.
- What is excused is counted by its reason: a copied card, a device that the backup does not know, a booking that the
  backup brought back to life, a closure that staff laid. Each must be listed as a conflict all the same.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kiosk import chain
from kiosk.journal import FILE, TORN
from tests.sim.database import ACCEPTED, AT_RISK, CANCELLED, Booking, Database, Done
from tests.sim.invariants import Invariants
from tests.sim.promises import Promise, Violation

if TYPE_CHECKING:
    from kiosk.chain import Entry
    from kiosk.plan import Snapshot
    from tests.sim.door import Unit

ELSEWHERE = frozenset({"cancel", "move", "resolve", "close", "hung up"})
BY_PEOPLE = ELSEWHERE | {"end", "undo", "extend"}


@dataclass(slots=True)
class Laws(Invariants):
    """One world's diary and its judge."""

    revived: set[int] = field(default_factory=set)
    of_base: dict[str, list[Promise]] = field(default_factory=dict)
    lives: set[str] = field(default_factory=set)
    former: dict[int, Booking] = field(default_factory=dict)
    by_people: set[int] = field(default_factory=set)
    given_up: dict[int, "Unit"] = field(default_factory=dict)
    meant: dict[str, tuple["Entry", str, int]] = field(default_factory=dict)
    presence: dict[str, tuple["Unit", "Entry"]] = field(default_factory=dict)
    torn_found: dict[int, set[bytes]] = field(default_factory=dict)
    torn_heard: set[bytes] = field(default_factory=set)
    shut_times: dict[int, list[tuple[int, int]]] = field(default_factory=dict)

    # What is told to people

    def promised(self, it: Promise) -> None:
        """A glass said it. Whatever it said must come to an end that people are told (I3)."""
        self.tell("promised", "unit", it.unit.number, "device", it.unit.device, it)
        self.promises[it.op] = it
        self.of_base.setdefault(it.base, []).append(it)
        self._unknown_grant(it)
        self.pending.setdefault(it.room, {})[it.op] = it
        self.counts["promises, confirmed" if it.sure else "promises, not confirmed"] += 1
        if not it.sure:
            return
        for other in self.pending[it.room].values():
            clear = other.op == it.op or not other.sure or it.excused or other.excused or other.base == it.base
            clear = clear or self._moot(other) or other.start >= other.end
            if not clear and other.start < it.end and it.start < other.end:
                raise Violation("I2", f"{it.op} was promised over {other.op}")
        for booking in self.server.db.rooms[it.room].live.values():
            if booking.standing is ACCEPTED and booking.overlaps(it.start, it.end):
                self._met(booking, it)

    def _moot(self, it: Promise) -> bool:
        """Whether people elsewhere have changed the booking that it is about, or have said what becomes of it."""
        return self.server.uids.get(it.base) in self.by_people

    def gave_up(self, unit: "Unit", entry: "Entry", base: str, then: int) -> None:
        """People ended or undid something at the glass: what it promised from then on is not promised any more.

        `then` is when they did: the door's clock may be wrong, and whichever of the two is earlier counts.
        """
        self.meant.pop(entry.op, None)
        uid = int(entry.booking) if entry.booking.isdecimal() else self.server.uids.get(entry.of)
        if uid is not None:
            self.given_up[uid] = unit
        for it in self.of_base.get(base, ()):
            if entry.act == "end":
                it.end = min(it.end, max(min(entry.wall, then), it.start + (it.act == "book")))
            elif entry.of in (it.op, it.base):
                it.end = it.start

    def came(self, unit: "Unit", entry: "Entry") -> None:
        """People said that they are here: that is as true later."""
        self.presence[entry.op] = (unit, entry)
        self.counts["check-ins"] += 1

    def found(self, unit: "Unit") -> None:
        """An agent starts: what its card has of the journal, whole or torn."""
        content = unit.card.have(FILE) or b""
        if content and not chain.found(content).whole:
            self.torn_found.setdefault(unit.number, set()).add(content)

    def op_of(self, uid: str) -> str:
        """The op that made a booking, whatever the database knows of it; "" where none did."""
        return self.server.op_of(int(uid or 0))

    def acknowledged(self, it: Booking) -> None:
        """Somebody was told that it is booked."""
        if it.standing is ACCEPTED and self.server.db.bookings.get(it.uid) == it:
            self.acked[it.uid] = it

    # What the server writes

    def changed(self, old: Booking | None, new: Booking, why: str) -> None:
        """A booking was written."""
        self.tell(why, new)
        if why in ELSEWHERE:
            self.by_people.add(new.uid)
        here = old.checked if old is not None and old.start == new.start and why != "recovered" else None
        if here is not None and new.checked != here:
            raise Violation("presence", f"people were at {old}, and by {why} it is {new}")
        former = self.former.get(new.uid) if why == "recovered" else None
        if former and (former.standing, former.start, former.end) != (new.standing, new.start, new.end):
            self.revived.add(new.uid)
        was = self.acked.get(new.uid)
        if was is not None:
            same = new.standing is ACCEPTED and (new.start, new.end) == (was.start, was.end)
            ended = why == "recovered" and new.uid in self.given_up  # in the life that the panel knew it in
            if not same and why not in BY_PEOPLE and not ended:
                raise Violation("acknowledged", f"booking {new.uid} was told as certain, and then {why}")
            if not same:
                del self.acked[new.uid]
        if new.standing is not ACCEPTED or why == "resolve":
            return
        for it in self.pending.get(new.room, {}).values():
            if it.sure and it.start < it.end and new.overlaps(it.start, it.end):
                self._met(new, it)

    def _met(self, booking: Booking, it: Promise) -> None:
        """An accepted booking over a confirmed promise that is not taken yet."""
        op = booking.op or self.server.op_of(booking.uid)
        mine = self.promises.get(op)
        if booking.op in (it.op, it.base) or booking.uid == it.uid or (mine and mine.unit is it.unit):
            return  # one card speaks of its own acts in order, and is on its way
        if booking.device is not None and booking.device == it.unit.device:
            return
        if booking.attested and self.given_up.get(booking.uid) is it.unit:
            return  # that it was ended there stands before the promise in the journal, which is on its way
        if it.life != self.server.db.incarnation and booking.op and booking.end <= self.server.now:
            # two panels of one room bring anew what was, one confirmed, one not
            it.excused = it.excused or "past of a restore"
            return
        if booking.uid in self.revived or it.excused or (mine and mine.excused):
            return
        raise Violation("I2", f"booking {booking.uid} {booking} lies over what {it.op} was promised: {it}")

    def shut(self, room: int, start: int, end: int) -> None:
        self.shut_times.setdefault(room, []).append((start, end))

    def listed(self, kind: str) -> None:
        self.counts[f"conflicts, {kind}"] += 1

    def took(self, op: str, done: Done) -> None:
        """The server has an entry of a journal, with an outcome (R6)."""
        if op in self.presence and done.outcome in ("accepted", "nothing"):
            self._present(self.presence[op][1], done)
        it = self.promises.get(op)
        self.tell("took", op, done.outcome, done.uid, done.conflict)
        if it is None and done.conflict is not None and done.uid:
            self.by_people.add(done.uid)  # what was ended and taken back met something, and is listed
        if it is None or it.taken:
            return
        it.taken = True
        self.pending[it.room].pop(op, None)
        it.uid = done.uid
        self.counts[f"outcome {done.outcome}"] += 1
        if done.outcome == "nothing" and it.act == "book" and not it.excused and it.uid not in self.by_people:
            raise Violation("I3", f"{it} came to nothing, and nobody is told")
        if done.outcome == "nothing" and it.act == "extend" and it.sure and it.start < it.end and not it.excused:
            self._has(it)
        if it.sure and it.start < it.end and (it.uid in self.by_people or self._moot(it)):
            self._heard(it, done)
        elif it.sure and it.start < it.end:
            self._stands(it, done)

    def _heard(self, it: Promise, done: Done) -> None:
        """I3: of a longer end of what somebody changed elsewhere its people hear, where they do not have it."""
        booking = self.server.db.bookings.get(it.uid)
        if it.act != "extend" or done.conflict is not None or it.excused or self.acted(it.op) or booking is None:
            return
        if booking.standing is ACCEPTED and booking.end < it.end:
            raise Violation("I3", f"{it} came to {done}, and nobody is told: {booking}")

    def _present(self, entry: "Entry", done: Done) -> None:
        """Who was there was there; of a meeting that begins at another time than they saw nothing is said."""
        it = done.after
        meant = it is not None and it.standing in (ACCEPTED, AT_RISK) and it.start == entry.start
        if (done.outcome == "accepted") != (meant and it is not None and it.checked is not None):
            raise Violation("presence", f"{entry} came to {done}")

    def _has(self, it: Promise) -> None:
        """I3: a longer end that changes nothing was had already, whoever ended the booking."""
        booking = self.server.db.bookings.get(it.uid)
        if booking is None or booking.standing is CANCELLED or booking.end < it.end:
            raise Violation("I3", f"{it} came to nothing, and nobody is told: {booking}")

    def _stands(self, it: Promise, done: Done) -> None:
        """I2: what was confirmed is accepted, all of it."""
        booking = self.server.db.bookings.get(it.uid)
        if booking is not None and booking.standing is ACCEPTED:
            kept = booking.start <= it.start and it.end <= booking.end
            if kept or self.acted(it.base):
                self.counts["promises kept"] += 1
                self.acked[booking.uid] = booking
                return
        lost = done.outcome == "unplaced" and self.server.uids.get(it.base) in self.former
        base = self.promises.get(it.base)
        why = it.excused or (base.broken if base else "") or ("forgotten with its plan" if lost else self._excuse(it))
        if done.conflict is None and not why:
            raise Violation("I2", f"{it} came to {done} without a conflict")
        if not why:
            raise Violation("I2", f"{it} came to {done}, {booking}")
        it.broken = why
        self.counts[f"excused, {why}"] += 1

    def acted(self, op: str) -> bool:
        """Whether the act itself came to the server beside the journal: then its own times count."""
        return op in self.server.acts

    def _excuse(self, it: Promise) -> str:
        if any(low < it.end and it.start < high for low, high in self.shut_times.get(it.room, ())):
            return "closure"
        for number in self.revived:
            other = self.server.db.bookings.get(number)
            if other and other.room == it.room and other.overlaps(it.start, it.end):
                return "revived"
        return ""

    def restored(self, before: Database, after: Database) -> None:
        """A backup was put back: what it brought to life again is excused, what it forgot is expected anew."""
        self.tell("RESTORED", after.incarnation, {n: r.grants for n, r in enumerate(after.rooms)})
        for uid, it in after.bookings.items():
            was = before.bookings.get(uid)
            same = was and (was.standing, was.start, was.end) == (it.standing, it.start, it.end)
            if it.standing in (ACCEPTED, AT_RISK) and not same:
                self.revived.add(uid)
        for uid, it in before.bookings.items():
            if uid not in after.bookings:
                self.former[uid] = it
        for uid in [uid for uid, it in self.acked.items() if after.bookings.get(uid) != it]:
            del self.acked[uid]
        for number, (was_, is_) in enumerate(zip(before.rooms, after.rooms, strict=True)):
            if was_.policy != is_.policy:  # nobody knows what doors were given under that
                self.loose |= {(number, life) for life in self.lives}
            for device in was_.grants:  # staff moved the panel: the backup knows nothing of what it was given there
                row = after.devices.get(device)
                if row is None or number not in row.rooms:
                    self.strange |= {(number, device, life) for life in self.lives}
        self.lives.add(after.incarnation)
        for it in self.promises.values():
            self._unknown_grant(it)
            device = it.unit.device
            if device is None or device not in after.devices or after.devices[device].state != "good":
                it.excused = it.excused or "stranger"
            if it.taken and it.op not in after.ops:
                it.taken = False
                if it.uid in self.by_people:  # what people did since the backup was taken is not known any more
                    self.revived.add(it.uid)
                    it.excused = it.excused or "people"
                self.pending.setdefault(it.room, {})[it.op] = it

    def _unknown_grant(self, it: Promise) -> None:
        """Excuses what was promised out of time that a backup cannot know of."""
        if (it.room, it.life) in self.loose:
            it.excused = it.excused or "policy since the backup"
        if (it.room, it.unit.device or 0, it.life) in self.strange:
            it.excused = it.excused or "at other rooms by the backup"

    def copied(self, device: int) -> None:
        """Somebody copied a card: what either says from now on is the copier's word."""
        for it in self.promises.values():
            if it.unit.device == device and not it.taken:
                it.excused = it.excused or "copied card"

    def replaced(self, unit: "Unit", old: "Snapshot", incarnation: str) -> None:
        """A unit takes a plan of another life: what the old one had must be known there by now, or listed."""
        db = self.server.db
        if old.incarnation in ("", incarnation) or incarnation != db.incarnation or unit.tainted:
            return
        for row in old.bookings:
            if int(row.id) not in db.bookings and row.end > self.server.now:
                raise Violation("recovered", f"booking {row.id} was known to unit {unit.number} and is gone")

    def everything(self) -> None:
        """All that must hold at any time, from nothing."""
        for number, room in enumerate(self.server.db.rooms):
            self.lawful(number)
            for it in self.pending.get(number, {}).values():
                for booking in room.live.values():
                    if (
                        it.sure
                        and it.start < it.end
                        and booking.standing is ACCEPTED
                        and booking.overlaps(it.start, it.end)
                    ):
                        self._met(booking, it)
            for unit in self.units:
                if number in unit.doors:
                    self.owns(unit, number)
                    self.seen(unit, number)
        for uid, it in self.acked.items():
            now = self.server.db.bookings.get(uid)
            if now is None or (now.standing, now.start, now.end) != (ACCEPTED, it.start, it.end):
                raise Violation("acknowledged", f"{it} was told as certain and is {now}")
        ops = Counter(it.op for it in self.server.db.bookings.values() if it.op and it.standing is not CANCELLED)
        for op, times in ops.items():
            if times > 1:
                raise Violation("I4", f"{op} has {times} effects")

    def settled(self) -> None:
        """After healing and half a minute, what was said at glasses and found on cards has come to the server, too."""
        Invariants.settled(self)
        ours = {unit.number: unit for unit in self.units if not unit.tainted and self.served(unit)}
        for op, (unit, entry) in self.presence.items():
            if unit.number in ours and op not in self.server.db.ops:
                raise Violation("I3", f"{entry} never came to the server")
        for unit in ours.values():
            torn = self.torn_found.get(unit.number, set())
            if len(torn) <= len(TORN) and torn - self.torn_heard - {unit.card.have(FILE)}:
                raise Violation("torn", f"what unit {unit.number} could not read never came to the server")
