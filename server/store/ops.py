"""What was asked under which key, and the answer it got: a repeated request has one effect and one answer."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.core.clock import epoch, from_epoch
from server.core.model import Booking
from server.store.bookings import columns, value
from server.store.database import Tx
from server.store.fields import storable

DOORS = "door"
"""The digest of what a door did by its own word: whoever asks for the same under that key gets what came of it."""


@dataclass(frozen=True, slots=True)
class Op:
    """A carried out request: the booking before (None for a new one) and after it.

    `more` is there where it was about a whole series: what the answer said beside its first booking.
    """

    digest: str
    at: datetime
    what: str
    before: Booking | None
    after: Booking
    more: dict[str, Any] | None = None


def find(tx: Tx, actor: str, key: str) -> Op | None:
    what = "SELECT digest, at, what, before, after, more FROM op WHERE actor = ? AND op_key = ?"
    row = tx.one(what, (actor, key)) if storable(key) else None
    if row is None:
        return None
    before = value(tuple(json.loads(row[3]))) if row[3] else None
    return Op(
        row[0],
        from_epoch(row[1]),
        row[2],
        before,
        value(tuple(json.loads(row[4]))),
        json.loads(row[5]) if row[5] else None,
    )


def keep(tx: Tx, actor: str, key: str, op: Op) -> None:
    """Stores the answer in the transaction of its effect."""
    tx.run(
        "INSERT INTO op (actor, op_key, digest, at, what, before, after, more) VALUES (?,?,?,?,?,?,?,?)",
        (
            actor, key, op.digest, epoch(op.at), op.what, json.dumps(columns(op.before)) if op.before else None,
            json.dumps(columns(op.after)), json.dumps(op.more) if op.more is not None else None,
        ),
    )  # fmt: skip


def of_any(tx: Tx, actors: Collection[str], key: str) -> Op | None:
    """What any of these did under the key: the card of one may go on in another."""
    found = (find(tx, actor, key) for actor in sorted(actors))
    return next((op for op in found if op is not None), None)
