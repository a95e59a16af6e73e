"""Reservations as an iCalendar object.

Decisions:
- Times are true instants: single dates in UTC, series in the wall time of their zone, which is said beside them.
- A series of which dates are accepted is one event with its rule, whole, whatever the window; its dates that are
  pending are events of their own, tentative. One that is not accepted at all is told by its dates in the window.
- What is cancelled or rejected is told as cancelled, so that a calendar that has it takes it out.
- RRULE is for series alone, and has its FREQ; Indico writes one without for every reservation.
"""

from collections.abc import Iterable
from dataclasses import replace

from icalendar import Calendar
from icalendar.parser import Contentline

from server.core.clock import from_epoch
from server.core.engagements import Date, folded
from server.core.model import Standing
from server.core.zone import zone
from server.dialects.indico.wire import Shape, full_name, link_of, location_of
from server.engine.engagements import Told
from server.engine.ical.event import END, instants, line, vevent
from server.engine.ical.series import recurring
from server.engine.ical.zones import vtimezone

PRODUCT = "-//Lintel//Indico export//EN"
CLOSING = b"END:VCALENDAR\r\n"
STATUS = {
    Standing.ACCEPTED: "CONFIRMED", Standing.PENDING: "TENTATIVE", Standing.DECLINED: "CANCELLED",
    Standing.CANCELLED: "CANCELLED",
}  # fmt: skip


def written(those: Iterable[Told], shape: Shape) -> bytes:
    """One VCALENDAR with the reservations in their order."""
    events: list[bytes] = []
    zones: set[str] = set()
    for told in those:
        by_rule = _by_rule(told, shape)
        if by_rule and told.whole is not None:
            zones.add(told.whole.series.zone)
        apart = [it for it in told.it.near if not by_rule or it.standing in (Standing.PENDING, Standing.CONFLICT)]
        events += [by_rule, *(_event(told, it, shape) for it in apart)]
    return b"".join([_head(), *(vtimezone(zone(name)) for name in sorted(zones - {"UTC"})), *events, CLOSING])


def _by_rule(told: Told, shape: Shape) -> bytes:
    """A series as it recurs; nothing where it is a single booking, or no date of it is accepted."""
    if told.whole is None or told.it.state is not Standing.ACCEPTED:
        return b""
    link, own, face = link_of(told, shape), told.whole.series, told.face
    if not own.made_by:  # not for the asker's eyes: what may be read of its dates is said of it, too
        own = replace(own, title=face.title, organizer=face.organizer, organizer_email=face.organizer_email)
    own = replace(own, uid=_uid(told, shape), description=_about(own.title, link))
    rows = tuple(replace(row, description=_about(row.title, link)) for row in told.whole.rows)
    return _linked(recurring(replace(told.whole, series=own, rows=rows), _where(told)), link)


def _event(told: Told, it: Date, shape: Shape) -> bytes:
    """One date by itself."""
    link = link_of(told, shape)
    uid = _uid(told, shape, it if told.series is not None else None)
    times = instants(from_epoch(it.starts), from_epoch(it.ends))
    face = replace(told.face, description=_about(told.face.title, link))
    data = vevent(
        face, times, _where(told), uid=uid, changed=face.changed_at, sequence=face.version - 1,
        status=STATUS[folded(it.standing)],
    )  # fmt: skip
    return _linked(data, link)


def _head() -> bytes:
    out = Calendar()
    out.add("version", "2.0")
    out.add("prodid", PRODUCT)
    out.add("calscale", "GREGORIAN")
    out.add("method", "PUBLISH")
    return bytes(out.to_ical()).removesuffix(CLOSING)


def _uid(told: Told, shape: Shape, date: Date | None = None) -> str:
    """indico-resv-41@example.org; of a date by itself its number behind it, and so of a further room."""
    number = shape.desk.engine.naming.number(told.face)
    room = "" if told.room.number == told.face.rooms[0] else f"-room-{told.room.number}"
    return f"indico-resv-{number}{f'-{date.id}' if date else ''}{room}@{shape.desk.terms.uid_domain}"


def _where(told: Told) -> str:
    return line(f"{location_of(told.room)}: {full_name(told.room)}")


def _about(title: str, link: str) -> str:
    return f"{title}\n{link}" if title else link


def _linked(events: bytes, link: str) -> bytes:
    """The events, each with the address at which people read of it."""
    url = bytes(Contentline(f"URL:{link}").to_ical()) + b"\r\n"  # type: ignore[no-untyped-call]
    return events.replace(END, url + END)
