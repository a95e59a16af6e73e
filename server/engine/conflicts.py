"""Where a booking gave way to another because a door could not be asked: recorded, shown, and decided by people.

Decisions:
- Nothing is decided by itself but what is no question any more: where one side was cancelled or moved away.
- A record is written in the transaction in which the two meet, whoever finds it, so no overlap goes without one.
"""

from datetime import datetime

from server.core.access import Actor
from server.core.model import Booking
from server.core.period import Period
from server.store import conflicts
from server.store.database import Note, Tx

OPENED = "conflict_opened"
RESOLVED = "conflict_resolved"


def record(
    tx: Tx, room: int, *, kind: str, booking: Booking | None, other: Booking | None, wanted: Period, now: datetime,
    actor: Actor | str,
) -> int:  # fmt: skip
    """Writes that `booking` gave way to `other` in a room about the time `wanted`; the number of the conflict.

    The same two again are the same conflict. In the transaction of what makes it so, under the room's lock.
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
    after = {"conflict": number, "met": met}
    tx.note(Note(now, OPENED, room, subject, actor, codes=(str(number), kind), after=after))
    return number
