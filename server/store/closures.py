"""Closures and the holds they lay over every lane of a room; a closure and its holds always say the same."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from server.core.clock import epoch, from_epoch
from server.core.model import Closure
from server.core.period import Period
from server.core.policy import LONGEST
from server.store.database import Row, Tx

COLUMNS = "id, room_id, starts, ends, reason, plan_id"
HOLD = "INSERT INTO hold (closure_id, room_id, lane, held_from, held_to) VALUES (?,?,?,?,?)"
REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Taken:
    """What holds a room: a booking's number, or None for a closure; whose, and when."""

    room: int
    period: Period
    occurrence: int | None
    uid: str | None
    organizer: str
    series_uid: str | None


def value(row: Row) -> Closure:
    """The closure of a row with COLUMNS."""
    return Closure(row[0], row[1], from_epoch(row[2]), from_epoch(row[3]), row[4], row[5])


def touching(tx: Tx, room: int, window: Period) -> list[Closure]:
    """Closures of a room that touch the window, by start."""
    rows = tx.rows(
        f"SELECT {COLUMNS} FROM closure WHERE room_id = ? AND starts < ? AND starts > ? AND ends > ? ORDER BY starts",
        (room, epoch(window.end), reach(window.start), epoch(window.start)),
    )
    return [value(row) for row in rows]


def everywhere(tx: Tx, window: Period, rooms: Collection[int] | None = None) -> list[Closure]:
    """Closures that touch the window, in these rooms or in all, by start; one statement."""
    given = tuple(rooms or ())
    if rooms is not None and not given:
        return []
    where = f" AND room_id IN ({','.join('?' * len(given))})" if given else ""
    rows = tx.rows(
        f"SELECT {COLUMNS} FROM closure WHERE starts < ? AND starts > ? AND ends > ?{where} ORDER BY starts, id",
        (epoch(window.end), reach(window.start), epoch(window.start), *given),
    )
    return [value(row) for row in rows]


def reach(start: datetime) -> int:
    """No closure is longer than LONGEST (and two days, where a zone has moved it): what starts before this is over."""
    return epoch(start) - int(LONGEST.total_seconds()) - 2 * 86_400


def find(tx: Tx, number: int) -> Closure | None:
    row = tx.one(f"SELECT {COLUMNS} FROM closure WHERE id = ?", (number,))
    return value(row) if row else None


def insert(tx: Tx, room: int, period: Period, reason: str, *, lanes: int = 1) -> Closure:
    """Writes a closure of no plan and its hold on every lane of the room."""
    row = tx.one(
        "INSERT INTO closure (room_id, starts, ends, reason) VALUES (?,?,?,?) RETURNING id",
        (room, epoch(period.start), epoch(period.end), reason),
    )
    made = Closure(int(row[0]) if row else 0, room, period.start, period.end, reason)
    tx.many(HOLD, [(made.id, room, lane, epoch(period.start), epoch(period.end)) for lane in range(lanes)])
    return made


def remove(tx: Tx, number: int) -> None:
    """Takes one closure away. A plan's date stays away: the sweep does not put it back."""
    tx.run(
        "INSERT INTO closure_left_out (plan_id, room_id, at, codes, found_at) "
        f"SELECT plan_id, room_id, plan_at, '{REMOVED}', starts FROM closure WHERE id = ? AND plan_id IS NOT NULL "
        "ON CONFLICT (plan_id, room_id, at) DO UPDATE SET codes = excluded.codes",
        (number,),
    )
    tx.run("DELETE FROM hold WHERE closure_id = ?", (number,))
    tx.run("DELETE FROM closure WHERE id = ?", (number,))


def hold_lanes(tx: Tx, room: int, lanes: int) -> None:
    """Lays the closures of a room over lanes that it has not had; to be called when its lanes grow."""
    for lane in range(1, lanes):
        tx.run(
            "INSERT INTO hold (closure_id, room_id, lane, held_from, held_to) "
            "SELECT c.id, c.room_id, ?, c.starts, c.ends FROM closure c WHERE c.room_id = ? "
            "AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.closure_id = c.id AND h.lane = ?)",
            (lane, room, lane),
        )


def taken(tx: Tx, rooms: Collection[int], window: Period) -> list[Taken]:
    """What holds these rooms within the window, in any lane, by room and start; a booking or closure once.

    Bookings at risk are there, too; what doors own is not.
    """
    found = []
    within = (epoch(window.end), reach(window.start), epoch(window.start))
    for some in some_of(sorted(rooms), 500):
        # The first lane and the further ones have an index each; a question over both can use neither.
        parts = " UNION ".join(
            "SELECT h.room_id, h.held_from, h.held_to, h.occurrence_id, o.uid, o.organizer, o.series_uid FROM hold h "
            f"LEFT JOIN occurrence o ON o.id = h.occurrence_id WHERE h.room_id IN ({','.join('?' * len(some))}) "
            f"AND {which} AND h.held_from < ? AND h.held_from > ? AND h.held_to > ?"
            for which in (
                "h.active = 1 AND h.lane = 0 AND h.grant_id IS NULL", "h.active = 1 AND h.lane > 0",
                "h.active = 0 AND o.standing = 'at_risk'",
            )
        )  # fmt: skip
        rows = tx.rows(f"{parts} ORDER BY 1, 2", (*some, *within) * 3)
        found += [Taken(r[0], Period(from_epoch(r[1]), from_epoch(r[2])), r[3], r[4], r[5] or "", r[6]) for r in rows]
    return found


def delete(tx: Tx, ids: Collection[int]) -> None:
    """Takes closures away; the plan they belong to may put them back."""
    for some in some_of(sorted(ids), 500):
        marks = ",".join("?" * len(some))
        tx.run(f"DELETE FROM hold WHERE closure_id IN ({marks})", some)
        tx.run(f"DELETE FROM closure WHERE id IN ({marks})", some)


def cut(tx: Tx, number: int, end: datetime) -> None:
    """Lets a closure end earlier."""
    tx.run("UPDATE hold SET held_to = ? WHERE closure_id = ?", (epoch(end), number))
    tx.run("UPDATE closure SET ends = ? WHERE id = ?", (epoch(end), number))


def some_of(all_: Sequence[int], size: int) -> Iterable[Sequence[int]]:
    """So many at a time."""
    return (all_[at : at + size] for at in range(0, len(all_), size))
