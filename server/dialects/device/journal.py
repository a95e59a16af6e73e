"""What a device did by its own word: its journal, and what was left of one that could not be read.

Entries are read as they were sent, for their hash is of all that was sent (core/intake.py). A device that is set apart
still brings its journal; a token has none.
"""

import base64
import binascii
from typing import Annotated, Any

from pydantic import BaseModel, Field

from server.core.errors import Invalid
from server.dialects.device.bookings import BookingOut, booking_out
from server.dialects.device.fleet import certainty
from server.dialects.device.instants import precise
from server.dialects.device.wire import ERRORS, LIMIT, ErrorBody, Failure
from server.dialects.kit.app import Call
from server.dialects.kit.route import MIB, Answer, Routes
from server.engine import Engine
from server.engine.intake import MOST, Batch, Gap, Result

routes = Routes("device")
Epoch = Annotated[str, Field(pattern=r"^[!-~]{8,64}$")]
Number = Annotated[int, Field(strict=True, ge=1, le=2**53)]


class NowIn(BaseModel):
    """The boot that the device is in, and the seconds that it has counted."""

    boot: Annotated[str, Field(max_length=64)] = ""
    mono: Annotated[float, Field(ge=0, le=2**40)] = 0.0


class JournalIn(BaseModel):
    """Entries of an epoch, in order; `first` is the oldest that the device still has."""

    epoch: Epoch
    first: Number
    now: NowIn = NowIn()
    ops: Annotated[list[dict[str, Any]], Field(max_length=MOST)]


class ResultOut(BaseModel):
    """What came of an entry."""

    seq: int
    op: str
    outcome: str
    booking: BookingOut | None
    conflict: int | None


class JournalOut(BaseModel):
    """How far the journal is taken, and what came of each entry. `seq`: the newest change of the rooms concerned."""

    incarnation: str
    time: str
    clock: str
    seq: dict[str, int]
    applied: int
    results: list[ResultOut]


class TornIn(BaseModel):
    """What was found on the card (base64)."""

    epoch: Epoch
    body: str


class TornOut(BaseModel):
    """It is kept."""

    time: str


@routes(
    "POST", "/journal", scope="read", summary="What the device did by its own word", limit=2 * LIMIT,
    answers={200: JournalOut, 409: Failure}, errors=(*ERRORS, 507),
)  # fmt: skip
def journal(engine: Engine, call: Call, body: JournalIn) -> JournalOut | Answer:
    batch = Batch(body.epoch, body.first, body.now.boot, body.now.mono, tuple(body.ops))
    try:
        told = engine.intake.take(call.actor, batch)
    except Gap as gap:
        fields = {"applied": str(gap.applied)}
        error = ErrorBody(code="gap", message="Entries before the first are missing", fields=fields)
        return Answer(Failure(error=error), status=409)
    return JournalOut(
        incarnation=told.incarnation,
        time=precise(engine.clock.now()),
        clock=certainty(engine),
        seq=dict(told.heads),
        applied=told.applied,
        results=[_result(engine, call, it) for it in told.results],
    )


def _result(engine: Engine, call: Call, it: Result) -> ResultOut:
    booking = None
    if it.booking is not None and it.room is not None:
        booking = booking_out(it.booking, it.room, call.actor, engine.proofs.proof, it.awaiting)
    return ResultOut(seq=it.seq, op=it.op, outcome=it.outcome, booking=booking, conflict=it.conflict)


@routes(
    "POST", "/journal/torn", scope="read", summary="A journal that could not be read", limit=2 * MIB,
    answers={200: TornOut}, errors=(*ERRORS, 507),
)  # fmt: skip
def torn(engine: Engine, call: Call, body: TornIn) -> TornOut:
    try:
        found = base64.b64decode(body.body, validate=True)
    except (binascii.Error, ValueError):
        raise Invalid({"body": "must be base64"}) from None
    engine.intake.torn(call.actor, body.epoch, found)
    return TornOut(time=precise(engine.clock.now()))
