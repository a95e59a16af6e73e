"""Invitations: the calendar part of a letter, as calendar programs file it (iTIP, RFC 5546; iMIP, RFC 6047).

Decisions:
- ORGANIZER is the house's own address with the host's name: an answer comes back to where it can be understood, and no
  program takes our letter for one that the reader has sent to himself. ATTENDEE is the reader alone.
- The UID is the booking's or the series' for ever. SEQUENCE of a single booking is its version; within a series all
  count seconds since the series was made, since a program compares a date with the whole.
- Of one date of a series only that date is told, by its RECURRENCE-ID; else the series whole, with all its exceptions.
- The events are written when something happens; who organises and who is invited is put in when the letter is.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from icalendar import Calendar, vCalAddress
from icalendar.parser import Contentline

from server.core.letters import CalendarPart
from server.core.model import Booking, Details, Room, Series
from server.core.series import Whole, whole_of
from server.core.zone import wall, zone
from server.engine.ical.event import instants, line, location, vevent
from server.engine.ical.series import recurring
from server.engine.ical.zones import vtimezone
from server.store import series
from server.store.database import Tx

PRODUCT = "-//Lintel//Letters//EN"
_END = b"\r\nEND:VEVENT\r\n"
_SEQUENCE = re.compile(rb"(?m)^SEQUENCE:\d+")
CLASSES = {"private": "PRIVATE", "confidential": "CONFIDENTIAL"}


def single(it: Booking, where: str, *, gone: bool = False) -> CalendarPart:
    """The event of a booking by itself, or that it is no more."""
    data = vevent(_mute(it), instants(it.starts, it.ends), where, uid=it.uid, changed=it.changed_at,
                  sequence=it.version, status=_status(gone))  # fmt: skip
    return CalendarPart("CANCEL" if gone else "REQUEST", _classed(data, it).decode(), ())


def one_date(it: Booking, of: Series, where: str, *, gone: bool = False) -> CalendarPart:
    """One date of a series, as it is now or no more; named by where the series has it."""
    at = it.original_start or it.starts
    local = wall(at, of.zone).replace(tzinfo=None)
    mark, tzid = ("Z", "") if of.zone == "UTC" else ("", f";TZID={of.zone}")
    times = [f"RECURRENCE-ID{tzid}:{local:%Y%m%dT%H%M%S}{mark}", *instants(it.starts, it.ends)]
    data = vevent(_mute(it), times, where, uid=of.uid, changed=it.changed_at, sequence=_since(of, it.changed_at),
                  status=_status(gone))  # fmt: skip
    return CalendarPart("CANCEL" if gone else "REQUEST", _classed(data, it).decode(), (of.zone,))


def whole_series(tx: Tx, of: Series, now: datetime, where: str, *, former: Sequence[Booking] = ()) -> CalendarPart:
    """A series with all its exceptions; where none of it is left, that it is no more (`former`: what it had)."""
    rows = series.occurrences(tx, of.id)
    found = whole_of(of, rows, series.left_out(tx, of.id))
    data = recurring(_silent(found), where)
    gone = not data and bool(former)
    if gone:
        first = former[0]
        data = vevent(_mute(first), instants(first.starts, first.ends), where, uid=of.uid, changed=now, sequence=0,
                      status=_status(gone))  # fmt: skip
    data = _SEQUENCE.sub(b"SEQUENCE:%d" % _since(of, now), data)
    return CalendarPart("CANCEL" if gone else "REQUEST", _classed(data, of).decode(), (of.zone,))


def written(
    part: CalendarPart, *, organizer: str, host: str, attendee: str, name: str = "", comes: bool = True
) -> bytes:
    """The calendar object for one reader; b"" where there is nothing in it. `comes`: the reader need not answer."""
    if not part.events:
        return b""
    out = Calendar()
    out.add("version", "2.0")
    out.add("prodid", PRODUCT)
    out.add("calscale", "GREGORIAN")
    out.add("method", part.method)
    head = bytes(out.to_ical()).removesuffix(b"END:VCALENDAR\r\n")
    zones = b"".join(vtimezone(zone(it)) for it in sorted(set(part.zones) - {"UTC"}))
    people = [
        _person("ORGANIZER", organizer, host),
        _person("ATTENDEE", attendee, name, answer="ACCEPTED" if comes else "NEEDS-ACTION"),
    ]
    events = part.events.encode().replace(_END, b"\r\n" + b"\r\n".join(people) + _END)
    return head + zones + events + b"END:VCALENDAR\r\n"


def place_of(rooms: Iterable[Room]) -> str:
    """Where it is, in one line: the rooms' names, and the address of the first where that says more."""
    listed = list(rooms)
    names = " + ".join(it.name for it in listed)
    address = location(listed[0]) if listed else ""
    if listed and address.startswith(f"{listed[0].name} ("):  # no street is known: the address begins with the room
        return line(names + address.removeprefix(listed[0].name))
    return line(names if address in ("", names) else f"{names}, {address}")


def _person(name: str, address: str, called: str, *, answer: str = "") -> bytes:
    it = vCalAddress(f"mailto:{line(address)}")
    if called:
        it.params["CN"] = line(called).replace('"', "'")
    if answer:
        it.params.update({"ROLE": "REQ-PARTICIPANT", "PARTSTAT": answer, "RSVP": "FALSE"})
    return bytes(Contentline.from_parts(name, it.params, it).to_ical())


def _mute(it: Booking) -> Booking:
    return replace(it, organizer="", organizer_email="")


def _silent(it: Whole) -> Whole:
    """The series without the addresses of its host: the organizer is the house."""
    rows = tuple(_mute(row) for row in it.rows)
    return replace(it, series=replace(it.series, organizer="", organizer_email=""), rows=rows)


def _status(gone: bool) -> str:
    return "CANCELLED" if gone else ""


def _since(of: Series, at: datetime) -> int:
    return max(0, int((at - of.made_at).total_seconds()))


def _classed(data: bytes, it: Booking | Series) -> bytes:
    """The events with their CLASS, where it is not public."""
    return data.replace(_END, b"\r\nCLASS:" + _class(it.details).encode() + _END) if _class(it.details) else data


def _class(details: Details) -> str:
    return CLASSES.get(details.privacy, "")
