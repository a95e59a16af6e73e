"""Buckets that keep one eager client from slowing all others: so many requests a second per key, and a burst.

In memory and per process, for it is about this process's time; what guards secrets against guessing is the length of
the secrets. A key that has rested long enough to be full again is forgotten.
"""

import threading
from collections.abc import Callable

from server.core.clock import monotonic

MOST_KEYS = 10_000


class Buckets:
    """`rate` requests a second, `burst` at once; a rate of 0 lets everything through. Safe for many threads."""

    def __init__(self, rate: float, burst: float, *, clock: Callable[[], float] = monotonic) -> None:
        self._rate, self._burst, self._clock = rate, max(burst, 1.0), clock
        self._levels: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def take(self, key: str) -> int:
        """0 where the key may go on; otherwise the whole seconds after which it may."""
        if not self._rate:
            return 0
        now = self._clock()
        with self._lock:
            level, at = self._levels.get(key, (self._burst, now))
            level = min(self._burst, level + (now - at) * self._rate)
            if level < 1:
                self._levels[key] = (level, now)
                return max(1, -int(-(1 - level) // self._rate))
            self._levels[key] = (level - 1, now)
            if len(self._levels) > MOST_KEYS:
                self._forget(now)
        return 0

    def left(self, key: str) -> tuple[int, int]:
        """How many the key may make at once now, and in how many seconds its bucket is full again."""
        if not self._rate:
            return int(self._burst), 0
        now = self._clock()
        with self._lock:
            level, at = self._levels.get(key, (self._burst, now))
        level = min(self._burst, level + (now - at) * self._rate)
        return int(level), -int(-(self._burst - level) // self._rate)

    def _forget(self, now: float) -> None:
        full = self._burst / self._rate
        self._levels = {key: seen for key, seen in self._levels.items() if now - seen[1] < full}
        if len(self._levels) > MOST_KEYS:
            self._levels.clear()
