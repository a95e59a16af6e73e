"""How many bytes may go to the card: cards wear out, so all plans of the agent share one allowance per day.

A busy day does not reach it. What it holds back is written at the latest when the link is lost and at an orderly stop.
"""

BYTES_A_DAY = 40_000_000
BURST = 4_000_000


class Budget:
    """An allowance that fills by the second, up to a burst."""

    def __init__(self) -> None:
        self._left, self._at = float(BURST), 0.0

    def spent(self, elapsed: float) -> bool:
        """Whether nothing is left at this boottime."""
        self._left = min(BURST, self._left + (elapsed - self._at) * BYTES_A_DAY / 86_400)
        self._at = elapsed
        return self._left < 0

    def take(self, size: int) -> None:
        """So many bytes were written."""
        self._left -= size
