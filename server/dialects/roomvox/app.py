"""RoomVox as a dialect: its routes, who may ask, and the course its checks take."""

from typing import Any

from flask import Flask, Request, g

from server.core.access import Actor
from server.core.errors import Unnamed
from server.core.model import Room
from server.dialects.kit.app import Call, Dialect, build
from server.dialects.kit.auth import bearer
from server.dialects.kit.rates import Buckets
from server.dialects.kit.reading import merged
from server.dialects.roomvox import (
    bookings,
    calendar,
    conflicts,
    devices,
    files,
    free,
    presence,
    recovered,
    rooms,
    statistics,
    tickets,
    webhooks,
)
from server.dialects.roomvox.desk import Desk
from server.dialects.roomvox.errors import ErrorBody, fail
from server.dialects.roomvox.wire import WORDS
from server.engine import Engine

ABOUT = (
    "Rooms and their bookings, after the RoomVox public API v1, with check-in, changes, approval and imports added. "
    "Send `Authorization: Bearer rvx_…`. Times out carry the room's local offset; a time in without an offset is the "
    "room's local time. Parameters may come by query, form or JSON alike."
)
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, Location, Retry-After, X-Next-Cursor, X-Request-Id",
}
ASKED = ("Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "X-Request-Id")
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": ", ".join(ASKED),
    "Access-Control-Max-Age": "86400",
}
PARTS = (rooms, free, bookings, presence, calendar, statistics, files, tickets, webhooks, devices, conflicts, recovered)


def app(engine: Engine, *, public_url: str = "", words: str = "documented", rates: Buckets | None = None) -> Flask:
    """The app over the engine. `words`: "documented" or "wire" status words; ValueError for any other."""
    if words not in WORDS:
        raise ValueError(f"words must be one of {', '.join(WORDS)}, not {words!r}")
    return build(DIALECT, Desk(engine, words), public_url=public_url, rates=rates)


def who(desk: Desk, request: Request) -> Actor:
    """The actor of the token; a secret that does not begin with rvx_ is none of ours."""
    secret = bearer(request)
    if not secret.startswith("rvx_"):
        raise Unnamed(missing=False)
    return desk.engine.tokens.actor(secret)


def gate(desk: Desk, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    """Turns {room} into the room before anything else is read: 404, then 403, then the rest."""
    if call.route.hints.get("room") is Room:
        g.room = desk.engine.rooms.get(args["room"], call.actor, call.route.scope)
        return {**args, "room": g.room}
    return args


DIALECT = Dialect(
    name="roomvox",
    title="Lintel: RoomVox public API v1",
    about=ABOUT,
    routes=[part.routes for part in PARTS],
    who=who,
    gate=gate,
    fail=fail,
    failure=ErrorBody,
    source=merged,
    headers=CORS,
    preflight=PREFLIGHT,
)
