"""One device: how well it is and why, what its glass shows, what it tells of itself, and what staff want of it.

Decisions:
- What makes a glass dark (a reboot) or ends its key asks once more on a page of its own.
- After an order the page looks by itself for the receipt, a few times and no longer: nobody's typing is lost later.
- Pictures and logs come from a device. They are sent as what they are and as nothing else (nosniff; the policy of the
  pages lets nothing in them run), and a picture's address changes with the picture, so a browser may keep it.
"""

import re
from dataclasses import replace
from typing import Any

from werkzeug.wrappers import Response

from server.console import telling
from server.console.desk import Desk
from server.console.doors import Listed, chosen_of, doors
from server.console.lasting import when
from server.console.page import Pages, Visit
from server.console.pages.devices import picture
from server.console.pages.you import actor
from server.console.words import words
from server.core.access import Actor
from server.core.clock import whole
from server.core.errors import Invalid, Refused, Unknown
from server.core.orders import QUARANTINED
from server.core.panel_settings import spoken
from server.engine.fleet import Standing

pages = Pages()
OFFERED = ("identify", "screenshot", "reload", "restart", "reboot", "log")
LISTED, LOOKS = 10, 8
SAID = ("order", "rooms", "setting", "released", "revoked")
TONES = {"open": "none", "done": "good"}
KEPT = "private, max-age=86400, immutable"
_LEVEL = re.compile(r"(house|device)|(place):([0-9]{1,9})|(room):([a-z0-9-]{1,64})")


@pages("GET", "/devices/<number>", who="staff")
def device(desk: Desk, visit: Visit) -> Response:
    """All of it."""
    said, w = visit.request.args.get("said", ""), words(visit.language)
    return _shown(desk, visit, said=w[f"said_{said}"] if said in SAID else "")


@pages("GET", "/devices/<number>/picture", who="staff")
def glass(desk: Desk, visit: Visit) -> Response:
    """The newest picture of the glass."""
    body = desk.engine.fleet.picture(_number(visit), actor(desk, visit))
    if body is None:
        raise Unknown("picture", visit.given["number"])
    answer = Response(body, content_type="image/png")
    if visit.request.args.get("at"):
        answer.headers["Cache-Control"] = KEPT
    return answer


@pages("GET", "/devices/<number>/log/<order>", who="staff")
def log(desk: Desk, visit: Visit) -> Response:
    """A log that it has sent, as plain text."""
    it = desk.engine.fleet.asked.one(_number(visit), _number(visit, "order"), actor(desk, visit))
    if it.what != "log" or it.outcome != "done":
        raise Unknown("order", visit.given["order"])
    return Response(it.text, content_type="text/plain; charset=utf-8")


@pages("POST", "/devices/<number>/order", who="staff", takes=("what", "sure"))
def order(desk: Desk, visit: Visit) -> Response:
    """Wants something of it."""
    what, number, w = visit.form["what"], _number(visit), words(visit.language)
    if what == "reboot" and visit.form["sure"] != "yes":
        return _sure(desk, visit, "reboot", w["order_reboot"])
    try:
        desk.engine.fleet.order(number, what, actor(desk, visit))
    except Refused as no:
        code = no.objections[0].code if no.objections else ""
        word = {"device_quarantined": "order_no_quarantined", "too_many_orders": "order_no_many"}.get(code)
        return _shown(desk, visit, status=409, said=w[word or "pair_no_longer"], tone="bad")
    return desk.on(f"/devices/{number}?said=order&look={LOOKS}#order")


@pages("POST", "/devices/<number>/revoke", who="staff", takes=("sure",))
def revoke(desk: Desk, visit: Visit) -> Response:
    """Ends its key."""
    if visit.form["sure"] != "yes":
        return _sure(desk, visit, "revoke", words(visit.language)["revoke"])
    it = desk.engine.devices.revoke(_number(visit), actor(desk, visit))
    return desk.on(f"/devices/{it.number}?said=revoked")


@pages("POST", "/devices/<number>/release", who="staff")
def release(desk: Desk, visit: Visit) -> Response:
    """Staff have looked: there is one of it again."""
    it = desk.engine.devices.release_quarantine(_number(visit), actor(desk, visit))
    return desk.on(f"/devices/{it.number}?said=released")


@pages("GET", "/devices/<number>/rooms", who="staff")
def rooms(desk: Desk, visit: Visit) -> Response:
    """What it is to show."""
    return _choosing(desk, visit)


@pages("POST", "/devices/<number>/rooms", who="staff", takes=("do", "kind", "find", "place", "name"), many=("room",))
def assign(desk: Desk, visit: Visit) -> Response:
    """Gives it other rooms, or searches them."""
    form, number, w = visit.form, _number(visit), words(visit.language)
    if form["do"] != "save":
        return _choosing(desk, visit)
    acts, name = actor(desk, visit), form["name"].strip()
    place = int(form["place"]) if form["place"].isascii() and form["place"].isdigit() and len(form["place"]) < 10 else 0
    try:
        if form["kind"] == "board":
            desk.engine.devices.assign(number, acts, place=place, name=name)
        else:
            desk.engine.devices.assign(number, acts, rooms=tuple(visit.many["room"]), name=name)
    except Invalid as error:
        if "name" in error.fields:
            return _choosing(desk, visit, status=422, said=w["check"], tone="bad", bad=w["pair_no_name"])
        return _choosing(desk, visit, status=422, said=w["pair_no_rooms"], tone="bad")
    except (Refused, Unknown) as error:
        if isinstance(error, Unknown) and error.what == "device":
            raise
        return _choosing(desk, visit, status=409, said=w["pair_no_longer"], tone="bad")
    return desk.on(f"/devices/{number}?said=rooms")


