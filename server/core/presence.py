"""Whether people are in the room, as far as anybody said so: check-in windows and what a check-in asks."""

from datetime import datetime, timedelta

from server.core.model import Booking, Room, Standing

LEAST = timedelta(minutes=5)
"""Nobody is hurried more than this."""


def asked(booking: Booking, room: Room) -> bool:
    """True where the room's policy asks for a check-in and none has come yet."""
    return room.policy.check_in and booking.standing is Standing.ACCEPTED and booking.checked_in_at is None


def opens_at(booking: Booking, room: Room) -> datetime:
    """From when on people may check in; before the start where the policy lets them come early."""
    return booking.starts - timedelta(minutes=room.policy.early_minutes)


def due_by(booking: Booking, room: Room) -> datetime:
    """Until when people are asked to check in: the policy's minutes or a third of the length, but at least five."""
    wait = min(timedelta(minutes=room.policy.check_in_minutes), (booking.ends - booking.starts) / 3)
    return (booking.starts + max(wait, LEAST)).replace(microsecond=0)
