"""A room that is switched off takes no bookings, and not every room takes walk-ins."""

from collections.abc import Iterator

from server.core.errors import Objection
from server.core.rules.kinds import Facts, Wish


def inactive(wish: Wish, facts: Facts) -> Iterator[Objection]:
    if not facts.room.active:
        yield Objection("inactive", facts.room.id)


def no_walk_in(wish: Wish, facts: Facts) -> Iterator[Objection]:
    # A walk-in is a promise on the spot; where somebody must approve first, nobody can give it.
    if not facts.room.policy.walk_in or not facts.room.auto_accept:
        yield Objection("no_walk_in", facts.room.id)
