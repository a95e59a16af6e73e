"""Whether a room takes bookings that recur, and how many dates at once; asked once for the whole series."""

from collections.abc import Iterator

from server.core.errors import Objection
from server.core.rules.kinds import Facts, Wish


def no_series(wish: Wish, facts: Facts) -> Iterator[Objection]:
    if wish.dates > 1 and facts.room.policy.series == "no":
        yield Objection("no_series", facts.room.id)


def too_many_dates(wish: Wish, facts: Facts) -> Iterator[Objection]:
    most = facts.room.policy.series_most
    if most is not None and wish.dates > most:
        yield Objection("too_many_dates", facts.room.id, {"most": most})
