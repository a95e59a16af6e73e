"""Emergencies as rows: begun, ended, and which were on since when."""

from datetime import datetime

from server.core.clock import epoch, from_epoch
from server.core.emergencies import AFTER, Emergency
from server.store.database import Row, Tx
from server.store.fields import instant

SELECT = "SELECT id, place_id, kind, drill, began_at, ends_at, began_by, ended_at, ended_by FROM emergency"


def insert(tx: Tx, it: Emergency) -> int:
    """Writes a new one; returns its number."""
    row = tx.one(
        "INSERT INTO emergency (place_id, kind, drill, began_at, ends_at, began_by, ended_by) VALUES (?,?,?,?,?,?,'') "
        "RETURNING id",
        (it.place, it.kind, int(it.drill), epoch(it.began_at), epoch(it.ends_at), it.began_by),
    )
    return int(row[0]) if row else 0


def end(tx: Tx, number: int, at: datetime, by: str) -> bool:
    """Ends one; False where it is over already."""
    row = tx.one(
        "UPDATE emergency SET ended_at = ?, ended_by = ? WHERE id = ? AND ended_at IS NULL AND ends_at > ? "
        "RETURNING id",
        (epoch(at), by, number, epoch(at)),
    )
    return row is not None


def find(tx: Tx, number: int) -> Emergency | None:
    row = tx.one(f"{SELECT} WHERE id = ?", (number,))
    return _value(row) if row else None


def since(tx: Tx, at: datetime) -> list[Emergency]:
    """Those that were on, or over for no more than half an hour, at that instant or later."""
    rows = tx.rows(
        f"{SELECT} WHERE coalesce(ended_at, ends_at) > ? ORDER BY id", (epoch(at - AFTER),)
    )  # fmt: skip
    return [_value(row) for row in rows]


def latest(tx: Tx, limit: int) -> list[Emergency]:
    """The newest, newest first."""
    return [_value(row) for row in tx.rows(f"{SELECT} ORDER BY id DESC LIMIT ?", (limit,))]


def _value(row: Row) -> Emergency:
    number, place, kind, drill, began, ends, began_by, ended, ended_by = row
    return Emergency(
        number, place, kind, bool(drill), from_epoch(began), from_epoch(ends), began_by, instant(ended), ended_by
    )
