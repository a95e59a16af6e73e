"""What a room is used by: bookings that were and are to come, and everything else that names it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from server.core.clock import epoch, from_epoch
from server.store.database import Tx
from server.store.fields import numbers


@dataclass(frozen=True, slots=True)
class Coming:
    """A booking that holds a room now or later: its uid and when; `series_uid` of the series it is one of."""

    room: int
    starts: datetime
    ends: datetime
    uid: str
    organizer: str
    series_uid: str | None


def coming(tx: Tx, rooms: Collection[int], now: datetime) -> list[Coming]:
    """What holds these rooms after `now` or is at risk there, closures not counted, by start."""
    found: list[Coming] = []
    for some in _some(rooms):
        rows = tx.rows(
            f"WITH wanted (room) AS (VALUES {','.join(['(?)'] * len(some))}) "
            "SELECT h.room_id, h.held_from, h.held_to, o.uid, o.organizer, o.series_uid FROM wanted w "
            "JOIN hold h ON h.room_id = w.room JOIN occurrence o ON o.id = h.occurrence_id "
            "WHERE h.active = 1 AND h.held_to > ? UNION ALL "
            "SELECT h.room_id, h.held_from, h.held_to, o.uid, o.organizer, o.series_uid FROM occurrence o "
            "JOIN hold h ON h.occurrence_id = o.id JOIN wanted w ON w.room = h.room_id "
            "WHERE o.standing = 'at_risk' AND o.ends > ?",
            (*some, epoch(now), epoch(now)),
        )
        found += [Coming(r[0], from_epoch(r[1]), from_epoch(r[2]), r[3], r[4], r[5]) for r in rows]
    return sorted(found, key=lambda it: (it.starts, it.room, it.uid))


def spans(tx: Tx, rooms: Collection[int], now: datetime) -> dict[int, list[tuple[int, int]]]:
    """The times at which bookings hold these rooms after `now`, in whole seconds, by room and by start."""
    found: dict[int, list[tuple[int, int]]] = {}
    for some in _some(rooms):
        # A list of values to join with: PostgreSQL compares a row with each of a long IN list, one after the other.
        for room, start, end in tx.rows(
            f"WITH wanted (room) AS (VALUES {','.join(['(?)'] * len(some))}) SELECT h.room_id, h.held_from, h.held_to "
            "FROM wanted w JOIN hold h ON h.room_id = w.room WHERE h.active = 1 AND h.occurrence_id IS NOT NULL "
            "AND h.held_to > ? ORDER BY h.room_id, h.held_from",
            (*some, epoch(now)),
        ):
            found.setdefault(room, []).append((start, end))
    return found


def _some(rooms: Collection[int]) -> Iterator[list[int]]:
    """The rooms by some thousands, for a statement takes only so many values."""
    wanted = sorted(rooms)
    return (wanted[first : first + 5_000] for first in range(0, len(wanted), 5_000))


def ever_booked(tx: Tx, room: int) -> bool:
    """Whether the room ever had a booking, also one that was cancelled."""
    return tx.one("SELECT 1 FROM hold WHERE room_id = ? AND occurrence_id IS NOT NULL LIMIT 1", (room,)) is not None


def users(tx: Tx, room: int) -> dict[str, int]:
    """How many of what else name the room: keys, panels, quotas, rooms it is a part of, closures, queues."""
    counted = {
        "tokens": "token_room r JOIN token t ON t.id = r.token_id WHERE r.room_id = ? AND t.revoked_at IS NULL",
        "panels": "device_room r JOIN device d ON d.id = r.device_id WHERE r.room_id = ? AND d.revoked_at IS NULL",
        "quotas": "quota r WHERE r.room_id = ?",
    }
    found = {name: int((tx.one(f"SELECT count(*) FROM {rows}", (room,)) or (0,))[0]) for name, rows in counted.items()}
    listing = {
        "combined rooms": "SELECT parts FROM room WHERE parts <> ''",
        "closures": "SELECT rooms FROM closure_plan WHERE rooms <> ''",
        "expected panels": "SELECT rooms FROM expected WHERE rooms <> ''",
        "attributes": "SELECT rooms FROM attribute WHERE rooms <> ''",
        "waits": "SELECT rooms FROM wait WHERE standing IN ('waiting', 'offered')",
    }
    for name, rows in listing.items():
        found[name] = sum(room in numbers(row[0]) for row in tx.rows(rows))
    mark = f'%"{room}":%'
    found["accessories"] = int((tx.one("SELECT count(*) FROM accessory WHERE rooms LIKE ?", (mark,)) or (0,))[0])
    return {name: count for name, count in found.items() if count}


def forget(tx: Tx, room: int) -> None:
    """Removes a room that nothing names, with its closures, files, rights and places in groups."""
    tx.run("DELETE FROM hold WHERE room_id = ?", (room,))
    for table in (
        "closure_left_out", "closure", "token_room", "token_panel", "device_room", "device_left", "room_in_group",
        "rights", "door_grant", "door_op", "conflict", "recovered",
    ):  # fmt: skip
        tx.run(f"DELETE FROM {table} WHERE room_id = ?", (room,))
    tx.run("DELETE FROM panel_setting WHERE level = 'room' AND subject = ?", (room,))
    tx.run("DELETE FROM file WHERE kind IN ('room', 'photo') AND subject = ?", (room,))
    tx.run("DELETE FROM room WHERE id = ?", (room,))
