"""What is held about somebody across the tables, and taking it away; what has been kept long enough."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.core.clock import epoch
from server.core.model import Booking, Series
from server.store.bookings import COLUMNS, columns, value
from server.store.database import Tx
from server.store.fields import details_text
from server.store.series import series_columns, series_value
from server.store.tables import SERIES, listed

PAGE, MOST_MARKS = 2000, 10_000
SERIES_COLUMNS = listed(SERIES)
Strike = Callable[[Booking | Series], Booking | Series]
"""A booking or series without what is to go; the same value back where there is nothing."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A stored answer to a request with a key, as its columns."""

    actor: str
    key: str
    before: str | None
    after: str
    more: str | None


def bookings_of(tx: Tx, person: int, email: str) -> list[Booking]:
    """The bookings that are somebody's, that carry their e-mail, or that name them among the attendees."""
    rows = tx.rows(
        f"SELECT {COLUMNS} FROM occurrence WHERE owner_id = ? OR lower(organizer_email) = ? "
        "OR details LIKE '%\"attendees\"%' OR details LIKE '%\"booked_for\"%' ORDER BY id",
        (person, email.lower()),
    )
    found = [value(row) for row in rows]
    return [it for it in found if _theirs(it, person, email) or _named(it, person, email)]


def series_of(tx: Tx, person: int, email: str) -> list[Series]:
    """The same for series."""
    rows = tx.rows(
        f"SELECT {SERIES_COLUMNS} FROM series WHERE owner_id = ? OR lower(organizer_email) = ? "
        "OR details LIKE '%\"attendees\"%' OR details LIKE '%\"booked_for\"%' ORDER BY id",
        (person, email.lower()),
    )
    found = [series_value(row) for row in rows]
    return [it for it in found if _theirs(it, person, email) or _named(it, person, email)]


def _theirs(it: Booking | Series, person: int, email: str) -> bool:
    return it.owner == person or (it.organizer_email != "" and it.organizer_email.lower() == email.lower())


def _named(it: Booking | Series, person: int, email: str) -> bool:
    there = any(each.person == person or each.email.lower() == email.lower() for each in it.details.attendees)
    return there or it.details.booked_for == person


def write_bookings(tx: Tx, changed: Iterable[Booking]) -> None:
    """Writes the texts and details of these bookings; nothing else of them."""
    tx.many(
        "UPDATE occurrence SET title = ?, organizer = ?, organizer_email = ?, description = ?, details = ?, "
        "version = ? WHERE id = ?",
        [
            (it.title, it.organizer, it.organizer_email, it.description, details_text(it.details), it.version, it.id)
            for it in changed
        ],
    )


def write_series(tx: Tx, changed: Iterable[Series]) -> None:
    """Writes the texts and details of these series; nothing else of them."""
    tx.many(
        "UPDATE series SET title = ?, organizer = ?, organizer_email = ?, description = ?, details = ? WHERE id = ?",
        [
            (it.title, it.organizer, it.organizer_email, it.description, details_text(it.details), it.id)
            for it in changed
        ],
    )


def forget_texts(tx: Tx, bookings: Iterable[int], person: int) -> None:
    """Removes the feed's texts about these bookings and about the person; the entries themselves stay."""
    numbers = list(bookings)
    for start in range(0, len(numbers), MOST_MARKS):
        part = numbers[start : start + MOST_MARKS]
        tx.run(
            "DELETE FROM change_text WHERE seq IN (SELECT seq FROM change WHERE room_id IS NOT NULL "
            f"AND subject IN ({','.join('?' * len(part))}))",
            part,
        )
    tx.run(
        "DELETE FROM change_text WHERE seq IN "
        "(SELECT seq FROM change WHERE (subject = ? AND room_id IS NULL AND what LIKE 'person%') "
        "OR (actor = ? AND what LIKE 'ticket%'))",
        (person, f"person:{person}"),
    )


def forget_texts_in(tx: Tx, rooms: Iterable[int], booking: int) -> None:
    """Removes the feed's texts about one booking of these rooms; the entries themselves stay."""
    for room in rooms:
        told = "SELECT seq FROM change WHERE room_id = ? AND subject = ?"
        tx.run(f"DELETE FROM change_text WHERE seq IN ({told})", (room, booking))


