"""Indico as a dialect: its routes, who may ask, and what stands on every answer.

Decisions:
- One app hangs under /indico, where it has `/export/…`, `/api/…` and `/rooms/…` as Indico has them at its root,
  and under those addresses of the root itself.
- Rooms may be looked up by name without a key, and only that (`GUESTS`); every other route asks for one.
"""

from typing import Any
from urllib.parse import quote

from flask import Flask, Request, Response, request

from server.core.access import Actor
from server.dialects.indico import book, keys, links, reservations, rooms, user
from server.dialects.indico.desk import Desk, Terms
from server.dialects.indico.errors import ErrorBody, fail
from server.dialects.indico.parameters import source
from server.dialects.kit.app import Dialect, build
from server.dialects.kit.rates import Buckets
from server.engine import Engine

ABOUT = (
    "Rooms and their reservations after Indico's HTTP export API, of 2011 and of today in one, and a way to book. "
    "Send `Authorization: Bearer …`, or `ak`, `timestamp` and `signature`. An address ends with its format: .json, "
    ".jsonp, .xml or, where it has one, .ics. Unknown parameters are ignored; of a repeated one the first counts."
)
KEPT = "/:@!$&'()*+,;=~-._%?"
PARTS: tuple[Any, ...] = (rooms, reservations, book, user, links)


def app(engine: Engine, terms: Terms | None = None, *, public_url: str = "", rates: Buckets | None = None) -> Flask:
    """The app over the engine."""
    rates = rates or Buckets(0, 0)
    made = build(DIALECT, Desk(engine, terms or Terms(), rates), public_url=public_url, rates=rates)
    made.after_request(address)
    return made


def address(response: Response) -> Response:
    """Every answer says what was asked, as Indico's do."""
    query = quote(request.query_string, safe=KEPT)
    path = quote(request.script_root + request.path)
    response.headers["X-Indico-URL"] = f"{path}?{query}" if query else path
    return response


def who(desk: Desk, request: Request) -> Actor:
    return keys.who(desk, request)


DIALECT = Dialect(
    name="indico",
    title="Lintel: Indico HTTP export API",
    about=ABOUT,
    routes=[part.routes for part in PARTS],
    who=who,
    fail=fail,
    failure=ErrorBody,
    source=source,
)
