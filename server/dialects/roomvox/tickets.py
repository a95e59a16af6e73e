"""What RoomVox lacks, in its manner: people report what is wrong with a room, staff see to it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from server.core.errors import Invalid, Unknown
from server.core.model import Room
from server.core.tickets import CATEGORIES, FAULTS, LONGEST_NOTE
from server.core.zone import wall
from server.dialects.kit.app import Call
from server.dialects.kit.route import Answer, Routes
from server.dialects.kit.text import Line
from server.dialects.roomvox.bookings import FORMS
from server.dialects.roomvox.desk import Desk
from server.dialects.roomvox.pages import Page, paged
from server.dialects.roomvox.wire import RoomRef
from server.engine.tickets import MOST_PAGE, Shown

routes = Routes("tickets")
ERRORS = (404, 503, 507)


class TicketsQuery(Page):
    """Which tickets."""

    state: Literal["open", "closed"] | None = Field(default=None, description="Both where absent")
    category: Line | None = Field(default=None, description=f"One of {', '.join(CATEGORIES)}")
    room: Line | None = Field(default=None, description="Only of this room, by id")


class FaultAsk(BaseModel):
    """What is wrong."""

    kind: str = Field(description=f"One of {', '.join(FAULTS)}")
    note: str = Field(default="", json_schema_extra={"maxLength": LONGEST_NOTE})


class TicketAsk(FaultAsk):
    """What is wrong with a room, or with a place that is none: a lobby, a corridor."""

    room: Annotated[str, Field(max_length=64)] | None = Field(default=None, description="Its id; this or a place")
    place: Annotated[int, Field(ge=1, lt=1 << 31)] | None = Field(default=None, description="The number of a place")


class NoteBody(BaseModel):
    """What somebody wrote of it."""

    at: str
    text: str


class TicketBody(BaseModel):
    """Something for staff to see to. Times carry the room's local offset; UTC's where it is in no room."""

    number: int
    category: str
    kind: str = Field(description=f"Of a room_fault: {', '.join(FAULTS)}; else empty")
    subject: str = Field(description='What it is about: "device:3", "hook:7", "room:12:light"')
    place: str = Field(description="Where: Berlin/Timber House/2; empty: the whole house")
    room: RoomRef | None
    state: str = Field(description="open or closed")
    since: str = Field(description="When it was opened last")
    again: str = Field(description="When its cause was last met")
    times: int = Field(description="How often that was")
    closed: str | None
    codes: list[str]
    notes: list[NoteBody] = Field(description="For those who manage the room")


@routes(
    "GET", "/tickets", scope="admin", summary="What staff have to see to, newest first",
    answers={200: list[TicketBody]}, errors=ERRORS,
)  # fmt: skip
def list_tickets(desk: Desk, call: Call, query: TicketsQuery) -> Answer:
    found = desk.engine.tickets.page(
        call.actor, state=query.state or "", category=query.category or "", room=query.room or None,
        limit=query.fetch or MOST_PAGE, after=(query.after or (0, 0))[1],
    )  # fmt: skip
    shown, headers = paged(call, query, found, lambda it: (0, it.ticket.number))
    return Answer(_bodies(desk, call, shown), headers=headers)


@routes(
    "POST", "/tickets", scope="read", summary="Something is wrong with a room or a place",
    answers={201: TicketBody}, errors=(*ERRORS, 422), takes=FORMS,
    detail="A key of scope read reports nothing. What is reported already counts once more.",
)  # fmt: skip
def open_ticket(desk: Desk, call: Call, body: TicketAsk) -> Answer:
    if (body.room is None) == (body.place is None):
        raise Invalid({"room": "name either a room or a place"})
    if body.room is not None:
        made = desk.engine.tickets.report(body.room, body.kind, call.actor, note=body.note)
    else:
        made = desk.engine.tickets.report_at(body.place or 0, body.kind, call.actor, note=body.note)
    return Answer(_bodies(desk, call, [Shown(made)])[0], status=201)


@routes(
    "GET", "/tickets/<number>", scope="read", summary="One of them", answers={200: TicketBody}, errors=ERRORS,
)  # fmt: skip
def get_ticket(desk: Desk, call: Call, number: str) -> TicketBody:
    return _bodies(desk, call, [desk.engine.tickets.get(_number(number), call.actor)])[0]


@routes(
    "POST", "/tickets/<number>/close", scope="admin", summary="It is seen to; again is fine",
    answers={200: TicketBody}, errors=ERRORS,
)  # fmt: skip
def close_ticket(desk: Desk, call: Call, number: str) -> TicketBody:
    desk.engine.tickets.close(_number(number), call.actor)
    return _bodies(desk, call, [desk.engine.tickets.get(_number(number), call.actor)])[0]


@routes(
    "GET", "/rooms/<room>/tickets", scope="read", summary="What is open of a room: its faults; all for its managers",
    answers={200: list[TicketBody]}, errors=ERRORS,
)  # fmt: skip
def of_room(desk: Desk, call: Call, room: Room) -> list[TicketBody]:
    return _bodies(desk, call, desk.engine.tickets.of_room(room.id, call.actor))


@routes(
    "POST", "/rooms/<room>/tickets", scope="read", summary="Something is wrong with the room",
    answers={201: TicketBody}, errors=(*ERRORS, 422), takes=FORMS, detail="A key of scope read reports nothing.",
)  # fmt: skip
def report(desk: Desk, call: Call, room: Room, body: FaultAsk) -> Answer:
    made = desk.engine.tickets.report(room.id, body.kind, call.actor, note=body.note)
    return Answer(_bodies(desk, call, [Shown(made)])[0], status=201)


def _number(text: str) -> int:
    """The number of a path; Unknown where it is none."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Unknown("ticket", text[:20])
    return int(text)


def _bodies(desk: Desk, call: Call, found: Sequence[Shown]) -> list[TicketBody]:
    house = desk.engine.house.now()
    rooms = {it.number: it for it in desk.engine.rooms.all(call.actor)} if any(it.ticket.room for it in found) else {}
    return [_body(it, rooms.get(it.ticket.room or 0), house.address(it.ticket.place)) for it in found]


def _body(shown: Shown, room: Room | None, place: str) -> TicketBody:
    it = shown.ticket
    zone = room.zone if room is not None else "UTC"

    def local(at: datetime) -> str:
        return wall(at, zone).isoformat()

    return TicketBody(
        number=it.number, category=it.category, kind=it.codes[0] if it.category == "room_fault" and it.codes else "",
        subject=it.subject, place=place, room=RoomRef(id=room.id, name=room.name) if room is not None else None,
        state=it.state, since=local(it.since), again=local(it.again_at), times=it.times,
        closed=local(it.closed_at) if it.closed_at is not None else None, codes=list(it.codes),
        notes=[NoteBody(at=local(each.at), text=each.body) for each in shown.notes],
    )  # fmt: skip