def answers(tx: Tx, since: int = 0) -> Iterator[Answer]:
    """The stored answers, of those that were given at or after an instant (epoch)."""
    last = ("", "")
    while True:
        rows = tx.rows(
            "SELECT actor, op_key, before, after, more FROM op "
            "WHERE at >= ? AND (actor > ? OR (actor = ? AND op_key > ?)) ORDER BY actor, op_key LIMIT ?",
            (since, last[0], last[0], last[1], PAGE),
        )
        yield from (Answer(*row) for row in rows)
        if len(rows) < PAGE:
            return
        last = rows[-1][0], rows[-1][1]


def struck(it: Answer, strike: Strike) -> Answer | None:
    """The answer without what is to go, None where there is nothing."""
    after, before = _struck_row(it.after, strike), _struck_row(it.before, strike) if it.before else None
    more: dict[str, Any] = json.loads(it.more) if it.more else {}
    was = series_value(tuple(more["series"])) if "series" in more else None
    now = strike(was) if was is not None else None
    if isinstance(now, Series) and now is not was:
        fresh = Answer(it.actor, it.key, before, after, json.dumps(more | {"series": series_columns(now)}))
    else:
        fresh = Answer(it.actor, it.key, before, after, it.more)
    return None if fresh == it else fresh


def _struck_row(text: str, strike: Strike) -> str:
    was = value(tuple(json.loads(text)))
    now = strike(was)
    return text if now is was or not isinstance(now, Booking) else json.dumps(columns(now))


def write_answers(tx: Tx, changed: Iterable[Answer]) -> None:
    tx.many(
        "UPDATE op SET before = ?, after = ?, more = ? WHERE actor = ? AND op_key = ?",
        [(it.before, it.after, it.more, it.actor, it.key) for it in changed],
    )


def forget_person(tx: Tx, number: int, at: datetime) -> None:
    """Removes what else hangs on somebody: memberships, rights, identities, sessions, badges, keys, waits, files."""
    for table in ("membership", "identity", "session", "badge", "api_key", "wait"):
        tx.run(f"DELETE FROM {table} WHERE person_id = ?", (number,))
    reports = "what LIKE 'ticket%' AND subject IN (SELECT ticket_id FROM ticket_note WHERE person_id = ?)"
    tx.run(f"DELETE FROM change_text WHERE seq IN (SELECT seq FROM change WHERE {reports})", (number,))
    tx.run("DELETE FROM ticket_note WHERE person_id = ?", (number,))
    tx.run("UPDATE conflict SET resolved_by = '' WHERE resolved_by = ?", (f"person:{number}",))
    tx.run("UPDATE recovered SET seen_by = '' WHERE seen_by = ?", (f"person:{number}",))
    tx.run("DELETE FROM rights WHERE kind = 'person' AND subject = ?", (number,))
    tx.run("DELETE FROM file WHERE kind = 'person' AND subject = ?", (number,))
    tx.run("UPDATE token SET name = '', revoked_at = coalesce(revoked_at, ?) WHERE person_id = ?", (epoch(at), number))
    tx.run("UPDATE person SET password = NULL, pin = NULL, feed_digest = NULL, credits = 0 WHERE id = ?", (number,))


def forget_receiver(tx: Tx, email: str) -> None:
    """Nobody of that address is told of tickets any more."""
    theirs = "(SELECT id FROM receiver WHERE kind = 'mail' AND lower(target) = ?)"
    tx.run(f"DELETE FROM telling WHERE receiver_id IN {theirs}", (email.lower(),))
    tx.run("DELETE FROM receiver WHERE kind = 'mail' AND lower(target) = ?", (email.lower(),))


