"""Brings the rooms in line with what the levels of the house set, and finds what that would shut out.

`room.policy` holds what the levels come to, so that a booking reads one row. Whoever changes a level, or where a room
is, first calls `opened`: it orders all who do so one after the other, and what is read after it is so until the end.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from server.core.access import Actor
from server.core.audit_facts import moved
from server.core.errors import Invalid
from server.core.house import above
from server.core.levels import Tree, effective, groups_around, levels
from server.core.model import Room, Standing
from server.core.period import Period
from server.core.places import HOUSE, Place
from server.core.policy_bounds import problems
from server.core.release import Course, of_now
from server.core.tree import below, words
from server.store import bookings, catalogue, closures, groups, house, places, releases, rooms
from server.store.database import Note, Tx


@dataclass(frozen=True, slots=True)
class By:
    """Who changes the house, and when."""

    actor: Actor
    now: datetime


def opened(tx: Tx) -> Tree:
    """The levels of the house, to be changed: nobody else changes them until this transaction ends."""
    house.bump(tx)
    return read(tx)


def read(tx: Tx) -> Tree:
    """The levels of the house as they are."""
    tree = {it.number: it for it in places.every(tx)}
    return Tree(tree, places.room_groups(tx), {it.id: it for it in places.room_types(tx)})


def levelled(room: Room, tree: Tree) -> Room:
    """The room with what its levels come to."""
    return replace(room, policy=effective(levels(room, tree)))


def named(room: Room, tree: Tree) -> Room:
    """The room with its place in words; one that is in no place keeps the words it has."""
    if room.place == HOUSE:
        return room
    said = words(tree.places, room.place)
    return replace(room, site=said["site"], building=said["building"], floor=said["floor"])


def noted(tx: Tx, what: str, before: Room | None, after: Room | None, by: By) -> None:
    """Notes what was done to a room, with what it was and what it is."""
    room = after or before
    was, now = moved(before, after)
    text = {"id": room.id} if room is not None and after is None else None
    number = room.number if room is not None else None
    tx.note(Note(by.now, what, number, None, by.actor, text=text, before=was, after=now))
    if before is not None and after is not None and _gives_back(after) and not _gives_back(before):
        _leave_alone(tx, after, by.now)


def _gives_back(room: Room) -> bool:
    return room.policy.check_in and room.policy.release == "on"


def _leave_alone(tx: Tx, room: Room, now: datetime) -> None:
    """Who is inside when release is switched on was never asked to check in: what runs then is not released."""
    there = bookings.holding(tx, room.number, Period(now, now + timedelta(seconds=1)))
    waiting = [it for it in there if it.standing is Standing.ACCEPTED and it.checked_in_at is None]
    known = releases.courses(tx, [it.id for it in waiting])
    fresh = [it for it in waiting if of_now(known.get(it.id), it.starts) is None]
    releases.put(tx, [Course(it.id, it.series, it.starts, now, "called_off", now) for it in fresh])


def settle(tx: Tx, known: Iterable[Room], tree: Tree, by: By) -> list[tuple[Room, Room]]:
    """Writes the rooms whose policy, or whose place in words, the levels change; returns them as (before, after).

    Raises Invalid where the levels come to a policy that cannot be.
    """
    changed = []
    for room in known:
        after = named(levelled(room, tree), tree)
        if after == room:
            continue
        if after.policy != room.policy and (bad := problems(after.policy)):
            raise Invalid({name: f"{why} (room {room.id})" for name, why in bad.items()})
        changed.append((room, replace(after, version=room.version + 1)))
    rooms.update_all(tx, [after for _, after in changed])
    for before, after in changed:
        if after.policy.lanes > before.policy.lanes:
            closures.hold_lanes(tx, after.number, after.policy.lanes)
        noted(tx, "room_changed", before, after, by)
    return changed


def rooms_below(tx: Tx, tree: Tree, number: int) -> list[Room]:
    """The rooms that a level counts for: those in the place or anywhere below, or in the group or one within it."""
    inside = below(tree.places, number)
    if tree.places[number].kind == "group":
        groups = {room for room, held in tree.groups.items() if held & inside}
        return [room for room in rooms.every(tx) if room.number in groups]
    return [room for room in rooms.every(tx) if room.place in inside]


def exist(tx: Tx, rules: Mapping[str, Any]) -> None:
    """Raises Invalid where a rule names a timetable, or a group of people, that there is not."""
    timetable, named_groups = rules.get("timetable"), rules.get("groups")
    if isinstance(timetable, int) and timetable not in {it.number for it in catalogue.timetables(tx)}:
        raise Invalid({"timetable": f"there is no timetable {timetable}"})
    if isinstance(named_groups, (tuple, list)):
        known = {it.number for it in groups.every(tx)}
        if unknown := [number for number in named_groups if number not in known]:
            raise Invalid({"groups": f"there is no group {unknown[0]}"})


def strays(tree: Tree, where: Iterable[Room]) -> list[tuple[Room, Place]]:
    """Rooms in groups that lie in a place which the room is not in; those groups would give rights there."""
    found = []
    for room in where:
        at = {it.number for it in _path(tree, room.place)}
        for group in groups_around(room.number, tree):
            holder = next((it for it in _path(tree, group.number) if it.kind != "group"), None)
            if holder is not None and holder.number not in at:
                found.append((room, group))
    return found


def _path(tree: Tree, number: int) -> list[Place]:
    return [tree.places[each] for each in above(tree.places, number)]
