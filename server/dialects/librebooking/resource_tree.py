"""The tree of resource groups: groups of rooms in one another, and in each the resources that are in it.

Facts: the first node is number 0, "All", with every resource; a resource's node has the group's number and its own in
its id. A resource is told in each group that it is in. `minLength` is in minutes as documented; what LibreBooking sends
({}) nobody can read.
"""

from collections.abc import Iterable
from typing import Literal

from server.core.house import HouseMap
from server.core.model import Room
from server.core.places import Place
from server.dialects.librebooking.periods import schedule_of
from server.dialects.librebooking.resource_body import (
    STATUSES,
    auto_release,
    groups_of,
    requires_approval,
    type_id,
)
from server.dialects.librebooking.shape import Flag, Id, Model, Part

ALL = 0
LIGHT = 140
"""A color as bright as that (0 to 255) has black text on it."""


class Leaf(Part):
    """A resource in a group."""

    type: Literal["resource"] = "resource"
    group_id: Id
    resource_name: str
    id: str
    label: str
    resource_id: Id
    resourceAdminGroupId: None = None
    scheduleId: Id
    statusId: Id
    scheduleAdminGroupId: None = None
    requiresApproval: Flag
    isCheckInEnabled: Flag
    isAutoReleased: Flag
    autoReleaseMinutes: int | None
    minLength: int | None
    resourceTypeId: Id | None
    color: str | None
    textColor: str | None
    maxConcurrentReservations: int
    requiredResourceIds: list[Id]


class Branch(Part):
    """A group with what is in it."""

    id: Id
    name: str
    label: str
    parent: None = None
    parent_id: Id | None
    children: "list[Leaf | Branch]"
    type: Literal["group"] = "group"


class Tree(Model):
    """The tree, its roots in their order."""

    groups: list[Branch]


def tree_of(house: HouseMap, rooms: Iterable[Room]) -> Tree:
    """All groups with these rooms in them."""
    shown = list(rooms)
    within: dict[int, list[Room]] = {}
    for room in shown:
        for number in groups_of(house, room.number):
            within.setdefault(number, []).append(room)
    groups = [it for it in house.places.values() if it.kind == "group"]
    known = {it.number for it in groups}
    below: dict[int | None, list[Place]] = {}
    for it in sorted(groups, key=lambda it: (it.walk, it.name, it.number)):
        below.setdefault(it.parent if it.parent in known else None, []).append(it)

    def branch(it: Place) -> Branch:
        leaves: list[Leaf | Branch] = [leaf(room, it.number, house) for room in within.get(it.number, ())]
        inner = [branch(each) for each in below.get(it.number, ())]
        parent = it.parent if it.parent in known else None
        return Branch(
            id=it.number, name=it.name, label=it.name, parent=None, parent_id=parent, children=[*leaves, *inner],
            type="group",
        )  # fmt: skip

    everything: list[Leaf | Branch] = [leaf(room, ALL, house) for room in shown]
    first = Branch(id=ALL, name="All", label="All", parent=None, parent_id=None, children=everything, type="group")
    return Tree(groups=[first, *(branch(it) for it in below.get(None, ()))])


def leaf(room: Room, group: int, house: HouseMap) -> Leaf:
    """A room in a group."""
    release = auto_release(room)
    return Leaf(
        type="resource", group_id=group, resource_name=room.name, id=f"resource-{group}-{room.number}", label=room.name,
        resource_id=room.number, resourceAdminGroupId=None, scheduleId=schedule_of(room, house.timetables),
        statusId=STATUSES[room.status], scheduleAdminGroupId=None, requiresApproval=requires_approval(room),
        isCheckInEnabled=room.policy.check_in, isAutoReleased=release is not None, autoReleaseMinutes=release,
        minLength=room.policy.min_minutes, resourceTypeId=type_id(room.room_type) if room.room_type else None,
        color=room.color or None, textColor=text_color(room.color) or None,
        maxConcurrentReservations=room.policy.lanes, requiredResourceIds=[],
    )  # fmt: skip


def text_color(color: str) -> str:
    """Black or white, whichever is read better on the color (#rrggbb); "" where there is none."""
    if not color:
        return ""
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return "#000000" if (299 * red + 587 * green + 114 * blue) / 1000 >= LIGHT else "#FFFFFF"
