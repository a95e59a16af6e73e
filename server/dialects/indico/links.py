"""Where links to bookings and rooms lead: to the page where people read them, once they have signed in."""

from server.dialects.indico.desk import Desk
from server.dialects.kit.app import Call
from server.dialects.kit.route import Answer, Routes

routes = Routes("links")
BOOKING, ROOM = "/rooms/booking/{}", "/rooms/room/{}"
"""The people's pages; at the root of the server, wherever this app is mounted."""


@routes("GET", "/rooms/booking/<number>", scope="public", summary="To the page of a booking", answers={303: None})
def booking(desk: Desk, call: Call, number: str) -> Answer:
    return Answer(status=303, headers={"Location": call.links.to("", BOOKING, number)})


@routes("GET", "/rooms/room/<number>", scope="public", summary="To the page of a room", answers={303: None})
def room(desk: Desk, call: Call, number: str) -> Answer:
    return Answer(status=303, headers={"Location": call.links.to("", ROOM, number)})
