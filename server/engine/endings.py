"""The end of a booking: the people inside hear of it five minutes before, and afterwards it is known which were over.

Decision: people are told only where they have to go, that is where somebody else has the room within a quarter of an
hour of their end. Once for each end: who extends is told again before the next.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.core.claims import asked
from server.core.clock import Clock, whole
from server.core.model import Booking, Room
from server.core.presence import inside, same_people
from server.engine.house import House
from server.store import bookings, endings, finding
from server.store.database import Note, Store, Tx

SWEEP = "release"
BEFORE = timedelta(minutes=5)
FOLLOWS = timedelta(minutes=15)
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Endings:
    """The use cases of ends. Raises Later or Full."""

    store: Store
    clock: Clock
    house: House

    def run(self) -> Mapping[str, int]:
        """Tells those whose time is nearly up, once; how many there were."""
        now = whole(self.clock.now())
        with self.store.reading() as tx:
            found = endings.soon(tx, now, BEFORE, FOLLOWS)
            ids = sorted({number for pair in found for number in pair if number})
            parts = [ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]
            rows = {it.id: it for part in parts for it in bookings.by_ids(tx, part)}
            leaving = [
                rows[it] for it, next_ in found if next_ is None or not same_people(rows[it], rows[next_])
            ]  # fmt: skip
            due = [it.id for it in _inside(tx, leaving)]
        told = 0
        for start in range(0, len(due), AT_ONCE):
            part = due[start : start + AT_ONCE]
            told += self.store.writing(lambda tx, part=part: self._tell(tx, part))  # type: ignore[misc]
        return {"ending_soon": told} if told else {}

    def _tell(self, tx: Tx, part: list[int]) -> int:
        now, told, house = whole(self.clock.now()), 0, self.house.at(tx)
        for it in bookings.by_ids(tx, part):
            if not it.standing.holding or not now < it.ends <= now + BEFORE or not endings.keep(tx, it, now):
                continue
            told += 1
            minutes = str(-((now - it.ends) // timedelta(minutes=1)))
            for room in house.touched(it.rooms):
                tx.note(Note(now, "ending_soon", room, it.id, SWEEP, (minutes,)))
        return told

    def finished(self, tx: Tx, since: datetime, until: datetime) -> list[Booking]:
        """The bookings whose end came after `since` and up to `until`, that ran to it with people inside."""
        return _inside(tx, [it for it in endings.between(tx, since, until) if it.ended_at is None])


def _inside(tx: Tx, those: Sequence[Booking]) -> list[Booking]:
    """Those with people in the room."""
    numbers, rooms = sorted({number for it in those for number in it.rooms}), dict[int, Room]()
    for start in range(0, len(numbers), AT_ONCE):
        rooms |= finding.rooms(tx, numbers[start : start + AT_ONCE])
    return [it for it in those if inside(it, tuple(asked([rooms[number] for number in it.rooms])))]
