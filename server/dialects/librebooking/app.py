"""LibreBooking as a dialect: its routes, who may ask, and its two shapes (shape.py)."""

from collections.abc import Mapping
from typing import Any

from flask import Flask

from server.core.access import require
from server.core.errors import Unknown
from server.dialects.kit.app import Call, Dialect, build
from server.dialects.kit.rates import Buckets
from server.dialects.kit.reading import forced
from server.dialects.kit.route import Route
from server.dialects.librebooking import (
    accessories,
    accounts,
    attributes,
    availability,
    groups,
    reservation_acts,
    reservations,
    resources,
    schedules,
    session,
    slots,
    users,
)
from server.dialects.librebooking.auth import SECURITY, who
from server.dialects.librebooking.desk import Desk
from server.dialects.librebooking.errors import ErrorBody, fail
from server.dialects.librebooking.guide import page
from server.dialects.librebooking.shape import MOST, SHAPES, writing
from server.engine import Engine

ABOUT = (
    "LibreBooking's web services over this house. Authenticate, then send what came of it as `X-Booked-SessionToken` "
    "and `X-Booked-UserId`. A date with a `T` has an offset, or is UTC; one without is in your own time zone."
)
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "origin, x-requested-with, content-type, x-booked-sessiontoken, x-booked-userid",
    "Access-Control-Allow-Methods": "PUT, GET, POST, DELETE, OPTIONS",
}
ADMINISTRATORS = {"/Groups": "people", "/Users": "people", "/Attributes": "rules"}
"""What the writing routes below a path ask of a person, where managing a room is not enough; and a new resource."""
PARTS = (
    session,
    slots,
    accessories,
    accounts,
    attributes,
    groups,
    reservations,
    reservation_acts,
    resources,
    availability,
    schedules,
    users,
)
"""The files with `routes`: one for each service, and what there is beside."""


def app(
    engine: Engine, *, public_url: str = "", shape: str = "documented", zone: str = "UTC",
    rates: Buckets | None = None,
) -> Flask:  # fmt: skip
    """The app over the engine. `shape`: "documented" or "wire", ValueError for any other; `zone`: the house's."""
    if shape not in SHAPES:
        raise ValueError(f"shape must be one of {', '.join(SHAPES)}, not {shape!r}")
    return build(DIALECTS[shape], Desk(engine, shape, zone), public_url=public_url, rates=rates)


def gate(desk: Desk, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    """Path variables that the view wants as numbers; Unknown for what is none, or so great that nothing has it.

    What only administrators may do is refused before anything is said of the request.
    """
    if call.route.scope == "admin" and (act := _act(call.route)):
        require(call.actor, act)
    return {name: _number(text) if call.route.hints.get(name) is int else text for name, text in args.items()}


def _act(route: Route) -> str | None:
    made = f"{route.method} {route.path}" == "POST /Resources"
    return "places" if made else ADMINISTRATORS.get(f"/{route.path.split('/')[1]}")


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text[:20]) > MOST:
        raise Unknown("number", text)
    return int(text)


def _dialect(shape: str) -> Dialect[Desk]:
    return Dialect(
        name="librebooking",
        title="Lintel: LibreBooking web services" + (" (as on the wire)" if shape == "wire" else ""),
        about=ABOUT,
        routes=[*(part.routes for part in PARTS), session.signing_out(shape)],
        who=who,
        gate=gate,
        fail=fail,
        failure=ErrorBody,
        source=forced,
        headers=CORS,
        preflight=CORS,
        preflight_status=200,
        any_slashes=True,
        writing=writing(shape),
        security=SECURITY,
        front=page,
        barred=401,
    )


DIALECTS: Mapping[str, Dialect[Desk]] = {shape: _dialect(shape) for shape in SHAPES}
