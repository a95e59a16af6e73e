"""Bookings of a room: the list, one, a new one, a change, a cancellation."""

from pydantic import BaseModel, Field

from server.core.clock import epoch
from server.core.model import Booking, Room, Standing
from server.dialects.kit.app import Call
from server.dialects.kit.conditional import version_tag
from server.dialects.kit.route import Answer, Routes
from server.dialects.roomvox import windows
from server.dialects.roomvox.asks import BookingAsk, BookingEdit, ask_of, edit_of, key_of, version_of
from server.dialects.roomvox.desk import Desk
from server.dialects.roomvox.pages import Page, paged
from server.dialects.roomvox.wire import BookingBody, Done, booking_body

routes = Routes("bookings")
SHOWN = frozenset({Standing.ACCEPTED, Standing.PENDING, Standing.DECLINED})
WRITES = ("Idempotency-Key", "If-Match")
FORMS = ("application/json", "application/x-www-form-urlencoded")


class BookingsQuery(Page):
    """Which bookings. Without from, to and limit: a year back and a year ahead."""

    since: str | None = Field(default=None, alias="from", description="Those that end at or after it")
    to: str | None = Field(default=None, description="Those that start at or before it; at most 365 days after from")
    status: str | None = Field(default=None, description="accepted, pending, declined or cancelled")


class CancelQuery(BaseModel):
    """Which occurrence of a series; a single booking is cancelled whole."""

    recurrenceId: str | None = Field(default=None, description="The original start of one occurrence")


@routes(
    "GET", "/rooms/<room>/bookings", scope="read", summary="The bookings of a room", answers={200: list[BookingBody]},
    errors=(404,),
)  # fmt: skip
def list_bookings(desk: Desk, call: Call, room: Room, query: BookingsQuery) -> Answer:
    desk.keep(call, room)
    window = windows.window(query.since, query.to, desk.now(), room.zone)
    if window is None and query.limit is None:
        window = windows.usual(desk.now())
    wanted = frozenset({Standing(query.status)}) if query.status in set(Standing) else SHOWN
    found = desk.engine.bookings.between(
        room.id, call.actor, window, standings=wanted, after=query.after, limit=query.fetch
    )
    shown, headers = paged(call, query, found, lambda it: (epoch(it.starts), it.id))
    return Answer([booking_body(booking, room) for booking in shown], headers=headers)


@routes(
    "POST", "/rooms/<room>/bookings", scope="book", summary="Book the room", answers={201: BookingBody},
    errors=(404, 409, 422, 503, 507), headers=("Idempotency-Key",), takes=FORMS,
    detail="Accepted at once, or pending where the room asks for approval.",
)  # fmt: skip
def create_booking(desk: Desk, call: Call, room: Room, body: BookingAsk) -> Answer:
    ask = ask_of(body, room, desk.now())
    said = (room.id, *body.model_dump().values())  # the uid is new each time, and "tomorrow" moves
    booking = desk.engine.bookings.book(ask, call.actor, key=key_of(call), said=said)
    return _answer(call, booking, room, 201)


@routes(
    "GET",
    "/rooms/<room>/bookings/<uid>",
    scope="read",
    summary="One booking",
    answers={200: BookingBody},
    errors=(404,),
)
def get_booking(desk: Desk, call: Call, room: Room, uid: str) -> Answer:
    return _answer(call, desk.engine.bookings.get(uid, call.actor, room=room.id), room, 200)


@routes(
    "PATCH", "/rooms/<room>/bookings/<uid>", scope="book", summary="Move or rename a booking",
    answers={200: BookingBody}, errors=(404, 409, 412, 422, 503, 507), headers=WRITES, takes=FORMS,
)  # fmt: skip
def change_booking(desk: Desk, call: Call, room: Room, uid: str, body: BookingEdit) -> Answer:
    edit = edit_of(body, room, desk.now())
    version = version_of(desk, call, room, uid, body.version)
    booking = desk.engine.bookings.change(uid, edit, call.actor, room=room.id, version=version, key=key_of(call))
    return _answer(call, booking, room, 200)


@routes(
    "DELETE", "/rooms/<room>/bookings/<uid>", scope="book", summary="Cancel a booking", answers={200: Done},
    errors=(404, 409, 412, 422, 503, 507), headers=WRITES,
)  # fmt: skip
def cancel_booking(desk: Desk, call: Call, room: Room, uid: str, query: CancelQuery) -> Done:
    if query.recurrenceId:
        windows.instant("recurrenceId", query.recurrenceId, desk.now(), room.zone)
    version = version_of(desk, call, room, uid, None)
    desk.engine.bookings.cancel(uid, call.actor, room=room.id, version=version, key=key_of(call))
    return Done()


def _answer(call: Call, booking: Booking, room: Room, status: int) -> Answer:
    headers = {"ETag": version_tag(booking.version)}
    if status == 201:
        headers["Location"] = call.link("/rooms/{}/bookings/{}", room.id, booking.uid)
    return Answer(booking_body(booking, room), status, headers)
