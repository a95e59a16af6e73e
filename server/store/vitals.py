"""How the house does, in numbers: queues, panels, tickets, sizes; a few counts, each over an index or a small table."""

from pathlib import Path

from server.store.database import Store, Tx


def counted(tx: Tx, table: str, column: str, where: str = "1 = 1") -> dict[str, int]:
    """How many rows of a table there are by a column."""
    rows = tx.rows(f"SELECT {column}, count(*) FROM {table} WHERE {where} GROUP BY {column}")
    return {str(name): int(count) for name, count in rows}


def deliveries(tx: Tx) -> dict[str, int]:
    """Deliveries to webhooks that wait or are parked."""
    return counted(tx, "delivery", "state", "state IN ('waiting', 'parked')")


def letters(tx: Tx) -> dict[str, int]:
    """Letters by state, but for those that were sent."""
    return counted(tx, "letter", "state", "state <> 'sent'")


def tickets(tx: Tx) -> dict[str, int]:
    """Open tickets by category."""
    return counted(tx, "ticket", "category", "state = 'open'")


def stuck(tx: Tx) -> dict[str, int]:
    """Acts that a listener could not take, by listener."""
    return counted(tx, "stuck", "listener")


def paired(tx: Tx) -> int:
    """Panels that are paired, heard of or not."""
    return int(tx.rows("SELECT count(*) FROM device WHERE revoked_at IS NULL")[0][0])


def size(store: Store, tx: Tx) -> dict[str, int]:
    """Bytes of the database, and on SQLite of its write-ahead log."""
    if store.postgres:
        return {"database": int(tx.rows("SELECT pg_database_size(current_database())")[0][0])}
    path = Path(next(row[2] for row in tx.rows("PRAGMA database_list") if row[1] == "main"))
    return {"database": _bytes(path), "wal": _bytes(path.with_name(f"{path.name}-wal"))}


def _bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


WANTED = {
    "sqlite": {"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"},
    "postgres": {"synchronous_commit": "on", "fsync": "on", "full_page_writes": "on"},
}
"""What keeps what was acknowledged when the power goes."""


def durability(store: Store, tx: Tx) -> dict[str, tuple[str, str]]:
    """The settings of the database that a power cut would tell of: (what it says, what it should), by name."""
    if store.postgres:
        return {name: (str(tx.rows(f"SHOW {name}")[0][0]), want) for name, want in WANTED["postgres"].items()}
    return {name: (str(tx.rows(f"PRAGMA {name}")[0][0]), want) for name, want in WANTED["sqlite"].items()}
