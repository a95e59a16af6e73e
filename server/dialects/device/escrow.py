"""Time that doors own: what a device holds of it, and what it is to hold (docs/device-protocol.md)."""

from typing import Annotated

from pydantic import BaseModel, Field

from server.core.clock import from_epoch
from server.core.stretches import Times
from server.dialects.device.fleet import MOST_ROOMS, certainty
from server.dialects.device.instants import instant, precise
from server.dialects.device.wire import ERRORS, LIMIT, Count, SpanOut, Word
from server.dialects.kit.app import Call
from server.dialects.kit.route import Routes
from server.engine import Engine
from server.engine.granting import Holding, Says

routes = Routes("device")
Epoch = Annotated[str, Field(pattern=r"^[!-~]{0,64}$")]
Yes = Annotated[bool, Field(strict=True)]


class HeldIn(BaseModel):
    """What a device holds of a room: the version, and of which life of the server; and whether it wants any."""

    id: Word
    incarnation: Word = ""
    version: Count = 0
    want: Yes = True


class HeadIn(BaseModel):
    """How far a device's journal goes."""

    epoch: Epoch = ""
    head: Count = 0


class GrantsIn(BaseModel):
    """What a device holds of all its rooms."""

    rooms: Annotated[list[HeldIn], Field(max_length=MOST_ROOMS)]
    journal: HeadIn = HeadIn()


class OwnedOut(BaseModel):
    """The newest version of what a device owns of a room; `why` says why there are no times."""

    version: int
    times: list[SpanOut]
    why: str


class GrantsOut(BaseModel):
    """What the device is to hold; `applied`: how far its journal was taken."""

    incarnation: str
    time: str
    clock: str
    applied: int
    grants: dict[str, OwnedOut]


@routes(
    "POST", "/grants", scope="read", summary="What a door owns", answers={200: GrantsOut}, errors=(*ERRORS, 507),
    limit=LIMIT, detail="What the device says it holds is its acknowledgement of that version.",
)  # fmt: skip
def grants(engine: Engine, call: Call, body: GrantsIn) -> GrantsOut:
    holdings = tuple(Holding(it.id, it.incarnation, it.version, it.want) for it in body.rooms)
    told = engine.escrow.ask(Says(holdings, body.journal.epoch, body.journal.head), call.actor)
    return GrantsOut(
        incarnation=told.incarnation,
        time=precise(engine.clock.now()),
        clock=certainty(engine),
        applied=told.applied,
        grants={
            slug: OwnedOut(version=it.version, times=spans(it.times), why=it.why) for slug, it in told.grants.items()
        },
    )


def spans(times: Times) -> list[SpanOut]:
    """The stretches as they travel."""
    return [SpanOut(since=instant(from_epoch(start)), to=instant(from_epoch(end))) for start, end in times]
