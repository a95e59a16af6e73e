"""What the house can choose from: attributes, accessories, timetables, quotas, equipment, reasons; rows and values."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache

from server.core.clock import epoch
from server.core.places import Accessory, Attribute, Equipment, Quota, Slot, StatusReason, Timetable
from server.store.database import Row, Tx
from server.store.fields import numbers
from server.store.tables import listed

ATTRIBUTE = (
    "id", "category", "label", "kind", "required", "pattern", "choices", "private", "admin_only", "sort", "rooms",
    "version",
)  # fmt: skip
ACCESSORY = ("id", "name", "name_key", "stock", "credits", "peak_credits", "credit_per", "rooms", "version")
TIMETABLE = (
    "id", "name", "name_key", "zone", "slots", "days_visible", "week_start", "most_rooms", "most_at_once", "since",
    "until", "version",
)  # fmt: skip
QUOTA = (
    "id", "name", "name_key", "unit", "per", "most", "team_id", "place_id", "room_id", "room_type", "weekdays",
    "opens", "closes", "counts_over", "version",
)  # fmt: skip


def attributes(tx: Tx) -> list[Attribute]:
    """Every attribute in the order people see them."""
    rows = tx.rows(f"SELECT {listed(ATTRIBUTE)} FROM attribute ORDER BY category, sort, id")
    return [
        Attribute(
            r[0], r[1], r[2], r[3], bool(r[4]), r[5], tuple(json.loads(r[6])), bool(r[7]), bool(r[8]), r[9],
            frozenset(numbers(r[10])), r[11],
        )
        for r in rows
    ]  # fmt: skip


def put_attribute(tx: Tx, it: Attribute) -> int:
    """Writes an attribute, a new one where its number is 0; returns its number."""
    return _put(tx, "attribute", ATTRIBUTE, it.number, [
        it.category, it.label, it.kind, int(it.required), it.pattern, json.dumps(it.choices, ensure_ascii=False),
        int(it.private), int(it.admin_only), it.sort, _joined(it.rooms), it.version,
    ])  # fmt: skip


def accessories(tx: Tx) -> list[Accessory]:
    """Every accessory by name."""
    rows = tx.rows(f"SELECT {listed(ACCESSORY)} FROM accessory ORDER BY name_key")
    return [Accessory(r[0], r[1], r[3], r[4], r[5], r[6], _bounds(r[7]), r[8]) for r in rows]


def put_accessory(tx: Tx, it: Accessory) -> int:
    """Writes an accessory, a new one where its number is 0; returns its number."""
    bounds = json.dumps({str(room): list(least_most) for room, least_most in sorted(it.rooms.items())})
    return _put(tx, "accessory", ACCESSORY, it.number, [
        it.name, it.name.casefold(), it.stock, it.credits, it.peak_credits, it.credit_per, bounds, it.version,
    ])  # fmt: skip


def timetables(tx: Tx) -> list[Timetable]:
    """Every timetable by name."""
    rows = tx.rows(f"SELECT {listed(TIMETABLE)} FROM timetable ORDER BY name_key")
    return [
        Timetable(
            r[0], r[1], r[3], _slots(r[4]), r[5], r[6], r[7], r[8], _day(r[9]), _day(r[10]), r[11]
        )
        for r in rows
    ]  # fmt: skip


def put_timetable(tx: Tx, it: Timetable) -> int:
    """Writes a timetable, a new one where its number is 0; returns its number."""
    slots = {
        day.isoformat() if isinstance(day, date) else str(day): [
            [slot.opens, slot.closes, int(slot.bookable), slot.label] for slot in held
        ]
        for day, held in it.days.items()
    }
    ends = [day.toordinal() if day is not None else None for day in (it.since, it.until)]
    return _put(tx, "timetable", TIMETABLE, it.number, [
        it.name, it.name.casefold(), it.zone, json.dumps(slots, ensure_ascii=False, sort_keys=True), it.days_visible,
        it.week_start, it.most_rooms, it.most_at_once, *ends, it.version,
    ])  # fmt: skip


def quotas(tx: Tx) -> list[Quota]:
    """Every quota by name."""
    rows = tx.rows(f"SELECT {listed(QUOTA)} FROM quota ORDER BY name_key")
    return [
        Quota(
            r[0], r[1], r[3], r[4], r[5], r[6], r[7], r[8], r[9], frozenset(numbers(r[10])), r[11], r[12],
            bool(r[13]), r[14],
        )
        for r in rows
    ]  # fmt: skip


def put_quota(tx: Tx, it: Quota) -> int:
    """Writes a quota, a new one where its number is 0; returns its number."""
    return _put(tx, "quota", QUOTA, it.number, [
        it.name, it.name.casefold(), it.unit, it.per, it.most, it.group, it.place, it.room, it.room_type,
        _joined(it.weekdays), it.opens, it.closes, int(it.counts_over), it.version,
    ])  # fmt: skip


def equipment(tx: Tx) -> list[Equipment]:
    """Every kind of equipment by its slug."""
    return [Equipment(*row) for row in tx.rows("SELECT slug, label, icon FROM equipment ORDER BY slug")]


def put_equipment(tx: Tx, it: Equipment) -> None:
    """Writes a kind of equipment, new or known."""
    tx.run(
        "INSERT INTO equipment (slug, label, icon) VALUES (?,?,?) "
        "ON CONFLICT (slug) DO UPDATE SET label = excluded.label, icon = excluded.icon",
        (it.id, it.label, it.icon),
    )


def remove_equipment(tx: Tx, slug: str) -> None:
    tx.run("DELETE FROM equipment WHERE slug = ?", (slug,))


def reasons(tx: Tx) -> list[StatusReason]:
    """Every reason for a room's being out of service, in the order of their making."""
    return [StatusReason(*row) for row in tx.rows("SELECT id, status, reason FROM status_reason ORDER BY id")]


