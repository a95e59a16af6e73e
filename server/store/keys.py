"""Tokens and devices: what a secret's digest opens. Secrets themselves are never here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.core.clock import epoch, from_epoch
from server.core.model import Device, Token
from server.store.database import Row, Tx
from server.store.fields import instant, seconds, storable
from server.store.tables import DEVICE, TOKEN, listed, token

LEFT = timedelta(days=14)
"""More than from the begin of any check-in to the end of its booking's release."""
TOKEN_COLUMNS, DEVICE_COLUMNS = listed(TOKEN), listed(DEVICE)


def _token(tx: Tx, row: Row) -> Token:
    number, id_, name, scope, prefix, made_at, used, expires, revoked, person = row
    rooms = frozenset(r[0] for r in tx.rows("SELECT room_id FROM token_room WHERE token_id = ?", (number,)))
    made = from_epoch(made_at)
    used_at, ends, ended = instant(used), instant(expires), instant(revoked)
    return Token(number, id_, name, scope, prefix, rooms, made, used_at, ends, ended, person)


def _device(row: Row, rooms: tuple[int, ...]) -> Device:
    number, name, prefix, made, seen, revoked, kind, place, serial, model, fingerprint, quarantined = row
    return Device(
        number, name, prefix, frozenset(rooms), from_epoch(made), instant(seen), instant(revoked),
        kind, place, serial, model, fingerprint, instant(quarantined), rooms,
    )  # fmt: skip


def _one_device(tx: Tx, row: Row | None) -> Device | None:
    if row is None:
        return None
    rows = tx.rows("SELECT room_id FROM device_room WHERE device_id = ? ORDER BY position, room_id", (row[0],))
    return _device(row, tuple(each for (each,) in rows))


def token_by_digest(tx: Tx, digest: str) -> Token | None:
    row = tx.one(f"SELECT {TOKEN_COLUMNS} FROM token WHERE digest = ?", (digest,))
    return _token(tx, row) if row else None


def token_by_id(tx: Tx, id_: str) -> Token | None:
    row = tx.one(f"SELECT {TOKEN_COLUMNS} FROM token WHERE public_id = ?", (id_,)) if storable(id_) else None
    return _token(tx, row) if row else None


def tokens(tx: Tx) -> list[Token]:
    """Every token, revoked ones too, in the order of their making."""
    query = token.select(*(token.c[column] for column in TOKEN)).order_by(token.c.id)
    return [_token(tx, row) for row in tx.query(query.tuples())]


def insert_token(tx: Tx, it: Token, digest: str) -> int:
    """Writes a new token and its rooms; returns its number."""
    row = tx.one(
        "INSERT INTO token (public_id, name, scope, digest, prefix, made_at, expires_at, person_id) "
        "VALUES (?,?,?,?,?,?,?,?) RETURNING id",
        (it.id, it.name, it.scope, digest, it.prefix, epoch(it.made_at), seconds(it.expires_at), it.person),
    )
    number = int(row[0]) if row else 0
    for room in sorted(it.rooms):
        tx.run("INSERT INTO token_room (token_id, room_id) VALUES (?,?)", (number, room))
    return number


def revoke_token(tx: Tx, number: int, at: datetime) -> None:
    tx.run("UPDATE token SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", (epoch(at), number))


def touch_tokens(tx: Tx, used: Iterable[tuple[int, datetime]]) -> None:
    """Notes when tokens were last used; never sets one back."""
    for number, at in used:
        tx.run(
            "UPDATE token SET last_used_at = ? WHERE id = ? AND coalesce(last_used_at, 0) < ?",
            (epoch(at), number, epoch(at)),
        )


def device_by_digest(tx: Tx, digest: str) -> Device | None:
    return _one_device(tx, tx.one(f"SELECT {DEVICE_COLUMNS} FROM device WHERE digest = ?", (digest,)))


def device_by_number(tx: Tx, number: int) -> Device | None:
    return _one_device(tx, tx.one(f"SELECT {DEVICE_COLUMNS} FROM device WHERE id = ?", (number,)))


def devices(tx: Tx) -> list[Device]:
    """Every device, revoked ones too, in the order of their making."""
    rooms: dict[int, tuple[int, ...]] = {}
    for number, room in tx.rows("SELECT device_id, room_id FROM device_room ORDER BY device_id, position, room_id"):
        rooms[number] = (*rooms.get(number, ()), room)
    rows = tx.rows(f"SELECT {DEVICE_COLUMNS} FROM device ORDER BY id")
    return [_device(row, rooms.get(row[0], ())) for row in rows]


