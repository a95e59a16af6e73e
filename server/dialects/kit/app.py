"""Making a Flask app of a dialect: every request runs the same course, and no other.

Course: request id → route → size → who (401) → scope (403) → the dialect's gate (does the room exist, 404;
may this token see it, 403) → query and body (400) → view → answer, tag, log line. The app knows its mount
only from SCRIPT_NAME, so one app serves all its mounts.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from flask import Flask, Request, Response, g, request
from pydantic import BaseModel
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge

from server.core.access import Actor, require
from server.core.clock import monotonic
from server.core.errors import Invalid, Later, LintelError, Unnamed
from server.dialects.kit import conditional, journal, openapi, reading
from server.dialects.kit.auth import ANYONE
from server.dialects.kit.docs import page
from server.dialects.kit.faults import Crash, Fault, Lost, TooLarge, WrongMethod
from server.dialects.kit.hot import HOLD, Hold
from server.dialects.kit.links import Links
from server.dialects.kit.meter import TOOK
from server.dialects.kit.rates import Buckets
from server.dialects.kit.route import Answer, Media, Route, Routes, Undeclared, check
from server.dialects.kit.slashes import any_slashes
from server.dialects.kit.text import one_line
from server.dialects.kit.writing import PLAIN, Writing

Desk = TypeVar("Desk")

BEARER = {"bearer": {"type": "http", "scheme": "bearer"}}


@dataclass(slots=True)
class Call:
    """One request as a view sees it."""

    route: Route
    request: Request
    actor: Actor
    links: Links
    door: str
    _base: str | None = None

    def hold(self, room: int | None, until: datetime) -> None:
        """Says that the answer is true until then unless the room (None: any room) changes; it may be kept (hot.py)."""
        until = min(until, self.actor.expires or until)
        path = self.request.url_rule.rule if self.request.url_rule else "-"
        self.request.environ[HOLD] = Hold(room, until, self.actor, self.door, path)

    @property
    def mount(self) -> str:
        """Where this app hangs, as the request saw it: "/roomvox/api/v1"."""
        return self.request.script_root

    @property
    def base(self) -> str:
        """The URL of the mount of this request, for answers with many links."""
        if self._base is None:
            self._base = self.links.to(self.mount, "")
        return self._base

    def link(self, path: str, *parts: str, query: Mapping[str, str] | None = None) -> str:
        """The URL of a path of this dialect, under the mount of this request."""
        return self.links.to(self.mount, path, *parts, query=query)

    def here(self, query: Mapping[str, str]) -> str:
        """The URL of this request with another query."""
        return self.links.to(self.mount + self.request.path, "", query=query)


@dataclass(frozen=True, kw_only=True, eq=False)
class Dialect(Generic[Desk]):
    """All that makes one dialect. `fail` is total over LintelError and Fault, its bodies are `failure`s.

    `gate` may turn path variables into what they name before anything else is read; `source` says where
    parameters come from; `headers` go on every answer; `preflight` answers OPTIONS where browsers are
    welcome, with `preflight_status`; `any_slashes`: doubled slashes and one at the end mean nothing; `writing`: how
    answers are written. `security` is how the document says what secured routes ask for. `front`: what makes a page of
    the document for the mount itself, from the document and the base URL. `barred`: the status of who may not.
    """

    name: str
    title: str
    about: str
    routes: Sequence[Routes]
    who: Callable[[Desk, Request], Actor]
    fail: Callable[[LintelError | Fault, Request], Answer]
    failure: type[BaseModel]
    gate: Callable[[Desk, Call, dict[str, Any]], dict[str, Any]] = lambda desk, call, args: args
    source: reading.Source = reading.separate
    headers: Mapping[str, str] = field(default_factory=dict)
    preflight: Mapping[str, str] | None = None
    preflight_status: int = 204
    any_slashes: bool = False
    writing: Writing = PLAIN
    security: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: BEARER)
    front: Callable[[dict[str, Any], str], bytes] | None = None
    barred: int = 403

    @property
    def all(self) -> list[Route]:
        return [route for routes in self.routes for route in routes.all]


def build(dialect: Dialect[Desk], desk: Desk, *, public_url: str = "", rates: Buckets | None = None) -> Flask:
    """The app over `desk`, what its views work with. Raises Undeclared where a route is not whole."""
    rates = rates or Buckets(0, 0)
    app = Flask(f"lintel.{dialect.name}", static_folder=None, template_folder=None)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.config["MAX_FORM_MEMORY_SIZE"] = None  # the route's own limit is set on each request
    links = Links(public_url)
    declared: dict[str, Route] = {}
    for route in [*dialect.all, *openapi_routes(dialect, links).all]:
        check(route)
        endpoint = f"{route.method} {route.path}"
        if endpoint in declared:
            raise Undeclared(f"{endpoint}: declared twice")
        declared[endpoint] = route
        course = _course(dialect, desk, route, links, rates)
        app.add_url_rule(route.path, endpoint, course, methods=[route.method], provide_automatic_options=False)
    if dialect.any_slashes:
        app.wsgi_app = any_slashes(app.wsgi_app)  # type: ignore[method-assign, assignment]
    app.before_request(lambda: _begin(dialect, declared, links))
    app.after_request(lambda response: _end(dialect, response))
    app.register_error_handler(Exception, lambda error: _refuse(dialect, error))
    return app


def _begin(dialect: Dialect[Any], declared: Mapping[str, Route], links: Links) -> Response | None:
    g.begun = monotonic()
    g.links, g.route = links, None
    g.request_id = journal.request_id(request)
    g.token = ""
    if request.method == "OPTIONS" and dialect.preflight is not None:
        return Response(status=dialect.preflight_status, headers=dialect.preflight)
    if request.endpoint is not None:
        g.route = declared[request.endpoint]
        request.max_content_length = g.route.limit
    return None


def _course(dialect: Dialect[Desk], desk: Desk, route: Route, links: Links, rates: Buckets) -> Callable[..., Response]:
    writers = {
        status: dialect.writing.writer(kind)
        for status, kind in route.answers.items()
        if kind is not None and not isinstance(kind, Media)
    }

    def serve(**args: Any) -> Response:
        if (request.content_length or 0) > route.limit:
            raise TooLarge(route.limit)
        actor = ANYONE
        if route.scope != "public":
            actor = _named(dialect, desk, rates)
            g.token = actor.label
            require(actor, route.scope)
        if not all(one_line(str(value)) for value in args.values()):
            raise Lost
        call = Call(route, request, actor, links, dialect.name)
        given = dialect.gate(desk, call, args)
        if route.query is not None or route.body is not None:
            query, body = dialect.source(request, route)
            if route.query is not None:
                given["query"] = reading.fit(route.query, query)
            if route.body is not None:
                given["body"] = reading.fit(route.body, body)
        return _respond(route, route.view(desk, call, **given), writers, dialect.writing.media)

    return serve


def _named(dialect: Dialect[Desk], desk: Desk, rates: Buckets) -> Actor:
    """Who asks, if not too often; those whom nobody knows share a bucket per address."""
    try:
        actor = dialect.who(desk, request)
    except Unnamed:
        if wait := rates.take(f"address:{request.remote_addr}"):
            raise Later(wait, too_many=True) from None
        raise
    if wait := rates.take(actor.name):
        raise Later(wait, too_many=True)
    return actor


def _respond(route: Route, result: Any, writers: Mapping[int, Callable[[Any], bytes]], json: str) -> Response:
    answer = result if isinstance(result, Answer) else Answer(result)
    kind = route.answers[answer.status]  # a status that was not declared is a crash, and a test finds it
    if kind is None:
        return Response(status=answer.status, headers=dict(answer.headers))
    if answer.media:
        data, media = answer.body, answer.media
    elif isinstance(kind, Media):
        data, media = answer.body, kind.type
    else:
        data, media = writers[answer.status](answer.body), json
    response = Response(data, status=answer.status, headers=dict(answer.headers), content_type=media)
    if not isinstance(data, bytes):  # a stream: nobody knows its bytes before they are gone
        response.headers.setdefault("Cache-Control", "private, no-store")
    elif answer.status == 200 and route.method == "GET":
        tag = response.headers.setdefault("ETag", conditional.tag_of(data))
        response.headers.setdefault("Cache-Control", "private, no-cache")
        if conditional.seen(request, tag):
            response.status_code = 304
            response.set_data(b"")
    return response


def _refuse(dialect: Dialect[Any], error: Exception) -> Response:
    """Any exception as an answer in the dialect's shape; what nobody thought of is logged under its id."""
    known = _known(error)
    if known is None:
        journal.crash(error, g.request_id)
        known = Crash(g.request_id)
    answer = dialect.fail(known, request)
    if answer.media:
        return Response(answer.body, status=answer.status, headers=dict(answer.headers), content_type=answer.media)
    data = answer.body.model_dump_json(by_alias=True, exclude_unset=True)
    return Response(data, status=answer.status, headers=dict(answer.headers), content_type=dialect.writing.media)


