"""Not in the past, not too soon, not too far ahead, not too late to change, and nothing is done to what is over.

A start up to five minutes past is taken as "now": clocks differ and fingers are slow. A change that leaves the start
alone is not judged by it again, nor by its end where that is no later than it was.
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


def ends_too_far(wish: Wish, facts: Facts) -> Iterator[Objection]:
    horizon = facts.room.policy.end_horizon_days
    later = wish.former is None or wish.period.end > wish.former.end
    if horizon and later and wish.period.end > facts.now + timedelta(days=horizon):
        yield Objection("ends_too_far", facts.room.id, {"days": horizon})


def too_late_to_change(wish: Wish, facts: Facts) -> Iterator[Objection]:
    notice = facts.room.policy.notice_change_minutes
    if notice and _begins_within(wish, facts, notice):
        yield Objection("too_late_to_change", facts.room.id, {"minutes": notice})


def too_late_to_cancel(wish: Wish, facts: Facts) -> Iterator[Objection]:
    notice = facts.room.policy.notice_cancel_minutes
    if notice and _begins_within(wish, facts, notice):
        yield Objection("too_late_to_cancel", facts.room.id, {"minutes": notice})


def over(wish: Wish, facts: Facts) -> Iterator[Objection]:
    if wish.former is not None and wish.former.end <= facts.now:
        yield Objection("over", facts.room.id)


def _start_kept(wish: Wish) -> bool:
    return wish.former is not None and wish.former.start == wish.period.start


def _begins_within(wish: Wish, facts: Facts, minutes: int) -> bool:
    """Whether the start that it has now is nearer than that, or past."""
    return wish.former is not None and wish.former.start < facts.now + timedelta(minutes=minutes)
