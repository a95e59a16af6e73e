"""What doors own of their rooms' time: told to them, asked back from them, and let go of (reliability R1 to R9).

Decisions:
- A device says what it holds and is told what it is to hold; that it holds the newest is its acknowledgement. Asking
  reads; it writes only where something changes: time has come free or nearer, or older versions are given up.
- Who wants time that a door owns has it recalled: the device is told by push, and is waited for where it was heard a
  moment ago, by few at once. The room is not locked meanwhile, and the door's promises go on.
- A device that two speak with (quarantined) is believed nothing: all is recalled, and nothing is free before its time.
- What a device has of a room that it is no panel of any more is recalled and told to it as long as it asks.
"""

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from server.core import escrow
from server.core.access import Actor, require
from server.core.clock import Clock, epoch, from_epoch, monotonic, whole
from server.core.errors import Unknown
from server.core.period import Period
from server.core.stretches import NONE, Times, joined, touches
from server.engine import granting
from server.engine.at_risk import promote
from server.engine.granting import Owned, Says, Told
from server.engine.orders import device_of
from server.engine.owning import HEARD
from server.store import gathering, grants, keys, meta
from server.store.database import Note, Store, Tx
from server.store.grants import Door

PATIENCE = 3.0
"""Seconds for which somebody waits for a door."""
LOOK = 0.05
WAITING = 2
"""So many wait for doors at once in a process: each has a thread of those that answer everybody."""
BY = "doors"
log = logging.getLogger("lintel.doors")


