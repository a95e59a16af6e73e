"""Emergencies: a place is taken over for an hour at most, and meanwhile and half an hour after nothing is released."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

KINDS = ("fire", "evacuation", "shelter", "lockdown", "medical", "other")
LONGEST = timedelta(minutes=60)
"""One that nobody ends is over then."""
AFTER = timedelta(minutes=30)
"""So long nobody is expected back."""


@dataclass(frozen=True, slots=True)
class Emergency:
    """A takeover of a place (its number) and all below it. `drill`: it is only tried. Who began and ended it by name.

    `ends_at` is when it is over by itself, `ended_at` when somebody ended it.
    """

    number: int
    place: int
    kind: str
    drill: bool
    began_at: datetime
    ends_at: datetime
    began_by: str
    ended_at: datetime | None = None
    ended_by: str = ""

    @property
    def over_at(self) -> datetime:
        return self.ends_at if self.ended_at is None else min(self.ended_at, self.ends_at)


def suspends(those: Iterable[Emergency], within: frozenset[int], since: datetime, now: datetime) -> bool:
    """Whether one of them was on, or lately over, in any of these places at any time from `since` to `now`."""
    return any(it.place in within and it.began_at <= now and it.over_at + AFTER > since for it in those)
