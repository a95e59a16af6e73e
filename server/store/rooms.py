"""Rooms: reading and writing rows."""

import json
from collections.abc import Iterable

from server.core.model import Room
from server.store.database import Row, Tx
from server.store.fields import attributes_text, attributes_value, numbers, policy_text, policy_value, storable
from server.store.tables import ROOM, listed, room

COLUMNS = listed(ROOM)


def value(row: Row) -> Room:
    """The room of a row with the columns ROOM."""
    number, slug, name, zone, email, capacity, room_number, kind, facilities, *rest = row
    texts, (active, auto_accept, policy, version, place, own, *more) = rest[:8], rest[8:]
    status, reason, color, x, y, walk, parts, attributes = more
    things = tuple(json.loads(facilities)) if facilities != "[]" else ()  # most rooms set nothing of their own
    begin = (number, slug, name, zone, email, capacity, room_number, kind, things)
    plan = (x, y) if x is not None else None
    middle = (*texts, bool(active), bool(auto_accept), policy_value(policy), version, place)
    end = (
        json.loads(own) if own != "{}" else {},
        status,
        reason,
        color,
        plan,
        walk,
        numbers(parts),
        attributes_value(attributes),
    )
    fields: Row = (*begin, *middle, *end)
    return Room(*fields)


def by_slug(tx: Tx, slug: str) -> Room | None:
    row = tx.one(f"SELECT {COLUMNS} FROM room WHERE slug = ?", (slug,)) if storable(slug) else None
    return value(row) if row else None


def by_number(tx: Tx, number: int) -> Room:
    """The room of that number; raises LookupError where there is none."""
    row = tx.one(f"SELECT {COLUMNS} FROM room WHERE id = ?", (number,))
    if row is None:
        raise LookupError(number)
    return value(row)


def every(tx: Tx, *, active: bool | None = None, room_type: str | None = None, capacity_min: int = 0) -> list[Room]:
    """Rooms in the order of their making."""
    query = room.select(*(room.c[column] for column in ROOM)).order_by(room.c.id)
    if active is not None:
        query = query.where(room.c.active == int(active))
    if room_type is not None:
        query = query.where(room.c.room_type == room_type)
    if capacity_min:
        query = query.where(room.c.capacity >= capacity_min)
    return [value(row) for row in tx.query(query.tuples())]


def on_boards(tx: Tx) -> list[int]:
    """The numbers of the rooms that are shown in public, in the order in which people walk by."""
    rows = tx.rows("SELECT id FROM room WHERE active = 1 AND status <> 'hidden' ORDER BY walk, id")
    return [number for (number,) in rows]


def joined(tx: Tx, number: int, parts: tuple[int, ...]) -> list[Room]:
    """The rooms of these numbers, this one, and all that are combined of others."""
    wanted = (number, *parts)
    marks = ",".join("?" * len(wanted))
    rows = tx.rows(f"SELECT {COLUMNS} FROM room WHERE parts <> '' OR id IN ({marks}) ORDER BY id", wanted)
    return [value(row) for row in rows]


def _columns(it: Room) -> list[object]:
    return [
        it.id, it.name, it.zone, it.email, it.capacity, it.room_number, it.room_type, json.dumps(it.facilities),
        it.description, it.contact, it.site, it.building, it.floor, it.street, it.postal_code, it.city,
        int(it.active), int(it.auto_accept), policy_text(it.policy), it.version, it.place,
        json.dumps(it.own_policy, sort_keys=True), it.status, it.status_reason, it.color, *(it.plan or (None, None)),
        it.walk, ",".join(map(str, it.parts)), attributes_text(it.attributes),
    ]  # fmt: skip


def insert(tx: Tx, it: Room) -> int:
    """Writes a new room and returns its number."""
    marks = ",".join("?" * (len(ROOM) - 1))
    row = tx.one(f"INSERT INTO room ({listed(ROOM[1:])}) VALUES ({marks}) RETURNING id", _columns(it))
    return int(row[0]) if row else 0


def insert_all(tx: Tx, these: list[Room]) -> dict[str, int]:
    """Writes new rooms, some hundreds a statement; returns their numbers by slug."""
    marks = "(" + ",".join("?" * (len(ROOM) - 1)) + ")"
    found: dict[str, int] = {}
    for first in range(0, len(these), 200):
        some = these[first : first + 200]
        values = [cell for it in some for cell in _columns(it)]
        rows = ",".join([marks] * len(some))
        found |= dict(tx.rows(f"INSERT INTO room ({listed(ROOM[1:])}) VALUES {rows} RETURNING slug, id", values))
    return found


def update(tx: Tx, it: Room) -> None:
    """Writes every column of the room but its number."""
    marks = ", ".join(f"{column} = ?" for column in ROOM[1:])
    tx.run(f"UPDATE room SET {marks} WHERE id = ?", [*_columns(it), it.number])


def update_all(tx: Tx, these: list[Room]) -> None:
    """Writes every column of these rooms but their numbers."""
    marks = ", ".join(f"{column} = ?" for column in ROOM[1:])
    tx.many(f"UPDATE room SET {marks} WHERE id = ?", [[*_columns(it), it.number] for it in these])


def concerned(tx: Tx, these: Iterable[int]) -> list[int]:
    """These rooms, and the combined ones that one of them is a part of: whom what happens there concerns."""
    own = list(dict.fromkeys(these))
    wholes = tx.rows("SELECT id, parts FROM room WHERE parts <> '' ORDER BY id")
    return own + [row[0] for row in wholes if row[0] not in own and not set(numbers(row[1])).isdisjoint(own)]


def set_feed(tx: Tx, number: int, digest: str | None) -> None:
    tx.run("UPDATE room SET feed_digest = ? WHERE id = ?", (digest, number))


def feed_digest(tx: Tx, number: int) -> str | None:
    row = tx.one("SELECT feed_digest FROM room WHERE id = ?", (number,))
    return row[0] if row else None


def fed(tx: Tx) -> list[int]:
    """The numbers of the rooms that have a feed."""
    return [row[0] for row in tx.rows("SELECT id FROM room WHERE feed_digest IS NOT NULL")]
