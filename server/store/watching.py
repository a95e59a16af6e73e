"""What panels were heard of last, for whoever watches over them."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.core.clock import epoch, from_epoch
from server.store.database import Tx


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel that has been heard of: `as_of` is how old the plan was that it showed then; `room` its first."""

    number: int
    room: int | None
    seen_at: datetime
    as_of: datetime | None
    touch: str
    revoked: bool


def panels(tx: Tx) -> list[Panel]:
    """All that were ever heard of, revoked ones too."""
    rows = tx.rows(
        "SELECT d.id, (SELECT min(r.room_id) FROM device_room r WHERE r.device_id = d.id), d.seen_at, d.heartbeat, "
        "d.touch, d.revoked_at FROM device d WHERE d.seen_at IS NOT NULL ORDER BY d.id"
    )
    return [
        Panel(number, room, from_epoch(seen), as_of(heartbeat), touch, revoked is not None)
        for number, room, seen, heartbeat, touch, revoked in rows
    ]


def dismissed(tx: Tx, category: str, subject: str, since: datetime, by_itself: str) -> bool:
    """Whether somebody closed such a ticket at that instant or later, other than what opens and closes it by itself."""
    row = tx.one(
        "SELECT 1 FROM ticket WHERE subject = ? AND category = ? AND state = 'closed' AND closed_at >= ? "
        "AND closed_by <> ? LIMIT 1",
        (subject, category, epoch(since), by_itself),
    )
    return row is not None


def as_of(heartbeat: str | None) -> datetime | None:
    """What a heartbeat says of the age of its plan; None where it says nothing that can be understood."""
    try:
        said: Any = json.loads(heartbeat or "{}")
        at = datetime.fromisoformat(said["as_of"])
    except (ValueError, TypeError, KeyError):
        return None
    return at if at.tzinfo is not None else None
