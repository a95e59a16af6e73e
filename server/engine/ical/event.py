"""One VEVENT, written by a library so that no title can become a line of its own.

Control characters are refused at every door; what an older row may still carry is left out here, together with the
separators that some readers take for line ends.
"""

import re
from datetime import datetime
from functools import lru_cache

from icalendar import Event, vCalAddress, vText
from icalendar.parser import Contentline

from server.core.model import Booking, Room, Series, Standing
from server.core.recurrence import address_text

HEAD, END = b"BEGIN:VEVENT\r\n", b"END:VEVENT\r\n"
WIDTH = 75
"""Bytes in a line, its end not counted (RFC 5545 section 3.1)."""
_BREAKS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+", re.ASCII)


def vevent(
    it: Booking | Series, times: list[str], where: str, *, uid: str, changed: datetime, sequence: int,
    status: str = "",
) -> bytes:  # fmt: skip
    """The event with the texts of a booking or a series; `times` are the content lines that say when it is.

    `status`: confirmed, or tentative where a door has still to be asked, unless something else is said.
    """
    risky = isinstance(it, Booking) and it.standing is Standing.AT_RISK
    stamp = address_text(changed)
    lines = [
        *times, f"UID:{vText(line(uid)).to_ical().decode()}", f"DTSTAMP:{stamp}", f"CREATED:{address_text(it.made_at)}",
        f"LAST-MODIFIED:{stamp}", f"SEQUENCE:{sequence}",
    ]  # fmt: skip
    texts = _texts(
        it.title,
        it.description,
        it.organizer,
        it.organizer_email,
        where,
        status or ("TENTATIVE" if risky else "CONFIRMED"),
    )
    return HEAD + b"".join(map(_folded, lines)) + texts + END


@lru_cache(maxsize=8192)  # all that costs: occurrences of a series have it in common
def _texts(title: str, description: str, organizer: str, mail: str, where: str, status: str) -> bytes:
    event = Event()
    event.add("summary", line(title))
    event.add("location", where)
    event.add("status", status)
    if description:
        event.add("description", _BREAKS.sub("", description.replace("\r\n", "\n")))
    if organizer or mail:
        event["organizer"] = _organizer(organizer, mail)
    return bytes(event.to_ical()).removeprefix(HEAD).removesuffix(END)


def _folded(text: str) -> bytes:
    """The content line as it is written."""
    data = text.encode()
    if len(data) > WIDTH:
        data = bytes(Contentline(text).to_ical())  # type: ignore[no-untyped-call]
    return data + b"\r\n"


def instants(starts: datetime, ends: datetime) -> list[str]:
    """The content lines of a time that every reader reads alike."""
    return [f"DTSTART:{address_text(starts)}", f"DTEND:{address_text(ends)}"]


def line(text: str) -> str:
    """The text without what a line cannot have."""
    return _BREAKS.sub("", text).replace("\n", " ").replace("\t", " ")


def _organizer(organizer: str, mail: str) -> vCalAddress:
    """The organizer; `invalid:nomail` where there is a name but no address, since the property needs one."""
    address = vCalAddress(f"mailto:{mail}" if _ADDRESS.fullmatch(mail) else "invalid:nomail")
    # A parameter knows no escape for a double quote (RFC 5545 section 3.2): an apostrophe stands for it.
    name = line(organizer or mail).replace('"', "'")
    if name:
        address.params["cn"] = name
    return address


def location(room: Room) -> str:
    """The address in one line as RoomVox composes it; the room's name where nothing is known."""
    town = " ".join(filter(None, (room.postal_code, room.city)))
    address = ", ".join(filter(None, (room.street, town)))
    detail = ", ".join(filter(None, (room.building, room.room_number and f"Room {room.room_number}")))
    if not detail:
        return address or room.name
    return f"{address or room.name} ({detail})"
