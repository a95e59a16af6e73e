"""How much of a time is taken, quarter by quarter: many spans in little memory, each in a constant number of steps.

Decision: a span adds to two numbers at its start and takes from two at its end; what each quarter has comes out when
all are summed up once. Every zone's offset is a multiple of a quarter of an hour, so quarters make up its hours.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator

QUARTER = 900


class Bins:
    """Seconds taken in each quarter of an hour from `low` (epoch, on a quarter) to `high`."""

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high
        self.many = -(-(high - low) // QUARTER)
        self._part = array("q", bytes(8 * (self.many + 2)))
        self._whole = array("q", bytes(8 * (self.many + 2)))

    def add(self, start: int, end: int, weight: int = 1) -> None:
        """A span within [low, high], so many times."""
        at, rest = divmod(start - self.low, QUARTER)
        self._part[at] += weight * (QUARTER - rest)
        self._whole[at + 1] += weight
        at, rest = divmod(end - self.low, QUARTER)
        self._part[at] -= weight * (QUARTER - rest)
        self._whole[at + 1] -= weight

    def seconds(self) -> Iterator[int]:
        """What each quarter has, in order."""
        running = 0
        for at in range(self.many):
            running += self._whole[at]
            yield running * QUARTER + self._part[at]


class Hours:
    """Spans in which something is to be had: disjoint, in order; how much of them lies in any other span."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        self.starts, self.ends, self._before = array("q"), array("q"), array("q")
        total = 0
        for start, end in spans:
            self.starts.append(start)
            self.ends.append(end)
            self._before.append(total)
            total += end - start
        self.total = total

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self.starts, self.ends, strict=True)

    def upto(self, moment: int) -> int:
        """Seconds of them before the moment."""
        at = bisect_right(self.starts, moment) - 1
        if at < 0:
            return 0
        end = self.ends[at]
        return self._before[at] + (moment if moment < end else end) - self.starts[at]

    def within(self, start: int, end: int) -> int:
        """Seconds of them within a span."""
        return self.upto(end) - self.upto(start)

    def without(self, closed: Iterable[tuple[int, int]]) -> "Hours":
        """What is left when these spans, disjoint and in order, are taken out."""
        shut = list(closed)
        return Hours(piece for span in self for piece in _left(span, shut))


def _left(span: tuple[int, int], shut: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    at, end = span
    for low, high in shut:
        if high <= at or low >= end:
            continue
        if low > at:
            yield at, low
        at = high
        if at >= end:
            return
    if at < end:
        yield at, end
