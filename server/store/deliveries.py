"""Messages to webhooks: queueing, claiming and settling rows.

Decisions:
- A delivery is claimed by one conditional statement, for a time; who does not settle it by then has lost it.
- A claim that ends later than any can was made by a clock that has been set back since; it counts for nothing.
"""

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from server.core.clock import epoch, from_epoch
from server.core.hooks import ACTIVE, DROPPED, GAP, WAITING, Delivery
from server.store.database import Row, Tx
from server.store.fields import instant

TOLD = "id, hook_id, event, type, made_at, next_at, tries, state, status, error, ended_at, body <> ''"
REACH = 3_600
"""Seconds; no claim is for longer."""
WAITS = "SELECT id FROM delivery WHERE hook_id = ? AND state = 'waiting'"
FREE = "(claimed_until IS NULL OR claimed_until <= ? OR claimed_until > ?)"


def value(row: Row) -> Delivery:
    number, hook, event, type_, made_at, next_at, tries, state, status, error, ended_at, has_body = row
    return Delivery(
        number, hook, event, type_, from_epoch(made_at), from_epoch(next_at), tries, state, status, error,
        instant(ended_at), bool(has_body),
    )  # fmt: skip


def enqueue(
    tx: Tx, hook: int, event: str, type_: str, body: str, now: datetime, *, next_at: datetime | None = None,
    tries: int = 0,
) -> bool:  # fmt: skip
    """Writes a delivery that is due at once, or then; False where that event is there already."""
    rows = tx.rows(
        "INSERT INTO delivery (hook_id, event, type, body, made_at, next_at, tries, state, error) "
        "VALUES (?,?,?,?,?,?,?,?,'') ON CONFLICT (hook_id, event) DO NOTHING RETURNING id",
        (hook, event, type_, body, epoch(now), epoch(next_at or now), tries, WAITING),
    )
    return bool(rows)


def waiting(tx: Tx, hook: int) -> int:
    """How many deliveries of a hook wait."""
    row = tx.one("SELECT count(*) FROM delivery WHERE hook_id = ? AND state = 'waiting'", (hook,))
    return int(row[0]) if row else 0


def drop_oldest(tx: Tx, hook: int, count: int, now: datetime) -> list[tuple[str, datetime]]:
    """Drops so many of the oldest that wait and that nobody has claimed; their types and when they were made."""
    rows = tx.rows(
        "UPDATE delivery SET state = ?, body = '', ended_at = ?, error = 'too_many' WHERE state = ? AND id IN "
        f"(SELECT id FROM delivery WHERE hook_id = ? AND state = 'waiting' AND type <> ? AND {FREE} "
        "ORDER BY id LIMIT ?) RETURNING type, made_at",
        (DROPPED, epoch(now), WAITING, hook, GAP, epoch(now), epoch(now) + REACH, count),
    )
    return sorted(((type_, from_epoch(made)) for type_, made in rows), key=lambda it: it[1])


def drop_made_before(tx: Tx, before: datetime, now: datetime, limit: int) -> int:
    """Drops what has waited since before then; returns how many."""
    rows = tx.rows(
        "UPDATE delivery SET state = 'dropped', body = '', ended_at = ?, error = 'too_old', claim = NULL, "
        "claimed_until = NULL WHERE id IN (SELECT id FROM delivery WHERE state = 'waiting' AND made_at < ? LIMIT ?) "
        "RETURNING id",
        (epoch(now), epoch(before), limit),
    )
    return len(rows)


def drop_waiting(tx: Tx, hook: int, now: datetime, why: str) -> None:
    """Drops all that waits for a hook."""
    tx.run(
        "UPDATE delivery SET state = 'dropped', body = '', ended_at = ?, error = ?, claim = NULL, claimed_until = NULL "
        "WHERE hook_id = ? AND state = 'waiting'",
        (epoch(now), why, hook),
    )


def gap(tx: Tx, hook: int) -> tuple[int, str, datetime, int] | None:
    """The word of a gap that waits for a hook and that nobody has claimed: number, body, when next, tries."""
    sql = (
        "SELECT id, body, next_at, tries FROM delivery WHERE hook_id = ? AND type = ? AND state = 'waiting' "
        "AND claim IS NULL ORDER BY id LIMIT 1"
    )
    row = tx.one(sql, (hook, GAP))
    return (row[0], row[1], from_epoch(row[2]), row[3]) if row else None


