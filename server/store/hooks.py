"""Webhooks: reading and writing rows."""

from datetime import datetime

from server.core.clock import epoch, from_epoch
from server.core.hooks import Hook
from server.store.database import Row, Tx
from server.store.fields import instant, numbers, seconds

COLUMNS = (
    "id, public_id, url, patterns, made_at, made_by, dialect, rooms, person_id, github, state, why, failing_since, "
    "former_until, since, version"
)


def value(row: Row) -> Hook:
    number, id_, url, patterns, made_at, made_by, dialect, rooms, person, github, state, why, failing, until, *last = (
        row
    )
    return Hook(
        number, id_, url, tuple(patterns.split(",")), from_epoch(made_at), made_by, dialect, frozenset(numbers(rooms)),
        person, bool(github), state, why, instant(failing), instant(until), *last,
    )  # fmt: skip


def every(tx: Tx) -> list[Hook]:
    """All hooks in the order of their making."""
    return [value(row) for row in tx.rows(f"SELECT {COLUMNS} FROM hook ORDER BY id")]


def by_id(tx: Tx, id_: str) -> Hook | None:
    row = tx.one(f"SELECT {COLUMNS} FROM hook WHERE public_id = ?", (id_,))
    return value(row) if row else None


def by_number(tx: Tx, number: int) -> Hook | None:
    row = tx.one(f"SELECT {COLUMNS} FROM hook WHERE id = ?", (number,))
    return value(row) if row else None


def insert(tx: Tx, it: Hook, secret: str) -> int:
    """Writes a new hook with its sealed secret; returns its number."""
    row = tx.one(
        "INSERT INTO hook (public_id, url, patterns, made_at, made_by, dialect, rooms, person_id, github, state, why, "
        "secret, since, version) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,1) RETURNING id",
        (
            it.id, it.url, ",".join(it.patterns), epoch(it.made_at), it.made_by, it.dialect,
            ",".join(map(str, sorted(it.rooms))), it.person, int(it.github), it.state, it.why, secret, it.since,
        ),
    )  # fmt: skip
    return int(row[0]) if row else 0


def update(tx: Tx, it: Hook) -> None:
    """Writes what can change of a hook, but for its secrets."""
    tx.run(
        "UPDATE hook SET url = ?, patterns = ?, rooms = ?, github = ?, state = ?, why = ?, failing_since = ?, "
        "version = version + 1 WHERE id = ?",
        (
            it.url, ",".join(it.patterns), ",".join(map(str, sorted(it.rooms))), int(it.github), it.state, it.why,
            seconds(it.failing_since), it.number,
        ),
    )  # fmt: skip


def secrets(tx: Tx, number: int) -> tuple[str, str | None]:
    """The sealed secret of a hook, and the one before it."""
    row = tx.one("SELECT secret, former_secret FROM hook WHERE id = ?", (number,))
    return (row[0], row[1]) if row else ("", None)


def rotate(tx: Tx, number: int, secret: str, until: datetime) -> None:
    """Puts a new sealed secret in the place of the old one, which goes on signing until then."""
    sql = "UPDATE hook SET former_secret = secret, secret = ?, former_until = ?, version = version + 1 WHERE id = ?"
    tx.run(sql, (secret, epoch(until), number))


def forget_former(tx: Tx, now: datetime) -> None:
    """Forgets secrets that no longer sign."""
    tx.run("UPDATE hook SET former_secret = NULL, former_until = NULL WHERE former_until <= ?", (epoch(now),))


def failing(tx: Tx, number: int, since: datetime | None) -> None:
    """Notes since when there are nothing but failures; None: there was a success."""
    if since is None:
        tx.run("UPDATE hook SET failing_since = NULL WHERE id = ? AND failing_since IS NOT NULL", (number,))
    else:
        tx.run("UPDATE hook SET failing_since = ? WHERE id = ? AND failing_since IS NULL", (epoch(since), number))


def stop(tx: Tx, number: int, state: str, why: str) -> None:
    """Has a hook told nothing more, for now or for ever."""
    tx.run("UPDATE hook SET state = ?, why = ?, version = version + 1 WHERE id = ?", (state, why, number))


def remove(tx: Tx, number: int) -> None:
    """Removes a hook and all its deliveries."""
    tx.run("DELETE FROM delivery WHERE hook_id = ?", (number,))
    tx.run("DELETE FROM hook WHERE id = ?", (number,))


def of_person(tx: Tx, person: int) -> list[Hook]:
    """The hooks that are somebody's."""
    return [value(row) for row in tx.rows(f"SELECT {COLUMNS} FROM hook WHERE person_id = ? ORDER BY id", (person,))]
