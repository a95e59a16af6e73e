"""How much of something is taken at the worst instant of a time."""

from collections.abc import Iterable
from datetime import datetime

from server.core.period import Period
from server.core.rules.kinds import Use


def peak(uses: Iterable[Use], within: Period) -> int:
    """The most that the uses take together at any one instant of the period; what only touches it takes nothing."""
    steps: list[tuple[datetime, int]] = []
    for it in uses:
        if it.period.overlaps(within):
            steps += [(max(it.period.start, within.start), it.quantity), (it.period.end, -it.quantity)]
    # At one instant what ends gives back before what begins takes: the spans are half-open.
    taken = most = 0
    for _, more in sorted(steps):
        taken += more
        most = max(most, taken)
    return most
