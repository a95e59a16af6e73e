"""Letting in the panel that stands before somebody: its code, its fingerprint, what it is to show, one button.

Decisions (reliability T07):
- Looking changes nothing. The first button of the form is the one that searches, so the Enter key lets nothing in.
- A code is only ever typed or scanned from the glass: the list of those that wait does not know it. So who approves has
  stood before it, and compares the letters there.
- An address may name the panel whose place is to be taken (`?replaces=7`), as the page of a silent one does.
"""

from dataclasses import replace
from typing import Any

from werkzeug.wrappers import Response

from server.console.desk import Desk
from server.console.doors import Broken, Choice, Doors, chosen_of, doors, natural
from server.console.lasting import since, span
from server.console.page import Pages, Visit
from server.console.pages.you import actor
from server.console.words import words
from server.core.access import Actor
from server.core.clock import whole
from server.core.errors import Invalid, Later, Refused, Unknown
from server.core.model import Device
from server.core.pairing import shown, typed
from server.engine.fleet import Standing
from server.engine.pairing import Waiting

pages = Pages()
KINDS = ("rooms", "spare", "board")
GONE = frozenset({"silent", "never_heard"})
LOOKS = 20
"""So often the last page looks by itself whether the panel has heard, every other second."""


@pages("GET", "/pair", who="staff")
def look(desk: Desk, visit: Visit) -> Response:
    """The panel that shows the code, or the field to type one."""
    code, asked = visit.request.args.get("code", "").strip()[:40], visit.request.args
    if not code:
        said = words(visit.language)["pair_refused"] if asked.get("said") == "refused" else ""
        return _ask(desk, visit, said=said)
    return _looked(desk, visit, code, {"replaces": asked.get("replaces", "")})


@pages(
    "POST", "/pair", who="staff", takes=("code", "do", "kind", "find", "place", "replaces", "name"), many=("room",)
)  # fmt: skip
def decide(desk: Desk, visit: Visit) -> Response:
    """Lets it in, refuses it, or searches the rooms."""
    code, form, w = visit.form["code"].strip()[:40], visit.form, words(visit.language)
    if form["do"] not in ("in", "refuse"):
        return _looked(desk, visit, code, form)
    acts = actor(desk, visit)
    try:
        if form["do"] == "refuse":
            desk.engine.pairing.refuse(code, acts)
            return desk.on("/pair?said=refused")
        made = _let_in(desk, code, visit, acts)
    except Unknown as error:
        if error.what == "code":
            return _ask(desk, visit, status=404, said=w["pair_no_code"], tone="bad")
        return _looked(desk, visit, code, form, status=409, said=w["pair_no_longer"], tone="bad")
    except (Invalid, Refused) as error:
        return _looked(desk, visit, code, form, status=422, said=_why(error, form["kind"], w), tone="bad")
    except Later as error:
        return _too_many(desk, visit, error)
    return desk.on(f"/pair/done?device={made.number}")


@pages("GET", "/pair/done", who="staff")
def done(desk: Desk, visit: Visit) -> Response:
    """What it shows now; looks again until the panel was heard."""
    args, acts, w = visit.request.args, actor(desk, visit), words(visit.language)
    it = desk.engine.fleet.one(_number(args.get("device", "")), acts)
    heard, looked = it.seen_at is not None, _number(args.get("n", ""))
    which = "now" if heard else "soon"
    answer = desk.draw(
        visit, "paired.html", heard=heard, number=it.device.number, note=w[f"pair_shows_{which}_note"],
        heading=w[f"pair_shows_{which}"].format(what=doors(desk, acts).shows(it.device, w)),
    )  # fmt: skip
    if not heard and looked < LOOKS:
        answer.headers["Refresh"] = f"2; url=/pair/done?device={it.device.number}&n={looked + 1}"
    return answer


def _let_in(desk: Desk, code: str, visit: Visit, acts: Actor) -> Device:
    form, name = visit.form, visit.form["name"].strip()
    match form["kind"]:
        case "spare":
            if not (number := _number(form["replaces"])):
                raise Invalid({"replaces": "is required"})
            return desk.engine.pairing.approve(code, acts, replaces=number)
        case "board":
            if not (place := _number(form["place"])):
                raise Invalid({"place": "is required"})
            return desk.engine.pairing.approve(code, acts, place=place, name=name)
    if not visit.many["room"]:
        raise Invalid({"rooms": "is required"})
    return desk.engine.pairing.approve(code, acts, rooms=tuple(visit.many["room"]), name=name)


