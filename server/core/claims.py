"""What a booking takes beside its rooms: its owner's quota, its people's time, accessories, a place in a timetable."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from server.core.model import Details, Room

Kind = Literal["owner", "person", "accessory", "timetable"]


@dataclass(frozen=True, slots=True)
class Claim:
    """So many of something (`ref` is its number) that a booking takes for all its time, by way of a room (its number).

    owner: whose booking it is, one for each room; person: who is to be there, once; accessory: how many of one;
    timetable: a room of it in use.
    """

    kind: Kind
    ref: int
    room: int
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class Taking:
    """How a booking lies in its rooms: the lane in each that has several, by number; what it claims and costs.

    `credits` are hundredths; `owed`: somebody decided that it may cost more than there is. `at_risk`: whether its time
    is a door's that could not be asked; None where nobody looked at the time.
    """

    lanes: dict[int, int] = field(default_factory=dict)
    claims: tuple[Claim, ...] = ()
    credits: int = 0
    owed: bool = False
    at_risk: bool | None = None


def asked(places: Iterable[Room]) -> list[Room]:
    """The rooms that were asked for: all but the parts of a combined room that is among them."""
    there = list(places)
    parts = {part for room in there for part in room.parts}
    return [room for room in there if room.number not in parts]


def claims_of(owner: int | None, details: Details, places: Iterable[Room]) -> tuple[Claim, ...]:
    """What a booking of these rooms claims. Of a combined room the parts claim nothing of their own."""
    rooms = asked(places)
    first = rooms[0].number
    found = [Claim("owner", owner, room.number) for room in rooms if owner is not None]
    found += [Claim("person", person, first) for person in sorted(details.people(owner))]
    found += [Claim("accessory", ref, first, count) for ref, count in sorted(details.accessories.items()) if count]
    found += [
        Claim("timetable", room.policy.timetable, room.number) for room in rooms if room.policy.timetable is not None
    ]
    return tuple(found)
