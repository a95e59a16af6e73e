"""What RoomVox lacks, in its manner: people come, leave, stay longer; staff approve and decline."""

from collections.abc import Callable

from server.core.model import Booking, Room
from server.dialects.kit.app import Call
from server.dialects.kit.conditional import version_tag
from server.dialects.kit.route import Answer, Routes
from server.dialects.roomvox.asks import ActionAsk, CheckInAsk, ExtendAsk, key_of, until_of, version_of
from server.dialects.roomvox.bookings import FORMS, WRITES
from server.dialects.roomvox.desk import Desk
from server.dialects.roomvox.wire import BookingBody, booking_body

routes = Routes("presence and approval")
View = Callable[..., Answer]


def action(name: str, scope: str, summary: str) -> Callable[[View], View]:
    """Declares POST /rooms/{room}/bookings/{uid}/NAME, which answers the booking as it is then."""
    return routes(
        "POST", f"/rooms/<room>/bookings/<uid>/{name}", scope=scope, summary=summary, answers={200: BookingBody},
        errors=(404, 409, 412, 422, 503, 507), headers=WRITES, takes=FORMS,
    )  # fmt: skip


@action("checkin", "book", "People are here")
def check_in(desk: Desk, call: Call, room: Room, uid: str, body: CheckInAsk) -> Answer:
    version = version_of(desk, call, room, uid, body.version)
    engine = desk.engine.presence
    return _answer(
        engine.check_in(
            uid, call.actor, room=room.id, version=version, start_now=body.startNow, key=key_of(call)
        ), room,
    )  # fmt: skip


@action("checkout", "book", "The people who checked in have left; the rest of the time is free")
def check_out(desk: Desk, call: Call, room: Room, uid: str, body: ActionAsk) -> Answer:
    version = version_of(desk, call, room, uid, body.version)
    return _answer(
        desk.engine.presence.check_out(uid, call.actor, room=room.id, version=version, key=key_of(call)), room
    )


@action("extend", "book", "A later end, by minutes or until a time")
def extend(desk: Desk, call: Call, room: Room, uid: str, body: ExtendAsk) -> Answer:
    until = until_of(body, room, desk.now())
    version = version_of(desk, call, room, uid, body.version)
    booking = desk.engine.presence.extend(
        uid, call.actor, minutes=body.minutes, until=until, room=room.id, version=version, key=key_of(call)
    )
    return _answer(booking, room)


@action("end", "book", "It is over now; the rest of the time is free")
def end(desk: Desk, call: Call, room: Room, uid: str, body: ActionAsk) -> Answer:
    version = version_of(desk, call, room, uid, body.version)
    return _answer(desk.engine.presence.end(uid, call.actor, room=room.id, version=version, key=key_of(call)), room)


@action("approve", "admin", "A pending booking becomes accepted")
def approve(desk: Desk, call: Call, room: Room, uid: str, body: ActionAsk) -> Answer:
    version = version_of(desk, call, room, uid, body.version)
    booking = desk.engine.bookings.approve(uid, call.actor, room=room.id, version=version, key=key_of(call))
    return _answer(booking, room)


@action("decline", "admin", "A pending booking is turned down and frees the room")
def decline(desk: Desk, call: Call, room: Room, uid: str, body: ActionAsk) -> Answer:
    version = version_of(desk, call, room, uid, body.version)
    booking = desk.engine.bookings.decline(uid, call.actor, room=room.id, version=version, key=key_of(call))
    return _answer(booking, room)


def _answer(booking: Booking, room: Room) -> Answer:
    return Answer(booking_body(booking, room), headers={"ETag": version_tag(booking.version)})
