"""Whether people are in the room, as far as anybody said so: check-in windows and what a check-in asks.

Presence is what is said in or at the room itself, or by its people; a corridor sensor or somebody who joins from
elsewhere says nothing about the room (`HOWS`).
"""

from datetime import datetime, timedelta

from server.core.model import Booking, Room, Standing
from server.core.period import Period

LEAST = timedelta(minutes=5)
"""Nobody is hurried more than this."""
JOINED = timedelta(minutes=5)
"""Meetings of the same people with no more between them (or than the room's gap) are one stay."""
HOWS = ("glass", "badge", "qr", "sensor", "room_device", "mail", "api", "inherited")
"""By what it is known that people are there: a tap at the glass, a badge, the code at the door, a sensor or the
conference device in the room, the link in a letter, an API of its people, the meeting before."""


def asked(booking: Booking, room: Room) -> bool:
    """True where the room's policy asks for a check-in and none has come yet."""
    return room.policy.check_in and booking.standing is Standing.ACCEPTED and booking.checked_in_at is None


def opens_at(booking: Booking, room: Room) -> datetime:
    """From when on people may check in; before the start where the policy lets them come early."""
    return booking.starts - timedelta(minutes=room.policy.early_minutes)


def due_by(booking: Booking, room: Room) -> datetime:
    """Until when people are asked to check in: the policy's minutes or a third of the length, but at least five."""
    return due(booking.period, room)


def due(period: Period, room: Room) -> datetime:
    """The same of a time."""
    wait = min(timedelta(minutes=room.policy.check_in_minutes), period.length / 3)
    return (period.start + max(wait, LEAST)).replace(microsecond=0)


def same_people(one: Booking, other: Booking) -> bool:
    """Whether two bookings are of one owner, or of one organizer by e-mail."""
    mail = one.organizer_email.casefold()
    return (one.owner is not None and one.owner == other.owner) or (
        mail != "" and mail == other.organizer_email.casefold()
    )


def inherits(former: Booking, it: Booking, room: Room) -> bool:
    """Whether who checked in to the former is still there when this one, of the same people, begins.

    It has all its rooms, nothing or little lies between, and nobody ended it early.
    """
    return (
        former.checked_in_at is not None
        and former.ended_at is None
        and set(it.rooms) <= set(former.rooms)
        and same_people(former, it)
        and one_stay(former.ends, it.starts, room)
    )


def one_stay(end: datetime, start: datetime, room: Room) -> bool:
    """Whether so little lies between an end and a start that nobody leaves in between."""
    return timedelta() <= start - end <= max(JOINED, timedelta(minutes=room.policy.gap_minutes))


def inside(it: Booking, rooms: tuple[Room, ...]) -> bool:
    """Whether people are taken to be in the room while it runs: they said so, or nobody asks them to."""
    if it.standing is not Standing.ACCEPTED:
        return False
    return it.checked_in_at is not None or not any(room.policy.check_in for room in rooms)
