"""The simulated network: a bag of messages that are lost, doubled, overtaken and held back for hours.

Decisions:
- A message is delivered at a random place of what is under way, so there is no order at all between any two.
- A few go into a slow bag and come minutes to hours later: what a retry has made stale long ago is the message that
  breaks protocols.
- A partition drops what is sent and what arrives while it lasts, in both directions.
"""

import heapq
from collections import Counter
from dataclasses import dataclass
from random import Random
from typing import Any

Message = tuple[Any, ...]
"""Where to (a unit's number, SERVER for it), the unit it is from or for, the kind, the request's number, and what."""

SERVER = -1


@dataclass(frozen=True, slots=True)
class Weather:
    """How bad it is: chances from 0 to 1."""

    lost: float = 0.02
    doubled: float = 0.02
    slow: float = 0.01


CALM = Weather(0.0, 0.0, 0.0)


class Network:
    """Messages under way between the server and the units."""

    def __init__(self, rng: Random, weather: Weather, counts: Counter[str]) -> None:
        self._rng, self.weather, self._counts = rng, weather, counts
        self.ready: list[Message] = []
        self._later: list[tuple[int, int, Message]] = []
        self._drawn = 0
        self.cut: set[int] = set()
        self.jammed: set[tuple[int, Any]] = set()
        """Of which unit what kind of message does not get through, though others do."""

    def send(self, now: int, message: Message) -> None:
        weather, rng, counts = self.weather, self._rng, self._counts
        if self.cut and message[1] in self.cut:
            counts["cut off"] += 1
            return
        if self.jammed and (message[1], message[2]) in self.jammed:
            counts["jammed"] += 1
            return
        if rng.random() < weather.lost:
            counts["lost"] += 1
            return
        if rng.random() < weather.doubled:
            counts["doubled"] += 1
            self.ready.append(message)
        if rng.random() < weather.slow:
            counts["late"] += 1
            self._drawn += 1
            wait = rng.choice((20, 60, 300, 1_800, 7_200, 20_000))
            heapq.heappush(self._later, (now + rng.randrange(1, wait), self._drawn, message))
            return
        self.ready.append(message)

    def due(self, now: int) -> None:
        """What was held back long enough is ready from now on."""
        later = self._later
        while later and later[0][0] <= now:
            self.ready.append(heapq.heappop(later)[2])

    def take(self) -> Message | None:
        """Any one of those that are ready; None where there is none that arrives."""
        ready = self.ready
        if not ready:
            return None
        place = self._rng.randrange(len(ready))
        ready[place], ready[-1] = ready[-1], ready[place]
        message = ready.pop()
        if self.cut and message[1] in self.cut:
            self._counts["cut off"] += 1
            return None
        return message

    def heal(self) -> None:
        """No more faults; what was held back is still to come."""
        self.cut.clear()
        self.jammed.clear()
        self.weather = CALM
        self.ready += [message for _, _, message in self._later]
        self._later.clear()
