"""Bookings by their end: what is about to end, and what has. There is no index over ends: what holds a room at an
instant, or did last, is the last hold that began, a look-up for each room. What a door owns follows nothing.
"""

from datetime import datetime, timedelta

from server.core.clock import epoch
from server.core.model import Booking
from server.store import bookings
from server.store.database import Tx
from server.store.holds import REACH

_NEXT = (
    "(SELECT n.id FROM hold n WHERE n.room_id = h.room_id AND n.lane = h.lane AND n.active = 1 "
    "AND n.held_from >= h.held_to AND n.grant_id IS NULL ORDER BY n.held_from LIMIT 1)"
)
_TOLD = "NOT EXISTS (SELECT 1 FROM ending e WHERE e.occurrence_id = h.occurrence_id AND e.ends = h.held_to)"
_SOON = (
    "SELECT h.occurrence_id, f.occurrence_id FROM room m CROSS JOIN hold h "
    f"JOIN hold f ON f.id = {_NEXT} AND f.held_from <= h.held_to + ? "
    "WHERE h.id = (SELECT id FROM hold WHERE room_id = m.id AND lane = 0 AND active = 1 AND held_from <= ? "
    f"ORDER BY held_from DESC LIMIT 1) AND h.held_to > ? AND h.held_to <= ? AND h.occurrence_id IS NOT NULL AND {_TOLD}"
)
_LAST = (
    "(SELECT held_from FROM hold WHERE room_id = m.id AND lane = 0 AND active = 1 AND held_from <= ? "
    "ORDER BY held_from DESC LIMIT 1)"
)
_BETWEEN = (
    "SELECT h.occurrence_id FROM room m CROSS JOIN hold h WHERE h.room_id = m.id AND h.lane = 0 AND h.active = 1 "
    f"AND h.held_from >= coalesce({_LAST}, ?) AND h.held_from < ? AND h.held_to > ? AND h.held_to <= ? "
    "AND h.occurrence_id IS NOT NULL "
    "UNION SELECT h.occurrence_id FROM room m CROSS JOIN hold h WHERE h.room_id = m.id AND h.lane > 0 "
    f"AND h.active = 1 AND h.held_from < ? AND h.held_from > ? - {REACH} AND h.held_to > ? AND h.held_to <= ? "
    "AND h.occurrence_id IS NOT NULL"
)
PART = 500


def soon(tx: Tx, now: datetime, before: timedelta, follows: timedelta) -> list[tuple[int, int | None]]:
    """What runs, ends within `before`, and has something close behind it (None: a closure); told ones left out.

    Of rooms with several lanes nothing: there is no saying who has to make way.
    """
    at = epoch(now)
    rows = tx.rows(
        _SOON, (int(follows.total_seconds()), at, at, at + int(before.total_seconds()))
    )  # fmt: skip
    return [(row[0], row[1]) for row in dict.fromkeys(rows)]


def keep(tx: Tx, it: Booking, now: datetime) -> bool:
    """Notes that people were told of this end; False where they were already."""
    row = tx.one(
        "INSERT INTO ending (occurrence_id, ends, at) VALUES (?,?,?) ON CONFLICT DO NOTHING RETURNING ends",
        (it.id, epoch(it.ends), epoch(now)),
    )
    return row is not None


def between(tx: Tx, since: datetime, until: datetime) -> list[Booking]:
    """What still held its rooms to an end after `since` and up to `until`, by end."""
    low, high = epoch(since), epoch(until)
    rows = tx.rows(_BETWEEN, (low, low, high, low, high, high, low, low, high))
    ids = [row[0] for row in rows]
    found = [it for start in range(0, len(ids), PART) for it in bookings.by_ids(tx, ids[start : start + PART])]
    return sorted(found, key=lambda it: (it.ends, it.id))


def forget(tx: Tx, before: datetime) -> int:
    """Removes what was told of ends that had come by then; returns of how many."""
    return len(tx.rows("DELETE FROM ending WHERE ends < ? RETURNING ends", (epoch(before),)))
