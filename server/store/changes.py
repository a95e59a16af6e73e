"""The change feed: what happened, in the order of commits. Audit trail, outbox and device feed at once."""

from server.core.clock import from_epoch
from server.core.model import Change
from server.store.database import Tx


def head(tx: Tx, room: int | None = None) -> int:
    """The newest seq, of one room or of all; 0 where nothing happened yet."""
    if room is None:
        row = tx.one("SELECT coalesce(max(seq), 0) FROM change")
    else:
        row = tx.one("SELECT coalesce(max(seq), 0) FROM change WHERE room_id = ?", (room,))
    return int(row[0]) if row else 0


def general_head(tx: Tx) -> int:
    """The newest seq that concerns no single room, such as a revoked key; that somebody signed in concerns nobody."""
    row = tx.one("SELECT coalesce(max(seq), 0) FROM change WHERE room_id IS NULL AND what <> 'signed_in'")
    return int(row[0]) if row else 0


def after(tx: Tx, room: int, seq: int, limit: int) -> list[Change]:
    """The room's changes after a cursor, oldest first, at most `limit`."""
    rows = tx.rows(
        "SELECT seq, at, what, room_id, subject, actor FROM change WHERE room_id = ? AND seq > ? ORDER BY seq LIMIT ?",
        (room, seq, limit),
    )
    return [Change(r[0], from_epoch(r[1]), r[2], r[3], r[4], r[5]) for r in rows]
