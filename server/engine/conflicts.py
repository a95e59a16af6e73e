"""Where a booking gave way to another because a door could not be asked: recorded, shown, and decided by people.

Decisions:
- Nothing is decided by itself but what is no question any more: where one side was cancelled or moved away.
- A record is written in the transaction in which the two meet, whoever finds it, so no overlap goes without one.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from server.core.access import Actor
from server.core.model import Booking, Standing
from server.core.period import Period
from server.store import bookings, conflicts
from server.store.database import Note, Tx

OPENED = "conflict_opened"
RESOLVED = "conflict_resolved"


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
    number = conflicts.open_(
        tx,
        room,
        kind,
        booking.id if booking is not None else None,
        other.id if other is not None else None,
        wanted,
        now,
    )
    subject, met = (booking.id if booking is not None else None), (other.id if other is not None else None)
    after = {"conflict": number, "met": met} | ({"standing": booking.standing.value} if booking is not None else {})
    tx.note(Note(now, OPENED, room, subject, actor, codes=(str(number), kind), before=was, after=after))
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
