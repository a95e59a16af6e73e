"""What doors did by their own word is taken in: in order, once, and never refused (reliability R6, R7, R11).

Decisions:
- Each entry is a transaction of its own, with the step of the journal in it: what was answered is durable, what was not
  is not there, and one that fails stops none behind it (it is listed as `unplaced`).
- An `op` has one effect, whatever device brings it, in whatever epoch, and whether it also came as an act: both ways
  keep it under the same key and look for it under the lock of the room.
- A device brings at most so many entries an hour: what is more waits on its card, so that one in the wrong hands fills
  no disk and no inbox.
- A device writes only of rooms that it has, or had in the last 14 days. Of others it is noted that it tried.
- Two entries of one number with other hashes, or one that does not follow from the one before, are two cards: both are
  taken, and the device is set apart (lives.py). What is set apart still brings its journal.
"""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from server.core.access import Actor
from server.core.clock import epoch, whole
from server.core.errors import Barred, Full, Invalid, Later
from server.core.intake import Entry, entry_of, placed, reading, tapped
from server.core.model import Booking, Room
from server.engine.awaiting import NOTHING, Awaiting, awaiting
from server.engine.desk import Desk
from server.engine.devices import incarnation
from server.engine.door_acts import done, listed
from server.engine.entries import BROKEN, Doing, Done
from server.engine.lives import set_apart
from server.engine.scene import scene_at
from server.engine.tickets import open_ticket
from server.store import bookings, changes, journal, keys, ops, rooms
from server.store.database import Tx
from server.store.journal import Taken

MOST = 100
LEFT = timedelta(days=14)
MOST_TORN = 1_048_576
TORN = "journal_torn"
OUTCOMES = ("accepted", "shortened", "conflict", "at_risk", "nothing", "unplaced")
log = logging.getLogger("lintel.doors")


