"""What each level sets of the screens' settings: rows of (level, subject, name, value as JSON)."""

import json
from collections.abc import Iterable

from server.core.panel_settings import Value
from server.store.database import Tx

Key = tuple[str, int]
"""A level ("place", "room" or "device") and its number; the house is a place."""


def of(tx: Tx, levels: Iterable[Key]) -> dict[Key, dict[str, Value]]:
    """What these levels set; those that set nothing are left out."""
    by_level: dict[str, list[int]] = {}
    for level, subject in levels:
        by_level.setdefault(level, []).append(subject)
    which = " OR ".join(f"(level = ? AND subject IN ({','.join('?' * len(it))}))" for it in by_level.values())
    cells = [cell for level, subjects in by_level.items() for cell in (level, *subjects)]
    found: dict[Key, dict[str, Value]] = {}
    if which:
        for level, subject, name, value in tx.rows(
            f"SELECT level, subject, name, value FROM panel_setting WHERE {which}", cells
        ):
            found.setdefault((level, subject), {})[name] = json.loads(value)
    return found


def put(tx: Tx, key: Key, name: str, value: Value) -> None:
    """Sets a value on a level."""
    tx.run(
        "INSERT INTO panel_setting (level, subject, name, value) VALUES (?,?,?,?) "
        "ON CONFLICT (level, subject, name) DO UPDATE SET value = excluded.value",
        (*key, name, json.dumps(value)),
    )


def remove(tx: Tx, key: Key, name: str) -> None:
    """Lets a level set nothing of that name any more."""
    tx.run("DELETE FROM panel_setting WHERE level = ? AND subject = ? AND name = ?", (*key, name))


def forget(tx: Tx, key: Key) -> None:
    """Removes all that a level sets, because the thing itself goes."""
    tx.run("DELETE FROM panel_setting WHERE level = ? AND subject = ?", key)
