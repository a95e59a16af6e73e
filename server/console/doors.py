"""Rooms and places as staff know them: what a device shows and where it is, and the lists to choose from.

Decision: a list of rooms works without a script. It is searched by a button, keeps what was ticked, and where there are
many rooms it is folded by building and floor; a browser's own search opens what it finds.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from server.console.desk import Desk
from server.core.access import Actor
from server.core.model import Device, Room
from server.core.people import Person
from server.core.places import HOUSE, Place
from server.core.tree import address

FEW = 12
"""So many rooms need no search."""
MOST = 300
"""So many rooms are listed at once."""


@dataclass(frozen=True, slots=True)
class Doors:
    """The rooms that somebody may see and all places, by number; whether there are several sites."""

    rooms: Mapping[int, Room]
    places: Mapping[int, Place]
    sites: bool

    def of(self, it: Device) -> tuple[Room, ...]:
        """The rooms that a device was given, in its order."""
        return tuple(self.rooms[number] for number in it.rooms_in_order if number in self.rooms)

    def shows(self, it: Device, w: Mapping[str, str]) -> str:
        """What a device shows, in words."""
        if it.kind == "board":
            known = it.place if it.place is not None and it.place in self.places else HOUSE
            return w["device_board"].format(place=address(self.places, known))
        return ", ".join(room.name for room in self.of(it)) or w["device_roomless"]

    def where(self, it: Device) -> str:
        """Building and floor of a device; "" where nothing is known of that."""
        if rooms := self.of(it):
            return self.lies(rooms[0])
        there = it.place if it.place is not None and it.place in self.places else HOUSE
        return address(self.places, there) if there != HOUSE else ""

    def lies(self, room: Room) -> str:
        """Where a room is; the site only where there are several."""
        return " · ".join(part for part in (room.site if self.sites else "", room.building, room.floor) if part)

    def zone(self, it: Device, person: Person) -> str:
        """The zone that somebody reads the times of a device in: their own, else that of its door, else the house's."""
        rooms = self.of(it)
        return person.zone or (rooms[0].zone if rooms else self.places[HOUSE].zone) or "UTC"

    def known_as(self, it: Device, w: Mapping[str, str]) -> str:
        """All words that a device may be looked for by, folded."""
        rooms = " ".join(f"{room.name} {room.id} {self.lies(room)} {room.site}" for room in self.of(it))
        return f"{it.name} {self.shows(it, w)} {rooms} {self.where(it)} {it.serial} {it.number}".casefold()


def doors(desk: Desk, actor: Actor) -> Doors:
    """The doors as they are now."""
    rooms = {room.number: room for room in desk.engine.rooms.all(actor)}
    places = desk.engine.places.tree(actor).places
    return Doors(rooms, places, sum(place.kind == "site" for place in places.values()) > 1)


@dataclass(frozen=True, slots=True)
class Listed:
    """A room in a list."""

    id: str
    name: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """The rooms of a floor."""

    name: str
    rooms: tuple[Listed, ...]
    open: bool


@dataclass(frozen=True, slots=True)
class Spot:
    """A place for a board."""

    number: int
    name: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A device whose place can be taken, and how it is."""

    number: int
    name: str
    shows: str
    state: str


@dataclass(frozen=True, slots=True)
class Choice:
    """What can be chosen for a device, and what is. `told` says why something is chosen already."""

    kind: str = "rooms"
    find: str = ""
    chosen: tuple[Listed, ...] = ()
    groups: tuple[Group, ...] = ()
    left: int = 0
    many: bool = False
    places: tuple[Spot, ...] = ()
    place: int = HOUSE
    silent: tuple[Broken, ...] = field(default=())
    replaces: int = 0
    name: str = ""
    told: str = ""


def chosen_of(it: Doors, *, ticked: Sequence[str] = (), find: str = "", place: str = "") -> Choice:
    """The choice of rooms and places; `ticked` are slugs that are chosen, in their order."""
    by_slug = {room.id: room for room in it.rooms.values()}
    picked = [by_slug[slug] for slug in dict.fromkeys(ticked) if slug in by_slug]
    words = find.casefold().split()[:10]
    rest = [room for room in it.rooms.values() if room not in picked and _fits(it, room, words)]
    rest.sort(key=lambda room: (natural(it.lies(room)), natural(room.name), room.number))
    shown = rest[:MOST]
    few = bool(words) or len(it.rooms) <= FEW
    return Choice(
        find=find, chosen=tuple(Listed(room.id, room.name, it.lies(room)) for room in picked),
        groups=tuple(_groups(it, shown, few=few)), left=len(rest) - len(shown), many=len(it.rooms) > FEW,
        places=_spots(it), place=int(place) if place.isascii() and place.isdigit() and len(place) < 10 else HOUSE,
    )  # fmt: skip


@lru_cache(maxsize=4096)
def natural(text: str) -> tuple[tuple[bool, int, str], ...]:
    """A key to sort names by as people count: floor 2 before floor 10."""
    parts = re.findall(r"\d{1,15}|\D+", text.casefold())
    return tuple((part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts)


def _fits(it: Doors, room: Room, words: Iterable[str]) -> bool:
    text = f"{room.name} {room.id} {room.site} {it.lies(room)}".casefold()
    return all(word in text for word in words)


def _groups(it: Doors, rooms: Sequence[Room], *, few: bool) -> Iterable[Group]:
    found: dict[str, list[Listed]] = {}
    for room in rooms:
        found.setdefault(it.lies(room), []).append(Listed(room.id, room.name))
    return (Group(name, tuple(those), few or len(found) == 1) for name, those in found.items())


def _spots(it: Doors) -> tuple[Spot, ...]:
    there = [place for place in it.places.values() if place.kind != "group"]
    named = [Spot(place.number, address(it.places, place.number)) for place in there]
    first = [replace(spot, name=spot.name) for spot in named if spot.number == HOUSE]
    return (*first, *sorted((spot for spot in named if spot.number != HOUSE), key=lambda spot: natural(spot.name)))
