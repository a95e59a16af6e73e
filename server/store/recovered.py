"""What panels brought back after a backup was put in place, as rows; and bookings found by what panels knew of them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from server.core.claims import Taking
from server.core.clock import epoch, from_epoch
from server.core.model import Booking
from server.store import bookings, claims
from server.store.database import Row, Tx
from server.store.fields import instant, storable

_COLUMNS = (
    "id, incarnation, room_id, uid, device_id, version, starts_at, ends_at, outcome, occurrence_id, conflict_id, at, "
    "seen_at, seen_by"
)
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Recovered:
    """A booking of a room that a backup did not have, and that a panel knew. `id` is 0 before it is stored.

    `outcome`: one of core/attest.py's. `booking` and `conflict` by number; `seen_at`: since when somebody has looked.
    """

    id: int
    incarnation: str
    room: int
    uid: str
    device: int | None
    version: int
    starts: datetime
    ends: datetime
    outcome: str
    booking: int | None
    conflict: int | None
    at: datetime
    seen_at: datetime | None = None
    seen_by: str = ""


def put(tx: Tx, it: Recovered) -> None:
    """Writes it; what was known of the same booking in that room gives way, and is to be looked at anew."""
    tx.run(
        "INSERT INTO recovered (incarnation, room_id, uid, device_id, version, starts_at, ends_at, outcome, "
        "occurrence_id, conflict_id, at, seen_at, seen_by) VALUES (?,?,?,?,?,?,?,?,?,?,?,NULL,'') "
        "ON CONFLICT (incarnation, room_id, uid) DO UPDATE SET device_id = excluded.device_id, "
        "version = excluded.version, starts_at = excluded.starts_at, ends_at = excluded.ends_at, "
        "outcome = excluded.outcome, occurrence_id = excluded.occurrence_id, conflict_id = excluded.conflict_id, "
        "at = excluded.at, seen_at = NULL, seen_by = ''",
        (
            it.incarnation, it.room, it.uid, it.device, it.version, epoch(it.starts), epoch(it.ends), it.outcome,
            it.booking, it.conflict, epoch(it.at),
        ),
    )  # fmt: skip


def of_uids(tx: Tx, incarnation: str, room: int, uids: Iterable[str]) -> dict[str, Recovered]:
    """Those of these bookings that came back to that room in that life, by uid."""
    found: dict[str, Recovered] = {}
    for some in _portions(uids):
        marks = ",".join("?" * len(some))
        rows = tx.rows(
            f"SELECT {_COLUMNS} FROM recovered WHERE incarnation = ? AND room_id = ? AND uid IN ({marks})",
            (incarnation, room, *some),
        )
        found |= {it.uid: it for it in map(_value, rows)}
    return found


def came_back(tx: Tx, incarnation: str, uid: str) -> bool:
    """Whether the booking came back to any room in that life."""
    return tx.one("SELECT 1 FROM recovered WHERE incarnation = ? AND uid = ? LIMIT 1", (incarnation, uid)) is not None


def touched(tx: Tx, booking: Booking) -> bool:
    """Whether anything was done to the booking since the last backup was put back, but for what panels brought back."""
    marks = ",".join("?" * len(booking.rooms))
    row = tx.one(
        f"SELECT 1 FROM change WHERE room_id IN ({marks}) AND subject = ? "
        "AND what NOT IN ('recovered', 'brought_back') "
        "AND seq > (SELECT coalesce(max(seq), 0) FROM change WHERE room_id IS NULL AND what = 'restored') LIMIT 1",
        (*booking.rooms, booking.id),
    )
    return row is not None


def find(tx: Tx, number: int) -> Recovered | None:
    row = tx.one(f"SELECT {_COLUMNS} FROM recovered WHERE id = ?", (number,))
    return _value(row) if row else None


def page(tx: Tx, *, rooms: Collection[int] | None, unseen: bool, limit: int, after: int = 0) -> list[Recovered]:
    """The newest first, those before the number `after`; of these rooms, None: of all. `unseen`: nobody has looked."""
    if rooms is not None and not rooms:
        return []
    where, values = ["1 = 1"], list[object]()
    if rooms is not None:
        where.append(f"room_id IN ({','.join('?' * len(rooms))})")
        values += sorted(rooms)
    if unseen:
        where.append("seen_at IS NULL")
    if after:
        where.append("id < ?")
        values.append(after)
    rows = tx.rows(
        f"SELECT {_COLUMNS} FROM recovered WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT ?", (*values, limit)
    )
    return [_value(row) for row in rows]


def count(tx: Tx, incarnation: str) -> int:
    """How many came back in that life."""
    return int(tx.rows("SELECT count(*) FROM recovered WHERE incarnation = ?", (incarnation,))[0][0])


def see(tx: Tx, number: int, now: datetime, by: str) -> bool:
    """Somebody has looked at it; False where somebody had."""
    row = tx.one(
        "UPDATE recovered SET seen_at = ?, seen_by = ? WHERE id = ? AND seen_at IS NULL RETURNING id",
        (epoch(now), by, number),
    )
    return row is not None


def forget(tx: Tx, before: datetime, limit: int) -> int:
    """Takes away what came back before then, at most so many; returns how many."""
    rows = tx.rows(
        "DELETE FROM recovered WHERE id IN (SELECT id FROM recovered WHERE at < ? ORDER BY id LIMIT ?) RETURNING id",
        (epoch(before), limit),
    )
    return len(rows)


def known(tx: Tx, uids: Iterable[str]) -> dict[str, Booking]:
    """The bookings of these uids, by uid; others are left out."""
    found: dict[str, Booking] = {}
    for some in _portions(uids):
        marks = ",".join("?" * len(some))
        rows = tx.rows(f"SELECT {bookings.COLUMNS} FROM occurrence WHERE uid IN ({marks})", some)
        found |= {it.uid: it for it in map(bookings.value, rows)}
    return found


def join(tx: Tx, it: Booking, more: Collection[int], taking: Taking) -> Booking:
    """Gives a booking further rooms, with what it holds and claims there."""
    after = replace(it, rooms=(*it.rooms, *more))
    bookings.update(tx, after)
    rows = [[it.id, room, taking.lanes.get(room, 0), epoch(it.starts), epoch(it.ends), int(it.standing.holding)]
            for room in more]  # fmt: skip
    tx.many(bookings.HOLD + "(?,?,?,?,?,?)", rows)
    claims.write(tx, [(after, taking.claims)] if taking.claims else ())
    return after


def _portions(uids: Iterable[str]) -> list[list[str]]:
    those = sorted({it for it in uids if storable(it)})
    return [those[at : at + _AT_ONCE] for at in range(0, len(those), _AT_ONCE)]


def _value(row: Row) -> Recovered:
    number, life, room, uid, device, version, low, high, outcome, booking, conflict, at, seen_at, seen_by = row
    return Recovered(
        number, life, room, uid, device, version, from_epoch(low), from_epoch(high), outcome, booking, conflict,
        from_epoch(at), instant(seen_at), seen_by,
    )  # fmt: skip