@dataclass(frozen=True, slots=True)
class Batch:
    """What a device brings: entries (as they were sent) of an epoch, the oldest number that it still has, its boot and
    the seconds that this has counted."""

    epoch: str
    first: int
    boot: str
    mono: float
    said: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an entry; the booking as it is now with the room it is told of, None where there is none."""

    seq: int
    op: str
    outcome: str
    booking: Booking | None
    room: Room | None
    conflict: int | None
    awaiting: Awaiting = NOTHING


@dataclass(frozen=True, slots=True)
class Told:
    """The answer: how far the journal is taken, what came of each entry, and the newest change of each room (slug)."""

    incarnation: str
    applied: int
    results: tuple[Result, ...]
    heads: Mapping[str, int]


class Gap(Exception):
    """Entries that the device still has are missing after `applied`."""

    def __init__(self, applied: int) -> None:
        super().__init__(f"taken up to {applied}")
        self.applied = applied


@dataclass(frozen=True, slots=True)
class Intake:
    """The use cases. All raise Invalid, Barred, Later or Full. `counts`: entries by outcome, of this process."""

    desk: Desk
    counts: Counter[str] = field(default_factory=Counter)

    def take(self, actor: Actor, batch: Batch) -> Told:
        """Takes a batch; raises Gap as well."""
        device = device_of(actor)
        if len(batch.said) > MOST:
            raise Invalid({"ops": f"at most {MOST}"})
        entries = [entry_of(said) for said in batch.said]
        with self.desk.store.reading() as tx:
            upto, last = journal.applied(tx, device, batch.epoch)
            known = _known(tx, device, batch.epoch, entries)
        found = reading(entries, batch.first, upto, last, known)
        if found.gap:
            raise Gap(upto)
        taken: list[Taken] = []
        for said, each in zip(batch.said, found.entries, strict=False):
            taken.append(known[each.entry.seq][each.entry.hash] if each.kind == "again" else self._one(
                actor, device, batch, each.entry, said))  # fmt: skip
        return self._told(actor, device, batch.epoch, taken)

    def torn(self, actor: Actor, name: str, body: bytes) -> None:
        """Keeps a card's journal as it was found where it could not be read; staff hear of it."""
        device, now = device_of(actor), whole(self.desk.clock.now())
        if not 1 <= len(body) <= MOST_TORN:
            raise Invalid({"body": f"1 to {MOST_TORN} bytes"})

        def work(tx: Tx) -> None:
            keys.lock_device(tx, device)
            if journal.keep_torn(tx, device, body, now):
                it = keys.device_by_number(tx, device)
                room = it.rooms_in_order[0] if it is not None and it.rooms_in_order else None
                log.error("torn journal device=%d bytes=%d", device, len(body))
                open_ticket(tx, now, TORN, f"device:{device}", room=room, by=actor)

        self.desk.store.writing(work)

    def _one(self, actor: Actor, device: int, batch: Batch, entry: Entry, said: Mapping[str, Any]) -> Taken:
        try:
            found = self._taken(actor, device, batch, entry, said, failed=False)
        except (Later, Full):
            raise
        except Exception as error:
            log.exception(
                "entry device=%d epoch=%s seq=%d error=%s", device, batch.epoch, entry.seq, type(error).__name__
            )
            found = self._taken(actor, device, batch, entry, said, failed=True)
        self.counts[found.outcome] += 1
        self.counts[BROKEN] += BROKEN in found.codes
        return found

    def _taken(
        self, actor: Actor, device: int, batch: Batch, entry: Entry, said: Mapping[str, Any], *, failed: bool
    ) -> Taken:  # fmt: skip
        with self.desk.store.reading() as tx:
            locked = self._touched(tx, actor, entry)

        def work(tx: Tx) -> Taken:
            keys.lock_device(tx, device)
            now = whole(self.desk.clock.now())
            upto, last = journal.applied(tx, device, batch.epoch)
            known = _known(tx, device, batch.epoch, [entry])
            if not known and (other := journal.of_number(tx, device, batch.epoch, entry.seq)) is not None:
                known = {other.seq: {other.hash: other}}
            found = reading([entry], entry.seq, upto, last, known)
            if found.entries[0].kind == "again":
                return known[entry.seq][entry.hash]
            if journal.lately(tx, device, now) >= journal.HOURLY:
                raise Later(600, too_many=True)
            came = self._done(tx, actor, device, batch, entry, now, locked, failed=failed)
            if found.forked and (it := keys.device_by_number(tx, device)) is not None:
                came = replace(came, codes=(*came.codes, "fork"))
                if set_apart(tx, it, now):
                    log.error("forked journal device=%d epoch=%s seq=%d", device, batch.epoch, entry.seq)
            room = rooms.by_slug(tx, entry.room)
            taken = Taken(
                entry.op, device, batch.epoch, entry.seq, entry.hash, entry.act, room.number if room else None,
                came.outcome, came.codes, came.booking.id if came.booking else None, came.conflict, now,
            )  # fmt: skip
            journal.insert(tx, taken, dict(said))
            if not journal.put(tx, device, batch.epoch, found.applied, found.last, now):
                raise Later(3_600, too_many=True)
            return taken

        return self.desk.store.writing(work, rooms=locked)

    def _touched(self, tx: Tx, actor: Actor, entry: Entry) -> tuple[int, ...]:
        """The rooms to lock: the door's with the parts it is made of, and those of the booking that it names."""
        room = rooms.by_slug(tx, entry.room)
        if room is None:
            return ()
        named, _ = _target(tx, actor, room, entry)
        there = (room.number, *room.parts, *(named.rooms if named is not None else ()))
        return tuple(sorted(set(there)))

    def _done(
        self, tx: Tx, actor: Actor, device: int, batch: Batch, entry: Entry, now: datetime, locked: Sequence[int], *,
        failed: bool,
    ) -> Done:  # fmt: skip
        """What becomes of an entry that is new."""
        if entry.fault:
            return Done("nothing", codes=(f"bad_{entry.fault}",))
        room = rooms.by_slug(tx, entry.room)
        if room is None or room.number not in journal.rooms_of(tx, device, now - LEFT):
            return Done("nothing", codes=("room",))
        if (before := self._before(tx, actor, room, entry)) is not None:
            return before
        if failed:
            return listed(tx, room.number, entry, None, now, actor, "failed")
        target, was = _target(tx, actor, room, entry)
        if target is not None and not set(target.rooms) <= set(locked):
            raise Later(1)  # it was given other rooms just now
        numbers = target.rooms if target is not None else (room.number, *room.parts)
        scene = scene_at(tx, self.desk.house, numbers, actor, now)
        at = epoch(now), batch.boot, batch.mono
        doing = Doing(
            scene, entry, room.number, device, tapped(entry, *at), placed(entry, *at), target, was
        )  # fmt: skip
        return done(doing)

    def _before(self, tx: Tx, actor: Actor, room: Room, entry: Entry) -> Done | None:
        """What came of the same op before, by another journal or as an act."""
        known = journal.by_op(tx, entry.op)
        if known is not None and known.outcome != "nothing":
            if known.room != room.number:  # a tap is at one door: who says it of another is told nothing of that
                return Done("nothing", codes=("room",))
            there = bookings.by_ids(tx, [known.booking]) if known.booking is not None else []
            return Done(known.outcome, there[0] if there else None, known.conflict, ("again",))
        op = _op(tx, actor, room, entry.op)
        return Done("accepted", op.after, codes=("again",)) if op is not None else None

    def _told(self, actor: Actor, device: int, name: str, taken: Sequence[Taken]) -> Told:
        now = whole(self.desk.clock.now())
        with self.desk.store.reading() as tx:
            upto, _ = journal.applied(tx, device, name)
            numbers = {it.room for it in taken if it.room is not None}
            there = {number: rooms.by_number(tx, number) for number in numbers}
            found = {it.id: it for it in bookings.by_ids(tx, {it.booking for it in taken if it.booking is not None})}
            heads = {room.id: changes.head(tx, room.number) for room in there.values()}
            results = [_result(tx, it, found, there, now) for it in taken]
            return Told(incarnation(tx), upto, tuple(results), heads)


