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
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from server.core import escrow
from server.core.access import Actor, require
from server.core.clock import Clock, epoch, from_epoch, monotonic, whole
from server.core.errors import Unknown
from server.core.escrow import Grant, Said
from server.core.model import Device, Room
from server.core.period import Period
from server.core.stretches import NONE, Times, joined, minus, touches
from server.engine.at_risk import promote
from server.engine.orders import device_of
from server.engine.owning import HEARD, free_for_door, horizon
from server.store import gathering, grants, journal, keys, meta
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
class Holding:
    """What a device says it holds of a room: the version, of which life of the server; and whether it wants any."""

    room: str
    incarnation: str = ""
    version: int = 0
    want: bool = True


@dataclass(frozen=True, slots=True)
class Says:
    """What a device says: of each room once, and how far its journal of this epoch goes."""

    rooms: tuple[Holding, ...]
    epoch: str = ""
    head: int = 0


@dataclass(frozen=True, slots=True)
class Owned:
    """The newest version of what a device owns of a room; `why` says why there is none."""

    version: int
    times: Times
    why: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What it is to hold, by room; `applied`: how far its journal was taken."""

    incarnation: str
    at: datetime
    applied: int
    grants: Mapping[str, Owned]


@dataclass(frozen=True, slots=True)
class _Case:
    """A device's grant of a room as it is stored (`id` 0: it is not) and as it is to be."""

    slug: str
    door: Door
    after: Grant
    why: str

    @property
    def changed(self) -> bool:
        return self.after != self.door.grant

    def told(self, *, kept: bool) -> Owned:
        grant = self.after if kept else self.door.grant
        return Owned(grant.version, grant.newest, "" if grant.newest else self.why)


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
            applied, cases = _cases(tx, says, number, life, now)
        self.lately[number] = now
        kept = {case.door.room for case in cases if case.changed}
        if kept:
            life, applied, cases = self.store.writing(lambda tx: _keep(tx, says, number, kept, now), rooms=kept)
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
        owning = self.store.writing(lambda tx: _recall(tx, times, now), rooms=times)
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
        """Lets go of what is past of devices that are no panels of the room any more."""
        now = whole(self.clock.now())
        with self.store.reading() as tx:
            rooms = {door.room for door in grants.left(tx) if escrow.over(door.grant, epoch(now))}
        if not rooms:
            return {"dropped": 0}

        def work(tx: Tx) -> int:
            gone = [it for it in grants.left(tx) if it.room in rooms and escrow.over(it.grant, epoch(now))]
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


def _recall(tx: Tx, times: Mapping[int, Times], now: datetime) -> list[Door]:
    """Recalls it from all that reserve it; returns those."""
    owning = _owning(tx, times)
    told: set[int] = set()
    for door in owning:
        grant = door.grant
        for start, end in times[door.room]:
            grant = escrow.recalled(grant, start, end, epoch(now))
        grants.put(tx, replace(door, grant=grant), now)
        if grant.version > door.grant.version and door.device not in told:
            told.add(door.device)  # once: where it was told before, and has not come, it asks when it is back
            tx.note(Note(now, "device_recalled", None, door.device, BY))
    return owning


def _cases(
    tx: Tx, says: Says, number: int, life: str, now: datetime
) -> tuple[int, list[_Case]]:  # fmt: skip
    """How far its journal was taken, and what becomes of each grant that the device asked about and that is its own."""
    found = {it.id: it for it in gathering.named(tx, [it.room for it in says.rooms]).rooms}
    applied = journal.applied(tx, number, says.epoch)[0]
    device = keys.device_by_number(tx, number)
    doors = {it.room: it for it in grants.of_device(tx, number)}
    out = []
    for holding in {it.room: it for it in says.rooms}.values():
        room = found.get(holding.room)
        if room is None or device is None or not (room.number in device.rooms or room.number in doors):
            continue
        free, why = _free(tx, room, device, now)
        said = Said(holding.incarnation, holding.version, holding.want, says.head, device.quarantined_at is None)
        door = doors.get(room.number) or Door(0, number, room.number, _first(said, life))
        after = escrow.answered(
            door.grant, said, incarnation=life, applied=applied, owns=None if why else free, now=epoch(now),
            horizon=horizon(epoch(now), room),
        )  # fmt: skip
        out.append(_Case(room.id, door, after, why))
    return applied, out


def _free(tx: Tx, room: Room, device: Device, now: datetime) -> tuple[Times, str]:
    if device.kind != "panel" or device.revoked_at is not None:
        return NONE, "token"
    if device.quarantined_at is not None or room.number not in device.rooms:
        return NONE, "closed"
    return free_for_door(tx, room, device.number, now)


def _first(said: Said, life: str) -> Grant:
    """A grant that is not stored: it goes on from what the device holds, for it takes no lower version."""
    version = said.version if said.incarnation == life else 0
    return Grant(version, ((version, NONE),))


def _keep(tx: Tx, says: Says, number: int, kept: Collection[int], now: datetime) -> tuple[str, int, list[_Case]]:
    """Looks again under the lock of these rooms, stores what changes there, and accepts what waited for it."""
    life = meta.get(tx, "incarnation") or ""
    applied, cases = _cases(tx, says, number, life, now)
    let_go = set()
    for case in cases:
        if case.changed and case.door.room in kept:
            grants.put(tx, replace(case.door, grant=case.after, told=epoch(now)), now)
            if minus(case.door.grant.reserved, case.after.reserved):
                let_go.add(case.door.room)
    if let_go:
        grants.lay(tx, let_go)
        promote(tx, let_go, now)
    return life, applied, cases
