"""The bookings of the house page by page, by (start, id): cancelled ones, too, but none that was struck."""

from collections.abc import Collection
from datetime import timedelta

from server.core.clock import epoch
from server.core.model import STRUCK, Booking
from server.core.period import Period
from server.core.policy import LONGEST
from server.store.bookings import OF_O, value
from server.store.database import Tx

Place = tuple[int, int]
FEW = 20


def page(
    tx: Tx, *, window: Period | None, rooms: Collection[int] | None, owner: int | None, after: Place | None, limit: int
) -> list[Booking]:
    """At most so many bookings after that place: those that touch the window, in any of the rooms (None: of all),
    of that owner."""
    where, values = ["o.source <> ?"], list[object]([STRUCK])
    if window is not None:
        # Older ones cannot reach in: no booking is longer than LONGEST.
        low = epoch(window.start)
        where.append("o.starts < ? AND o.ends > ? AND o.starts > ?")
        values += [epoch(window.end), low, low - LONGEST // timedelta(seconds=1)]
    if after is not None:
        where.append("o.starts >= ? AND (o.starts > ? OR o.id > ?)")
        values += [after[0], *after]
    if owner is not None:
        where.append("o.owner_id = ?")
        values.append(owner)
    if rooms is not None:
        marks = ",".join("?" * len(rooms))
        if len(rooms) <= FEW:  # from their holds; of many rooms, where most have a booking near, by looking each up
            where.append(f"o.id IN (SELECT occurrence_id FROM hold WHERE room_id IN ({marks}))" if rooms else "1 = 0")
        else:
            there = f"SELECT 1 FROM hold h WHERE h.occurrence_id = o.id AND h.room_id IN ({marks})"
            where.append(f"EXISTS ({there})")
        values += rooms
    sql = f"SELECT {OF_O} FROM occurrence o WHERE {' AND '.join(where)} ORDER BY o.starts, o.id LIMIT ?"
    return [value(row) for row in tx.rows(sql, (*values, limit))]
