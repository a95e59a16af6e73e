"""A closure refuses with its reason; the hold it lays over every lane keeps the law as well."""

from collections.abc import Iterator

from server.core.errors import Objection
from server.core.rules.kinds import Facts, Wish


def closed(wish: Wish, facts: Facts) -> Iterator[Objection]:
    for closure in facts.closures:
        if closure.period.overlaps(wish.period):
            yield Objection("closed", facts.room.id, {"reason": closure.reason})
