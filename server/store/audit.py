"""The audit trail as rows: pages of the chain with its texts, its end, the signed heads, and how far it was sent."""

from collections.abc import Sequence
from typing import Any

from server.core.audit import CELLS, Wanted
from server.core.clock import epoch
from server.core.heads import Head
from server.store.database import Row, Tx

FIRST = -(2**63)
"""A seq that lies before every change, also one that was put there by hand."""
LINKED = f"SELECT c.chain, {', '.join(f'c.{name}' for name in CELLS)}, t.salt, t.body FROM change c " \
    "LEFT JOIN change_text t ON t.seq = c.seq"  # fmt: skip
HEADS = "SELECT number, incarnation, seq, at, chain, count, signature FROM audit_head"


def page(tx: Tx, after: int, limit: int) -> list[Row]:
    """Changes after a seq in their order: the link, the cells that it covers, then salt and body of the text."""
    sign = ">=" if after == FIRST else ">"
    # The bound is told of both, so that no plan reads all the texts before it for each page.
    return tx.rows(f"{LINKED} AND t.seq {sign} ? WHERE c.seq {sign} ? ORDER BY c.seq LIMIT ?", (after, after, limit))


def wanted(tx: Tx, after: int, which: Wanted, limit: int, *, newest: bool = False) -> list[Row]:
    """The same, those that are wanted only; `newest`: the last of them first."""
    tests: list[str] = ["c.seq > ?"]
    values: list[Any] = [after]
    for test, given in (("c.at >= ?", which.since), ("c.at < ?", which.until)):
        if given is not None:
            tests.append(test)
            values.append(epoch(given))
    if which.what:
        tests.append(f"c.what IN ({','.join('?' * len(which.what))})")
        values += which.what
    if which.room is not None:
        tests.append("c.room_id = ?")
        values.append(which.room)
    if which.person is not None:
        names = _names(tx, which.person)
        marks = ",".join("?" * len(names))
        tests.append(f"(c.actor IN ({marks}) OR (c.subject = ? AND c.room_id IS NULL AND c.what LIKE 'person%'))")
        values += [*names, which.person]
    order = "DESC" if newest else "ASC"
    return tx.rows(f"{LINKED} WHERE {' AND '.join(tests)} ORDER BY c.seq {order} LIMIT ?", (*values, limit))


def _names(tx: Tx, person: int) -> list[str]:
    """The names under which somebody acts: their own, and those of their keys."""
    keys = [f"token:{row[0]}" for row in tx.rows("SELECT id FROM token WHERE person_id = ?", (person,))]
    keys += [f"key:{row[0]}" for row in tx.rows("SELECT id FROM api_key WHERE person_id = ?", (person,))]
    return [f"person:{person}", *keys]


def end(tx: Tx) -> tuple[int, str]:
    """The newest seq and its link, as the row says behind which changes are numbered; (0, "") where it is gone."""
    rows = tx.rows("SELECT seq, chain FROM change_end")
    return (rows[0][0], rows[0][1]) if len(rows) == 1 else (0, "")


def loose_text(tx: Tx) -> int | None:
    """The seq of a text that belongs to no change."""
    rows = tx.rows("SELECT min(t.seq) FROM change_text t WHERE NOT EXISTS (SELECT 1 FROM change c WHERE c.seq = t.seq)")
    return rows[0][0] if rows else None


def heads(tx: Tx) -> list[Head]:
    """Every signed head, by number."""
    return [Head(*row) for row in tx.rows(f"{HEADS} ORDER BY number")]


def last_head(tx: Tx) -> Head | None:
    row = tx.one(f"{HEADS} ORDER BY number DESC LIMIT 1")
    return Head(*row) if row else None


def newest_what(tx: Tx) -> str:
    """What the newest change is; "" where there is none."""
    row = tx.one("SELECT what FROM change ORDER BY seq DESC LIMIT 1")
    return str(row[0]) if row else ""


def between(tx: Tx, after: int, to: int) -> int:
    """How many changes lie after one seq, up to another."""
    return int(tx.rows("SELECT count(*) FROM change WHERE seq > ? AND seq <= ?", (after, to))[0][0])


def keep(tx: Tx, it: Head) -> None:
    tx.run(
        "INSERT INTO audit_head (number, incarnation, seq, at, chain, count, signature) VALUES (?,?,?,?,?,?,?)",
        (it.number, it.incarnation, it.seq, it.at, it.chain, it.count, it.signature),
    )


def sent(tx: Tx, target: str) -> int:
    """Up to which seq the trail has been sent there; 0 where nothing was."""
    row = tx.one("SELECT seq FROM audit_sent WHERE target = ?", (target,))
    return int(row[0]) if row else 0


def keep_sent(tx: Tx, targets: Sequence[tuple[str, int]]) -> None:
    """Notes how far the trail has been sent; never back."""
    tx.many(
        "INSERT INTO audit_sent (target, seq) VALUES (?, ?) ON CONFLICT (target) DO UPDATE SET seq = "
        "CASE WHEN excluded.seq > audit_sent.seq THEN excluded.seq ELSE audit_sent.seq END",
        targets,
    )
