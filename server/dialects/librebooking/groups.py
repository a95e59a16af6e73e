"""Groups of users: who is in them, what they make of their people, and which resources they may reserve.

Decisions:
- Permissions are rights in single rooms: `permissions` may book, `viewPermissions` may see. Shown is what the group has
  in each room, also by a place that the room lies in; changed is only what it was given in single rooms. Where a room
  is everybody's to book no permission is needed, as in this house everywhere.
- Members know of the groups they are in, and not who else is; those who run the house know all.
- An update updates (the original makes another group).
"""

from contextlib import suppress
from typing import Annotated, Any

from pydantic import Field

from server.core.errors import Invalid, Unknown
from server.core.people import GROUP_ROLES, Group
from server.dialects.kit.app import Call
from server.dialects.kit.route import Answer, Routes
from server.dialects.librebooking.asked import of_the_request
from server.dialects.librebooking.desk import Desk
from server.dialects.librebooking.links import PATHS, links
from server.dialects.librebooking.person import Kept, Needed
from server.dialects.librebooking.shape import DOCUMENTED_ONLY, Choice, Deleted, Given, Id, Model, Numbers, Said, Where
from server.dialects.librebooking.users import ROLES, role_numbers

ROLE_NAMES = {number: name for name, number in ROLES.items()}
assert frozenset(ROLES) == GROUP_ROLES


class GroupAsk(Given):
    """A group to be made."""

    name: Needed
    isDefault: Choice = None


class GroupChanged(Given):
    """A group as it is to be; what is left out stays."""

    name: Kept = None
    isDefault: Choice = None


class Roles(Given):
    """1 group, 2 application, 3 resource, 4 schedule administrator."""

    roleIds: Numbers


class Permissions(Given):
    """The resources that the group may reserve, and those that it may only see: just these."""

    permissions: Numbers
    viewPermissions: Numbers = Field(default_factory=list)


class Members(Given):
    """The users that are in the group: just these."""

    userIds: Numbers


class GroupItem(Model):
    """A group in the list."""

    id: Id
    name: str
    isDefault: bool


class Groups(Model):
    """The groups that the asker may know of."""

    groups: list[GroupItem]


class GroupBody(Model):
    """A group. The lists hold URLs."""

    id: Id
    name: str
    adminGroup: Where | None
    permissions: list[Where]
    viewPermissions: list[Where]
    users: list[Where]
    roles: list[Id]
    isDefault: bool


class GroupMade(Model):
    """The group that was made; `attributeId` is its number, too, as it is documented."""

    groupId: int
    attributeId: Annotated[int, DOCUMENTED_ONLY]
    message: Said | None = "The group was created"


class GroupSaved(Model):
    """The group that was changed."""

    groupId: int
    message: Said | None = "The group was updated"


routes = Routes("Groups")


@routes("GET", "/Groups", scope="read", summary="Loads all groups", answers={200: Groups})
def get_all_groups(desk: Desk, call: Call) -> Groups:
    """Every group that one may know of."""
    return Groups(
        groups=[
            GroupItem(id=it.number, name=it.name, isDefault=it.automatic, links=links(call, "get_group", it.number))
            for it in desk.engine.groups.seen(call.actor)
        ]
    )


@routes("GET", "/Groups/<groupId>", scope="read", summary="Loads a group", answers={200: GroupBody}, errors=(404,))
def get_group(desk: Desk, call: Call, groupId: int) -> GroupBody:
    """A group with its people, resources and roles."""
    it, people = desk.engine.groups.one(groupId, call.actor)
    rooms = desk.engine.rights.of_group(groupId)
    see = sorted(room for room, level in rooms.items() if level == "see")
    return GroupBody(
        id=it.number, name=it.name, isDefault=it.automatic, roles=role_numbers(it.roles),
        adminGroup=_url(call, "get_group", it.led_by) if it.led_by is not None else None,
        permissions=[_url(call, "get_resource", room) for room in sorted(set(rooms) - set(see))],
        viewPermissions=[_url(call, "get_resource", room) for room in see],
        users=[_url(call, "get_user", number) for number in sorted(people or ())],
        links=links(call, "get_group update_group delete_group", it.number),
    )  # fmt: skip


