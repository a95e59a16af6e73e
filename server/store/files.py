"""Files of rooms, places and bookings: reading and writing rows. Their bytes are read only where they are asked for."""

from server.core.clock import epoch, from_epoch
from server.core.files import File
from server.store.database import Row, Tx

COLUMNS = "id, kind, subject, name, media, size, digest, made_at, made_by"


def value(row: Row) -> File:
    """The file of a row with COLUMNS."""
    number, kind, subject, name, media, size, digest, made_at, made_by = row
    return File(number, kind, subject, name, media, size, digest, from_epoch(made_at), made_by)


def every(tx: Tx, kind: str, subject: int) -> list[File]:
    """The files of a kind that a thing has, in the order of their making."""
    rows = tx.rows(f"SELECT {COLUMNS} FROM file WHERE kind = ? AND subject = ? ORDER BY id", (kind, subject))
    return [value(row) for row in rows]


def by_number(tx: Tx, number: int) -> File | None:
    row = tx.one(f"SELECT {COLUMNS} FROM file WHERE id = ?", (number,))
    return value(row) if row else None


def body(tx: Tx, number: int) -> bytes:
    """The bytes of a file; none where there is no such file."""
    row = tx.one("SELECT body FROM file WHERE id = ?", (number,))
    return bytes(row[0]) if row else b""


def insert(tx: Tx, it: File, data: bytes) -> int:
    """Writes a file and returns its number."""
    row = tx.one(
        "INSERT INTO file (kind, subject, name, media, size, digest, made_at, made_by, body) "
        "VALUES (?,?,?,?,?,?,?,?,?) RETURNING id",
        (it.kind, it.subject, it.name, it.media, it.size, it.digest, epoch(it.made_at), it.made_by, data),
    )
    return int(row[0]) if row else 0


def delete(tx: Tx, number: int) -> None:
    tx.run("DELETE FROM file WHERE id = ?", (number,))
