"""Resources: rooms in LibreBooking's words; their statuses, reasons, types, and the tree of their groups."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from server.core.errors import Invalid, Unknown
from server.core.model import Room
from server.core.places import Attribute, StatusReason
from server.core.policy_words import plain, policy_of
from server.dialects.kit.app import Call
from server.dialects.kit.route import Answer, Routes
from server.dialects.librebooking.desk import Desk
from server.dialects.librebooking.links import links
from server.dialects.librebooking.periods import schedule_id
from server.dialects.librebooking.resource_asks import ResourceAsk, Wish, renamed, wish_of
from server.dialects.librebooking.resource_body import (
    NOTES,
    STATUS_NAMES,
    STATUSES,
    Ground,
    ResourceBody,
    ground,
    kinds,
    resource_body,
    type_id,
)
from server.dialects.librebooking.resource_tree import Tree, tree_of
from server.dialects.librebooking.rooms import room_of, rooms_of
from server.dialects.librebooking.shape import Given, Id, Model, Part

routes = Routes("Resources")
WHOLE = re.compile(r"[0-9]{1,15}")


class ResourcesQuery(Given):
    """Which resources; both are numbers, several with commas between."""

    scheduleId: str | None = None
    groupId: str | None = None


class ResourceList(Model):
    """Resources in the order of their making."""

    resources: list[ResourceBody]


class Status(Part):
    """A status of resources."""

    id: int
    name: str


class Statuses(Model):
    """What a resource may be."""

    statuses: list[Status]


class Reason(Part):
    """Why a resource has its status."""

    id: Id
    description: str
    statusId: Id


class Reasons(Model):
    """The house's list of reasons."""

    reasons: list[Reason]


class Type(Model):
    """A type of resources."""

    id: Id
    name: str
    description: str | None


class Types(Model):
    """All types of resources."""

    types: list[Type]


class Saved(Model):
    """A resource that was made or changed."""

    resourceId: int


class Deleted(Model):
    """It is not there any more."""

    message: str | None = "The item was deleted"


@routes("GET", "/Resources", scope="read", summary="All resources", answers={200: ResourceList}, errors=(404,))
def get_all_resources(desk: Desk, call: Call, query: ResourcesQuery) -> ResourceList:
    schedules = schedules_asked(desk, query.scheduleId)
    groups = _numbers("groupId", query.groupId)
    shown = rooms_of(desk, call.actor, schedules)
    on = ground(desk, call.actor, shown)
    if groups is not None:
        _known("group", groups, {it.number for it in on.house.places.values() if it.kind == "group"})
        shown = [it for it in shown if groups & on.house.rooms[it.number].within]
    return ResourceList(resources=[resource_body(call, it, on) for it in shown])


@routes("GET", "/Resources/Status", scope="public", summary="What a resource may be", answers={200: Statuses})
def get_statuses(desk: Desk, call: Call) -> Statuses:
    return Statuses(statuses=[Status(id=number, name=name) for number, name in STATUS_NAMES.items()])


@routes("GET", "/Resources/Status/Reasons", scope="read", summary="Reasons for a status", answers={200: Reasons})
def get_status_reasons(desk: Desk, call: Call) -> Reasons:
    found = desk.engine.catalogue.all(StatusReason, call.actor)
    return Reasons(reasons=[Reason(id=it.number, description=it.reason, statusId=STATUSES[it.status]) for it in found])


@routes("GET", "/Resources/Types", scope="read", summary="The types of resources", answers={200: Types})
def get_types(desk: Desk, call: Call) -> Types:
    house = desk.engine.house.now()
    found = []
    for slug in kinds(house):
        it = house.room_types.get(slug)
        told = (it.label, it.description or None) if it is not None else (slug, None)
        found.append(Type(id=type_id(slug), name=told[0], description=told[1]))
    return Types(types=found)


@routes("GET", "/Resources/Groups", scope="read", summary="The tree of resource groups", answers={200: Tree})
def get_groups(desk: Desk, call: Call) -> Tree:
    return tree_of(desk.engine.house.now(), rooms_of(desk, call.actor))


@routes(
    "GET", "/Resources/<resource>", scope="read", summary="One resource", answers={200: ResourceBody}, errors=(404,)
)
def get_resource(desk: Desk, call: Call, resource: int) -> ResourceBody:
    room = room_of(desk, call.actor, resource)
    return resource_body(call, room, ground(desk, call.actor, [room]))