def forget(tx: Tx, number: int) -> None:
    tx.run("DELETE FROM delivery WHERE id = ?", (number,))


def due(tx: Tx, now: datetime, lease: timedelta, *, each: int, slow: int) -> bool:
    """Whether `claim` would find anything, asked without a writer's turn."""
    at, last = epoch(now), epoch(now + lease)
    row = tx.one(
        "SELECT 1 FROM hook h WHERE h.state = ? AND EXISTS (SELECT 1 FROM delivery WHERE hook_id = h.id "
        f"AND state = 'waiting' AND next_at <= ? AND {FREE}) AND (SELECT count(*) FROM delivery WHERE hook_id = h.id "
        "AND claim IS NOT NULL AND state = 'waiting' AND claimed_until > ? AND claimed_until <= ?) "
        "< CASE WHEN h.failing_since IS NULL THEN ? ELSE ? END LIMIT 1",
        (ACTIVE, at, at, last, at, last, each, slow),
    )
    return row is not None


def claim(
    tx: Tx, now: datetime, lease: timedelta, most: int, *, each: int, slow: int, by: str, failing: int | None = None
) -> list[Row]:  # fmt: skip
    """Claims up to `most` due deliveries, at most `each` under way for one hook, for those that fail at most `slow`.

    Up to `failing` of them are for hooks that fail. Returns (id, hook_id, event, type, body, tries) of each. The hook
    that has waited longest comes first.
    """
    at, last, left = epoch(now), epoch(now + lease), most if failing is None else failing
    hooks = tx.rows(
        "SELECT h.id, h.failing_since IS NOT NULL, (SELECT min(d.next_at) FROM delivery d WHERE d.hook_id = h.id "
        "AND d.state = 'waiting') AS due FROM hook h WHERE h.state = ? ORDER BY due, h.id",
        (ACTIVE,),
    )
    found: list[Row] = []
    for hook, fails, due in hooks:
        if due is None or due > at or len(found) >= most:
            continue
        under_way = tx.rows(
            f"{WAITS} AND claim IS NOT NULL AND claimed_until > ? AND claimed_until <= ?", (hook, at, last)
        )
        free = min(most - len(found), min(slow, left) if fails else each, (slow if fails else each) - len(under_way))
        if free > 0:
            mine = _claimed(tx, hook, at, last, free, by)
            found, left = found + mine, left - len(mine) * bool(fails)
    return found


def _claimed(tx: Tx, hook: int, at: int, last: int, most: int, by: str) -> list[Row]:
    return tx.rows(
        f"UPDATE delivery SET claim = ?, claimed_until = ? WHERE id IN ({WAITS} "
        f"AND next_at <= ? AND {FREE} ORDER BY next_at, id LIMIT ?) AND state = 'waiting' "
        f"AND {FREE} RETURNING id, hook_id, event, type, body, tries",
        (by, last, hook, at, at, last, most, at, last),
    )


def claimed(tx: Tx, number: int, by: str, now: datetime) -> bool:
    """Whether a delivery is still claimed by this one, and its hook still wants it."""
    row = tx.one(
        "SELECT 1 FROM delivery d JOIN hook h ON h.id = d.hook_id WHERE d.id = ? AND d.claim = ? "
        "AND d.state = 'waiting' AND d.claimed_until > ? AND h.state = ?",
        (number, by, epoch(now), ACTIVE),
    )
    return row is not None


def settle(
    tx: Tx, number: int, by: str, state: str, now: datetime, *, next_at: datetime, tries: int, status: int | None,
    error: str,
) -> bool:  # fmt: skip
    """Writes what came of a try; False where the claim is no longer this one's, and nothing is written."""
    rows = tx.rows(
        "UPDATE delivery SET state = ?, next_at = ?, tries = ?, status = ?, error = ?, ended_at = ?, claim = NULL, "
        "claimed_until = NULL WHERE id = ? AND claim = ? AND state = 'waiting' RETURNING id",
        (state, epoch(next_at), tries, status, error, None if state == WAITING else epoch(now), number, by),
    )
    return bool(rows)


