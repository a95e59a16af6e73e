"""Takes a booking back without asking anybody: a closure needs its room, or an offer was not answered."""

from dataclasses import replace
from datetime import datetime

from server.core.access import Actor
from server.core.audit import difference
from server.core.model import Booking, Standing
from server.store import bookings, people, rooms
from server.store.database import Note, Tx


def take_back(
    tx: Tx, it: Booking, now: datetime, *, what: str, actor: Actor | str, codes: tuple[str, ...] = ()
) -> Booking:  # fmt: skip
    """Cancels it under the lock of its rooms, gives back what it cost, and tells it as `what`."""
    after = replace(it, standing=Standing.CANCELLED, credits=0, version=it.version + 1, changed_at=now)
    if it.owner is not None and it.credits:
        people.add_credits(tx, it.owner, it.credits)
    bookings.update(tx, after)
    was, then = difference(it, after)
    for room in rooms.concerned(tx, it.rooms):
        tx.note(Note(now, what, room, it.id, actor, codes=codes, before=was, after=then))
    return after
