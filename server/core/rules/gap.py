"""Between two bookings of a room lies at least the gap its policy asks for; one gap, not one on each side."""

from collections.abc import Iterator
from datetime import timedelta

from server.core.errors import Objection
from server.core.rules.kinds import Facts, Wish


def too_close(wish: Wish, facts: Facts) -> Iterator[Objection]:
    gap = timedelta(minutes=facts.room.policy.gap_minutes)
    if not gap:
        return
    before = facts.ends_before is not None and facts.ends_before > wish.period.start - gap
    after = facts.starts_after is not None and facts.starts_after < wish.period.end + gap
    if before or after:
        yield Objection("too_close", facts.room.id, {"minutes": facts.room.policy.gap_minutes})
