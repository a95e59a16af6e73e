"""Counting failures in this process, so that guessing becomes slow. What succeeds is never counted."""

import threading
from collections import OrderedDict

from server.core.clock import monotonic
from server.core.errors import Later

KEPT = 10_000


class Throttle:
    """At most `most` failures per key in a window of `seconds`; the least recent of 10,000 keys is forgotten first."""

    def __init__(self, *, most: int, seconds: int) -> None:
        self._most = most
        self._seconds = seconds
        self._failures: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, key: str) -> None:
        """Raises Later where the key has failed too often; says when its window ends."""
        with self._lock:
            since, count = self._failures.get(key, (0.0, 0))
        left = since + self._seconds - monotonic()
        if count >= self._most and left > 0:
            raise Later(int(left) + 1, too_many=True)

    def failed(self, key: str) -> None:
        """Counts a failure."""
        now = monotonic()
        with self._lock:
            since, count = self._failures.pop(key, (now, 0))
            self._failures[key] = (since, count + 1) if now - since < self._seconds else (now, 1)
            while len(self._failures) > KEPT:
                self._failures.popitem(last=False)
