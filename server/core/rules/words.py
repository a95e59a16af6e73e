"""What a booking must say: a title, a description, a yes to the terms, the house's own fields.

None of these is asked where nothing new is said (Wish.details None).
"""

from collections.abc import Iterator

from server.core.attributes import Fault, faults, in_rooms
from server.core.errors import Objection
from server.core.rules.kinds import MANAGING, Facts, Wish


def title_missing(wish: Wish, facts: Facts) -> Iterator[Objection]:
    asking = [room for room in facts.asking("title_missing") if room.policy.title_needed]
    if asking and wish.details is not None and not wish.title.strip():
        yield Objection("title_missing", asking[0].id)


def description_missing(wish: Wish, facts: Facts) -> Iterator[Objection]:
    asking = [room for room in facts.asking("description_missing") if room.policy.description_needed]
    if asking and wish.details is not None and not wish.description.strip():
        yield Objection("description_missing", asking[0].id)


def terms_missing(wish: Wish, facts: Facts) -> Iterator[Objection]:
    asking = [room for room in facts.asking("terms_missing") if room.policy.terms]
    if asking and wish.details is not None and not wish.details.terms:
        yield Objection("terms_missing", asking[0].id, {"terms": asking[0].policy.terms})


def attribute_missing(wish: Wish, facts: Facts) -> Iterator[Objection]:
    for it in _faults(wish, facts):
        if it.why == "missing":
            yield Objection("attribute_missing", facts.room.id, {"attribute": it.number, "label": it.label})


def attribute_bad(wish: Wish, facts: Facts) -> Iterator[Objection]:
    for it in _faults(wish, facts):
        if it.why != "missing":
            numbers = {"attribute": it.number, "label": it.label or it.number, "why": it.why}
            yield Objection("attribute_bad", facts.room.id, numbers)


def _faults(wish: Wish, facts: Facts) -> Iterator[Fault]:
    if wish.details is not None:
        manages = all(facts.shared.roles.get(it.number, facts.asker.role) in MANAGING for it in facts.rooms)
        asked = in_rooms(facts.shared.attributes, (it.number for it in facts.rooms))
        yield from faults(asked, wish.details.attributes, manages=manages)
