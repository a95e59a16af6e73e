"""Reminders to come and those that have been given, and the bookings that are to be reminded of."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from server.core.clock import epoch, from_epoch
from server.core.model import Booking
from server.store.bookings import COLUMNS, OF_O, value
from server.store.database import Tx

PART = 500


@dataclass(frozen=True, slots=True)
class Reminder:
    """What is to be noted of a booking, once: `about` is its start or end, `due` when; `tries` that went wrong."""

    booking: int
    what: str
    minutes: int
    about: datetime
    due: datetime
    tries: int = 0

    @property
    def key(self) -> tuple[int, str, int, int]:
        return self.booking, self.what, self.minutes, epoch(self.about)


def plan(tx: Tx, these: Iterable[Reminder]) -> None:
    """Keeps reminders for when they are due; those that are known stay as they are."""
    tx.many(
        "INSERT INTO reminded (occurrence_id, what, minutes, starts, due) VALUES (?,?,?,?,?) "
        "ON CONFLICT (occurrence_id, what, minutes, starts) DO NOTHING",
        [(*it.key, epoch(it.due)) for it in these],
    )


def drop(tx: Tx, bookings: Collection[int]) -> None:
    """Takes away what is to come of these bookings; what has been given stays known."""
    numbers = sorted(bookings)
    for start in range(0, len(numbers), PART):
        part = numbers[start : start + PART]
        tx.run(f"DELETE FROM reminded WHERE at IS NULL AND occurrence_id IN ({','.join('?' * len(part))})", part)


def due(tx: Tx, now: datetime, limit: int) -> list[Reminder]:
    """What is due and not given, oldest first."""
    rows = tx.rows(
        "SELECT occurrence_id, what, minutes, starts, due, tries FROM reminded WHERE at IS NULL AND due <= ? "
        "ORDER BY due, occurrence_id LIMIT ?",
        (epoch(now), limit),
    )
    return [Reminder(number, what, minutes, from_epoch(about), from_epoch(at), tries)
            for number, what, minutes, about, at, tries in rows]  # fmt: skip


def give(tx: Tx, it: Reminder, now: datetime) -> bool:
    """Says that it has been given; False where it had been, or is to be no more."""
    row = tx.one(
        "UPDATE reminded SET at = ? WHERE occurrence_id = ? AND what = ? AND minutes = ? AND starts = ? "
        "AND at IS NULL RETURNING at",
        (epoch(now), *it.key),
    )
    return row is not None


def give_once(tx: Tx, it: Reminder, now: datetime) -> bool:
    """Keeps one that nobody planned and says that it has been given; False where it had been."""
    row = tx.one(
        "INSERT INTO reminded (occurrence_id, what, minutes, starts, due, at) VALUES (?,?,?,?,?,?) "
        "ON CONFLICT (occurrence_id, what, minutes, starts) DO NOTHING RETURNING at",
        (*it.key, epoch(it.due), epoch(now)),
    )
    return row is not None


def push(tx: Tx, it: Reminder, to: datetime) -> None:
    """Has one that went wrong tried later."""
    tx.run(
        "UPDATE reminded SET due = ?, tries = tries + 1 WHERE occurrence_id = ? AND what = ? AND minutes = ? "
        "AND starts = ? AND at IS NULL",
        (epoch(to), *it.key),
    )


def hurry(tx: Tx, now: datetime) -> int:
    """Has all that went wrong tried at once; how many."""
    return len(tx.rows("UPDATE reminded SET due = ? WHERE at IS NULL AND tries > 0 RETURNING due", (epoch(now),)))


def forget(tx: Tx, before: datetime, limit: int) -> int:
    """Removes reminders of what was before then; how many."""
    rows = tx.rows(
        "DELETE FROM reminded WHERE (occurrence_id, what, minutes, starts) IN "
        "(SELECT occurrence_id, what, minutes, starts FROM reminded WHERE starts < ? LIMIT ?) RETURNING starts",
        (epoch(before), limit),
    )
    return len(rows)


def failing(tx: Tx) -> int:
    """How many went wrong and are to be tried again."""
    return int(tx.rows("SELECT count(*) FROM reminded WHERE at IS NULL AND tries > 0")[0][0])


def wishing(tx: Tx, after: tuple[datetime, int], limit: int) -> list[Booking]:
    """Bookings that ask for reminders and start after another (its start and number), by start."""
    start, number = epoch(after[0]), after[1]
    rows = tx.rows(
        f"SELECT {COLUMNS} FROM occurrence WHERE starts >= ? AND (starts > ? OR id > ?) "
        "AND details LIKE '%\"remind_%' ORDER BY starts, id LIMIT ?",
        (start, start, number, limit),
    )
    return [value(row) for row in rows]


def last_dates(tx: Tx, low: datetime, high: datetime, known_since: datetime) -> list[Booking]:
    """Dates that start after `low` and up to `high` and are the last of a series of somebody's, made by then."""
    rows = tx.rows(
        f"SELECT {OF_O} FROM occurrence o JOIN series s ON s.id = o.series_id WHERE o.starts > ? AND o.starts <= ? "
        "AND o.standing IN ('accepted', 'pending', 'at_risk') AND s.open = 0 AND s.owner_id IS NOT NULL "
        "AND s.made_at <= ? "
        "AND NOT EXISTS (SELECT 1 FROM occurrence n WHERE n.series_id = o.series_id AND n.starts > o.starts "
        "AND n.standing IN ('accepted', 'pending', 'at_risk')) ORDER BY o.starts, o.id",
        (epoch(low), epoch(high), epoch(known_since)),
    )
    return [value(row) for row in rows]


def requests(tx: Tx, made_by: datetime, now: datetime, limit: int) -> Sequence[tuple[int, int]]:
    """Requests to come that were made up to then and nobody has answered: their numbers and first rooms, oldest first.

    Those that somebody was offered from the waiting list are not anybody's to answer but theirs.
    """
    rows = tx.rows(
        "SELECT id, rooms FROM occurrence WHERE standing = 'pending' AND made_at <= ? AND starts > ? "
        "AND source <> 'offer' ORDER BY made_at, id LIMIT ?",
        (epoch(made_by), epoch(now), limit),
    )
    return [(row[0], int(row[1].partition(",")[0])) for row in rows]
