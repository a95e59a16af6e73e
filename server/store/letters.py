"""Letters, the links in them, and who wants which: reading and writing rows."""

import json
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from server.core.clock import epoch, from_epoch
from server.core.letters import Kept, Letter, Link
from server.store.database import Row, Tx
from server.store.fields import instant

COLUMNS = (
    "id, kind, address, language, zone, data, key, person_id, state, made_at, next_at, tries, message_id, error, "
    "ended_at"
)
LINK = "digest, purpose, made_at, ends_at, occurrence_id, ticket_id, person_id, address, used_at"


def value(row: Row) -> Kept:
    """The letter of a row with COLUMNS."""
    number, kind, address, language, zone, data, key, person, state, made_at, next_at, tries, message, error, end = row
    letter = Letter(kind, address, language, zone, json.loads(data) if data else {}, key, person)
    return Kept(number, letter, state, from_epoch(made_at), from_epoch(next_at), tries, message, error, instant(end))


def insert(tx: Tx, it: Letter, now: datetime) -> bool:
    """Writes it to be sent at once; False where one with that key was written before, whatever came of it."""
    message = secrets.token_hex(16)  # who can name it in an answer has had the letter
    row = tx.one(
        "INSERT INTO letter (key, kind, person_id, ticket_id, address, language, zone, data, made_at, next_at, tries, "
        "state, message_id, error) VALUES (?,?,?,?,?,?,?,?,?,?,0,'waiting',?,'') ON CONFLICT (key) DO NOTHING "
        "RETURNING id",
        (it.key, it.kind, it.person, it.data.get("ticket"), it.address, it.language, it.zone,
         json.dumps(it.data, ensure_ascii=False), epoch(now), epoch(now), message),
    )  # fmt: skip
    return row is not None


def many(tx: Tx, most: int) -> bool:
    """Whether so many wait to be sent."""
    ends = tx.one("SELECT (SELECT max(id) FROM letter), (SELECT min(id) FROM letter WHERE state = 'waiting')")
    if ends is None or ends[1] is None or ends[0] - ends[1] + 1 < most:
        return False  # usually, and counting all for each letter would take as long as writing it
    return tx.one("SELECT 1 FROM letter WHERE state = 'waiting' LIMIT 1 OFFSET ?", (most - 1,)) is not None


def find(tx: Tx, number: int) -> Kept | None:
    row = tx.one(f"SELECT {COLUMNS} FROM letter WHERE id = ?", (number,))
    return value(row) if row else None


def listed(tx: Tx, state: str | None, limit: int) -> list[Kept]:
    """The newest, of one state or of all."""
    where, given = ("WHERE state = ?", [state]) if state is not None else ("", list[str]())
    return [value(row) for row in tx.rows(f"SELECT {COLUMNS} FROM letter {where} ORDER BY id DESC LIMIT ?",
                                          (*given, limit))]  # fmt: skip


def claim(tx: Tx, claimer: str, now: datetime, until: datetime, limit: int) -> list[Kept]:
    """Takes those that are due and nobody else has in hand, oldest first, until then."""
    due = (
        "SELECT id FROM letter WHERE state = 'waiting' AND next_at <= ? "
        "AND (claimed_until IS NULL OR claimed_until <= ?) ORDER BY next_at, id LIMIT ?"
    )
    due += " FOR UPDATE SKIP LOCKED" if tx.postgres else ""
    rows = tx.rows(
        f"UPDATE letter SET claim = ?, claimed_until = ? WHERE id IN ({due}) RETURNING {COLUMNS}",
        (claimer, epoch(until), epoch(now), epoch(now), limit),
    )
    return sorted((value(row) for row in rows), key=lambda it: (it.next_at, it.number))


def due(tx: Tx, now: datetime) -> bool:
    """Whether any is to be sent now."""
    return tx.one("SELECT 1 FROM letter WHERE state = 'waiting' AND next_at <= ? LIMIT 1", (epoch(now),)) is not None


