"""Which rooms cannot be: what is wrong with one by itself, and what is wrong with it among the others."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from server.core.errors import Invalid
from server.core.levels import INHERIT
from server.core.model import Room
from server.core.policy_bounds import problems as policy_problems
from server.core.policy_words import DEFAULTS, FIELDS, plain
from server.core.rules import SWITCHABLE
from server.core.text import SLUG, problem, problems
from server.core.zone import zone

TEXTS = {
    "name": 255, "email": 255, "room_number": 64, "room_type": 64, "description": 2000, "contact": 255, "site": 255,
    "building": 255, "floor": 64, "street": 255, "postal_code": 32, "city": 255, "status_reason": 255,
}  # fmt: skip
STATUSES = ("available", "unavailable", "hidden")
COLOR = re.compile(r"#[0-9a-f]{6}")
MOST_PARTS = 20
MOST_GROUPS = 50


def checked(room: Room) -> None:
    """Raises Invalid for a room that cannot be."""
    bad = problems({name: (getattr(room, name), limit) for name, limit in TEXTS.items()}, lines=("description",))
    if not SLUG.fullmatch(room.id):
        bad["id"] = "lower-case letters, digits and hyphens, 1 to 64"
    if not room.name.strip():
        bad["name"] = "is required"
    if len(room.facilities) > 64 or any(problem(name, 64) is not None for name in room.facilities):
        bad["facilities"] = "up to 64 names of up to 64 characters"
    if not 0 <= room.capacity <= 100_000:
        bad["capacity"] = "0 to 100000"
    try:
        zone(room.zone)
    except ValueError:
        bad["zone"] = "not a known time zone"
    bad |= _looks(room) | policy_problems(room.policy)
    if bad:
        raise Invalid(bad)


def _looks(room: Room) -> dict[str, str]:
    bad = {}
    if room.status not in STATUSES:
        bad["status"] = "available, unavailable or hidden"
    if room.color and not COLOR.fullmatch(room.color):
        bad["color"] = "such as #2e7d32"
    if room.plan is not None and not all(0 <= it <= 1_000 for it in room.plan):
        bad["plan"] = "x,y in thousandths of the picture, 0 to 1000"
    if not 0 <= room.walk <= 1_000_000:
        bad["walk"] = "0 to 1000000"
    if len(room.parts) > MOST_PARTS or len(set(room.parts)) < len(room.parts):
        bad["parts"] = f"up to {MOST_PARTS} rooms, each once"
    if len(room.attributes) > 200 or any(len(value) > 10_000 for value in room.attributes.values()):
        bad["attributes"] = "up to 200 of up to 10000 characters"
    return bad


def among(room: Room, known: Mapping[int, Room], wholes: Sequence[Room]) -> dict[str, str]:
    """What is wrong with a combined room, or with a part, given its parts by number and the rooms it is a part of."""
    if room.parts and wholes:
        return {"parts": f"it is itself a part of {wholes[0].id}"}
    if strange := [it for it in wholes if it.zone != room.zone]:
        return {"zone": f"it is a part of {strange[0].id}, which is in another zone"}
    for number in room.parts:
        part = known.get(number)
        if part is None or number == room.number:
            return {"parts": "itself" if part is not None else f"there is no room {number}"}
        if part.parts:
            return {"parts": f"{part.id} has parts itself"}
        if part.zone != room.zone:
            return {"parts": f"{part.id} is in another zone"}
    return {}


def rules_checked(rules: Mapping[str, Any], codes: Collection[str] = SWITCHABLE) -> None:
    """Raises Invalid for what is no field of a policy or no value of one; `codes` of rules that can be off."""
    if strange := [name for name in rules if name not in FIELDS]:
        raise Invalid({name[:64]: "there is no such rule of a policy" for name in strange})
    given = {name: it for name, it in rules.items() if it is not INHERIT}
    try:
        bad = policy_problems(replace(DEFAULTS, **given), codes)
    except (TypeError, AttributeError):
        raise Invalid(dict.fromkeys(given, "not a value of this rule")) from None
    if found := {name: why for name, why in bad.items() if name in given}:
        raise Invalid(found)


def setting(sets: Mapping[str, Any], rules: Mapping[str, Any]) -> dict[str, Any]:
    """What a level sets once these rules are set on it and those with INHERIT are not any more; in plain form."""
    kept = {name: it for name, it in sets.items() if rules.get(name) is not INHERIT}
    return kept | {name: plain(name, it) for name, it in rules.items() if it is not INHERIT}