def device_of(actor: Actor) -> int:
    """The number of the device that speaks; raises Barred for a token, which has no journal."""
    if not actor.name.startswith("device:"):
        raise Barred("scope", need="device")
    return int(actor.name.removeprefix("device:"))


def _result(tx: Tx, it: Taken, found: Mapping[int, Booking], there: Mapping[int, Room], now: datetime) -> Result:
    booking = found.get(it.booking) if it.booking is not None else None
    room = there.get(it.room) if it.room is not None else None
    if booking is None or room is None:
        return Result(it.seq, it.op, it.outcome, None, None, it.conflict)
    more = awaiting(tx, room, [booking], now).get(booking.id, NOTHING)
    return Result(it.seq, it.op, it.outcome, booking, room, it.conflict, more)


def _known(tx: Tx, device: int, name: str, entries: Sequence[Entry]) -> dict[int, dict[str, Taken]]:
    return journal.known(tx, device, name, [(it.seq, it.hash) for it in entries])


def _op(tx: Tx, actor: Actor, room: Room, op: str) -> ops.Op | None:
    """What was done at the room's glass under that op, also with a card that is in another device now."""
    return ops.of_any(tx, {actor.name, *journal.panels_of(tx, room.number)}, op)


def _target(
    tx: Tx, actor: Actor, room: Room, entry: Entry
) -> tuple[Booking | None, ops.Op | None]:  # fmt: skip
    """The booking of the room that the entry is about, and what the act that it names did."""
    if entry.act == "book":
        return None, None
    op = _op(tx, actor, room, entry.of) if entry.of else None
    if entry.of:
        found = bookings.by_ids(tx, [op.after.id]) if op is not None else []
        it = found[0] if found else None
    else:
        it = bookings.by_uid(tx, entry.booking)
    return (it, op) if it is not None and {room.number, *room.parts} & set(it.rooms) else (None, op)
