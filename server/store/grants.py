"""What doors own of their rooms' time, and their holds of it.

Decisions:
- A grant's holds are laid anew at the end of every write that changed something in its room (`settle`, called by the
  store itself just before the notes are appended): whoever takes time or gives it up need not think of doors, and what
  a booking gives up goes back to the door's reserve as long as any version says so.
- Who puts or lifts a grant has the room's lock. Where a write only told of a room without locking it nothing differs
  from what is laid, and nothing is written; where something does, the room is locked first and looked at again.
- Of two grants that reserve the same time (after a backup was put back every panel of a room is assumed to own it) the
  older one has the hold; once it lets go the other one has it.
- A door has the first lane of its room.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from server.core.clock import epoch
from server.core.escrow import Grant, laid
from server.core.stretches import Times, joined, length, union
from server.store.database import Row, Tx

_COLUMNS = "id, device_id, room_id, version, versions, asked, forced_at, told_at"


@dataclass(frozen=True, slots=True)
class Door:
    """A device's grant of a room. `id` is 0 before it is stored; `told`: when the device last asked, seconds."""

    id: int
    device: int
    room: int
    grant: Grant
    told: int | None = None


def of_rooms(tx: Tx, rooms: Collection[int]) -> list[Door]:
    """The grants of these rooms, by room, the older first."""
    return _found(tx, "room_id", rooms)


def of_device(tx: Tx, device: int) -> list[Door]:
    """All of a device's grants, by room, also of rooms that it has no more."""
    return _found(tx, "device_id", (device,))


def every(tx: Tx) -> list[Door]:
    """All there are, by room."""
    return [_door(row) for row in tx.rows(f"SELECT {_COLUMNS} FROM door_grant ORDER BY room_id, id")]


def versions(tx: Tx, device: int) -> dict[str, int]:
    """The newest version of each of a device's grants, by the room's id."""
    return {slug: int(it) for slug, it in tx.rows(_VERSIONS, (device,))}


_VERSIONS = "SELECT r.slug, g.version FROM door_grant g JOIN room r ON r.id = g.room_id WHERE g.device_id = ?"


def put(tx: Tx, door: Door, now: datetime) -> Door:
    """Stores the grant as it is now; its holds follow at the end of the write. The room is locked."""
    grant = door.grant
    tx.doors.add(door.room)
    cells = (grant.version, json.dumps(grant.held), json.dumps(grant.asked), grant.forced, door.told)
    if door.id:
        tx.run(
            "UPDATE door_grant SET version = ?, versions = ?, asked = ?, forced_at = ?, told_at = ? WHERE id = ?",
            (*cells, door.id),
        )
        return door
    ((number,),) = tx.rows(
        "INSERT INTO door_grant (device_id, room_id, version, versions, asked, forced_at, told_at, made_at) "
        "VALUES (?,?,?,?,?,?,?,?) RETURNING id",
        (door.device, door.room, *cells, epoch(now)),
    )
    return replace(door, id=int(number))


def drop(tx: Tx, grants: Sequence[int]) -> None:
    """They are no more, nor what they hold. The rooms are locked."""
    if grants:
        lift(tx, grants)
        tx.run(f"DELETE FROM door_grant WHERE id IN ({_marks(grants)})", tuple(grants))


def lift(tx: Tx, grants: Sequence[int]) -> None:
    """They hold nothing until they are laid anew at the end of this write. The rooms are locked."""
    if grants:
        marks = _marks(grants)
        tx.doors.update(
            row[0] for row in tx.rows(f"DELETE FROM hold WHERE grant_id IN ({marks}) RETURNING room_id", tuple(grants))
        )


def clear(tx: Tx, rooms: Collection[int]) -> None:
    """No door holds anything of these rooms until they are laid anew at the end of this write. They are locked."""
    lift(tx, [door.id for door in of_rooms(tx, rooms)])


def settle(tx: Tx) -> None:
    """Lays anew what is to be: for the store alone, at the end of a write."""
    rooms = tx.doors | {note.room for note in tx.notes if note.room is not None}
    if rooms:
        lay(tx, rooms)


def lay(tx: Tx, rooms: Iterable[int]) -> None:
    """Each grant of these rooms holds what it reserves less what bookings and closures hold."""
    by_room: dict[int, list[Door]] = {}
    for door in of_rooms(tx, set(rooms)):
        by_room.setdefault(door.room, []).append(door)
    for room, doors in by_room.items():
        if _differing(tx, room, doors):
            if tx.postgres and room not in tx.rooms:
                tx.rows("SELECT id FROM room WHERE id = ? FOR UPDATE", (room,))
                doors = of_rooms(tx, (room,))
            _write(tx, room, _differing(tx, room, doors))


def amiss(tx: Tx) -> tuple[set[int], set[int]]:
    """Rooms in which a grant does not hold what it should, and rooms of which two were told the same time."""
    by_room: dict[int, list[Door]] = {}
    for door in every(tx):
        by_room.setdefault(door.room, []).append(door)
    unlaid = {room for room, doors in by_room.items() if _differing(tx, room, doors)}
    twice = set()
    for room, doors in by_room.items():
        told = [door.grant.newest for door in doors if door.grant.version]
        if sum(map(length, told)) > length(joined(stretch for times in told for stretch in times)):
            twice.add(room)
    return unlaid, twice


