"""Doors' journals as rows: how far each was taken, what came of every entry, and cards that could not be read."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from server.core.clock import epoch, from_epoch
from server.store.database import Row, Tx

KEPT = timedelta(days=45)
"""A journal that was not heard of for so long is over: entries are kept for 30 days on the card."""
EPOCHS = 20
TORN = 5
HOURLY = 1_000
"""Entries of a device that are taken in an hour; more wait on the card. Months at a busy door are fewer."""
_WHAT = (
    "SELECT id, op, device_id, epoch, seq, hash, act, room_id, outcome, codes, occurrence_id, conflict_id, at "
    "FROM door_op WHERE "
)


@dataclass(frozen=True, slots=True)
class Taken:
    """An entry that was taken and what came of it. `codes`: what the rules had against it, or why it had no effect."""

    op: str
    device: int
    epoch: str
    seq: int
    hash: str
    act: str
    room: int | None
    outcome: str
    codes: tuple[str, ...]
    booking: int | None
    conflict: int | None
    at: datetime
    id: int = 0


def applied(tx: Tx, device: int, name: str) -> tuple[int, str]:
    """How far a device's journal of an epoch was taken, and the hash of the last entry; (0, "") for a new one."""
    row = tx.one("SELECT applied, hash FROM door_journal WHERE device_id = ? AND epoch = ?", (device, name))
    return (int(row[0]), row[1]) if row else (0, "")


def put(tx: Tx, device: int, name: str, upto: int, last: str, now: datetime) -> bool:
    """Says how far it is taken now; False where the device has begun too many epochs. Those long over make room."""
    at = epoch(now)
    done = tx.one(
        "UPDATE door_journal SET applied = ?, hash = ?, heard_at = ? WHERE device_id = ? AND epoch = ? "
        "RETURNING applied",
        (upto, last, at, device, name),
    )
    if done is not None:
        return True
    tx.run("DELETE FROM door_journal WHERE device_id = ? AND heard_at < ?", (device, epoch(now - KEPT)))
    count = tx.one("SELECT count(*) FROM door_journal WHERE device_id = ?", (device,))
    if count is not None and count[0] >= EPOCHS:
        return False
    tx.run(
        "INSERT INTO door_journal (device_id, epoch, applied, hash, began_at, heard_at) VALUES (?,?,?,?,?,?)",
        (device, name, upto, last, at, at),
    )
    return True


def known(tx: Tx, device: int, name: str, said: Collection[tuple[int, str]]) -> dict[int, dict[str, Taken]]:
    """Those of these entries (number and hash) that were taken.

    Not all of their numbers: who forges a card makes as many of one as they like, and each would cost more than the
    one before.
    """
    if not said:
        return {}
    numbers, marks = [number for number, _ in said], ",".join("?" * len(said))
    rows = tx.rows(
        f"{_WHAT}device_id = ? AND epoch = ? AND seq >= ? AND seq <= ? AND hash IN ({marks})",
        (device, name, min(numbers), max(numbers), *(digest for _, digest in said)),
    )
    out: dict[int, dict[str, Taken]] = {}
    for row in rows:
        it = _value(row)
        out.setdefault(it.seq, {})[it.hash] = it
    return out


def of_number(tx: Tx, device: int, name: str, number: int) -> Taken | None:
    """One of the entries that were taken with that number."""
    row = tx.one(_WHAT + "device_id = ? AND epoch = ? AND seq = ? LIMIT 1", (device, name, number))
    return _value(row) if row else None


def lately(tx: Tx, device: int, now: datetime) -> int:
    """How many entries of a device were taken in the last hour."""
    since = epoch(now - timedelta(hours=1))
    row = tx.one("SELECT count(*) FROM door_op WHERE device_id = ? AND at > ?", (device, since))
    return int(row[0]) if row else 0


def by_op(tx: Tx, op: str) -> Taken | None:
    """The first entry with that op that had an effect, else the first, of whatever device."""
    rows = tx.rows(_WHAT + "op = ? ORDER BY CASE outcome WHEN 'nothing' THEN 1 ELSE 0 END, id LIMIT 1", (op,))
    return _value(rows[0]) if rows else None


def insert(tx: Tx, it: Taken, said: dict[str, Any]) -> None:
    """Keeps an entry, whole as it was sent."""
    tx.run(
        "INSERT INTO door_op (op, device_id, epoch, seq, hash, act, room_id, body, outcome, codes, occurrence_id, "
        "conflict_id, at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            it.op, it.device, it.epoch, it.seq, it.hash, it.act, it.room, json.dumps(said), it.outcome,
            ",".join(it.codes), it.booking, it.conflict, epoch(it.at),
        ),
    )  # fmt: skip


def rooms_of(tx: Tx, device: int, since: datetime) -> frozenset[int]:
    """The rooms that a device has, or left since then."""
    rows = tx.rows(
        "SELECT room_id FROM device_room WHERE device_id = ? "
        "UNION SELECT room_id FROM device_left WHERE device_id = ? AND left_at >= ?",
        (device, device, epoch(since)),
    )
    return frozenset(row[0] for row in rows)


def panels_of(tx: Tx, room: int) -> tuple[str, ...]:
    """The actors of all devices that are or were at a room: their cards go on in others."""
    rows = tx.rows(
        "SELECT device_id FROM device_room WHERE room_id = ? UNION SELECT device_id FROM device_left WHERE room_id = ?",
        (room, room),
    )
    return tuple(f"device:{row[0]}" for row in rows)


def keep_torn(tx: Tx, device: int, body: bytes, now: datetime) -> bool:
    """Keeps a card's journal as it was found, the newest few of a device; False where it is there already."""
    if tx.one("SELECT 1 FROM torn_journal WHERE device_id = ? AND body = ?", (device, body)) is not None:
        return False
    tx.run("INSERT INTO torn_journal (device_id, at, body) VALUES (?,?,?)", (device, epoch(now), body))
    tx.run(
        "DELETE FROM torn_journal WHERE device_id = ? AND id NOT IN "
        "(SELECT id FROM torn_journal WHERE device_id = ? ORDER BY id DESC LIMIT ?)",
        (device, device, TORN),
    )
    return True


def torn(tx: Tx, device: int) -> list[tuple[datetime, bytes]]:
    """The torn journals of a device, oldest first."""
    rows = tx.rows("SELECT at, body FROM torn_journal WHERE device_id = ? ORDER BY id", (device,))
    return [(from_epoch(at), bytes(body)) for at, body in rows]


def forget(tx: Tx, before: datetime, limit: int) -> int:
    """Takes away entries that were taken before then, and torn journals; returns how many entries."""
    tx.run("DELETE FROM torn_journal WHERE at < ?", (epoch(before),))
    rows = tx.rows(
        "DELETE FROM door_op WHERE id IN (SELECT id FROM door_op WHERE at < ? ORDER BY at LIMIT ?) RETURNING id",
        (epoch(before), limit),
    )
    return len(rows)


def outcomes(tx: Tx, devices: Collection[int]) -> dict[str, int]:
    """How many entries of these devices came to what."""
    marks = ",".join("?" * len(devices))
    sql = f"SELECT outcome, count(*) FROM door_op WHERE device_id IN ({marks}) GROUP BY outcome"
    return {name: int(count) for name, count in tx.rows(sql, tuple(devices))} if devices else {}


def _value(row: Row) -> Taken:
    number, op, device, name, seq, digest, act, room, outcome, codes, booking, conflict, at = row
    said = tuple(codes.split(",")) if codes else ()
    return Taken(op, device, name, seq, digest, act, room, outcome, said, booking, conflict, from_epoch(at), number)