def devices_in_use(tx: Tx) -> int:
    """How many devices there are that were not revoked."""
    return int(tx.rows("SELECT count(*) FROM device WHERE revoked_at IS NULL")[0][0])


def insert_device(tx: Tx, it: Device, digest: str, enrolment: int | None = None) -> int:
    """Writes a new device and its rooms; returns its number. `enrolment`: by which enrolment key it was let in."""
    row = tx.one(
        "INSERT INTO device (name, digest, prefix, made_at, kind, place_id, serial, model, fingerprint, enrolment_id) "
        "VALUES (?,?,?,?,?,?,?,?,?,?) RETURNING id",
        (it.name, digest, it.prefix, epoch(it.made_at), it.kind, it.place, it.serial, it.model, it.fingerprint,
         enrolment),
    )  # fmt: skip
    number = int(row[0]) if row else 0
    _put_rooms(tx, number, it.rooms_in_order, {}, it.made_at)
    return number


def assign_device(tx: Tx, it: Device, at: datetime) -> None:
    """Writes what a device is: its name, kind, place and rooms; those that it did not have it shows since `at`.

    Of those that it has no more it is kept for some days that it was there.
    """
    known: dict[int, int] = dict(tx.rows("SELECT room_id, since FROM device_room WHERE device_id = ?", (it.number,)))
    tx.run("UPDATE device SET name = ?, kind = ?, place_id = ? WHERE id = ?", (it.name, it.kind, it.place, it.number))
    tx.run("DELETE FROM device_room WHERE device_id = ?", (it.number,))
    _put_rooms(tx, it.number, it.rooms_in_order, known, at)
    tx.run("DELETE FROM device_left WHERE left_at < ?", (epoch(at - LEFT),))
    tx.many(
        "INSERT INTO device_left (device_id, room_id, left_at) VALUES (?,?,?) ON CONFLICT (device_id, room_id) "
        "DO UPDATE SET left_at = excluded.left_at",
        [(it.number, room, epoch(at)) for room in sorted(known.keys() - it.rooms)],
    )


def _put_rooms(tx: Tx, number: int, rooms: Iterable[int], since: Mapping[int, int], at: datetime) -> None:
    each = [(number, room, position, since.get(room, epoch(at))) for position, room in enumerate(rooms)]
    tx.many("INSERT INTO device_room (device_id, room_id, position, since) VALUES (?,?,?,?)", each)


def lock_device(tx: Tx, number: int) -> None:
    """Nobody else changes the device until the end. SQLite has one writer."""
    if tx.postgres:
        tx.rows("SELECT id FROM device WHERE id = ? FOR UPDATE", (number,))


def revoke_device(tx: Tx, number: int, at: datetime) -> None:
    tx.run("UPDATE device SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", (epoch(at), number))


def quarantine_device(tx: Tx, number: int, at: datetime | None) -> bool:
    """Sets a device apart, or (None) takes it back; False where it was so already, or is not in use any more."""
    was = "IS NULL" if at is not None else "IS NOT NULL"
    sql = f"UPDATE device SET quarantined_at = ? WHERE id = ? AND quarantined_at {was} AND revoked_at IS NULL"
    return tx.one(f"{sql} RETURNING id", (seconds(at), number)) is not None


@dataclass(frozen=True, slots=True)
class Heard:
    """What a device said of itself at `at` (`said`, JSON text), and what follows from it; see engine/hearing.py.

    `settled_at` None: something done at its glass has not reached us yet.
    """

    at: datetime
    said: str
    painted_since: datetime | None = None
    settled_at: datetime | None = None
    touch: str = ""


def hear_token(tx: Tx, token: int, room: int, it: Heard) -> None:
    """Notes that a panel at a room runs with a token, and what it said, unless something newer is noted."""
    tx.run(
        "INSERT INTO token_panel (token_id, room_id, seen_at, painted_since, settled_at, touch) "
        "SELECT id, ?, ?, ?, ?, ? FROM token WHERE id = ? ON CONFLICT (token_id, room_id) DO UPDATE SET "
        "seen_at = excluded.seen_at, touch = excluded.touch, painted_since = excluded.painted_since, "
        "settled_at = coalesce(excluded.settled_at, token_panel.settled_at) "
        "WHERE token_panel.seen_at <= ? OR token_panel.seen_at > ?",
        (room, epoch(it.at), seconds(it.painted_since), seconds(it.settled_at), it.touch, token, epoch(it.at),
         epoch(it.at) + 60),
    )  # fmt: skip
