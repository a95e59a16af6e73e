""" "Nobody here?" as rows: one for a booking, ever."""

from collections.abc import Collection
from datetime import datetime

from server.core.clock import epoch, from_epoch
from server.core.nobody_here import Asking
from server.store.database import Row, Tx
from server.store.fields import instant

SELECT = "SELECT occurrence_id, room_id, asked_at, until, asker, source, minutes, outcome, ended_at FROM asking WHERE "


def insert(tx: Tx, it: Asking) -> None:
    tx.run(
        "INSERT INTO asking (occurrence_id, room_id, asked_at, until, asker, source, minutes, outcome) "
        "VALUES (?,?,?,?,?,?,?,?)",
        (it.booking, it.room, epoch(it.asked_at), epoch(it.until), it.asker, it.source, it.minutes, it.outcome),
    )


def of_bookings(tx: Tx, bookings: Collection[int]) -> dict[int, Asking]:
    """What was asked of these bookings, by their numbers."""
    if not bookings:
        return {}
    rows = tx.rows(f"{SELECT}occurrence_id IN ({','.join('?' * len(bookings))})", tuple(bookings))
    return {row[0]: _value(row) for row in rows}


def due(tx: Tx, now: datetime, limit: int) -> list[Asking]:
    """Those that nobody has answered in time, oldest first."""
    rows = tx.rows(f"{SELECT}outcome = 'asked' AND until <= ? ORDER BY until LIMIT ?", (epoch(now), limit))
    return [_value(row) for row in rows]


def end(tx: Tx, booking: int, outcome: str, at: datetime) -> bool:
    """Says what came of it; False where that is said already, or nobody asked."""
    row = tx.one(
        "UPDATE asking SET outcome = ?, ended_at = ? WHERE occurrence_id = ? AND outcome = 'asked' "
        "RETURNING occurrence_id",
        (outcome, epoch(at), booking),
    )
    return row is not None


def _value(row: Row) -> Asking:
    booking, room, asked, until, asker, source, minutes, outcome, ended = row
    return Asking(
        booking, room, from_epoch(asked), from_epoch(until), asker, source, minutes, outcome, instant(ended)
    )  # fmt: skip
