"""The waiting list: reading and writing rows. Every change is a compare-and-set by the version."""

from dataclasses import replace
from datetime import datetime

from server.core.clock import epoch, from_epoch
from server.core.period import Period
from server.core.waiting import Wait
from server.store.database import Row, Tx
from server.store.fields import instant, numbers, seconds

COLUMNS = "id, person_id, rooms, starts, ends, title, made_at, standing, occurrence_id, offered_until, version"
_OPEN = "standing IN ('waiting', 'offered')"


def value(row: Row) -> Wait:
    """The wait of a row with COLUMNS."""
    number, person, rooms, starts, ends, title, made_at, standing, booking, until, version = row
    return Wait(
        number, person, numbers(rooms), from_epoch(starts), from_epoch(ends), title, from_epoch(made_at), standing,
        booking, instant(until), version,
    )  # fmt: skip


def insert(tx: Tx, it: Wait) -> Wait:
    """Writes a new one; returns it with its number."""
    row = tx.one(
        "INSERT INTO wait (person_id, rooms, starts, ends, title, standing, made_at, version) "
        "VALUES (?,?,?,?,?,?,?,1) RETURNING id",
        (it.person, ",".join(map(str, it.rooms)), epoch(it.starts), epoch(it.ends), it.title, it.standing,
         epoch(it.made_at)),
    )  # fmt: skip
    return replace(it, number=int(row[0]) if row else 0)


def find(tx: Tx, number: int) -> Wait | None:
    row = tx.one(f"SELECT {COLUMNS} FROM wait WHERE id = ?", (number,))
    return value(row) if row else None


def offer_of(tx: Tx, booking: int) -> Wait | None:
    """The wait for which that booking is held."""
    row = tx.one(f"SELECT {COLUMNS} FROM wait WHERE occurrence_id = ? AND standing = 'offered'", (booking,))
    return value(row) if row else None


def put(tx: Tx, it: Wait) -> bool:
    """Writes standing, booking and offer of a wait as it was read; False where somebody was quicker."""
    row = tx.one(
        "UPDATE wait SET standing = ?, occurrence_id = ?, offered_until = ?, version = version + 1 "
        "WHERE id = ? AND version = ? RETURNING id",
        (it.standing, it.booking, seconds(it.offered_until), it.number, it.version),
    )
    return row is not None


def queue(tx: Tx, window: Period | None = None, *, limit: int = 5_000) -> list[Wait]:
    """Those that wait or were offered something, who came first first; in a window those that start there."""
    where, given = _OPEN, ()
    if window is not None:
        where += " AND starts >= ? AND starts < ?"
        given = (epoch(window.start), epoch(window.end))  # type: ignore[assignment]
    rows = tx.rows(f"SELECT {COLUMNS} FROM wait WHERE {where} ORDER BY made_at, id LIMIT {limit}", given)
    return [value(row) for row in rows]


def of_person(tx: Tx, person: int, since: datetime) -> list[Wait]:
    """What somebody waits for, and what came of what was for a time since then, by start."""
    rows = tx.rows(
        f"SELECT {COLUMNS} FROM wait WHERE person_id = ? AND starts >= ? ORDER BY starts, id",
        (person, epoch(since)),
    )
    return [value(row) for row in rows]


def open_count(tx: Tx, person: int) -> int:
    """For how many times somebody waits."""
    row = tx.one(f"SELECT count(*) FROM wait WHERE person_id = ? AND {_OPEN}", (person,))
    return int(row[0]) if row else 0


def end_over(tx: Tx, now: datetime) -> int:
    """Those that still wait for a time that has begun wait no more; how many."""
    rows = tx.rows(
        "UPDATE wait SET standing = 'over', version = version + 1 WHERE standing = 'waiting' AND starts <= ? "
        "RETURNING id",
        (epoch(now),),
    )
    return len(rows)
