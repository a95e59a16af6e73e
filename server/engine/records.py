"""Bookings one after the other, whatever came of them and however many there are, for doors that write them as files.

Decisions: they are read in pages, each a transaction of its own, so that a long export keeps nobody waiting; each is as
it was when its page was read, and told once: at the first of its rooms that was asked for, a combined one before its
parts. The actor reads of each what they may; what was struck (engine/striking.py) is not there any more.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from server.core.access import Actor
from server.core.model import STRUCK, Booking, Room
from server.core.privacy import for_actor
from server.engine.figures import Figures
from server.engine.reports_scope import Choice, Chosen
from server.store import bookings, reports
from server.store.tables import OCCURRENCE, listed

PAGE = 500


@dataclass(frozen=True, slots=True)
class Record:
    """A booking as the actor may read it, and the room that it is told at."""

    booking: Booking
    room: Room


@dataclass(frozen=True, slots=True)
class Records:
    """The bookings that begin on some days. Scope admin; raises Invalid, Unknown, Barred or Later, and that at once."""

    figures: Figures

    def of(self, actor: Actor, choice: Choice) -> Iterator[Record]:
        """By start, zone by zone."""
        return self._records(actor, self.figures.choose(actor, choice))

    def many(self, actor: Actor, choice: Choice) -> int:
        """How many there are."""
        chosen = self.figures.choose(actor, choice)
        with self.figures.store.reading() as tx:
            return sum(reports.many(tx, scope) for scope in chosen.scopes)

    def _records(self, actor: Actor, chosen: Chosen) -> Iterator[Record]:
        known = {room.number: room for room in chosen.rooms}
        attributes = self.figures.house.now().of("booking")
        for zone in chosen.zones:
            for page in reports.pages(self.figures.store, listed(OCCURRENCE, "o"), chosen.scope(zone), limit=PAGE):
                for row in page:
                    it = bookings.value(row)
                    if it.source == STRUCK:
                        continue
                    there = [known[number] for number in it.rooms if number in known]
                    inner = {part for room in there for part in room.parts}
                    room = next((room for room in there if room.number not in inner), None)
                    if room is not None and room.zone == zone:
                        yield Record(for_actor(actor, it, room, attributes), room)
