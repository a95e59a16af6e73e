"""The bookings of many rooms at once: few statements, however many rooms there are."""

from collections.abc import Sequence

from server.core.clock import epoch
from server.core.model import Booking
from server.core.period import Period
from server.store.bookings import value
from server.store.database import Tx
from server.store.holds import REACH
from server.store.tables import OCCURRENCE, listed

AT_ONCE = 5_000
"""Rooms in one statement, which names them four times; SQLite takes 32,766 values."""
# CROSS JOIN: SQLite then goes through the rooms and looks each up. Holds of a lane never overlap, so that of those that
# begin before the window only the last one can reach into it. The rooms are lists of values, for over a table of them,
# asked four times, the same takes five times as long.
# The limit is a figure in the text: where it is a value, SQLite prepares the statement anew each time that it is asked.
_THERE = f"""SELECT {listed(OCCURRENCE, "o")} FROM occurrence o WHERE o.id IN (
WITH asked (room) AS (VALUES {{rows}})
SELECT h.occurrence_id FROM asked a CROSS JOIN hold h WHERE h.id = (SELECT id FROM hold WHERE room_id = a.room
AND lane = 0 AND active = 1 AND held_from < ? ORDER BY held_from DESC LIMIT 1) AND h.held_to > ?
UNION ALL SELECT h.occurrence_id FROM hold h WHERE h.room_id IN ({{marks}}) AND h.lane = 0
AND h.active = 1 AND h.held_from >= ? AND h.held_from < ?
UNION ALL SELECT h.occurrence_id FROM hold h WHERE h.room_id IN ({{marks}}) AND h.active = 1
AND h.lane > 0 AND h.held_from < ? AND h.held_from > ? AND h.held_to > ?
UNION ALL SELECT h.occurrence_id FROM occurrence r CROSS JOIN hold h WHERE r.standing = 'at_risk' AND r.starts < ?
AND r.ends > ? AND h.occurrence_id = r.id AND h.room_id IN ({{marks}})
) ORDER BY o.starts, o.id LIMIT {{most}}"""


def planned(tx: Tx, rooms: Sequence[int], window: Period, *, most: int) -> list[Booking]:
    """The bookings in the plan of any of these rooms within the window, by start; one of several of them once.

    At most so many of each AT_ONCE rooms.
    """
    low, high = epoch(window.start), epoch(window.end)
    found: dict[int, Booking] = {}
    for start in range(0, len(rooms), AT_ONCE):
        some = rooms[start : start + AT_ONCE]
        marks = ",".join("?" * len(some))
        values = (
            *some, low, low, *some, low, high, *some, high, low - REACH, low, high, low, *some,
        )  # fmt: skip
        rows = tx.rows(_THERE.format(rows=",".join(["(?)"] * len(some)), marks=marks, most=int(most)), values)
        found |= {it.id: it for it in map(value, rows)}
    return sorted(found.values(), key=lambda it: (it.starts, it.id))