def lost_since(tx: Tx, since: datetime) -> int:
    """How many came to nothing since then."""
    row = tx.one(
        "SELECT count(*) FROM letter WHERE state IN ('refused', 'parked', 'bounced') AND ended_at >= ?", (epoch(since),)
    )
    return int(row[0]) if row else 0


def mine(tx: Tx, number: int, claimer: str, now: datetime, until: datetime) -> bool:
    """Whether the claim still holds; if so it does until then."""
    row = tx.one(
        "UPDATE letter SET claimed_until = ? WHERE id = ? AND claim = ? AND state = 'waiting' AND claimed_until > ? "
        "RETURNING id",
        (epoch(until), number, claimer, epoch(now)),
    )
    return row is not None


def end(tx: Tx, number: int, claimer: str, state: str, now: datetime, error: str = "") -> bool:
    """What came of it; False where somebody else has it in hand. What is sent keeps nothing of what it said."""
    kept = "''" if state in ("sent", "dropped") else "data"
    row = tx.one(
        f"UPDATE letter SET state = ?, error = ?, ended_at = ?, data = {kept}, claim = NULL, claimed_until = NULL "
        "WHERE id = ? AND claim = ? AND state = 'waiting' RETURNING id",
        (state, error, epoch(now), number, claimer),
    )
    return row is not None


def later(tx: Tx, number: int, claimer: str, at: datetime, error: str, *, failed: bool = True) -> bool:
    """It is tried again then. `failed`: this try counts."""
    row = tx.one(
        "UPDATE letter SET next_at = ?, error = ?, tries = tries + ?, claim = NULL, claimed_until = NULL "
        "WHERE id = ? AND claim = ? AND state = 'waiting' RETURNING id",
        (epoch(at), error, int(failed), number, claimer),
    )
    return row is not None


def again(tx: Tx, number: int, now: datetime) -> bool:
    """Puts one that was refused, parked or bounced among those that wait; False where it says nothing any more."""
    row = tx.one(
        "UPDATE letter SET state = 'waiting', next_at = ?, tries = 0, ended_at = NULL, claim = NULL, "
        "claimed_until = NULL WHERE id = ? AND data <> '' AND (state IN ('refused', 'parked', 'bounced') "
        "OR (state = 'waiting' AND coalesce(claimed_until, 0) <= ?)) RETURNING id",
        (epoch(now), number, epoch(now)),
    )
    return row is not None


def bounced(tx: Tx, message: str, error: str, now: datetime) -> int | None:
    """Marks a letter that was sent as one that came back; its number, None where there is no such letter."""
    row = tx.one(
        "UPDATE letter SET state = 'bounced', error = ?, ended_at = ? WHERE message_id = ? "
        "AND state IN ('sent', 'bounced') RETURNING id",
        (error, epoch(now), message),
    )
    return int(row[0]) if row else None


def answered(tx: Tx, messages: Iterable[str]) -> tuple[int, str] | None:
    """The ticket that one of these letters was about, and to whom it went."""
    for message in messages:
        row = tx.one("SELECT ticket_id, address FROM letter WHERE message_id = ? AND ticket_id IS NOT NULL", (message,))
        if row:
            return int(row[0]), str(row[1])
    return None


def forget_ended(tx: Tx, before: datetime, limit: int) -> int:
    """Removes letters that came to an end before then; returns how many."""
    rows = tx.rows(
        "DELETE FROM letter WHERE id IN (SELECT id FROM letter WHERE state <> 'waiting' AND ended_at < ? LIMIT ?) "
        "RETURNING id",
        (epoch(before), limit),
    )
    return len(rows)


# Links


def put_link(tx: Tx, it: Link) -> None:
    tx.run(
        f"INSERT INTO link ({LINK}) VALUES (?,?,?,?,?,?,?,?,NULL)",
        (it.digest, it.purpose, epoch(it.made_at), epoch(it.ends_at), it.booking, it.ticket, it.person, it.address),
    )


