"""The audit trail: each change carries the digest of itself and of the change before it, so none can go unnoticed.

Decisions:
- A link is SHA-256 over the link before it and every cell of the change, each with its length before it, so that no two
  different changes read alike. PostgreSQL computes the same in the function `tell` (migration 6).
- A change holds numbers, codes and instants only. Names and free text are in an erasable table beside it; the change
  keeps their salted digest. So erasing somebody, or what is kept long enough, leaves the chain whole.
- `before` and `after` say of a booking what a change made of it, as far as it is no text (JSON; instants in seconds).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.core.clock import epoch
from server.core.model import Booking

CELLS = (
    "seq", "at", "act", "what", "room_id", "subject", "actor", "source", "codes", "before", "after", "digest",
)  # fmt: skip
"""The columns of a change that its link covers, in their order."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes: of a time [since, until), of a kind, in a room, by a person (or a key of theirs) or about one."""

    since: datetime | None = None
    until: datetime | None = None
    what: tuple[str, ...] = ()
    person: int | None = None
    room: int | None = None


def link(former: str, cells: Iterable[object]) -> str:
    """The link of a change: `former` is the one before ("" for the first), `cells` its columns, None as ""."""
    texts = ("" if cell is None else str(cell) for cell in cells)
    return hashlib.sha256((former + "".join(f"{len(text)}:{text}" for text in texts)).encode()).hexdigest()


def marks(it: Booking) -> dict[str, Any]:
    """What the audit keeps of a booking: numbers and instants (seconds since 1970, UTC), no text that people wrote."""
    moments = {"starts": it.starts, "ends": it.ends, "planned_end": it.planned_end, "here": it.checked_in_at,
               "ended": it.ended_at}  # fmt: skip
    told: dict[str, Any] = {name: epoch(at) for name, at in moments.items() if at is not None}
    return told | {"rooms": list(it.rooms), "standing": it.standing.value, "owner": it.owner, "version": it.version}


def difference(before: Booking | None, after: Booking) -> tuple[dict[str, Any], dict[str, Any]]:
    """What was, and what is now, as far as the two differ; of a new booking all."""
    was, now = marks(before) if before is not None else {}, marks(after)
    names = [name for name in {**was, **now} if was.get(name) != now.get(name)]
    return {name: was[name] for name in names if name in was}, {name: now[name] for name in names if name in now}


def written(values: Mapping[str, Any] | None) -> str:
    """What was or is, as a change keeps it: compact JSON, "" for nothing."""
    return json.dumps(values, sort_keys=True, separators=(",", ":")) if values else ""
