"""The rule codes R-01 to R-10: what each of the engine's objections is called here, one total table.

Decisions:
- Only R-03 is fixed by RoomLoop ("another booking occupies the slot", 409); the others are ours and stay as they are:
  R-01 the facility cannot be booked, R-02 outside the timetable or a closed day, R-04 past or too short notice, R-05
  too far ahead, R-06 too long or too short, R-07 a quota is used up, R-08 role or department not allowed, R-09 the same
  person in two places, R-10 what it carries does not fit (seats, accessories, words and terms that are asked for).
- R-00 is every other no: mostly that the reservation is in no state for it (declined, waiting, in conflict).
- The gap that a room asks between two bookings is R-03, for it is another booking that is in the way.
- All rules that object are told, in the order of their codes but R-03 last: it is 409 and told first only where nothing
  else objects, so that a conflict is reported only for a request that would otherwise do.
"""

from collections.abc import Sequence

from server.core.errors import Conflict, Objection

CLASH = "R-03"
OTHER = "R-00"
TITLES = {
    "R-00": "This cannot be done as things are",
    "R-01": "The facility cannot be booked",
    "R-02": "Outside the facility's timetable, or it is closed then",
    "R-03": "Another booking occupies the slot",
    "R-04": "In the past, or too late",
    "R-05": "Too far ahead",
    "R-06": "Too many or too few slots in a row",
    "R-07": "A quota is used up",
    "R-08": "Not for this role or department",
    "R-09": "Somebody is in another facility at this time",
    "R-10": "What the reservation carries does not fit the facility",
}
_CODES = {
    "R-01": ("inactive", "out_of_service", "hidden", "no_walk_in", "emergency", "door_silent"),
    "R-02": ("outside_hours", "closed", "off_slots", "timetable_over"),
    "R-03": ("clash", "too_close"),
    "R-04": ("in_past", "too_soon", "over", "too_late_to_change", "too_late_to_cancel", "begun", "too_late_to_undo"),
    "R-05": ("too_far", "ends_too_far"),
    "R-06": ("too_long", "too_short", "multi_day"),
    "R-07": (
        "over_quota", "too_few_credits", "too_many_rooms", "timetable_full", "too_many_walk_ins", "too_many_in_row",
        "no_series", "too_many_dates", "too_many_waits",
    ),
    "R-08": ("not_your_role", "not_your_department", "not_your_group"),
    "R-09": ("person_elsewhere",),
    "R-10": (
        "too_many_people", "accessory_unknown", "accessory_not_here", "accessory_too_few", "accessory_too_many",
        "out_of_stock", "title_missing", "description_missing", "terms_missing", "attribute_missing", "attribute_bad",
    ),
}  # fmt: skip
RULES = {code: rule for rule, codes in _CODES.items() for code in codes}
"""The rule of each code that the engine's rules yield."""
CHECKED = tuple(sorted(_CODES))
"""The rules that every reservation is judged by."""


def rule_of(code: str) -> str:
    """The rule that an objection's code belongs to; R-00 for those that are no rule of booking."""
    return RULES.get(code, OTHER)


def broken(objections: Sequence[Objection], conflicts: Sequence[Conflict]) -> list[tuple[str, str]]:
    """All that objects, as (rule, code), each once; in the order of the rules but R-03 last."""
    found = {(rule_of(it.code), it.code) for it in objections}
    if conflicts:
        found.add((CLASH, "clash"))
    return sorted(found, key=lambda it: (it[0] == CLASH, it))
