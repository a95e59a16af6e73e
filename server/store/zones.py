"""What the zone database said of each zone when its bookings were last placed, and the bookings that follow a zone.

`zone_data.name` is a zone, or a zone and the number of a room ("Europe/Berlin 17") that has been placed anew already
while others of that zone have not: an update that was cut off goes on where it stopped and moves nothing twice.
"""

from collections.abc import Collection
from datetime import datetime

from server.core.clock import epoch, from_epoch
from server.core.model import Booking, Closure
from server.core.period import Period
from server.core.policy import LONGEST
from server.core.spans import Spans, read_spans
from server.store.bookings import OF_O, value
from server.store.database import Tx
from server.store.fields import numbers

Kept = dict[tuple[str, int | None], Spans]


def in_use(tx: Tx) -> list[str]:
    """The zones of all rooms and series, by name."""
    return [str(row[0]) for row in tx.rows("SELECT zone FROM room UNION SELECT zone FROM series ORDER BY zone")]


def kept(tx: Tx, zones: Collection[str], rooms: Collection[int] = ()) -> Kept:
    """What was kept of these zones, by zone and None, and by zone and room where one of these has its own entry."""
    names = [*zones, *(f"{zone} {room}" for zone in zones for room in rooms)]
    out: Kept = {}
    for some in (names[at : at + 500] for at in range(0, len(names), 500)):
        marks = ",".join("?" * len(some))
        for name, spans in tx.rows(f"SELECT name, spans FROM zone_data WHERE name IN ({marks})", some):
            zone, _, room = name.partition(" ")
            out[zone, int(room) if room else None] = read_spans(spans)
    return out


def keep(tx: Tx, zone: str, spans: Spans, room: int | None = None) -> None:
    """Keeps what is true of a zone from now on; for all rooms where none is named."""
    if room is None:
        tx.run("DELETE FROM zone_data WHERE name LIKE ?", (zone + " %",))
    name = zone if room is None else f"{zone} {room}"
    upsert = "INSERT INTO zone_data (name, spans) VALUES (?,?) ON CONFLICT (name) DO UPDATE SET spans = excluded.spans"
    tx.run(upsert, (name, spans.text))


def series_of(tx: Tx, zones: Collection[str]) -> list[tuple[int, tuple[int, ...]]]:
    """The series that follow these zones: id and rooms."""
    marks = ",".join("?" * len(zones))
    rows = tx.rows(f"SELECT id, rooms FROM series WHERE zone IN ({marks}) ORDER BY id", tuple(zones))
    return [(int(row[0]), numbers(row[1])) for row in rows]


def shared_rooms(tx: Tx, now: datetime) -> list[tuple[int, ...]]:
    """The rooms of bookings to come that hold several at once, each combination once."""
    found = tx.rows("SELECT DISTINCT rooms FROM occurrence WHERE rooms LIKE '%,%' AND starts > ?", (epoch(now),))
    return [numbers(row[0]) for row in found]


def singles(tx: Tx, room: int, now: datetime) -> list[Booking]:
    """The bookings of no series that start later than now in a room, whatever became of them, by start."""
    found = []
    for part in ("h.lane = 0 AND h.active = 1", "h.lane > 0 AND h.active = 1", "h.active = 0"):  # one index each
        found += tx.rows(
            f"SELECT {OF_O} FROM hold h JOIN occurrence o ON o.id = h.occurrence_id WHERE h.room_id = ? AND {part} "
            "AND h.held_from > ? AND o.series_id IS NULL ORDER BY h.held_from",
            (room, epoch(now)),
        )
    return [value(row) for row in found]


def held(tx: Tx, room: int, after: datetime) -> list[tuple[int, Period, int | None, int | None]]:
    """What bookings and closures hold of a room after an instant: in which lane, when, and which of them it is."""
    what = "SELECT lane, held_from, held_to, occurrence_id, closure_id FROM hold WHERE room_id = ? AND active = 1 "
    what += "AND grant_id IS NULL"
    since = (room, epoch(after - LONGEST), epoch(after))
    rows = tx.rows(
        f"{what} AND lane = 0 AND held_from > ? AND held_to > ? "
        f"UNION ALL {what} AND lane > 0 AND held_from > ? AND held_to > ?",
        (*since, *since),
    )
    return [(row[0], Period(from_epoch(row[1]), from_epoch(row[2])), row[3], row[4]) for row in rows]


def lanes(tx: Tx, ids: Collection[int]) -> dict[tuple[int, int], int]:
    """In which lane of a room a booking lies, by booking and room, where that is not the first."""
    found: dict[tuple[int, int], int] = {}
    every = sorted(ids)
    for some in (every[at : at + 500] for at in range(0, len(every), 500)):
        marks = ",".join("?" * len(some))
        what = f"SELECT occurrence_id, room_id, lane FROM hold WHERE occurrence_id IN ({marks}) AND lane > 0"
        found |= {(row[0], row[1]): row[2] for row in tx.rows(what, some)}
    return found


def release(tx: Tx, closures: Collection[int]) -> None:
    """Takes the holds of closures away, so that others can change places with them."""
    for number in closures:
        tx.run("UPDATE hold SET active = 0 WHERE closure_id = ?", (number,))


def move_closure(tx: Tx, it: Closure) -> None:
    """Writes a closure's times and its holds."""
    times = (epoch(it.starts), epoch(it.ends), it.id)
    tx.run("UPDATE closure SET starts = ?, ends = ? WHERE id = ?", times)
    tx.run("UPDATE hold SET held_from = ?, held_to = ?, active = 1 WHERE closure_id = ?", times)
