"""Where a booking gave way to another because a door could not be asked: recorded, and shown to both sides.

Decisions:
- A record is written in the transaction in which the two meet, whoever finds it, so no overlap goes without one. Both
  bookings are told of, so that their panels, their people and webhooks hear of it.
- What people decide of it, and what closes by itself, is in settling.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from server.core.access import Actor
from server.core.model import Booking, Room, Standing
from server.core.period import Period
from server.store import bookings, conflicts
from server.store.conflicts import Conflict
from server.store.database import Note, Tx

OPENED = "conflict_opened"
RESOLVED = "conflict_resolved"
AT_DOOR = ("walk_in", "at_risk", "recovered")
"""What a panel shows; what nobody can place is staff's alone."""

AT_ONCE = 20
"""So many a panel shows at most, the next ones: each of its plans carries them."""


@dataclass(frozen=True, slots=True)
class Standoff:
    """A conflict with its room and both sides as they are now: `gave` way, `met` was there (None: no booking)."""

    conflict: Conflict
    room: Room
    gave: Booking | None
    met: Booking | None

    @property
    def phone(self) -> Booking | None:
        """The booking that was there, or came from elsewhere."""
        return self.gave if self.conflict.kind == "at_risk" else self.met

    @property
    def walk_in(self) -> Booking | None:
        """What was made at the door; of a recovered one, the one that was made anew."""
        return self.met if self.conflict.kind == "at_risk" else self.gave


def record(
    tx: Tx, room: int, *, kind: str, booking: Booking | None, other: Booking | None, wanted: Period, now: datetime,
    actor: Actor | str, was: Mapping[str, Any] | None = None,
) -> int:  # fmt: skip
    """Writes that `booking` gave way to `other` in a room about the time `wanted`; the number of the conflict.

    The same two again are the same conflict. `was`: what of the booking was otherwise before. In the transaction of
    what makes it so, under the room's lock.
    """
    if booking is not None:
        known = conflicts.of_pair(tx, room, booking.id, other.id if other is not None else None)
        if known is not None:
            return known.id
    sides = [it.id if it is not None else None for it in (booking, other)]
    number = conflicts.open_(tx, room, kind, sides[0], sides[1], wanted, now)
    after = {"conflict": number, "met": sides[1]}
    mine = after | ({"standing": booking.standing.value} if booking is not None else {})
    tx.note(Note(now, OPENED, room, sides[0], actor, codes=(str(number), kind), before=was, after=mine))
    if other is not None and booking is not None:
        tx.note(Note(now, OPENED, room, other.id, actor, codes=(str(number), kind, "met"), after=after))
    return number


def gave_way(tx: Tx, room: int, it: Booking, other: Booking, now: datetime, actor: Actor | str) -> int:
    """A booking at risk met one that is there: it holds nothing, and people decide. The number of the conflict."""
    after = replace(it, standing=Standing.CONFLICT, version=it.version + 1, changed_at=now)
    bookings.update(tx, after)
    wanted = Period(max(it.starts, other.starts), min(it.ends, other.ends))
    was = {"standing": it.standing.value}
    return record(
        tx, room, kind="at_risk", booking=after, other=other, wanted=wanted, now=now, actor=actor, was=was
    )  # fmt: skip


def at_room(tx: Tx, room: Room, now: datetime) -> tuple[Standoff, ...]:
    """The open ones of a room that its panel shows: not those that are over."""
    return tuple(standoffs(tx, conflicts.of_room(tx, room.number, now, AT_DOOR, AT_ONCE), {room.number: room}))


def standoffs(tx: Tx, found: Sequence[Conflict], there: Mapping[int, Room]) -> list[Standoff]:
    """These conflicts with both sides, in their order; of the rooms that are named."""
    ids = {number for it in found for number in (it.booking, it.other) if number is not None}
    rows = {it.id: it for it in bookings.by_ids(tx, ids)}
    return [
        Standoff(it, there[it.room], rows.get(it.booking or 0), rows.get(it.other or 0))
        for it in found
        if it.room in there
    ]
