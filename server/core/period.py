"""Half-open spans of time [start, end) and the few things one does with them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """From `start` up to, not including, `end`; both aware instants in UTC."""

    start: datetime
    end: datetime

    def overlaps(self, other: "Period") -> bool:
        """True where the two share an instant; touching ends do not."""
        return self.start < other.end and other.start < self.end

    def covers(self, other: "Period") -> bool:
        return self.start <= other.start and other.end <= self.end

    def holds(self, instant: datetime) -> bool:
        return self.start <= instant < self.end

    @property
    def length(self) -> timedelta:
        return self.end - self.start


def merged(periods: Iterable[Period]) -> list[Period]:
    """The same instants as few periods as possible, in order; touching ones become one."""
    out: list[Period] = []
    for period in sorted(periods):
        if out and period.start <= out[-1].end:
            out[-1] = Period(out[-1].start, max(out[-1].end, period.end))
        else:
            out.append(period)
    return out


def clipped(periods: Iterable[Period], window: Period) -> Iterator[Period]:
    """Each period cut to the window; those outside are left out."""
    for period in periods:
        if period.overlaps(window):
            yield Period(max(period.start, window.start), min(period.end, window.end))


def gaps(periods: Iterable[Period], window: Period) -> Iterator[Period]:
    """What of the window no period covers, in order."""
    at = window.start
    for period in merged(clipped(periods, window)):
        if at < period.start:
            yield Period(at, period.start)
        at = period.end
    if at < window.end:
        yield Period(at, window.end)
