"""Letters about conflicts: who reads them, and what they say of the other side.

Decisions:
- Of the other side only its times are told. Whose it is, is for those who manage the room.
- In an hour the people of a booking are written to of its first few conflicts, and those who manage a room of its first
  few: a panel in the wrong hands can make any number, and all are listed.
"""

from typing import Any

from server.core.clock import epoch
from server.core.house import HouseMap
from server.core.letters import Terms
from server.engine.letters.matters import Matter
from server.engine.letters.readers import Reader, approvers, hosts
from server.store import bookings, conflicts
from server.store.database import Tx

OF_BOOKING, OF_ROOM = 3, 10
"""Conflicts that are told by letter in an hour."""


def sides(tx: Tx, it: Matter, house: HouseMap, terms: Terms) -> list[Reader]:
    """The booking's own people; where nobody knows them, those who manage its rooms. Nobody where it is too much."""
    own, known = hosts(tx, it.it, terms), _known(tx, it)
    most, of = (OF_BOOKING, it.it.id) if own else (OF_ROOM, None)
    if known is not None and conflicts.before_it(tx, known, of, most) >= most:
        return []
    if own or not it.held:
        return own
    found = {reader.address: reader for place in it.held for reader in approvers(tx, place, house, terms)}
    return list(found.values())


def other_side(tx: Tx, it: Matter) -> dict[str, Any]:
    """The times of the one that this booking met, or that gave way to it; nothing where that is no booking."""
    known = _known(tx, it)
    if known is None:
        return {}
    other = known.other if known.booking == it.it.id else known.booking
    rows = bookings.by_ids(tx, [other]) if other is not None else []
    return {"other": {"starts": epoch(rows[0].starts), "ends": epoch(rows[0].ends)}} if rows else {}


def _known(tx: Tx, it: Matter) -> conflicts.Conflict | None:
    number = it.first.after.get("conflict")
    return conflicts.find(tx, number) if isinstance(number, int) else None
