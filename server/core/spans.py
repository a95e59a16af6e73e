"""What the zone database says of a zone over a time, as a value: to compare what it said then with what it says now.

The same decisions as in zone.py: a wall time in the spring gap moves forward by the gap, in the autumn fold the first
of the two hours is meant.
"""

import json
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from server.core.clock import epoch, from_epoch
from server.core.period import Period

ORIGIN = datetime(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Spans:
    """A zone's offsets from the start of a period to its end: `steps` are (valid from, seconds east of UTC), by time.

    The first step begins where the period does. Instants are whole seconds since 1970. Before and after the period the
    nearest offset is told, which is a guess: ask `covers`.
    """

    steps: tuple[tuple[int, int], ...]
    end: int

    @property
    def start(self) -> int:
        return self.steps[0][0]

    @property
    def first(self) -> datetime:
        """The instant from which on this speaks of the zone."""
        return from_epoch(self.start)

    def covers(self, instant: datetime) -> bool:
        return self.start <= epoch(instant) < self.end

    def offset(self, instant: datetime) -> int:
        """Seconds east of UTC that are in force at an instant."""
        place = bisect_right(self.steps, (epoch(instant), 1 << 62)) - 1
        return self.steps[max(0, place)][1]

    def wall(self, instant: datetime) -> datetime:
        """The instant as naive wall time."""
        return ORIGIN + timedelta(seconds=epoch(instant) + self.offset(instant))

    def instant(self, wall: datetime) -> datetime:
        """The UTC instant of a naive wall time."""
        seconds = (wall - ORIGIN) // timedelta(seconds=1)
        found = self.steps[0][1]
        for (since, offset), (_, before) in zip(self.steps[1:], self.steps, strict=False):
            # Where the clocks go forward, the old offset is told until the gap is over; where they go back, until the
            # first of the two hours is.
            if seconds >= since + max(before, offset):
                found = offset
        return from_epoch(seconds - found)

    def begins_day(self, instant: datetime) -> bool:
        """True for the first instant of a local day, which is no midnight where the clock skips that."""
        return instant == self.instant(midnight(self.wall(instant)))

    def skips(self, wall: datetime) -> bool:
        """True where the clocks go over the whole of that local day."""
        day = midnight(wall)
        return self.instant(day) == self.instant(day + timedelta(days=1))

    def cut(self, start: int, end: int) -> "Spans":
        """The same within a shorter time."""
        first = (start, self.offset(from_epoch(start)))
        return Spans((first, *(step for step in self.steps if start < step[0] < end)), end)

    def agrees(self, other: "Spans") -> bool:
        """True where both say the same about the time that both speak of."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return start >= end or self.cut(start, end) == other.cut(start, end)

    @property
    def text(self) -> str:
        """As JSON, for keeping."""
        return json.dumps({"steps": self.steps, "end": self.end})


def spans_of(offsets: Iterable[tuple[datetime, int]], period: Period) -> Spans:
    """The spans of what zone.offsets tells of a period."""
    return Spans(tuple((epoch(since), seconds) for since, seconds in offsets), epoch(period.end))


def read_spans(text: str) -> Spans:
    """The spans that were kept as `text`."""
    raw = json.loads(text)
    return Spans(tuple((int(since), int(seconds)) for since, seconds in raw["steps"]), int(raw["end"]))


def midnight(wall: datetime) -> datetime:
    """The naive midnight that begins the wall time's day."""
    return datetime.combine(wall.date(), time())
