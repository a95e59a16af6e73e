"""Walk-ins at a door of people nobody knows: made at a panel, and nobody's."""

from datetime import datetime, timedelta

from server.core.clock import epoch, from_epoch
from server.core.model import Room
from server.core.period import Period
from server.core.rules.kinds import Walked
from server.core.rules.walking import HOUR, LEAST
from server.store.database import Tx

SLACK = timedelta(minutes=10)
"""So far the start of a walk-in may be from when it was made."""
_MADE = (
    "SELECT count(*) FROM hold h JOIN occurrence o ON o.id = h.occurrence_id WHERE h.room_id = ? AND h.held_from > ? "
)
_THEIRS = "o.source = 'panel' AND o.owner_id IS NULL"


def walked(tx: Tx, room: Room, wish: Period, now: datetime) -> Walked:
    """Those that count against another one in the room: within the hour, undone ones too, and next before it."""
    since, early = epoch(now - HOUR), epoch(now - HOUR - SLACK)
    lanes = ",".join(map(str, range(room.policy.lanes)))
    (count,) = tx.rows(
        f"SELECT ({_MADE}AND h.active = 1 AND h.lane IN ({lanes}) AND o.made_at > ? AND {_THEIRS}) + "
        f"({_MADE}AND h.active = 0 AND o.made_at > ? AND {_THEIRS})",
        (room.number, early, since, room.number, early, since),
    )
    if room.policy.lanes > 1 or not room.policy.walk_in_pause_minutes:
        return Walked(int(count[0]))
    rows = tx.rows(
        f"SELECT h.held_from, h.held_to, CASE WHEN {_THEIRS} THEN 1 ELSE 0 END FROM hold h "
        "LEFT JOIN occurrence o ON o.id = h.occurrence_id WHERE h.room_id = ? AND h.lane = 0 AND h.active = 1 "
        "AND h.grant_id IS NULL AND h.held_from < ? AND h.held_to - h.held_from >= ? ORDER BY h.held_from DESC LIMIT ?",
        (room.number, epoch(wish.end), int(LEAST.total_seconds()), room.policy.walk_ins_in_row),
    )
    row: list[Period] = []
    for start, end, theirs in rows:
        if not theirs:
            break
        row.append(Period(from_epoch(start), from_epoch(end)))
    return Walked(int(count[0]), tuple(row))
