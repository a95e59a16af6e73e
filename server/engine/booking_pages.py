"""The bookings of the house page by page, and each by itself, for doors that show cancelled ones as well.

Decision: a booking that was struck (engine/striking.py) is not there any more; one that was cancelled is, as what it
was. Somebody else's bookings are listed by their owner only to those who see the people of the house, or whoever asks
could find out whose a booking is that does not say so.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from server.core.access import Actor, may, require
from server.core.clock import epoch
from server.core.errors import Barred, Unknown
from server.core.house import HouseMap
from server.core.model import STRUCK, Booking, Room
from server.core.people import Person
from server.core.period import Period
from server.core.privacy import for_actor
from server.engine.desk import within_reach
from server.engine.house import House
from server.engine.rooms import found, listed
from server.store import booking_pages, bookings, finding, people
from server.store.booking_pages import Place
from server.store.database import Store, Tx


@dataclass(frozen=True, slots=True)
class Leaf:
    """Bookings, each as far as the actor may read it, with their rooms and owners by number.

    `next`: where the page after this one begins; None where nothing follows.
    """

    bookings: tuple[Booking, ...]
    rooms: dict[int, Room]
    owners: dict[int, Person]
    next: Place | None = None


@dataclass(frozen=True, slots=True)
class BookingPages:
    """Looks only. Raises Unknown or Barred."""

    store: Store
    house: House

    def page(
        self, actor: Actor, *, window: Period | None = None, room: str | None = None, owner: int | None = None,
        after: Place | None = None, limit: int = 100,
    ) -> Leaf:  # fmt: skip
        """The bookings that touch the window, by (start, id), of one room and its parts or of all that the actor sees,
        of one owner or of all."""
        require(actor, "read")
        if owner is not None and owner != actor.person and not may(actor, "people.see"):
            raise Barred("identity", need="people.see")
        with self.store.reading() as tx:
            house = self.house.at(tx)
            rooms = _seen(house, actor)
            if room is not None:
                place = found(tx, room, actor, "read")
                rooms = [place.number, *place.parts]
            rows = booking_pages.page(tx, window=window, rooms=rooms, owner=owner, after=after, limit=limit + 1)
            shown, more = rows[:limit], len(rows) > limit
            leaf = _leaf(tx, house, shown, actor)
        last = shown[-1] if more else None
        return Leaf(leaf.bookings, leaf.rooms, leaf.owners, (epoch(last.starts), last.id) if last else None)

    def one(self, uid: str, actor: Actor) -> Leaf:
        """The booking of that uid, also a cancelled one; Unknown where it was struck."""
        require(actor, "read")
        with self.store.reading() as tx:
            it = within_reach(tx, bookings.by_uid(tx, uid), uid, actor, room=None, act="see")
            leaf = _leaf(tx, self.house.at(tx), [it], actor) if it.source != STRUCK else None
        if leaf is None or not leaf.bookings:
            raise Unknown("booking", uid)
        return leaf


def _seen(house: HouseMap, actor: Actor) -> list[int] | None:
    """The rooms that the actor reaches by number; None where these are all."""
    rooms = [number for number in house.rooms if may(actor, "read", number)]
    return None if len(rooms) == len(house.rooms) else rooms


def _leaf(tx: Tx, house: HouseMap, rows: Sequence[Booking], actor: Actor) -> Leaf:
    places = finding.rooms(tx, {number for it in rows for number in it.rooms})
    # Whoever holds a booking is told of it, and can end it, also when its room has been hidden since.
    own = {it.id for it in rows if actor.person is not None and may(actor, "look", it)}
    seen = {number for number, it in places.items() if listed(it, actor)}
    kept = seen.union(*(it.rooms for it in rows if it.id in own))
    attributes = house.of("booking")
    first = [(it, next((n for n in it.rooms if n in (places if it.id in own else seen)), None)) for it in rows]
    shown = tuple(for_actor(actor, it, places[number], attributes) for it, number in first if number is not None)
    owners = people.by_numbers(tx, {it.owner for it in shown if it.owner is not None})
    return Leaf(shown, {number: it for number, it in places.items() if number in kept}, owners)
