"""Booking a room: one time of one day, for somebody who is named by login.

Decisions:
- A refusal is a 200 with a message, as there: clients look for `results`. Where the house asks for honest statuses
  (`indico.honest_status`) it is 409 where the room cannot be had and 400 where the question cannot be answered.
- `from` and `to` without `tz` are in the time of the room. A day's end is its midnight.
- Whose the key is makes the booking, `username` is whom it is for. Only who manages a room names somebody else; a token
  of the house names anybody.
- A reason of one line is the title; of a longer one its first line is, and the whole of it the description.
- What would have to wait for approval is refused, as there: nobody who asks here would come back to look.
- `location` is not looked at, for the number says which room is meant.
"""

from datetime import datetime
from typing import NoReturn
from urllib.parse import urlencode

from pydantic import BaseModel, Field

from server.core.errors import Invalid, Refused, Unknown
from server.core.model import Ask, Details, Room
from server.core.people import Person
from server.core.zone import wall
from server.dialects.indico import window
from server.dialects.indico.desk import Desk
from server.dialects.indico.envelope import Result, enveloped
from server.dialects.indico.errors import ErrorBody, Said
from server.dialects.indico.formats import TEXTS
from server.dialects.indico.reasons import message
from server.dialects.kit.app import Call
from server.dialects.kit.route import Answer, Routes

routes = Routes("booking")
FORM = ("application/x-www-form-urlencoded",)
LARGEST = 64 * 1024
TITLE = 255
SAME_DAY = "from/to must be on the same day"
NO_ROOM = "A room with this ID does not exist"
SECOND = window.SECOND


class BookingForm(BaseModel):
    """What is wanted, and by whose key."""

    location: str | None = Field(default=None, description="Not looked at: `roomid` says which room is meant")
    roomid: str | None = Field(default=None, description="The room's number")
    since: str | None = Field(default=None, alias="from", description="2026-06-15T09:00, in the time of the room")
    to: str | None = Field(default=None, description="As from, and on the same day")
    tz: str | None = Field(default=None, description="The zone of from and to, where it is not the room's")
    reason: str | None = Field(default=None, description="What it is for")
    username: str | None = Field(default=None, description="Whom it is for, by login or e-mail")
    ak: str | None = Field(default=None, description="The API key; also `apikey`")
    timestamp: str | None = Field(default=None, description="Seconds since 1970 at which the form was signed")
    signature: str | None = Field(default=None, description="HMAC-SHA1 of path and form with the key's secret, in hex")


@routes(
    "POST", "/api/roomBooking/bookRoom.<any(json,xml):kind>", scope="book", summary="Book a room",
    answers={200: Result | ErrorBody}, errors=(404, 409, 507), headers=("Idempotency-Key",), takes=FORM, limit=LARGEST,
    also=TEXTS, detail="A refusal is a 200 with a `message`, unless the house asks for honest statuses.",
)  # fmt: skip
def book_room(desk: Desk, call: Call, kind: str, body: BookingForm) -> Answer:
    try:
        ask = asked(desk, call, body)
        key = call.request.headers.get("Idempotency-Key")
        made = desk.engine.bookings.book(ask, call.actor, key=key, direct=True)
    except Invalid as error:
        refuse(desk, "; ".join(f"{name}: {why}" for name, why in error.fields.items()))
    except Refused as error:
        refuse(desk, message(error), 409)
    said = urlencode(list(call.request.form.items(multi=True)))
    return enveloped(desk, call, {"reservationID": desk.engine.naming.number(made)}, said=said)


def asked(desk: Desk, call: Call, body: BookingForm) -> Ask:
    """The wish, in the order in which Indico looks at it. Raises Said, Barred."""
    room = wanted(desk, call, body.roomid)
    starts, ends = times(desk, body, room.zone if room is not None else desk.terms.zone)
    if body.username is None:
        refuse(desk, "No username provided")
    host = named(desk, call, body.username)
    needed = {"room_id": body.roomid, "reason": body.reason}
    missing = [name for name, value in needed.items() if not (value or "").strip()]
    if missing or body.reason is None:
        refuse(desk, f"Required params missing: {', '.join(missing)}")
    if room is None:
        refuse(desk, NO_ROOM)
    title, description = worded(body.reason)
    if host.number == call.actor.person:
        return Ask((room.id,), starts, ends, title, description=description)
    whole = call.actor.person is None
    return Ask(
        (room.id,), starts, ends, title, host.name, host.email, description, owner=host.number if whole else None,
        details=Details() if whole else Details(booked_for=host.number),
    )  # fmt: skip


def wanted(desk: Desk, call: Call, number: str | None) -> Room | None:
    """The room of that number, as far as the caller may see it."""
    if number is None or not (number.isascii() and number.isdecimal() and len(number) < 16):
        return None
    return next(iter(desk.engine.engagements.rooms((int(number),), call.actor)), None)


def times(desk: Desk, body: BookingForm, usual: str) -> tuple[datetime, datetime]:
    """From when to when, of one day. Raises Said."""
    try:
        zone = window.zone_of(body.tz, usual)
        if body.since is None or body.to is None:
            refuse(desk, SAME_DAY)
        starts = window.moment(body.since, desk.now(), zone)
        ends = window.moment(body.to, desk.now(), zone, end=True)
    except Said as error:
        refuse(desk, error.text)
    last = ends - SECOND if ends > starts else ends
    if wall(starts, zone).date() != wall(last, zone).date():
        refuse(desk, SAME_DAY)
    if ends <= starts:
        refuse(desk, "to must be after from")
    return starts, ends


def named(desk: Desk, call: Call, username: str) -> Person:
    """Whom it is for. Raises Said; Barred where the caller may name nobody else."""
    try:
        return desk.engine.rights.host(username, call.actor)
    except Unknown:
        refuse(desk, "Username does not exist")


def worded(reason: str) -> tuple[str, str]:
    """Title and description."""
    lines = reason.strip().splitlines()
    if len(lines) == 1 and len(lines[0]) <= TITLE:
        return lines[0], ""
    return (lines[0].strip()[:TITLE], reason.strip()) if lines else ("", "")


def refuse(desk: Desk, text: str, honest: int = 400) -> NoReturn:
    """Refuses with a 200, or with what is true, as the house wants it."""
    raise Said(honest if desk.terms.honest_status else 200, text)
