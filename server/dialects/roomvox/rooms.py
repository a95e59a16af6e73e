"""Rooms: the list, one, its status now and its availability."""

import re
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, Field

from server.core.model import Room
from server.core.period import Period
from server.dialects.kit.app import Call
from server.dialects.kit.route import Answer, Routes
from server.dialects.kit.text import Line
from server.dialects.roomvox import slots, windows
from server.dialects.roomvox.desk import Desk
from server.dialects.roomvox.pages import Page, paged
from server.dialects.roomvox.wire import RoomBody, StatusBody, room_body, status_body

routes = Routes("rooms")
MINUTE = timedelta(minutes=1)


class RoomsQuery(Page):
    """Which rooms."""

    active: Any = Field(default=None, description="true or 1: active ones only; anything else: inactive ones only")
    type: Line | None = Field(default=None, description="Exactly this room type")
    capacity_min: Any = Field(default=None, description="At least this many places; what is no number counts as 0")


class DayQuery(BaseModel):
    """Which day, or which range (both ends needed)."""

    date: str | None = Field(default=None, description="The local day; today where absent")
    since: str | None = Field(default=None, alias="from", description="With to: every day of the range, in `days`")
    to: str | None = None


@routes("GET", "/rooms", scope="read", summary="The rooms that the token sees", answers={200: list[RoomBody]})
def list_rooms(desk: Desk, call: Call, query: RoomsQuery) -> Answer:
    desk.keep(call, None)
    active = None if query.active is None else query.active in (True, 1, "true", "1")
    least = _number(query.capacity_min)
    found = desk.engine.rooms.all(call.actor, active=active, room_type=query.type, capacity_min=least)
    after = query.after or (0, 0)
    rest = [room for room in found if room.number > after[1]]
    shown, headers = paged(call, query, rest, lambda room: (0, room.number))
    return Answer([room_body(room) for room in shown], headers=headers)


@routes("GET", "/rooms/<room>", scope="read", summary="One room", answers={200: RoomBody}, errors=(404,))
def get_room(desk: Desk, call: Call, room: Room) -> RoomBody:
    desk.keep(call, room)
    return room_body(room)


@routes(
    "GET", "/rooms/<room>/status", scope="read", summary="What a room is now", answers={200: StatusBody}, errors=(404,),
    detail="A pending booking holds the room like an accepted one; what cannot be booked is never free.",
)  # fmt: skip
def get_status(desk: Desk, call: Call, room: str) -> StatusBody:
    found = desk.engine.rooms.now(room, call.actor)
    shown = (found.status.current, found.status.next)
    # The day ends with a minute, but minutesRemaining counts down at the second at which its booking ends.
    ends = [found.at.replace(second=0) + MINUTE, *(booking.ends for booking in shown if booking is not None)]
    minute = min(found.at + ((end - found.at) % MINUTE or MINUTE) for end in ends)
    call.hold(found.room.number, min(minute, found.status.until or minute))
    return status_body(found, desk.words)


@routes(
    "GET", "/rooms/<room>/availability", scope="read", summary="Free and busy spans of a day or a range",
    answers={200: slots.AvailabilityBody}, errors=(404,),
)  # fmt: skip
def get_availability(desk: Desk, call: Call, room: Room, query: DayQuery) -> slots.AvailabilityBody:
    desk.keep(call, room)
    now = desk.now()
    on = windows.day("date", query.date, now, room.zone)
    window = _range(query, room, now)
    shown = slots.span(room, on) if window is None else window
    bookings = desk.engine.bookings.between(room.id, call.actor, shown)
    return slots.body(room, on, window, now, bookings, desk.engine.rooms.closures(room.id, call.actor, shown))


def _range(query: DayQuery, room: Room, now: datetime) -> Period | None:
    """The range asked for; as in RoomVox both ends are needed, and a date goes before."""
    if query.since is None or query.to is None:
        return None
    start = windows.instant("from", query.since, now, room.zone)
    window = windows.span(start, windows.instant("to", query.to, now, room.zone), room.zone)
    return window if query.date is None else None


def _number(value: Any) -> int:
    """As RoomVox reads a number: the digits in front, 0 where there are none."""
    digits = re.match(r"\s*(\d{1,9})", str(value)) if value is not None else None
    return int(digits[1]) if digits else 0
