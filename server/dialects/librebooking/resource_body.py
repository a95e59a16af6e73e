"""A room as a resource: what goes out, and what a house has that this needs.

Decisions:
- `location` is the street address, and where there is none the building, floor and door. What comes in as a location
  and is not what is there already becomes the street.
- `notes` are the room's attribute "Notes", which is made when somebody first writes some; it is no custom attribute.
- A type's number is made of its slug, so that it stays without being stored; groups are groups of rooms.
- A reason is told by number where the house's list of reasons has its words.
- `maxNotice` is in whole days, for the house counts in days how far ahead a booking may end.
- `icsUrl` is there where the room's feed is switched on; its key is told once, when it is made.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from typing import Annotated

from server.core.access import Actor, may
from server.core.house import HouseMap
from server.core.model import Room
from server.core.places import Attribute, StatusReason
from server.dialects.kit.app import Call
from server.dialects.librebooking.desk import Desk
from server.dialects.librebooking.links import links
from server.dialects.librebooking.periods import schedule_of
from server.dialects.librebooking.shape import (
    DOCUMENTED_ONLY,
    Flag,
    FlagText,
    Id,
    Interval,
    Model,
    Shaped,
)

STATUSES = {"hidden": 0, "available": 1, "unavailable": 2}
STATUS_NAMES = {0: "Hidden", 1: "Available", 2: "Unavailable"}
PER_SLOT, PER_RESERVATION = 1, 2
NOTES = "Notes"


def _number(hundredths: int) -> int | float:
    return hundredths / 100 if hundredths % 100 else hundredths // 100


Credits = Annotated[
    int,
    Shaped(
        _number,
        lambda it: f"{it / 100:.2f}" if it else 0,
        {"type": "number"},
        {"anyOf": [{"type": "string"}, {"const": 0}]},
    ),
]
"""Hundredths of a credit: a number; on the wire a text with two decimals, or 0."""


class AttributeValue(Model):
    """A custom attribute and its value."""

    id: Id
    label: str
    value: str | None


class ResourceBody(Model):
    """A resource."""

    resourceId: Id
    name: str
    location: str | None
    contact: str | None
    notes: str | None
    minLength: Interval
    maxLength: Interval
    requiresApproval: Flag
    allowMultiday: FlagText
    maxParticipants: int | None
    minNoticeAdd: Interval
    minNoticeUpdate: Interval
    minNoticeDelete: Interval
    maxNotice: Interval
    description: str | None
    scheduleId: Id
    icsUrl: str | None
    statusId: Id
    statusReasonId: Id | None
    customAttributes: list[AttributeValue]
    typeId: Id | None
    groupIds: list[Id]
    bufferTime: Interval
    autoReleaseMinutes: int | None
    requiresCheckIn: Flag
    color: str
    credits: Annotated[Credits, DOCUMENTED_ONLY]
    peakCredits: Annotated[Credits, DOCUMENTED_ONLY]
    creditApplicability: Annotated[int, DOCUMENTED_ONLY]
    creditsChargedAllSlots: Annotated[bool, DOCUMENTED_ONLY]
    creditsPerSlot: Credits
    peakCreditsPerSlot: Credits
    maxConcurrentReservations: int


@dataclass(frozen=True, slots=True)
class Ground:
    """What resources are told by: the house, its reasons by (status, text), and the rooms whose feed is on."""

    house: HouseMap
    reasons: Mapping[tuple[str, str], int]
    feeds: frozenset[int]
    attributes: tuple[Attribute, ...]
    notes: int | None

    @property
    def types(self) -> dict[int, str]:
        """The slugs of the types of rooms by number."""
        return {type_id(slug): slug for slug in kinds(self.house)}


def ground(desk: Desk, actor: Actor, rooms: Iterable[Room]) -> Ground:
    """The ground for these rooms; what none of them needs is not asked for."""
    house = desk.engine.house.now()
    told = any(it.status_reason for it in rooms)
    reasons = desk.engine.catalogue.all(StatusReason, actor) if told else ()
    own = house.of("room")
    notes = notes_of(own)
    return Ground(
        house, {(it.status, it.reason): it.number for it in reasons}, desk.engine.rooms.with_feeds(),
        tuple(it for it in own if it is not notes), notes.number if notes is not None else None,
    )  # fmt: skip


def notes_of(attributes: Iterable[Attribute]) -> Attribute | None:
    """The attribute that a resource's notes are kept in, if it was made already."""
    return next((it for it in attributes if it.label == NOTES and it.kind == "lines"), None)


