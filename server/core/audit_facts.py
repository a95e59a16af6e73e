"""What the audit keeps of the things of the house: which of their fields, and how they are written.

Decision: a list of what is kept, not of what is not. A field that somebody adds later is not in the trail until
somebody has thought about whether it could name a person: names, addresses and people's own words never are.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from server.core.clock import epoch
from server.core.house import Right
from server.core.model import Closure, Device, Room, Token
from server.core.people import Group, Person
from server.core.places import Accessory, Attribute, Equipment, Place, Quota, RoomType, StatusReason, Timetable

KEPT: dict[type, tuple[str, ...]] = {
    Room: ("id", "place", "zone", "capacity", "active", "auto_accept", "status", "room_type", "parts", "plan", "walk",
           "own_policy"),
    Place: ("kind", "parent", "zone", "walk", "policy"),
    RoomType: ("id", "policy"),
    Person: ("role", "account", "groups", "sealed", "unproven", "credits"),
    Group: ("automatic", "roles", "led_by"),
    Right: ("kind", "subject", "level", "place", "room"),
    Token: ("scope", "rooms", "person", "expires_at"),
    Device: ("kind", "rooms_in_order", "place", "quarantined_at"),
    Closure: ("room", "starts", "ends", "plan"),
    Attribute: ("category", "kind", "required", "private", "admin_only", "sort", "rooms"),
    Accessory: ("stock", "credits", "peak_credits", "credit_per", "rooms"),
    Quota: ("unit", "per", "most", "group", "place", "room", "room_type", "weekdays", "opens", "closes", "counts_over"),
    Timetable: ("zone", "days", "days_visible", "week_start", "most_rooms", "most_at_once", "since", "until"),
    Equipment: ("id",),
    StatusReason: ("status",),
}  # fmt: skip
POLICIES = ("own_policy", "policy")
OWN_WORDS = frozenset({"terms", "departments"})
"""Rules whose values people write in their own words."""
LONGEST = 2_000
"""Characters of a value; a longer one (a school's timetable) is left out."""


def facts(it: object) -> dict[str, Any]:
    """What is kept of a thing, as plain values; rules each by its own name. Nothing of None or of an unknown kind."""
    told: dict[str, Any] = {}
    for name in KEPT.get(type(it), ()):
        value = getattr(it, name, None)
        if name in POLICIES:
            told |= {f"policy.{rule}": plain(of) for rule, of in dict(value or {}).items() if rule not in OWN_WORDS}
        else:
            told[name] = plain(value)
    return {name: value for name, value in told.items() if len(str(value)) <= LONGEST}


def moved(before: object, after: object) -> tuple[dict[str, Any], dict[str, Any]]:
    """What was, and what is now, as far as the two differ; None for what was not there, or is not any more.

    Of a new thing, and of one that is gone, only what says something.
    """
    was, now = facts(before), facts(after)
    names = [name for name in {**was, **now} if was.get(name) != now.get(name)]
    whole = before is None or after is None
    return tuple(  # type: ignore[return-value]
        {name: side[name] for name in names if name in side and not (whole and _nothing(side[name]))}
        for side in (was, now)
    )


def plain(value: Any) -> Any:
    """A value as JSON has it; instants as seconds since 1970, what has no order in its natural one."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return epoch(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted((plain(each) for each in value), key=str)
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, Mapping):
        return {str(plain(name)): plain(each) for name, each in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {it.name: plain(getattr(value, it.name)) for it in fields(value)}
    return value


def _nothing(value: Any) -> bool:
    return value in (None, "", [], {}, False)
