"""Counts of guesses that went wrong, by name: they survive a restart and hold for every process."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from server.core.clock import epoch, from_epoch
from server.core.throttle import Tally
from server.store.database import Tx

COLUMNS = "name, failures, in_row, since, until"


def look(tx: Tx, names: Iterable[str], *, lock: bool = False) -> dict[str, Tally]:
    """The counts there are. `lock`: nobody else changes them until the end, whether they are there yet or not."""
    wanted = sorted(set(names))
    if not wanted:
        return {}
    if lock:
        empty = "INSERT INTO throttle (name, failures, in_row, since, until) VALUES (?,0,0,0,0) ON CONFLICT DO NOTHING"
        for name in wanted:
            tx.run(empty, (name,))
    marks = ",".join("?" * len(wanted))
    sql = f"SELECT {COLUMNS} FROM throttle WHERE name IN ({marks}) ORDER BY name"
    rows = tx.rows(sql + (" FOR UPDATE" if lock and tx.postgres else ""), wanted)
    return {row[0]: Tally(row[1], row[2], from_epoch(row[3]), from_epoch(row[4])) for row in rows}


def put(tx: Tx, tallies: Mapping[str, Tally]) -> None:
    """Writes counts, new ones too."""
    tx.many(
        f"INSERT INTO throttle ({COLUMNS}) VALUES (?,?,?,?,?) ON CONFLICT (name) DO UPDATE SET "
        "failures = excluded.failures, in_row = excluded.in_row, since = excluded.since, until = excluded.until",
        [(name, it.failures, it.in_row, epoch(it.since), epoch(it.until)) for name, it in sorted(tallies.items())],
    )


def forget(tx: Tx, names: Iterable[str]) -> None:
    tx.many("DELETE FROM throttle WHERE name = ?", [(name,) for name in sorted(names)])


def forget_all(tx: Tx, prefix: str) -> int:
    """Removes the counts whose names begin so; `prefix` has neither % nor _. Returns how many there were."""
    return len(tx.rows("DELETE FROM throttle WHERE name LIKE ? RETURNING name", (f"{prefix}%",)))


def tidy(tx: Tx, prefix: str, before: datetime, most: int | None) -> int:
    """Removes counts of a kind that nothing was added to since, unless there are `most` in a row; returns how many."""
    row = tx.rows(
        "DELETE FROM throttle WHERE name LIKE ? AND since < ? AND until < ? AND in_row < ? RETURNING name",
        (f"{prefix}%", epoch(before), epoch(before), most if most is not None else 2**31),
    )
    return len(row)
