"""What the carry sweep asks of one series under the lock of its rooms, and what lists of series ask of all."""

from collections import Counter
from datetime import datetime

from server.core.clock import epoch, from_epoch
from server.core.model import Booking, Standing
from server.store.bookings import OF_O, value
from server.store.database import Tx


def known(tx: Tx, number: int, since: datetime) -> set[datetime]:
    """The addresses from an instant on that the series has a booking for, or has left out."""
    rows = tx.rows(
        "SELECT original_start FROM occurrence WHERE series_id = ? AND original_start >= ? "
        "UNION SELECT at FROM left_out WHERE series_id = ? AND at >= ?",
        (number, epoch(since), number, epoch(since)),
    )
    return {from_epoch(row[0]) for row in rows}


def standings(tx: Tx, number: int, now: datetime) -> Counter[Standing]:
    """How many of the series' bookings to come stand how, cancelled ones aside; of all where none is to come."""
    for since in (epoch(now), 0):
        rows = tx.rows(
            "SELECT standing, count(*) FROM occurrence WHERE series_id = ? AND original_start >= ? "
            "AND standing <> 'cancelled' GROUP BY standing",
            (number, since),
        )
        if rows:
            return Counter({Standing(row[0]): int(row[1]) for row in rows})
    return Counter()


def last_standing(tx: Tx, number: int) -> Standing | None:
    """How the last of the series' bookings stands, cancelled ones aside."""
    rows = tx.rows(
        "SELECT standing FROM occurrence WHERE series_id = ? AND standing <> 'cancelled' "
        "ORDER BY original_start DESC LIMIT 1",
        (number,),
    )
    return Standing(rows[0][0]) if rows else None


def next_ones(tx: Tx, now: datetime) -> dict[int, Booking]:
    """The next booking of each series that is not over and holds its rooms, by the series' id."""
    rows = tx.rows(
        f"SELECT {OF_O} FROM occurrence o JOIN (SELECT series_id, min(starts) AS first FROM occurrence "
        "WHERE series_id IS NOT NULL AND ends > ? AND standing IN ('accepted', 'pending', 'at_risk') "
        "GROUP BY series_id) AS n "
        "ON o.series_id = n.series_id AND o.starts = n.first WHERE o.standing IN ('accepted', 'pending', 'at_risk')",
        (epoch(now),),
    )
    return {it.series: it for it in map(value, rows) if it.series is not None}


def left_out_counts(tx: Tx) -> dict[int, int]:
    """How many dates each series leaves out."""
    return {int(row[0]): int(row[1]) for row in tx.rows("SELECT series_id, count(*) FROM left_out GROUP BY series_id")}
