"""Zones as ICU knows them: its offsets, and a wall time's instant reckoned from these alone.

Not Python's zoneinfo, neither its data nor its reading of gaps and folds. Walls and instants are whole seconds since
1970, a wall written as if it were UTC.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from server.core.recurrence import Length
from tests.oracle.node import Node

FIRST, LAST = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (2023, 2041))
STEP = 12 * 3600
DAY = 86_400
YEARS = range(2024, 2031)

ZONES = (
    "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Antarctica/Troll", "Africa/Casablanca",
    "America/Santiago", "Pacific/Apia", "Asia/Gaza", "America/Sao_Paulo", "Asia/Kolkata", "Asia/Kathmandu",
    "Pacific/Chatham", "America/St_Johns", "America/Havana", "America/Asuncion", "Africa/Cairo", "Asia/Jerusalem",
    "Asia/Tehran", "Europe/Moscow", "Australia/Sydney", "Pacific/Auckland", "Europe/London", "Europe/Dublin",
    "Atlantic/Azores", "America/Nuuk", "America/Scoresbysund", "Pacific/Easter", "Pacific/Norfolk",
    "Pacific/Kiritimati", "UTC",
)  # fmt: skip


@dataclass(frozen=True)
class Change:
    """The instant at which a zone's offset changes, and the offsets on both sides in seconds east of UTC."""

    at: int
    before: int
    after: int

    @property
    def walls(self) -> tuple[int, int]:
        """The wall times, from and up to, that the change skips (gap) or shows twice (fold)."""
        low, high = sorted((self.before, self.after))
        return self.at + low, self.at + high

    @property
    def is_gap(self) -> bool:
        return self.after > self.before


@dataclass(frozen=True)
class Zone:
    """A zone's offsets by ICU from FIRST to LAST, and the years in which Python's data says otherwise."""

    name: str
    offsets: tuple[tuple[int, int], ...]
    differs: frozenset[int]

    @property
    def changes(self) -> list[Change]:
        """Its changes within YEARS."""
        pairs = pairwise(self.offsets)
        found = [Change(at, before, after) for (_, before), (at, after) in pairs]
        return [change for change in found if year_of(change.at) in YEARS]

    def offset(self, instant: int) -> int:
        """Seconds east of UTC at an instant."""
        return self.offsets[max(0, bisect_right(self.offsets, (instant, 10**6)) - 1)][1]

    def shown_at(self, wall: int) -> list[int]:
        """The instants, in order, at which the clock shows the wall time: none in a gap, two in a fold."""
        near = {offset for _, offset in self._around(wall)}
        return sorted(wall - offset for offset in near if self.offset(wall - offset) == offset)

    def instant(self, wall: int) -> int:
        """The wall time's instant: the first of two; in a gap, on by as much as the gap is long (RFC 5545, 3.3.5)."""
        if shown := self.shown_at(wall):
            return shown[0]
        pairs = pairwise(self._around(wall))
        (before,) = (low for (_, low), (at, high) in pairs if at + low <= wall < at + high)
        return wall - before

    def knows(self, wall: int) -> bool:
        """True where ICU and Python agree on the year of the wall time and on its neighbours."""
        return not self.differs & {year_of(wall + days * 86400) for days in (-2, 0, 2)}

    def _around(self, wall: int) -> tuple[tuple[int, int], ...]:
        low = max(0, bisect_right(self.offsets, (wall - 2 * 86400, 10**6)) - 1)
        return self.offsets[low : bisect_right(self.offsets, (wall + 2 * 86400, 10**6))]


def placed(zone: Zone, walls: Sequence[int], length: Length, before: int) -> list[tuple[int, int, int]]:
    """(wall, start, end) of each occurrence that starts before an instant, sorted by start.

    Of two at one start it is the one that the clock shows.
    """
    by_start: dict[int, int] = {}
    for wall in walls:
        start = zone.instant(wall)
        if start < before and (start not in by_start or zone.shown_at(wall)):
            by_start[start] = wall
    ends = (zone.instant(wall + length.days * DAY) if length.days else start for start, wall in by_start.items())
    found = zip(by_start.values(), by_start, (end + length.seconds for end in ends), strict=True)
    return sorted(found, key=lambda it: it[1])


def all_placed(zone: Zone, last: int) -> int:
    """An instant before which each wall time up to `last` lies, and none after it."""
    after = last + 1
    begins = (it.at for it in zone.changes if it.is_gap and it.walls[0] <= after < it.walls[1])
    return next(begins, zone.instant(after))


def differing(zones: Sequence[Zone]) -> list[str]:
    """The zones and years in YEARS of which ICU and Python have different data."""
    return [f"{zone.name} {year}" for zone in zones for year in sorted(zone.differs) if year in YEARS]


def year_of(seconds: int) -> int:
    return datetime.fromtimestamp(seconds, UTC).year


def zone(node: Node, name: str) -> Zone | None:
    """The zone as ICU has it; None where ICU has none of that name."""
    offsets = node.offsets(name, FIRST, LAST, STEP)
    if offsets is None:
        return None
    info = ZoneInfo(name)
    ours = _scanned(lambda at: int(datetime.fromtimestamp(at, info).utcoffset().total_seconds()))  # type: ignore[union-attr]
    return Zone(name, tuple(offsets), _differing(offsets, ours))


def _differing(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> frozenset[int]:
    """The years in which two lists of offsets say different things."""
    years: set[int] = set()
    marks = sorted({at for at, _ in one} | {at for at, _ in other} | {LAST})
    for low, high in pairwise(marks):
        said = {offsets[bisect_right(offsets, (low, 10**6)) - 1][1] for offsets in (one, other)}
        if len(said) > 1:
            years.update(range(year_of(low), year_of(high - 1) + 1))
    return frozenset(years)


def _scanned(offset: Callable[[int], int]) -> list[tuple[int, int]]:
    """Like the script's: each change of an offset found to the second."""
    out = [(FIRST, offset(FIRST))]
    for low in range(FIRST, LAST, STEP):
        high = min(low + STEP, LAST)
        if offset(high) != out[-1][1]:
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (low, middle) if offset(middle) != out[-1][1] else (middle, high)
            out.append((high, offset(high)))
    return out
