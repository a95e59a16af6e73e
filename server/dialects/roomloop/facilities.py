"""Facilities, which are the house's rooms: the list, one, and changes of what is said of it.

Decisions:
- `status` is available, unavailable (out of service, or switched off) or hidden; hidden ones are listed to those who
  manage them. `building` and `type` are compared whatever their case.
- All are listed at once unless `limit` asks for pages.
- A change takes who manages the facility; another building, who runs the places of the house. Where it would shut out
  bookings to come it is refused. Making a facility available switches it on, too.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StrictInt

from server.core.model import Room
from server.dialects.kit.app import Call
from server.dialects.kit.route import Routes
from server.dialects.kit.text import Line, Prose
from server.dialects.roomloop.desk import Desk
from server.dialects.roomloop.errors import wrong
from server.dialects.roomloop.pages import MOST, Listed, Page, Strict, cursor

routes = Routes("facilities")
STATUSES = ("available", "unavailable", "hidden")
Amenity = Annotated[Line, Field(min_length=1, max_length=64)]


class FacilityBody(BaseModel):
    """A facility."""

    id: str
    name: str
    type: str
    building: str
    status: str = Field(description="available, unavailable or hidden")
    status_reason: str
    capacity: int = Field(description="Seats; 0 where nobody has said")
    amenities: list[str]
    description: str
    site: str
    floor: str
    timezone: str = Field(description="The zone of its slots")
    needs_approval: bool = Field(description="Reservations are pending until somebody confirms them")


class FacilitiesQuery(Page):
    """Which facilities."""

    type: str = Field(default="", description="Only this type")
    building: str = Field(default="", description="Only in this building")
    status: str = Field(default="", description="available, unavailable or hidden")
    limit: int = Field(default=0, ge=0, le=MOST, description="So many at most; 0: all")


class FacilityEdit(Strict):
    """What to change; what is absent stays."""

    name: Annotated[Line, Field(min_length=1)] = Field(default_factory=str)
    type: Annotated[Line, Field(max_length=64)] = ""
    building: Line = ""
    status: Literal["available", "unavailable", "hidden"] = "available"
    status_reason: Line = ""
    capacity: Annotated[StrictInt, Field(ge=0, le=100_000)] = 0
    amenities: list[Amenity] = Field(default_factory=list, max_length=64)
    description: Prose = ""


def facility_body(room: Room) -> FacilityBody:
    return FacilityBody(
        id=room.id, name=room.name, type=room.room_type, building=room.building, status=status_of(room),
        status_reason=room.status_reason, capacity=room.capacity, amenities=list(room.facilities),
        description=room.description, site=room.site, floor=room.floor, timezone=room.zone,
        needs_approval=room.policy.approval or not room.auto_accept,
    )  # fmt: skip


def status_of(room: Room) -> str:
    """available, unavailable or hidden."""
    return room.status if room.active else "unavailable"


@routes(
    "GET", "/facilities", scope="read", summary="The facilities that you may see", answers={200: Listed[FacilityBody]}
)
def list_facilities(desk: Desk, call: Call, query: FacilitiesQuery) -> Listed[FacilityBody]:
    if query.status not in ("", *STATUSES):
        raise wrong(status=f"must be one of {', '.join(STATUSES)}")
    wanted = [(query.type, "room_type"), (query.building, "building")]
    found = [
        room for room in desk.engine.rooms.all(call.actor)
        if all(not said or getattr(room, name).casefold() == said.casefold() for said, name in wanted)
        and query.status in ("", status_of(room)) and room.number > (query.after or (0, 0))[1]
    ]  # fmt: skip
    shown = found[: query.limit or None]
    more = (0, shown[-1].number) if len(shown) < len(found) else None
    return Listed(data=[facility_body(room) for room in shown], next_cursor=cursor(more))


@routes(
    "GET",
    "/facilities/<facility>",
    scope="read",
    summary="One facility",
    answers={200: FacilityBody},
    errors=(400, 404),
)
def get_facility(desk: Desk, call: Call, facility: Room) -> FacilityBody:
    return facility_body(facility)


@routes(
    "PATCH", "/facilities/<facility>", scope="admin", summary="Change what is said of a facility",
    answers={200: FacilityBody}, errors=(404, 422, 507),
)  # fmt: skip
def change_facility(desk: Desk, call: Call, facility: Room, body: FacilityEdit) -> FacilityBody:
    said: dict[str, Any] = {name: getattr(body, name) for name in body.model_fields_set}
    if not said:
        raise wrong(body="names nothing to change")
    if "type" in said:
        said["room_type"] = said.pop("type")
    if said.get("status") == "available":
        said["active"] = True
    if "amenities" in said:
        said["facilities"] = tuple(said.pop("amenities"))
    return facility_body(desk.engine.rooms.change(facility.id, call.actor, **said))
