"""A room that is switched off, out of service or hidden takes no bookings, and not every room takes walk-ins.

Decision: who walks in types nothing and is known to nobody. So there are no walk-ins where somebody must approve, where
not everybody may book, where a person must be known (roles, departments, groups, credits), and where words are asked
for (a description, terms, required attributes); a walk-in has a title by itself.
"""

from collections.abc import Iterable, Iterator

from server.core.errors import Objection
from server.core.model import Room
from server.core.places import Attribute
from server.core.rules.kinds import MANAGING, Facts, Wish


def inactive(wish: Wish, facts: Facts) -> Iterator[Objection]:
    if not facts.room.active:
        yield Objection("inactive", facts.room.id)


def out_of_service(wish: Wish, facts: Facts) -> Iterator[Objection]:
    if facts.room.status == "unavailable":
        yield Objection("out_of_service", facts.room.id, {"reason": facts.room.status_reason})


def hidden(wish: Wish, facts: Facts) -> Iterator[Objection]:
    role = facts.shared.roles.get(facts.room.number, facts.asker.role)
    if facts.room.status == "hidden" and role not in MANAGING:
        yield Objection("hidden", facts.room.id)


def no_walk_in(wish: Wish, facts: Facts) -> Iterator[Objection]:
    if not takes_walk_ins(facts.room, facts.shared.attributes):
        yield Objection("no_walk_in", facts.room.id)


def takes_walk_ins(room: Room, attributes: Iterable[Attribute]) -> bool:
    """Whether somebody whom nobody knows may book the room at its door; `attributes` are those of bookings."""
    policy = room.policy
    if not policy.walk_in or not room.auto_accept or policy.approval or policy.members not in ("book", "manage"):
        return False

    def asks(code: str) -> bool:
        return code not in policy.off and code not in policy.exempt.get("device", ())

    person = (
        (policy.roles and "device" not in policy.roles and asks("not_your_role"))
        or (policy.departments and asks("not_your_department"))
        or (policy.groups and asks("not_your_group"))
        or ((policy.credits or policy.peak_credits) and asks("too_few_credits"))
    )
    words = (policy.description_needed and asks("description_missing")) or (policy.terms and asks("terms_missing"))
    if person or words:
        return False
    return not asks("attribute_missing") or not any(
        it.required and not it.admin_only and (not it.rooms or room.number in it.rooms)
        for it in attributes
        if it.category == "booking"
    )


def too_many_rooms(wish: Wish, facts: Facts) -> Iterator[Objection]:
    """A room's own bound is for the whole booking; a timetable's for the rooms of that timetable."""
    rooms = facts.asking("too_many_rooms")
    bounds = [(room.policy.max_rooms, len(facts.rooms), room) for room in rooms]
    for room in rooms:
        table = facts.shared.timetables.get(room.policy.timetable or 0)
        if table is not None:
            bounds.append((table.most_rooms, sum(it.policy.timetable == table.number for it in facts.rooms), room))
    broken = [(most, room) for most, count, room in bounds if most is not None and count > most]
    if broken:
        most, room = min(broken, key=lambda it: it[0])
        yield Objection("too_many_rooms", room.id, {"most": most})
