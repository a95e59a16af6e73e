"""One VEVENT, written by a library so that no title can become a line of its own.

Control characters are refused at every door; what an older row may still carry is left out here, together with the
separators that some readers take for line ends.
"""

import re
from datetime import UTC, datetime

from icalendar import Event, vCalAddress
from icalendar.parser import Contentline

from server.core.model import Booking, Series
from server.core.recurrence import address_text

HEAD = b"BEGIN:VEVENT\r\n"
_BREAKS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+", re.ASCII)


def vevent(it: Booking | Series, times: list[str], where: str, *, uid: str, changed: datetime, sequence: int) -> bytes:
    """The event with the texts of a booking or a series; `times` are the content lines that say when it is."""
    event = Event()
    event.add("uid", line(uid))
    event.add("dtstamp", changed.astimezone(UTC))
    event.add("created", it.made_at.astimezone(UTC))
    event.add("last-modified", changed.astimezone(UTC))
    event.add("sequence", sequence)
    event.add("summary", line(it.title))
    event.add("location", where)
    event.add("status", "CONFIRMED")
    if it.description:
        event.add("description", _BREAKS.sub("", it.description.replace("\r\n", "\n")))
    if it.organizer or it.organizer_email:
        event["organizer"] = _organizer(it)
    when = b"".join(bytes(Contentline(text).to_ical()) + b"\r\n" for text in times)
    return HEAD + when + bytes(event.to_ical()).removeprefix(HEAD)


def instants(starts: datetime, ends: datetime) -> list[str]:
    """The content lines of a time that every reader reads alike."""
    return [f"DTSTART:{address_text(starts)}", f"DTEND:{address_text(ends)}"]


def line(text: str) -> str:
    """The text without what a line cannot have."""
    return _BREAKS.sub("", text).replace("\n", " ").replace("\t", " ")


def _organizer(it: Booking | Series) -> vCalAddress:
    """The organizer; `invalid:nomail` where there is a name but no address, since the property needs one."""
    mail = it.organizer_email
    address = vCalAddress(f"mailto:{mail}" if _ADDRESS.fullmatch(mail) else "invalid:nomail")
    # A parameter knows no escape for a double quote (RFC 5545 section 3.2): an apostrophe stands for it.
    name = line(it.organizer or mail).replace('"', "'")
    if name:
        address.params["cn"] = name
    return address
