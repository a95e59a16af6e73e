"""The local page as a Flask app: page, state, stream and taps. Who may is in `guard`, what a tap does in `acts`."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from kiosk.doors import Doors
from kiosk.glass import Glass
from kiosk.panel import Outcome
from kiosk.screen import guard, keeping
from kiosk.screen.facts import Facts
from kiosk.screen.stream import Streams, views_of
from kiosk.taps import BadTap, Tap, tap_from

log = logging.getLogger(__name__)

HERE = Path(__file__).parent
LARGEST = 4 * 1024  # bytes of a tap


def make_app(
    *,
    doors: Doors,
    perform: Callable[[Tap], Outcome],
    glass: Glass,
    streams: Streams,
    facts: Facts,
    secret: str,
    port: int,
    keeper: keeping.Keeping | None = None,
    templates: Path = HERE / "templates",
) -> Flask:
    """The WSGI app for one loopback port."""
    app = Flask(__name__, static_folder=str(HERE / "static"), template_folder=str(templates))
    app.config["MAX_CONTENT_LENGTH"] = LARGEST
    app.json.sort_keys = False  # type: ignore[attr-defined]
    guarded(app, port=port, secret=secret)
    _painted(app, doors, facts=facts, secret=secret)

    if keeper is not None:
        keeping.routes(app, keeper)

    @app.get("/events")
    def events() -> Response | tuple[Response, int]:
        room = request.args.get("room")
        if room is not None and doors.one(room) is None:
            return _error("unknown", "this panel has no such room"), 404
        gone = request.environ.get("waitress.client_disconnected", lambda: False)
        stream = streams.open(gone, room)
        if stream is None:
            return _error("later", "there are enough streams"), 503
        return Response(stream, mimetype="text/event-stream")

    @app.post("/act")
    def act() -> Response:
        tap = tap_from(_body())
        outcome = perform(tap)
        told = {"outcome": outcome.outcome, "op": outcome.op, "error": outcome.error, "grade": outcome.grade}
        return jsonify(told | {"view": doors.view(tap.get("room"))})

    @app.post("/alive")
    def alive() -> tuple[str, int]:
        glass.painted(*_touch(_body()))
        return "", 204

    return app


def _painted(app: Flask, doors: Doors, *, facts: Facts, secret: str) -> None:
    """What is shown: the page with the first view in it, and the view alone."""

    @app.get("/")
    def page() -> str:
        told = facts.told()
        return render_template(
            "panel.html",
            secret=secret,
            words=read_words(told["language"]),
            views=views_of(doors, kind=told["kind"]),
            facts=told,
        )

    @app.get("/state.json")
    def state() -> Response | tuple[Response, int]:
        room = request.args.get("room")
        if room is None and len(doors.all()) > 1:
            return jsonify({"rooms": doors.views()})
        view = doors.view(room)
        return (_error("unknown", "this panel has no such room"), 404) if view is None else jsonify(view)


def read_words(language: str) -> dict[str, str]:
    """The words of a language; English where one is missing."""
    words: dict[str, str] = {}
    for name in ("en", language):
        path = HERE / "words" / f"{name}.json"
        if path.is_file():
            words |= json.loads(path.read_text("utf-8"))
    return words


def guarded(app: Flask, *, port: int, secret: str) -> None:
    """Refusals before any view, headers after every one, and errors in one shape."""
    may_ask = guard.may_ask(port)

    @app.before_request
    def refuse() -> tuple[Response, int] | None:
        if not may_ask(request):
            return _error("barred", "this page is for this machine only"), 403
        if request.path == keeping.PATH:
            return None  # no page but the screen's keeper, which proves itself by its own secret
        if request.method not in ("GET", "HEAD", "OPTIONS") and not guard.may_tap(request, secret):
            return _error("barred", "only the panel's own page may do this"), 403
        return None

    @app.after_request
    def protect(answer: Response) -> Response:
        answer.headers.update(guard.HEADERS)
        if request.endpoint != "static":
            answer.headers["Cache-Control"] = "no-store"
        return answer

    @app.errorhandler(BadTap)
    def bad(error: BadTap) -> tuple[Response, int]:
        return _error("invalid", "something in it is wrong", error.fields), 400

    @app.errorhandler(HTTPException)
    def known(error: HTTPException) -> tuple[Response, int]:
        code = {400: "invalid", 404: "unknown", 413: "too_large"}.get(error.code or 500, "refused")
        return _error(code, error.name), error.code or 500

    @app.errorhandler(Exception)
    def fault(error: Exception) -> tuple[Response, int]:
        log.exception("page fault=%s", type(error).__name__)
        return _error("fault", "the panel made a mistake"), 500


def _body() -> Any:
    """The JSON of the request. Raises BadTap."""
    if request.mimetype != "application/json":
        raise BadTap({"": "must be JSON, and say so"})
    try:
        return json.loads(request.get_data(cache=False))
    except (ValueError, RecursionError):
        raise BadTap({"": "must be JSON"}) from None


def _touch(said: object) -> tuple[str, float | None]:
    """What the page says of its touch, and the seconds since the last contact. Raises BadTap."""
    told = said if isinstance(said, dict) else {}
    touch, ago = told.get("touch"), told.get("touched_ago")
    if touch not in ("good", "suspect", "none"):
        raise BadTap({"touch": "must be good, suspect or none"})
    if ago is not None and (isinstance(ago, bool) or not isinstance(ago, int | float) or not 0 <= ago < 1e9):
        raise BadTap({"touched_ago": "must be seconds or null"})
    return str(touch), ago


def _error(code: str, message: str, fields: dict[str, str] | None = None) -> Response:
    return jsonify({"error": {"code": code, "message": message, "fields": fields or {}}})
