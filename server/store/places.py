"""The tree of places, groups of rooms and types of rooms: reading and writing rows."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from server.core.places import Place, RoomType
from server.store.database import Row, Tx

PLACE = ("id", "parent_id", "kind", "name", "zone", "contact", "color", "walk", "policy", "version")
_PLACE = ", ".join(PLACE)
_TYPE = "slug, label, description, policy"


def every(tx: Tx) -> list[Place]:
    """All places, the house among them, in the order of their making."""
    return [_place(row) for row in tx.rows(f"SELECT {_PLACE} FROM place ORDER BY id")]


def by_number(tx: Tx, number: int) -> Place | None:
    row = tx.one(f"SELECT {_PLACE} FROM place WHERE id = ?", (number,))
    return _place(row) if row else None


def insert(tx: Tx, it: Place) -> int:
    """Writes a new place and returns its number."""
    marks = ",".join("?" * (len(PLACE) - 1))
    row = tx.one(f"INSERT INTO place ({', '.join(PLACE[1:])}) VALUES ({marks}) RETURNING id", _columns(it))
    return int(row[0]) if row else 0


def update(tx: Tx, it: Place) -> None:
    """Writes every column of the place but its number."""
    tx.run(
        f"UPDATE place SET {', '.join(f'{name} = ?' for name in PLACE[1:])} WHERE id = ?", [*_columns(it), it.number]
    )


def delete(tx: Tx, number: int) -> None:
    """Removes a place that nothing names, and the pictures of its plan."""
    tx.run("DELETE FROM file WHERE kind = 'plan' AND subject = ?", (number,))
    tx.run("DELETE FROM panel_setting WHERE level = 'place' AND subject = ?", (number,))
    tx.run("DELETE FROM place WHERE id = ?", (number,))


def room_groups(tx: Tx) -> dict[int, frozenset[int]]:
    """The numbers of the groups that each room is in by itself; rooms in none are left out."""
    found: dict[int, set[int]] = defaultdict(set)
    for group, room in tx.rows("SELECT place_id, room_id FROM room_in_group"):
        found[room].add(group)
    return {room: frozenset(groups) for room, groups in found.items()}


def groups_of(tx: Tx, room: int) -> frozenset[int]:
    """The groups that one room is in by itself."""
    return frozenset(row[0] for row in tx.rows("SELECT place_id FROM room_in_group WHERE room_id = ?", (room,)))


def put_groups(tx: Tx, room: int, groups: Iterable[int]) -> None:
    """These and no others are the groups of the room."""
    put_all_groups(tx, {room: frozenset(groups)})


def put_all_groups(tx: Tx, groups: Mapping[int, frozenset[int]]) -> None:
    """These and no others are the groups of these rooms."""
    tx.many("DELETE FROM room_in_group WHERE room_id = ?", [(room,) for room in groups])
    rows = [(group, room) for room, held in groups.items() for group in sorted(held)]
    tx.many("INSERT INTO room_in_group (place_id, room_id) VALUES (?,?)", rows)


def room_types(tx: Tx) -> list[RoomType]:
    """All types of rooms by slug."""
    rows = tx.rows(f"SELECT {_TYPE} FROM room_type ORDER BY slug")
    return [RoomType(slug, label, description, json.loads(policy)) for slug, label, description, policy in rows]


def put_type(tx: Tx, it: RoomType) -> None:
    """Writes a type, new or known."""
    tx.run(
        f"INSERT INTO room_type ({_TYPE}) VALUES (?,?,?,?) ON CONFLICT (slug) DO UPDATE "
        "SET label = excluded.label, description = excluded.description, policy = excluded.policy",
        (it.id, it.label, it.description, _policy(it.policy)),
    )


def delete_type(tx: Tx, slug: str) -> None:
    tx.run("DELETE FROM room_type WHERE slug = ?", (slug,))


def users(tx: Tx, number: int) -> dict[str, int]:
    """How many of what use a place: places in it, rooms in it, members of the group, rights, quotas and others."""
    found = {
        name: int((tx.one(f"SELECT count(*) FROM {table} WHERE {column} = ?", (number,)) or (0,))[0])
        for name, table, column in (
            ("places", "place", "parent_id"),
            ("rooms", "room", "place_id"),
            ("members", "room_in_group", "place_id"),
            ("rights", "rights", "place_id"),
            ("quotas", "quota", "place_id"),
            ("closures", "closure_plan", "place_id"),
            ("receivers", "receiver", "place_id"),
            ("boards", "device", "revoked_at IS NULL AND place_id"),
            ("expected boards", "expected", "place_id"),
            ("enrolment keys", "enrolment", "revoked_at IS NULL AND place_id"),
        )
    }
    return {name: count for name, count in found.items() if count}


def type_users(tx: Tx, slug: str) -> dict[str, int]:
    """How many rooms are of the type, and how many quotas are for it."""
    found = {
        table: int((tx.one(f"SELECT count(*) FROM {table} WHERE room_type = ?", (slug,)) or (0,))[0])
        for table in ("room", "quota")
    }
    return {f"{name}s": count for name, count in found.items() if count}


def _policy(it: Mapping[str, Any]) -> str:
    return json.dumps(dict(it), sort_keys=True, ensure_ascii=False)


def _columns(it: Place) -> list[object]:
    return [it.parent, it.kind, it.name, it.zone, it.contact, it.color, it.walk, _policy(it.policy), it.version]


def _place(row: Row) -> Place:
    number, parent, kind, name, zone, contact, color, walk, policy, version = row
    return Place(number, parent, kind, name, zone, contact, color, walk, json.loads(policy), version)