@pages("POST", "/devices/<number>/settings", who="staff", takes=("name", "value", "level", "do"))
def settings(desk: Desk, visit: Visit) -> Response:
    """Sets one thing on one level, or no longer sets it there."""
    form, number, acts = visit.form, _number(visit), actor(desk, visit)
    name, w = form["name"], words(visit.language)
    try:
        value = spoken(name, form["value"]) if form["do"] == "set" else None
        level, id_ = _level(form["level"], number)
        desk.engine.panel_settings.set(level, id_, name, value, acts)
    except (ValueError, Invalid):
        return _shown(desk, visit, status=422, said=w["check"], tone="bad", bad={name[:40]: form["value"][:40]})
    return desk.on(f"/devices/{number}?said=setting#setting-{name}")


def _level(said: str, number: int) -> tuple[str, int | str | None]:
    """The level that a form names; raises ValueError."""
    found = _LEVEL.fullmatch(said)
    if found is None:
        raise ValueError(said)
    plain, place, place_number, room, slug = found.groups()
    if plain:
        return plain, number if plain == "device" else None
    return (place, int(place_number)) if place else (room, slug)


def _shown(desk: Desk, visit: Visit, *, bad: dict[str, str] | None = None, **more: Any) -> Response:
    acts, asked = actor(desk, visit), visit.request.args
    it = desk.engine.fleet.one(_number(visit), acts)
    seen = _seen(desk, visit, it, acts, bad or {})
    answer = desk.draw(visit, "device.html", it=seen, here=seen["path"], **more)
    left = int(asked["look"]) if asked.get("look", "") in {str(n) for n in range(1, LOOKS + 1)} else 0
    if left and any(not one.outcome for one in desk.engine.fleet.orders(it.device.number, acts)):
        answer.headers["Refresh"] = f"3; url=/devices/{it.device.number}?look={left - 1}#order"
    return answer


def _seen(desk: Desk, visit: Visit, it: Standing, acts: Actor, bad: dict[str, str]) -> dict[str, Any]:
    """What the page shows of a device."""
    w, one, now, found = words(visit.language), it.device, whole(desk.engine.clock.now()), doors(desk, acts)
    zone, revoked = found.zone(one, visit.you), one.revoked_at is not None
    set_to = desk.engine.panel_settings.of_device(one.number, acts)
    heard = telling.heard(it, now, w)
    return {
        "number": one.number, "path": f"/devices/{one.number}", "name": one.name, "shows": found.shows(one, w),
        "tone": telling.tone(it), "wrong": telling.troubles(it.wrong, zone, now, w), "revoked": revoked,
        "quarantined": one.quarantined_at is not None and not revoked,
        "silent": it.verdict in ("silent", "never_heard"), "picture": picture(it),
        "heard": w["heard"].format(ago=heard) if heard else "",
        "picture_at": when(it.picture_at, zone, now), "facts": telling.facts(it, found, zone, now, w),
        "rooms": [Listed(room.id, room.name, found.lies(room)) for room in found.of(one)],
        "offers": QUARANTINED if one.quarantined_at is not None else OFFERED,
        "orders": _orders(desk, visit, it, zone, acts), "levels": list(telling.levels_of(one, found, w)),
        "settings": telling.settings(set_to, one, found, w, bad=bad),
    }  # fmt: skip


def _orders(desk: Desk, visit: Visit, it: Standing, zone: str, acts: Actor) -> list[dict[str, str]]:
    w, now, number = words(visit.language), whole(desk.engine.clock.now()), it.device.number
    told = []
    for one in desk.engine.fleet.orders(number, acts)[:LISTED]:
        state = one.state(now)
        log = f"/devices/{number}/log/{one.number}" if one.what == "log" and state == "done" else ""
        told.append({
            "what": w[f"order_{one.what}"], "at": when(one.made_at, zone, now), "state": w[f"state_{state}"],
            "tone": TONES.get(state, "bad"), "text": "" if one.what == "log" else one.text[:300], "log": log,
        })  # fmt: skip
    return told


def _choosing(desk: Desk, visit: Visit, *, bad: str = "", **more: Any) -> Response:
    acts, form = actor(desk, visit), visit.form
    one, found = desk.engine.fleet.one(_number(visit), acts).device, doors(desk, acts)
    ticked = visit.many["room"] if form else [room.id for room in found.of(one)]
    place = form.get("place") or str(one.place or "")
    kind = form.get("kind") or ("board" if one.kind == "board" else "rooms")
    choice = replace(
        chosen_of(found, ticked=ticked, find=form.get("find", ""), place=place),
        kind="board" if kind == "board" else "rooms", name=form.get("name", one.name),
    )  # fmt: skip
    return desk.draw(visit, "device_rooms.html", it=one, choice=choice, bad=bad, **more)


def _sure(desk: Desk, visit: Visit, what: str, button: str) -> Response:
    """Asks once more."""
    w, it = words(visit.language), desk.engine.fleet.one(_number(visit), actor(desk, visit)).device
    return desk.draw(
        visit, "sure.html", heading=w[f"sure_{what}"].format(name=it.name), text=w[f"sure_{what}_text"], button=button,
        what="reboot" if what == "reboot" else "", action=visit.request.path, here=f"/devices/{it.number}",
    )  # fmt: skip


def _number(visit: Visit, name: str = "number") -> int:
    """The number in the address; raises Unknown where it is none."""
    text = visit.given[name]
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Unknown("device", text[:40])
    return int(text)
