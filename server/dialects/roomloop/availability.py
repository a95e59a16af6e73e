"""Slot by slot, whether a facility is to be had on a day, and why not.

Decisions:
- Only a slot that a reservation of whoever asks could hold is `available`. What was booked by the minute elsewhere,
  what waits for approval, closures, closed days, breaks of opening hours, a slot that has begun, a facility out of
  service: none of these ever is. What somebody has used up or has elsewhere (quotas, credits) is judged at reserving,
  and so is how many slots the facility asks for in a row.
- `reason` is booked, closed, past, not_allowed (who asks may not book here) or the house's own code of the rule that
  objects, `rule` what that is here. `reservation_id` is told of the reservation that holds the slot, to everybody who
  may see the facility; what it says, only to those who may read it.
- A day without slots is an empty list: the facility is not to be had.
"""

from datetime import datetime

from pydantic import BaseModel, Field

from server.core.access import may
from server.core.model import Booking, Room
from server.core.period import Period
from server.core.slots import Cell, State
from server.dialects.kit.app import Call
from server.dialects.kit.route import Routes
from server.dialects.roomloop.desk import Desk
from server.dialects.roomloop.pages import Strict
from server.dialects.roomloop.rules import rule_of
from server.dialects.roomloop.timetable import USUAL, label, zone_of
from server.dialects.roomloop.wire import FacilityRef, day, facility_ref, stamp

routes = Routes("facilities")


class DayQuery(Strict):
    """Which day."""

    date: str = Field(json_schema_extra={"format": "date"}, description="The facility's local day: YYYY-MM-DD")


class SlotBody(BaseModel):
    """A slot; `reason`, `rule` and `reservation_id` are null where it is available."""

    slot: int
    label: str = Field(description="10:00–10:50, the facility's local time")
    start: str
    end: str
    available: bool
    reason: str | None
    rule: str | None
    reservation_id: str | None


class AvailabilityBody(BaseModel):
    """A facility's day."""

    facility: FacilityRef
    date: str
    timezone: str
    slots: list[SlotBody]


@routes(
    "GET", "/facilities/<facility>/availability", scope="read", summary="Slot by slot, whether it is to be had",
    answers={200: AvailabilityBody}, errors=(404,),
)  # fmt: skip
def get_availability(desk: Desk, call: Call, facility: Room, query: DayQuery) -> AvailabilityBody:
    on = day("date", query.date)
    ((room, cells),) = desk.engine.finding.slots((facility.id,), on, call.actor, usual=USUAL)
    slots = [it for it in cells if it.number is not None]
    held: tuple[Booking, ...] = ()
    if slots:
        window = Period(slots[0].period.start, slots[-1].period.end)
        held = desk.engine.bookings.between(room.id, call.actor, window)
    zone = zone_of(desk, room)
    shown = [_slot(desk, it, zone, held, bookable=may(call.actor, "book", room)) for it in slots]
    return AvailabilityBody(facility=facility_ref(room), date=on.isoformat(), timezone=zone, slots=shown)


def _slot(desk: Desk, it: Cell, zone: str, held: tuple[Booking, ...], *, bookable: bool) -> SlotBody:
    reason, rule = _why(it, desk.now(), bookable=bookable)
    taken = reason is not None
    by = next((one for one in held if taken and one.standing.planned and one.period.overlaps(it.period)), None)
    return SlotBody(
        slot=it.number or 0, label=label(it.period, zone), start=stamp(it.period.start), end=stamp(it.period.end),
        available=reason is None, reason=reason, rule=rule,
        reservation_id=desk.engine.naming.res(by) if by is not None else None,
    )  # fmt: skip


def _why(it: Cell, now: datetime, *, bookable: bool) -> tuple[str | None, str | None]:
    """Why a slot is not to be had, in one word, and the rule that says so; nothing where it is."""
    if it.state is State.PAST or it.period.start < now:
        return "past", "R-04"
    if it.codes:
        code = it.codes[0]
        return code, {"booked": "R-03"}.get(code, rule_of(code))
    if it.state is not State.FREE:
        return "closed", "R-02"
    return (None, None) if bookable else ("not_allowed", "R-08")
