"""When something is to be done next: again after its time, or later and later while it fails, never in step."""

from dataclasses import dataclass
from random import Random

JITTER = 0.2


@dataclass
class Due:
    """`at` is in boottime; `failures` counts those in a row."""

    rng: Random
    at: float = 0.0
    failures: int = 0

    def again(self, now: float, seconds: float) -> None:
        self.failures = 0
        self.at = now + seconds * self.rng.uniform(1 - JITTER, 1 + JITTER)

    def failed(self, now: float, *, first: float, slowest: float, after: float = 0.0) -> None:
        wait = min(slowest, first * 2 ** min(self.failures, 10))
        self.failures += 1
        self.at = now + max(after, wait) * self.rng.uniform(1 - JITTER, 1)

    def soon(self, at: float) -> None:
        """Not later than `at`."""
        self.at = min(self.at, at)
