"""Keys that act as a person, of vendors' kinds, and badges. Digests only, but for the secrets of signatures."""

from collections.abc import Iterable
from datetime import datetime

from server.core.clock import epoch, from_epoch
from server.core.credentials import ApiKey, Badge
from server.store.database import Row, Tx
from server.store.fields import instant, seconds

COLUMNS = (
    "id, person_id, kind, name, prefix, sealed_secret, persistent, blocked, made_at, last_used_at, expires_at, "
    "revoked_at"
)


def value(row: Row) -> ApiKey:
    number, person, kind, name, prefix, sealed, persistent, blocked, made, used, expires, revoked = row
    times = (from_epoch(made), instant(used), instant(expires), instant(revoked))
    return ApiKey(number, person, kind, name, prefix, sealed, bool(persistent), bool(blocked), *times)


def by_digest(tx: Tx, digest: str) -> ApiKey | None:
    row = tx.one(f"SELECT {COLUMNS} FROM api_key WHERE digest = ?", (digest,))
    return value(row) if row else None


def by_number(tx: Tx, number: int) -> ApiKey | None:
    row = tx.one(f"SELECT {COLUMNS} FROM api_key WHERE id = ?", (number,))
    return value(row) if row else None


def every(tx: Tx, *, person: int | None = None) -> list[ApiKey]:
    """Keys in the order of their making, revoked ones too; of one person or of all."""
    if person is None:
        return [value(row) for row in tx.rows(f"SELECT {COLUMNS} FROM api_key ORDER BY id")]
    sql = f"SELECT {COLUMNS} FROM api_key WHERE person_id = ? ORDER BY id"
    return [value(row) for row in tx.rows(sql, (person,))]


def insert(tx: Tx, it: ApiKey, digest: str) -> int:
    """Writes a new key and returns its number."""
    row = tx.one(
        "INSERT INTO api_key (person_id, kind, name, digest, prefix, sealed_secret, persistent, blocked, made_at, "
        "expires_at) VALUES (?,?,?,?,?,?,?,?,?,?) RETURNING id",
        (
            it.person, it.kind, it.name, digest, it.prefix, it.sealed, int(it.persistent), int(it.blocked),
            epoch(it.made_at), seconds(it.expires_at),
        ),
    )  # fmt: skip
    return int(row[0]) if row else 0


def revoke(tx: Tx, number: int, at: datetime) -> None:
    tx.run("UPDATE api_key SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", (epoch(at), number))


def block(tx: Tx, number: int, *, blocked: bool) -> None:
    tx.run("UPDATE api_key SET blocked = ? WHERE id = ?", (int(blocked), number))


def touch(tx: Tx, used: Iterable[tuple[int, datetime]]) -> None:
    """Notes when keys were last used; never set back."""
    tx.many(
        "UPDATE api_key SET last_used_at = ? WHERE id = ? AND coalesce(last_used_at, 0) < ?",
        [(epoch(at), number, epoch(at)) for number, at in used],
    )


def badge_holder(tx: Tx, digest: str) -> int | None:
    """The number of whose badge it is."""
    row = tx.one("SELECT person_id FROM badge WHERE digest = ?", (digest,))
    return int(row[0]) if row else None


def badges(tx: Tx, person: int) -> list[Badge]:
    """Somebody's badges in the order of their making."""
    sql = "SELECT digest, person_id, label, made_at FROM badge WHERE person_id = ? ORDER BY made_at, digest"
    return [Badge(row[0][:12], row[1], row[2], from_epoch(row[3])) for row in tx.rows(sql, (person,))]


def insert_badge(tx: Tx, person: int, digest: str, label: str, at: datetime) -> None:
    tx.run("INSERT INTO badge (digest, person_id, label, made_at) VALUES (?,?,?,?)", (digest, person, label, epoch(at)))


def remove_badge(tx: Tx, person: int, id_: str) -> int:
    """Removes somebody's badge by its id; returns how many there were."""
    sql = "DELETE FROM badge WHERE person_id = ? AND substr(digest, 1, 12) = ? RETURNING digest"
    return len(tx.rows(sql, (person, id_)))
