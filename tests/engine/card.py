"""A door's card as the server sees it: entries of a journal, chained as the protocol says, and handed in."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from server.core.access import Actor
from server.core.clock import epoch
from server.core.intake import hashed
from server.engine.intake import Batch, Told
from server.store import grants
from server.store.grants import Door
from tests.make import House

EPOCH = "7e57ab1e-0000-4000-8000-000000000001"


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Card:
    """The journal of one device; its boot has counted an hour at `began`, and it knows the time."""

    house: House
    actor: Actor
    epoch: str = EPOCH
    boot: str = "boot-1"
    clock: str = "verified"
    said: list[dict[str, Any]] = field(default_factory=list)
    began: datetime | None = None

    def __post_init__(self) -> None:
        self.began = self.house.clock.now()

    @property
    def mono(self) -> float:
        assert self.began is not None
        return 3_600.5 + (self.house.clock.now() - self.began).total_seconds()

    def write(self, act: str, *, room: str = "oak", op: str = "", grade: str = "not_confirmed", **more: Any) -> str:
        """One more entry, tapped now; returns its op. Instants are written as they are sent."""
        seq = len(self.said) + 1
        out = {
            "seq": seq, "op": op or str(UUID(int=seq + 1_000 * (1 + ord(self.epoch[-1])))), "act": act, "room": room,
            "grade": grade, "grant": {"incarnation": "", "version": 0}, "boot": self.boot, "mono": self.mono,
            "wall": iso(self.house.clock.now()), "clock": self.clock,
            "prev": self.said[-1]["hash"] if self.said else "",
        }  # fmt: skip
        out |= {name: iso(value) if isinstance(value, datetime) else value for name, value in more.items()}
        self.said.append({**out, "hash": hashed(out)})
        return str(out["op"])

    def walk_in(self, minutes: int = 30, **more: Any) -> str:
        """Somebody books from now on."""
        now = self.house.clock.now()
        return self.write("book", start=now, end=now + timedelta(minutes=minutes), **more)

    def bring(self, start: int = 1, first: int = 1) -> Told:
        """Hands in what there is from a number on."""
        said = tuple(self.said[start - 1 :])[:100]
        return self.house.engine.intake.take(self.actor, Batch(self.epoch, first, self.boot, self.mono, said))


def owns(house: House, actor: Actor, start: datetime, end: datetime, room: str = "oak") -> None:
    """The device owns that time of the room from now on."""
    number, device = house.engine.rooms.get(room, house.ada).number, int(actor.name[7:])
    times = ((epoch(start), epoch(end)),)

    def work(tx: Any) -> None:
        known = [it for it in grants.of_rooms(tx, [number]) if it.device == device]
        door = known[0] if known else Door(0, device, number, grants.Grant(0, (), (), None))
        version = door.grant.version + 1
        fresh = grants.Grant(version, ((version, times),), (), None)
        grants.put(tx, Door(door.id, device, number, fresh), house.clock.now())

    house.store.writing(work, rooms=[number])
