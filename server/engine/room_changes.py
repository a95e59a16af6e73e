"""Adding, changing and removing a room, inside a transaction: checked, put in its place, levelled, written, noted."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from server.core.attributes import check_values
from server.core.errors import Invalid, Objection, Refused
from server.core.levels import Tree
from server.core.model import Room
from server.core.policy_words import FIELDS, unusual
from server.core.rules import SWITCHABLE
from server.engine import shutting
from server.engine.levelling import By, exist, levelled, named, noted, opened, strays
from server.engine.places import in_use
from server.engine.room_checks import MOST_GROUPS, among, checked, rules_checked, setting
from server.engine.siting import siting
from server.store import catalogue, closures, house, places, room_use, rooms
from server.store.database import Tx

FIXED = ("number", "id", "version", "own_policy")
LEVELS = frozenset({"place", "site", "building", "floor", "room_type", "parts", "zone"})
"""Fields that other rooms or places have to do with: who changes them takes the house."""


@dataclass(frozen=True, slots=True)
class Change:
    """What to change of a room: fields by name (`groups` among them, and `policy`), and rules set on the room."""

    fields: Mapping[str, Any]
    rules: Mapping[str, Any]
    anyway: bool = False


def add(tx: Tx, room: Room, groups: frozenset[int], by: By) -> Room:
    """Writes a new room where its words say; Refused("slug_taken") where there is one of that id."""
    checked(room)
    rules_checked({name: getattr(room.policy, name) for name in ("off", "exempt")}, SWITCHABLE)
    _attributes(tx, room)
    tree = opened(tx)
    if rooms.by_slug(tx, room.id) is not None:
        raise Refused((Objection("slug_taken", room.id),))
    exist(tx, {**unusual(room.policy), **room.own_policy})
    sites = siting(tx, tree, by)
    place = sites.of(room.site, room.building, room.floor)
    tree = replace(tree, places=sites.places)
    made = replace(room, number=0, version=1, place=place, own_policy={**room.own_policy, **unusual(room.policy)})
    made = named(levelled(made, tree), tree)
    _among_others(tx, made)
    made = replace(made, number=rooms.insert(tx, made))
    if groups:
        tree = regrouped(tx, tree, made, groups)
        made = levelled(made, tree)
        rooms.update(tx, made)
    checked(made)
    noted(tx, "room_added", None, made, by)
    return made


def change(tx: Tx, number: int, wish: Change, by: By) -> Room:
    """Writes what is wished of a room; Refused where that shuts out bookings to come, unless it is to be so anyway."""
    known = rooms.by_number(tx, number)
    given = {name: it for name, it in wish.fields.items() if name not in FIXED}
    groups, policy = given.pop("groups", None), given.pop("policy", None)
    rules = {**_differences(known, policy), **wish.rules}
    rules_checked(rules, SWITCHABLE)
    changed = replace(known, **given, version=known.version + 1)
    checked(changed)
    if changed.attributes != known.attributes:
        _attributes(tx, changed)
    if rules or groups is not None or any(getattr(changed, name) != getattr(known, name) for name in LEVELS):
        changed = _levelled(tx, known, changed, rules, groups, by)
    if not wish.anyway:
        shutting.refuse(tx, [(known, changed)], by.now)
    rooms.update(tx, changed)
    if changed.policy.lanes > known.policy.lanes:
        closures.hold_lanes(tx, changed.number, changed.policy.lanes)
    noted(tx, "room_changed", known, changed, by)
    return changed


def _differences(room: Room, policy: Any) -> dict[str, Any]:
    if policy is None:
        return {}
    return {name: getattr(policy, name) for name in FIELDS if getattr(policy, name) != getattr(room.policy, name)}


def _levelled(tx: Tx, known: Room, changed: Room, rules: Mapping[str, Any], groups: Any, by: By) -> Room:
    """The room in its place and with what its levels come to."""
    tree = opened(tx)
    if (changed.site, changed.building, changed.floor) != (known.site, known.building, known.floor):
        sites = siting(tx, tree, by)
        changed = replace(changed, place=sites.of(changed.site, changed.building, changed.floor))
        tree = replace(tree, places=sites.places)
    elif changed.place not in tree.places or tree.places[changed.place].kind == "group":
        raise Invalid({"place": "the number of a site, building or floor"})
    if changed.place != known.place:
        changed = named(changed, tree)
    exist(tx, rules)
    changed = replace(changed, own_policy=setting(known.own_policy, rules))
    if groups is not None:
        tree = regrouped(tx, tree, changed, frozenset(groups))
    elif changed.place != known.place:
        _no_strays(tree, changed)
    changed = levelled(changed, tree)
    checked(changed)
    _among_others(tx, changed)
    return changed


def regrouped(tx: Tx, tree: Tree, room: Room, groups: frozenset[int]) -> Tree:
    """Writes the groups a room is in, and returns the tree with them."""
    if len(groups) > MOST_GROUPS:
        raise Invalid({"groups": f"at most {MOST_GROUPS}"})
    for number in sorted(groups):
        if number not in tree.places or tree.places[number].kind != "group":
            raise Invalid({"groups": f"#{number} is no group of rooms"})
    places.put_groups(tx, room.number, groups)
    tree = replace(tree, groups={**tree.groups, room.number: groups})
    _no_strays(tree, room)
    return tree


def _no_strays(tree: Tree, room: Room) -> None:
    if found := strays(tree, [room]):
        raise Refused(tuple(Objection("group_elsewhere", room.id, {"group": group.name}) for _, group in found))


def _attributes(tx: Tx, room: Room) -> None:
    """Raises Invalid where values of the house's own fields cannot be; all of them are looked at."""
    fields = [it for it in catalogue.attributes(tx) if it.category == "room"]
    if bad := check_values(fields, room.attributes, manages=True):
        raise Invalid(bad)


def _among_others(tx: Tx, room: Room) -> None:
    """Raises Invalid where a combined room, or a part of one, does not go with the others."""
    others = {it.number: it for it in rooms.joined(tx, room.number, room.parts)}
    wholes = [it for it in others.values() if room.number in it.parts and it.number != room.number]
    if bad := among(room, others, wholes):
        raise Invalid(bad)


def remove(tx: Tx, number: int, by: By) -> Room | None:
    """Removes a room without any booking ever, and switches one off that had some (then it is returned)."""
    house.bump(tx)
    known = rooms.by_number(tx, number)
    if users := room_use.users(tx, number):
        raise in_use(known.id, users)
    if room_use.ever_booked(tx, number):
        off = replace(known, active=False, version=known.version + 1)
        rooms.update(tx, off)
        noted(tx, "room_changed", known, off, by)
        return off
    room_use.forget(tx, number)
    noted(tx, "room_removed", known, None, by)
    return None
