"""When a booking is refused: small pure generators over (Wish, Facts), and which of them an action asks.

The tuples below are the specification. Every rule of an action runs and every objection is returned, so that a person
hears all that stands in the way at once. That two bookings never overlap is not a rule: it is the database's law
(store), and a clash comes back as a conflict beside these objections.
"""

from collections.abc import Callable, Iterator

from server.core.errors import Objection
from server.core.rules.closure import closed
from server.core.rules.gap import too_close
from server.core.rules.hours import outside_hours
from server.core.rules.kinds import Facts, Wish
from server.core.rules.length import too_long, too_short
from server.core.rules.notice import in_past, over, too_far, too_soon
from server.core.rules.recurring import no_series, too_many_dates
from server.core.rules.service import inactive, no_walk_in

Rule = Callable[[Wish, Facts], Iterator[Objection]]

BOOK: tuple[Rule, ...] = (inactive, in_past, too_short, too_long, too_soon, too_far, outside_hours, closed, too_close)
WALK_IN: tuple[Rule, ...] = (inactive, no_walk_in, in_past, too_short, too_long, outside_hours, closed, too_close)
CHANGE: tuple[Rule, ...] = (over, *BOOK)
RENAME: tuple[Rule, ...] = (over,)
CANCEL: tuple[Rule, ...] = (over,)
CHECK_IN: tuple[Rule, ...] = (over,)
EXTEND: tuple[Rule, ...] = (inactive, over, too_long, outside_hours, closed, too_close)
APPROVE: tuple[Rule, ...] = (inactive, over)
END: tuple[Rule, ...] = (over,)
SERIES: tuple[Rule, ...] = (no_series, too_many_dates)
CARRY: tuple[Rule, ...] = (inactive, too_short, too_long, outside_hours, closed, too_close)
RESTORE: tuple[Rule, ...] = (closed, too_close)


def objections(rules: tuple[Rule, ...], wish: Wish, facts: Facts) -> tuple[Objection, ...]:
    """Everything the rules have against the wish, in the order of the rules."""
    return tuple(objection for rule in rules for objection in rule(wish, facts))