def type_id(slug: str) -> int:
    """The number of a type of rooms: 31 bits of its slug's hash, never 0."""
    return (int.from_bytes(blake2b(slug.encode(), digest_size=4).digest(), "big") >> 1) or 1


def kinds(house: HouseMap) -> list[str]:
    """The slugs of all types, those that rooms only name among them."""
    return sorted({*house.room_types, *(it.kind for it in house.rooms.values() if it.kind)})


def groups_of(house: HouseMap, room: int) -> list[int]:
    """The groups that a room is in, without those around them."""
    where = house.rooms.get(room)
    inside = {it for it in where.within if house.places[it].kind == "group"} if where is not None else set()
    return sorted(inside - {house.places[it].parent for it in inside})


def location(room: Room) -> str:
    """Where a room is, in a line."""
    town = " ".join(filter(None, (room.postal_code, room.city)))
    address = ", ".join(filter(None, (room.street, town)))
    return address or ", ".join(filter(None, (room.building, room.floor, room.room_number)))


def auto_release(room: Room) -> int | None:
    """After how many minutes nobody's booking is released; None: never."""
    policy = room.policy
    return policy.check_in_minutes if policy.check_in and policy.release == "on" else None


def minutes(count: int | None) -> timedelta | None:
    return timedelta(minutes=count) if count else None


def max_notice(room: Room) -> timedelta | None:
    """How far ahead a booking may end, or else start."""
    days = room.policy.end_horizon_days or room.policy.horizon_days
    return timedelta(days=days) if days else None


def requires_approval(room: Room) -> bool:
    return not room.auto_accept or room.policy.approval


def resource_body(call: Call, room: Room, on: Ground) -> ResourceBody:
    """The room as it goes out to who asks."""
    policy, applicability = room.policy, PER_RESERVATION if room.policy.credit_per == "booking" else PER_SLOT
    return ResourceBody(
        links=links(call, "get_resource update_resource", room.number), message=None,
        resourceId=room.number, name=room.name, location=location(room) or None, contact=room.contact or None,
        notes=room.attributes.get(on.notes or 0) or None,
        minLength=minutes(policy.min_minutes), maxLength=minutes(policy.max_minutes),
        requiresApproval=requires_approval(room), allowMultiday=policy.multi_day,
        maxParticipants=room.capacity or None, minNoticeAdd=minutes(policy.notice_minutes),
        minNoticeUpdate=minutes(policy.notice_change_minutes), minNoticeDelete=minutes(policy.notice_cancel_minutes),
        maxNotice=max_notice(room), description=room.description or None,
        scheduleId=schedule_of(room, on.house.timetables), icsUrl=_feed(call, room, on),
        statusId=STATUSES[room.status], statusReasonId=on.reasons.get((room.status, room.status_reason)),
        customAttributes=attribute_values(call.actor, room, on.attributes),
        typeId=type_id(room.room_type) if room.room_type else None, groupIds=groups_of(on.house, room.number),
        bufferTime=minutes(policy.gap_minutes), autoReleaseMinutes=auto_release(room),
        requiresCheckIn=policy.check_in, color=room.color, credits=policy.credits, peakCredits=policy.peak_credits,
        creditApplicability=applicability, creditsChargedAllSlots=False, creditsPerSlot=policy.credits,
        peakCreditsPerSlot=policy.peak_credits, maxConcurrentReservations=policy.lanes,
    )  # fmt: skip


def attribute_values(actor: Actor, room: Room, attributes: Iterable[Attribute]) -> list[AttributeValue]:
    """The room's custom attributes; private ones, and those for who manages, to these alone."""
    manages = None
    found = []
    for it in attributes:
        if it.admin_only or it.private:
            manages = may(actor, "admin", room) if manages is None else manages
            if not manages:
                continue
        value = room.attributes.get(it.number)
        found.append(AttributeValue(id=it.number, label=it.label, value=value))
    return found


def _feed(call: Call, room: Room, on: Ground) -> str | None:
    if room.number not in on.feeds:
        return None
    mount = call.mount.removesuffix("/index.php").removesuffix("/Services")
    return call.links.to(mount, "/export/ical-subscribe.php", query={"rid": str(room.number)})
