"""What the push has done so far, for `/metrics`. Written in one thread each, read in any."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Counts:
    """Numbers since the start. `open`: connections that are held now. `ended` by why, `refused` by status.

    `looked`: when the last look succeeded, of the monotonic clock; None before the first.
    """

    open: int = 0
    let_in: int = 0
    told: int = 0
    beats: int = 0
    looks: int = 0
    looked: float | None = None
    ended: Counter[str] = field(default_factory=Counter)
    refused: Counter[int] = field(default_factory=Counter)