@dataclass(frozen=True, slots=True)
class Escrow:
    """The use cases. All raise Invalid, Unknown, Unnamed, Barred, Later or Full.

    `lately`: when devices were heard, by this process. `patience`: for how many seconds doors are waited for.
    """

    store: Store
    clock: Clock
    lately: dict[int, datetime] = field(default_factory=dict)
    patience: float = PATIENCE
    answered: threading.Condition = field(default_factory=threading.Condition)
    turns: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(WAITING))

    def ask(self, says: Says, actor: Actor) -> Told:
        """Takes what a device says it holds, and tells it what it is to hold of each of these rooms that is its own."""
        require(actor, "read")
        number, now = device_of(actor), whole(self.clock.now())
        with self.store.reading() as tx:
            life = meta.get(tx, "incarnation") or ""
            if number is None:
                found = gathering.named(tx, [it.room for it in says.rooms]).rooms
                opened = (it.id for it in found if actor.rooms is None or it.number in actor.rooms)
                return Told(life, now, 0, {slug: Owned(0, NONE, "token") for slug in opened})
            applied, cases = granting.cases(tx, says, number, life, now)
        self.lately[number] = now
        kept = {case.door.room for case in cases if case.changed}
        if kept:
            life, applied, cases = self.store.writing(lambda tx: granting.keep(tx, says, number, kept, now), rooms=kept)
            with self.answered:
                self.answered.notify_all()
        return Told(life, now, applied, {case.slug: case.told(kept=case.door.room in kept) for case in cases})

    def recall(self, wants: Mapping[int, Sequence[Period]], wait: bool) -> bool:
        """Has doors give up these times, by room; whether all of it is free of doors now.

        With `wait` they are waited for, where all were heard a moment ago; not within another transaction.
        """
        times = {room: joined((epoch(it.start), epoch(it.end)) for it in each) for room, each in wants.items()}
        if not times:
            return True
        now = whole(self.clock.now())
        lasting = escrow.ASKED_FOR if wait else escrow.ASKED_BY_SWEEPS
        owning = self.store.writing(lambda tx: _recall(tx, times, now, lasting), rooms=times)
        if not owning:
            return True
        if not wait or any(it.grant.forced is not None or not self.heard(it.device) for it in owning):
            return False
        if not self.turns.acquire(blocking=False):
            return False
        try:
            return self._given(times)
        finally:
            self.turns.release()

    def heard(self, device: int) -> bool:
        """Whether a device was heard a moment ago, by whatever process."""
        now = self.clock.now()
        if (at := self.lately.get(device)) is not None and abs(now - at) <= HEARD:
            return True
        with self.store.reading() as tx:
            seen = grants.seen(tx, device)
        return seen is not None and abs(now - from_epoch(seen)) <= HEARD

    def force(self, device: int, actor: Actor) -> None:
        """Staff no longer wait for a device: all that it owns is recalled, and who wants it has it at risk at once.

        It owns time again once it holds the newest version. Again is fine.
        """
        require(actor, "devices")
        now = whole(self.clock.now())
        with self.store.reading() as tx:
            if keys.device_by_number(tx, device) is None:
                raise Unknown("device", str(device))
            rooms = {door.room for door in grants.of_device(tx, device)}

        def work(tx: Tx) -> None:
            for door in grants.of_device(tx, device):
                if door.room in rooms and door.grant.forced is None:
                    grants.put(tx, replace(door, grant=escrow.forced(door.grant, epoch(now))), now)
            tx.note(Note(now, "device_recalled", None, device, actor, codes=("forced",)))

        self.store.writing(work, rooms=rooms)

    def versions(self, tx: Tx, device: int) -> dict[str, int]:
        """The newest version of each grant of a device, by the room's id."""
        return grants.versions(tx, device)

    def owns(self, device: int, actor: Actor) -> tuple[Door, ...]:
        """What a device owns of its rooms. For those who run the devices."""
        require(actor, "devices")
        with self.store.reading() as tx:
            return tuple(grants.of_device(tx, device))

    def run(self) -> Mapping[str, int]:
        """Lets go of what is past for a day of devices that are no panels of the room any more."""
        now = whole(self.clock.now())
        past = epoch(now) - escrow.KEPT
        with self.store.reading() as tx:
            rooms = {door.room for door in grants.left(tx) if escrow.over(door.grant, past)}
        if not rooms:
            return {"dropped": 0}

        def work(tx: Tx) -> int:
            gone = [it for it in grants.left(tx) if it.room in rooms and escrow.over(it.grant, past)]
            grants.drop(tx, [it.id for it in gone])
            grants.lay(tx, rooms)
            promote(tx, rooms, now)
            return len(gone)

        return {"dropped": self.store.writing(work, rooms=rooms)}

    def check(self) -> Mapping[str, int]:
        """Looks whether every door holds what it owns and no two were told the same time; sets right what it can.

        Either would be a fault of ours, so the log says so.
        """
        with self.store.reading() as tx:
            unlaid, twice = grants.amiss(tx)
        for room in sorted(unlaid | twice):
            log.error("doors room=%d fault=%s", room, "unlaid" if room in unlaid else "twice")
        if unlaid:
            self.store.writing(lambda tx: grants.lay(tx, unlaid), rooms=unlaid)
        return {"unlaid": len(unlaid), "twice": len(twice)}

    def _given(self, times: Mapping[int, Times]) -> bool:
        """Waits until no door reserves any of this; False where that takes too long."""
        until = monotonic() + self.patience
        while True:
            with self.store.reading() as tx:
                if not _owning(tx, times):
                    return True
            if monotonic() >= until:
                return False
            with self.answered:
                self.answered.wait(LOOK)


def _owning(tx: Tx, times: Mapping[int, Times]) -> list[Door]:
    """The grants that reserve any of these times, by room."""
    return [
        it for it in grants.of_rooms(tx, times) if any(touches(it.grant.reserved, *span) for span in times[it.room])
    ]


def _recall(tx: Tx, times: Mapping[int, Times], now: datetime, lasting: int) -> list[Door]:
    """Recalls it from all that reserve it; returns those."""
    owning = _owning(tx, times)
    told: set[int] = set()
    for door in owning:
        grant = door.grant
        for start, end in times[door.room]:
            grant = escrow.recalled(grant, start, end, epoch(now), lasting=lasting)
        grants.put(tx, replace(door, grant=grant), now)
        if grant.version > door.grant.version and door.device not in told:
            told.add(door.device)  # once: where it was told before, and has not come, it asks when it is back
            tx.note(Note(now, "device_recalled", None, door.device, BY))
    return owning
