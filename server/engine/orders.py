"""Orders: what staff want of a device, told with every heartbeat until there is a receipt, and done once.

Decisions:
- A device sees and answers its own orders only. A receipt counts once; one that comes again, or after its order has
  expired, is taken all the same, for what was done was done.
- Of pictures only the newest of each device is kept; a log stays with its order. Both go after thirty days.
- A device of which there are two is told only to show itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from server.core.access import Actor, require
from server.core.clock import Clock, whole
from server.core.errors import Barred, Invalid, Objection, Refused, Unknown
from server.core.model import Device
from server.core.orders import (
    FLASHES,
    LARGEST_PICTURE,
    LIFE,
    LIVES,
    LONGEST_TEXT,
    MOST_OPEN,
    OUTCOMES,
    QUARANTINED,
    Order,
    bounded,
    is_picture,
    problems,
)
from server.store import fleet, keys
from server.store.database import Note, Store, Tx

LISTED = 50


@dataclass(frozen=True, slots=True)
class Orders:
    """The use cases of orders. All raise Invalid, Unknown, Barred, Refused, Later or Full."""

    store: Store
    clock: Clock

    def all(self, number: int, actor: Actor) -> tuple[Order, ...]:
        """The newest orders to a device, newest first; the text of a log only by `one`."""
        require(actor, "devices")
        with self.store.reading() as tx:
            _in_use(tx, number, revoked=True)
            return tuple(fleet.orders(tx, number, LISTED))

    def one(self, number: int, order: int, actor: Actor) -> Order:
        """One order to a device with all that it said to it."""
        require(actor, "devices")
        with self.store.reading() as tx:
            it = fleet.order(tx, order)
        if it is None or it.device != number:
            raise Unknown("order", str(order))
        return it

    def last_log(self, number: int, actor: Actor) -> Order | None:
        """The newest log that a device has sent."""
        require(actor, "devices")
        with self.store.reading() as tx:
            _in_use(tx, number, revoked=True)
            return fleet.last_log(tx, number)

    def make(self, number: int, what: str, actor: Actor, told: Mapping[str, int]) -> Order:
        """Wants something of a device. Refused: device_revoked, device_quarantined, too_many_orders."""
        require(actor, "devices")
        if bad := problems(what, told):
            raise Invalid(bad)
        now = whole(self.clock.now())
        told = {"seconds": told.get("seconds", FLASHES)} if what == "identify" else {}

        def work(tx: Tx) -> Order:
            keys.lock_device(tx, number)
            device = _in_use(tx, number)
            if device.quarantined_at is not None and what not in QUARANTINED:
                raise Refused((Objection("device_quarantined", ""),))
            there = fleet.due(tx, number, now)
            if len(there) >= MOST_OPEN:
                raise Refused((Objection("too_many_orders", "", {"most": MOST_OPEN}),))
            it = Order(0, number, what, told, now, now + LIVES.get(what, LIFE))
            it = replace(it, number=fleet.insert_order(tx, it))
            tx.note(Note(now, "order_made", None, number, actor, codes=(what,), after={"order": it.number}))
            return it

        return self.store.writing(work)

    def due(self, tx: Tx, number: int, *, quarantined: bool, now: datetime) -> tuple[Order, ...]:
        """What is still wanted of a device."""
        return tuple(it for it in fleet.due(tx, number, now) if not quarantined or it.what in QUARANTINED)

    def receipt(self, actor: Actor, order: int, outcome: str, text: str, picture: bytes | None) -> bool:
        """A device says what came of an order; False where it had said so before."""
        number = device_of(actor)
        if number is None:
            raise Barred("scope", need="device")
        if bad := _bad(outcome, text, picture):
            raise Invalid(bad)
        now = whole(self.clock.now())

        def work(tx: Tx) -> bool:
            it = fleet.order(tx, order)
            if it is None or it.device != number:
                raise Unknown("order", str(order))
            if not fleet.close_order(tx, order, now, outcome, bounded(text, it.what)):
                return False
            if picture is not None and it.what == "screenshot" and outcome == "done":
                fleet.put_picture(tx, number, order, now, picture)
            tx.note(Note(now, "order_done", None, number, actor, codes=(it.what, outcome), after={"order": order}))
            return True

        return self.store.writing(work)

    def picture(self, number: int, actor: Actor) -> tuple[datetime, bytes] | None:
        """The newest picture of a device's glass, and when it came."""
        require(actor, "devices")
        with self.store.reading() as tx:
            _in_use(tx, number, revoked=True)
            return fleet.picture(tx, number)


def device_of(actor: Actor) -> int | None:
    """The number of the device that acts; None where it is none."""
    kind, _, number = actor.name.partition(":")
    return int(number) if kind == "device" else None


def _bad(outcome: str, text: str, picture: bytes | None) -> dict[str, str]:
    bad = {} if outcome in OUTCOMES else {"outcome": f"one of {', '.join(OUTCOMES)}"}
    if len(text) > LONGEST_TEXT:
        bad["text"] = f"too long (max {LONGEST_TEXT} characters)"
    if picture is not None and not is_picture(picture):
        bad["picture"] = f"a PNG of at most {LARGEST_PICTURE} bytes"
    return bad


def _in_use(tx: Tx, number: int, *, revoked: bool = False) -> Device:
    """The device of a number; `revoked`: also one whose key was revoked."""
    if (it := keys.device_by_number(tx, number)) is None:
        raise Unknown("device", str(number))
    if it.revoked_at is not None and not revoked:
        raise Refused((Objection("device_revoked", ""),))
    return it
