"""Bookings are neither too short nor too long for the room; the far end of both is included."""

from collections.abc import Iterator
from datetime import timedelta

from server.core.errors import Objection
from server.core.policy import LONGEST
from server.core.rules.kinds import Facts, Wish


def too_short(wish: Wish, facts: Facts) -> Iterator[Objection]:
    least = facts.room.policy.min_minutes
    if least is not None and wish.period.length < timedelta(minutes=least):
        yield Objection("too_short", facts.room.id, {"minutes": least})


def too_long(wish: Wish, facts: Facts) -> Iterator[Objection]:
    most = facts.room.policy.max_minutes
    limit = LONGEST if most is None else min(LONGEST, timedelta(minutes=most))
    if wish.period.length > limit:
        yield Objection("too_long", facts.room.id, {"minutes": int(limit.total_seconds() // 60)})
