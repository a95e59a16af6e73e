"""The second copy: what panels had been told of bookings, brought back after a backup was put in place.

Decisions:
- Each booking of a panel's plan carries a proof by the house's own key, which a backup holds, too. So nobody need
  believe a panel: the server knows its own word again, also from one that was set apart.
- A panel is heard only where its plan is of another life of the house than this one. What is known already, or was
  cancelled since, stays as it is, so that it may be told again and again. What people have changed in this life is only
  listed: its version says nothing beside one of a former life.
- All that came back is listed for staff, and a ticket says how much that is.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from server.core.access import Actor, require
from server.core.attest import PURPOSE, Missing, Told, missing, prove, proved
from server.core.clock import Clock, epoch, from_epoch, whole
from server.core.errors import Invalid, Later
from server.core.model import Booking, Room
from server.core.period import Period
from server.engine.devices import incarnation
from server.engine.door_time import NOBODY, Doors
from server.engine.house import House
from server.engine.instance import Instance
from server.engine.lineage import CATEGORY
from server.engine.orders import device_of
from server.engine.recovering import Came, change, join, make
from server.engine.rooms import found
from server.engine.scene import scene_at
from server.engine.tickets import opened
from server.store import recovered, tickets
from server.store.database import Store, Tx
from server.store.recovered import Recovered

MOST = 500
"""Bookings that a panel tells of at once."""
AT_ONCE = 20
"""Bookings that are brought back in one transaction."""
log = logging.getLogger("lintel.attest")


@dataclass(frozen=True, slots=True)
class Proofs:
    """Proves what panels are told."""

    instance: Instance

    def proof(self, it: Booking, room: Room, host: str, title: str, starts: str, ends: str) -> str:
        """Of a booking as the plan of that room has it: masked as it is there, its instants as they are told."""
        rooms = it.rooms if len(it.rooms) == 1 else _behind(it, room)
        return prove(
            self.instance.key(PURPOSE), it.uid, rooms, starts, ends, host, title, it.standing.value, it.version
        )  # fmt: skip

    def proved(self, it: Told, said: str, room: Room) -> Told | None:
        """The booking with its rooms where it is our word, else None."""
        return proved(self.instance.key(PURPOSE), it, said, room.number, room.parts)


@dataclass(frozen=True, slots=True)
class Heard:
    """How much of what a panel told of was known (or is no matter any more), came back, and is not our word."""

    known: int = 0
    recovered: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class _Told:
    """One round of it: who tells, of which room, in which life."""

    actor: Actor
    room: Room
    life: str


@dataclass(frozen=True, slots=True)
class Attesting:
    """The use case. Raises Invalid, Unknown, Barred, Later or Full. `doors`: whom time is asked of."""

    store: Store
    clock: Clock
    house: House
    proofs: Proofs
    doors: Doors = field(default=NOBODY)

    def take(self, slug: str, life: str, said: Sequence[tuple[Told, str]], actor: Actor) -> Heard:
        """What a panel of the room had been told in that life: bookings, each with its proof."""
        if len(said) > MOST:
            raise Invalid({"bookings": f"at most {MOST}"})
        if device_of(actor) is None:
            require(actor, "book")
        with self.store.reading() as tx:
            room, present = found(tx, slug, actor, "read"), incarnation(tx)
        if life == present:
            return Heard(known=len(said))
        words = [self.proofs.proved(it, proof_, room) for it, proof_ in said]
        ours = list({it.uid: it for it in words if it is not None}.values())
        it = _Told(actor, room, present)
        wanted = self._wanted(it, ours)
        done = [come for some in _portions(wanted) for come in self._brought(it, some)]
        self._ask_doors(done)
        refused = sum(1 for word in words if word is None)
        if done or refused:
            log.warning("attest room=%s device=%s recovered=%d refused=%d", room.id, actor.name, len(done), refused)
        return Heard(len(said) - refused - len(done), len(done), refused)

    def _wanted(self, it: _Told, ours: list[Told]) -> list[tuple[Told, frozenset[int]]]:
        """What is not known, each with the rooms to lock."""
        now = epoch(self.clock.now())
        with self.store.reading() as tx:
            known = recovered.known(tx, (each.uid for each in ours))
            listed = recovered.of_uids(tx, it.life, it.room.number, (each.uid for each in ours))
            out = []
            for each in ours:
                there = known.get(each.uid)
                what = _lacking(tx, it.life, each, there, now)
                if what and not (what in ("join", "list") and _same(listed.get(each.uid), each)):
                    out.append((each, frozenset((*each.rooms, *(there.rooms if there is not None else ())))))
        return out

    def _brought(self, it: _Told, those: Sequence[tuple[Told, frozenset[int]]]) -> list[tuple[Told, Came]]:
        locked = frozenset().union(*(rooms for _, rooms in those))

        def work(tx: Tx) -> list[tuple[Told, Came]]:
            if incarnation(tx) != it.life:
                raise Later(1)
            done = [(each, came) for each, _ in those if (came := self._one(tx, it, each, locked)) is not None]
            if done:
                self._tell(tx, it.life)
            return done

        return self.store.writing(work, rooms=locked)

    def _one(self, tx: Tx, it: _Told, each: Told, locked: frozenset[int]) -> Came | None:
        now = whole(self.clock.now())
        known = recovered.known(tx, (each.uid,)).get(each.uid)
        what = _lacking(tx, it.life, each, known, epoch(now))
        if known is not None and not locked.issuperset(known.rooms):
            raise Later(1)  # it was given other rooms just now
        if not what:
            return None
        came = self._came(tx, it.actor, each, known, what)
        recovered.put(
            tx,
            Recovered(
                0, it.life, it.room.number, each.uid, device_of(it.actor), each.version, from_epoch(each.starts),
                from_epoch(each.ends), came.outcome, came.booking.id if came.booking is not None else None,
                came.conflict, now,
            ),
        )  # fmt: skip
        return came

    def _came(self, tx: Tx, actor: Actor, it: Told, known: Booking | None, what: str) -> Came:
        now = whole(self.clock.now())
        if known is None:
            return make(scene_at(tx, self.house, it.rooms, actor, now), it)
        if what == "change":
            return change(scene_at(tx, self.house, known.rooms, actor, now), it, known)
        if what == "join":
            more = tuple(number for number in it.rooms if number not in known.rooms)
            return join(scene_at(tx, self.house, more, actor, now), it, known)
        return Came("listed", known)

    def _tell(self, tx: Tx, life: str) -> None:
        """The life's ticket says how many came back."""
        it = opened(tx, whole(self.clock.now()), CATEGORY, life, codes=("recovered=1",), by="attest")
        codes = tuple(code for code in it.codes if not code.startswith("recovered="))
        tickets.recode(tx, it.number, (*codes, f"recovered={recovered.count(tx, life)}"))

    def _ask_doors(self, done: Sequence[tuple[Told, Came]]) -> None:
        """Whose time a booking is at risk of is asked for it, and not waited for."""
        wants: dict[int, list[Period]] = {}
        for _, came in done:
            if came.outcome == "at_risk" and came.booking is not None:
                for room in came.booking.rooms:
                    wants.setdefault(room, []).append(came.booking.period)
        if wants:
            self.doors.recall(wants, wait=False)


