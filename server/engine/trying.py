"""Tries a change of rules on the past: which of the bookings that were made would it have refused?"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from server.core.access import Actor
from server.core.clock import Clock, whole
from server.core.errors import Invalid
from server.core.model import Room
from server.core.period import Period
from server.engine.house import House
from server.engine.policies import Policies
from server.engine.rejudging import Refusal, Rejudging
from server.store.database import Store

LONGEST = timedelta(days=366)
MOST, NAMED = 100_000, 10_000
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Tried:
    """What the change would have done: in how many rooms, among how many bookings, to which of them, by code.

    `refused` names at most 10,000, `counts` counts all. `whole` False: there were more bookings than are looked at.
    """

    rooms: int
    looked: int
    refused: tuple[Refusal, ...]
    counts: Mapping[str, int]
    bookings: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Trying:
    """The use case of trying rules. Raises Invalid, Unknown, Barred or Later; changes nothing."""

    store: Store
    clock: Clock
    house: House
    policies: Policies

    def past(
        self, target: str, rules: Mapping[str, Any], actor: Actor, window: Period, *, progress: Progress | None = None
    ) -> Tried:
        """What these rules, set on that level, would have refused of the bookings in the window.

        For those who may set them. The window is at most 366 days long; `progress` hears of each page of bookings.
        """
        if window.end <= window.start:
            raise Invalid({"to": "must be after from"})
        if window.length > LONGEST:
            raise Invalid({"to": "at most 366 days after from"})
        changed = self.policies.set(target, rules, actor, anyway=True, preview=True).changed
        return self.rooms(changed, window, progress=progress)

    def rooms(
        self, changed: tuple[tuple[Room, Room], ...], window: Period, *, progress: Progress | None = None
    ) -> Tried:
        """The same of rooms as they are and as they would be."""
        counts: Counter[str] = Counter()
        named: list[Refusal] = []
        found = 0
        with self.store.reading() as tx:
            judging = Rejudging(
                tx, self.house.at(tx).timetables, changed, window, whole(self.clock.now()), past=True, most=MOST,
                progress=progress or (lambda _: None),
            )  # fmt: skip
            for it in judging.run():
                found += 1
                counts.update(it.codes)
                if len(named) < NAMED:
                    named.append(it)
        return Tried(len(changed), judging.looked, tuple(named), dict(counts), found, judging.whole)
