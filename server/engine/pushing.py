"""What the push asks of the house: who listens and what for, and what happened since it last looked.

Decisions:
- Whatever changes what a panel shows is noted for each room that it concerns (a place's rules: levelling.py; closures:
  closing.py), so the newest change of each room is all there is to tell. What has no room concerns a key, a person, a
  device, or what all devices are told of themselves, and is listed here.
- A listener's `seq` is read before anything else of it: what came after that may be missing from the rest, and is
  told again, but nothing that came before is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from server.core.access import Actor, require
from server.core.clock import Clock
from server.core.model import Change
from server.engine.devices import Devices, incarnation
from server.engine.house import House
from server.engine.rooms import found
from server.store import changes, outbox
from server.store.database import Listening, Store, Tx

Ear = Listening
"""Waits for commits of whatever process."""
MOST = 1_000
"""Changes without a room that one look tells one by one."""


@dataclass(frozen=True, slots=True)
class Hearer:
    """Somebody who listens: who it is, its rooms (slug by number) and the newest change of each, as of `seq`."""

    actor: Actor
    rooms: Mapping[int, str]
    heads: Mapping[int, int]
    seq: int
    incarnation: str


@dataclass(frozen=True, slots=True)
class Look:
    """What happened after a cursor, up to `seq`: the newest change of each room that has any, and what has no room.

    `at`: when it was looked, so that all that was committed before is in it. `settled`: rooms that are new, or of
    which something was set (a name, a place, a rule), `removed`: those that are no more. `others` None: more than are
    told one by one.
    """

    at: datetime
    seq: int
    incarnation: str
    rooms: Mapping[int, int]
    settled: frozenset[int]
    removed: frozenset[int]
    others: tuple[Change, ...] | None


@dataclass(slots=True)
class Address:
    """Where devices reach the push: an address, or a path on this server as they reach it; None where there is none.

    Who serves says it, once it is known.
    """

    url: str | None = None


@dataclass(frozen=True, slots=True)
class Pushing:
    """The use cases of the push. Both raise Later where the database does not answer."""

    store: Store
    clock: Clock
    devices: Devices
    house: House
    address: Address = field(default_factory=Address)

    def listening(self) -> Ear:
        """An ear for commits."""
        return self.store.listening()

    def leave(self) -> None:
        """For a thread that asks no more."""
        self.store.close()

    def hearer(self, secret: str, room: str | None) -> Hearer:
        """Who the secret stands for and what they hear of: a device of all its rooms, another token of the one named.

        Raises Unnamed, Barred, Unknown, Invalid (no room named, and the token opens several) or Later.
        """
        with self.store.reading() as tx:
            seq = outbox.end(tx)
        actor = self.devices.actor(secret)
        require(actor, "read")
        slug = None if actor.name.startswith("device:") else self.devices.room_of(room, actor)
        with self.store.reading() as tx:
            slugs = self._rooms(tx, actor, slug)
            heads = {number: changes.head(tx, number) for number in slugs}
            return Hearer(actor, slugs, heads, seq, incarnation(tx))

    def _rooms(self, tx: Tx, actor: Actor, slug: str | None) -> dict[int, str]:
        if slug is not None:
            room = found(tx, slug, actor, "read")
            return {room.number: room.id}
        every = self.house.at(tx).rooms
        return {number: every[number].slug for number in sorted(actor.rooms or ()) if number in every}

    def look(self, after: int | None) -> Look:
        """What happened after the cursor; None begins here and now."""
        at = self.clock.now()
        with self.store.reading() as tx:
            seq, life = outbox.end(tx), incarnation(tx)
            if after is None or after >= seq:
                return Look(at, seq, life, {}, frozenset(), frozenset(), ())
            rooms = changes.heads_between(tx, after, seq)
            settled = changes.rooms_of(tx, ("room_changed", "room_added"), after, seq) if rooms else frozenset()
            removed = changes.rooms_of(tx, ("room_removed",), after, seq) if rooms else frozenset()
            return Look(at, seq, life, rooms, settled, removed, changes.roomless(tx, after, seq, MOST))
