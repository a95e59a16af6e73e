"""Who may read whose name: what the door shows of a booking by the room's policy."""

import re

from server.core.model import Booking, Room


def at_door(booking: Booking, room: Room) -> tuple[str, str]:
    """(host, title) as the people in front of the room may see them; "" where hidden. Default: initials, no title."""
    host = booking.organizer or booking.organizer_email.partition("@")[0]
    shown = {"full": host, "initials": initials(host)}.get(room.policy.door_host, "")
    return shown, booking.title if room.policy.door_title else ""


def initials(name: str) -> str:
    """The first letters: "Maria Klein" becomes "M. K."; at most three letters, so that nothing of an odd name leaks."""
    words = [word for word in re.split(r"[\s._@,+-]+", name) if word[:1].isalnum()]
    return " ".join(f"{word[0].upper()}." for word in words[:3])
