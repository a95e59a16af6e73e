"""Rooms by number, with their reservations where those are asked for, and rooms by name.

Decision: a room that is switched off is not there, as one that was deleted is not in Indico: no field could say so, and
a display would show it as free.
"""

from collections.abc import Iterable
from typing import Any

from server.core.model import Room
from server.dialects.indico import keys
from server.dialects.indico.desk import GUEST, Desk
from server.dialects.indico.envelope import Result, enveloped, offered
from server.dialects.indico.errors import Said
from server.dialects.indico.filters import CAPS, bounds, choice_of, window_of
from server.dialects.indico.formats import TEXTS
from server.dialects.indico.parameters import Asked, Exported, yes
from server.dialects.indico.shapes import RoomBody
from server.dialects.indico.wire import (
    full_name,
    is_at,
    occurrences,
    place_of,
    reservation_body,
    room_body,
    shape_of,
)
from server.dialects.kit.app import Call
from server.dialects.kit.route import Answer, Routes

routes = Routes("rooms")
DIGITS = 18


class Rooms(Result):
    """Rooms."""

    results: list[RoomBody]


@routes(
    "GET", "/export/room/<location>/<ids>.<kind>", scope="read", summary="Rooms by number, with their reservations",
    answers={200: Rooms}, errors=(404,), also=TEXTS,
    detail="`ids`: one number, or several with - between; those that are not at the location are left out. "
    "detail=reservations: with their reservations in the window; limit and offset then count in each room.",
)  # fmt: skip
def by_number(desk: Desk, call: Call, location: str, ids: str, kind: str, query: Exported) -> Answer:
    offered(kind, "json", "jsonp", "xml")
    detail = query.detail or "rooms"
    if detail not in CAPS:
        raise Said(400, f"Invalid detail level: {detail}")
    there = desk.engine.engagements.rooms(_numbers(ids), call.actor)
    found = sorted((room for room in there if room.active and is_at(room, location)), key=place_of)
    return _bare(desk, call, found, query) if detail == "rooms" else _full(desk, call, found, query)


@routes(
    "GET", "/export/roomName/<location>/<path:name>.<kind>", scope="public", summary="Rooms by a part of their name",
    answers={200: Rooms}, errors=(400, 403, 404, 429), also=TEXTS,
    detail="Found anywhere in the name, or in building-floor-number, in small letters or large. Without a key only "
    "rooms that everybody may see, where the house lets guests look at all; never reservations.",
)  # fmt: skip
def by_name(desk: Desk, call: Call, location: str, name: str, kind: str, query: Asked) -> Answer:
    offered(kind, "json", "jsonp", "xml")
    actor = keys.counted(desk, call.request)
    engine = desk.engine
    there = engine.engagements.open_rooms() if actor.label == GUEST.label else engine.rooms.all(actor, active=True)
    wanted = name.casefold()
    found = [room for room in there if is_at(room, location) and wanted in full_name(room).casefold()]
    return _bare(desk, call, sorted(found, key=place_of), query)


def _bare(desk: Desk, call: Call, found: list[Room], query: Asked) -> Answer:
    """Rooms by themselves; times mean nothing here, but have to be times."""
    window_of(query, desk)
    offset, limit = bounds(query, "rooms")
    shape = shape_of(desk, call, query)
    results = [room_body(room, shape) for room in found[offset : offset + limit]]
    cut = len(found) > offset + limit and not _asked_for(query)
    return enveloped(desk, call, results, complete=not cut)


def _full(desk: Desk, call: Call, found: list[Room], query: Exported) -> Answer:
    """Rooms with their reservations."""
    choice = choice_of(query, desk, "reservations", each_room=True)
    shape, dated = shape_of(desk, call, query), yes(query.occurrences)
    chosen = desk.engine.engagements.of(found, call.actor, choice, dates=dated)
    lists: dict[int, list[dict[str, Any]]] = {room.number: [] for room in found}
    for it in chosen.told:
        body = reservation_body(it, shape, inside=True)
        lists[it.room.number].append(body | ({"occurrences": occurrences(it, choice, shape)} if dated else {}))
    results = [room_body(room, shape, lists[room.number]) for room in found]
    return enveloped(desk, call, results, complete=_asked_for(query) or not chosen.more)


def _asked_for(query: Asked) -> bool:
    """Whether the bound is the asker's own."""
    return bool(query.limit) and query.limit != "0"


def _numbers(ids: str) -> list[int]:
    """The rooms that are asked for, each once, in their order."""
    parts: Iterable[str] = dict.fromkeys(part.strip() for part in ids.split("-"))
    found = []
    for part in parts:
        if not (part.isascii() and part.isdecimal() and len(part) <= DIGITS):
            raise Said(400, f"Invalid room id: '{part[:50]}'")
        found.append(int(part))
    if len(found) > CAPS["rooms"]:
        raise Said(400, f"You can only request up to {CAPS['rooms']} rooms at once")
    return found
