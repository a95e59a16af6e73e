"""What time a door may own: the free time of its room in the next hours, where it may own any at all.

Decisions:
- Only a paired panel owns time, and only of a room that anybody may walk in to: one lane, no approval, no parts, open.
- Of several panels of a room the one that has time keeps it; where none has, the first that asks. A panel that is none
  of the room any more, or that staff no longer wait for, keeps what it may still hold, and no other panel waits for it.
- Around bookings the room's gap is left, and what a booking at risk waits for is not given.
- The window ends at a quarter of an hour, so that a grant grows four times an hour and not with every asking.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from server.core.clock import epoch, from_epoch
from server.core.escrow import over
from server.core.model import Booking, Room
from server.core.period import Period
from server.core.policy import open_during
from server.core.rules.service import takes_walk_ins
from server.core.stretches import NONE, Times, joined, minus, within
from server.store import bookings, catalogue, grants
from server.store.database import Tx
from server.store.grants import Door

STEP = 900
"""Seconds in which windows grow, and by which a window after a backup was put back is longer on both sides."""


def horizon(now: int, room: Room) -> int:
    """Up to when a door owns time of the room; at least its window ahead, at most a step more."""
    return (now + room.policy.door_minutes * 60 + STEP) // STEP * STEP


def barred(tx: Tx, room: Room) -> str:
    """Why no door may own time of the room, in the words of the protocol; "" where one may."""
    if not room.active or room.status != "available":
        return "closed"
    if room.parts:
        return "combined"
    if room.policy.lanes > 1:
        return "lanes"
    if not room.policy.door_minutes:
        return "off"
    if room.policy.approval or not room.auto_accept:
        return "approval"
    return "" if takes_walk_ins(room, catalogue.attributes(tx)) else "walk_ins"


def free_for_door(tx: Tx, room: Room, device: int, now: datetime) -> tuple[Times, str]:
    """All that this panel of the room may own, from a step ago until a step after its window, and why that is nothing.

    With what its own grant reserves, less what bookings (its own, too), closures and other doors have.
    """
    if why := barred(tx, room):
        return NONE, why
    others = [door for door in grants.of_rooms(tx, (room.number,)) if door.device != device]
    at = epoch(now)
    if others and _other_panel(tx, room.number, others, at):
        return NONE, "other_panel"
    low, high = at - STEP, at + room.policy.door_minutes * 60 + STEP
    gap = room.policy.gap_minutes * 60
    booked, closed = grants.taken(tx, room.number, low - gap, high + gap)
    waiting = _spans(bookings.at_risk(tx, room.number, Period(from_epoch(low), from_epoch(high))))
    beside = joined((start - gap, end + gap) for start, end in booked)
    owned = joined(stretch for door in others for stretch in door.grant.reserved)
    return minus(_open(room, low, high), joined((*beside, *closed, *waiting, *owned))), ""


def could_own(tx: Tx, room: Room, now: datetime) -> Times:
    """All that any panel of the room may have been given by now, also what has been booked or closed since: what a door
    still holds is its own, whatever becomes of a booking that is in there."""
    at = epoch(now)
    return NONE if barred(tx, room) else _open(room, at - STEP, at + room.policy.door_minutes * 60 + STEP)


def _other_panel(tx: Tx, room: int, others: Iterable[Door], now: int) -> bool:
    """Whether another panel has time that it keeps."""
    keeping = {door.device for door in others if door.grant.forced is None and not over(door.grant, now)}
    return bool(keeping and keeping & grants.panels(tx, room))


def _open(room: Room, low: int, high: int) -> Times:
    """The opening hours in [low, high)."""
    window = Period(from_epoch(low), from_epoch(high))
    hours = open_during(room.policy, window, room.zone)
    return within(joined((epoch(it.start), epoch(it.end)) for it in hours), low, high)


def _spans(each: Iterable[Booking]) -> Times:
    return tuple((epoch(it.starts), epoch(it.ends)) for it in each)


HEARD = timedelta(seconds=8)
"""A heartbeat comes every five seconds, and is noted within two."""
