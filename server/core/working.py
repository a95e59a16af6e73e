"""How much of a time somebody works: a room's hours, or where it has none those of most offices."""

from datetime import timedelta

from server.core.period import Period, clipped
from server.core.policy import Opening, Policy, open_during

USUAL = Policy(opening=(Opening(frozenset(range(5)), 8 * 60, 18 * 60),))
"""Monday to Friday, eight to six."""


def worked(period: Period, policy: Policy, zone: str) -> timedelta:
    """How much of the period lies in the hours of a room with that policy."""
    hours = policy if policy.opening else USUAL
    return sum((it.length for it in clipped(open_during(hours, period, zone), period)), timedelta())
