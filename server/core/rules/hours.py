"""Bookings lie within the opening hours, as the clock on the room's wall shows them."""

from collections.abc import Iterator

from server.core.errors import Objection
from server.core.policy import open_during
from server.core.rules.kinds import Facts, Wish


def outside_hours(wish: Wish, facts: Facts) -> Iterator[Objection]:
    hours = open_during(facts.room.policy, wish.period, facts.room.zone)
    if not any(span.covers(wish.period) for span in hours):
        yield Objection("outside_hours", facts.room.id)
