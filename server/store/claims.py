"""What bookings claim beside their rooms, as rows: written, moved and given up in step with the bookings.

Bookings at risk claim like others: what they need is there when they become certain.
"""

from collections.abc import Sequence

from server.core.claims import Claim
from server.core.clock import epoch
from server.core.model import Booking
from server.store.database import Tx
from server.store.holds import SPANS, span_of

CLAIM = "INSERT INTO claim (occurrence_id, kind, ref, room_id, quantity, held_from, held_to, span, active) VALUES "
UPDATE = "UPDATE claim SET held_from = ?, held_to = ?, span = ?, active = ? WHERE occurrence_id = ?"
_FOLLOW = (
    "UPDATE claim SET held_from = o.starts, held_to = o.ends, "
    "active = CASE WHEN o.standing IN ('accepted', 'pending', 'at_risk') THEN 1 ELSE 0 END, "
    f"span = CASE WHEN o.ends - o.starts <= {SPANS[0]} THEN {SPANS[0]} "
    f"WHEN o.ends - o.starts <= {SPANS[1]} THEN {SPANS[1]} ELSE {SPANS[2]} END "
    "FROM occurrence o WHERE o.id = claim.occurrence_id AND o.id IN"
)
"""Brings the claims of bookings, with their ids, in line with them."""


def write(tx: Tx, each: Sequence[tuple[Booking, Sequence[Claim]]]) -> None:
    """Writes what these bookings claim, much with one statement; SQLite takes 32,766 values in one."""
    cells = [cell for it, claims in each for cell in _cells(it, claims)]
    for start in range(0, len(cells), 1000):
        some = cells[start : start + 1000]
        tx.run(CLAIM + ",".join(["(?,?,?,?,?,?,?,?,?)"] * len(some)), [cell for one in some for cell in one])


def follow(tx: Tx, it: Booking) -> None:
    """Brings the claims of a booking in line with it."""
    tx.run(UPDATE, [*_when(it), it.id])


def follow_all(tx: Tx, ids: Sequence[int]) -> None:
    """Brings the claims of these bookings in line with them as they are stored."""
    _each(tx, _FOLLOW, ids)


def drop(tx: Tx, ids: Sequence[int]) -> None:
    """Takes all that these bookings claim away."""
    _each(tx, "DELETE FROM claim WHERE occurrence_id IN", ids)


def _each(tx: Tx, statement: str, ids: Sequence[int]) -> None:
    """A statement about these ids, however many."""
    for start in range(0, len(ids), 10_000):
        some = ids[start : start + 10_000]
        tx.run(f"{statement} ({','.join('?' * len(some))})", some)


def _when(it: Booking) -> list[object]:
    low, high = epoch(it.starts), epoch(it.ends)
    return [low, high, span_of(low, high), int(it.standing.planned)]


def _cells(it: Booking, claims: Sequence[Claim]) -> list[list[object]]:
    when = _when(it)
    return [[it.id, each.kind, each.ref, each.room, each.quantity, *when] for each in claims]