def _write(tx: Tx, room: int, differing: dict[int, Times]) -> None:
    if not differing:
        return
    grants = tuple(differing)
    tx.run(f"DELETE FROM hold WHERE grant_id IN ({_marks(grants)})", grants)
    rows = [(number, room, start, end) for number, times in differing.items() for start, end in times]
    tx.many("INSERT INTO hold (grant_id, room_id, lane, held_from, held_to) VALUES (?,?,0,?,?)", rows)


def _differing(tx: Tx, room: int, doors: Sequence[Door]) -> dict[int, Times]:
    """Of the grants that do not hold what they should: what that is."""
    wants = [times for door in doors for times in door.grant.reserved]
    held: dict[int, list[tuple[int, int]]] = {}
    span = (min(start for start, _ in wants), max(end for _, end in wants)) if wants else (0, 0)
    for grant, start, end in tx.rows(
        _HELD.format(marks=_marks(doors)), (*span_of(room, *span), *(d.id for d in doors))
    ):
        held.setdefault(grant, []).append((start, end))
    busy = joined(held.get(0, ()))
    out = {}
    for door in doors:
        times = laid(door.grant, busy)
        if times != tuple(sorted(held.get(door.id, ()))):
            out[door.id] = times
        busy = union(busy, times)
    return out


def span_of(room: int, low: int, high: int) -> tuple[int, ...]:
    """The values of BUSY."""
    return room, high, low, room, low, low


BUSY = (
    "FROM hold WHERE room_id = ? AND lane = 0 AND active = 1 AND held_from < ? AND held_to > ? AND held_from >= "
    "coalesce((SELECT max(held_from) FROM hold WHERE room_id = ? AND lane = 0 AND active = 1 AND held_from <= ?), ?)"
)
"""What lies in the first lane of a room over a time. They never overlap, so one at most began before it."""
_HELD = (
    f"SELECT 0, held_from, held_to {BUSY} AND grant_id IS NULL "
    "UNION ALL SELECT grant_id, held_from, held_to FROM hold WHERE grant_id IN ({marks})"
)


def taken(tx: Tx, room: int, low: int, high: int) -> tuple[Times, Times]:
    """What bookings have of a room with one lane in [low, high), and what closures have."""
    rows = tx.rows(f"SELECT held_from, held_to, occurrence_id {BUSY} AND grant_id IS NULL", span_of(room, low, high))
    booked = joined((start, end) for start, end, booking in rows if booking is not None)
    return booked, joined((start, end) for start, end, booking in rows if booking is None)


def left(tx: Tx) -> list[Door]:
    """The grants of devices that are no panel of the room any more, by room."""
    rows = tx.rows(
        f"SELECT {_COLUMNS} FROM door_grant g WHERE NOT EXISTS (SELECT 1 FROM device d JOIN device_room r "
        "ON r.device_id = d.id WHERE d.id = g.device_id AND r.room_id = g.room_id AND d.revoked_at IS NULL "
        "AND d.kind = 'panel') ORDER BY room_id, id"
    )
    return [_door(row) for row in rows]


def panels(tx: Tx, room: int) -> set[int]:
    """The devices that are panels of the room."""
    rows = tx.rows(
        "SELECT d.id FROM device d JOIN device_room r ON r.device_id = d.id "
        "WHERE r.room_id = ? AND d.revoked_at IS NULL AND d.kind = 'panel'",
        (room,),
    )
    return {int(number) for (number,) in rows}


def seen(tx: Tx, device: int) -> int | None:
    """When any process last noted that a device was heard, seconds; None: never."""
    row = tx.one(
        "SELECT max(at) FROM (SELECT seen_at AS at FROM sighting WHERE device_id = ? UNION ALL "
        "SELECT seen_at FROM device WHERE id = ? UNION ALL SELECT told_at FROM door_grant WHERE device_id = ?) AS it",
        (device, device, device),
    )
    return None if row is None or row[0] is None else int(row[0])


def _found(tx: Tx, column: str, numbers: Collection[int]) -> list[Door]:
    if not numbers:
        return []
    rows = tx.rows(
        f"SELECT {_COLUMNS} FROM door_grant WHERE {column} IN ({_marks(numbers)}) ORDER BY room_id, id",
        tuple(numbers),
    )
    return [_door(row) for row in rows]


def _door(row: Row) -> Door:
    number, device, room, version, held, asked, forced, asked_at = row
    grant = Grant(
        int(version),
        tuple((int(it), tuple((start, end) for start, end in times)) for it, times in json.loads(held)),
        tuple((start, end, until) for start, end, until in json.loads(asked)),
        forced,
    )
    return Door(int(number), int(device), int(room), grant, asked_at)


def _marks(each: Collection[object]) -> str:
    return ",".join("?" * len(each))
