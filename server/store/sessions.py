"""Sessions: who has signed in where. What is kept is the digest of the secret, which also names the session."""

from collections.abc import Iterable
from datetime import datetime

from server.core.clock import epoch, from_epoch
from server.core.credentials import Session
from server.store.database import Row, Tx

COLUMNS = "digest, person_id, source, label, made_at, seen_at, ends_at"


def value(row: Row) -> Session:
    digest, person, source, label, made, seen, ends = row
    return Session(digest, person, source, label, from_epoch(made), from_epoch(seen), from_epoch(ends))


def by_id(tx: Tx, digest: str) -> Session | None:
    row = tx.one(f"SELECT {COLUMNS} FROM session WHERE digest = ?", (digest,))
    return value(row) if row else None


def of(tx: Tx, person: int) -> list[Session]:
    """Somebody's sessions, the newest first."""
    sql = f"SELECT {COLUMNS} FROM session WHERE person_id = ? ORDER BY made_at DESC, digest"
    return [value(row) for row in tx.rows(sql, (person,))]


def insert(tx: Tx, it: Session) -> None:
    tx.run(
        f"INSERT INTO session ({COLUMNS}) VALUES (?,?,?,?,?,?,?)",
        (it.id, it.person, it.source, it.label, epoch(it.made_at), epoch(it.seen_at), epoch(it.ends_at)),
    )


def touch(tx: Tx, seen: Iterable[tuple[str, datetime]]) -> None:
    """Notes when sessions were last used; never set back."""
    tx.many(
        "UPDATE session SET seen_at = ? WHERE digest = ? AND seen_at < ?",
        [(epoch(at), digest, epoch(at)) for digest, at in seen],
    )


def delete(tx: Tx, digest: str) -> None:
    tx.run("DELETE FROM session WHERE digest = ?", (digest,))


def delete_of(tx: Tx, person: int, *, but: str = "") -> int:
    """Ends somebody's sessions but that one; returns how many."""
    return len(tx.rows("DELETE FROM session WHERE person_id = ? AND digest <> ? RETURNING digest", (person, but)))


def delete_ended(tx: Tx, now: datetime) -> int:
    """Removes what has ended; returns how many."""
    return len(tx.rows("DELETE FROM session WHERE ends_at <= ? RETURNING digest", (epoch(now),)))
