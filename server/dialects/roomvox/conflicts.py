"""What RoomVox lacks, in its manner: two were promised one room, for its panel was cut off; people say who has it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from server.core.errors import Unknown
from server.core.model import Booking
from server.core.zone import wall
from server.dialects.kit.app import Call
from server.dialects.kit.route import Routes
from server.dialects.kit.text import Line
from server.dialects.roomvox.bookings import FORMS
from server.dialects.roomvox.desk import Desk
from server.dialects.roomvox.wire import RoomRef
from server.engine.conflicts import Standoff
from server.engine.settling import MOST

routes = Routes("conflicts")
ERRORS = (404, 503, 507)


class ConflictsQuery(BaseModel):
    """Which conflicts."""

    state: Literal["open", "resolved"] | None = Field(default=None, description="Both where absent, open ones first")
    room: Line | None = Field(default=None, description="Only of this room, by id")
    limit: Annotated[int, Field(ge=1, le=MOST)] = MOST


class ResolveAsk(BaseModel):
    """What becomes of it."""

    resolution: Literal["booking", "walk_in", "both"] = Field(
        description="booking: it keeps the time, the walk-in ends where it begins; walk_in: that gets what its people "
        "were told, the booking is cancelled; both: people have agreed, nothing is changed"
    )


class SideBody(BaseModel):
    """One of the two, as it is now."""

    uid: str
    title: str
    organizer: str
    start: str
    end: str
    certain: str = Field(description="yes, at_risk, conflict, or no where it was cancelled or declined")


class StandoffBody(BaseModel):
    """A conflict. Times carry the room's local offset."""

    id: int
    kind: str = Field(
        description="walk_in: a walk-in met a booking; at_risk: a booking at risk met a walk-in; recovered: what a "
        "panel knew of before a backup was put back met a booking; unplaced: nobody can tell when a walk-in was"
    )
    room: RoomRef
    start: str = Field(description="The time that was to be had, from")
    end: str = Field(description="to")
    booking: SideBody | None = Field(description="The booking that was there, or came from elsewhere")
    walkIn: SideBody | None = Field(description="What was made at the door")
    made: str
    state: str = Field(description="open or resolved")
    resolution: str = Field(description="booking, walk_in, both, or gone where it closed by itself")
    resolved: str | None


@routes(
    "GET", "/conflicts", scope="admin", summary="Who was promised the same time, open ones first",
    answers={200: list[StandoffBody]}, errors=ERRORS,
)  # fmt: skip
def list_conflicts(desk: Desk, call: Call, query: ConflictsQuery) -> list[StandoffBody]:
    found = desk.engine.conflicts.page(
        call.actor, state=query.state or "", room=query.room or None, limit=query.limit
    )  # fmt: skip
    return bodies(found)


@routes(
    "GET", "/conflicts/<number>", scope="admin", summary="One of them", answers={200: StandoffBody}, errors=ERRORS,
)  # fmt: skip
def get_conflict(desk: Desk, call: Call, number: str) -> StandoffBody:
    return bodies([desk.engine.conflicts.get(_number(number), call.actor)])[0]


@routes(
    "POST", "/conflicts/<number>/resolve", scope="admin", summary="Who has the room",
    answers={200: StandoffBody}, errors=(*ERRORS, 409, 422), takes=FORMS,
    detail="For who manages the room, and all rooms of a booking that is changed by it.",
)  # fmt: skip
def resolve(desk: Desk, call: Call, number: str, body: ResolveAsk) -> StandoffBody:
    return bodies([desk.engine.conflicts.resolve(_number(number), body.resolution, call.actor)])[0]


def bodies(found: Sequence[Standoff]) -> list[StandoffBody]:
    """The conflicts as they travel."""
    return [_body(it) for it in found]


def _body(it: Standoff) -> StandoffBody:
    zone, of = it.room.zone, it.conflict

    def local(at: datetime) -> str:
        return wall(at, zone).isoformat()

    return StandoffBody(
        id=of.id, kind=of.kind, room=RoomRef(id=it.room.id, name=it.room.name), start=local(of.wanted.start),
        end=local(of.wanted.end), booking=side_body(it.phone, zone), walkIn=side_body(it.walk_in, zone),
        made=local(of.made_at), state=of.state, resolution=of.resolution,
        resolved=local(of.resolved_at) if of.resolved_at is not None else None,
    )  # fmt: skip


def side_body(it: Booking | None, zone: str) -> SideBody | None:
    """One side, in the room's local time."""
    if it is None:
        return None
    certain = {"accepted": "yes", "at_risk": "at_risk", "conflict": "conflict"}.get(it.standing.value, "no")
    start, end = (wall(moment, zone).isoformat() for moment in (it.starts, it.ends))
    return SideBody(uid=it.uid, title=it.title, organizer=it.organizer, start=start, end=end, certain=certain)


def _number(text: str) -> int:
    """The number of a path; Unknown where it is none."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Unknown("conflict", text[:20])
    return int(text)
