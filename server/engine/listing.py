"""What is in the plan of many rooms, with the rooms and the people of it: for lists and sheets of the whole house."""

from collections.abc import Collection
from dataclasses import dataclass

from server.core.access import Actor, may, require
from server.core.errors import Invalid
from server.core.model import Booking, Room
from server.core.people import Person
from server.core.period import Period
from server.core.privacy import for_actor
from server.engine.house import House
from server.engine.rooms import listed
from server.store import finding, listing, people
from server.store.database import Store

MOST = 20_000
"""Bookings at once; whoever wants more asks for less time or fewer rooms."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The bookings by start, each as far as the actor may read it, with the rooms that he sees of them and the people
    who are named in them, by number."""

    bookings: tuple[Booking, ...]
    rooms: dict[int, Room]
    people: dict[int, Person]

    def rows(self) -> list[tuple[Booking, Room]]:
        """Each booking with each of its rooms that was asked for."""
        return [(it, self.rooms[number]) for it in self.bookings for number in it.rooms if number in self.rooms]


@dataclass(frozen=True, slots=True)
class Listing:
    """The use case. Raises Barred, or Invalid where there is more than anybody reads."""

    store: Store
    house: House

    def planned(
        self, window: Period, actor: Actor, *, rooms: Collection[int] | None = None, most: int = MOST
    ) -> Listed:  # fmt: skip
        """What is in the plan within the window: of these rooms, of all where None; those the actor may not see, and
        such as are not there, are passed over."""
        require(actor, "read")
        with self.store.reading() as tx:
            house = self.house.at(tx)
            wanted = [number for number in (house.rooms if rooms is None else rooms) if number in house.rooms]
            wanted = [number for number in wanted if may(actor, "read", number)]
            found = listing.planned(tx, wanted, window, most=most + 1)
            if len(found) > most:
                raise Invalid({"window": f"has more than {most} bookings in it"})
            numbers = set(wanted) & {number for it in found for number in it.rooms}
            places = {number: room for number, room in finding.rooms(tx, numbers).items() if listed(room, actor)}
            attributes = house.of("booking")
            shown = [for_actor(actor, it, room, attributes) for it in found if (room := _room(it, places)) is not None]
            named = {number for it in shown for number in people_of(it)}
            return Listed(tuple(shown), places, people.by_numbers(tx, named))

    def named(self, it: Booking) -> dict[int, Person]:
        """The people who are named in a booking, by number: as it was read, with what its reader may not see gone."""
        with self.store.reading() as tx:
            return people.by_numbers(tx, people_of(it))


def _room(it: Booking, places: dict[int, Room]) -> Room | None:
    return next((places[number] for number in it.rooms if number in places), None)


def people_of(it: Booking) -> set[int]:
    """The numbers of the people who are named in a booking."""
    named = {it.owner, it.details.booked_for, *(each.person for each in it.details.attendees)}
    return {number for number in named if number is not None}