def _lacking(tx: Tx, life: str, it: Told, known: Booking | None, now: int) -> Missing:
    """What is to be done for it. What somebody was told in this life is not undone by what a panel knew before it."""
    what = missing(it, known, now, back=known is not None and recovered.came_back(tx, life, it.uid))
    return "list" if what == "change" and known is not None and recovered.touched(tx, known) else what


def told(it: Booking, room: Room, host: str, title: str) -> Told:
    """What a panel of the room is told of a booking."""
    rooms = _behind(it, room)
    return Told(it.uid, rooms, epoch(it.starts), epoch(it.ends), host, title, it.standing.value, it.version)


def _behind(it: Booking, room: Room) -> tuple[int, ...]:
    """Those of the booking's rooms that are behind the door of this one."""
    return tuple(sorted({room.number, *room.parts}.intersection(it.rooms)))


def _same(listed: Recovered | None, it: Told) -> bool:
    """Whether that was listed already, and no more can be done for it."""
    return listed is not None and listed.outcome == "listed" and listed.version >= it.version


def _portions(those: Sequence[tuple[Told, frozenset[int]]]) -> Iterator[Sequence[tuple[Told, frozenset[int]]]]:
    for start in range(0, len(those), AT_ONCE):
        yield those[start : start + AT_ONCE]
