"""Who may book a room, how many people fit, and that nobody is in two places at once.

Of a key of the house the person counts whose booking it is: nobody can narrow a room to a department and have it booked
by a key in the name of somebody else. Where nobody is known, a narrowed room is not to be had.
"""

from collections.abc import Iterator

from server.core.errors import Objection
from server.core.rules.kinds import Facts, Wish


def not_your_role(wish: Wish, facts: Facts) -> Iterator[Objection]:
    """Who manages a room is a member, too; a key is also what its booking's owner is to the house."""
    allowed = set(facts.room.policy.roles)
    if not allowed:
        return
    role, person = facts.shared.roles.get(facts.room.number, facts.asker.role), facts.asker.person
    words = {role or "key"} | ({"member"} if role == "manager" else set())
    if not role and person is not None:
        words.add(str(person.role))
    if not words & allowed:
        yield Objection("not_your_role", facts.room.id, {"roles": ", ".join(sorted(allowed))})


def not_your_department(wish: Wish, facts: Facts) -> Iterator[Objection]:
    allowed, person = facts.room.policy.departments, facts.asker.person
    mine = person.department.strip().casefold() if person is not None else ""
    if allowed and mine not in {it.strip().casefold() for it in allowed}:
        yield Objection("not_your_department", facts.room.id, {"departments": ", ".join(allowed)})


def not_your_group(wish: Wish, facts: Facts) -> Iterator[Objection]:
    allowed, person = facts.room.policy.groups, facts.asker.person
    if allowed and not (person is not None and person.groups.intersection(allowed)):
        yield Objection("not_your_group", facts.room.id, {"groups": ", ".join(map(str, allowed))})


def too_many_people(wish: Wish, facts: Facts) -> Iterator[Objection]:
    """People spread over all rooms of a booking; where one has no known number of seats, nobody counts."""
    asking = [room for room in facts.asking("too_many_people") if room.policy.capacity]
    if not asking or not all(room.capacity for room in facts.rooms):
        return
    seats, people = sum(room.capacity for room in facts.rooms), heads(wish, facts)
    if people > seats:
        yield Objection("too_many_people", asking[0].id, {"people": people, "seats": seats})


def heads(wish: Wish, facts: Facts) -> int:
    """How many are to be there: the host, and everybody who was asked and did not decline; each counts once."""
    carried, owner = wish.carried, facts.asker.person
    host = carried.booked_for or (owner.number if owner is not None else None)
    there = {
        ("person", str(it.person)) if it.person is not None else ("email", it.email.casefold() or f"{it.name} #{place}")
        for place, it in enumerate(carried.attendees)
        if it.answer != "declined"
    }
    if owner is not None and owner.number == host and owner.email:
        there.discard(("email", owner.email.casefold()))
    there.discard(("person", str(host)))
    return 1 + len(there)


def person_elsewhere(wish: Wish, facts: Facts) -> Iterator[Objection]:
    asking = [room for room in facts.asking("person_elsewhere") if room.policy.person_once]
    if asking:
        for person in sorted({it.ref for it in facts.shared.people if it.period.overlaps(wish.period)}):
            yield Objection("person_elsewhere", asking[0].id, {"person": person})
