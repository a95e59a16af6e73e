"""The bookings of many rooms around a time, in a statement or two however many rooms there are."""

from collections.abc import Collection, Iterable

from server.core.clock import epoch
from server.core.model import Booking
from server.core.period import Period
from server.store.bookings import OF_O, value
from server.store.database import Tx
from server.store.holds import REACH

AT_ONCE = 400
"""So many rooms are asked for in one statement."""


def planned(tx: Tx, rooms: Collection[int], window: Period, *, lanes: int = 1) -> list[Booking]:
    """The bookings in these rooms' plans that touch the window, by start: those that hold one, and those at risk.

    `lanes`: how many lanes the widest of the rooms has. A booking of several of the rooms comes once.
    """
    low, high = epoch(window.start), epoch(window.end)
    which = ",".join(map(str, range(lanes)))
    found: dict[int, Booking] = {}
    for some in _some_of(sorted(rooms)):
        marks = ",".join("?" * len(some))
        rows = tx.rows(
            f"SELECT {OF_O} FROM occurrence o WHERE o.id IN (SELECT h.occurrence_id FROM hold h WHERE h.room_id IN "
            f"({marks}) AND h.lane IN ({which}) AND h.active = 1 AND h.held_from < ? AND h.held_from > ? "
            "AND h.held_to > ?)",
            (*some, high, low - REACH, low),
        )
        rows += tx.rows(
            f"SELECT {OF_O} FROM occurrence o WHERE o.standing = 'at_risk' AND o.starts < ? AND o.ends > ? "
            f"AND EXISTS (SELECT 1 FROM hold h WHERE h.occurrence_id = o.id AND h.room_id IN ({marks}))",
            (high, low, *some),
        )
        found |= {it.id: it for it in map(value, rows)}
    return sorted(found.values(), key=lambda it: (it.starts, it.id))


def _some_of(rooms: list[int]) -> Iterable[list[int]]:
    return (rooms[at : at + AT_ONCE] for at in range(0, len(rooms), AT_ONCE))