def give_back(tx: Tx, number: int, by: str) -> None:
    """Ends a claim of which nothing came."""
    sql = "UPDATE delivery SET claim = NULL, claimed_until = NULL WHERE id = ? AND claim = ? AND state = 'waiting'"
    tx.run(sql, (number, by))


def listed(tx: Tx, hook: int, *, before: int | None, limit: int, states: Collection[str] = ()) -> list[Delivery]:
    """Deliveries of a hook, the newest first; those older than a number, in one of the states where some are named."""
    marks = f"AND state IN ({','.join('?' * len(states))}) " if states else ""
    sql = f"SELECT {TOLD} FROM delivery WHERE hook_id = ? AND id < ? {marks}ORDER BY id DESC LIMIT ?"
    return [value(row) for row in tx.rows(sql, (hook, before or 2**62, *states, limit))]


def by_event(tx: Tx, hook: int, event: str) -> Delivery | None:
    row = tx.one(f"SELECT {TOLD} FROM delivery WHERE hook_id = ? AND event = ?", (hook, event))
    return value(row) if row else None


def counts(tx: Tx) -> dict[int, dict[str, int]]:
    """How many deliveries wait and how many are parked, by hook."""
    out: dict[int, dict[str, int]] = {}
    for state in ("waiting", "parked"):  # a partial index has the rows of each
        sql = f"SELECT hook_id, count(*) FROM delivery WHERE state = '{state}' GROUP BY hook_id"
        for hook, count in tx.rows(sql):
            out.setdefault(hook, {})[state] = int(count)
    return out


def again(tx: Tx, hook: int, now: datetime, *, event: str | None = None, limit: int) -> int:
    """Makes parked deliveries due again, or the one that is named, ended as it may be; returns how many."""
    which = "event = ?" if event is not None else "state = 'parked'"
    rows = tx.rows(
        "UPDATE delivery SET state = 'waiting', next_at = ?, tries = 0, ended_at = NULL, error = '' WHERE id IN "
        f"(SELECT id FROM delivery WHERE hook_id = ? AND {which} AND state <> 'waiting' AND body <> '' "
        "ORDER BY id DESC LIMIT ?) RETURNING id",
        (epoch(now), hook, *((event,) if event is not None else ()), limit),
    )
    return len(rows)


def forget_bodies(tx: Tx, before: datetime, limit: int) -> int:
    """Forgets what ended deliveries said, but of parked ones; returns of how many."""
    rows = tx.rows(
        "UPDATE delivery SET body = '' WHERE id IN (SELECT id FROM delivery WHERE ended_at < ? AND body <> '' "
        "AND state <> 'parked' LIMIT ?) RETURNING id",
        (epoch(before), limit),
    )
    return len(rows)


def forget_rows(tx: Tx, before: datetime, limit: int) -> int:
    """Removes deliveries that ended before then; returns how many."""
    rows = tx.rows(
        "DELETE FROM delivery WHERE id IN (SELECT id FROM delivery WHERE ended_at < ? LIMIT ?) RETURNING id",
        (epoch(before), limit),
    )
    return len(rows)


def forget_texts(tx: Tx, texts: Sequence[str], now: datetime) -> int:
    """Empties every delivery that says one of these texts, in whatever letters; what waits is dropped. How many."""
    done = 0
    for text in filter(None, texts):
        plain = json.dumps(text, ensure_ascii=False)[1:-1]
        like = "%" + plain.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%"
        # As it is written and in capitals, too: SQLite lowers no letter with an accent.
        asked = " OR ".join(f"{column} LIKE ? ESCAPE '!'" for column in ("lower(body)", "body", "body"))
        rows = tx.rows(
            "UPDATE delivery SET body = '', state = CASE WHEN state IN ('waiting', 'parked') THEN 'dropped' "
            "ELSE state END, error = CASE WHEN state IN ('waiting', 'parked') THEN 'erased' ELSE error END, "
            "claim = NULL, claimed_until = NULL, ended_at = coalesce(ended_at, ?) "
            f"WHERE body <> '' AND ({asked}) RETURNING id",
            (epoch(now), like.lower(), like, like.upper()),
        )
        done += len(rows)
    return done
