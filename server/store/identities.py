"""Who somebody is at a sign-in provider: (issuer, subject) and the person it stands for."""

from datetime import datetime

from server.core.clock import epoch
from server.store.database import Tx
from server.store.fields import storable


def person_of(tx: Tx, provider: str, subject: str) -> int | None:
    """The number of the person whom the provider calls so."""
    if not (storable(provider) and storable(subject)):
        return None
    row = tx.one("SELECT person_id FROM identity WHERE provider = ? AND subject = ?", (provider, subject))
    return int(row[0]) if row else None


def link(tx: Tx, provider: str, subject: str, person: int, at: datetime) -> None:
    """From now on that is that person. Raises the database's own error where it is another's already."""
    tx.run(
        "INSERT INTO identity (provider, subject, person_id, made_at) VALUES (?,?,?,?)",
        (provider, subject, person, epoch(at)),
    )


def of(tx: Tx, person: int) -> list[tuple[str, str, int]]:
    """(provider, subject, made at) of somebody, in the order of their making."""
    rows = tx.rows("SELECT provider, subject, made_at FROM identity WHERE person_id = ? ORDER BY made_at", (person,))
    return [(row[0], row[1], row[2]) for row in rows]


def linked(tx: Tx, person: int, provider: str) -> bool:
    """Whether somebody has an identity at that provider already."""
    row = tx.one("SELECT 1 FROM identity WHERE person_id = ? AND provider = ?", (person, provider))
    return row is not None


def unlink(tx: Tx, person: int) -> None:
    tx.run("DELETE FROM identity WHERE person_id = ?", (person,))
