"""How many requests of each kind there were, and how long they took: what `/metrics` tells of the doors.

The outermost layer puts `took` into each request's environ under TOOK; who answers calls it, once, with the template of
the path. So there is nothing global, and a kept answer (hot.py) is counted as any other.

Decision: no lock. A count is one read, one sum and one store without a call in between, where CPython lets no other
thread in; a lock for each request would cost more than all the rest of the counting.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator

TOOK = "lintel.took"
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds; an answer is counted in the first that it did not take longer than."""
MOST = 5_000
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Counted by name; else anybody could use all kinds up with methods of their own making."""
Kind = tuple[str, str, str, int]
Took = Callable[[str, str, str, int, float], None]


class Meter:
    """Counts by door, method, template of the path, and status; of more than MOST kinds the rest together."""

    def __init__(self) -> None:
        self._rows: dict[Kind, list[float]] = {}

    def took(self, door: str, method: str, path: str, status: int, seconds: float) -> None:
        """One answer."""
        row = self._rows.get((door, method, path, status)) or self._new(door, method, path, status)
        row[bisect_left(BOUNDS, seconds)] += 1
        row[-1] += seconds

    def _new(self, door: str, method: str, path: str, status: int) -> list[float]:
        kind = (door, method if method in METHODS else "other", path, status)
        kind = kind if len(self._rows) < MOST else ("other", "other", "other", 0)
        return self._rows.setdefault(kind, [0.0] * (len(BOUNDS) + 2))

    def rows(self) -> Iterator[tuple[Kind, list[float], float]]:
        """Each kind with its counts (one for each bound and one for what took longer) and its seconds."""
        for kind, row in list(self._rows.items()):
            yield kind, row[:-1], row[-1]