def _looked(desk: Desk, visit: Visit, code: str, form: dict[str, str], **more: Any) -> Response:
    """The page of the panel that shows a code; the field for one where nobody does."""
    w, acts = words(visit.language), actor(desk, visit)
    try:
        it = desk.engine.pairing.look(code, acts)
    except Invalid:
        return _ask(desk, visit, status=422, said=w["pair_no_form"], tone="bad", code=code)
    except Unknown:
        return _ask(desk, visit, status=404, said=w["pair_no_code"], tone="bad")
    except Later as error:
        return _too_many(desk, visit, error)
    found = doors(desk, acts)
    now = whole(desk.engine.clock.now())
    about = [(w["serial"], it.serial), (w["model"], it.model), (w["screen"], it.glass.replace("x", " × ")),
             (w["version"], it.version), (w["pair_waits"], span(now - it.since, w))]  # fmt: skip
    device = {"print": it.fingerprint.split("-"), "facts": [(label, value) for label, value in about if value]}
    again = {"code": typed(code) or code} | ({"replaces": form["replaces"]} if form.get("replaces") else {})
    return desk.draw(
        visit, "pair.html", it=device, code=shown(typed(code) or code), choice=_choice(desk, visit, found, it, form),
        again=again, **more,
    )  # fmt: skip


def _choice(desk: Desk, visit: Visit, found: Doors, it: Waiting, form: dict[str, str]) -> Choice:
    """What can be chosen; first what is expected of the panel, or what its address said."""
    w, ticked = words(visit.language), visit.many.get("room", [])
    first = "kind" not in form
    silent = _silent(desk, visit, found)
    place = form.get("place", "") or str(it.place or "")
    made = chosen_of(found, ticked=it.rooms if first else ticked, find=form.get("find", ""), place=place)
    kind = form.get("kind", "") if form.get("kind") in KINDS else "rooms"
    replaces = _number(form.get("replaces", ""))
    if first and replaces in {one.number for one in silent}:
        kind = "spare"
    elif first and it.place is not None:
        kind = "board"
    if not replaces and len(silent) == 1:
        replaces = silent[0].number  # where only one is silent there is nothing to choose
    told = ", ".join(room.name for room in made.chosen) if first and it.rooms else ""
    return replace(
        made, kind=kind, silent=silent, replaces=replaces, name=form.get("name", it.name),
        told=w["pair_expected"].format(rooms=told) if told else "",
    )  # fmt: skip


def _silent(desk: Desk, visit: Visit, found: Doors) -> tuple[Broken, ...]:
    """The devices whose place can be taken: first those that fell silent last, then those that are heard."""
    w, now = words(visit.language), whole(desk.engine.clock.now())

    def rank(it: Standing) -> tuple[Any, ...]:
        at = it.since.timestamp() if it.since is not None else 0.0
        return (it.verdict != "silent", it.verdict not in GONE, -at, natural(it.device.name))

    def broken(it: Standing) -> Broken:
        state = w[f"verdict_{it.verdict}"]
        if it.since is not None:
            state = f"{state}, {since(it.since, found.zone(it.device, visit.you), now, w)}"
        return Broken(it.device.number, it.device.name, found.shows(it.device, w), state)

    asked = _number(visit.request.args.get("replaces", "") or visit.form.get("replaces", ""))
    standings = desk.engine.fleet.all(actor(desk, visit))
    those = [it for it in standings if it.verdict in GONE or it.device.number == asked]
    return tuple(broken(it) for it in sorted(those, key=rank)[:50])


def _ask(desk: Desk, visit: Visit, *, code: str = "", **more: Any) -> Response:
    replaces = visit.request.args.get("replaces", "") or visit.form.get("replaces", "")
    kept = str(_number(replaces) or "")
    again = {"replaces": kept} if kept else {}
    return desk.draw(visit, "pair.html", it=None, code=code, replaces=kept, again=again, **more)


def _too_many(desk: Desk, visit: Visit, error: Later) -> Response:
    if not error.too_many:
        raise error
    said = words(visit.language)["later_minutes"].format(n=-(-error.retry_after // 60))
    answer = _ask(desk, visit, status=429, said=said, tone="bad")
    answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def _why(error: Invalid | Refused, kind: str, w: dict[str, str]) -> str:
    if isinstance(error, Invalid) and "name" in error.fields:
        return w["pair_no_name"]
    if isinstance(error, Invalid):
        return w[{"spare": "pair_no_spare", "board": "pair_no_place"}.get(kind, "pair_no_rooms")]
    return w["pair_no_longer"]


def _number(text: str) -> int:
    """A number of an address or a form; 0 where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
