"""Bookings of a room: the list, one, a new one, a change, a cancellation."""

from typing import Any

from pydantic import BaseModel, Field

from server.core.clock import epoch
from server.core.model import Room, Standing
from server.dialects.kit.app import Call
from server.dialects.kit.route import Answer, Routes
from server.dialects.roomvox import windows
from server.dialects.roomvox.asks import BookingEdit, NewBooking, ask_of, edit_of
from server.dialects.roomvox.desk import Desk
from server.dialects.roomvox.pages import Page, paged
from server.dialects.roomvox.parts import Part, Preview, Which, key_of, meant, version_of
from server.dialects.roomvox.series import (
    BookedBody,
    Cancelled,
    ChangedBody,
    booked,
    changed,
    new_lines,
    one,
    pattern_of,
    whole_edit,
)
from server.dialects.roomvox.wire import BookingBody, Done, OneBody, booking_body, status_word

routes = Routes("bookings")
SHOWN = frozenset(set(Standing) - {Standing.CANCELLED})
WRITES = ("Idempotency-Key", "If-Match")
FORMS = ("application/json", "application/x-www-form-urlencoded")


class BookingsQuery(Page):
    """Which bookings. Without from, to and limit: a year back and a year ahead."""

    since: str | None = Field(default=None, alias="from", description="Those that end at or after it")
    to: str | None = Field(default=None, description="Those that start at or before it; at most 365 days after from")
    status: str | None = Field(default=None, description="accepted, pending, declined or cancelled")


class Restored(BaseModel):
    """Which date of a series."""

    recurrenceId: str = Field(description="Its original start")


@routes(
    "GET", "/rooms/<room>/bookings", scope="read", summary="The bookings of a room", answers={200: list[BookingBody]},
    errors=(404,),
)  # fmt: skip
def list_bookings(desk: Desk, call: Call, room: Room, query: BookingsQuery) -> Answer:
    desk.keep(call, room)
    window = windows.window(query.since, query.to, desk.now(), room.zone)
    if window is None and query.limit is None:
        window = windows.usual(desk.now())
    wanted = frozenset(it for it in Standing if status_word(it) == query.status) or SHOWN
    found = desk.engine.bookings.between(
        room.id, call.actor, window, standings=wanted, after=query.after, limit=query.fetch
    )
    shown, headers = paged(call, query, found, lambda it: (epoch(it.starts), it.id))
    return Answer([booking_body(booking, room) for booking in shown], headers=headers)


@routes(
    "POST", "/rooms/<room>/bookings", scope="book", summary="Book the room, once or as a series",
    answers={201: OneBody | BookedBody, 200: OneBody | BookedBody}, errors=(404, 409, 422, 503, 507),
    headers=("Idempotency-Key",), takes=FORMS,
    detail="Accepted at once, or pending where the room asks for approval. 200 is the answer to a preview. A series is "
    "booked whole or not at all, unless conflicts are to be skipped.",
)  # fmt: skip
def create_booking(desk: Desk, call: Call, room: Room, query: Preview, body: NewBooking) -> Answer:
    ask, key = ask_of(body, room, desk.now()), key_of(call)
    said = (room.id, *body.model_dump().values())  # the uid is new each time, and "tomorrow" moves
    if body.recurrence:
        pattern = pattern_of(body.recurrence, body.start or "", room, desk.now())
        return booked(desk, call, room, desk.engine.series.book(
            ask, pattern, call.actor, zone=room.zone, key=key, skip=body.skipConflicts, preview=query.preview, said=said
        ))  # fmt: skip
    booking = desk.engine.bookings.book(ask, call.actor, key=key, said=said, preview=query.preview)
    return one(desk, call, room, booking, 200 if query.preview else 201)


@routes(
    "GET", "/rooms/<room>/bookings/<uid>", scope="read", summary="One booking", answers={200: OneBody}, errors=(404,)
)
def get_booking(desk: Desk, call: Call, room: Room, uid: str, query: Which) -> Answer:
    return one(desk, call, room, meant(desk, call, room, uid, query).booking)


@routes(
    "PATCH", "/rooms/<room>/bookings/<uid>", scope="book", summary="Move or rename a booking, or a series",
    answers={200: OneBody | ChangedBody}, errors=(404, 409, 412, 422, 503, 507), headers=WRITES, takes=FORMS,
    detail="Of a series start and end are the new times of the date that is named; the others follow it.",
)  # fmt: skip
def change_booking(desk: Desk, call: Call, room: Room, uid: str, query: Part, body: BookingEdit) -> Answer:
    edit = edit_of(body, room, desk.now())
    it = meant(desk, call, room, uid, query, usual="all")
    version, lines = version_of(call, it, body.version), new_lines(it, body.recurrence)
    if it.series is not None:
        return changed(desk, call, room, desk.engine.series.change(
            it.series, whole_edit(edit, it), call.actor, following=it.following, at=it.at(edit),
            lines=lines, room=room.id, version=version, key=key_of(call), skip=body.skipConflicts,
            lose=body.dropExceptions, preview=query.preview,
        ))  # fmt: skip
    return one(desk, call, room, desk.engine.bookings.change(
        it.booking.uid, edit, call.actor, room=room.id, version=version, key=key_of(call), preview=query.preview
    ))  # fmt: skip


@routes(
    "DELETE", "/rooms/<room>/bookings/<uid>", scope="book", summary="Cancel a booking, or a series",
    answers={200: Done | Cancelled}, errors=(404, 409, 412, 422, 503, 507), headers=WRITES,
)  # fmt: skip
def cancel_booking(desk: Desk, call: Call, room: Room, uid: str, query: Part) -> Done | Cancelled:
    it = meant(desk, call, room, uid, query, usual="all")
    told: dict[str, Any] = {"room": room.id, "version": version_of(call, it), "key": key_of(call)}
    told["preview"] = query.preview
    if it.series is None:
        desk.engine.bookings.cancel(it.booking.uid, call.actor, **told)
        return Done()
    done = desk.engine.series.cancel(it.series, call.actor, following=it.following, at=it.at(), **told)
    return Cancelled(cancelled=done.cancelled, preview=not done.written)


@routes(
    "POST", "/rooms/<room>/bookings/<uid>/restore", scope="book", summary="Book a date of a series again",
    answers={200: OneBody}, errors=(404, 409, 422, 503, 507), takes=FORMS,
    detail="One that was cancelled alone, or left out because something was in the way. Again is fine.",
)  # fmt: skip
def restore_booking(desk: Desk, call: Call, room: Room, uid: str, query: Restored) -> Answer:
    at = windows.instant("recurrenceId", query.recurrenceId, desk.now(), room.zone)
    return one(desk, call, room, desk.engine.series.restore(uid, at, call.actor, room=room.id))
