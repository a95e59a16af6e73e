"""Reservations: the list, one of them, a new one, a change, and the end of one.

Decisions:
- The list's window is inclusive at both ends, and from now on for two weeks unless said otherwise. It has what is in
  the plan: also what still waits for approval, or for a door's word; not what was declined or gave way.
- Whoever names another's userId must manage the rooms; the engine bars all others, also from taking over.
- What a reservation that recurs is to become is said in reservation_scope.py.
"""

from datetime import datetime, timedelta
from typing import Literal

from server.core.access import may
from server.core.errors import Barred, Unknown
from server.core.model import Ask, Booking, Details, Room, Standing
from server.core.people import Person
from server.core.period import Period
from server.dialects.kit.app import Call
from server.dialects.kit.route import Answer, Routes
from server.dialects.librebooking.dates import moment, written
from server.dialects.librebooking.desk import Desk
from server.dialects.librebooking.errors import Unfit
from server.dialects.librebooking.links import links
from server.dialects.librebooking.reservation_asks import ReservationAsk, wanted
from server.dialects.librebooking.reservation_body import (
    Created,
    DeletedReservation,
    ReservationBody,
    ReservationList,
    Updated,
)
from server.dialects.librebooking.reservation_grid import kept, off_grid, out_of_sight
from server.dialects.librebooking.reservation_rows import items
from server.dialects.librebooking.reservation_scope import Change, changed, deleted
from server.dialects.librebooking.reservation_whole import whole
from server.dialects.librebooking.rooms import of_schedules, room_of
from server.dialects.librebooking.sentences import SENTENCES
from server.dialects.librebooking.shape import Given, Number

routes = Routes("Reservations")
AHEAD = timedelta(days=14)
TOUCH = timedelta(seconds=1)
WRITES = (404, 503)
NO_PERMISSION = SENTENCES["not_your_role"]


class ReservationsQuery(Given):
    """Which reservations; without dates those of the next two weeks."""

    userId: Number = None
    resourceId: Number = None
    scheduleId: Number = None
    startDateTime: str | None = None
    endDateTime: str | None = None


class Scope(Given):
    """How much of a series is meant; all of it that is to come unless said."""

    updateScope: Literal["this", "full", "future"] = "full"


@routes("GET", "/Reservations", scope="read", summary="Reservations in a time", answers={200: ReservationList})
def get_reservations(desk: Desk, call: Call, query: ReservationsQuery) -> ReservationList:
    window = _window(desk, call, query)
    touching = Period(window.start - TOUCH, window.end + TOUCH)
    listed = desk.engine.listing.planned(touching, call.actor, rooms=_rooms(desk, query))
    found = items(desk, call, listed, owner=query.userId)
    told = (written(window.start), written(window.end)) if found else (None, None)
    return ReservationList.model_construct(
        links=[], message=None, reservations=found, startDateTime=told[0], endDateTime=told[1]
    )


@routes(
    "GET", "/Reservations/<reference>", scope="read", summary="One reservation", answers={200: ReservationBody},
    errors=(404,),
)  # fmt: skip
def get_reservation(desk: Desk, call: Call, reference: str) -> ReservationBody:
    return whole(desk, call, desk.engine.naming.referenced(reference, call.actor))


@routes(
    "POST", "/Reservations", scope="book", summary="Makes a reservation", answers={201: Created}, errors=WRITES,
    detail="Several resources are one reservation. With a recurrenceRule it is made for all dates or none, unless "
    "retryParameters has skipconflicts.",
)  # fmt: skip
def create_reservation(desk: Desk, call: Call, body: ReservationAsk) -> Answer:
    it = _booked(desk, call, body)
    reference = desk.engine.naming.reference(it)
    return Answer(Created(
        links=links(call, "get_reservation update_reservation", reference), referenceNumber=reference,
        isPendingApproval=it.standing is Standing.PENDING,
    ), 201)  # fmt: skip


@routes(
    "POST", "/Reservations/<reference>", scope="book", summary="Changes a reservation", answers={200: Updated},
    errors=WRITES, detail="All that is not said is taken away; whose it is stays.",
)  # fmt: skip
def update_reservation(desk: Desk, call: Call, reference: str, query: Scope, body: ReservationAsk) -> Updated:
    it = desk.engine.naming.referenced(reference, call.actor)
    change = Change(it, query.updateScope, body, lambda: _resources(desk, call, body), lambda: _owner(desk, call, body))
    after = changed(desk, call, change)
    return Updated(
        links=links(call, "get_reservation update_reservation", reference), referenceNumber=reference,
        isPendingApproval=after.standing is Standing.PENDING,
    )  # fmt: skip


