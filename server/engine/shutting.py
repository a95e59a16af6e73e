"""Which bookings to come a change of rooms would shut out: said before it is made, with each of them named.

A room that is switched off (`active`) keeps its bookings, so that is no reason here; one that goes out of service is.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice

from server.core.errors import Conflict, Objection, Refused
from server.core.model import Room
from server.core.period import Period
from server.core.suspects import matters, suspected
from server.engine.rejudging import Rejudging
from server.store import catalogue, room_use
from server.store.database import Tx
from server.store.room_use import Coming

NAMED = 200
"""So many of them are named; how many there are is said of each room."""
COUNTED = 1_000
"""So many are counted at most: whoever is told of a thousand need not wait for the rest."""
MOST = 200_000
AHEAD = timedelta(days=3_660)


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
    """Each booking to come that the change of these rooms shuts out, and by which code; by start."""
    found = _of_other_parts(tx, changed, now)
    if suspects := _suspects(tx, changed, now):
        timetables = {it.number: it for it in catalogue.timetables(tx)}
        numbers = {after.id: after.number for _, after in suspects}
        judging = Rejudging(tx, timetables, suspects, Period(now, now + AHEAD), now, past=False, most=MOST)
        for it in islice(judging.run(), COUNTED):
            one = it.booking
            use = Coming(numbers[it.room], one.starts, one.ends, one.uid, one.organizer, one.series_uid)
            found += [(use, code) for code in it.codes if code != "inactive"]
    return sorted(found, key=lambda it: (it[0].starts, it[0].room, it[0].uid, it[1]))


def _of_other_parts(tx: Tx, changed: Sequence[tuple[Room, Room]], now: datetime) -> list[tuple[Coming, str]]:
    """Bookings of combined rooms whose parts change: they hold the parts there were."""
    rooms = {after.number for before, after in changed if set(after.parts) != set(before.parts)}
    return [(it, "parts") for it in room_use.coming(tx, rooms, now)] if rooms else []


def _suspects(tx: Tx, changed: Sequence[tuple[Room, Room]], now: datetime) -> list[tuple[Room, Room]]:
    """The rooms whose change may refuse one of their bookings to come."""
    matter = [pair for pair in changed if matters(*pair)]
    spans = room_use.spans(tx, {after.number for _, after in matter}, now) if matter else {}
    return [(before, after) for before, after in matter if suspected(before, after, spans.get(after.number, ()))]