@routes("POST", "/Groups", scope="admin", summary="Creates a new group", answers={201: GroupMade})
def create_group(desk: Desk, call: Call, body: GroupAsk) -> Answer:
    """A new group."""
    number = desk.engine.groups.add(Group(0, body.name.strip(), bool(body.isDefault)), call.actor).number
    made = GroupMade(
        groupId=number, attributeId=number, links=links(call, "get_group update_group delete_group", number)
    )  # fmt: skip
    return Answer(made, 201)


@routes("POST", "/Groups/<groupId>", scope="admin", summary="Updates a group", answers={201: GroupSaved}, errors=(404,))
def update_group(desk: Desk, call: Call, groupId: int, body: GroupChanged) -> Answer:
    """A group as it is to be."""
    fields: dict[str, Any] = {"name": body.name.strip()} if body.name is not None else {}
    if body.isDefault is not None:
        fields["automatic"] = body.isDefault
    desk.engine.groups.change(groupId, call.actor, **fields)
    return _saved(call, groupId)


@routes(
    "POST", "/Groups/<groupId>/Roles", scope="admin", summary="Sets the roles of a group", answers={201: GroupSaved},
    errors=(404,),
)  # fmt: skip
def change_group_roles(desk: Desk, call: Call, groupId: int, body: Roles) -> Answer:
    """What the group makes of its people."""
    if set(body.roleIds) - set(ROLE_NAMES):
        raise Invalid({"roleIds": "must be some of 1, 2, 3 and 4"})
    roles = frozenset(ROLE_NAMES[number] for number in body.roleIds)
    desk.engine.groups.change(groupId, call.actor, roles=roles)
    return _saved(call, groupId)


@routes(
    "POST", "/Groups/<groupId>/Permissions", scope="admin", summary="Sets which resources a group may reserve and see",
    answers={201: GroupSaved}, errors=(404,),
)  # fmt: skip
def change_group_permissions(desk: Desk, call: Call, groupId: int, body: Permissions) -> Answer:
    """What the group may do in single resources."""
    desk.engine.groups.one(groupId, call.actor)
    wanted = {**dict.fromkeys(body.viewPermissions, "see"), **dict.fromkeys(body.permissions, "book")}
    with of_the_request("permissions"):
        desk.engine.rights.set_group(groupId, call.actor, wanted)
    return _saved(call, groupId)


@routes(
    "POST", "/Groups/<groupId>/Users", scope="admin", summary="Sets who is in a group", answers={201: GroupSaved},
    errors=(404,),
)  # fmt: skip
def change_group_users(desk: Desk, call: Call, groupId: int, body: Members) -> Answer:
    """Who is in the group: these and nobody else."""
    desk.engine.groups.one(groupId, call.actor)
    with of_the_request("userIds"):
        desk.engine.groups.set_members(groupId, call.actor, body.userIds)
    return _saved(call, groupId)


@routes("DELETE", "/Groups/<groupId>", scope="admin", summary="Deletes a group", answers={200: Deleted}, errors=(400,))
def delete_group(desk: Desk, call: Call, groupId: int) -> Deleted:
    """Removes a group with what it was given, unless quotas, policies or other groups still name it."""
    with suppress(Unknown):  # it is not there, which is what was wanted
        desk.engine.groups.remove(groupId, call.actor, rights=True)
    return Deleted()


def _saved(call: Call, number: int) -> Answer:
    return Answer(
        GroupSaved(groupId=number, links=links(call, "get_group update_group delete_group", number)), 201
    )  # fmt: skip


def _url(call: Call, title: str, number: int) -> str:
    return call.link(PATHS[title], str(number))
