"""Where people are to be: bookings by who takes part in them."""

from server.core.clock import epoch
from server.core.model import Booking
from server.core.period import Period
from server.core.policy import LONGEST
from server.store.bookings import OF_O, value
from server.store.database import Tx


def of_person(tx: Tx, person: int, window: Period, *, limit: int = 5_000) -> list[Booking]:
    """The bookings that hold a room and in which somebody is to take part, touching the window, by start."""
    rows = tx.rows(
        f"SELECT {OF_O} FROM claim c JOIN occurrence o ON o.id = c.occurrence_id "
        "WHERE c.kind = 'person' AND c.ref = ? AND c.active = 1 AND c.held_from >= ? AND c.held_from < ? "
        "AND c.held_to > ? ORDER BY c.held_from, c.id LIMIT ?",
        (person, epoch(window.start - LONGEST), epoch(window.end), epoch(window.start), limit),
    )
    return [value(row) for row in rows]
