"""What a client says of a resource, as fields of a room and rules of its policy.

Facts: an update says the whole resource anew, what the request leaves out is cleared. Decisions:
- Left alone where it is left out is what the documented request does not have at all (groups, type, buffer, the notices
  to update and delete), what nobody means to clear (name, schedule, and the status: nothing becomes available by being
  forgotten), and what cannot be read back (sortOrder, autoAssignPermissions).
- Only what differs from what is in force is set on the room; what its levels say of the rest goes on to count.
- `minNotice` of the documented request is `minNoticeAdd`; of two spellings the one of the code counts.
- `autoAssignPermissions` is what everybody may in the room: book, or nothing unless it was given to them.
- `creditsChargedAllSlots` is read over: breaks never cost anything here.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pydantic import Field

from server.core.errors import Invalid
from server.core.model import Room
from server.core.places import StatusReason
from server.core.policy_words import DEFAULTS
from server.dialects.librebooking import resource_body as body
from server.dialects.librebooking.errors import Unfit
from server.dialects.librebooking.intervals import minutes
from server.dialects.librebooking.periods import DEFAULT, timetable_of
from server.dialects.librebooking.resource_body import Ground
from server.dialects.librebooking.shape import Choice, Given, Number, Numbers
from server.dialects.librebooking.values import AttributeAsk, values_of

DAY = 1_440
COLOR = re.compile(r"#?([0-9a-fA-F]{6})")
WORDS = {number: word for word, number in body.STATUSES.items()}
MOST_CREDITS = 100_000
NAMES = {
    "lanes": "maxConcurrentReservations", "capacity": "maxParticipants", "min_minutes": "minLength",
    "max_minutes": "maxLength", "notice_minutes": "minNoticeAdd", "notice_change_minutes": "minNoticeUpdate",
    "notice_cancel_minutes": "minNoticeDelete", "end_horizon_days": "maxNotice", "gap_minutes": "bufferTime",
    "check_in_minutes": "autoReleaseMinutes", "walk": "sortOrder", "street": "location", "groups": "groupIds",
    "attributes": "customAttributes", "credits": "creditsPerSlot", "peak_credits": "peakCreditsPerSlot",
}  # fmt: skip
"""How what the house calls one way is called here."""
_THEIRS = re.compile(rf"\b({'|'.join(it for it in NAMES if '_' in it)})\b")
"""Such names within a sentence; those of plain words are left alone."""


class ResourceAsk(Given):
    """A resource as it is to be. Lengths of time are seconds, #d#h#m, HH:MM or d:h:m."""

    name: str | None = None
    location: str | None = None
    contact: str | None = None
    notes: str | None = None
    minLength: str | None = None
    maxLength: str | None = None
    requiresApproval: Choice = None
    allowMultiday: Choice = None
    maxParticipants: Number = None
    minNotice: str | None = None
    minNoticeAdd: str | None = None
    minNoticeUpdate: str | None = None
    minNoticeDelete: str | None = None
    maxNotice: str | None = None
    description: str | None = None
    scheduleId: Number = None
    autoAssignPermissions: Choice = None
    customAttributes: list[AttributeAsk] | None = Field(default=None, max_length=500)
    sortOrder: Number = None
    statusId: Number = None
    statusReasonId: Number = None
    autoReleaseMinutes: Number = None
    requiresCheckIn: Choice = None
    color: str | None = None
    credits: float | str | None = None
    peakCredits: float | str | None = None
    creditsPerSlot: float | str | None = None
    peakCreditsPerSlot: float | str | None = None
    creditApplicability: Number = None
    maxConcurrentReservations: Number = None
    bufferTime: str | None = None
    typeId: Number = None
    groupIds: Numbers | None = None


@contextmanager
def renamed() -> Iterator[None]:
    """Has the house's refusals name fields as they are called here."""
    try:
        yield
    except Unfit:
        raise
    except Invalid as error:
        told = {name.partition("."): why for name, why in error.fields.items()}
        fields = {NAMES.get(head, head) + dot + rest: why for (head, dot, rest), why in told.items()}
        raise Invalid({name: _THEIRS.sub(lambda found: NAMES[found[0]], why) for name, why in fields.items()}) from None


