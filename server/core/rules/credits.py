"""A booking must be paid for: what it costs more than was paid already must be in its owner's account."""

from collections.abc import Iterator

from server.core.credits import price
from server.core.errors import Objection
from server.core.rules.accessories import wanted
from server.core.rules.kinds import Facts, Wish


def too_few_credits(wish: Wish, facts: Facts) -> Iterator[Objection]:
    """Where nobody is known who could pay, only what costs nothing (more) is to be had."""
    due = price(facts.rooms, wanted(wish, facts), wish.period, facts.shared.timetables) - facts.shared.paid
    has = facts.asker.person.credits if facts.asker.person is not None else 0
    if due > max(0, has):
        yield Objection("too_few_credits", facts.room.id, {"due": due, "has": has})
