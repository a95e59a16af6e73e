"""Reservations: the list, one, a new one, a change, the end of one.

Decisions:
- A reservation's id is of a single booking, or of a series that was made at another door. Each date of a series stands
  in the list by itself, under the one id; `?date=` means one of them. What changes or ends a reservation that recurs
  asks for it, or for `date=all`, so that nobody who means one day takes them all.
- Cancelling keeps a reservation as `cancelled`; deleting takes away all that it said (engine/striking.py), and it is
  not there any more. Times and ids stay in the audit, where nothing is ever deleted.
- A reservation of a facility that asks for approval is `pending` until somebody who manages it sets it to `confirmed`.
- `from` and `to` are local days, both included, of the facility, or without one of the first that you may see.
"""

from datetime import timedelta
from typing import Annotated, Any, Literal

from flask import g
from pydantic import Field, StrictInt

from server.core.errors import Invalid, Refused
from server.core.model import Ask
from server.core.period import Period
from server.core.zone import midnight
from server.dialects.kit.app import Call
from server.dialects.kit.route import Answer, Routes
from server.dialects.kit.text import Line
from server.dialects.roomloop import meaning
from server.dialects.roomloop.desk import Desk
from server.dialects.roomloop.errors import wrong
from server.dialects.roomloop.pages import Listed, Page, Strict, cursor
from server.dialects.roomloop.shown import ReservationBody, made, reservation, reservations
from server.dialects.roomloop.timetable import MOST_SLOT, held, lessons
from server.dialects.roomloop.wire import account_number, day

routes = Routes("reservations")
Slot = Annotated[StrictInt, Field(ge=0, le=MOST_SLOT)]
ID = Annotated[str, Field(min_length=1, max_length=64)]
DAY: dict[str, Any] = {"format": "date"}
DATE = "Of a reservation that recurs: the local date that is meant, YYYY-MM-DD"


class NewReservation(Strict):
    """What to reserve: slots, both included."""

    facility_id: ID
    date: str = Field(json_schema_extra=DAY, description="The facility's local day: YYYY-MM-DD")
    start_slot: Slot
    end_slot: Slot
    purpose: Line = ""
    user_id: ID | None = Field(default=None, description="For whom; only who manages the facility books for others")


class ReservationsQuery(Page):
    """Which reservations."""

    user_id: str = Field(default="", description="Of this account; of others for administrators and staff")
    facility_id: str = Field(default="", description="Of this facility")
    since: str = Field(default="", alias="from", description="From this local day on: YYYY-MM-DD")
    to: str = Field(default="", description="Up to this local day, which is included")


class Which(Strict):
    """Which date of a reservation that recurs."""

    date: str = Field(default="", description=DATE)


class Part(Strict):
    """How much of a reservation that recurs."""

    date: str = Field(default="", description=f"{DATE}, or all")


class ReservationEdit(Strict):
    """What to change; what is absent stays."""

    purpose: Line = ""
    status: Literal["confirmed", "cancelled"] = "confirmed"


@routes(
    "POST", "/reservations", scope="book", summary="Reserve slots", answers={201: ReservationBody},
    errors=(404, 409, 422, 507), headers=("Idempotency-Key",),
    detail="Runs the rules engine; pending where the facility asks for approval.",
)  # fmt: skip
def create_reservation(desk: Desk, call: Call, body: NewReservation) -> Answer:
    room = desk.engine.rooms.get(body.facility_id, call.actor, "book")
    on = day("date", body.date)
    wish = held(desk, room, on, body.start_slot, body.end_slot)
    owner = _account(body.user_id) if body.user_id is not None else None
    ask = Ask((room.id,), wish.start, wish.end, body.purpose, owner=owner)
    try:
        booking = desk.engine.bookings.book(ask, call.actor, key=call.request.headers.get("Idempotency-Key"))
    except Refused as no:
        g.conflict = meaning.in_way(desk, call, no, lessons(desk, room, on), wish)
        raise
    shown = made(desk, call, booking)
    return Answer(shown, 201, {"Location": call.link("/reservations/{}", shown.id)})


@routes(
    "GET", "/reservations", scope="read", summary="The reservations that you may see",
    answers={200: Listed[ReservationBody]}, errors=(404,),
)  # fmt: skip
def list_reservations(desk: Desk, call: Call, query: ReservationsQuery) -> Listed[ReservationBody]:
    owner = _account(query.user_id) if query.user_id else None
    leaf = desk.engine.booking_pages.page(
        call.actor, window=_window(desk, call, query), room=query.facility_id or None, owner=owner,
        after=query.after, limit=query.limit,
    )  # fmt: skip
    return Listed(data=reservations(desk, leaf), next_cursor=cursor(leaf.next))


@routes(
    "GET", "/reservations/<reservation_id>", scope="read", summary="One reservation", answers={200: ReservationBody},
    errors=(404,),
)  # fmt: skip
def get_reservation(desk: Desk, call: Call, reservation_id: str, query: Which) -> ReservationBody:
    return reservation(desk, call, meaning.one(desk, call, reservation_id, query.date).uid)


@routes(
    "PATCH", "/reservations/<reservation_id>", scope="book", summary="Change the purpose, confirm or cancel",
    answers={200: ReservationBody}, errors=(404, 409, 422, 507),
)  # fmt: skip
def change_reservation(
    desk: Desk, call: Call, reservation_id: str, query: Part, body: ReservationEdit
) -> ReservationBody:
    if not body.model_fields_set:
        raise wrong(body="names nothing to change")
    purpose = body.purpose if "purpose" in body.model_fields_set else None
    status = body.status if "status" in body.model_fields_set else None
    meant = meaning.meant(desk, call, reservation_id, query.date)
    meaning.change(desk, call, meant, purpose, status)
    return reservation(desk, call, meant.uid)


@routes(
    "DELETE", "/reservations/<reservation_id>", scope="admin", summary="Delete a reservation for good",
    answers={204: None}, errors=(400, 404, 507),
)  # fmt: skip
def delete_reservation(desk: Desk, call: Call, reservation_id: str, query: Part) -> Answer:
    meant = meaning.meant(desk, call, reservation_id, query.date)
    if meant.series:
        desk.engine.striking.strike_series(meant.series, call.actor)
    else:
        desk.engine.striking.strike(meant.uid, call.actor)
    return Answer(status=204)


def _account(text: str) -> int:
    number = account_number(text)
    if number is None:
        raise wrong(user_id="is no account's id")
    return number


def _window(desk: Desk, call: Call, query: ReservationsQuery) -> Period | None:
    """The days asked for as instants; None where none were."""
    if not (query.since or query.to):
        return None
    first = day("from", query.since or "1971-01-01")
    last = day("to", query.to or "9998-12-31")
    if last < first:
        raise Invalid({"to": "must not be before from"})
    rooms = desk.engine.rooms
    place = rooms.get(query.facility_id, call.actor) if query.facility_id else next(iter(rooms.all(call.actor)), None)
    zone = place.zone if place is not None else "UTC"
    return Period(midnight(first, zone), midnight(last + timedelta(days=1), zone))
