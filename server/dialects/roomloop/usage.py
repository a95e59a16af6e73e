"""How the facilities are used: `GET /reports/usage`, by facility, by user or by department.

Decisions:
- For who manages facilities, and of these alone. `user_id` counts only that account's reservations: no more than
  whoever lists them (`GET /reservations?user_id=`) could count, so it is for those who may, and for one's own.
- To compare people, or departments, is another thing: the house allows it by the setting `reports.people`, and
  departments of fewer than five people are told of together (engine/reports_people.py).
- `reservations` are those that were confirmed and begin on these days, `minutes` what they hold of them, `slots` those
  of the facility's timetable that they touch. `utilisation` is the share of the open hours, 0 to 1; null where there
  were none. `cancelled` includes those that were declined.
"""

from typing import Literal

from pydantic import BaseModel, Field

from server.core.access import Actor, require
from server.dialects.kit.app import Call
from server.dialects.kit.route import Routes
from server.dialects.roomloop.desk import Desk
from server.dialects.roomloop.errors import wrong
from server.dialects.roomloop.pages import Strict
from server.dialects.roomloop.timetable import table_of
from server.dialects.roomloop.wire import FacilityRef, account_number, day, facility_ref
from server.engine.figures import Used, used
from server.engine.reports_scope import Choice, Chosen
from server.engine.reports_slots import slots
from server.engine.tables import Cell

routes = Routes("reports")


class Days(Strict):
    """Which days, and whose or where. At most 366 days, by default the last 30 up to today."""

    since: str = Field(default="", alias="from", description="The first local day: YYYY-MM-DD")
    to: str = Field(default="", description="The last one, which is included")
    facility_id: str = Field(default="", description="Only this facility")
    user_id: str = Field(default="", description="Only this account's reservations; administrators, or one's own")


class UsageQuery(Days):
    """What to count."""

    group_by: Literal["facility", "user", "department"] = Field(
        default="facility", description="user and department where the house's setting reports.people allows it"
    )


class Figures(BaseModel):
    """What was counted."""

    reservations: int
    minutes: int
    cancelled: int
    no_shows: int = Field(description="Nobody came, where facilities ask for check-in")


class FacilityFigures(Figures):
    """What was counted of facilities."""

    slots: int
    utilisation: float | None
    pending: int


class Facility(BaseModel):
    """Which one."""

    facility: FacilityRef


class User(BaseModel):
    """Who; without an e-mail those whom nobody knows."""

    user: str
    email: str
    department: str


class Department(BaseModel):
    """Which one, and how many of its people reserved something."""

    department: str
    people: int


# What comes last among the bases is told first.
class OfFacility(FacilityFigures, Facility):
    """What was counted of one facility."""


class OfUser(Figures, User):
    """What was counted of one account."""


class OfDepartment(Figures, Department):
    """What was counted of one department."""


class UsageBody(BaseModel):
    """Usage over some days; `totals` of all facilities, whatever it is grouped by."""

    since: str = Field(serialization_alias="from")
    to: str
    group_by: str
    data: list[OfFacility] | list[OfUser] | list[OfDepartment]
    totals: FacilityFigures


@routes(
    "GET", "/reports/usage", scope="admin", summary="How the facilities are used", answers={200: UsageBody},
    errors=(400, 404, 503),
)  # fmt: skip
def get_usage(desk: Desk, call: Call, query: UsageQuery) -> UsageBody:
    figures = desk.engine.figures
    choice = choice_of(call.actor, query)
    people = _people(desk, call.actor, query.group_by, choice)
    chosen = figures.choose(call.actor, choice)
    facilities, totals = _facilities(desk, chosen)
    return UsageBody(
        since=chosen.since.isoformat(), to=chosen.until.isoformat(), group_by=query.group_by,
        data=facilities if people is None else people, totals=totals,
    )  # fmt: skip


def choice_of(actor: Actor, query: Days) -> Choice:
    """What a report is asked for. A 400 that names what cannot be; Barred for others' figures."""
    owner = account_number(query.user_id) if query.user_id else None
    if query.user_id and owner is None:
        raise wrong(user_id="is no account's id")
    if owner is not None and owner != actor.person:
        require(actor, "people.see")
    since = day("from", query.since) if query.since else None
    until = day("to", query.to) if query.to else None
    return Choice(since, until, (query.facility_id,) if query.facility_id else (), owner=owner)


def _facilities(desk: Desk, chosen: Chosen) -> tuple[list[OfFacility], FacilityFigures]:
    tables = {room.number: table_of(desk, room) for room in chosen.rooms}
    each, whole = used(desk.engine.figures, chosen)
    taken, all_ = slots(desk.engine.store, chosen, tables)
    rows = [
        OfFacility(facility=facility_ref(it.room), **_figures(it, taken[it.room.number]).model_dump())
        for it in each
        if it.room is not None
    ]
    return rows, _figures(whole, all_)


def _figures(it: Used, taken: int) -> FacilityFigures:
    fate = it.fate
    return FacilityFigures(
        reservations=fate.accepted, minutes=it.booked // 60, cancelled=fate.cancelled + fate.declined,
        no_shows=fate.absent, slots=taken, utilisation=None if it.share is None else round(it.share, 4),
        pending=fate.pending,
    )  # fmt: skip


def _people(desk: Desk, actor: Actor, kind: str, choice: Choice) -> list[OfUser] | list[OfDepartment] | None:
    """By people or departments; None where that is not asked for. Barred where the house does not compare them."""
    if kind == "facility":
        return None
    rows = desk.engine.figures.table(actor, "people" if kind == "user" else "departments", choice).rows
    if kind == "user":
        return [OfUser(user=str(row[0]), email=str(row[1]), department=str(row[2]), **_shares(row[3:])) for row in rows]
    return [OfDepartment(department=str(row[0]), people=_whole(row[1]), **_shares(row[2:])) for row in rows]


def _shares(cells: tuple[Cell, ...]) -> dict[str, int]:
    """Of bookings, accepted, hours, cancelled, came, absent."""
    _, accepted, hours, cancelled, _, absent = (it if isinstance(it, int | float) else 0 for it in cells)
    return {
        "reservations": int(accepted), "minutes": round(hours * 60), "cancelled": int(cancelled),
        "no_shows": int(absent),
    }  # fmt: skip


def _whole(cell: Cell) -> int:
    return cell if isinstance(cell, int) else 0