@routes(
    "DELETE", "/Reservations/<reference>", scope="book", summary="Deletes a reservation",
    answers={200: DeletedReservation}, errors=(400, *WRITES),
)  # fmt: skip
def delete_reservation(desk: Desk, call: Call, reference: str, query: Scope) -> DeletedReservation:
    deleted(desk, call, desk.engine.naming.referenced(reference, call.actor), query.updateScope)
    return DeletedReservation()


def _booked(desk: Desk, call: Call, body: ReservationAsk) -> Booking:
    """Books it, once or for every date; returns the first."""
    zone = desk.zone_of(call.actor)
    wish = wanted(body, zone)
    rooms, owner = _resources(desk, call, body), _owner(desk, call, body)
    ask = _ask(body, rooms, wish.period, Details(**wish.carried), owner)

    def act(preview: bool) -> Booking:
        if wish.pattern is None:
            return desk.engine.bookings.book(ask, call.actor, preview=preview)
        return desk.engine.series.book(
            ask, wish.pattern, call.actor, zone=zone, skip=body.skips, preview=preview
        ).first  # fmt: skip

    return kept([*off_grid(desk, rooms, wish.period), *out_of_sight(rooms)], rooms, act)


def _window(desk: Desk, call: Call, query: ReservationsQuery) -> Period:
    """The time asked about; it may be an instant."""
    start = _moment(desk, call, "startDateTime", query.startDateTime) or desk.now()
    end = _moment(desk, call, "endDateTime", query.endDateTime) or start + AHEAD
    if end < start:
        raise Unfit("endDateTime must not be before startDateTime")
    return Period(start, end)


def _moment(desk: Desk, call: Call, name: str, text: str | None) -> datetime | None:
    try:
        return moment(text, desk.zone_of(call.actor)) if text is not None else None
    except ValueError:
        raise Unfit(f"Missing or invalid {name}") from None


def _rooms(desk: Desk, query: ReservationsQuery) -> list[int] | None:
    """The numbers of the rooms that are meant; None: all."""
    if query.resourceId is None and query.scheduleId is None:
        return None
    house = desk.engine.house.now()
    one = [number for number in (query.resourceId,) if number is not None and number in house.rooms]
    if query.scheduleId is None:
        return one
    found = of_schedules(house, {query.scheduleId})
    return found if query.resourceId is None else sorted({*found}.intersection(one))


def _resources(desk: Desk, call: Call, body: ReservationAsk) -> list[Room]:
    """The rooms that are asked for; Unfit with a sentence for each that is not to be had."""
    found, wrong = [], []
    for number in body.numbers:
        try:
            found.append(room_of(desk, call.actor, number))
        except (Unknown, Barred):
            wrong.append(f"There is no resource {number}")
    wrong += [NO_PERMISSION for room in found if not may(call.actor, "book", room)]
    if wrong:
        raise Unfit(*dict.fromkeys(wrong))
    return found


def _owner(desk: Desk, call: Call, body: ReservationAsk) -> Person | int | None:
    """Whose it is to be, as far as who asks may know; None: nobody was named.

    The engine says whether he may name somebody, and whether there is one.
    """
    if not body.userId:
        return None
    try:
        return desk.engine.people.get(body.userId, call.actor)
    except Barred:
        return body.userId
    except Unknown:
        if not may(call.actor, "people.see"):
            return body.userId  # which users there are is not told
        raise Unfit(f"There is no user {body.userId}") from None


def _ask(
    body: ReservationAsk, rooms: list[Room], period: Period, details: Details, owner: Person | int | None
) -> Ask:  # fmt: skip
    named = owner if isinstance(owner, Person) else None
    return Ask(
        tuple(room.id for room in rooms), period.start, period.end, body.title or "",
        named.name if named is not None else "", named.email if named is not None else "", body.description or "",
        owner=named.number if named is not None else owner if isinstance(owner, int) else None, details=details,
    )  # fmt: skip
