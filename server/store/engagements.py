"""The dates of bookings in many rooms, whatever became of them: few statements, however many rooms there are."""

from collections.abc import Collection, Sequence

from server.core.clock import epoch
from server.core.engagements import Date
from server.core.model import Standing
from server.core.period import Period
from server.store.database import Row, Tx
from server.store.holds import REACH

STANDINGS = {it.value: it for it in Standing}
AT_ONCE = 10_000
"""Rooms, or series, in one statement."""
# Of the first lane's holds that begin before the window only the last can reach into it; of what holds nothing any
# may, and none is longer than REACH. CROSS JOIN: SQLite then goes through the rooms and looks each up.
_NEAR = """WITH asked (room) AS (VALUES {marks})
SELECT f.room, o.id, o.series_id, o.starts, o.ends, o.standing FROM (
SELECT a.room AS room, h.occurrence_id AS id FROM asked a CROSS JOIN hold h WHERE h.id = (SELECT p.id FROM hold p
WHERE p.room_id = a.room AND p.lane = 0 AND p.active = 1 AND p.held_from < ? ORDER BY p.held_from DESC LIMIT 1)
AND h.held_to > ?
UNION ALL SELECT a.room, h.occurrence_id FROM asked a CROSS JOIN hold h WHERE h.room_id = a.room AND h.lane = 0
AND h.active = 1 AND h.held_from >= ? AND h.held_from < ?
UNION ALL SELECT a.room, h.occurrence_id FROM asked a CROSS JOIN hold h WHERE h.room_id = a.room AND h.active = 1
AND h.lane > 0 AND h.held_from < ? AND h.held_from > ? AND h.held_to > ?
UNION ALL SELECT a.room, h.occurrence_id FROM asked a CROSS JOIN hold h WHERE h.room_id = a.room AND h.active = 0
AND h.held_from < ? AND h.held_from > ? AND h.held_to > ?
) f CROSS JOIN occurrence o WHERE o.id = f.id ORDER BY o.starts, o.id LIMIT ?"""
_EVER = """WITH asked (room) AS (VALUES {marks})
SELECT f.room, o.id, o.series_id, o.starts, o.ends, o.standing FROM (
SELECT h.room_id AS room, h.occurrence_id AS id FROM asked a CROSS JOIN hold h WHERE h.room_id = a.room
AND h.active = 1
UNION ALL SELECT h.room_id, h.occurrence_id FROM asked a CROSS JOIN hold h WHERE h.room_id = a.room AND h.active = 0
) f CROSS JOIN occurrence o WHERE o.id = f.id ORDER BY o.starts, o.id LIMIT ?"""
# The first and the last by address: the index has them without reading the others.
_SPANS = """SELECT s.id,
(SELECT o.starts FROM occurrence o WHERE o.series_id = s.id ORDER BY o.original_start LIMIT 1),
(SELECT o.ends FROM occurrence o WHERE o.series_id = s.id ORDER BY o.original_start DESC LIMIT 1)
FROM series s WHERE s.id IN ({marks})"""


def near(tx: Tx, rooms: Sequence[int], window: Period | None, *, most: int) -> list[Date]:
    """The dates in these rooms that share an instant with the window (all where None), by start.

    At most so many of each AT_ONCE rooms.
    """
    found: list[Date] = []
    for start in range(0, len(rooms), AT_ONCE):
        some = rooms[start : start + AT_ONCE]
        values: tuple[int, ...] = ()
        if window is not None:
            low, high = epoch(window.start), epoch(window.end)
            values = (low, low, low, high, high, low - REACH, low, high, low - REACH, low)
        what = (_EVER if window is None else _NEAR).format(marks=",".join(["(?)"] * len(some)))
        found += map(_date, tx.rows(what, (*some, *values, most)))
    return found


def bounds(tx: Tx) -> tuple[int, int] | None:
    """When the first of all bookings starts, and the last; None where there is none."""
    row = tx.one("SELECT (SELECT min(starts) FROM occurrence), (SELECT max(starts) FROM occurrence)")
    return None if row is None or row[0] is None else (int(row[0]), int(row[1]))


def _date(row: Row) -> Date:
    room, id_, series, starts, ends, standing = row
    return Date(room, id_, series, starts, ends, STANDINGS[standing])


def spans(tx: Tx, ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """Where each of these series begins and ends (seconds since 1970): the start of its first date, the last's end."""
    found: dict[int, tuple[int, int]] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        rows = tx.rows(_SPANS.format(marks=",".join("?" * len(some))), some)
        found |= {id_: (first, last) for id_, first, last in rows if first is not None}
    return found


def dates(tx: Tx, ids: Collection[int]) -> dict[int, list[Date]]:
    """All dates of each of these series, whatever became of them, by address; their room is 0."""
    if not ids:
        return {}
    marks = ",".join("?" * len(ids))
    rows = tx.rows(
        "SELECT 0, id, series_id, starts, ends, standing FROM occurrence "
        f"WHERE series_id IN ({marks}) ORDER BY series_id, original_start",
        sorted(ids),
    )
    found: dict[int, list[Date]] = {}
    for it in map(_date, rows):
        found.setdefault(it.series or 0, []).append(it)
    return found