@dataclass(slots=True)
class Wish:
    """Fields of a room, rules of its policy, and notes (None: they stay); all that differs from what is there."""

    fields: dict[str, Any] = field(default_factory=dict)
    rules: dict[str, Any] = field(default_factory=dict)
    notes: str | None = None


def wish_of(ask: ResourceAsk, room: Room, on: Ground, reasons: Mapping[int, StatusReason]) -> Wish:
    """What is to change of a room (a fresh one on creation). Raises Invalid or Unfit for the first that cannot be."""
    wish = Wish(_words(ask, room, on), _rules(ask, room, on))
    wish.fields |= _status(ask, room, reasons) | _kind(ask, room, on)
    notes = ask.notes or ""
    if notes.strip() != room.attributes.get(on.notes or 0, ""):
        wish.notes = notes.strip()
    attributes = _attributes(ask, room, on)
    if attributes != dict(room.attributes):
        wish.fields["attributes"] = attributes
    return wish


def _words(ask: ResourceAsk, room: Room, on: Ground) -> dict[str, Any]:
    capacity = ask.maxParticipants or 0
    given: dict[str, Any] = {
        "name": (ask.name or "").strip() or room.name, "contact": (ask.contact or "").strip(),
        "description": (ask.description or "").strip(), "capacity": capacity, "color": _color(ask.color),
        "auto_accept": not ask.requiresApproval,
    }  # fmt: skip
    if ask.requiresApproval == body.requires_approval(room):
        given["auto_accept"] = room.auto_accept
    if (ask.location or "").strip() != body.location(room):
        given |= {"street": (ask.location or "").strip(), "postal_code": "", "city": ""}
    if ask.sortOrder is not None:
        given["walk"] = ask.sortOrder
    if ask.groupIds is not None and set(ask.groupIds) != set(body.groups_of(on.house, room.number)):
        given["groups"] = frozenset(ask.groupIds)
    return {name: it for name, it in given.items() if name == "groups" or it != getattr(room, name)}


def _rules(ask: ResourceAsk, room: Room, on: Ground) -> dict[str, Any]:
    policy = room.policy
    check_in = bool(ask.requiresCheckIn)
    wanted: dict[str, Any] = {
        "min_minutes": minutes("minLength", ask.minLength), "max_minutes": minutes("maxLength", ask.maxLength),
        "multi_day": bool(ask.allowMultiday), "lanes": ask.maxConcurrentReservations or 1,
        "check_in": check_in, **_release(ask, room),
        "notice_minutes": minutes("minNoticeAdd", ask.minNoticeAdd or ask.minNotice),
        **_credits(ask),
    }  # fmt: skip
    if (ask.maxParticipants or 0) != room.capacity:
        wanted["capacity"] = bool(ask.maxParticipants)
    if not ask.requiresApproval and policy.approval:
        wanted["approval"] = False
    for name, rule in (("minNoticeUpdate", "notice_change_minutes"), ("minNoticeDelete", "notice_cancel_minutes")):
        if (said := getattr(ask, name)) is not None:
            wanted[rule] = minutes(name, said)
    if ask.bufferTime is not None:
        wanted["gap_minutes"] = minutes("bufferTime", ask.bufferTime) or 0
    if ask.scheduleId is not None:
        wanted["timetable"] = _timetable(ask.scheduleId, on)
    if ask.autoAssignPermissions is not None:
        wanted["members"] = DEFAULTS.members if ask.autoAssignPermissions else "none"
    return _differing(wanted | _ahead(ask, room), room)


def _differing(wanted: Mapping[str, Any], room: Room) -> dict[str, Any]:
    """Those that are not in force already; no notice is none, whichever of its two forms it has."""
    there = {name: getattr(room.policy, name) for name in wanted}
    return {name: it for name, it in wanted.items() if (it or None) != (there[name] or None)}


