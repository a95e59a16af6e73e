"""Making the Flask app of the pages: every request runs the same course, and no other.

Course: request id → page → size → who asks (session) → may they → is the form ours (POST) → view → headers, log line.
"""

import logging
import re
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import Flask, g, request, send_from_directory
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from server.console import guard
from server.console.desk import Desk
from server.console.page import Page, Pages, Undeclared, Visit, allowed, check
from server.console.pages import ALL
from server.console.words import chosen
from server.core.clock import monotonic
from server.core.errors import LintelError, Unnamed

HERE = Path(__file__).parent
LARGEST = 64 * 1024
MOST_OF_ONE = 200
"""So many values of one field of a form are read."""
STATIC = re.compile(r"[a-z][a-z0-9-]{0,40}\.(?:css|svg)")
_SANE = re.compile(r"[A-Za-z0-9._:-]{1,64}")
NAMES = {404: "lost", 405: "lost", 413: "large"}
log = logging.getLogger("lintel.requests")
crashes = logging.getLogger("lintel.crashes")


def app(desk: Desk, pages: Sequence[Pages] = ALL) -> Flask:
    """The app over `desk`. Raises Undeclared where a page is not whole or declared twice."""
    made = Flask("lintel.console", static_folder=None, template_folder=None)
    made.config["MAX_CONTENT_LENGTH"] = made.config["MAX_FORM_MEMORY_SIZE"] = LARGEST
    made.config["MAX_FORM_PARTS"] = 100
    made.url_map.strict_slashes = False
    made.url_map.merge_slashes = False
    known: set[str] = set()
    for page in [page for group in pages for page in group.all]:
        check(page)
        endpoint = f"{page.method} {page.path}"
        if endpoint in known:
            raise Undeclared(f"{endpoint}: declared twice")
        known.add(endpoint)
        made.add_url_rule(
            page.path, endpoint, _course(desk, page), methods=[page.method], provide_automatic_options=False
        )
    made.add_url_rule("/static/<name>", "static", _static, methods=["GET"], provide_automatic_options=False)
    made.before_request(_begin)
    made.after_request(_end)
    made.register_error_handler(Exception, lambda error: _refuse(desk, error))
    return made


def _begin() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.begun, g.request_id = monotonic(), given if _SANE.fullmatch(given) else secrets.token_hex(8)


def _course(desk: Desk, page: Page) -> Any:
    def serve(**given: str) -> Response:
        visit = who(desk)
        visit.given = given
        if page.method == "POST" and not guard.own_form(request, desk.base, desk.form_cookie(visit), visit.secret):
            return desk.refusal(visit, 403, "form")
        if not allowed(page, visit.person):
            return desk.refusal(visit, 403, "barred") if visit.person is not None else desk.ask_to_sign_in(visit)
        visit.form = {name: request.form.get(name, "") for name in page.takes}
        visit.many = {name: request.form.getlist(name)[:MOST_OF_ONE] for name in page.many}
        return page.view(desk, visit)

    return serve


def who(desk: Desk) -> Visit:
    """Who asks, in which language. A session that has ended is nobody's."""
    secret = desk.cookies.read(request, guard.PERSON)
    person = None
    if secret:
        try:
            person = desk.engine.sign_in.session(secret)
        except Unnamed:
            secret = ""
    asked = request.args.get("lang", "") or desk.cookies.read(request, guard.LANGUAGE)
    usual = person.language if person is not None else request.headers.get("Accept-Language", "")
    return Visit(request, person, secret, chosen(asked, usual))


def _static(name: str) -> Response:
    if not STATIC.fullmatch(name):
        return Response(status=404)
    answer = send_from_directory(HERE / "static", name)
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


def _refuse(desk: Desk, error: Exception) -> Response:
    visit = Visit(request, None, "", chosen("", request.headers.get("Accept-Language", "")))
    if isinstance(error, HTTPException):
        return desk.refusal(
            visit, error.code or 500, {404: "lost", 405: "lost", 413: "large"}.get(error.code or 0, "form")
        )
    if isinstance(error, LintelError):
        return desk.refused(visit, error)
    crashes.error("request=%s crash=%s", g.request_id, _where(error))
    return desk.refusal(visit, 500, "crash")


def _where(error: Exception) -> str:
    """What broke and where, without the values that were at hand."""
    places, trace = [], error.__traceback__
    while trace is not None:
        places.append(f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}")
        trace = trace.tb_next
    return f"{type(error).__name__} at={' < '.join(reversed(places))}"


def _end(answer: Response) -> Response:
    for name, value in guard.HEADERS.items():
        answer.headers.setdefault(name, value)
    answer.headers["X-Request-Id"] = g.request_id
    path = request.url_rule.rule if request.url_rule else "-"
    spent = monotonic() - g.begun
    log.info(
        "door=console method=%s path=%s status=%d ms=%.1f request=%s",
        request.method if request.method.isalpha() else "-", path, answer.status_code, spent * 1000, g.request_id,
    )  # fmt: skip
    if (took := request.environ.get("lintel.took")) is not None:  # whoever counts requests (health.py)
        took("console", request.method, path, answer.status_code, spent)
    return answer
