"""What time a door would like to own, by its plan: when it is worth asking the server for more. Pure.

The server decides what a door gets; this only spares asking when there is nothing new to be had. So the rules here may
be a little off without doing harm: too much is asked for in vain, too little comes a quarter of an hour later.
"""

from kiosk.days import offset_at
from kiosk.escrow import Times, joined, minus
from kiosk.plan import Snapshot

STEP = 900  # seconds in which the window grows
LEAST = 60  # seconds: less is not worth asking for


def window(plan: Snapshot, now: int) -> tuple[int, int]:
    """From now until a quarter of an hour at which the server's window may end."""
    minutes = plan.policy.door_minutes or 0
    return now, (now + minutes * 60 + STEP) // STEP * STEP


def wanted(plan: Snapshot, owned: Times, now: int, later: int = 0) -> Times:
    """The free time of the window that is not owned. What the window grows by is wanted only so many seconds `later`,
    each panel's own number: else all of a house would ask in the same second, four times an hour."""
    policy = plan.policy
    if not policy.door_minutes or not policy.walk_in or not plan.room.active:
        return ()
    start, end = now, window(plan, now - later)[1]
    gap = policy.gap_minutes * 60
    near = (one for one in plan.bookings if one.start - gap < end and one.end + gap > start)
    booked = ((one.start - gap, one.end + gap) for one in near if one.end > one.start)
    closed = ((one.start, one.end) for one in plan.closures)
    opened = ((start, end),) if plan.open is None else tuple((one.start, one.end) for one in plan.open)
    hours = minus(((start, end),), minus(((start, end),), opened))
    free = minus(hours, joined((*booked, *closed, *owned)))
    return tuple(span for span in free if span[1] - span[0] >= LEAST)


def dark(plan: Snapshot | None, night: str | None, now: float) -> bool:
    """Whether it is night in the room, by the setting (`22:00-06:00`): nobody walks in, so nothing need be owned."""
    if plan is None or night is None:
        return False
    begins, ends = (int(time[:-3]) * 60 + int(time[-2:]) for time in night.split("-"))
    minute = int(now + offset_at(plan.offsets, now)) // 60 % 1440
    return begins <= minute < ends if begins <= ends else not ends <= minute < begins
