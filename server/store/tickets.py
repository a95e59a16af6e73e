"""Tickets, what was written of them, and who receives them: reading and writing rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from server.core.clock import epoch, from_epoch
from server.core.places import HOUSE
from server.core.tickets import Receiver, Ticket
from server.store.database import Row, Tx
from server.store.fields import instant

COLUMNS = (
    "id, category, subject, place_id, room_id, codes, opened_at, opened_by, since, again_at, times, state, closed_at, "
    "closed_by, version"
)
RECEIVER = "id, place_id, category, kind, target, language, delay_minutes, quiet, version"
MOST_MARKS = 5_000


@dataclass(frozen=True, slots=True)
class Written:
    """What somebody wrote of a ticket; `person` None where nobody we know did."""

    ticket: int
    person: int | None
    at: datetime
    body: str


def value(row: Row) -> Ticket:
    """The ticket of a row with COLUMNS."""
    (number, category, subject, place, room, codes, opened_at, opened_by, since, again_at, times, state, closed_at,
     closed_by, version) = row  # fmt: skip
    return Ticket(
        number, category, subject, place, room, tuple(filter(None, codes.split(","))), from_epoch(opened_at), opened_by,
        from_epoch(since), from_epoch(again_at), times, state, instant(closed_at), closed_by, version,
    )  # fmt: skip


def place_of(tx: Tx, room: int | None) -> int:
    """The place that a room is in; the house where there is no such room."""
    row = tx.one("SELECT place_id FROM room WHERE id = ?", (room,)) if room is not None else None
    return int(row[0]) if row else HOUSE


def again(tx: Tx, category: str, subject: str, now: datetime) -> Ticket | None:
    """Counts that the cause of an open ticket was met again; None where none is open."""
    row = tx.one(
        "UPDATE ticket SET times = times + 1, again_at = ?, version = version + 1 "
        f"WHERE category = ? AND subject = ? AND state = 'open' RETURNING {COLUMNS}",
        (epoch(now), category, subject),
    )
    return value(row) if row else None


def reopen(tx: Tx, category: str, subject: str, now: datetime, since: datetime) -> Ticket | None:
    """Opens the ticket anew that was closed last, where that was at `since` or later; else None."""
    row = tx.one(
        "UPDATE ticket SET state = 'open', since = ?, again_at = ?, times = times + 1, closed_at = NULL, "
        "closed_by = '', version = version + 1 WHERE state = 'closed' AND id = (SELECT id FROM ticket "
        f"WHERE subject = ? AND category = ? AND closed_at >= ? ORDER BY id DESC LIMIT 1) RETURNING {COLUMNS}",
        (epoch(now), epoch(now), subject, category, epoch(since)),
    )
    return value(row) if row else None


def insert(tx: Tx, it: Ticket) -> Ticket:
    """Writes a new one; where another process has opened it meanwhile, that one counts once more."""
    row = tx.one(
        "INSERT INTO ticket (category, subject, place_id, room_id, codes, opened_at, opened_by, since, again_at, "
        "times, state, closed_by, version) VALUES (?,?,?,?,?,?,?,?,?,1,'open','',1) "
        "ON CONFLICT (category, subject) WHERE state = 'open' DO UPDATE SET times = ticket.times + 1, "
        f"again_at = excluded.again_at RETURNING {COLUMNS}",
        (it.category, it.subject, it.place, it.room, ",".join(it.codes), epoch(it.opened_at), it.opened_by,
         epoch(it.since), epoch(it.again_at)),
    )  # fmt: skip
    return value(row) if row else it


def close(tx: Tx, number: int, now: datetime, by: str) -> Ticket | None:
    """Closes a ticket; None where it is not open."""
    row = tx.one(
        "UPDATE ticket SET state = 'closed', closed_at = ?, closed_by = ?, version = version + 1 "
        f"WHERE id = ? AND state = 'open' RETURNING {COLUMNS}",
        (epoch(now), by, number),
    )
    return value(row) if row else None


def recode(tx: Tx, number: int, codes: Sequence[str]) -> None:
    """Says otherwise what a ticket is about."""
    tx.run("UPDATE ticket SET codes = ?, version = version + 1 WHERE id = ?", (",".join(codes), number))


def find(tx: Tx, number: int) -> Ticket | None:
    row = tx.one(f"SELECT {COLUMNS} FROM ticket WHERE id = ?", (number,)) if 0 < number < 1 << 63 else None
    return value(row) if row else None


def open_one(tx: Tx, category: str, subject: str) -> Ticket | None:
    """The open ticket of a category and subject."""
    row = tx.one(
        f"SELECT {COLUMNS} FROM ticket WHERE category = ? AND subject = ? AND state = 'open'", (category, subject)
    )
    return value(row) if row else None


def open_of(tx: Tx, category: str) -> list[Ticket]:
    """All open ones of a category, by number."""
    rows = tx.rows(f"SELECT {COLUMNS} FROM ticket WHERE category = ? AND state = 'open' ORDER BY id", (category,))
    return [value(row) for row in rows]


def write_note(tx: Tx, it: Written, most: int) -> bool:
    """Keeps what somebody wrote, unless so many have written of it already."""
    row = tx.one("SELECT count(*) FROM ticket_note WHERE ticket_id = ?", (it.ticket,))
    if row is not None and row[0] >= most:
        return False
    tx.run(
        "INSERT INTO ticket_note (ticket_id, person_id, at, body) VALUES (?,?,?,?)",
        (it.ticket, it.person, epoch(it.at), it.body),
    )
    return True


def notes(tx: Tx, tickets: Sequence[int]) -> dict[int, list[Written]]:
    """What was written of these, oldest first."""
    found: dict[int, list[Written]] = {}
    for start in range(0, len(tickets), MOST_MARKS):
        part = tickets[start : start + MOST_MARKS]
        rows = tx.rows(
            "SELECT ticket_id, person_id, at, body FROM ticket_note "
            f"WHERE ticket_id IN ({','.join('?' * len(part))}) ORDER BY id",
            part,
        )
        for ticket, person, at, body in rows:
            found.setdefault(ticket, []).append(Written(ticket, person, from_epoch(at), body))
    return found


def page(
    tx: Tx, *, state: str = "", category: str = "", rooms: Iterable[int] | None = None, limit: int, after: int = 0
) -> list[Ticket]:
    """Tickets newest first, those before the number `after` (0: from the newest); `rooms` None: wherever they are."""
    where: list[str] = ["1 = 1"]
    given: list[object] = []
    for clause, it in (("state = ?", state), ("category = ?", category), ("id < ?", after)):
        if it:
            where.append(clause)
            given.append(it)
    if rooms is not None:
        numbers = list(rooms)
        if not numbers:
            return []
        where.append(f"room_id IN ({','.join('?' * len(numbers))})")
        given += numbers
    rows = tx.rows(
        f"SELECT {COLUMNS} FROM ticket WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT ?", [*given, limit]
    )
    return [value(row) for row in rows]


# Receivers


def receivers(tx: Tx) -> list[Receiver]:
    """All receivers, in the order of their making."""
    return [Receiver(*row) for row in tx.rows(f"SELECT {RECEIVER} FROM receiver ORDER BY id")]


def receiver(tx: Tx, number: int) -> Receiver | None:
    row = tx.one(f"SELECT {RECEIVER} FROM receiver WHERE id = ?", (number,)) if 0 < number < 1 << 63 else None
    return Receiver(*row) if row else None


def insert_receiver(tx: Tx, it: Receiver) -> int | None:
    """Writes a new one and returns its number; None where there is the same already."""
    row = tx.one(
        "INSERT INTO receiver (place_id, category, kind, target, language, delay_minutes, quiet, version) "
        "VALUES (?,?,?,?,?,?,?,1) ON CONFLICT (place_id, category, kind, target) DO NOTHING RETURNING id",
        (it.place, it.category, it.kind, it.target, it.language, it.delay_minutes, it.quiet),
    )
    return int(row[0]) if row else None


def update_receiver(tx: Tx, it: Receiver) -> None:
    """Writes how a receiver is told; who it is, where and of what stays."""
    tx.run(
        "UPDATE receiver SET language = ?, delay_minutes = ?, quiet = ?, version = version + 1 WHERE id = ?",
        (it.language, it.delay_minutes, it.quiet, it.number),
    )


def delete_receiver(tx: Tx, number: int) -> None:
    """Removes a receiver and what it was told."""
    tx.run("DELETE FROM telling WHERE receiver_id = ?", (number,))
    tx.run("DELETE FROM receiver WHERE id = ?", (number,))
