"""Reservations of all rooms at one location or several, and as a calendar."""

from server.core.engagements import Choice
from server.core.model import Room
from server.dialects.indico import calendar
from server.dialects.indico.desk import Desk
from server.dialects.indico.envelope import Result, enveloped, offered
from server.dialects.indico.filters import choice_of
from server.dialects.indico.formats import ICS, TEXTS
from server.dialects.indico.parameters import Exported, yes
from server.dialects.indico.shapes import ReservationBody
from server.dialects.indico.wire import is_at, occurrences, reservation_body, shape_of
from server.dialects.kit.app import Call
from server.dialects.kit.route import Answer, Routes

routes = Routes("reservations")


class Reservations(Result):
    """Reservations, each with its room."""

    results: list[ReservationBody]


@routes(
    "GET", "/export/reservation/<locations>.<kind>", scope="read", summary="The reservations of whole locations",
    answers={200: Reservations}, errors=(404,), also=(*TEXTS, ICS),
    detail="`locations`: one, or several with - between. A booking of several rooms is told once for each of them. "
    ".ics: a calendar; refusals of it are JSON.",
)  # fmt: skip
def by_location(desk: Desk, call: Call, locations: str, kind: str, query: Exported) -> Answer:
    offered(kind, "json", "jsonp", "xml", "ics")
    choice = choice_of(query, desk, query.detail or "reservations", each_room=False)
    names = locations.split("-")
    found = [
        room for room in desk.engine.rooms.all(call.actor, active=True) if any(is_at(room, name) for name in names)
    ]
    if kind == "ics":
        return _calendar(desk, call, found, choice, query)
    return _listed(desk, call, found, choice, query)


def _listed(desk: Desk, call: Call, found: list[Room], choice: Choice, query: Exported) -> Answer:
    shape, dated = shape_of(desk, call, query), yes(query.occurrences)
    chosen = desk.engine.engagements.of(found, call.actor, choice, dates=dated)
    results = []
    for it in chosen.told:
        body = reservation_body(it, shape, inside=False)
        results.append(body | ({"occurrences": occurrences(it, choice, shape)} if dated else {}))
    return enveloped(desk, call, results, complete=not chosen.more or query.limit not in (None, "0"))


def _calendar(desk: Desk, call: Call, found: list[Room], choice: Choice, query: Exported) -> Answer:
    shape = shape_of(desk, call, query)
    chosen = desk.engine.engagements.of(found, call.actor, choice, whole=True)
    return Answer(calendar.written(chosen.told, shape), media=f"{ICS}; charset=utf-8")
