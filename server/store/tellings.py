"""What receivers were told of which tickets: reading it, and writing it so that nobody is told twice.

Decision: who writes the row sends the letter. Both statements that write one change nothing where another process was
quicker, and give back only what they did change.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from server.core.alarms import Telling
from server.core.clock import epoch, from_epoch
from server.core.tickets import Ticket
from server.store.database import Tx
from server.store.fields import instant
from server.store.tickets import COLUMNS, value

MOST = 20_000
"""Tickets that one round looks at: more are never open at once, but it must not grow without end."""
PART = 1_000


def open_tickets(tx: Tx) -> list[Ticket]:
    """All that are open, oldest first."""
    rows = tx.rows(f"SELECT {COLUMNS} FROM ticket WHERE state = 'open' ORDER BY id LIMIT ?", (MOST,))
    return [value(row) for row in rows]


def standing(tx: Tx) -> list[Telling]:
    """What was told of open tickets, and of closed ones whose end was not told."""
    rows = tx.rows(
        "SELECT y.ticket_id, y.receiver_id, y.opened_at, y.closed_at, y.letter FROM telling y "
        "WHERE y.closed_at IS NULL OR y.ticket_id IN (SELECT id FROM ticket WHERE state = 'open')"
    )
    return [Telling(a, b, from_epoch(c), instant(d), e) for a, b, c, d, e in rows]


def by_numbers(tx: Tx, numbers: Iterable[int]) -> dict[int, Ticket]:
    """Tickets by number."""
    wanted = sorted(set(numbers))
    found: dict[int, Ticket] = {}
    for start in range(0, len(wanted), 5_000):
        part = wanted[start : start + 5_000]
        rows = tx.rows(f"SELECT {COLUMNS} FROM ticket WHERE id IN ({','.join('?' * len(part))})", part)
        found |= {row[0]: value(row) for row in rows}
    return found


def lately(tx: Tx, since: datetime) -> dict[tuple[int, str, str], datetime]:
    """When a receiver was told last that something was wrong, by receiver, category and subject; since then."""
    rows = tx.rows(
        "SELECT y.receiver_id, t.category, t.subject, max(y.opened_at) FROM telling y JOIN ticket t "
        "ON t.id = y.ticket_id WHERE y.opened_at > ? GROUP BY y.receiver_id, t.category, t.subject",
        (epoch(since),),
    )
    return {(receiver, category, subject): from_epoch(at) for receiver, category, subject, at in rows}


class Named(NamedTuple):
    """What a room is called; all "" for what is in no room."""

    slug: str = ""
    name: str = ""
    zone: str = ""


def names(tx: Tx, those: Iterable[Ticket]) -> dict[int, Named]:
    """What the room of each ticket is called, by the number of the ticket."""
    those = list(those)
    wanted = sorted({it.room for it in those if it.room is not None})
    rooms: dict[int, Named] = {}
    for start in range(0, len(wanted), 5_000):
        part = wanted[start : start + 5_000]
        rows = tx.rows(f"SELECT id, slug, name, zone FROM room WHERE id IN ({','.join('?' * len(part))})", part)
        rooms |= {number: Named(*named) for number, *named in rows}
    return {it.number: rooms.get(it.room or 0, Named()) for it in those}


def usual_zone(tx: Tx) -> str:
    """The zone of most rooms; UTC where there are none."""
    row = tx.one("SELECT zone FROM room GROUP BY zone ORDER BY count(*) DESC, zone LIMIT 1")
    return str(row[0]) if row else "UTC"


def device_names(tx: Tx, numbers: Iterable[int]) -> dict[int, str]:
    """Names of panels by number."""
    wanted = sorted(set(numbers))
    if not wanted:
        return {}
    return dict(tx.rows(f"SELECT id, name FROM device WHERE id IN ({','.join('?' * len(wanted))})", wanted))


def say_opened(tx: Tx, receiver: int, numbers: Iterable[int], now: datetime, letter: str) -> list[int]:
    """Writes that the receiver is told in that letter that these are open; gives those that it now is told of."""
    done: list[int] = []
    for part in _parts(numbers):
        rows = tx.rows(
            "INSERT INTO telling (ticket_id, receiver_id, opened_at, letter) SELECT t.id, r.id, ?, ? "
            f"FROM ticket t, receiver r WHERE t.id IN ({','.join('?' * len(part))}) AND t.state = 'open' AND r.id = ? "
            "ORDER BY t.id ON CONFLICT (ticket_id, receiver_id) DO UPDATE SET opened_at = excluded.opened_at, "
            "closed_at = NULL, letter = excluded.letter WHERE telling.closed_at IS NOT NULL RETURNING ticket_id",
            (epoch(now), letter, *part, receiver),
        )
        done += [number for (number,) in rows]
    return done


def say_closed(tx: Tx, receiver: int, numbers: Iterable[int], now: datetime) -> list[int]:
    """Writes that the receiver is told that these are closed; gives those that it now is told of."""
    done: list[int] = []
    for part in _parts(numbers):
        rows = tx.rows(
            f"UPDATE telling SET closed_at = ? WHERE ticket_id IN ({','.join('?' * len(part))}) AND receiver_id = ? "
            "AND closed_at IS NULL AND EXISTS (SELECT 1 FROM ticket t WHERE t.id = telling.ticket_id "
            "AND t.state = 'closed') RETURNING ticket_id",
            (epoch(now), *part, receiver),
        )
        done += [number for (number,) in rows]
    return done


def _parts(numbers: Iterable[int]) -> Iterator[list[int]]:
    """The numbers in order, as many at a time as a statement takes."""
    wanted = sorted(set(numbers))
    for start in range(0, len(wanted), PART):
        yield wanted[start : start + PART]


def same_letter(tx: Tx, number: int, address: str) -> tuple[int | None, list[int]]:
    """The receiver of that address who was told of the ticket, and all that the same letter told; None, [] of none."""
    row = tx.one(
        "SELECT y.receiver_id, y.letter FROM telling y JOIN receiver r ON r.id = y.receiver_id "
        "WHERE y.ticket_id = ? AND r.kind = 'mail' AND lower(r.target) = ? ORDER BY y.opened_at DESC LIMIT 1",
        (number, address.strip().lower()),
    )
    if row is None:
        return None, []
    rows = tx.rows("SELECT ticket_id FROM telling WHERE letter = ? ORDER BY ticket_id", (row[1],))
    return int(row[0]), [each for (each,) in rows]


def forget(tx: Tx, before: datetime, limit: int) -> int:
    """Removes tickets that were closed before then, with what was written and told of them; says how many."""
    rows = tx.rows(
        "SELECT id FROM ticket WHERE state = 'closed' AND closed_at < ? ORDER BY closed_at LIMIT ?",
        (epoch(before), limit),
    )
    gone = [number for (number,) in rows]
    if gone:
        marks = ",".join("?" * len(gone))
        for table, column in (("telling", "ticket_id"), ("ticket_note", "ticket_id"), ("ticket", "id")):
            tx.run(f"DELETE FROM {table} WHERE {column} IN ({marks})", gone)
    return len(gone)


def forget_texts(tx: Tx, before: datetime) -> None:
    """Removes what the feed says in words of tickets, where that happened before then."""
    tx.run(
        "DELETE FROM change_text WHERE seq IN (SELECT t.seq FROM change_text t JOIN change c ON c.seq = t.seq "
        "WHERE c.what LIKE 'ticket%' AND c.at < ?)",
        (epoch(before),),
    )
