"""Bookings are neither too short nor too long for the room; the far end of both is included."""

from collections.abc import Iterator
from datetime import timedelta

from server.core.errors import Objection
from server.core.policy import LONGEST
from server.core.rules.kinds import Facts, Wish
from server.core.zone import wall

SECOND = timedelta(seconds=1)


def too_short(wish: Wish, facts: Facts) -> Iterator[Objection]:
    least = facts.room.policy.min_minutes
    if least is not None and wish.period.length < timedelta(minutes=least):
        yield Objection("too_short", facts.room.id, {"minutes": least})


def too_long(wish: Wish, facts: Facts) -> Iterator[Objection]:
    """The room's own bound can be switched off; the longest that there can be stays (rules/__init__.py, ALWAYS)."""
    most = facts.room.policy.max_minutes if facts.asked_in("too_long", facts.room) else None
    limit = LONGEST if most is None else min(LONGEST, timedelta(minutes=most))
    if wish.period.length > limit:
        yield Objection("too_long", facts.room.id, {"minutes": int(limit.total_seconds() // 60)})


def multi_day(wish: Wish, facts: Facts) -> Iterator[Objection]:
    """Over midnight by the clock on the room's wall; what ends at midnight is of the day before."""
    if facts.room.policy.multi_day:
        return
    first, last = (wall(it, facts.room.zone).date() for it in (wish.period.start, wish.period.end - SECOND))
    if first < last:
        yield Objection("multi_day", facts.room.id, {"days": (last - first).days + 1})
