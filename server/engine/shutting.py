"""Which bookings to come a change of rooms would shut out: said before it is made, with each of them named."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from server.core.errors import Conflict, Objection, Refused
from server.core.model import Room
from server.store import room_use
from server.store.database import Tx
from server.store.room_use import Coming

NAMED = 200
"""So many of them are named; how many there are is said of each room."""


def refuse(tx: Tx, changed: Sequence[tuple[Room, Room]], now: datetime) -> None:
    """Raises Refused with "shuts_out" for each room and reason, and with the bookings, where the change does so."""
    shut = against(tx, changed, now)
    if not shut:
        return
    slugs = {after.number: after.id for _, after in changed}
    counted = Counter((slugs[it.room], code) for it, code in shut)
    objections = [
        Objection("shuts_out", slug, {"code": code, "bookings": many}) for (slug, code), many in sorted(counted.items())
    ]
    named = list(dict.fromkeys(it for it, _ in shut))[:NAMED]
    raise Refused(
        tuple(objections),
        tuple(Conflict(slugs[it.room], it.starts, it.ends, it.uid, it.organizer, None, it.series_uid) for it in named),
    )


def against(tx: Tx, changed: Sequence[tuple[Room, Room]], now: datetime) -> list[tuple[Coming, str]]:
    """Each booking to come that the change of these rooms shuts out, and by which code."""
    return _taken_away(tx, changed, now)


def _taken_away(tx: Tx, changed: Sequence[tuple[Room, Room]], now: datetime) -> list[tuple[Coming, str]]:
    """Bookings of rooms that go out of service, whose parts change, or that have more at once than lanes are left."""
    reasons: dict[int, str] = {}
    lanes: dict[int, int] = {}
    for before, after in changed:
        if after.status == "unavailable" != before.status:
            reasons[after.number] = "out_of_service"
        elif set(after.parts) != set(before.parts):
            reasons[after.number] = "parts"
        elif after.policy.lanes < before.policy.lanes:
            lanes[after.number] = after.policy.lanes
    if not reasons and not lanes:
        return []
    coming = room_use.coming(tx, {*reasons, *lanes}, now)
    found = [(it, reasons[it.room]) for it in coming if it.room in reasons]
    for room, left in lanes.items():
        found += [(it, "lanes") for it in _too_many((each for each in coming if each.room == room), left)]
    return found


def _too_many(coming: Iterable[Coming], lanes: int) -> list[Coming]:
    """Those that begin while as many as there are lanes go on already; by start."""
    running: list[Coming] = []
    found = []
    for it in coming:
        running = [each for each in running if each.ends > it.starts]
        if len(running) >= lanes:
            found.append(it)
        else:
            running.append(it)
    return found