def link(tx: Tx, digest: str) -> Link | None:
    row = tx.one(f"SELECT {LINK} FROM link WHERE digest = ?", (digest,))
    if row is None:
        return None
    kept, purpose, made_at, ends_at, booking, ticket, person, address, used_at = row
    return Link(
        kept, purpose, from_epoch(made_at), from_epoch(ends_at), booking, ticket, person, address, instant(used_at)
    )


def links_sent(tx: Tx, it: Letter, now: datetime) -> None:
    """Says of the links in a letter that a mail server has taken them."""
    for each in (it.data.get("links") or {}).values():
        tx.run(
            "UPDATE link SET sent_at = ? WHERE occurrence_id = ? AND purpose = ? AND address = ? AND sent_at IS NULL",
            (epoch(now), each.get("booking"), each["purpose"], it.address),
        )


def use_link(tx: Tx, digest: str, now: datetime) -> bool:
    """Marks it used; False where it was, or has expired."""
    row = tx.one(
        "UPDATE link SET used_at = ? WHERE digest = ? AND used_at IS NULL AND ends_at > ? RETURNING digest",
        (epoch(now), digest, epoch(now)),
    )
    return row is not None


def forget_links(tx: Tx, before: datetime) -> int:
    """Removes links that expired before then; returns how many."""
    return len(tx.rows("DELETE FROM link WHERE ends_at < ? RETURNING digest", (epoch(before),)))


# Who wants which


def choices(tx: Tx, person: int) -> dict[str, bool]:
    """What somebody said of which kind."""
    rows = tx.rows("SELECT kind, wanted FROM letter_choice WHERE person_id = ?", (person,))
    return {kind: bool(wanted) for kind, wanted in rows}


def choose(tx: Tx, person: int, said: dict[str, bool]) -> None:
    """Keeps what somebody says of these kinds."""
    tx.many(
        "INSERT INTO letter_choice (person_id, kind, wanted) VALUES (?,?,?) "
        "ON CONFLICT (person_id, kind) DO UPDATE SET wanted = excluded.wanted",
        [(person, kind, int(wanted)) for kind, wanted in said.items()],
    )


def wanting(tx: Tx, kind: str) -> list[int]:
    """Numbers of the people who asked for letters of a kind."""
    rows = tx.rows("SELECT person_id FROM letter_choice WHERE kind = ? AND wanted = 1 ORDER BY person_id", (kind,))
    return [int(row[0]) for row in rows]


def forget_person(tx: Tx, number: int, email: str, name: str) -> None:
    """Removes letters to somebody, their links and choices, and what tells others of them.

    A name of one word is looked for nowhere: it is in many letters that mean nobody.
    """
    for table in ("letter", "link", "letter_choice"):
        tx.run(f"DELETE FROM {table} WHERE person_id = ?", (number,))
    for table in ("letter", "link"):
        tx.run(f"DELETE FROM {table} WHERE lower(address) = ?", (email.lower(),))
    for word in filter(None, (email, name if " " in name else "")):
        said = f"%{_escaped(json.dumps(word, ensure_ascii=False)[1:-1])}%"
        # As it is written and in capitals, too: SQLite lowers no letter with an accent.
        like = " OR ".join(f"{column} LIKE ? ESCAPE '!'" for column in ("lower(data)", "data", "data"))
        tx.run(f"DELETE FROM letter WHERE {like}", (said.lower(), said, said.upper()))


def _escaped(word: str) -> str:
    for sign in "!%_":
        word = word.replace(sign, f"!{sign}")
    return word


def told(tx: Tx, person: int) -> list[dict[str, Any]]:
    """The letters to somebody, for those who ask what is held about them."""
    rows = tx.rows(
        "SELECT kind, address, language, data, made_at, state, ended_at FROM letter WHERE person_id = ? ORDER BY id",
        (person,),
    )
    names = ("kind", "address", "language", "data", "made_at", "state", "ended_at")
    return [dict(zip(names, row, strict=True)) for row in rows]
