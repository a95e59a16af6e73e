"""A reservation as it travels: the keys of RoomLoop's page first, then what we add to them.

Decisions:
- `date`, `slots`, `start_slot` and `end_slot` are those of the local date on which it begins; `starts_at` and `ends_at`
  are exact. What touches no slot has none.
- `status` is confirmed, pending, declined or cancelled; at_risk where a panel has not confirmed its time yet, conflict
  where it gave way and nobody has decided what becomes of it.
- Who has nothing to do with a reservation reads neither its purpose nor its people (setting of the room: `phone_host`,
  `phone_title`).
"""

from collections.abc import Sequence

from pydantic import BaseModel, Field

from server.core.model import Booking, Room, Standing
from server.core.people import Person
from server.core.places import Timetable
from server.core.zone import wall
from server.dialects.kit.app import Call
from server.dialects.roomloop.desk import Desk
from server.dialects.roomloop.rules import CHECKED
from server.dialects.roomloop.timetable import USUAL, label, touched
from server.dialects.roomloop.wire import AccountRef, FacilityRef, account_ref, facility_ref, stamp
from server.engine.booking_pages import Leaf

STATUSES = {
    Standing.ACCEPTED: "confirmed",
    Standing.PENDING: "pending",
    Standing.DECLINED: "declined",
    Standing.CANCELLED: "cancelled",
    Standing.AT_RISK: "at_risk",
    Standing.CONFLICT: "conflict",
}


class Outcome(BaseModel):
    """What the rules engine said."""

    outcome: str = Field(description="accepted, or pending where the facility asks for approval")
    evaluated: list[str] = Field(description="The rules that it was judged by")


def _absent(value: object) -> bool:
    return value is None


class ReservationBody(BaseModel):
    """A reservation."""

    id: str
    status: str = Field(description="confirmed, pending, declined, cancelled, at_risk or conflict")
    facility: FacilityRef
    date: str = Field(description="The local date on which it begins")
    slots: list[str] = Field(description="The slots of that date that it holds or touches: 10:00–10:50")
    created_at: str
    purpose: str
    user: AccountRef | None = Field(description="Whose it is; null where that is not known, or not yours to know")
    start_slot: int | None
    end_slot: int | None
    starts_at: str
    ends_at: str
    timezone: str
    other_facilities: list[FacilityRef] = Field(description="Further facilities that it holds")
    recurring: bool = Field(description="It is of a series: its other dates have the same id")
    source: str = Field(description="The door that it came through, where that is yours to know")
    rules: Outcome | None = Field(default=None, exclude_if=_absent, description="Of a new one")


def reservation(desk: Desk, call: Call, uid: str) -> ReservationBody:
    """One, as it is now."""
    leaf = desk.engine.booking_pages.one(uid, call.actor)
    return reservations(desk, leaf)[0]


def reservations(desk: Desk, leaf: Leaf) -> list[ReservationBody]:
    """Those of a page."""
    tables, name, found = desk.engine.house.now().timetables, desk.engine.naming.res, []
    for it in leaf.bookings:
        places = [leaf.rooms[number] for number in it.rooms if number in leaf.rooms]
        owner = leaf.owners.get(it.owner) if it.owner is not None else None
        found.append(body_of(it, places, owner, tables.get(places[0].policy.timetable or 0), name(it)))
    return found


def made(desk: Desk, call: Call, it: Booking) -> ReservationBody:
    """A new one, with what the rules engine said."""
    outcome = "pending" if it.standing is Standing.PENDING else "accepted"
    body = reservation(desk, call, it.uid)
    return body.model_copy(update={"rules": Outcome(outcome=outcome, evaluated=list(CHECKED))})


def body_of(
    it: Booking, places: Sequence[Room], owner: Person | None, table: Timetable | None, id_: str
) -> ReservationBody:
    """The resource. `places`: those of its rooms that may be told, the first with the timetable `table`."""
    room, *others = places
    table = table or USUAL
    zone = table.zone or room.zone
    slots = touched(table, zone, it.period)
    return ReservationBody(
        id=id_, status=STATUSES[it.standing], facility=facility_ref(room),
        date=wall(it.starts, zone).date().isoformat(), slots=[label(each.period, zone) for each in slots],
        created_at=stamp(it.made_at), purpose=it.title, user=account_ref(owner) if owner is not None else None,
        start_slot=slots[0].number if slots else None, end_slot=slots[-1].number if slots else None,
        starts_at=stamp(it.starts), ends_at=stamp(it.ends), timezone=zone,
        other_facilities=_refs(others), recurring=it.series is not None, source=it.source,
    )  # fmt: skip


def _refs(rooms: list[Room]) -> list[FacilityRef]:
    return [facility_ref(room) for room in rooms]
