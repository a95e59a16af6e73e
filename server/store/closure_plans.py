"""The plans that closures recur by: which there are, what they have closed, and what they had to leave out.

A date is known by its wall time in the plan's zone (naive; kept as seconds as if it were UTC), so that it is the same
date whatever becomes of the zone. Closures of one room never overlap: where a plan's date meets another closure it
takes what that leaves (engine/closing.py), and a row of `closure_left_out` remembers it, so that it can have the rest
once the other one is gone.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from server.core.clock import epoch, from_epoch
from server.core.closing import ClosurePlan, Gap
from server.core.model import Closure
from server.core.period import Period
from server.core.recurrence import Length, restored
from server.store.closures import COLUMNS, delete, reach, some_of, value
from server.store.database import Row, Tx
from server.store.fields import numbers

DAY = 86_400
PLAN = (
    "id, reason, rooms, place_id, zone, start_wall, lines, length_days, length_seconds, conflicts, carried_to, open, "
    "made_by, made_at, version"
)


def value_of(row: Row) -> ClosurePlan:
    """The plan of a row with PLAN."""
    (
        number, reason, rooms, place, zone, start, lines, days, seconds, conflicts, carried_to, open_, made_by, made_at,
        version,
    ) = row  # fmt: skip
    pattern = restored(tuple(lines.split("\n")) if lines else (), datetime.fromisoformat(start))
    return ClosurePlan(
        number, reason, numbers(rooms), place, zone, pattern, Length(days, seconds), conflicts, from_epoch(carried_to),
        bool(open_), made_by, from_epoch(made_at), version,
    )  # fmt: skip


def _columns(it: ClosurePlan) -> list[object]:
    return [
        it.reason, ",".join(map(str, it.rooms)), it.place, it.zone, it.pattern.start.isoformat(),
        "\n".join(it.pattern.lines), it.length.days, it.length.seconds, it.conflicts, epoch(it.carried_to),
        int(it.open), it.made_by, epoch(it.made_at), it.version,
    ]  # fmt: skip


def insert(tx: Tx, it: ClosurePlan) -> int:
    """Writes a new plan; returns its number."""
    names = PLAN.removeprefix("id, ")
    row = tx.one(f"INSERT INTO closure_plan ({names}) VALUES ({','.join('?' * 14)}) RETURNING id", _columns(it))
    return int(row[0]) if row else 0


def update(tx: Tx, it: ClosurePlan) -> None:
    """Writes every column of the plan."""
    sets = ", ".join(f"{name} = ?" for name in PLAN.removeprefix("id, ").split(", "))
    tx.run(f"UPDATE closure_plan SET {sets} WHERE id = ?", [*_columns(it), it.number])


def find(tx: Tx, number: int) -> ClosurePlan | None:
    row = tx.one(f"SELECT {PLAN} FROM closure_plan WHERE id = ?", (number,))
    return value_of(row) if row else None


def every(tx: Tx, *, open_only: bool = False) -> list[ClosurePlan]:
    """Every plan, or those with dates to come, the oldest first."""
    where = " WHERE open = 1" if open_only else ""
    return [value_of(row) for row in tx.rows(f"SELECT {PLAN} FROM closure_plan{where} ORDER BY id")]


def known(tx: Tx, number: int, since: datetime) -> set[tuple[int, datetime]]:
    """The (room, date) pairs of a plan from a wall time on that have a closure or are left out."""
    rows = tx.rows(
        "SELECT room_id, plan_at FROM closure WHERE plan_id = ? AND plan_at >= ? "
        "UNION SELECT room_id, at FROM closure_left_out WHERE plan_id = ? AND at >= ?",
        (number, _seconds(since), number, _seconds(since)),
    )
    return {(int(row[0]), _wall(row[1])) for row in rows}


def insert_dates(
    tx: Tx, it: ClosurePlan, dates: Sequence[tuple[int, datetime, Period]], lanes: Mapping[int, int]
) -> None:
    """Writes closures of a plan, (room, date, period), and their holds on every lane."""
    before = tx.one("SELECT coalesce(max(id), 0) FROM closure")
    tx.many(
        "INSERT INTO closure (room_id, starts, ends, reason, plan_id, plan_at) VALUES (?,?,?,?,?,?)",
        [(room, epoch(p.start), epoch(p.end), it.reason, it.number, _seconds(at)) for room, at, p in dates],
    )
    for lane in range(max(lanes.values(), default=1)):
        wide = [room for room, count in lanes.items() if count > lane]
        for some in some_of(wide, 500):
            tx.run(
                "INSERT INTO hold (closure_id, room_id, lane, held_from, held_to) SELECT id, room_id, ?, starts, ends "
                f"FROM closure WHERE plan_id = ? AND id > ? AND room_id IN ({','.join('?' * len(some))})",
                (lane, it.number, before[0] if before else 0, *some),
            )


def leave_out(tx: Tx, gaps: Iterable[Gap]) -> None:
    """Remembers what a plan could not close."""
    tx.many(
        "INSERT INTO closure_left_out (plan_id, room_id, at, codes, found_at) VALUES (?,?,?,?,?) "
        "ON CONFLICT (plan_id, room_id, at) DO UPDATE SET codes = excluded.codes",
        [(it.plan, it.room, _seconds(it.at), ",".join(it.codes), epoch(it.found_at)) for it in gaps],
    )


def left_out(tx: Tx, since: datetime) -> list[Gap]:
    """What plans could not close from a wall time on, by date."""
    rows = tx.rows(
        "SELECT plan_id, room_id, at, codes, found_at FROM closure_left_out WHERE at >= ? "
        "ORDER BY at, plan_id, room_id",
        (_seconds(since),),
    )
    return [Gap(r[0], r[1], _wall(r[2]), tuple(r[3].split(",")), from_epoch(r[4])) for r in rows]


def dates(tx: Tx, number: int, since: datetime, room: int | None = None) -> list[Closure]:
    """The closures of a plan that end after an instant, by start; of one room or of all."""
    where, given = ("", ()) if room is None else (" AND room_id = ?", (room,))
    rows = tx.rows(
        f"SELECT {COLUMNS} FROM closure WHERE plan_id = ? AND ends > ?{where} ORDER BY starts, room_id",
        (number, epoch(since), *given),
    )
    return [value(row) for row in rows]


def dates_at(tx: Tx, number: int, at: datetime) -> list[Closure]:
    """The closures of a plan that belong to that date of it."""
    rows = tx.rows(
        f"SELECT {COLUMNS} FROM closure WHERE plan_id = ? AND plan_at = ? ORDER BY room_id", (number, _seconds(at))
    )
    return [value(row) for row in rows]


def rename(tx: Tx, number: int, reason: str, since: datetime) -> None:
    """Gives the closures of a plan that are not over another reason."""
    tx.run("UPDATE closure SET reason = ? WHERE plan_id = ? AND ends > ?", (reason, number, epoch(since)))


def retry(tx: Tx, gone: Iterable[Closure]) -> set[tuple[int, int]]:
    """Lets other plans have again what they left to these closures, which are gone; returns which plans in which rooms.

    What such a plan had of the date is taken away, so that the date is as if it had never been tried there.
    """
    again: set[tuple[int, int]] = set()
    for it in gone:
        rows = tx.rows(
            "SELECT l.plan_id, l.at FROM closure_left_out l JOIN closure_plan p ON p.id = l.plan_id "
            "WHERE l.room_id = ? AND l.codes = 'closed' AND l.at < ? AND l.at > ? AND p.open = 1",
            (it.room, epoch(it.ends) + DAY, reach(it.starts)),  # a wall is less than a day off its instant
        )
        for plan_id, at in rows:
            where = (plan_id, it.room, at)
            parts = tx.rows("SELECT id FROM closure WHERE plan_id = ? AND room_id = ? AND plan_at = ?", where)
            delete(tx, [int(row[0]) for row in parts])
            tx.run("DELETE FROM closure_left_out WHERE plan_id = ? AND room_id = ? AND at = ?", where)
            again.add((int(plan_id), it.room))
    return again


def _seconds(wall: datetime) -> int:
    return epoch(wall.replace(tzinfo=UTC))


def _wall(seconds: int) -> datetime:
    return from_epoch(seconds).replace(tzinfo=None)
