"""The change feed: what happened, in the order of commits. Audit trail, outbox and device feed at once."""

import json
from collections.abc import Sequence
from datetime import datetime

from server.core.audit import CELLS, link
from server.core.clock import epoch, from_epoch
from server.core.model import Change
from server.store.database import Row, Tx

SELECT = "SELECT seq, at, what, room_id, subject, actor, source, codes, act, before, after FROM change"
ACT = 8
PAGE = 2000
LATELY = 1000
"""Changes of a room; far more than there are in a minute."""


def head(tx: Tx, room: int | None = None) -> int:
    """The newest seq, of one room or of all; 0 where nothing happened yet."""
    if room is None:
        row = tx.one("SELECT coalesce(max(seq), 0) FROM change")
    else:
        row = tx.one("SELECT coalesce(max(seq), 0) FROM change WHERE room_id = ?", (room,))
    return int(row[0]) if row else 0


def general_head(tx: Tx) -> int:
    """The newest seq that concerns no single room, such as a revoked key; that somebody signed in concerns nobody, and
    what a door is asked to give up only that one."""
    row = tx.one(
        "SELECT coalesce(max(seq), 0) FROM change WHERE room_id IS NULL AND what <> 'signed_in' "
        "AND what <> 'device_recalled'"
    )
    return int(row[0]) if row else 0


def after(tx: Tx, room: int, seq: int, limit: int) -> list[Change]:
    """The room's changes after a cursor, oldest first, at most `limit`."""
    rows = tx.rows(f"{SELECT} WHERE room_id = ? AND seq > ? ORDER BY seq LIMIT ?", (room, seq, limit))
    return [value(row) for row in rows]


def since(tx: Tx, seq: int, limit: int) -> list[Change]:
    """All changes after a cursor, oldest first, at most `limit`; what was done at once comes whole or not at all."""
    rows = tx.rows(f"{SELECT} WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit + 1))
    if len(rows) > limit:
        last = rows[-1][ACT]
        whole = [row for row in rows if row[ACT] != last]
        rows = whole or tx.rows(f"{SELECT} WHERE seq > ? AND act = ? ORDER BY seq", (seq, last))
    return [value(row) for row in rows]


def heads_between(tx: Tx, seq: int, to: int) -> dict[int, int]:
    """The newest change after `seq` and up to `to` of each room that has any."""
    rows = tx.rows(
        "SELECT room_id, max(seq) FROM change WHERE seq > ? AND seq <= ? AND room_id IS NOT NULL GROUP BY room_id",
        (seq, to),
    )
    return {row[0]: row[1] for row in rows}


def rooms_of(tx: Tx, whats: Sequence[str], seq: int, to: int) -> frozenset[int]:
    """The rooms of which one of these was told after `seq` and up to `to`."""
    marks = ",".join("?" * len(whats))
    rows = tx.rows(
        f"SELECT DISTINCT room_id FROM change WHERE seq > ? AND seq <= ? AND what IN ({marks}) AND room_id IS NOT NULL",
        (seq, to, *whats),
    )
    return frozenset(row[0] for row in rows)


def roomless(tx: Tx, seq: int, to: int, limit: int) -> tuple[Change, ...] | None:
    """The changes after `seq` and up to `to` that concern no single room; None where there are more than `limit`."""
    rows = tx.rows(
        f"{SELECT} WHERE seq > ? AND seq <= ? AND room_id IS NULL AND what <> 'signed_in' ORDER BY seq LIMIT ?",
        (seq, to, limit + 1),
    )
    return tuple(value(row) for row in rows) if len(rows) <= limit else None


def others(tx: Tx, room: int, subject: int, whats: Sequence[str], since: datetime, actor: str) -> bool:
    """Whether any of these was told of a booking of the room since then by another actor; looks a little way back."""
    newest = f"SELECT * FROM change WHERE room_id = ? ORDER BY seq DESC LIMIT {LATELY}"
    marks = ",".join("?" * len(whats))
    row = tx.one(
        f"SELECT 1 FROM ({newest}) AS c WHERE subject = ? AND at >= ? AND actor <> ? AND what IN ({marks}) LIMIT 1",
        (room, subject, epoch(since), actor, *whats),
    )
    return row is not None


def value(row: Row) -> Change:
    """The change of a row with the columns of SELECT."""
    seq, at, what, room, subject, actor, source, codes, act, before, then = row
    return Change(
        seq, from_epoch(at), what, room, subject, actor, source, tuple(codes.split(",")) if codes else (), act,
        json.loads(before) if before else {}, json.loads(then) if then else {},
    )  # fmt: skip


def text_of(tx: Tx, seq: int) -> dict[str, str]:
    """What people wrote, as a change told it; empty where it told none, or where that has been erased."""
    row = tx.one("SELECT body FROM change_text WHERE seq = ?", (seq,))
    return dict(json.loads(row[0])) if row else {}


def adopt(tx: Tx) -> int:
    """Links what was told before there was a chain; returns how many. Nothing to do ever after."""
    (end, chain) = tx.rows("SELECT seq, chain FROM change_end")[0]
    if chain or not end:
        return 0
    seen = done = 0
    while rows := tx.rows(f"SELECT {', '.join(CELLS)} FROM change WHERE seq > ? ORDER BY seq LIMIT ?", (seen, PAGE)):
        linked = []
        for row in rows:
            chain = link(chain, row)
            linked.append((chain, row[0]))
        tx.many("UPDATE change SET chain = ? WHERE seq = ?", linked)
        seen, done = rows[-1][0], done + len(rows)
    tx.run("UPDATE change_end SET seq = ?, chain = ?", (seen, chain))
    return done
