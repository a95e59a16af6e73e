"""When a booking is refused: small pure generators over (Wish, Facts), and which of them an action asks.

The tuples below are the specification; docs/rules.md says each rule in words. Every rule of an action runs and every
objection is returned, so that a person hears all that stands in the way at once. A rule is called as the code it
yields. That two bookings never overlap is not a rule: it is the database's law (store), and a clash comes back as a
conflict beside these objections.

Decisions:
- A policy can switch a rule `off`, or exempt a role from it. Rules in ALWAYS are asked all the same. Of a rule in ONCE,
  which is about the booking as a whole, the rooms that switch it off do not ask; it is dropped where none asks.
- WALK_IN asks for no words, no notice and no slots: who taps at the door types nothing and means now. Rooms that need
  words or a known person take no walk-ins (service.py).
- EXTEND is not held to slots either, and RESTORE only to what came in between.
- CHANGE is of the time, REWORD of what a booking says and carries, RENAME of the title and description alone.
- APPROVE does not count again what the request holds already: rooms, stock and quotas are taken since it was made.
- CARRY places the dates of a series that come nearer; it asks what others or the house may have taken since, and no
  words, for there is nobody to ask.
"""

from collections.abc import Callable, Iterator

from server.core.errors import Objection
from server.core.rules.accessories import (
    accessory_not_here,
    accessory_too_few,
    accessory_too_many,
    accessory_unknown,
    out_of_stock,
)
from server.core.rules.closure import closed
from server.core.rules.credits import too_few_credits
from server.core.rules.gap import too_close
from server.core.rules.hours import outside_hours
from server.core.rules.kinds import Facts, Wish
from server.core.rules.length import multi_day, too_long, too_short
from server.core.rules.notice import (
    ends_too_far,
    in_past,
    over,
    too_far,
    too_late_to_cancel,
    too_late_to_change,
    too_soon,
)
from server.core.rules.people import (
    not_your_department,
    not_your_group,
    not_your_role,
    person_elsewhere,
    too_many_people,
)
from server.core.rules.quota import over_quota
from server.core.rules.recurring import no_series, too_many_dates
from server.core.rules.service import hidden, inactive, no_walk_in, out_of_service, too_many_rooms
from server.core.rules.slots import off_slots, timetable_full, timetable_over
from server.core.rules.walking import too_many_in_row, too_many_walk_ins
from server.core.rules.words import (
    attribute_bad,
    attribute_missing,
    description_missing,
    terms_missing,
    title_missing,
)

Rule = Callable[[Wish, Facts], Iterator[Objection]]

SERVICE: tuple[Rule, ...] = (inactive, out_of_service)
LENGTHS: tuple[Rule, ...] = (too_short, too_long, multi_day)
AHEAD: tuple[Rule, ...] = (too_soon, too_far, ends_too_far)
WHEN: tuple[Rule, ...] = (outside_hours, closed, timetable_over, too_close)
WHO: tuple[Rule, ...] = (hidden, not_your_role, not_your_department, not_your_group)
WORDS: tuple[Rule, ...] = (title_missing, description_missing, terms_missing, attribute_missing, attribute_bad)
ACCESSORIES: tuple[Rule, ...] = (accessory_unknown, accessory_not_here, accessory_too_few, accessory_too_many)
TAKEN: tuple[Rule, ...] = (timetable_full, out_of_stock, person_elsewhere, over_quota, too_few_credits)
COUNTED: tuple[Rule, ...] = (too_many_rooms, too_many_people, *ACCESSORIES, *TAKEN)

BOOK: tuple[Rule, ...] = (*SERVICE, *WHO, in_past, *LENGTHS, *AHEAD, *WHEN, off_slots, *WORDS, *COUNTED)
WALKING: tuple[Rule, ...] = (too_many_walk_ins, too_many_in_row)
WALK_IN: tuple[Rule, ...] = (
    *SERVICE, no_walk_in, *WALKING, hidden, in_past, *LENGTHS, *WHEN, too_many_rooms, *TAKEN,
)  # fmt: skip
CHANGE: tuple[Rule, ...] = (over, too_late_to_change, *BOOK)
RENAME: tuple[Rule, ...] = (over, title_missing, description_missing)
REWORD: tuple[Rule, ...] = (
    over,
    *WORDS,
    too_many_people,
    *ACCESSORIES,
    out_of_stock,
    person_elsewhere,
    over_quota,
    too_few_credits,
)
CANCEL: tuple[Rule, ...] = (over, too_late_to_cancel)
CHECK_IN: tuple[Rule, ...] = (over,)
EXTEND: tuple[Rule, ...] = (*SERVICE, over, too_long, multi_day, ends_too_far, *WHEN, *TAKEN)
APPROVE: tuple[Rule, ...] = (*SERVICE, over)
END: tuple[Rule, ...] = (over,)
SERIES: tuple[Rule, ...] = (no_series, too_many_dates)
CARRY: tuple[Rule, ...] = (*SERVICE, *LENGTHS, *WHEN, off_slots, too_many_people, *ACCESSORIES, *TAKEN)
RESTORE: tuple[Rule, ...] = (closed, too_close, *TAKEN)

ONCE = frozenset({*WORDS, *COUNTED})
"""Rules about the booking as a whole, asked with the first room's facts; of combined rooms without their parts."""

RULES: frozenset[Rule] = frozenset(
    {*BOOK, *WALK_IN, *CHANGE, *RENAME, *REWORD, *CANCEL, *CHECK_IN, *EXTEND, *APPROVE, *END, *SERIES, *CARRY, *RESTORE}
)
"""Every rule there is."""

ALWAYS = frozenset({"inactive", "over", "too_long"})
"""What no policy can switch off; of too_long the room's own bound can be, the longest that there can be not."""


def objections(rules: tuple[Rule, ...], wish: Wish, facts: Facts, *, first: bool = True) -> tuple[Objection, ...]:
    """Everything the rules have against the wish, in the order of the rules; `first`: the booking's first room."""
    if not any(room.policy.off or room.policy.exempt for room in (facts.room, *facts.rooms)):
        asked = [rule for rule in rules if first or rule not in ONCE]  # nearly always: nobody switched anything off
    else:
        asked = [rule for rule in rules if _is_asked(rule, facts, first=first)]
    return tuple(objection for rule in asked for objection in rule(wish, facts))


def _is_asked(rule: Rule, facts: Facts, *, first: bool) -> bool:
    code = code_of(rule)
    if rule not in ONCE:
        return code in ALWAYS or facts.asked_in(code, facts.room)
    return first and any(facts.asked_in(code, room) for room in facts.rooms)


def code_of(rule: Rule) -> str:
    """The code that a rule yields: its name."""
    return getattr(rule, "__name__", "")


CODES = frozenset(code_of(rule) for rule in RULES)
"""Every code that a rule yields."""

SWITCHABLE = CODES - (ALWAYS - {"too_long"})
"""Those that a policy may switch off."""
