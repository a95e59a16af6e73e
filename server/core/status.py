"""What a room is at an instant: unknown > busy > reserved > closed > free.

The server holds the truth, so it never says "unknown" of itself; a panel that has lost it does. A booking that still
waits for approval holds the room, so the room is busy, never free. Only what can be booked is free: a room that is
switched off, out of service, shut by a closure or outside its hours is closed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from server.core.lanes import full
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
    if room.policy.lanes > 1:
        running, current, coming, until = _in_lanes(holding, room.policy.lanes, now)
    else:
        running = [b for b in holding if b.period.holds(now)][:1]
        current = next(iter(running), None)
        coming = next((b for b in holding if b.starts > now), None)
        until = current.ends if current is not None else None
    if current is not None:
        state = State.RESERVED if any(asked(b, room) for b in running) else State.BUSY
        return RoomStatus(state, None, "", until, current, coming)
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


def _in_lanes(
    holding: list[Booking], lanes: int, now: datetime
) -> tuple[list[Booking], Booking | None, Booking | None, datetime | None]:  # fmt: skip
    """What is running, which of it ends first where no lane is left, what takes the last lane next, and until when.

    A lane that is free is all that counts: as long as there is one, what runs in the others is nobody's matter.
    """
    taken = full([b.period for b in holding], lanes)
    here = next((it for it in taken if it.holds(now)), None)
    ahead = next((it for it in taken if it.start > now), None)
    coming = max(
        (b for b in holding if ahead is not None and b.starts == ahead.start), key=lambda b: b.id, default=None
    )
    if here is None:
        return [], None, coming, None
    running = [b for b in holding if b.period.holds(now)]
    return running, min(running, key=lambda b: b.ends), coming, here.end
