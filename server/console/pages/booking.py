"""One booking, and one room with its day, at the addresses that other systems' clients link to.

Decision: the numbers are those that Indico's clients know (engine/naming.py for bookings, the room's own for rooms).
Everybody is told what is theirs to read; what is not there and what is out of reach look alike.
"""

from datetime import datetime, timedelta
from typing import Any

from werkzeug.wrappers import Response

from server.console.desk import Desk
from server.console.page import Pages, Visit
from server.console.pages.you import actor
from server.console.words import words
from server.core.access import Actor
from server.core.clock import whole
from server.core.errors import Barred, Unknown
from server.core.model import Booking, Room
from server.core.status import State
from server.core.zone import wall

pages = Pages()
MOST = 12
"""So many dates of a series are listed."""


@pages("GET", "/rooms/booking/<number>", who="person")
def booking(desk: Desk, visit: Visit) -> Response:
    """A booking; of a series the date that is now or comes next, and those after it."""
    acts = actor(desk, visit)
    try:
        it, later = _meant(desk, _number(visit.given["number"]), acts)
    except Barred:
        raise Unknown("booking", visit.given["number"]) from None
    return _drawn(desk, visit, it, _rooms(desk, it, acts), later)


@pages("GET", "/rooms/room/<number>", who="person")
def room(desk: Desk, visit: Visit) -> Response:
    """A room and what is booked in it today, and that it is not to be had now where that is so."""
    w, acts = words(visit.language), actor(desk, visit)
    try:
        now = desk.engine.rooms.now(_slug(desk, _number(visit.given["number"])), acts)
    except Barred:
        raise Unknown("room", visit.given["number"]) from None
    it = now.room
    day = [(_span(each.starts, each.ends, it.zone, short=True), each.title or each.organizer) for each in now.today]
    shut = now.status.state is State.CLOSED
    facts = [(w["booking_state"], " · ".join(filter(None, (w["room_closed"], now.status.reason_text))))] if shut else []
    return desk.draw(
        visit, "booking.html", heading=it.name, under=_where(it), facts=facts, text=it.description, day=day, today=True,
        note=w["times_of"].format(zone=it.zone),
    )  # fmt: skip


def _meant(desk: Desk, number: int, acts: Actor) -> tuple[Booking, list[Booking]]:
    """The booking of that number, or of a series the date that is now or comes next, and those that follow it."""
    named = desk.engine.naming.numbered(number, acts)
    if named.kind == "single":
        return desk.engine.bookings.get(named.uid, acts, cancelled=True), []
    dates = sorted(desk.engine.series.whole(named.uid, acts).rows, key=lambda each: each.starts)
    live, now = [each for each in dates if each.standing.live] or dates, whole(desk.engine.clock.now())
    coming = [each for each in live if each.ends > now] or live[-1:]
    if not coming:
        raise Unknown("booking", str(number))
    return desk.engine.bookings.shown(coming[0], acts), coming[1 : MOST + 1]


def _drawn(desk: Desk, visit: Visit, it: Booking, rooms: list[Room], later: list[Booking]) -> Response:
    w, zone = words(visit.language), rooms[0].zone
    names = ", ".join(f"{each.name} · {_where(each)}".rstrip(" ·") for each in rooms)
    facts = [
        (w["answer_when"], _span(it.starts, it.ends, zone)), (w["answer_room"], names),
        (w["answer_who"], it.organizer), (w["booking_state"], w[f"booking_{it.standing.value}"]),
        (w["booking_dates"], "\n".join(_span(each.starts, each.ends, zone) for each in later)),
    ]  # fmt: skip
    return desk.draw(
        visit, "booking.html", heading=it.title or w["booking"], under="", facts=[fact for fact in facts if fact[1]],
        text=it.description, day=[], today=False, note=w["times_of"].format(zone=zone),
    )  # fmt: skip


def _rooms(desk: Desk, it: Booking, acts: Actor) -> list[Room]:
    """Those of its rooms that somebody may see: at least one, or it would not have been told."""
    found = []
    for number in it.rooms:
        try:
            found.append(desk.engine.rooms.get(_slug(desk, number), acts))
        except Barred:
            continue
    if not found:
        raise Unknown("booking", it.uid)
    return found


def _slug(desk: Desk, number: int) -> str:
    there: Any = desk.engine.house.now().rooms.get(number)
    if there is None:
        raise Unknown("room", str(number))
    return str(there.slug)


def _where(room: Room) -> str:
    return " · ".join(part for part in (room.site, room.building, room.floor) if part)


def _span(starts: datetime, ends: datetime, zone: str, *, short: bool = False) -> str:
    """From when to when, in the zone of the room; the date once, where it is one."""
    begin, end = wall(starts, zone), wall(ends, zone)
    same = begin.date() == end.date() or end - begin < timedelta(hours=12)
    first = f"{begin:%H:%M}" if short else f"{begin:%Y-%m-%d %H:%M}"
    return f"{first}–{end:%H:%M}" if same else f"{first} – {end:%Y-%m-%d %H:%M}"


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Unknown("booking", text[:20])
    return int(text)
