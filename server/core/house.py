"""The whole house as one value: the tree of places, where each room is, what there is to book with, and who may.

It changes seldom and is read at every booking, so it is kept in memory by its version (engine/house.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from server.core.access import Level
from server.core.people import Person
from server.core.places import Accessory, Attribute, Place, Quota, RoomType, Timetable

LEVELS = {"none": Level.NONE, "see": Level.SEE, "ask": Level.ASK, "book": Level.BOOK, "manage": Level.MANAGE}
"""The words for levels in policies, rights and commands."""


@dataclass(frozen=True, slots=True)
class Right:
    """Somebody's level in a room, or in a place with all below it. `kind`: person, group or all (`subject` 0)."""

    number: int
    kind: str
    subject: int
    level: str
    place: int = 0
    room: int = 0


@dataclass(frozen=True, slots=True)
class Where:
    """A room in the house: its slug, type, what it is made of, what everybody may there, and all it lies in.

    `within`: the numbers of its place and its groups and of everything above them, up to the house.
    """

    slug: str
    kind: str
    members: str
    within: frozenset[int]
    parts: tuple[int, ...] = ()
    timetable: int | None = None


@dataclass(frozen=True, slots=True)
class HouseMap:
    """The house at one version. Rooms, places and what can be booked with rooms are by number, types by id."""

    version: int
    places: Mapping[int, Place]
    rooms: Mapping[int, Where]
    room_types: Mapping[str, RoomType] = field(default_factory=dict)
    attributes: Mapping[int, Attribute] = field(default_factory=dict)
    accessories: Mapping[int, Accessory] = field(default_factory=dict)
    timetables: Mapping[int, Timetable] = field(default_factory=dict)
    quotas: tuple[Quota, ...] = ()
    rights: tuple[Right, ...] = ()
    wholes: Mapping[int, tuple[int, ...]] = field(init=False)
    """The combined rooms that a room is a part of."""
    keeping: Mapping[int | None, tuple[int, ...]] = field(init=False)
    """The rooms that keep a timetable, by its number; None: those that keep none, or one that is gone."""

    def __post_init__(self) -> None:
        found: dict[int, list[int]] = {}
        for number, room in self.rooms.items():
            for part in room.parts:
                found.setdefault(part, []).append(number)
        object.__setattr__(self, "wholes", {part: tuple(numbers) for part, numbers in found.items()})
        kept: dict[int | None, list[int]] = {None: []} | {number: [] for number in self.timetables}
        for number, room in self.rooms.items():
            kept[room.timetable if room.timetable in self.timetables else None].append(number)
        object.__setattr__(self, "keeping", {table: tuple(numbers) for table, numbers in kept.items()})

    def of(self, category: str) -> tuple[Attribute, ...]:
        """The attributes of a category, in their order."""
        found = (it for it in self.attributes.values() if it.category == category)
        return tuple(sorted(found, key=lambda it: (it.sort, it.number)))

    def touched(self, rooms: Iterable[int]) -> list[int]:
        """The rooms and every combined room that one of them is a part of: what a booking of theirs changes."""
        own = list(rooms)
        return list(dict.fromkeys((*own, *(number for room in own for number in self.wholes.get(room, ())))))

    def path(self, place: int) -> tuple[int, ...]:
        """The place and all above it, the house last."""
        return above(self.places, place)

    def address(self, place: int) -> str:
        """Where a place is, in words: "Berlin/Timber House/2"; the house itself is ""."""
        return "/".join(self.places[number].name for number in reversed(self.path(place)[:-1]))


def above(places: Mapping[int, Place], place: int) -> tuple[int, ...]:
    """The place and all above it, nearest first; ends where the tree does, also where it is broken."""
    found: list[int] = []
    at: int | None = place
    while at is not None and at in places and at not in found:
        found.append(at)
        at = places[at].parent
    return tuple(found)


def within(places: Mapping[int, Place], place: int, groups: Iterable[int]) -> frozenset[int]:
    """Everything a room lies in, that is in this place and in these groups."""
    return frozenset(number for start in (place, *groups) for number in above(places, start))


def levels_of(house: HouseMap, person: Person, role: str) -> dict[int, Level]:
    """What somebody may do in each room, by number; a room in which they may nothing is left out.

    `role` is what they are to the house, their own role or what a group gives them.
    """
    if role in ("admin", "staff"):
        return dict.fromkeys(house.rooms, Level.MANAGE)
    by_place: dict[int, Level] = {}
    by_room: dict[int, Level] = {}
    for right in house.rights:
        mine = right.kind == "all" or (right.kind == "person" and right.subject == person.number)
        if mine or (right.kind == "group" and right.subject in person.groups):
            kept, number = (by_room, right.room) if right.room else (by_place, right.place)
            kept[number] = max(kept.get(number, Level.NONE), LEVELS[right.level])
    found: dict[int, Level] = {}
    for number, room in house.rooms.items():
        given = [LEVELS[room.members], by_room.get(number, Level.NONE)]
        if by_place:
            given += [by_place[place] for place in room.within if place in by_place]
        if level := max(given):
            found[number] = level
    return found
