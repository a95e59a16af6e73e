"""The one place that reads the time of day; everything else is handed a Clock.

Decision: instants are aware datetimes in UTC. Stored instants have whole seconds, so `now` may be finer than
what the database keeps; `whole` cuts it.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time. Injected by compose; tests hand in their own."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def whole(instant: datetime) -> datetime:
    """The instant cut to whole seconds."""
    return instant.replace(microsecond=0)


def epoch(instant: datetime) -> int:
    """Seconds since 1970 in UTC, as the database keeps instants."""
    return int(instant.timestamp())


def from_epoch(seconds: int) -> datetime:
    """The instant of a stored number of seconds."""
    return datetime.fromtimestamp(seconds, UTC)


Believed = Callable[[], bool]
"""Whether the clock is plausible; what is for good waits while it is not."""


def believed() -> bool:
    """Where nobody asks."""
    return True


def monotonic() -> float:
    """Seconds of a clock that never steps, for measuring durations only."""
    return time.monotonic()
