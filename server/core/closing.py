"""Closures that recur, or that are for a whole place: the plan, and the dates that it had to leave out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from server.core.period import Period, gaps
from server.core.recurrence import Length, Pattern

CONFLICTS = ("refuse", "bump", "skip")


@dataclass(frozen=True, slots=True)
class ClosurePlan:
    """Why, where and when rooms are closed: `pattern` in the wall time of `zone`, each date `length` long.

    `rooms` by number, or all of a `place`, also those that come to it later. `conflicts`: what becomes of bookings that
    are in the way: refuse, bump or skip. Dates before `carried_to` (UTC) are closures; `open` while others may follow.
    """

    number: int
    reason: str
    rooms: tuple[int, ...]
    place: int | None
    zone: str
    pattern: Pattern
    length: Length
    conflicts: str
    carried_to: datetime
    open: bool
    made_by: str
    made_at: datetime
    version: int = 1


@dataclass(frozen=True, slots=True)
class Gap:
    """A date (its start in wall time of the plan's zone, naive) that a plan did not close in a room, or not wholly.

    `codes`: clash (a booking has it), closed (another closure has some or all of it) or removed (by somebody).
    """

    plan: int
    room: int
    at: datetime
    codes: tuple[str, ...]
    found_at: datetime


def still_open(period: Period, closures: Iterable[Period]) -> list[Period]:
    """What of the time no closure has yet."""
    return list(gaps(closures, period))
