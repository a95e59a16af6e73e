"""What a device's plan had in a former life of the house: the server's own word, brought back by who kept it."""

from typing import Annotated

from pydantic import BaseModel, Field

from server.core.attest import Told
from server.core.clock import epoch
from server.dialects.device.instants import precise
from server.dialects.device.wire import ERRORS, Instant, Where, Word
from server.dialects.kit.app import Call
from server.dialects.kit.route import Routes
from server.engine import Engine
from server.engine.attesting import MOST

routes = Routes("device")
LIMIT = 512 * 1024
Text = Annotated[str, Field(max_length=1_000)]


class ToldIn(BaseModel):
    """A booking as the device was told of it."""

    id: Word
    version: Annotated[int, Field(strict=True, ge=1, le=2**31)]
    start: Instant
    end: Instant
    host: Text = ""
    title: Text = ""
    state: Annotated[str, Field(max_length=20)]
    proof: Annotated[str, Field(max_length=64)] = ""


class AttestIn(Where):
    """What the plan of a room had, and in which life of the house."""

    incarnation: Word
    bookings: Annotated[list[ToldIn], Field(max_length=MOST)]


class AttestOut(BaseModel):
    """How many were known (or are no matter any more), came back, and are not the server's word."""

    time: str
    known: int
    recovered: int
    refused: int


@routes(
    "POST", "/attest", scope="read", summary="What the device's plan had before a backup was put back", limit=LIMIT,
    answers={200: AttestOut}, errors=(*ERRORS, 507), detail="May be told again and again.",
)  # fmt: skip
def attest(engine: Engine, call: Call, body: AttestIn) -> AttestOut:
    room = engine.devices.room_of(body.room, call.actor)
    done = engine.attesting.take(room, body.incarnation, [(_told(it), it.proof) for it in body.bookings], call.actor)
    return AttestOut(
        time=precise(engine.clock.now()), known=done.known, recovered=done.recovered, refused=done.refused
    )  # fmt: skip


def _told(it: ToldIn) -> Told:
    return Told(it.id, (), epoch(it.start), epoch(it.end), it.host, it.title, it.state, it.version)
