"""What holds rooms around a time, and why: one question for all rooms and lanes of a booking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from server.core.clock import epoch, from_epoch
from server.core.model import Closure
from server.core.period import Period
from server.core.policy import LONGEST
from server.store.database import Row, Tx

REACH = int(LONGEST.total_seconds()) + 2 * 86_400
"""No hold is longer, in seconds: LONGEST, and two days where a zone has moved a closure."""
DEEP = "h.room_id = ? AND h.active = 1 AND h.lane > 0 AND h.held_from < ? AND h.held_from > ? AND h.held_to > ?"
"""What lies in the further lanes of a room and reaches into a time; `deep` gives the values."""
SPANS = (3 * 3_600, 86_400, REACH)
"""How long claims are at most, in seconds: most are short, and those need not be looked for far back."""
MOST = 100
"""So many holds of a room are looked at where it has one lane: each of them refuses."""


def deep(room: int, low: int, high: int) -> tuple[int, int, int, int]:
    """The values of DEEP."""
    return room, high, low - REACH, low


def span_of(low: int, high: int) -> int:
    """The span of a claim on that time."""
    return next(span for span in SPANS if high - low <= span or span == SPANS[-1])


@dataclass(frozen=True, slots=True)
class Held:
    """A hold next to or over a time that somebody asks for: of a booking (`uid`), of a closure or of a door (uid None).

    `series_uid` is that of the booking's series, None where it has none; `reason` the closure's. `grant` is the number
    of the grant whose time it is, `device` that of the door which owns it. A booking `at_risk` holds nothing, but its
    time is not given to anybody else either.
    """

    id: int
    room: int
    lane: int
    starts: datetime
    ends: datetime
    uid: str | None
    organizer: str
    occurrence: int | None
    closure: int | None
    series_uid: str | None = None
    reason: str = ""
    grant: int | None = None
    device: int | None = None
    at_risk: bool = False

    @property
    def period(self) -> Period:
        return Period(self.starts, self.ends)

    @property
    def shut(self) -> Closure:
        """The closure that this is the hold of."""
        return Closure(self.closure or 0, self.room, self.starts, self.ends, self.reason)


_WHAT = "SELECT h.id, h.room_id, h.lane, h.held_from, h.held_to, h.occurrence_id, h.closure_id, h.grant_id, 0 FROM "
# CROSS JOIN and WHERE: SQLite then goes through what is asked and looks each up, whatever it believes of the sizes. The
# texts are looked up one by one, for PostgreSQL expects many holds and would read all bookings to join them.
_AROUND = (
    "SELECT n.*, (SELECT uid FROM occurrence WHERE id = n.occurrence_id), "
    "(SELECT organizer FROM occurrence WHERE id = n.occurrence_id), "
    "(SELECT series_uid FROM occurrence WHERE id = n.occurrence_id), "
    "(SELECT reason FROM closure WHERE id = n.closure_id), "
    "CASE WHEN n.grant_id IS NULL THEN NULL ELSE (SELECT device_id FROM door_grant WHERE id = n.grant_id) END FROM ("
    f"{_WHAT} asked a CROSS JOIN hold h "
    "WHERE h.id = (SELECT id FROM hold WHERE room_id = a.room AND lane = 0 AND active = 1 AND held_from < a.low "
    "ORDER BY held_from DESC LIMIT 1) AND h.held_to > a.low "
    f"UNION ALL {_WHAT} asked a CROSS JOIN hold h "
    "WHERE h.room_id = a.room AND h.lane = 0 AND h.active = 1 AND h.held_from >= a.low AND h.held_from < a.high "
    f"UNION ALL {_WHAT} asked a CROSS JOIN hold h "
    "WHERE h.room_id = a.room AND h.active = 1 AND h.lane > 0 AND h.held_from < a.high "
    f"AND h.held_from > a.low - {REACH} AND h.held_to > a.low "
    "UNION ALL SELECT h.id, h.room_id, h.lane, h.held_from, h.held_to, h.occurrence_id, h.closure_id, h.grant_id, 1 "
    "FROM asked a CROSS JOIN hold h WHERE h.occurrence_id IN (SELECT id FROM occurrence WHERE standing = 'at_risk') "
    "AND +h.room_id = a.room AND +h.held_from < a.high AND +h.held_to > a.low) AS n "
)


def around(tx: Tx, asked: Sequence[tuple[int, Period]], *, most: int | None = MOST) -> list[Held]:
    """Active holds of rooms and bookings at risk over a time of each, by room and start; at most `most` for each room.

    Holds of a lane never overlap, so besides those that start inside only the one before the start can reach in: the
    cost does not grow with what is stored.
    """
    if not asked:
        return []
    marks = ",".join(["(?,?,?)"] * len(asked))
    values = [each for room, wish in asked for each in (room, epoch(wish.start), epoch(wish.end))]
    limit = "" if most is None else f" LIMIT {most * len(asked)}"
    rows = tx.rows(
        f"WITH asked (room, low, high) AS (VALUES {marks}) {_AROUND}ORDER BY 2, 4{limit}",
        values,
    )
    return [_held(row) for row in rows]


def _held(row: Row) -> Held:
    number, room, lane, start, end, occurrence, closure, grant, risky, uid, organizer, series_uid, reason, device = row
    begin = (number, room, lane, from_epoch(start), from_epoch(end))
    return Held(*begin, uid, organizer or "", occurrence, closure, series_uid, reason or "", grant, device, bool(risky))


def lay_anew(tx: Tx, lanes: Mapping[int, int], own: int | None = None) -> None:
    """Puts holds (by number) into other lanes, all at once; the booking `own` lets go of its holds until it is written.

    They are given up first, so that they can change places: SQLite judges each by itself.
    """
    if not lanes:
        return
    marks = ",".join("?" * len(lanes))
    tx.run(f"UPDATE hold SET active = 0 WHERE id IN ({marks}) OR occurrence_id = ?", (*lanes, own or 0))
    cases = " ".join(["WHEN ? THEN CAST(? AS INTEGER)"] * len(lanes))
    pairs = [cell for pair in lanes.items() for cell in pair]
    tx.run(f"UPDATE hold SET active = 1, lane = CASE id {cases} END WHERE id IN ({marks})", (*pairs, *lanes))


def overlapping(tx: Tx) -> bool:
    """Whether any two hold one lane of a room at once, which the database's own law forbids: for one that comes from
    elsewhere."""
    rows = tx.rows(
        "SELECT 1 FROM (SELECT held_from, max(held_to) OVER (PARTITION BY room_id, lane ORDER BY held_from, id "
        "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS latest FROM hold WHERE active = 1) AS each_hold "
        "WHERE held_from < latest LIMIT 1"
    )
    return bool(rows)