@routes("POST", "/Resources", scope="admin", summary="Makes a resource", answers={201: Saved}, errors=(400,))
def create_resource(desk: Desk, call: Call, body: ResourceAsk) -> Answer:
    missing = [name for name in ("name", "scheduleId") if not str(getattr(body, name) or "").strip()]
    if missing:
        raise Invalid(dict.fromkeys(missing, "is required"))
    room = _fresh(desk, body.name or "")
    wish, on = _wish(desk, call, body, room)
    fields = {"name": room.name} | _with_notes(desk, call, room, wish, on)
    groups = fields.pop("groups", ())
    own = {name: plain(name, it) for name, it in wish.rules.items()}
    with renamed():
        made = desk.engine.rooms.add(
            Room(0, room.id, zone=room.zone, own_policy=own, **fields), call.actor, groups=groups
        )
    return Answer(_saved(call, made.number), 201)


@routes(
    "POST", "/Resources/<resource>", scope="admin", summary="Changes a resource", answers={200: Saved},
    errors=(400, 404), detail="What is left out is cleared, but for name, schedule, status, groups, type and buffer.",
)  # fmt: skip
def update_resource(desk: Desk, call: Call, resource: int, body: ResourceAsk) -> Saved:
    _settle(desk, call, body, room_of(desk, call.actor, resource, "admin"))
    return _saved(call, resource)


@routes("DELETE", "/Resources/<resource>", scope="admin", summary="Deletes a resource", answers={200: Deleted})
def delete_resource(desk: Desk, call: Call, resource: int) -> Deleted:
    """One that is not there is fine, too; one that has been reserved is kept, but out of sight."""
    where = desk.engine.house.now().rooms.get(resource)
    if where is not None:
        desk.engine.rooms.remove(where.slug, call.actor)
    return Deleted()


def _settle(desk: Desk, call: Call, body: ResourceAsk, room: Room) -> None:
    """Brings a room in line with what is asked for; as there, reservations that were made already stay."""
    wish, on = _wish(desk, call, body, room)
    fields = _with_notes(desk, call, room, wish, on)
    if fields or wish.rules:
        with renamed():
            desk.engine.rooms.change(room.id, call.actor, rules=wish.rules, anyway=True, **fields)


def _wish(desk: Desk, call: Call, body: ResourceAsk, room: Room) -> tuple[Wish, Ground]:
    on = ground(desk, call.actor, [room])
    reasons = {it.number: it for it in desk.engine.catalogue.all(StatusReason, call.actor)}
    return wish_of(body, room, on, reasons), on


def _with_notes(desk: Desk, call: Call, room: Room, wish: Wish, on: Ground) -> dict[str, Any]:
    """The fields with the notes among the attributes, where these are kept."""
    if wish.notes is None or (not wish.notes and on.notes is None):
        return wish.fields
    number = on.notes
    if number is None:
        number = desk.engine.catalogue.add(Attribute(0, "room", NOTES, "lines"), call.actor).number
    attributes = dict(wish.fields.get("attributes", room.attributes))
    attributes[number] = wish.notes
    return wish.fields | {"attributes": {key: it for key, it in attributes.items() if it}}


def _fresh(desk: Desk, name: str) -> Room:
    """A room of that name as the house and its site would have it, for what is asked for to be held against."""
    house = desk.engine.house.now()
    slug = slug_of(name, {it.slug for it in house.rooms.values()})
    zone = desk.engine.places.zone_of("", "", "") or desk.zone
    room = Room(0, slug, name.strip(), zone)
    levels = [it for it in house.places.values() if it.kind == "house" or (it.kind, it.name) == ("site", room.site)]
    inherited: dict[str, Any] = {}
    for it in sorted(levels, key=lambda it: it.kind):
        inherited |= it.policy
    return replace(room, policy=policy_of(inherited))


def _saved(call: Call, number: int) -> Saved:
    return Saved(resourceId=number, links=links(call, "get_resource update_resource", number))


def schedules_asked(desk: Desk, text: str | None) -> set[int] | None:
    """The schedules that a parameter names, None where it is absent; Invalid, or Unknown where one is not there."""
    wanted = _numbers("scheduleId", text)
    if wanted is not None:
        _known("schedule", wanted, {schedule_id(None), *map(schedule_id, desk.engine.house.now().timetables)})
    return wanted


def _numbers(name: str, text: str | None) -> set[int] | None:
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts or not all(WHOLE.fullmatch(part) and int(part) for part in parts):
        raise Invalid({name: "must be positive whole numbers with commas between"})
    return set(map(int, parts))


def _known(kind: str, wanted: Collection[int], there: Collection[int]) -> None:
    for number in wanted:
        if number not in there:
            raise Unknown(kind, str(number))


def slug_of(name: str, taken: Collection[str]) -> str:
    """An id for a room of that name, which none of those that there are has."""
    plain_ = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain_)[:56].strip("-") or "room"
    if base not in taken:
        return base
    return next(it for it in (f"{base}-{count}" for count in range(2, len(taken) + 3)) if it not in taken)
