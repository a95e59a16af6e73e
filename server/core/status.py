"""What a room is at an instant: unknown > busy > reserved > closed > free.

The server holds the truth, so it never says "unknown" of itself; a panel that has lost it does. A booking that still
waits for approval holds the room, so the room is busy, never free. Only what can be booked is free: a room that is
switched off, out of service, shut by a closure or outside its hours is closed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from server.core.model import Booking, Closure, Room
from server.core.period import Period
from server.core.policy import open_during
from server.core.presence import asked


class State(StrEnum):
    BUSY = "busy"
    RESERVED = "reserved"
    CLOSED = "closed"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class RoomStatus:
    """A room now. `until`: when this state ends, if it does. `reason` only where closed: inactive, out_of_service,
    closure or hours.
    """

    state: State
    reason: str | None
    reason_text: str
    until: datetime | None
    current: Booking | None
    next: Booking | None


def status(room: Room, now: datetime, bookings: tuple[Booking, ...], closures: tuple[Closure, ...]) -> RoomStatus:
    """The state at `now`, given the holding bookings around it (any order) and the closures."""
    holding = sorted((b for b in bookings if b.standing.holding), key=lambda b: b.starts)
    current = next((b for b in holding if b.period.holds(now)), None)
    coming = next((b for b in holding if b.starts > now), None)
    if current is not None:
        state = State.RESERVED if asked(current, room) else State.BUSY
        return RoomStatus(state, None, "", current.ends, current, coming)
    ends = [coming.starts] if coming else []  # whatever the room is till then, it is busy from there on
    if not room.active:
        return RoomStatus(State.CLOSED, "inactive", "", min(ends, default=None), None, coming)
    if room.status == "unavailable":
        return RoomStatus(State.CLOSED, "out_of_service", room.status_reason, min(ends, default=None), None, coming)
    shut = next((c for c in closures if c.period.holds(now)), None)
    if shut is not None:
        return RoomStatus(State.CLOSED, "closure", shut.reason, shut.ends, None, coming)
    hours = open_during(room.policy, Period(now, now + timedelta(days=7)), room.zone)
    within = next((h for h in hours if h.holds(now)), None)
    if within is None:
        ends += [h.start for h in hours if h.start > now]
        return RoomStatus(State.CLOSED, "hours", "", min(ends, default=None), None, coming)
    ends += [c.starts for c in closures if c.starts > now]
    ends += [within.end] if room.policy.opening or room.policy.special_days else []
    return RoomStatus(State.FREE, None, "", min(ends, default=None), None, coming)
