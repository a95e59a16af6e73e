"""What RoomVox lacks, in its manner: bookings that panels brought back after a backup was put in place."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, Field

from server.core.attest import OUTCOMES
from server.core.errors import Unknown
from server.core.zone import wall
from server.dialects.kit.app import Call
from server.dialects.kit.route import Answer, Routes
from server.dialects.kit.text import Line
from server.dialects.roomvox.desk import Desk
from server.dialects.roomvox.pages import Page, paged
from server.dialects.roomvox.wire import RoomRef
from server.engine.recoveries import MOST, Return

routes = Routes("recovered")
ERRORS = (404, 503, 507)


class RecoveredQuery(Page):
    """Which of them."""

    seen: bool | None = Field(default=None, description="false: at which nobody has looked; all where absent")
    room: Line | None = Field(default=None, description="Only of this room, by id")


class RecoveredBody(BaseModel):
    """A booking that a panel knew and a backup did not have. Times carry the room's local offset."""

    number: int
    room: RoomRef
    uid: str
    outcome: str = Field(description=f"What became of it: {', '.join(OUTCOMES)}")
    start: str
    end: str
    title: str = Field(description="As the booking is now; empty where it is not there")
    organizer: str
    status: str = Field(description="accepted, pending, at_risk, conflict, declined, cancelled; empty: not there")
    conflict: int | None
    device: str = Field(description="The panel that knew it")
    at: str = Field(description="When it came back")
    seen: str | None = Field(description="When somebody looked at it")


@routes(
    "GET", "/recovered", scope="admin", summary="What panels brought back after a restore, newest first",
    answers={200: list[RecoveredBody]}, errors=ERRORS,
)  # fmt: skip
def list_recovered(desk: Desk, call: Call, query: RecoveredQuery) -> Answer:
    found = desk.engine.recoveries.page(
        call.actor, unseen=query.seen is False, room=query.room or None, limit=query.fetch or MOST,
        after=(query.after or (0, 0))[1],
    )  # fmt: skip
    shown, headers = paged(call, query, found, lambda each: (0, each.it.id))
    return Answer(_bodies(shown), headers=headers)


@routes(
    "POST", "/recovered/<number>/seen", scope="admin", summary="Somebody has looked at it; again is fine",
    answers={200: RecoveredBody}, errors=ERRORS,
)  # fmt: skip
def see_recovered(desk: Desk, call: Call, number: str) -> RecoveredBody:
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise Unknown("recovered", number[:20])
    return _bodies([desk.engine.recoveries.seen(int(number), call.actor)])[0]


def _bodies(found: Sequence[Return]) -> list[RecoveredBody]:
    return [_body(each) for each in found]


def _body(each: Return) -> RecoveredBody:
    it, booking = each.it, each.booking

    def local(at: datetime) -> str:
        return wall(at, each.room.zone).isoformat()

    return RecoveredBody(
        number=it.id, room=RoomRef(id=each.room.id, name=each.room.name), uid=it.uid, outcome=it.outcome,
        start=local(it.starts), end=local(it.ends), title=booking.title if booking is not None else "",
        organizer=booking.organizer if booking is not None else "",
        status=booking.standing.value if booking is not None else "", conflict=it.conflict, device=each.device,
        at=local(it.at), seen=local(it.seen_at) if it.seen_at is not None else None,
    )  # fmt: skip
