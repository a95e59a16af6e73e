"""Users: everybody, for those who run the house; oneself, for others."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from pydantic import ConfigDict

from server.core.access import Actor, Level, may
from server.core.errors import Barred, Unknown
from server.core.people import Filters, Person, folded
from server.dialects.kit.app import Call
from server.dialects.kit.route import Answer, Routes
from server.dialects.librebooking import person
from server.dialects.librebooking.asked import of_the_request
from server.dialects.librebooking.desk import Desk
from server.dialects.librebooking.links import links
from server.dialects.librebooking.person import Added, Changed, GroupNumbers, Needed, PersonBody, changes
from server.dialects.librebooking.rooms import rooms_of
from server.dialects.librebooking.shape import Deleted, Given, Id, Model, Number, Stamp

SEARCHED = {
    "username": "login", "email": "email", "firstName": "first_name", "lastName": "last_name", "phone": "phone",
    "organization": "organization", "position": "position",
}  # fmt: skip
ROLES = {"group_admin": 1, "admin": 2, "room_admin": 3, "timetable_admin": 4}
"""LibreBooking's numbers of what a group makes of its people."""


class UserFilter(Given):
    """What each of them must contain, in any case; beside these `att7=text` for the custom attribute 7."""

    model_config = ConfigDict(extra="allow")

    username: str | None = None
    email: str | None = None
    firstName: str | None = None
    lastName: str | None = None
    phone: str | None = None
    organization: str | None = None
    position: str | None = None


class UserAdded(Added):
    """A user to be made."""

    statusId: Number = None
    reservationColor: str | None = None
    groups: GroupNumbers | None = None


class UserChanged(Changed):
    """A user as they are to be; groups that are given replace those they were in."""

    statusId: Number = None
    reservationColor: str | None = None
    groups: GroupNumbers | None = None


class NewPassword(Given):
    """A password; who sets their own says the current one."""

    password: Needed
    currentPassword: str | None = None


class UserItem(PersonBody):
    """A user in the list."""

    dateCreated: Stamp
    lastLogin: Stamp


class Users(Model):
    """The users that the asker may see."""

    users: list[UserItem]


class Permitted(Model):
    """A resource that the user may reserve."""

    id: Id
    name: str
    type: str | None = None
    groups: str | None = None


class GroupRef(Model):
    """A group that the user is in."""

    id: Id
    name: str
    isDefault: bool | None
    roleIds: list[Id] | None


class UserBody(PersonBody):
    """A user."""

    lastLogin: Stamp
    icsUrl: str | None
    defaultScheduleId: Id | None
    permissions: list[Permitted]
    groups: list[GroupRef]


class UserSaved(Model):
    """The user that was made or changed."""

    userId: int


routes = Routes("Users")


@routes("GET", "/Users", scope="read", summary="Loads all users that the current user can see", answers={200: Users})
def get_all_users(desk: Desk, call: Call, query: UserFilter) -> Users:
    """Everybody who is active and fits; who may not see people sees themselves."""
    fields = person.attributes_for(desk.engine.house.now().of("person"), call.actor)
    return Users(users=[_item(desk, call, it, fields) for it in _found(desk, call.actor, _filters(query))])


@routes("GET", "/Users/<userId>", scope="read", summary="Loads a user", answers={200: UserBody}, errors=(404,))
def get_user(desk: Desk, call: Call, userId: int) -> UserBody:
    """One user, with what they may reserve and the groups they are in."""
    it = _seen(desk, call.actor, userId)
    fields = person.attributes_for(desk.engine.house.now().of("person"), call.actor)
    return UserBody(
        links=links(call, "get_user update_user", it.number), lastLogin=it.seen_at, icsUrl=None, defaultScheduleId=None,
        permissions=_permissions(desk, call.actor, it), groups=_groups(desk, call.actor, it),
        **person.person_fields(it, fields, desk.zone),
    )  # fmt: skip


@routes(
    "POST", "/Users", scope="admin", summary="Creates a new user", answers={201: UserSaved}, errors=(404,)
)  # fmt: skip
def create_user(desk: Desk, call: Call, body: UserAdded) -> Answer:
    """Somebody new."""
    fields = changes(body)
    it = Person(0, **{"email": "", "login": "", **fields})
    with of_the_request("groups"):
        made = desk.engine.people.add(it, call.actor, groups=body.groups or (), password=body.password)
    return Answer(_saved(call, made.number), 201)


