"""What somebody may see and set of themselves: profile, password, sessions, keys, calendar feed, letters."""

import hashlib
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from werkzeug.wrappers import Response

from server.console import guard
from server.console.desk import Desk
from server.console.page import Pages, Visit
from server.console.pages.sign_in import label
from server.console.words import words
from server.core.access import Actor
from server.core.errors import Invalid, Later, Unknown
from server.core.letters import OWN_CHOICE
from server.core.people import Person, effective_role
from server.core.zone import wall

pages = Pages()
FIELDS = ("first_name", "last_name", "language", "zone")
SAID = ("saved", "password", "ended", "feed_ended")


@pages("GET", "/you", who="person")
def you(desk: Desk, visit: Visit) -> Response:
    """All of it."""
    said = visit.request.args.get("said", "")
    return shown(desk, visit, said=words(visit.language)[f"said_{said}"] if said in SAID else "")


@pages("POST", "/you", who="person", takes=FIELDS)
def save(desk: Desk, visit: Visit) -> Response:
    """Name, language and zone."""
    given: dict[str, Any] = {name: value.strip() for name, value in visit.form.items()}
    try:
        desk.engine.people.change(visit.you.number, actor(desk, visit), **given)
    except Invalid as error:
        return _not_taken(desk, visit, dict.fromkeys(error.fields, "bad_field"), form=given)
    answer = desk.on("/you?said=saved")
    if given["language"] != visit.you.language:
        desk.cookies.take(answer, guard.LANGUAGE)  # what was chosen here is meant now
    return answer


@pages("POST", "/you/password", who="person", takes=("password", "fresh"))
def password(desk: Desk, visit: Visit) -> Response:
    """A new password, by the present one; other sessions end."""
    w, number = words(visit.language), visit.you.number
    try:
        desk.engine.credentials.set_password(
            number, actor(desk, visit), visit.form["fresh"], current=visit.form["password"], keep=visit.secret
        )
    except Invalid as error:
        return _not_taken(desk, visit, {"current": "bad_password", "password": "bad_fresh"}, only=error.fields)
    except Later as error:
        if not error.too_many:
            raise
        said = w["later_minutes"].format(n=-(-error.retry_after // 60))
        answer = shown(desk, visit, status=429, said=said, tone="bad")
        answer.headers["Retry-After"] = str(error.retry_after)
        return answer
    answer = desk.on("/you?said=password")
    _, secret = desk.engine.sign_in.open(number, source="console", label=label(visit), old=visit.secret)
    desk.cookies.give(answer, guard.PERSON, secret, seconds=guard.MONTH)
    desk.cookies.give(answer, guard.FORM, guard.fresh())
    return answer


@pages("POST", "/you/sessions/end", who="person", takes=("session",))
def end_session(desk: Desk, visit: Visit) -> Response:
    """Signs out elsewhere."""
    try:
        desk.engine.sign_in.end(visit.you.number, visit.form["session"], actor(desk, visit))
    except Unknown:
        return desk.on("/you")  # it has ended meanwhile
    return desk.on("/you?said=ended")


@pages("POST", "/you/feed", who="person", takes=("action",))
def feed(desk: Desk, visit: Visit) -> Response:
    """A new secret of the calendar feed, shown in this answer alone, or its end."""
    action = visit.form["action"] if visit.form["action"] in ("rotate", "disable") else "rotate"
    secret = desk.engine.credentials.feed(visit.you.number, actor(desk, visit), action)
    return (
        shown(desk, visit, feed=desk.feed.format(secret) if desk.feed else secret)
        if secret
        else desk.on("/you?said=feed_ended")
    )


@pages("POST", "/you/letters", who="person", takes=OWN_CHOICE)
def letters(desk: Desk, visit: Visit) -> Response:
    """Which letters somebody wants: what is not ticked, of those that were shown, they do not."""
    number = visit.you.number
    said = {kind: visit.form[kind] == "on" for kind in desk.engine.post.choices(number)}
    desk.engine.post.choose(number, said, actor(desk, visit))
    return desk.on("/you?said=saved")


def actor(desk: Desk, visit: Visit) -> Actor:
    """Who acts: the person of the session, with all they may."""
    return desk.engine.sign_in.actor(visit.secret, source="console")


def shown(desk: Desk, visit: Visit, *, form: dict[str, str] | None = None, feed: str = "", **more: Any) -> Response:
    """The page."""
    me, acts = visit.you, actor(desk, visit)
    kept = {name: str(getattr(me, name)) for name in FIELDS} | (form or {})
    marked = dict.fromkeys((*FIELDS, "password", "fresh"), "") | more.pop("bad", {})
    return desk.draw(
        visit, "you.html", form=kept, bad=marked, role=effective_role(me).value, zones=_zones(),
        may_password=desk.local or me.sealed, sessions=_sessions(desk, visit, acts), keys=_keys(desk, me, acts),
        feed=feed, letters=desk.engine.post.choices(me.number), **more,
    )  # fmt: skip


def _not_taken(
    desk: Desk, visit: Visit, marks: dict[str, str], *, form: dict[str, str] | None = None, only: Any = None
) -> Response:
    """The page with what was wrong marked; `marks` maps fields of the engine to words."""
    w = words(visit.language)
    ours = {"current": "password", "password": "fresh"}
    bad = {ours.get(name, name): w[word] for name, word in marks.items() if only is None or name in only}
    return shown(desk, visit, status=422, said=w["check"], tone="bad", bad=bad, form=form)


def _sessions(desk: Desk, visit: Visit, acts: Actor) -> list[dict[str, Any]]:
    own = hashlib.sha256(visit.secret.encode()).hexdigest()
    return [
        {
            "name": it.id, "own": it.id == own, "place": it.label or it.source,
            "made": _when(it.made_at, visit.you), "seen": _when(it.seen_at, visit.you),
        }
        for it in desk.engine.sign_in.sessions(visit.you.number, acts)
    ]  # fmt: skip


def _keys(desk: Desk, me: Person, acts: Actor) -> list[dict[str, Any]]:
    return [
        {
            "kind": {"indico": "Indico", "roomloop": "RoomLoop"}.get(it.kind, it.kind), "name": it.name,
            "prefix": it.prefix, "made": _when(it.made_at, me), "used": _when(it.last_used_at, me),
            "ended": it.revoked_at is not None,
        }
        for it in desk.engine.api_keys.all(acts, person=me.number)
    ]  # fmt: skip


def _when(instant: datetime | None, person: Person) -> str:
    """In the person's zone, as every language reads it."""
    return f"{wall(instant, person.zone or 'UTC'):%Y-%m-%d %H:%M}" if instant else ""


@lru_cache(maxsize=1)
def _zones() -> list[str]:
    """What can be chosen; looked up once, for that reads a folder of files."""
    return sorted(
        name for name in available_timezones() if "/" in name and not name.startswith(("Etc", "posix", "right"))
    )
