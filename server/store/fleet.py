"""What is known of devices, the orders to them, and the newest picture of each one's glass."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from server.core.clock import epoch, from_epoch
from server.core.fleet import Facts, Told, newest, read, told_of, written
from server.core.model import Device
from server.core.orders import Order
from server.store import keys
from server.store.database import Row, Tx
from server.store.fields import instant, seconds

_ORDER = "id, device_id, what, told, made_at, expires_at, outcome, done_at, body"
_BRIEF = _ORDER.replace("body", "CASE WHEN what = 'log' THEN '' ELSE body END")
"""The text of a log is read only where it is asked for."""


@dataclass(frozen=True, slots=True)
class Known:
    """A device as it was heard last; `told` came at `told_at`, and it was heard still at `facts.seen_at`.

    `touch` as evidence goes by it. `picture_at`: when the newest picture of its glass came.
    """

    device: Device
    facts: Facts
    told: Told
    told_at: datetime | None
    touch: str = ""
    picture_at: datetime | None = None


_HEARD = (
    "SELECT d.id, d.seen_at, s.seen_at, d.heartbeat, d.troubles, d.touch, p.made_at FROM device d "
    "LEFT JOIN sighting s ON s.device_id = d.id LEFT JOIN device_picture p ON p.device_id = d.id"
)


def known(tx: Tx, *, revoked: bool = False) -> list[Known]:
    """Every device that is not revoked, by number; `revoked`: those, too."""
    there = {it.number: it for it in keys.devices(tx) if revoked or it.revoked_at is None}
    return [_known(there[row[0]], row) for row in tx.rows(f"{_HEARD} ORDER BY d.id") if row[0] in there]


def known_one(tx: Tx, number: int) -> Known | None:
    """One device, whatever it is."""
    row, device = tx.one(f"{_HEARD} WHERE d.id = ?", (number,)), keys.device_by_number(tx, number)
    return _known(device, row) if row is not None and device is not None else None


def _known(it: Device, row: Row) -> Known:
    _, whole, sighted, heartbeat, troubles, touch, pictured = row
    told = told_of(heartbeat)
    seen = max((at for at in (whole, sighted) if at is not None), default=None)
    facts = Facts(
        it.made_at, instant(seen), read(troubles), told.version, bool(it.rooms) or it.place is not None,
        it.quarantined_at, it.revoked_at,
    )  # fmt: skip
    return Known(it, facts, told, instant(whole), touch, instant(pictured))


def newest_version(tx: Tx) -> str:
    """The newest version that devices run, as `newest` counts it."""
    rows = tx.rows("SELECT heartbeat FROM device WHERE revoked_at IS NULL AND seen_at IS NOT NULL")
    return newest(told_of(row[0]).version for row in rows)


def hear(tx: Tx, number: int, it: keys.Heard, troubles: Mapping[str, datetime]) -> None:
    """Notes all that a device said and what is wrong by it, unless another process has noted something newer."""
    tx.run(
        "UPDATE device SET seen_at = ?, heartbeat = ?, troubles = ?, painted_since = ?, touch = ?, "
        "settled_at = coalesce(?, settled_at) WHERE id = ? AND (coalesce(seen_at, 0) <= ? OR seen_at > ?)",
        (epoch(it.at), it.said, written(troubles), seconds(it.painted_since), it.touch, seconds(it.settled_at), number,
         epoch(it.at), epoch(it.at) + 60),  # more than a minute ahead: our clock was put back
    )  # fmt: skip


def sight(tx: Tx, heard: Mapping[int, datetime]) -> None:
    """Notes when devices were heard, all in one statement; never sets one back, unless our clock was put back."""
    if not heard:
        return
    rows = [(number, epoch(at)) for number, at in sorted(heard.items())]
    values = (
        "SELECT n, at FROM unnest(?::bigint[], ?::bigint[]) AS v (n, at)"
        if tx.postgres
        else f"SELECT column1, column2 FROM (VALUES {','.join(['(?,?)'] * len(rows))})"
    )
    cells = [list(it) for it in zip(*rows, strict=True)] if tx.postgres else [cell for row in rows for cell in row]
    tx.run(
        f"INSERT INTO sighting (device_id, seen_at) {values} WHERE true ON CONFLICT (device_id) "
        "DO UPDATE SET seen_at = excluded.seen_at WHERE sighting.seen_at < excluded.seen_at "
        "OR sighting.seen_at > excluded.seen_at + 60",
        cells,
    )


def troubles_of(tx: Tx, number: int) -> dict[str, datetime]:
    """What was wrong with a device by its last heartbeat, since when."""
    row = tx.one("SELECT troubles FROM device WHERE id = ?", (number,))
    return read(row[0]) if row else {}


def insert_order(tx: Tx, it: Order) -> int:
    """Writes a new order; returns its number."""
    row = tx.one(
        "INSERT INTO device_order (device_id, what, told, made_at, expires_at, outcome, done_at, body) "
        "VALUES (?,?,?,?,?,'',NULL,'') RETURNING id",
        (it.device, it.what, json.dumps(dict(it.told)), epoch(it.made_at), epoch(it.expires_at)),
    )
    return int(row[0]) if row else 0


def due(tx: Tx, device: int, now: datetime) -> list[Order]:
    """What is still wanted of a device, oldest first."""
    rows = tx.rows(
        f"SELECT {_BRIEF} FROM device_order WHERE device_id = ? AND outcome = '' AND expires_at > ? ORDER BY id",
        (device, epoch(now)),
    )
    return [_order(row) for row in rows]


def orders(tx: Tx, device: int, limit: int) -> list[Order]:
    """The newest orders to a device, newest first, without the text of logs."""
    rows = tx.rows(f"SELECT {_BRIEF} FROM device_order WHERE device_id = ? ORDER BY id DESC LIMIT ?", (device, limit))
    return [_order(row) for row in rows]


def order(tx: Tx, number: int) -> Order | None:
    """One order, with all that was said to it."""
    row = tx.one(f"SELECT {_ORDER} FROM device_order WHERE id = ?", (number,))
    return _order(row) if row else None


def last_log(tx: Tx, device: int) -> Order | None:
    """The newest log that a device has sent."""
    row = tx.one(
        f"SELECT {_ORDER} FROM device_order WHERE device_id = ? AND what = 'log' AND outcome = 'done' "
        "ORDER BY id DESC LIMIT 1",
        (device,),
    )
    return _order(row) if row else None


def close_order(tx: Tx, number: int, at: datetime, outcome: str, text: str) -> bool:
    """Writes the receipt of an order; False where there is one already."""
    row = tx.one(
        "UPDATE device_order SET outcome = ?, done_at = ?, body = ? WHERE id = ? AND outcome = '' RETURNING id",
        (outcome, epoch(at), text, number),
    )
    return row is not None


def put_picture(tx: Tx, device: int, order: int, at: datetime, data: bytes) -> None:
    """Keeps the picture of a device's glass, unless one that was asked for later is there."""
    tx.run(
        "INSERT INTO device_picture (device_id, order_id, made_at, body) VALUES (?,?,?,?) ON CONFLICT (device_id) "
        "DO UPDATE SET order_id = excluded.order_id, made_at = excluded.made_at, body = excluded.body "
        "WHERE device_picture.order_id < excluded.order_id",
        (device, order, epoch(at), data),
    )


def picture(tx: Tx, device: int) -> tuple[datetime, bytes] | None:
    """The newest picture of a device's glass, and when it came."""
    row = tx.one("SELECT made_at, body FROM device_picture WHERE device_id = ?", (device,))
    return (from_epoch(row[0]), bytes(row[1])) if row else None


def forget(tx: Tx, before: datetime) -> int:
    """Removes orders and pictures from before an instant; how many."""
    orders = tx.rows("DELETE FROM device_order WHERE made_at < ? RETURNING id", (epoch(before),))
    pictures = tx.rows("DELETE FROM device_picture WHERE made_at < ? RETURNING device_id", (epoch(before),))
    return len(orders) + len(pictures)


def _order(row: Row) -> Order:
    number, device, what, told, made, expires, outcome, done, body = row
    return Order(
        number, device, what, json.loads(told), from_epoch(made), from_epoch(expires), outcome, instant(done), body
    )