@routes("POST", "/Users/<userId>", scope="admin", summary="Updates a user", answers={200: UserSaved}, errors=(404,))
def update_user(desk: Desk, call: Call, userId: int, body: UserChanged) -> UserSaved:
    """Somebody as they are to be."""
    desk.engine.people.get(userId, call.actor)
    with of_the_request("groups"):
        desk.engine.people.change(userId, call.actor, groups=body.groups, **changes(body))
    return _saved(call, userId)


@routes(
    "POST", "/Users/<userId>/Password", scope="admin", summary="Sets a user's password", answers={200: UserSaved},
    errors=(404,),
)  # fmt: skip
def update_user_password(desk: Desk, call: Call, userId: int, body: NewPassword) -> UserSaved:
    """Another password; what they are signed in with ends."""
    desk.engine.credentials.set_password(userId, call.actor, body.password, current=body.currentPassword)
    return _saved(call, userId)


@routes("DELETE", "/Users/<userId>", scope="admin", summary="Deletes a user", answers={200: Deleted}, errors=(400,))
def delete_user(desk: Desk, call: Call, userId: int) -> Deleted:
    """Takes away all that is known of somebody; what they have reserved for times to come is cancelled."""
    with suppress(Unknown):  # it is not there, which is what was wanted
        desk.engine.leaving.erase(userId, call.actor)
    return Deleted()


def _saved(call: Call, number: int) -> UserSaved:
    return UserSaved(userId=number, links=links(call, "get_user update_user", number))


def _filters(query: UserFilter) -> Filters:
    texts = {ours: text for theirs, ours in SEARCHED.items() if (text := getattr(query, theirs))}
    extra: dict[str, Any] = query.model_extra or {}
    numbers = {name[3:]: value for name, value in extra.items() if name.startswith("att") and name[3:].isdecimal()}
    attributes = {int(number): str(value) for number, value in numbers.items() if len(number) < 16}
    return Filters(texts=texts, attributes=attributes, account="active")


def _found(desk: Desk, actor: Actor, filters: Filters) -> Iterator[Person]:
    if not may(actor, "people.see"):
        me = desk.me(actor)
        if _fits(me, filters):
            yield me
        return
    after = 0
    while part := desk.engine.people.page(filters, actor, after=after):
        yield from part
        after = part[-1].number


def _fits(it: Person, filters: Filters) -> bool:
    """Whether the only one that somebody may see is wanted."""
    wanted = [(getattr(it, name), text) for name, text in filters.texts.items()]
    wanted += [(it.attributes.get(number, ""), text) for number, text in filters.attributes.items()]
    return all(folded(text) in folded(value) for value, text in wanted)


def _seen(desk: Desk, actor: Actor, number: int) -> Person:
    try:
        return desk.engine.people.get(number, actor)
    except Barred:
        raise Unknown("person", str(number)) from None


def _item(desk: Desk, call: Call, it: Person, fields: Any) -> UserItem:
    return UserItem(
        links=links(call, "get_user update_user", it.number), dateCreated=it.made_at, lastLogin=it.seen_at,
        **person.person_fields(it, fields, desk.zone),
    )  # fmt: skip


def _permissions(desk: Desk, actor: Actor, it: Person) -> list[Permitted]:
    try:
        levels = desk.engine.rights.of_person(it.number, actor)
    except Barred:
        return []  # who leads a group is told who its people are, not what they may do elsewhere
    names = {room.number: room.name for room in rooms_of(desk, actor)}
    return [Permitted(id=room, name=names[room]) for room in person.rooms_at(levels, Level.ASK) if room in names]


def _groups(desk: Desk, actor: Actor, it: Person) -> list[GroupRef]:
    return [
        GroupRef(id=group.number, name=group.name, isDefault=group.automatic, roleIds=role_numbers(group.roles))
        for group in desk.engine.groups.seen(actor)
        if group.number in it.groups
    ]


def role_numbers(roles: frozenset[str]) -> list[int]:
    """The numbers of a group's roles, in order."""
    return sorted(ROLES[it] for it in roles)
