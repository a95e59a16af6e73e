"""Signing in, by password or by the provider, and out again."""

import json
import re
from dataclasses import asdict
from typing import Any

from werkzeug.wrappers import Response

from server.console import guard
from server.console.desk import Desk
from server.console.page import Pages, Visit
from server.console.pending import LASTS, Pending
from server.console.words import words
from server.core.errors import Barred, Later, Refused, Unnamed

pages = Pages()
PURPOSE = "sign-in"
CALLBACK = "/sign-in/oidc/callback"
_PROGRAMS = ("Edg", "Firefox", "OPR", "Chrome", "Safari")
_SYSTEMS = ("iPhone", "iPad", "Android", "Windows", "Macintosh", "Linux")


@pages("GET", "/", who="anyone")
def front(desk: Desk, visit: Visit) -> Response:
    """Where to begin."""
    return desk.on("/you" if visit.person else "/sign-in")


@pages("GET", "/sign-in", who="anyone")
def form(desk: Desk, visit: Visit) -> Response:
    """The form, or onward for whoever has signed in already."""
    onward = guard.local(visit.request.args.get("next", ""))
    if visit.person is not None:
        return desk.on(onward)
    said = visit.request.args.get("said", "")
    return shown(desk, visit, onward, said=words(visit.language)[f"said_{said}"] if said in ("out", "first") else "")


@pages("POST", "/sign-in", who="anyone", takes=("login", "password", "next"))
def by_password(desk: Desk, visit: Visit) -> Response:
    """Signs in by e-mail or login and password."""
    onward, w = guard.local(visit.form["next"]), words(visit.language)
    login = visit.form["login"].strip()[:254]
    try:
        if not login or not visit.form["password"]:
            raise Unnamed(missing=True)
        _, secret = desk.engine.sign_in.sign_in(
            login, visit.form["password"], source="console", address=visit.request.remote_addr or "",
            label=label(visit), old=visit.secret,
        )  # fmt: skip
    except Unnamed:
        return shown(desk, visit, onward, status=401, said=w["bad_login"], tone="bad", login=login)
    except Later as error:
        if not error.too_many:
            raise
        minutes = w["later_minutes"].format(n=-(-error.retry_after // 60))
        answer = shown(desk, visit, onward, status=429, said=minutes, tone="bad", login=login)
        answer.headers["Retry-After"] = str(error.retry_after)
        return answer
    return signed_in(desk, secret, onward)


@pages("GET", "/sign-in/oidc", who="anyone")
def to_provider(desk: Desk, visit: Visit) -> Response:
    """Off to the provider; what was asked lies sealed in this browser until it comes back."""
    if desk.provider is None:
        return desk.refusal(visit, 404, "lost")
    onward = guard.local(visit.request.args.get("next", ""))
    try:
        url, pending = desk.provider.begin(desk.base + CALLBACK, onward)
    except Later as error:
        return _away(desk, visit, onward, error)
    answer = desk.on(url)
    sealed = desk.engine.credentials.instance.seal(PURPOSE, json.dumps(asdict(pending)))
    desk.cookies.give(answer, guard.PENDING, sealed, seconds=int(LASTS.total_seconds()))
    return answer


@pages("GET", CALLBACK, who="anyone")
def from_provider(desk: Desk, visit: Visit) -> Response:
    """Back from the provider: whom it names has signed in, if all of its answer is right."""
    if desk.provider is None:
        return desk.refusal(visit, 404, "lost")
    pending = _pending(desk, visit)
    onward = guard.local(pending.onward) if pending else "/you"
    try:
        told = desk.provider.finish(pending, visit.request.args, desk.base + CALLBACK)
        person = desk.engine.identities.recognise(told, desk.terms)
        _, secret = desk.engine.sign_in.open(person.number, source="console", label=label(visit), old=visit.secret)
    except Later as error:
        answer = _away(desk, visit, onward, error)
    except (Barred, Refused, Unnamed) as error:
        answer = _not_believed(desk, visit, onward, getattr(error, "need", ""))
    else:
        answer = signed_in(desk, secret, onward)
    desk.cookies.take(answer, guard.PENDING)
    return answer


@pages("POST", "/sign-out", who="anyone")
def out(desk: Desk, visit: Visit) -> Response:
    """Ends the session, here and on the server."""
    if visit.secret:
        desk.engine.sign_in.sign_out(visit.secret)
    answer = desk.on("/sign-in?said=out")
    for name in (guard.PERSON, guard.FORM, guard.PENDING):
        desk.cookies.take(answer, name)
    return answer


def shown(desk: Desk, visit: Visit, onward: str, *, login: str = "", **more: Any) -> Response:
    """The sign-in page; in another language it still leads on to where somebody wanted to go."""
    return desk.draw(
        visit, "sign_in.html", onward=onward, login=login, local=desk.local, registration=desk.registration != "off",
        provider=desk.provider_name if desk.provider else "", again={"next": onward}, **more,
    )  # fmt: skip


def signed_in(desk: Desk, secret: str, onward: str) -> Response:
    """Gives the browser the new session, and a new token for its forms. The server says when a session ends."""
    answer = desk.on(onward)
    desk.cookies.give(answer, guard.PERSON, secret, seconds=guard.MONTH)
    desk.cookies.give(answer, guard.FORM, guard.fresh())
    return answer


def label(visit: Visit) -> str:
    """What the visitor uses, as far as their browser says so: "Firefox, Windows"."""
    agent = visit.request.headers.get("User-Agent", "")[:400]
    found = [next((name for name in names if re.search(rf"\b{name}\b", agent)), "") for names in (_PROGRAMS, _SYSTEMS)]
    return ", ".join(part.replace("Edg", "Edge").replace("Macintosh", "Mac") for part in found if part)


def _pending(desk: Desk, visit: Visit) -> Pending | None:
    """What this browser has asked the provider, as it was sealed."""
    try:
        kept = desk.engine.credentials.instance.unseal(PURPOSE, desk.cookies.read(visit.request, guard.PENDING))
        return Pending(**json.loads(kept))
    except (ValueError, TypeError):
        return None


def _away(desk: Desk, visit: Visit, onward: str, error: Later) -> Response:
    said = words(visit.language)["away"].format(name=desk.provider_name)
    answer = shown(desk, visit, onward, status=503, said=said, tone="bad")
    answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def _not_believed(desk: Desk, visit: Visit, onward: str, why: str) -> Response:
    w = words(visit.language)
    why = "inactive" if why == "awaiting" else why
    said = w.get(f"identity_{why}", w["identity"]).format(name=desk.provider_name)
    return shown(desk, visit, onward, status=403, said=said, tone="bad")
