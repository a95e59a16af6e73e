"""Which level of the house sets what: the most specific that sets a field of the policy counts for a room.

From the least specific to the most: the house, the site, the building, the floor, the type of the room, the groups that
it is in (outer before inner, then by number), the room itself. A level holds only what is set there, in the plain form
of policy_words.py; what no level sets is the default.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from server.core.house import above
from server.core.model import Room
from server.core.places import Place, RoomType
from server.core.policy import Policy
from server.core.policy_words import FIELDS, policy_of

DEFAULT = "default"
"""Where a value comes from that no level sets."""


class Inherit(Enum):
    """Says, in place of a value, that a level is to set nothing."""

    INHERIT = "inherit"


INHERIT: Final = Inherit.INHERIT


@dataclass(frozen=True, slots=True)
class Setting:
    """One level: its name as people read it ("site Berlin", "room oak"), and what it sets."""

    name: str
    sets: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tree:
    """What levels are made from: places by number, the groups each room is in by itself, types by id."""

    places: Mapping[int, Place]
    groups: Mapping[int, frozenset[int]]
    types: Mapping[str, RoomType]


def levels(room: Room, tree: Tree) -> tuple[Setting, ...]:
    """The levels of a room, the least specific first; those that set nothing too."""
    path = [tree.places[number] for number in reversed(above(tree.places, room.place))]
    found = [Setting(name_of(place), place.policy) for place in path if place.kind != "group"]
    if room.room_type in tree.types:
        found.append(Setting(f"type {room.room_type}", tree.types[room.room_type].policy))
    found += [Setting(name_of(group), group.policy) for group in groups_around(room.number, tree)]
    return (*found, Setting(f"room {room.id}", room.own_policy))


def groups_around(room: int, tree: Tree) -> list[Place]:
    """The groups a room is in, by itself or because they are in one another; outer before inner, then by number."""
    depths: dict[int, int] = {}
    for group in tree.groups.get(room, ()):
        path = above(tree.places, group)
        for steps, number in enumerate(path):
            if tree.places[number].kind == "group":
                depths[number] = len(path) - steps
    return [tree.places[number] for number in sorted(depths, key=lambda number: (depths[number], number))]


def name_of(place: Place) -> str:
    """A place as a level: "house", "site Berlin"."""
    return place.kind if place.kind == "house" else f"{place.kind} {place.name}"


def merged(settings: Iterable[Setting]) -> dict[str, Any]:
    """What the levels come to, in plain form."""
    found: dict[str, Any] = {}
    for setting in settings:
        found |= setting.sets
    return found


def effective(settings: Iterable[Setting]) -> Policy:
    """What the levels come to."""
    return policy_of(merged(settings))


def whence(settings: Iterable[Setting], field: str) -> str:
    """The name of the level that a field's value comes from."""
    return next((it.name for it in reversed(tuple(settings)) if field in it.sets), DEFAULT)


def sources(settings: Iterable[Setting]) -> dict[str, str]:
    """The level that each field's value comes from, by name of the field."""
    known = tuple(settings)
    return {field: whence(known, field) for field in FIELDS}
