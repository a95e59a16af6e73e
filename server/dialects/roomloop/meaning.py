"""Which booking an id means, how much of a series, and what is done to it."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import g

from server.core.access import may, require
from server.core.errors import Barred, Objection, Refused, Unknown
from server.core.model import STRUCK, Booking, Edit, Standing
from server.core.period import Period
from server.core.timetables import Lesson
from server.core.zone import wall
from server.dialects.kit.app import Call
from server.dialects.roomloop.desk import Desk
from server.dialects.roomloop.errors import wrong
from server.dialects.roomloop.timetable import zone_of
from server.dialects.roomloop.wire import day

ALL = "all"


@dataclass(frozen=True, slots=True)
class Meant:
    """A booking by its uid, or (`series`) all dates of the series of that uid; then the booking is its next date."""

    uid: str
    series: str = ""


def one(desk: Desk, call: Call, id_: str, said: str) -> Booking:
    """The booking of an id; of a series its date, or without one the one that is now or comes next, else the last."""
    on = day("date", said) if said else None
    named = desk.engine.naming.by_res(id_, call.actor)
    if named.kind == "single":
        found = list(desk.engine.booking_pages.one(named.uid, call.actor).bookings)
    else:
        found = list(desk.engine.series.whole(named.uid, call.actor).rows)
    rows = sorted((it for it in found if it.source != STRUCK), key=lambda it: it.starts)
    if on is not None:
        rows = [it for it in rows if _local(desk, call, it) == on]
    if not rows:
        raise Unknown("booking", id_)
    now = desk.now()
    live = [it for it in rows if it.standing.live]
    return next((it for it in live if it.ends > now), (live or rows)[-1])


def there(desk: Desk, call: Call, id_: str) -> None:
    """Raises Unknown where nothing has that id, Barred where a change is asked for and it is not theirs to change."""
    booking = one(desk, call, id_, "")
    if call.route.method == "PATCH":
        require(call.actor, "change", booking)


def _local(desk: Desk, call: Call, it: Booking) -> date:
    """The date on which a booking begins where it is."""
    places = desk.engine.booking_pages.one(it.uid, call.actor).rooms
    room = next(places[number] for number in it.rooms if number in places)
    return wall(it.starts, zone_of(desk, room)).date()


def meant(desk: Desk, call: Call, id_: str, said: str) -> Meant:
    """What a request that changes something is about. A 400 where it recurs and no date of it is named."""
    booking = one(desk, call, id_, "" if said == ALL else said)
    if booking.series is None:
        return Meant(booking.uid)
    if not said:
        raise wrong(date="is needed, for this reservation recurs: one of its dates, or all")
    return Meant(booking.uid, booking.series_uid or "" if said == ALL else "")


def change(desk: Desk, call: Call, it: Meant, purpose: str | None, status: str | None) -> None:
    """Sets purpose and status. What can be seen to be refused is, before anything is changed."""
    engine, actor = desk.engine, call.actor
    booking = engine.booking_pages.one(it.uid, actor).bookings[0]
    standing = booking.standing
    confirm = status == "confirmed" and standing is not Standing.ACCEPTED
    cancel = status == "cancelled" and standing is not Standing.CANCELLED
    if standing is Standing.CANCELLED and (confirm or purpose is not None):
        raise Refused((Objection("cancelled", ""),))
    if not (confirm or cancel) and purpose is None and not may(actor, "change", booking):
        raise Barred("room")  # nothing is to be done, and still it is not theirs
    edit = Edit(title=purpose) if purpose is not None else None
    if edit is not None and (cancel or confirm):
        _reword(desk, call, it, edit, preview=True)
    if cancel and edit is not None:
        _cancel(desk, call, it, preview=True)
    if confirm:
        g.capability = "reservations.confirm"
        if it.series:
            engine.series.answer(it.series, actor, accept=True)
        else:
            engine.bookings.approve(it.uid, actor)
    if edit is not None:
        _reword(desk, call, it, edit)
    if cancel:
        _cancel(desk, call, it)


def _reword(desk: Desk, call: Call, it: Meant, edit: Edit, *, preview: bool = False) -> None:
    if it.series:
        desk.engine.series.change(it.series, edit, call.actor, following=False, preview=preview)
    else:
        desk.engine.bookings.change(it.uid, edit, call.actor, preview=preview)


def _cancel(desk: Desk, call: Call, it: Meant, *, preview: bool = False) -> None:
    if it.series:
        desk.engine.series.cancel(it.series, call.actor, following=False, preview=preview)
    else:
        desk.engine.bookings.cancel(it.uid, call.actor, preview=preview)


def in_way(desk: Desk, call: Call, no: Refused, lessons: Sequence[Lesson], wish: Period) -> dict[str, Any]:
    """The slots that others hold, and the first reservation that does so, for the details of a 409."""
    if not no.conflicts:
        return {}
    wanted = [it for it in lessons if it.period.overlaps(wish)]
    slots = [it.number for it in wanted if any(it.period.overlaps(Period(c.starts, c.ends)) for c in no.conflicts)]
    details: dict[str, Any] = {"slots": slots}
    uid = next((it.uid for it in no.conflicts if it.uid is not None), "")
    with suppress(Unknown, Barred):  # a booking that is in the way may hold rooms that are not the asker's to know
        found = desk.engine.booking_pages.one(uid, call.actor).bookings
        details["conflicts_with"] = desk.engine.naming.res(found[0])
    return details
