"""A house in which every rule is on: timetable, stock, quotas, credits, one person in one place, attributes, lanes."""

from dataclasses import dataclass, field, replace
from typing import Any

from server.core.access import CLI
from server.core.model import Ask, Attendee, Details, Room
from server.core.people import Person
from server.core.places import Accessory, Attribute, Quota, Slot, Timetable
from tests import make
from tests.make import House, Tx, at
from tests.people import Someone, person, someone

ALL_DAY = tuple(Slot(hour * 60, hour * 60 + 60) for hour in range(24))
RULES: dict[str, Any] = {
    "person_once": True, "capacity": True, "credits": 100, "terms": "Leave it clean", "gap_minutes": 0,
    "min_minutes": 15, "max_minutes": 600, "horizon_days": 365, "description_needed": True, "max_rooms": 5,
    "departments": ("Physics",),
}  # fmt: skip


@dataclass
class Everything:
    """The house, three rooms of one timetable, the owner with a key, and what can be booked with rooms."""

    house: House
    owner: Someone
    rooms: list[Room]
    accessories: list[Accessory]
    attributes: list[Attribute]
    guests: list[Person] = field(default_factory=list)

    def ask(self, start: str = "12:00", end: str = "13:00", **fields: Any) -> Ask:
        """A wish with everything that can be wished for."""
        details = Details(
            attendees=tuple(Attendee("participant", it.number) for it in self.guests),
            attributes={it.number: "yes" for it in self.attributes},
            accessories={it.number: 1 for it in self.accessories},
            terms=True,
        )
        slugs = tuple(room.id for room in self.rooms)
        return replace(Ask(slugs, at(start), at(end), "All of it", description="Why", details=details), **fields)


def everything(
    house: House, *, rooms: int = 3, quotas: int = 12, accessories: int = 10, guests: int = 20
) -> Everything:
    """Furnishes a house with it."""
    catalogue = house.engine.catalogue
    table = catalogue.add(
        Timetable(0, "Hours", days=dict.fromkeys(range(7), ALL_DAY), most_rooms=10, most_at_once=50), CLI
    )
    places = []
    for number in range(rooms):
        house.engine.rooms.add(make.room(f"all-{number}", capacity=100), CLI)
        rules = RULES | {"timetable": table.number}
        places.append(house.engine.rooms.change(f"all-{number}", CLI, rules=rules))
    things = [catalogue.add(Accessory(0, f"Thing {n}", stock=9, credits=10), CLI) for n in range(accessories)]
    fields = [catalogue.add(Attribute(0, "booking", f"Field {n}", required=True), CLI) for n in range(5)]
    for number in range(quotas):
        per = ("day", "week", "month", "year")[number % 4]
        catalogue.add(Quota(0, f"Quota {number}", ("bookings", "minutes")[number % 2], per, 10_000 + number), CLI)
    owner = someone(house, "olga", department="Physics")
    credited(house, owner.person.number, 1_000_000)
    others = [person(house, f"guest{number}") for number in range(guests)]
    return Everything(house, owner, places, things, fields, others)


def credited(house: House, number: int, hundredths: int) -> None:
    """Gives somebody so many credits."""

    def work(tx: Tx) -> None:
        tx.run("UPDATE person SET credits = ? WHERE id = ?", (hundredths, number))

    house.store.writing(work)


def credits_of(house: House, number: int) -> int:
    """What somebody has left."""
    with house.store.reading() as tx:
        return int(tx.rows("SELECT credits FROM person WHERE id = ?", (number,))[0][0])
