"""What panels brought back after a backup was put in place, for those who manage the rooms: listed until looked at."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.core.access import Actor, may, require
from server.core.clock import Clock, whole
from server.core.errors import Barred, Invalid, Unknown
from server.core.model import Booking, Room
from server.core.privacy import for_actor
from server.engine.house import House
from server.engine.rooms import found
from server.store import bookings, finding, recovered, tellings
from server.store.database import Store, Tx
from server.store.recovered import Recovered

MOST = 500


@dataclass(frozen=True, slots=True)
class Return:
    """What came back, with its room and the booking as it is now; `device`: the panel's name, "" where it was none."""

    it: Recovered
    room: Room
    booking: Booking | None
    device: str


@dataclass(frozen=True, slots=True)
class Recoveries:
    """The use cases, for who manages the rooms. All raise Invalid, Unknown, Barred, Later or Full."""

    store: Store
    clock: Clock
    house: House

    def page(
        self, actor: Actor, *, unseen: bool = False, room: str | None = None, limit: int = MOST, after: int = 0
    ) -> tuple[Return, ...]:  # fmt: skip
        """The newest first, those before the number `after`; `unseen`: at which nobody has looked."""
        require(actor, "admin")
        if not 1 <= limit <= MOST:
            raise Invalid({"limit": f"1 to {MOST}"})
        with self.store.reading() as tx:
            rooms = [found(tx, room, actor, "admin").number] if room is not None else self._managed(tx, actor)
            return _shown(tx, recovered.page(tx, rooms=rooms, unseen=unseen, limit=limit, after=after), actor)

    def seen(self, number: int, actor: Actor) -> Return:
        """Somebody has looked at it; again is fine."""
        require(actor, "admin")
        now = whole(self.clock.now())

        def work(tx: Tx) -> Return:
            it = recovered.find(tx, number)
            if it is None:
                raise Unknown("recovered", str(number))
            if not may(actor, "admin", it.room):
                raise Barred("room")
            recovered.see(tx, number, now, actor.name)
            return _shown(tx, [recovered.find(tx, number) or it], actor)[0]

        return self.store.writing(work)

    def seen_upto(self, number: int, actor: Actor) -> int:
        """Somebody has looked at all up to that number in the rooms that the actor manages; how many that were."""
        require(actor, "admin")
        now = whole(self.clock.now())

        def work(tx: Tx) -> int:
            those = recovered.page(tx, rooms=self._managed(tx, actor), unseen=True, limit=MOST, after=number + 1)
            return sum(recovered.see(tx, each.id, now, actor.name) for each in those)

        return self.store.writing(work)

    def _managed(self, tx: Tx, actor: Actor) -> list[int] | None:
        """The rooms whose bookings are the actor's to see to; None: all."""
        if actor.rooms is None and (actor.person is None or actor.role in ("admin", "staff")):
            return None
        return [number for number in self.house.at(tx).rooms if may(actor, "admin", number)]


def _shown(tx: Tx, those: Sequence[Recovered], actor: Actor) -> tuple[Return, ...]:
    rooms = finding.rooms(tx, {it.room for it in those})
    there = {it.id: it for it in bookings.by_ids(tx, {it.booking for it in those if it.booking is not None})}
    names = tellings.device_names(tx, [it.device for it in those if it.device is not None])
    out = []
    for it in those:
        booking = there.get(it.booking) if it.booking is not None else None
        shown = for_actor(actor, booking, rooms[it.room]) if booking is not None else None
        out.append(Return(it, rooms[it.room], shown, names.get(it.device or 0, "")))
    return tuple(out)
