"""All devices on one page: what is not well first, by building and floor, then all as tiles with their glass.

Decision: the whole fleet is read for the counts, but only a page of it is drawn; a thousand panels are as quick as ten.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Response

from server.console import telling
from server.console.desk import Desk
from server.console.doors import Doors, doors, natural
from server.console.lasting import Words, since, span
from server.console.page import Pages, Visit
from server.console.pages.you import actor
from server.console.words import words
from server.core.access import Actor
from server.core.clock import epoch, whole
from server.core.fleet import VERDICTS
from server.core.tree import address
from server.engine.fleet import Standing

pages = Pages()
TILES, MOST_WRONG, MOST_WAITING = 100, 100, 20


@dataclass(frozen=True, slots=True)
class Shown:
    """One page of the fleet: who looks, in which words, and the doors as they are."""

    found: Doors
    visit: Visit
    now: datetime
    w: Words

    def row(self, it: Standing) -> dict[str, Any]:
        """A device that is not well."""
        zone = self.found.zone(it.device, self.visit.you)
        wrong = [
            {"word": self.w[f"verdict_{one.word}"], "since": since(one.since, zone, self.now, self.w)}
            for one in it.wrong
        ]
        return self._head(it) | {"wrong": wrong}

    def tile(self, it: Standing) -> dict[str, Any]:
        """Any device."""
        age = telling.plan_age(it, self.now)
        told = self.w["told_short"].format(age=span(age, self.w)) if age is not None else ""
        return self._head(it) | {
            "word": self.w[f"verdict_{it.verdict}"], "picture": picture(it),
            "told": " · ".join(part for part in (told, it.told.version) if part),
        }  # fmt: skip

    def _head(self, it: Standing) -> dict[str, Any]:
        shows = self.found.shows(it.device, self.w)
        named = "" if shows == it.device.name else shows
        return {"number": it.device.number, "name": it.device.name, "shows": named, "tone": telling.tone(it)}


@pages("GET", "/devices", who="staff")
def devices(desk: Desk, visit: Visit) -> Response:
    """The fleet."""
    w, acts, asked = words(visit.language), actor(desk, visit), visit.request.args
    page = Shown(doors(desk, acts), visit, whole(desk.engine.clock.now()), w)
    every = desk.engine.fleet.all(acts)
    look = asked.get("q", "").strip()[:100]
    those = [it for it in every if not look or _fits(page.found.known_as(it.device, w), look)]
    ill = [it for it in those if it.verdict != "good"]
    those.sort(key=lambda it: (natural(page.found.where(it.device)), natural(it.device.name), it.device.number))
    last = max(1, -(-len(those) // TILES))
    at = min(max(1, _number(asked.get("p", ""))), last)
    return desk.draw(
        visit, "devices.html", well=sum(it.verdict == "good" for it in every), q=look, found=len(those),
        ill=sum(it.verdict != "good" for it in every), waiting=_waiting(desk, acts, page),
        wrong=_grouped(page, ill) if at == 1 else [], wrong_left=max(0, len(ill) - MOST_WRONG),
        tiles=[page.tile(it) for it in those[(at - 1) * TILES : at * TILES]], page=at, pages=last,
        link=urlencode({"q": look}), again={"q": look} if look else {},
    )  # fmt: skip


def picture(it: Standing) -> str:
    """Where the picture of a glass is; another address for another picture, so that browsers may keep it."""
    return f"/devices/{it.device.number}/picture?at={epoch(it.picture_at)}" if it.picture_at is not None else ""


def _grouped(page: Shown, ill: Sequence[Standing]) -> list[dict[str, Any]]:
    """What is not well, by where it is: first where it is worst."""
    worst = sorted(ill, key=lambda it: (VERDICTS.index(it.verdict), it.device.number))[:MOST_WRONG]
    groups: dict[str, list[dict[str, Any]]] = {}
    for it in worst:
        groups.setdefault(page.found.where(it.device), []).append(page.row(it))
    return [{"name": name, "devices": rows} for name, rows in groups.items()]


def _waiting(desk: Desk, acts: Actor, page: Shown) -> Iterable[dict[str, str]]:
    """Who shows a code and waits. The code itself is only on the glass."""
    w, found = page.w, page.found
    by_slug = {room.id: room.name for room in found.rooms.values()}
    told = []
    for it in desk.engine.pairing.waiting(acts)[:MOST_WAITING]:
        named = ", ".join(by_slug.get(slug, slug) for slug in it.rooms)
        if it.place is not None and it.place in found.places:
            named = w["device_board"].format(place=address(found.places, it.place))
        about = (it.model, it.serial, w["ago"].format(span=span(page.now - it.since, w)))
        told.append({
            "print": it.fingerprint, "expected": w["pair_expected"].format(rooms=named) if named else "",
            "about": " · ".join(part for part in about if part),
        })  # fmt: skip
    return told


def _fits(known: str, look: str) -> bool:
    return all(word in known for word in look.casefold().split()[:10])


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