def put_reason(tx: Tx, it: StatusReason) -> int:
    """Writes a reason, a new one where its number is 0; returns its number."""
    return _put(tx, "status_reason", ("id", "status", "reason"), it.number, [it.status, it.reason])


def remove(tx: Tx, kind: str, number: int) -> None:
    """Takes an attribute, accessory, timetable, quota or status_reason out; its number is not given again."""
    if kind not in ("attribute", "accessory", "timetable", "quota", "status_reason"):
        raise ValueError(kind)
    tx.run(f"DELETE FROM {kind} WHERE id = ?", (number,))


def attribute_uses(tx: Tx, it: Attribute, now: datetime) -> dict[str, int]:
    """How many rooms, people or bookings to come have a value of the attribute; empty where none has."""
    mark = f'%"{it.number}":%'
    if it.category == "booking":
        rows = tx.rows(
            "SELECT details FROM occurrence WHERE ends > ? AND standing IN ('accepted', 'pending', 'at_risk') "
            "AND details LIKE ?",
            (epoch(now), mark),
        )
        # The text of an accessory with the same number looks alike.
        return _some("booking", sum(str(it.number) in json.loads(row[0]).get("attributes", {}) for row in rows))
    table = {"room": "room", "person": "person"}.get(it.category)
    return _some(it.category, _counted(tx, f"{table} WHERE attributes LIKE ?", mark)) if table else {}


def accessory_uses(tx: Tx, number: int, now: datetime) -> dict[str, int]:
    """How many bookings to come have asked for the accessory; empty where none has."""
    rows = "claim WHERE kind = 'accessory' AND ref = ? AND active = 1 AND held_to > ?"
    return _some("booking", _counted(tx, rows, number, epoch(now)))


def timetable_uses(tx: Tx, number: int) -> dict[str, int]:
    """In how many rooms, and set by how many places and types, bookings keep the timetable; empty where none does."""
    uses: dict[str, int] = {}
    for kind, table in (("room", "room"), ("place", "place"), ("type", "room_type")):
        rows = tx.rows(f"SELECT policy FROM {table} WHERE policy LIKE ?", ('%"timetable":%',))
        uses |= _some(kind, sum(json.loads(row[0]).get("timetable") == number for row in rows))
    return uses


def equipment_uses(tx: Tx, slug: str) -> dict[str, int]:
    """How many rooms have it; empty where none has."""
    return _some("room", _counted(tx, "room WHERE facilities LIKE ?", f"%{json.dumps(slug)}%"))


def _put(tx: Tx, table: str, columns: tuple[str, ...], number: int, values: list[object]) -> int:
    if number:
        marks = ", ".join(f"{column} = ?" for column in columns[1:])
        tx.run(f"UPDATE {table} SET {marks} WHERE id = ?", [*values, number])
        return number
    marks = ",".join("?" * len(values))
    row = tx.one(f"INSERT INTO {table} ({listed(columns[1:])}) VALUES ({marks}) RETURNING id", values)
    return int(row[0]) if row else 0


def _counted(tx: Tx, rows: str, *params: object) -> int:
    row: Row | None = tx.one(f"SELECT count(*) FROM {rows}", params)
    return int(row[0]) if row else 0


def _some(kind: str, count: int) -> dict[str, int]:
    return {kind: count} if count else {}


def _joined(values: frozenset[int]) -> str:
    return ",".join(map(str, sorted(values)))


def _day(ordinal: int | None) -> date | None:
    return None if ordinal is None else date.fromordinal(ordinal)


def _bounds(text: str) -> dict[int, tuple[int | None, int | None]]:
    return {int(room): (least, most) for room, (least, most) in json.loads(text).items()}


@lru_cache(maxsize=256)
def _slots(text: str) -> Mapping[int | date, tuple[Slot, ...]]:
    return {
        int(day) if len(day) == 1 else date.fromisoformat(day): tuple(
            Slot(opens, closes, bool(bookable), label) for opens, closes, bookable, label in held
        )
        for day, held in json.loads(text).items()
    }
