"""What RoomVox lacks, in its manner: people come, leave, stay longer; staff approve and decline."""

from collections.abc import Callable

from server.core.model import Booking, Room
from server.core.nobody_here import USUAL
from server.dialects.kit.app import Call
from server.dialects.kit.route import Answer, Routes
from server.dialects.roomvox.asks import ActionAsk, CheckInAsk, ExtendAsk, HereAsk, NobodyHereAsk, until_of
from server.dialects.roomvox.bookings import FORMS, WRITES
from server.dialects.roomvox.desk import Desk
from server.dialects.roomvox.parts import Meant, Which, key_of, meant, version_of
from server.dialects.roomvox.series import ChangedBody, changed, one
from server.dialects.roomvox.wire import OneBody

routes = Routes("presence and approval")
View = Callable[..., Answer]


def action(name: str, scope: str, summary: str) -> Callable[[View], View]:
    """Declares POST /rooms/{room}/bookings/{uid}/NAME, which answers the booking as it is then."""
    return routes(
        "POST", f"/rooms/<room>/bookings/<uid>/{name}", scope=scope, summary=summary,
        answers={200: OneBody | ChangedBody if scope == "admin" else OneBody},
        errors=(404, 409, 412, 422, 503, 507), headers=WRITES, takes=FORMS,
    )  # fmt: skip


@action("checkin", "book", "People are here")
def check_in(desk: Desk, call: Call, room: Room, uid: str, query: Which, body: CheckInAsk) -> Answer:
    it = meant(desk, call, room, uid, query)
    return one(desk, call, room, desk.engine.presence.check_in(
        it.booking.uid, call.actor, room=room.id, version=version_of(call, it, body.version), start_now=body.startNow,
        key=key_of(call),
    ))  # fmt: skip


@action("here", "book", "People are here, to whoever doubts it: a release is undone, Nobody here? is answered")
def here(desk: Desk, call: Call, room: Room, uid: str, query: Which, body: HereAsk) -> Answer:
    it = meant(desk, call, room, uid, query)
    return one(desk, call, room, desk.engine.presence.here(
        it.booking.uid, call.actor, room=room.id, version=version_of(call, it, body.version), key=key_of(call),
        how=body.how,
    ))  # fmt: skip


@action("nobody-here", "book", "Nobody here? Unless somebody answers in five minutes the rest is the asker's")
def nobody_here(desk: Desk, call: Call, room: Room, uid: str, query: Which, body: NobodyHereAsk) -> Answer:
    it = meant(desk, call, room, uid, query)
    return one(desk, call, room, desk.engine.presence.ask_here(
        it.booking.uid, call.actor, minutes=USUAL if body.minutes is None else body.minutes, room=room.id,
        version=version_of(call, it, body.version), key=key_of(call),
    ))  # fmt: skip


@action("checkout", "book", "The people who checked in have left; the rest of the time is free")
def check_out(desk: Desk, call: Call, room: Room, uid: str, query: Which, body: ActionAsk) -> Answer:
    return _act(desk, call, room, meant(desk, call, room, uid, query), body, desk.engine.presence.check_out)


@action("extend", "book", "A later end, by minutes or until a time")
def extend(desk: Desk, call: Call, room: Room, uid: str, query: Which, body: ExtendAsk) -> Answer:
    until = until_of(body, room, desk.now())
    it = meant(desk, call, room, uid, query)
    return one(desk, call, room, desk.engine.presence.extend(
        it.booking.uid, call.actor, minutes=body.minutes, until=until, room=room.id,
        version=version_of(call, it, body.version), key=key_of(call),
    ))  # fmt: skip


@action("end", "book", "It is over now; the rest of the time is free")
def end(desk: Desk, call: Call, room: Room, uid: str, query: Which, body: ActionAsk) -> Answer:
    return _act(desk, call, room, meant(desk, call, room, uid, query), body, desk.engine.presence.end)


@action("approve", "admin", "A pending booking becomes accepted; of a series all, unless one occurrence is named")
def approve(desk: Desk, call: Call, room: Room, uid: str, query: Which, body: ActionAsk) -> Answer:
    return _answer(desk, call, room, meant(desk, call, room, uid, query, usual="all"), body, accept=True)


@action("decline", "admin", "A pending booking is turned down and frees the room; of a series as with approve")
def decline(desk: Desk, call: Call, room: Room, uid: str, query: Which, body: ActionAsk) -> Answer:
    return _answer(desk, call, room, meant(desk, call, room, uid, query, usual="all"), body, accept=False)


def _answer(desk: Desk, call: Call, room: Room, it: Meant, body: ActionAsk, *, accept: bool) -> Answer:
    if it.series is None:
        engine = desk.engine.bookings
        return _act(desk, call, room, it, body, engine.approve if accept else engine.decline)
    version = version_of(call, it, body.version)
    done = desk.engine.series.answer(
        it.series, call.actor, accept=accept, room=room.id, version=version, key=key_of(call)
    )  # fmt: skip
    return changed(desk, call, room, done)


def _act(desk: Desk, call: Call, room: Room, it: Meant, body: ActionAsk, act: Callable[..., Booking]) -> Answer:
    """Does one thing to one booking."""
    version = version_of(call, it, body.version)
    return one(desk, call, room, act(it.booking.uid, call.actor, room=room.id, version=version, key=key_of(call)))
