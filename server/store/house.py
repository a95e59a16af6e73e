"""Reads the whole house at once, and says when it has changed.

Whoever writes to a table that it is read from calls `bump` in the same transaction, so that every process sees by one
number whether what it remembers still holds.
"""

import secrets

from server.core.house import HouseMap, Right, Where, within
from server.store import catalogue, meta, places
from server.store.database import Tx
from server.store.fields import numbers, policy_value

VERSION = "house"


def version(tx: Tx) -> int:
    """A number that is another after every change of the house."""
    found = meta.get(tx, VERSION)
    return int(found) if found else 0


def bump(tx: Tx) -> None:
    """The house is not what it was.

    The number is drawn, not counted: what a transaction saw of itself and then took back must not pass for what the
    next one wrote.
    """
    tx.run(
        "INSERT INTO meta (name, value) VALUES (?,?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (VERSION, str(secrets.randbits(62))),
    )


def load(tx: Tx) -> HouseMap:
    """The house as this transaction sees it."""
    tree = {it.number: it for it in places.every(tx)}
    groups = places.room_groups(tx)
    rooms = {}
    for number, slug, kind, place, policy, parts in tx.rows(
        "SELECT id, slug, room_type, place_id, policy, parts FROM room ORDER BY id"
    ):
        rules = policy_value(policy)
        lies_in = within(tree, place, groups.get(number, ()))
        rooms[number] = Where(slug, kind, rules.members, lies_in, numbers(parts), rules.timetable)
    return HouseMap(
        version(tx),
        tree,
        rooms,
        {it.id: it for it in places.room_types(tx)},
        {it.number: it for it in catalogue.attributes(tx)},
        {it.number: it for it in catalogue.accessories(tx)},
        {it.number: it for it in catalogue.timetables(tx)},
        tuple(catalogue.quotas(tx)),
        tuple(rights(tx)),
    )


def rights(tx: Tx) -> list[Right]:
    """Every right that was given, in the order of giving."""
    rows = tx.rows("SELECT id, kind, subject, level, place_id, room_id FROM rights ORDER BY id")
    return [Right(*row) for row in rows]


def give(tx: Tx, right: Right) -> int:
    """Writes a right, in place of the one this subject had there; returns its number."""
    row = tx.one(
        "INSERT INTO rights (kind, subject, place_id, room_id, level) VALUES (?,?,?,?,?) "
        "ON CONFLICT (kind, subject, place_id, room_id) DO UPDATE SET level = excluded.level RETURNING id",
        (right.kind, right.subject, right.place, right.room, right.level),
    )
    bump(tx)
    return int(row[0]) if row else 0


def take(tx: Tx, number: int) -> None:
    """Removes a right."""
    tx.run("DELETE FROM rights WHERE id = ?", (number,))
    bump(tx)
