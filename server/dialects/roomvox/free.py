"""Free rooms now or at a time, the best first: ours, for RoomVox's own clients ask room by room."""

from datetime import timedelta

from pydantic import BaseModel, Field

from server.core.model import Room
from server.core.period import Period
from server.dialects.kit.app import Call
from server.dialects.kit.route import Routes
from server.dialects.kit.text import Line
from server.dialects.roomvox import windows
from server.dialects.roomvox.desk import Desk
from server.dialects.roomvox.wire import RoomBody, local, local_or_none, room_body
from server.engine.finding import Found, Want

routes = Routes("rooms")
LONGEST = 44_640


class FreeQuery(BaseModel):
    """What is sought. Without from it is now, without to and minutes it is an hour."""

    since: str | None = Field(default=None, alias="from", description="Now where absent")
    to: str | None = None
    minutes: int | None = Field(default=None, ge=1, le=LONGEST, description="How long, instead of to")
    people: int = Field(default=0, ge=0, le=100_000, description="Rooms with fewer seats are left out")
    equipment: Line = Field(default="", description="What has to be there; several with commas between")
    wish: Line = Field(default="", description="What would be nice; rooms that have it come first")
    type: Line = Field(default="", description="Exactly this room type")
    near: Line = Field(default="", description="The id of a room; the nearer ones come first")
    limit: int = Field(default=20, ge=1, le=100)


class FreeBody(BaseModel):
    """A room that is to be had for the time, or from its start for some of it."""

    room: RoomBody
    start: str = Field(description="ISO 8601 with the room's local offset")
    end: str
    whole: bool = Field(description="Whether for all of the time that was asked for")
    freeUntil: str | None = Field(description="When the next booking or closure begins; null where none is known")
    missing: list[str] = Field(description="What was wished for and is not there")
    approval: bool = Field(description="Whether a booking would wait for approval")
    door: str | None = Field(
        description="silent: from freeUntil on it is its panel's, which cannot be asked; else null"
    )


@routes(
    "GET", "/free", scope="read", summary="Rooms that are free at a time, the best first",
    answers={200: list[FreeBody]}, errors=(404, 422),
    detail="Only rooms that the token sees and whose rules take such a booking. Free for the whole time first.",
)  # fmt: skip
def list_free(desk: Desk, call: Call, query: FreeQuery) -> list[FreeBody]:
    period = _period(desk, call, query)
    want = Want(query.people, _names(query.equipment), _names(query.wish), query.type, query.near)
    found = desk.engine.finding.free(call.actor, period, want, limit=query.limit)
    return [_body(it, period) for it in (*found.whole, *found.partly)]


def _period(desk: Desk, call: Call, query: FreeQuery) -> Period:
    """The time asked for; one without an offset is local where `near` is, else where the first of the rooms is."""
    rooms, now = desk.engine.rooms, desk.now()
    known: tuple[Room, ...] = (rooms.get(query.near, call.actor),) if query.near else rooms.all(call.actor)
    zone = known[0].zone if known else "UTC"
    start = windows.instant("from", query.since, now, zone) if query.since else now
    if query.to:
        return windows.span(start, windows.instant("to", query.to, now, zone), zone)
    return Period(start, start + timedelta(minutes=query.minutes or 60))


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _body(it: Found, asked: Period) -> FreeBody:
    zone = it.room.zone
    return FreeBody(
        room=room_body(it.room), start=local(it.period.start, zone), end=local(it.period.end, zone),
        whole=it.period == asked, freeUntil=local_or_none(it.free_until, zone), missing=list(it.missing),
        approval=it.waits, door="silent" if it.door else None,
    )  # fmt: skip
