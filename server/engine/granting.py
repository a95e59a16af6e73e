"""What becomes of a device's grants when it says what it holds: looked at, and stored where something changes.

Decision: it is looked at without a lock first, for mostly nothing changes; what does is decided anew under the lock of
its rooms. Bookings that waited for the time are accepted in the same transaction.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from server.core import escrow
from server.core.clock import epoch
from server.core.escrow import Grant, Said
from server.core.model import Device, Room
from server.core.stretches import NONE, Times, minus
from server.engine.at_risk import promote
from server.engine.owning import free_for_door, horizon
from server.store import gathering, grants, journal, keys, meta
from server.store.database import Tx
from server.store.grants import Door


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
class Case:
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


def cases(
    tx: Tx, says: Says, number: int, life: str, now: datetime
) -> tuple[int, list[Case]]:  # fmt: skip
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
        out.append(Case(room.id, door, after, why))
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


def keep(tx: Tx, says: Says, number: int, kept: Collection[int], now: datetime) -> tuple[str, int, list[Case]]:
    """Looks again under the lock of these rooms, stores what changes there, and accepts what waited for it."""
    life = meta.get(tx, "incarnation") or ""
    applied, found = cases(tx, says, number, life, now)
    let_go = set()
    for case in found:
        if case.changed and case.door.room in kept:
            grants.put(tx, replace(case.door, grant=case.after, told=epoch(now)), now)
            if minus(case.door.grant.reserved, case.after.reserved):
                let_go.add(case.door.room)
    if let_go:
        grants.lay(tx, let_go)
        promote(tx, let_go, now)
    return life, applied, found
