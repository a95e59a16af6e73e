"""What looking for a free room asks of all rooms at once: few statements, however many rooms and bookings there are."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from server.core.clock import epoch, from_epoch
from server.core.model import Room
from server.core.period import Period
from server.core.policy import Policy
from server.store.database import Tx
from server.store.fields import numbers, policy_value
from server.store.holds import REACH
from server.store.rooms import COLUMNS, value


@dataclass(frozen=True, slots=True)
class Beside:
    """A room as it is looked at when one is sought, and what holds it nearest to an instant, in seconds since 1970.

    `before`: the end of the last hold of its first lane that begins by then; `after`: the start of the next one. Of a
    closure `…_booked` is False.
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


_BESIDE = (
    "SELECT r.id, r.slug, r.zone, r.capacity, r.room_type, r.facilities, r.active, r.status, r.policy, r.place_id, "
    "r.plan_x, r.plan_y, r.walk, r.parts, p.held_to, p.occurrence_id, s.held_from, s.occurrence_id FROM room r "
    "LEFT JOIN hold p ON p.id = (SELECT id FROM hold WHERE room_id = r.id AND lane = 0 AND active = 1 "
    "AND held_from <= ? ORDER BY held_from DESC LIMIT 1) "
    "LEFT JOIN hold s ON s.id = (SELECT id FROM hold WHERE room_id = r.id AND lane = 0 AND active = 1 "
    "AND held_from > ? ORDER BY held_from LIMIT 1) ORDER BY r.id"
)


def beside(tx: Tx, at: int) -> list[Beside]:
    """Every room with what is next to an instant."""
    found = []
    for row in tx.rows(_BESIDE, (at, at)):
        number, slug, zone, capacity, kind, facilities, active, status, policy, place, x, y, walk, parts, *near = row
        found.append(
            Beside(
                number, slug, zone, capacity, kind, _facilities(facilities), bool(active), status, policy_value(policy),
                place, (x, y) if x is not None else None, walk, numbers(parts) if parts else (),
                near[0], near[1] is not None, near[2], near[3] is not None,
            )
        )  # fmt: skip
    return found


@lru_cache(maxsize=4096)
def _facilities(text: str) -> frozenset[str]:
    return frozenset(str(name).casefold() for name in json.loads(text))


def held(tx: Tx, rooms: Collection[int], window: Period, *, lanes: int = 1) -> dict[int, list[tuple[Period, bool]]]:
    """What holds these rooms over the window in that many lanes: (when, whether by a booking), by start; by room."""
    if not rooms:
        return {}
    where = f"room_id IN ({','.join('?' * len(rooms))}) AND lane IN ({','.join(map(str, range(lanes)))})"
    rows = tx.rows(
        f"SELECT room_id, held_from, held_to, occurrence_id FROM hold WHERE {where} AND active = 1 "
        "AND held_from < ? AND held_from > ? AND held_to > ? ORDER BY held_from",
        (*rooms, epoch(window.end), epoch(window.start) - REACH, epoch(window.start)),
    )
    found: dict[int, list[tuple[Period, bool]]] = {}
    for room, low, high, occurrence in rows:
        found.setdefault(room, []).append((Period(from_epoch(low), from_epoch(high)), occurrence is not None))
    return found


def rooms(tx: Tx, numbers: Collection[int]) -> dict[int, Room]:
    """These rooms whole, by number."""
    if not numbers:
        return {}
    marks = ",".join("?" * len(numbers))
    rows = tx.rows(f"SELECT {COLUMNS} FROM room WHERE id IN ({marks})", tuple(numbers))
    return {it.number: it for it in map(value, rows)}