def held_about(tx: Tx, number: int) -> dict[str, list[dict[str, Any]]]:
    """The rows that hang on somebody, by table, as name and value; no digest and no secret."""
    asked = {
        "identities": "SELECT provider, subject, made_at FROM identity WHERE person_id = ?",
        "badges": "SELECT label, made_at FROM badge WHERE person_id = ?",
        "sessions": "SELECT source, label, made_at, seen_at, ends_at FROM session WHERE person_id = ?",
        "keys": "SELECT id, kind, name, prefix, made_at, last_used_at, expires_at, revoked_at FROM api_key "
        "WHERE person_id = ?",
        "tokens": "SELECT public_id, name, scope, prefix, made_at, last_used_at, expires_at, revoked_at FROM token "
        "WHERE person_id = ?",
        "rights": "SELECT place_id, room_id, level FROM rights WHERE kind = 'person' AND subject = ?",
        "waits": "SELECT rooms, starts, ends, title, standing, made_at FROM wait WHERE person_id = ?",
        "receives": "SELECT place_id, category FROM receiver WHERE kind = 'mail' AND lower(target) = "
        "(SELECT lower(email) FROM person WHERE id = ?)",
        "hooks": "SELECT public_id, url, patterns, state, made_at FROM hook WHERE person_id = ?",
        "reports": "SELECT ticket_id, at, body FROM ticket_note WHERE person_id = ?",
        "files": "SELECT name, media, size, made_at FROM file WHERE kind = 'person' AND subject = ?",
    }
    settled = "SELECT id, room_id, resolution, resolved_at FROM conflict WHERE resolved_by = ?"
    told = {name: _dicts(tx, sql, (number,)) for name, sql in asked.items()}
    sql = (
        "SELECT c.seq, c.at, c.what, c.room_id, c.subject, c.actor, c.codes, t.body FROM change c "
        "LEFT JOIN change_text t ON t.seq = c.seq WHERE c.actor = ? "
        "OR (c.subject = ? AND c.room_id IS NULL AND c.what LIKE 'person%') ORDER BY c.seq"
    )
    told["conflicts"] = _dicts(tx, settled, (f"person:{number}",))
    looked = "SELECT id, room_id, seen_at FROM recovered WHERE seen_by = ?"
    told["recovered"] = _dicts(tx, looked, (f"person:{number}",))
    return told | {"changes": _dicts(tx, sql, (f"person:{number}", number))}


def _dicts(tx: Tx, sql: str, values: tuple[object, ...]) -> list[dict[str, Any]]:
    listed = sql.partition("SELECT ")[2].partition(" FROM")[0]
    names = [name.strip().rpartition(".")[2] for name in listed.split(",")]
    return [dict(zip(names, row, strict=True)) for row in tx.rows(sql, values)]


# What has been kept long enough


def telling(tx: Tx, before: datetime, limit: int) -> list[Booking]:
    """Bookings that ended before then and still say something of people, oldest first."""
    rows = tx.rows(
        f"SELECT {COLUMNS} FROM occurrence WHERE ends < ? AND (title <> '' OR description <> '' OR organizer <> '' "
        "OR organizer_email <> '' OR details <> '{}') ORDER BY ends LIMIT ?",
        (epoch(before), limit),
    )
    return [value(row) for row in rows]


def telling_series(tx: Tx, before: datetime, limit: int) -> list[Series]:
    """Series that have no date since then, and no more to come, and still say something of people."""
    rows = tx.rows(
        f"SELECT {SERIES_COLUMNS} FROM series WHERE open = 0 AND (title <> '' OR description <> '' OR organizer <> '' "
        "OR organizer_email <> '' OR details <> '{}') AND NOT EXISTS "
        "(SELECT 1 FROM occurrence o WHERE o.series_id = series.id AND o.ends >= ?) ORDER BY id LIMIT ?",
        (epoch(before), limit),
    )
    return [series_value(row) for row in rows]


def forget_answers(tx: Tx, before: datetime, limit: int) -> int:
    """Removes stored answers that were given before then; returns how many."""
    rows = tx.rows(
        "DELETE FROM op WHERE (actor, op_key) IN (SELECT actor, op_key FROM op WHERE at < ? LIMIT ?) RETURNING at",
        (epoch(before), limit),
    )
    return len(rows)


def forget_told(tx: Tx, before: datetime) -> int:
    """Removes the feed's texts of what happened before then; returns how many."""
    sql = "DELETE FROM change_text WHERE seq IN (SELECT seq FROM change WHERE at < ?) RETURNING seq"
    return len(tx.rows(sql, (epoch(before),)))


def forget_seen(tx: Tx, before: datetime) -> int:
    """Forgets when people were last seen, where that was before then; returns of how many."""
    sql = "UPDATE person SET seen_at = NULL WHERE seen_at < ? AND account = 'active' RETURNING id"
    return len(tx.rows(sql, (epoch(before),)))


def long_inactive(tx: Tx, before: datetime) -> list[int]:
    """Numbers of people who are inactive, and of whom nothing was changed or seen since then."""
    rows = tx.rows(
        "SELECT p.id FROM person p WHERE p.account = 'inactive' AND p.erased_at IS NULL AND p.sealed = 0 "
        "AND p.made_at < ? AND coalesce(p.seen_at, 0) < ? AND NOT EXISTS (SELECT 1 FROM change c "
        "WHERE c.subject = p.id AND c.room_id IS NULL AND c.what LIKE 'person%' AND c.at >= ?) ORDER BY p.id",
        (epoch(before),) * 3,
    )
    return [row[0] for row in rows]
