"""Not in the past, not too soon, not too far ahead, and nothing is done to what is over.

A start up to five minutes past is taken as "now": clocks differ and fingers are slow. A change that leaves the start
alone is not judged by it again.
"""

from collections.abc import Iterator
from datetime import timedelta

from server.core.errors import Objection
from server.core.rules.kinds import Facts, Wish

GRACE = timedelta(minutes=5)


def in_past(wish: Wish, facts: Facts) -> Iterator[Objection]:
    begun_long_ago = not _start_kept(wish) and wish.period.start < facts.now - GRACE
    if begun_long_ago or wish.period.end <= facts.now:
        yield Objection("in_past", facts.room.id)


def too_soon(wish: Wish, facts: Facts) -> Iterator[Objection]:
    notice = facts.room.policy.notice_minutes
    if notice and not _start_kept(wish) and wish.period.start < facts.now + timedelta(minutes=notice):
        yield Objection("too_soon", facts.room.id, {"minutes": notice})


def too_far(wish: Wish, facts: Facts) -> Iterator[Objection]:
    horizon = facts.room.policy.horizon_days
    if horizon and not _start_kept(wish) and wish.period.start > facts.now + timedelta(days=horizon):
        yield Objection("too_far", facts.room.id, {"days": horizon})


def over(wish: Wish, facts: Facts) -> Iterator[Objection]:
    if wish.former is not None and wish.former.end <= facts.now:
        yield Objection("over", facts.room.id)


def _start_kept(wish: Wish) -> bool:
    return wish.former is not None and wish.former.start == wish.period.start
