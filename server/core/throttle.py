"""How often may be guessed: what a count of failures allows. Pure; the counts themselves are rows.

Two kinds of bound. A window: so many failures, then nothing until the window is over. A growing one: so many failures
in a row, then one try at a time with ever longer pauses, and after `most` none until somebody clears it. A try is
counted before it is judged, so that many at once gain nothing; being right clears the count.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
LOCKED = timedelta(days=1)
"""What somebody is told to wait who has to be let in by hand."""


@dataclass(frozen=True, slots=True)
class Bound:
    """`free` failures cost nothing. `window`: then that long from the first of them; `pause`: doubled each time."""

    free: int
    window: timedelta = timedelta()
    pause: timedelta = timedelta()
    longest: timedelta = timedelta(days=1)
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted: failures since `since` (the window's beginning) and in a row; nothing is judged before `until`.

    Of a growing bound `since` is the last failure.
    """

    failures: int = 0
    in_row: int = 0
    since: datetime = NEVER
    until: datetime = NEVER


def locked(tally: Tally, bound: Bound) -> bool:
    """Whether it takes somebody to clear the count."""
    return bound.most is not None and tally.in_row >= bound.most


def pause(tally: Tally, bound: Bound, now: datetime) -> timedelta | None:
    """How long until the next try is judged; None: at once."""
    if locked(tally, bound):
        return LOCKED
    return tally.until - now if now < tally.until else None


def charged(tally: Tally, bound: Bound, now: datetime) -> Tally:
    """The count with one more failure at `now`."""
    in_row = tally.in_row + 1
    if not bound.window:
        over = in_row - bound.free
        until = now + min(bound.longest, bound.pause * 2 ** min(over, 32)) if over >= 0 else NEVER
        return Tally(in_row, in_row, now, until)
    fresh = now - tally.since >= bound.window
    failures, since = (1, now) if fresh else (tally.failures + 1, tally.since)
    return Tally(failures, in_row, since, since + bound.window if failures >= bound.free else NEVER)


def refunded(tally: Tally, bound: Bound) -> Tally:
    """The count of a window with one failure less, for a try that was right after all."""
    failures = max(0, tally.failures - 1)
    return Tally(failures, max(0, tally.in_row - 1), tally.since, tally.until if failures >= bound.free else NEVER)
