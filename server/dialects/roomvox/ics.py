"""A room's bookings as an iCalendar object, written by a library so that no title can become a line of its own.

Instants go out in UTC: every client reads that alike, and no VTIMEZONE is needed. Each booking is one VEVENT, so a
client that knows no recurrence shows all of them. Control characters are refused at every door; what an older row may
still carry is left out here, together with the separators that some readers take for line ends.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache

from icalendar import Calendar, Event, vCalAddress

from server.core.model import Booking, Room
from server.dialects.roomvox.wire import location

PRODUCT = "-//Lintel//RoomVox API//EN"
END = b"END:VCALENDAR\r\n"
_BREAKS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+", re.ASCII)


def calendar(room: Room, bookings: Iterable[Booking]) -> bytes:
    """One VCALENDAR with the bookings in their order; the same bookings give the same bytes."""
    out = Calendar()
    out.add("version", "2.0")
    out.add("prodid", PRODUCT)
    out.add("calscale", "GREGORIAN")
    out.add("method", "PUBLISH")
    out.add("x-wr-calname", _line(room.name))
    out.add("x-wr-timezone", room.zone)
    where = _line(location(room))
    events = b"".join(_event(booking, where) for booking in bookings)
    return bytes(out.to_ical()).removesuffix(END) + events + END


@lru_cache(maxsize=8192)  # a third of a millisecond each, and most of a calendar is what it was at the last look
def _event(booking: Booking, where: str) -> bytes:
    event = Event()
    event.add("uid", _line(booking.uid))
    event.add("dtstamp", booking.changed_at)
    event.add("created", booking.made_at)
    event.add("last-modified", booking.changed_at)
    event.add("sequence", booking.version - 1)
    event.add("dtstart", _utc(booking.starts))
    event.add("dtend", _utc(booking.ends))
    event.add("summary", _line(booking.title))
    event.add("location", where)
    event.add("status", "CONFIRMED")
    if booking.description:
        event.add("description", _prose(booking.description))
    if booking.organizer or booking.organizer_email:
        event["organizer"] = _organizer(booking)
    return bytes(event.to_ical())


def _organizer(booking: Booking) -> vCalAddress:
    """The organizer; `invalid:nomail` where there is a name but no address, since the property needs one."""
    mail = booking.organizer_email
    address = vCalAddress(f"mailto:{mail}" if _ADDRESS.fullmatch(mail) else "invalid:nomail")
    # A parameter knows no escape for a double quote (RFC 5545 section 3.2): an apostrophe stands for it.
    name = _line(booking.organizer or mail).replace('"', "'")
    if name:
        address.params["cn"] = name
    return address


def _utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)


def _line(text: str) -> str:
    return _BREAKS.sub("", text).replace("\n", " ").replace("\t", " ")


def _prose(text: str) -> str:
    return _BREAKS.sub("", text.replace("\r\n", "\n"))
