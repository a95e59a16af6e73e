"""A room's bookings as an iCalendar object.

Single bookings go out in UTC, which every client reads alike. Series go out whole, in the wall time of
their zone, which is said beside them. No X-WR-TIMEZONE: there are programs that take it for the zone in which a rule in
UTC is to be reckoned, or turn every UTC into it and lose which of two hours of the autumn was meant.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from icalendar import Calendar

from server.core.model import Booking, Room
from server.core.series import Whole
from server.core.zone import zone
from server.engine.ical.event import instants, line, location, vevent
from server.engine.ical.series import recurring
from server.engine.ical.zones import vtimezone

PRODUCT = "-//Lintel//RoomVox API//EN"
END = b"END:VCALENDAR\r\n"


def calendar(room: Room, bookings: Iterable[Booking], wholes: Sequence[Whole] = ()) -> bytes:
    """One VCALENDAR with the bookings in their order; the same bookings give the same bytes.

    The series `wholes` follow in their order, each with all its dates; without them an occurrence is an event like any
    other, with its own uid. One that lies outside the dates of its series always is.
    """
    where = line(location(room))
    dates = {whole.series.id: whole.dates for whole in wholes}
    plain = (it for it in bookings if it.series not in dates or it.original_start not in dates[it.series])
    series = [(whole.series.zone, recurring(whole, where)) for whole in wholes]
    zones = {name for name, data in series if data}
    return b"".join([
        _head(room.name), *(vtimezone(zone(name)) for name in sorted(zones - {"UTC"})),
        *(_event(it, where) for it in plain), *(data for _, data in series), END,
    ])  # fmt: skip


def personal(name: str, bookings: Iterable[Booking], rooms: Mapping[int, Room]) -> bytes:
    """One VCALENDAR with somebody's bookings, each in its first room's place."""
    events = (_event(it, line(location(rooms[it.rooms[0]]))) for it in bookings)
    return b"".join([_head(name), *events, END])


def _head(name: str) -> bytes:
    out = Calendar()
    out.add("version", "2.0")
    out.add("prodid", PRODUCT)
    out.add("calscale", "GREGORIAN")
    out.add("method", "PUBLISH")
    out.add("x-wr-calname", line(name))
    return bytes(out.to_ical()).removesuffix(END)


@lru_cache(maxsize=8192)  # a tenth of a millisecond each; most of a calendar is what it was at the last look
def _event(it: Booking, where: str) -> bytes:
    times = instants(it.starts, it.ends)
    return vevent(it, times, where, uid=it.uid, changed=it.changed_at, sequence=it.version - 1)
