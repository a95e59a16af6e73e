"""Which policies cannot be: every field with the bounds it must keep, and the reason where it does not."""

import re
from collections.abc import Collection, Iterable
from typing import Any

from server.core.policy import Opening, Policy, SpecialDay
from server.core.policy_words import DEFAULTS, FIELDS
from server.core.text import problem

ROLES = ("admin", "staff", "manager", "member", "device", "key")
"""As what somebody is in a room (Actor.role_in); "key" is a key of the house, which has none."""

_DAY, _MONTH, _YEAR, _NUMBER = 1_440, 44_640, 525_600, 2**63 - 1
_RANGES = {
    "timetable": (1, _NUMBER), "min_minutes": (1, _MONTH), "max_minutes": (1, _MONTH), "notice_minutes": (0, _YEAR),
    "notice_change_minutes": (0, _YEAR), "notice_cancel_minutes": (0, _YEAR), "horizon_days": (0, 3_660),
    "end_horizon_days": (0, 3_660), "gap_minutes": (0, _DAY), "lanes": (1, 100), "max_rooms": (1, 100),
    "credits": (0, 10_000_000), "peak_credits": (0, 10_000_000), "check_in_minutes": (1, _DAY),
    "early_minutes": (0, _DAY), "extend_minutes": (1, _DAY), "series_most": (1, 1_100), "offer_minutes": (1, _DAY),
    "strikes": (2, 50), "walk_ins_per_hour": (1, 1_000), "walk_ins_in_row": (1, 100),
    "walk_in_pause_minutes": (0, _DAY), "door_minutes": (0, 600),
}  # fmt: skip
_CHOICES = {
    "credit_per": ("slot", "booking"),
    "members": ("none", "see", "ask", "book"),
    "series": ("yes", "approval", "no"),
    "release": ("off", "observe", "on"),
    "door_host": ("full", "initials", "hidden"),
    "lobby_host": ("full", "initials", "hidden"),
    "phone_host": ("full", "initials", "hidden"),
}
_MOST = {"opening": 50, "peak": 50, "special_days": 400, "roles": 6, "departments": 100, "groups": 100, "off": 100}
SHORTEST_DOOR = 30
"""Minutes: a door that owns less is asked anew all the time and can promise nearly nothing."""
_CODE = re.compile(r"[a-z][a-z_]{0,39}")
HOURS = "weekdays 0 to 6, from before to, within one day"


def problems(policy: Policy, codes: Collection[str] | None = None) -> dict[str, str]:
    """The fields that are out of bounds, each with the reason. `codes` of the rules there are, where they are known."""
    bad = _out_of_range(policy)
    for name, words in _CHOICES.items():
        if getattr(policy, name) not in words:
            bad[name] = f"{', '.join(words[:-1])} or {words[-1]}"
    for name, most in _MOST.items():
        if len(getattr(policy, name)) > most:
            bad[name] = f"at most {most}"
    for name in FIELDS:
        if isinstance(getattr(DEFAULTS, name), bool) and not isinstance(getattr(policy, name), bool):
            bad[name] = "yes or no"
    for name in ("opening", "peak"):
        if not all(_is_opening(it) for it in getattr(policy, name)):
            bad[name] = HOURS
    if policy.min_minutes and policy.max_minutes and policy.min_minutes > policy.max_minutes:
        bad.setdefault("min_minutes", "more than max_minutes")
    if not _whole(policy.walk_in_minutes, 1, _DAY) or len(policy.walk_in_minutes) > 6:
        bad["walk_in_minutes"] = "up to six lengths of 1 to 1440 minutes"
    if _whole((policy.door_minutes,), 1, SHORTEST_DOOR - 1):
        bad.setdefault("door_minutes", "30 to 600, or 0 for off")
    if not _whole(policy.groups, 1, _NUMBER):
        bad["groups"] = "numbers of groups"
    return bad | _special_days(policy.special_days) | _names(policy, codes)


def _out_of_range(policy: Policy) -> dict[str, str]:
    bad = {}
    for name, (low, high) in _RANGES.items():
        it = getattr(policy, name)
        if it is None and getattr(DEFAULTS, name) is None:
            continue
        if not _whole((it,), low, high):
            bad[name] = f"{low} to {high}"
    return bad


def _whole(numbers: Iterable[Any], low: int, high: int) -> bool:
    return all(isinstance(it, int) and not isinstance(it, bool) and low <= it <= high for it in numbers)


def _is_opening(it: Opening) -> bool:
    return it.weekdays <= frozenset(range(7)) and 0 <= it.opens < it.closes <= _DAY


def _special_days(days: tuple[SpecialDay, ...]) -> dict[str, str]:
    if len({it.day for it in days}) < len(days):
        return {"special_days": "the same day twice"}
    if any(len(it.hours) > 10 or not all(0 <= low < high <= _DAY for low, high in it.hours) for it in days):
        return {"special_days": "up to ten times a day, from before to, within one day"}
    return {}


def _names(policy: Policy, codes: Collection[str] | None) -> dict[str, str]:
    bad = {}
    if why := problem(policy.terms, 2_000, lines=True):
        bad["terms"] = why
    if unknown := [it for it in policy.roles if it not in ROLES]:
        bad["roles"] = f"{unknown[0][:40]!r} is none of {', '.join(ROLES)}"
    if any(not it.strip() or "," in it or problem(it, 100) for it in policy.departments):
        bad["departments"] = "names of up to 100 characters, without commas"
    if unknown := [it for it in policy.off if not _is_rule(it, codes)]:
        bad["off"] = f"{unknown[0][:40]!r} is no rule that can be off"
    for role, rules in policy.exempt.items():
        if role not in ROLES:
            bad["exempt"] = f"{role[:40]!r} is none of {', '.join(ROLES)}"
        elif len(rules) > 100:
            bad["exempt"] = "at most 100 rules of a role"
        elif unknown := [it for it in rules if not _is_rule(it, codes)]:
            bad["exempt"] = f"{unknown[0][:40]!r} is no rule that can be off"
    return bad


def _is_rule(code: str, codes: Collection[str] | None) -> bool:
    return bool(_CODE.fullmatch(code)) if codes is None else code in codes
