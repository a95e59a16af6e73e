"""Bookings that wait for a door's word: what becomes of them when it comes.

Decisions:
- A booking at risk holds nothing. It becomes accepted in the transaction in which the doors give up the last of its
  time, and only where nothing else holds any of it: who else wants that time in between is refused (law.py).
- What is over stays as it was: nobody can say afterwards that it was certain.
- What it claims beside its rooms (people, accessories, quotas) counts all the time, so it is not judged again.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from server.core.audit import difference
from server.core.model import Booking, Standing
from server.core.period import Period
from server.core.policy import LONGEST
from server.engine.conflicts import gave_way
from server.store import bookings, holds, rooms
from server.store.database import Note, Tx

BY = "doors"
"""Who makes a booking certain."""


def promote(tx: Tx, numbers: Collection[int], now: datetime) -> None:
    """Accepts the bookings at risk of these rooms that no door's time is in the way of any more; within the
    transaction in which the doors' grants of the rooms were written."""
    ahead = Period(now, now + LONGEST)
    waiting = {it.id: it for number in numbers for it in bookings.at_risk(tx, number, ahead)}
    if not waiting:
        return
    gone: set[int] = set()
    for it in sorted(waiting.values(), key=lambda it: (it.made_at, it.id)):
        if it.id not in gone and not _in_way(tx, it):
            made = _accept(tx, it, now)
            gone |= _pushed(tx, made, now)


def _in_way(tx: Tx, it: Booking) -> bool:
    there = holds.around(tx, [(number, it.period) for number in it.rooms])
    return any(h.period.overlaps(it.period) and h.occurrence != it.id and not h.at_risk for h in there)


def _accept(tx: Tx, it: Booking, now: datetime) -> Booking:
    after = replace(it, standing=Standing.ACCEPTED, version=it.version + 1, changed_at=now)
    bookings.update(tx, after)
    was, then = difference(it, after)
    for number in rooms.concerned(tx, it.rooms):
        tx.note(Note(now, "assured", number, it.id, BY, before=was, after=then))
    return after


def _pushed(tx: Tx, made: Booking, now: datetime) -> set[int]:
    """Others at risk over the same time give way: two walk-ins may be, where both were made while doors were silent."""
    out: set[int] = set()
    for number in made.rooms:
        for it in bookings.at_risk(tx, number, made.period):
            if it.id not in {made.id, *out}:
                gave_way(tx, number, it, made, now, BY)
                out.add(it.id)
    return out
