"""Groups of people: reading and writing rows. A membership's `source` says who made it: "", automatic, oidc, sync."""

import json
from collections.abc import Iterable

from server.core.people import Group, folded
from server.store.database import Row, Tx
from server.store.fields import storable

SET = (("place", "policy"), ("room", "own_policy"), ("room_type", "policy"))
"""Where levels keep what they set themselves."""
COLUMNS = "id, name, automatic, roles, led_by, external, version"


def value(row: Row) -> Group:
    number, name, automatic, roles, led_by, external, version = row
    return Group(number, name, bool(automatic), frozenset(roles.split(",") if roles else ()), led_by, external, version)


def by_number(tx: Tx, number: int) -> Group | None:
    row = tx.one(f"SELECT {COLUMNS} FROM team WHERE id = ?", (number,))
    return value(row) if row else None


def by_name(tx: Tx, name: str) -> Group | None:
    """Whatever its case."""
    row = tx.one(f"SELECT {COLUMNS} FROM team WHERE name_key = ?", (folded(name),)) if storable(name) else None
    return value(row) if row else None


def every(tx: Tx) -> list[Group]:
    """All groups in the order of their making."""
    return [value(row) for row in tx.rows(f"SELECT {COLUMNS} FROM team ORDER BY id")]


def of(tx: Tx, person: int) -> list[Group]:
    """The groups somebody is in."""
    rows = tx.rows(
        f"SELECT {COLUMNS} FROM team WHERE id IN (SELECT team_id FROM membership WHERE person_id = ?) ORDER BY id",
        (person,),
    )
    return [value(row) for row in rows]


def sizes(tx: Tx) -> dict[int, int]:
    """How many people are in each group that has any."""
    return dict(tx.rows("SELECT team_id, count(*) FROM membership GROUP BY team_id"))


def members(tx: Tx, number: int) -> frozenset[int]:
    """Numbers of the people in a group."""
    return frozenset(row[0] for row in tx.rows("SELECT person_id FROM membership WHERE team_id = ?", (number,)))


def sources(tx: Tx, person: int) -> dict[int, str]:
    """Who made each of somebody's memberships, by group."""
    return dict(tx.rows("SELECT team_id, source FROM membership WHERE person_id = ?", (person,)))


def _cells(it: Group) -> tuple[object, ...]:
    roles = ",".join(sorted(it.roles))
    return it.name, folded(it.name), int(it.automatic), roles, it.led_by, it.external, it.version


def insert(tx: Tx, it: Group) -> int:
    """Writes a new group and returns its number."""
    row = tx.one(
        "INSERT INTO team (name, name_key, automatic, roles, led_by, external, version) VALUES (?,?,?,?,?,?,?) "
        "RETURNING id",
        _cells(it),
    )
    return int(row[0]) if row else 0


def update(tx: Tx, it: Group) -> None:
    tx.run(
        "UPDATE team SET name = ?, name_key = ?, automatic = ?, roles = ?, led_by = ?, external = ?, version = ? "
        "WHERE id = ?",
        (*_cells(it), it.number),
    )


def delete(tx: Tx, number: int) -> None:
    """Removes a group and its memberships; nothing else may know it any more."""
    tx.run("DELETE FROM membership WHERE team_id = ?", (number,))
    tx.run("DELETE FROM team WHERE id = ?", (number,))


def join(tx: Tx, pairs: Iterable[tuple[int, int]], source: str = "") -> None:
    """Makes (group, person) memberships; those that are there stay as they are."""
    tx.many(
        "INSERT INTO membership (team_id, person_id, source) VALUES (?,?,?) "
        "ON CONFLICT (team_id, person_id) DO NOTHING",
        [(group, person, source) for group, person in pairs],
    )


def leave(tx: Tx, pairs: Iterable[tuple[int, int]]) -> None:
    """Ends (group, person) memberships."""
    tx.many("DELETE FROM membership WHERE team_id = ? AND person_id = ?", list(pairs))


def lock(tx: Tx, number: int) -> None:
    """Keeps others from changing the group until the end; on SQLite there is one writer anyway."""
    if tx.postgres:
        tx.rows("SELECT 1 FROM team WHERE id = ? FOR UPDATE", (number,))


def uses(tx: Tx, number: int) -> dict[str, int]:
    """What still knows the group: groups it leads, rights, quotas, policies that let only such groups book."""
    asked = {
        "groups": "SELECT count(*) FROM team WHERE led_by = ?",
        "rights": "SELECT count(*) FROM rights WHERE kind = 'group' AND subject = ?",
        "quotas": "SELECT count(*) FROM quota WHERE team_id = ?",
    }
    counted = {name: int((tx.one(sql, (number,)) or (0,))[0]) for name, sql in asked.items()}
    each = " UNION ALL ".join(f"SELECT {column} FROM {table} WHERE {column} LIKE ?" for table, column in SET)
    policies = [json.loads(text) for (text,) in tx.rows(each, ['%"groups"%'] * len(SET))]
    counted["policies"] = sum(number in policy.get("groups", ()) for policy in policies)
    return {name: count for name, count in counted.items() if count}


def most_of(tx: Tx, persons: Iterable[int], most: int) -> int | None:
    """The number of one of these people who is in more groups than `most`, or None."""
    wanted = sorted(set(persons))
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        marks = ",".join("?" * len(some))
        sql = f"SELECT person_id FROM membership WHERE person_id IN ({marks}) GROUP BY person_id HAVING count(*) > ?"
        if (row := tx.one(sql, (*some, most))) is not None:
            return int(row[0])
    return None
