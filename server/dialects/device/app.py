"""The devices' protocol as an app: plan, news and acts; what devices say of themselves is in fleet.py."""

from datetime import timedelta

from flask import Flask, Request

from server.core.access import Actor
from server.core.errors import LintelError
from server.core.zone import day_of
from server.dialects.device import attest, escrow, fleet, journal, pairing, wire
from server.dialects.device.bookings import booking_out
from server.dialects.device.errors import fail
from server.dialects.device.fleet import certainty
from server.dialects.device.instants import precise
from server.dialects.device.wire import ERRORS, LIMIT
from server.dialects.kit.app import Call, Dialect, build
from server.dialects.kit.auth import bearer
from server.dialects.kit.faults import Fault
from server.dialects.kit.rates import Buckets
from server.dialects.kit.route import Answer, Routes
from server.engine import Engine
from server.engine.devices import Resync

routes = Routes("device")
FOREVER = timedelta(days=1)


@routes(
    "GET",
    "/snapshot",
    scope="read",
    summary="The plan of a room for 14 days",
    answers={200: wire.SnapshotOut},
    errors=ERRORS,
)
def snapshot(engine: Engine, call: Call, query: wire.Where) -> wire.SnapshotOut:
    plan = engine.devices.snapshot(engine.devices.room_of(query.room, call.actor), call.actor)
    call.hold(plan.room.number, day_of(plan.at, plan.room.zone).end)
    return wire.snapshot_out(plan, call.actor, engine.clock.now(), certainty(engine), engine.proofs.proof)


@routes(
    "GET", "/feed", scope="read", summary="What changed since the cursor",
    answers={200: wire.NewsOut, 410: wire.Failure}, errors=ERRORS,
)  # fmt: skip
def feed(engine: Engine, call: Call, query: wire.Cursor) -> wire.NewsOut | Answer:
    room = engine.devices.room_of(query.room, call.actor)
    try:
        news = engine.devices.feed(room, call.actor, query.after, query.incarnation)
    except Resync:
        error = wire.ErrorBody(code="resync", message="The cursor is of another feed; take a snapshot")
        return Answer(wire.Failure(error=error), status=410)
    call.hold(news.room.number, news.at + FOREVER)
    return wire.news_out(news, call.actor, engine.clock.now(), engine.proofs.proof)


@routes(
    "POST", "/act", scope="book", summary="What a person did at the glass", limit=LIMIT,
    answers={200: wire.DoneOut, 201: wire.DoneOut}, errors=(*ERRORS, 409, 422, 507),
)  # fmt: skip
def act(engine: Engine, call: Call, body: wire.Doing) -> Answer:
    room = engine.rooms.get(engine.devices.room_of(body.room, call.actor), call.actor)
    booking = engine.devices.act(wire.act_of(body, room.id), call.actor)
    more = engine.devices.awaiting(room.id, booking, call.actor)
    done = wire.DoneOut(
        booking=booking_out(booking, room, call.actor, engine.proofs.proof, more),
        gone=not booking.standing.planned,
        time=precise(engine.clock.now()),
        clock=certainty(engine),
        incarnation=engine.lineage.found().incarnation,
        seq=engine.devices.head(room.id, call.actor),
    )
    return Answer(done, status=201 if body.act == "book" else 200)


def who(engine: Engine, request: Request) -> Actor:
    return engine.devices.actor(bearer(request))


def app(engine: Engine, *, public_url: str = "", rates: Buckets | None = None) -> Flask:
    """The app of the panels' protocol."""
    return build(DIALECT, engine, public_url=public_url, rates=rates)


def _fail(error: LintelError | Fault, request: Request) -> Answer:
    return fail(error)


DIALECT: Dialect[Engine] = Dialect(
    name="device",
    title="Lintel devices",
    about="What a door panel and the server say to each other; see docs/device-protocol.md.",
    routes=[routes, fleet.routes, escrow.routes, journal.routes, pairing.routes, attest.routes],
    who=who,
    fail=_fail,
    failure=wire.Failure,
)