def _known(error: Exception) -> LintelError | Fault | None:
    match error:
        case LintelError() | Fault():
            return error
        case MethodNotAllowed():
            return WrongMethod(tuple(sorted(error.valid_methods or ())))
        case NotFound():
            return Lost()
        case RequestEntityTooLarge():
            return TooLarge(request.max_content_length or 0)
        case HTTPException() if error.code is not None and 400 <= error.code < 500:
            return Invalid({"request": error.name.lower()})
    return None


def _end(dialect: Dialect[Any], response: Response) -> Response:
    for name, value in dialect.headers.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-Id"] = g.request_id
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    path = request.url_rule.rule if request.url_rule else "-"
    spent = monotonic() - g.begun
    journal.line(dialect.name, request.method, path, response.status_code, spent, g.request_id, g.token)
    if (took := request.environ.get(TOOK)) is not None:
        took(dialect.name, request.method, path, response.status_code, spent)
    return response


def openapi_routes(dialect: Dialect[Any], links: Links) -> Routes:
    """The dialect's document and a page to read it; public, and declared like any route."""
    routes = Routes("document")

    @routes("GET", "/openapi.json", scope="public", summary="This document", answers={200: dict[str, Any]})
    def the_document(desk: object, call: Call) -> dict[str, Any]:
        return {**openapi.document(dialect), "servers": [{"url": call.link("")}]}

    def shown(path: str, make: Callable[[dict[str, Any], str], bytes], summary: str) -> None:
        answers = {200: Media("text/html; charset=utf-8")}

        @routes("GET", path, scope="public", summary=summary, answers=answers)
        def the_page(desk: object, call: Call) -> Answer:
            policy = "default-src 'none'; style-src 'unsafe-inline'"
            return Answer(make(openapi.document(dialect), call.link("")), headers={"Content-Security-Policy": policy})

    shown("/docs", page, "This document as a page")
    if dialect.front is not None:
        shown("/", dialect.front, "The services and how they are used")
    return routes
