"""Accessories: that they exist, go with a room of the booking, in such a number, and are not out meanwhile.

Decision: an accessory goes with the booking, not with one of its rooms; where it may be had with several of them, their
bounds add up.
"""

from collections.abc import Iterator

from server.core.errors import Objection
from server.core.places import Accessory
from server.core.rules.kinds import Facts, Wish
from server.core.rules.sweep import peak


def accessory_unknown(wish: Wish, facts: Facts) -> Iterator[Objection]:
    for number in wish.carried.accessories:
        if number not in facts.shared.accessories:
            yield Objection("accessory_unknown", facts.room.id, {"accessory": number})


def accessory_not_here(wish: Wish, facts: Facts) -> Iterator[Objection]:
    for it, _ in wanted(wish, facts):
        if it.rooms and not any(room.number in it.rooms for room in facts.rooms):
            yield Objection("accessory_not_here", facts.room.id, _named(it))


def accessory_too_few(wish: Wish, facts: Facts) -> Iterator[Objection]:
    for it, count in wanted(wish, facts):
        least = sum(bounds[0] or 0 for room in facts.rooms if (bounds := it.rooms.get(room.number)))
        if count < least:
            yield Objection("accessory_too_few", facts.room.id, {**_named(it), "least": least})


def accessory_too_many(wish: Wish, facts: Facts) -> Iterator[Objection]:
    for it, count in wanted(wish, facts):
        bounds = [it.rooms[room.number][1] for room in facts.rooms if room.number in it.rooms]
        most = [bound for bound in bounds if bound is not None]
        if bounds and len(most) == len(bounds) and count > sum(most):
            yield Objection("accessory_too_many", facts.room.id, {**_named(it), "most": sum(most)})


def out_of_stock(wish: Wish, facts: Facts) -> Iterator[Objection]:
    """What others have of it at the worst instant of the time and what is wanted must not be more than there is."""
    for it, count in wanted(wish, facts):
        if it.stock is None:
            continue
        left = it.stock - peak((use for use in facts.shared.stock if use.ref == it.number), wish.period)
        if count > left:
            yield Objection("out_of_stock", facts.room.id, {**_named(it), "left": max(0, left), "wanted": count})


def wanted(wish: Wish, facts: Facts) -> Iterator[tuple[Accessory, int]]:
    """The accessories of the booking that there are, and how many of each."""
    for number, count in wish.carried.accessories.items():
        if count > 0 and number in facts.shared.accessories:
            yield facts.shared.accessories[number], count


def _named(it: Accessory) -> dict[str, int | str]:
    return {"accessory": it.number, "name": it.name}
