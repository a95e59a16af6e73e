"""The fleet: how well every device is, what it is told when it says that it lives, and what staff want of it.

Decisions:
- A device that was given other rooms still names the old ones for a moment: those are left out of the answer and
  never refused, for in the answer it hears that it is to ask who it is.
- A heartbeat reads and does not write: what is to be kept of it is kept aside (hearing.py).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from server.core.access import Actor, may, require
from server.core.clock import Clock, whole
from server.core.errors import Unknown
from server.core.fleet import Told, Wrong, newest, verdict
from server.core.model import Device
from server.core.orders import Order
from server.engine.hearing import Beat, Hearing
from server.engine.orders import Orders, device_of
from server.store import changes, fleet, grants, keys, meta, rooms
from server.store.database import Store
from server.store.fleet import Known

NOTHING: Mapping[str, int] = {}
Said = Callable[[Mapping[str, int]], str]


@dataclass(frozen=True, slots=True)
class Standing:
    """How well a device is: one word, since when, and all that is wrong, the worst first.

    `told`: its last heartbeat, which came at `told_at`; it was heard still at `seen_at`. `picture_at`: when the newest
    picture of its glass came.
    """

    device: Device
    verdict: str
    since: datetime | None
    wrong: tuple[Wrong, ...]
    seen_at: datetime | None
    told: Told
    told_at: datetime | None
    picture_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pulse:
    """The answer to a heartbeat: the newest change of each room by its id, what is wanted of the device, and the newest
    version of what it owns of each room."""

    incarnation: str
    rooms: Mapping[str, int]
    orders: tuple[Order, ...] = ()
    grants: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fleet:
    """The use cases of the fleet. All raise Invalid, Unknown, Barred, Refused, Later or Full."""

    store: Store
    clock: Clock
    hearing: Hearing
    asked: Orders

    def all(self, actor: Actor) -> tuple[Standing, ...]:
        """Every device in use and how well it is, by number. For those who run the devices."""
        require(actor, "devices")
        with self.store.reading() as tx:
            found = fleet.known(tx)
        return standings(found, whole(self.clock.now()))

    def one(self, number: int, actor: Actor) -> Standing:
        """How well one device is; of one that was revoked just that."""
        require(actor, "devices")
        now = whole(self.clock.now())
        with self.store.reading() as tx:
            found = fleet.known_one(tx, number)
            best = fleet.newest_version(tx)
        if found is None:
            raise Unknown("device", str(number))
        return _standing(found, now, best)

    def heartbeat(self, slugs: Sequence[str], actor: Actor, beat: Beat, said: Said | None = None) -> Pulse:
        """Notes that a device lives and what it says of itself, and tells it what is new in those of its rooms.

        `said` gives the text to be kept, by the numbers of those rooms.
        """
        require(actor, "read")
        now, number = whole(self.clock.now()), device_of(actor)
        with self.store.reading() as tx:
            there = [it for slug in slugs if (it := rooms.by_slug(tx, slug)) is not None and may(actor, "read", it)]
            heads = {it.id: changes.head(tx, it.number) for it in there}
            wanted: tuple[Order, ...] = ()
            if number is not None and fleet.due(tx, number, now):
                device = keys.device_by_number(tx, number)
                shut = device is not None and device.quarantined_at is not None
                wanted = self.asked.due(tx, number, quarantined=shut, now=now)
            owned = grants.versions(tx, number) if number is not None else NOTHING
            incarnation = meta.get(tx, "incarnation") or ""
        if said is not None:
            beat = replace(beat, said=said({it.id: it.number for it in there}))
        self.hearing.note(actor.name, beat, there, evidence=actor.scope != "read")
        return Pulse(incarnation, heads, wanted, owned)

    def orders(self, number: int, actor: Actor) -> tuple[Order, ...]:
        """The newest orders to a device, newest first."""
        return self.asked.all(number, actor)

    def order(self, number: int, what: str, actor: Actor, *, with_: Mapping[str, int] = NOTHING) -> Order:
        """Wants something of a device."""
        return self.asked.make(number, what, actor, with_)

    def due(self, actor: Actor) -> tuple[Order, ...]:
        """What is wanted of the device that asks."""
        number = device_of(actor)
        if number is None:
            return ()
        with self.store.reading() as tx:
            device = keys.device_by_number(tx, number)
            shut = device is not None and device.quarantined_at is not None
            return self.asked.due(tx, number, quarantined=shut, now=whole(self.clock.now()))

    def receipt(self, actor: Actor, order: int, outcome: str, text: str, picture: bytes | None) -> bool:
        """A device says what came of an order; False where it had said so before."""
        return self.asked.receipt(actor, order, outcome, text, picture)

    def picture(self, number: int, actor: Actor) -> bytes | None:
        """The newest picture of a device's glass, a PNG."""
        found = self.asked.picture(number, actor)
        return found[1] if found else None


def standings(found: Sequence[Known], now: datetime) -> tuple[Standing, ...]:
    """How well all these devices are, which are the fleet."""
    best = newest(it.facts.version for it in found)
    return tuple(_standing(it, now, best) for it in found)


def _standing(it: Known, now: datetime, best: str) -> Standing:
    word, wrong = verdict(it.facts, now, best)
    since = wrong[0].since if wrong else None
    return Standing(it.device, word, since, wrong, it.facts.seen_at, it.told, it.told_at, it.picture_at)
