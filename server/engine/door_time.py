"""Writing into time that doors own: they are asked for it first, for whoever writes.

Decisions:
- A piece of work is tried as if no door could be asked (the law refuses it and names what it wants of doors). Where
  doors alone stand in its way all of that is recalled at once, and once they have said that they hold it no more it is
  tried again. This is outside any transaction: a door answers in one of its own.
- Whose door does not answer may have a booking that is not certain, where they said so. It is made only where nothing
  but doors is in the way.
- What runs by itself does not wait. It recalls, and finds the time free when it comes again.
- A look at what would come of something asks nobody: the time of a door that was heard a moment ago counts as free.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from server.core.access import Actor
from server.core.clock import epoch
from server.core.errors import Conflict, Objection, Refused
from server.core.model import Room
from server.core.period import Period
from server.core.stretches import touches
from server.store import grants
from server.store.database import Store, Tx, Word
from server.store.holds import Held
from server.store.within import Within

T = TypeVar("T")


class Doors(Protocol):
    """Who asks doors for their time (escrow.py)."""

    def recall(self, wants: Mapping[int, Sequence[Period]], wait: bool) -> bool:
        """Has doors give up time, by room; whether all of it is free of doors now."""
        ...

    def heard(self, device: int) -> bool:
        """Whether the door was heard a moment ago."""
        ...


class _Nobody:
    """Where there is nobody to ask: time that a door owns is not to be had."""

    def recall(self, wants: Mapping[int, Sequence[Period]], wait: bool) -> bool:
        return False

    def heard(self, device: int) -> bool:
        return False


NOBODY: Doors = _Nobody()


def written(
    store: Store, doors: Doors, work: Callable[[Tx], T], places: Iterable[int], *, at_risk: bool = False,
    wait: bool = True,
) -> T:  # fmt: skip
    """What the work returns, done under the lock of the rooms. Raises what it raises, and Refused with `wants` where
    doors do not give up what it needs.

    `at_risk`: bookings are made at risk where that is so. Within another transaction nobody is asked: whoever opened
    that does it all again.
    """
    rooms = tuple(places)
    if isinstance(store, Within):
        return store.writing(work, rooms=rooms)
    try:
        return store.writing(work, rooms=rooms)
    except Refused as no:
        if not no.wants:
            raise
        free = doors.recall(no.wants, wait)
        if not (free or wait or at_risk):
            raise
    try:
        return store.writing(under("asked", work), rooms=rooms)
    except Refused as no:
        if not (no.wants and at_risk):
            raise
    return store.writing(under("at_risk", work), rooms=rooms)


def under(word: Word, work: Callable[[Tx], T]) -> Callable[[Tx], T]:
    """The work, done knowing what became of asking doors."""

    def done(tx: Tx) -> T:
        before, tx.word = tx.word, word
        try:
            return work(tx)
        finally:
            tx.word = before

    return done


@dataclass(slots=True)
class Asks:
    """What is wanted of doors by a work that goes on where one thing of many is refused: they are asked once."""

    wants: dict[int, list[Period]] = field(default_factory=dict)

    def add(self, no: Refused) -> None:
        """Remembers what a refusal wants of doors."""
        for number, times in no.wants.items():
            self.wants.setdefault(number, []).extend(times)

    def ask(self, tx: Tx) -> None:
        """Raises Refused where doors have to be asked before the work can be done as it should."""
        if self.wants and tx.word == "unasked":
            raise Refused((), (), {number: tuple(times) for number, times in self.wants.items()})


@dataclass(slots=True)
class InWay:
    """The time of doors that a wish meets: the asking door's own, which makes way, and that of others."""

    own: list[int] = field(default_factory=list)
    met: list[tuple[Room, Conflict]] = field(default_factory=list)

    def apart(self, tx: Tx, room: Room, near: list[Held], wish: Period, actor: Actor) -> list[Held]:
        """The holds that are no door's; the doors' that the wish meets are remembered."""
        meeting = [h for h in near if h.grant is not None and h.period.overlaps(wish)]
        mine = [h for h in meeting if actor.name == f"device:{h.device}"]
        self.own += [h.grant for h in mine if h.grant is not None]
        self.met += [(room, _conflict(room, h.period, h.device)) for h in meeting if h not in mine]
        if mine:  # beneath it another door may own the same time (after a backup was put back)
            others = (door for door in grants.of_rooms(tx, [room.number]) if door.id not in self.own)
            low, high = epoch(wish.start), epoch(wish.end)
            beneath = (door for door in others if touches(door.grant.reserved, low, high))
            self.met += [(room, _conflict(room, wish, door.device)) for door in beneath]
        return [h for h in near if h.grant is None]

    def pass_by(self, tx: Tx, wish: Period) -> None:
        """Raises Refused where other doors have to be asked first; else what is in the way holds nothing more."""
        if self.met and tx.word in ("unasked", "asked"):
            objections = tuple(
                Objection("door_silent", slug) for slug in dict.fromkeys(room.id for room, _ in self.met)
            )
            conflicts = tuple(dict.fromkeys(conflict for _, conflict in self.met))
            raise Refused(objections, conflicts, {room.number: (wish,) for room, _ in self.met})
        if self.met and tx.word == "given":
            self.own += [door.id for door in grants.of_rooms(tx, {room.number for room, _ in self.met})]
        if not self.risky(tx):
            grants.lift(tx, self.own)

    def risky(self, tx: Tx) -> bool:
        """Whether a booking of that time is at risk."""
        return bool(self.met) and tx.word == "at_risk"


def _conflict(room: Room, period: Period, device: int | None) -> Conflict:
    return Conflict(room.id, period.start, period.end, None, "", device=device)
