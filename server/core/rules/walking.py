"""Walk-ins of people nobody knows are bounded at each door: so many an hour, and so many one after another.

Decisions:
- They are counted by what is stored, under the lock, so no restart and no second panel makes them more. Those that were
  undone count for the hour as well: a thousand taps make no thousand bookings.
- One after another are those that nothing lies between but less than the pause, and nobody else's booking. Where there
  are so many, the room is for others until the pause is over. One of under five minutes is a tap that was taken back.
- Whoever says who they are is not bound by these.
"""

from collections.abc import Iterator
from datetime import timedelta

from server.core.errors import Objection
from server.core.rules.kinds import Facts, Wish

HOUR = timedelta(hours=1)
LEAST = timedelta(minutes=5)
"""What is shorter was taken back at once."""


def too_many_walk_ins(wish: Wish, facts: Facts) -> Iterator[Objection]:
    most = facts.room.policy.walk_ins_per_hour
    if facts.walked is not None and facts.walked.hour >= most:
        yield Objection("too_many_walk_ins", facts.room.id, {"most": most})


def too_many_in_row(wish: Wish, facts: Facts) -> Iterator[Objection]:
    policy = facts.room.policy
    pause = timedelta(minutes=policy.walk_in_pause_minutes)
    if facts.walked is None or not pause:
        return
    start, count = wish.period.start, 0
    for it in facts.walked.row:
        if start - it.end >= pause:
            break
        start, count = it.start, count + 1
    if count >= policy.walk_ins_in_row:
        yield Objection(
            "too_many_in_row", facts.room.id,
            {"most": policy.walk_ins_in_row, "minutes": policy.walk_in_pause_minutes},
        )  # fmt: skip
