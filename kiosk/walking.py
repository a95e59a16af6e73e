"""How many walk-ins the door takes by its own word: as the server does, so many an hour and so many in a row. Pure.

The server counts by when they were made; the plan does not say that, but a walk-in begins when it is made.
"""

from collections.abc import Sequence

from kiosk.chain import Entry
from kiosk.plan import Snapshot

HOUR = 3600
LEAST = 300  # seconds: a shorter one was taken back at once
MOST_ACTS = 100
"""Acts of a door by its own word in an hour: longer and back again, again and again, fills the card and the server."""

Objection = dict[str, object]


def too_many(shown: Snapshot, entries: Sequence[Entry], start: int, end: int) -> Objection | None:
    """Why one more from `start` to `end` is too many. `shown` is the plan with what was done here.

    `entries`: all that the journal has of this room; those that were undone count for the hour as well.
    """
    policy = shown.policy
    if policy.walk_ins_per_hour is not None and _within_hour(shown, entries, start) >= policy.walk_ins_per_hour:
        return {"code": "too_many_walk_ins", "numbers": {"most": policy.walk_ins_per_hour}}
    if policy.walk_ins_in_row is None or not policy.walk_in_pause_minutes:
        return None
    if _in_row(shown, start, end, policy.walk_in_pause_minutes * 60) < policy.walk_ins_in_row:
        return None
    numbers = {"most": policy.walk_ins_in_row, "minutes": policy.walk_in_pause_minutes}
    return {"code": "too_many_in_row", "numbers": numbers}


def restless(entries: Sequence[Entry], room: str, now: int) -> bool:
    """Whether somebody plays: the journal has as much of the last hour as people in a room never do."""
    return sum(entry.room == room and now - HOUR < entry.wall <= now for entry in entries) >= MOST_ACTS


def _within_hour(shown: Snapshot, entries: Sequence[Entry], start: int) -> int:
    """Those of the journal, and those of the plan that are not among them."""
    made = [entry.start or 0 for entry in entries if entry.act == "book" and (entry.start or 0) > start - HOUR]
    others = [one.start for one in shown.bookings if one.here and start - HOUR < one.start <= start]
    return len(made) + sum(instant not in made for instant in others)


def _in_row(shown: Snapshot, start: int, end: int, pause: int) -> int:
    """How many lie right before it, with nothing between but less than the pause, and nobody else's."""
    count = 0
    before = (one for one in shown.bookings if one.start < end and one.end - one.start >= LEAST)
    for one in sorted(before, key=lambda booking: booking.start, reverse=True):
        if not one.here or start - one.end >= pause:
            break
        start, count = one.start, count + 1
    return count