def _ahead(ask: ResourceAsk, room: Room) -> dict[str, Any]:
    far = minutes("maxNotice", ask.maxNotice)
    days = None if far is None else -(-far // DAY)
    shown = body.max_notice(room)
    if days == (shown.days if shown is not None else None):
        return {}
    return {"end_horizon_days": days, "horizon_days": None}


def _release(ask: ResourceAsk, room: Room) -> dict[str, Any]:
    if ask.autoReleaseMinutes is not None and ask.requiresCheckIn:
        return {"release": "on", "check_in_minutes": ask.autoReleaseMinutes}
    return {"release": DEFAULTS.release} if room.policy.release == "on" else {}


def _credits(ask: ResourceAsk) -> dict[str, Any]:
    own = _hundredths("creditsPerSlot", ask.credits if ask.creditsPerSlot is None else ask.creditsPerSlot)
    peak = ask.peakCredits if ask.peakCreditsPerSlot is None else ask.peakCreditsPerSlot
    told: dict[str, Any] = {"credits": own, "peak_credits": _hundredths("peakCreditsPerSlot", peak)}
    if ask.creditApplicability not in (None, 0, body.PER_SLOT, body.PER_RESERVATION):
        raise Invalid({"creditApplicability": "must be 1 (per slot) or 2 (per reservation)"})
    told["credit_per"] = "booking" if ask.creditApplicability == body.PER_RESERVATION else "slot"
    return told


def _hundredths(name: str, value: float | str | None) -> int:
    if value is None or (isinstance(value, str) and not value.strip()):
        return 0
    try:
        told = float(value)
    except ValueError:
        raise Invalid({name: "must be a number"}) from None
    if not 0 <= told <= MOST_CREDITS:
        raise Invalid({name: f"must be 0 to {MOST_CREDITS}"})
    return round(told * 100)


def _timetable(schedule: int, on: Ground) -> int | None:
    number = timetable_of(schedule)
    if schedule < DEFAULT or (number is not None and number not in on.house.timetables):
        raise Invalid({"scheduleId": "is not the id of a schedule"})
    return number


def _color(text: str | None) -> str:
    if text is None or not text.strip():
        return ""
    found = COLOR.fullmatch(text.strip())
    if found is None:
        raise Unfit("color must be a color such as #2e7d32")  # the house has colors of people, too
    return f"#{found[1].lower()}"


def _status(ask: ResourceAsk, room: Room, reasons: Mapping[int, StatusReason]) -> dict[str, Any]:
    """The status, which stays where nothing is said of it, and its reason in words."""
    if ask.statusId is not None and ask.statusId not in WORDS:
        raise Invalid({"statusId": "must be 0 (hidden), 1 (available) or 2 (unavailable)"})
    status = room.status if ask.statusId is None else WORDS[ask.statusId]
    reason = room.status_reason if status == room.status and ask.statusId is None else ""
    if ask.statusReasonId and status != "available":  # what is available needs no reason; some clients give one
        if ask.statusReasonId not in reasons:
            raise Invalid({"statusReasonId": "is not the id of a reason"})
        reason = reasons[ask.statusReasonId].reason
    elif status == room.status != "available" and not _listed(room, reasons):
        reason = room.status_reason  # one in words of its own has no number that could have been said
    given = {"status": status, "status_reason": reason}
    return {name: it for name, it in given.items() if it != getattr(room, name)}


def _listed(room: Room, reasons: Mapping[int, StatusReason]) -> bool:
    return any((it.status, it.reason) == (room.status, room.status_reason) for it in reasons.values())


def _kind(ask: ResourceAsk, room: Room, on: Ground) -> dict[str, Any]:
    if not ask.typeId:
        return {"room_type": ""} if ask.typeId == 0 and room.room_type else {}
    if ask.typeId not in on.types:
        raise Invalid({"typeId": "is not the id of a resource type"})
    slug = on.types[ask.typeId]
    return {"room_type": slug} if slug != room.room_type else {}


def _attributes(ask: ResourceAsk, room: Room, on: Ground) -> dict[int, str]:
    """All values that the room is to have; those of attributes that are said nothing of are cleared."""
    kept = {number: it for number, it in room.attributes.items() if number == on.notes}
    known = {it.number for it in on.attributes}
    given = values_of(ask.customAttributes or ())
    if strange := sorted(set(given) - known):
        raise Unfit(*(f"There is no custom attribute {number} of resources" for number in strange))
    return kept | {number: value for number, value in given.items() if value.strip()}
