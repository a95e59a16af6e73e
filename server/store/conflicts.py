"""Conflicts as rows: what gave way to what, and what people have said of it.

`state` is open or resolved; `resolution` what came of it: booking, walk_in, both (people's word) or gone (by itself).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from server.core.clock import epoch, from_epoch
from server.core.period import Period
from server.store.database import Row, Tx
from server.store.fields import instant

KINDS = ("walk_in", "at_risk", "recovered", "unplaced")
_WHAT = (
    "SELECT id, room_id, kind, occurrence_id, other_id, wanted_from, wanted_to, made_at, state, resolution, "
    "resolved_at, resolved_by FROM conflict WHERE "
)


@dataclass(frozen=True, slots=True)
class Conflict:
    """A booking that gave way (None: an entry that nobody can place), the one that it met (None: no booking), and the
    time that it was to have."""

    id: int
    room: int
    kind: str
    booking: int | None
    other: int | None
    wanted: Period
    made_at: datetime
    state: str = "open"
    resolution: str = ""
    resolved_at: datetime | None = None
    resolved_by: str = ""

    @property
    def open(self) -> bool:
        return self.state == "open"


def open_(
    tx: Tx, room: int, kind: str, booking: int | None, other: int | None, wanted: Period, now: datetime
) -> int:  # fmt: skip
    """A new one; returns its number."""
    row = tx.one(
        "INSERT INTO conflict (room_id, kind, occurrence_id, other_id, wanted_from, wanted_to, made_at, state, "
        "resolution, resolved_by) VALUES (?,?,?,?,?,?,?,'open','','') RETURNING id",
        (room, kind, booking, other, epoch(wanted.start), epoch(wanted.end), epoch(now)),
    )
    return int(row[0]) if row else 0


def of_pair(tx: Tx, room: int, booking: int, other: int | None) -> Conflict | None:
    """The open one of these two in that room."""
    rows = tx.rows(
        _WHAT
        + "occurrence_id = ? AND room_id = ? AND state = 'open' AND coalesce(other_id, 0) = ? ORDER BY id LIMIT 1",
        (booking, room, other or 0),
    )
    return _value(rows[0]) if rows else None


def find(tx: Tx, number: int) -> Conflict | None:
    row = tx.one(_WHAT + "id = ?", (number,))
    return _value(row) if row else None


def of_room(tx: Tx, room: int, since: datetime, kinds: Collection[str], limit: int) -> list[Conflict]:
    """The first open ones of these kinds of a room whose time was not over by then, by time."""
    marks = ",".join("?" * len(kinds))
    rows = tx.rows(
        f"{_WHAT}room_id = ? AND state = 'open' AND wanted_to > ? AND kind IN ({marks}) "
        "ORDER BY wanted_from, id LIMIT ?",
        (room, epoch(since), *kinds, limit),
    )
    return [_value(row) for row in rows]


def of_bookings(tx: Tx, bookings: Collection[int]) -> list[Conflict]:
    """The open ones that these bookings are in, on either side."""
    if not bookings:
        return []
    marks, ids = ",".join("?" * len(bookings)), tuple(bookings)
    rows = tx.rows(f"{_WHAT}state = 'open' AND (occurrence_id IN ({marks}) OR other_id IN ({marks}))", (*ids, *ids))
    return [_value(row) for row in rows]


def before_it(tx: Tx, it: Conflict, booking: int | None, limit: int) -> int:
    """How many came in the hour before it: of that booking, on either side; None: of its room. At most `limit`."""
    since, of = epoch(it.made_at) - 3_600, ("room_id = ?" if booking is None else "(occurrence_id = ? OR other_id = ?)")
    ids = (it.room,) if booking is None else (booking, booking)
    row = tx.one(
        f"SELECT count(*) FROM (SELECT 1 FROM conflict WHERE made_at >= ? AND id < ? AND {of} LIMIT ?) AS them",
        (since, it.id, *ids, limit),
    )
    return int(row[0]) if row else 0


def every_open(tx: Tx, limit: int, after: int = 0) -> list[Conflict]:
    """All that are open, by number, those after the cursor."""
    return [_value(row) for row in tx.rows(_WHAT + "state = 'open' AND id > ? ORDER BY id LIMIT ?", (after, limit))]


def page(tx: Tx, *, rooms: Collection[int] | None, state: str, limit: int) -> list[Conflict]:
    """Open ones first, then the newest; of these rooms, None: of all."""
    if rooms is not None and not rooms:
        return []
    where, values = ["1 = 1"], list[object]()
    if rooms is not None:
        where.append(f"room_id IN ({','.join('?' * len(rooms))})")
        values += sorted(rooms)
    if state:
        where.append("state = ?")
        values.append(state)
    order = (
        "ORDER BY CASE state WHEN 'open' THEN 0 ELSE 1 END, CASE state WHEN 'open' THEN wanted_from ELSE -id END, id"
    )
    return [_value(row) for row in tx.rows(f"{_WHAT}{' AND '.join(where)} {order} LIMIT ?", (*values, limit))]


def count_open(tx: Tx, rooms: Collection[int] | None) -> int:
    """How many are open, of these rooms; None: of all."""
    if rooms is not None and not rooms:
        return 0
    of = "" if rooms is None else f" AND room_id IN ({','.join('?' * len(rooms))})"
    row = tx.one(f"SELECT count(*) FROM conflict WHERE state = 'open'{of}", tuple(sorted(rooms or ())))
    return int(row[0]) if row else 0


def meets(tx: Tx, number: int, other: int) -> None:
    """It stands against another booking now."""
    tx.run("UPDATE conflict SET other_id = ? WHERE id = ?", (other, number))


def close(tx: Tx, number: int, resolution: str, now: datetime, by: str) -> bool:
    """Says what came of it; False where that was said already."""
    row = tx.one(
        "UPDATE conflict SET state = 'resolved', resolution = ?, resolved_at = ?, resolved_by = ? "
        "WHERE id = ? AND state = 'open' RETURNING id",
        (resolution, epoch(now), by, number),
    )
    return row is not None


def forget(tx: Tx, before: datetime, limit: int) -> int:
    """Takes away those that were made before then; returns how many."""
    rows = tx.rows(
        "DELETE FROM conflict WHERE id IN (SELECT id FROM conflict WHERE made_at < ? ORDER BY made_at LIMIT ?) "
        "RETURNING id",
        (epoch(before), limit),
    )
    return len(rows)


def _value(row: Row) -> Conflict:
    number, room, kind, booking, other, low, high, made, state, resolution, at, by = row
    wanted = Period(from_epoch(low), from_epoch(high))
    return Conflict(
        number, room, kind, booking, other, wanted, from_epoch(made), state, resolution, instant(at), by
    )  # fmt: skip
