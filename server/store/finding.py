"""What looking for a free room asks of all rooms at once: few statements, however many rooms and bookings there are."""

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from server.core.clock import epoch, from_epoch
from server.core.model import Room
from server.core.period import Period
from server.core.policy import Policy
from server.store.database import Row, Tx
from server.store.fields import numbers, policy_value
from server.store.holds import REACH
from server.store.rooms import COLUMNS, value


@dataclass(frozen=True, slots=True)
class Beside:
    """A room as it is looked at when one is sought, and what holds it nearest to an instant, in seconds since 1970.

    `before`: the end of the last hold of its first lane that begins by then; `after`: the start of the next one. Of a
    closure `…_booked` is False, and of the time of a door that cannot be asked (`after_door`).
    """

    number: int
    slug: str
    zone: str
    capacity: int
    kind: str
    facilities: frozenset[str]
    active: bool
    status: str
    policy: Policy
    place: int
    plan: tuple[int, int] | None
    walk: int
    parts: tuple[int, ...]
    before: int | None
    before_booked: bool
    after: int | None
    after_booked: bool
    after_door: bool = False


_EVER = 1 << 40
_BESIDE = (
    "SELECT r.id, r.slug, r.zone, r.capacity, r.room_type, r.facilities, r.active, r.status, r.policy, r.place_id, "
    "r.plan_x, r.plan_y, r.walk, r.parts, p.held_to, p.occurrence_id, s.held_from, s.occurrence_id, s.grant_id "
    "FROM room r LEFT JOIN hold p ON p.id = (SELECT id FROM hold WHERE room_id = r.id AND lane = 0 AND active = 1 "
    "AND held_from <= ? AND {asked} ORDER BY held_from DESC LIMIT 1) "
    "LEFT JOIN hold s ON s.id = (SELECT id FROM hold WHERE room_id = r.id AND lane = 0 AND active = 1 "
    "AND held_from > ? AND {asked} ORDER BY held_from LIMIT 1) ORDER BY r.id"
)
_RISKY = (
    "SELECT h.room_id, o.starts, o.ends FROM occurrence o JOIN hold h ON h.occurrence_id = o.id "
    "WHERE o.standing = 'at_risk' AND o.starts < ? AND o.ends > ? ORDER BY o.starts"
)
SILENT = 30
"""Seconds after which the time of a door counts as taken: until then it is had by asking."""
_SILENT = (
    "SELECT g.id FROM door_grant g JOIN device d ON d.id = g.device_id WHERE g.forced_at IS NOT NULL OR "
    "(coalesce(g.told_at, 0) < ? AND coalesce(d.seen_at, 0) < ? AND NOT EXISTS "
    "(SELECT 1 FROM sighting s WHERE s.device_id = g.device_id AND s.seen_at >= ?))"
)


def silent(tx: Tx, now: datetime) -> set[int]:
    """The grants whose doors have not been heard lately, or that staff do not wait for."""
    since = epoch(now) - SILENT
    return {int(row[0]) for row in tx.rows(_SILENT, (since, since, since))}


def _taken(silent: Collection[int]) -> str:
    """Which holds count: a door's only where it cannot be asked."""
    doors = f" OR grant_id IN ({','.join(map(str, sorted(silent)))})" if silent else ""
    return f"(grant_id IS NULL{doors})"


def beside(tx: Tx, at: int, silent: Collection[int] = ()) -> list[Beside]:
    """Every room with what is next to an instant. `silent`: the grants of doors that cannot be asked."""
    risky: dict[int, list[tuple[int, int]]] = {}
    for room, start, end in tx.rows(_RISKY, (_EVER, at)):
        risky.setdefault(room, []).append((start, end))
    found = [_beside(row) for row in tx.rows(_BESIDE.format(asked=_taken(silent)), (at, at))]
    return [_at_risk(it, at, risky[it.number]) if it.number in risky else it for it in found]


def _at_risk(it: Beside, at: int, risky: list[tuple[int, int]]) -> Beside:
    """The room with its bookings at risk as well, in order."""
    now = next((end for start, end in risky if start <= at), None)
    then = next((start for start, _ in risky if start > at), None)
    if now is not None and (it.before is None or now > it.before):
        it = replace(it, before=now, before_booked=True)
    if then is not None and (it.after is None or then < it.after):
        it = replace(it, after=then, after_booked=True, after_door=False)
    return it


def _beside(row: Row) -> Beside:
    number, slug, zone, capacity, kind, facilities, active, status, policy, place, x, y, walk, parts, *near = row
    return Beside(
        number, slug, zone, capacity, kind, _facilities(facilities), bool(active), status, policy_value(policy),
        place, (x, y) if x is not None else None, walk, numbers(parts) if parts else (),
        near[0], near[1] is not None, near[2], near[3] is not None, near[4] is not None,
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _facilities(text: str) -> frozenset[str]:
    return frozenset(str(name).casefold() for name in json.loads(text))


def held(
    tx: Tx, rooms: Collection[int], window: Period, *, lanes: int = 1, silent: Collection[int] = ()
) -> dict[int, list[tuple[Period, bool]]]:
    """What holds these rooms over the window in that many lanes: (when, whether by a booking), by start; by room.

    A booking at risk counts; a door's time only of those grants that are `silent`.
    """
    if not rooms:
        return {}
    where = f"room_id IN ({','.join('?' * len(rooms))}) AND lane IN ({','.join(map(str, range(lanes)))})"
    where += f" AND {_taken(silent)}"
    rows = tx.rows(
        f"SELECT room_id, held_from, held_to, occurrence_id FROM hold WHERE {where} AND active = 1 "
        "AND held_from < ? AND held_from > ? AND held_to > ? ORDER BY held_from",
        (*rooms, epoch(window.end), epoch(window.start) - REACH, epoch(window.start)),
    )
    found: dict[int, list[tuple[Period, bool]]] = {}
    for room, low, high, occurrence in rows:
        found.setdefault(room, []).append((Period(from_epoch(low), from_epoch(high)), occurrence is not None))
    for room, low, high in tx.rows(_RISKY, (epoch(window.end), epoch(window.start))):
        if room in rooms:
            found.setdefault(room, []).append((Period(from_epoch(low), from_epoch(high)), True))
            found[room].sort()
    return found


def rooms(tx: Tx, numbers: Collection[int]) -> dict[int, Room]:
    """These rooms whole, by number."""
    if not numbers:
        return {}
    marks = ",".join("?" * len(numbers))
    rows = tx.rows(f"SELECT {COLUMNS} FROM room WHERE id IN ({marks})", tuple(numbers))
    return {it.number: it for it in map(value, rows)}
