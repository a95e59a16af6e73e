"""Sums over what was booked, for reports: counted by the database, in one pass per room."""

from server.core.clock import epoch
from server.core.model import Standing
from server.core.period import Period
from server.core.policy import LONGEST
from server.store.database import Tx


def tally(tx: Tx, room: int, window: Period) -> dict[Standing, tuple[int, int]]:
    """By standing: how many bookings touch the window, and how many of its seconds they take."""
    low, high = epoch(window.start), epoch(window.end)
    out: dict[Standing, tuple[int, int]] = {}
    for part in ("h.lane = 0 AND h.active = 1", "h.lane > 0 AND h.active = 1", "h.active = 0"):  # one index each
        rows = tx.rows(
            "SELECT o.standing, count(*), sum(CASE WHEN h.held_to < ? THEN h.held_to ELSE ? END"
            " - CASE WHEN h.held_from > ? THEN h.held_from ELSE ? END)"
            " FROM hold h JOIN occurrence o ON o.id = h.occurrence_id"
            f" WHERE h.room_id = ? AND {part} AND h.held_from < ? AND h.held_to > ? AND h.held_from > ?"
            " GROUP BY o.standing",
            # No booking is longer than LONGEST, so older starts cannot reach in.
            (high, high, low, low, room, high, low, epoch(window.start - LONGEST)),
        )
        for standing, count, seconds in rows:
            before = out.get(Standing(standing), (0, 0))
            out[Standing(standing)] = (before[0] + int(count), before[1] + int(seconds))
    return out
