"""Where links to bookings and rooms lead: to the page where people read them, once they have signed in.

Those of 2011 lead there, too, as long as somebody has kept one.
"""

from pydantic import BaseModel, Field

from server.dialects.indico.desk import Desk
from server.dialects.kit.app import Call
from server.dialects.kit.route import Answer, Routes

routes = Routes("links")
BOOKING, ROOM = "/rooms/booking/{}", "/rooms/room/{}"
"""The people's pages; at the root of the server, wherever this app is mounted."""


class Details(BaseModel):
    """Which booking."""

    resvID: str = Field(default="", max_length=40, description="Its number")


class Form(BaseModel):
    """Which room."""

    roomID: str = Field(default="", max_length=40, description="Its number")


@routes(
    "GET", "/rooms/booking/<number>", scope="public", summary="To the page of a booking", answers={303: None},
    errors=(404,),
)  # fmt: skip
def booking(desk: Desk, call: Call, number: str) -> Answer:
    return _on(call, BOOKING, number)


@routes(
    "GET", "/rooms/room/<number>", scope="public", summary="To the page of a room", answers={303: None}, errors=(404,)
)
def room(desk: Desk, call: Call, number: str) -> Answer:
    return _on(call, ROOM, number)


@routes(
    "GET", "/roomBooking.py/bookingDetails", scope="public", summary="To the page of a booking, by the link of 2011",
    answers={303: None},
)  # fmt: skip
def old_booking(desk: Desk, call: Call, query: Details) -> Answer:
    return _on(call, BOOKING, query.resvID or "0")


@routes(
    "GET", "/roomBooking.py/bookingForm", scope="public", summary="To the page of a room, by the link of 2011",
    answers={303: None},
)  # fmt: skip
def old_room(desk: Desk, call: Call, query: Form) -> Answer:
    return _on(call, ROOM, query.roomID or "0")


def _on(call: Call, path: str, number: str) -> Answer:
    return Answer(status=303, headers={"Location": call.links.to("", path, number)})
