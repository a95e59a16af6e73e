"""What a series recurs by: its rules and dates in naive wall time, and how long each of its occurrences is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from server.core import zone as zones
from server.core.period import Period
from server.core.recurrence.rule import Rule, in_range, refused, stamp

LINE_DATES = 1_000


@dataclass(frozen=True, slots=True)
class Pattern:
    """All naive wall time. The dates are (rules and `dates`) without (`except_rules` and `except_dates`).

    `start` is what the rules are anchored at (DTSTART); it is itself a date only where a rule or `dates` gives it.
    After a split, dates before `since` and dates from `until` on are another series'.
    """

    start: datetime
    rules: tuple[Rule, ...] = ()
    except_rules: tuple[Rule, ...] = ()
    dates: tuple[datetime, ...] = ()
    except_dates: tuple[datetime, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        in_range(self.start)
        for name in ("dates", "except_dates"):
            walls = tuple(sorted(set(getattr(self, name))))
            for wall in walls[:1] + walls[-1:]:
                in_range(wall)
            object.__setattr__(self, name, walls)

    @property
    def lines(self) -> tuple[str, ...]:
        """The pattern as canonical floating content lines, without start, `since` and `until`."""
        out = [f"RRULE:{rule.text}" for rule in self.rules] + [f"EXRULE:{rule.text}" for rule in self.except_rules]
        for name, walls in (("RDATE", self.dates), ("EXDATE", self.except_dates)):
            out += [f"{name}:" + ",".join(map(stamp, some)) for some in in_lines(walls)]
        return tuple(out)


@dataclass(frozen=True, slots=True)
class Length:
    """How long an occurrence is (RFC 5545 section 3.3.6): first nominal days, then exact seconds."""

    days: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One date of a series: its wall time, naive, and the UTC period where that lies in the series' zone."""

    wall: datetime
    period: Period


def length_of(period: Period, zone: str) -> Length:
    """The length that gives this period: whole local days are nominal, all else exact.

    A local day begins at the first instant it has, which is no midnight where the clock skips that.
    """
    begins, ends = (zones.wall(moment, zone).date() for moment in (period.start, period.end))
    if begins < ends and period == Period(zones.midnight(begins, zone), zones.midnight(ends, zone)):
        return Length((ends - begins).days, 0)
    return Length(0, int(period.length.total_seconds()))


def endless(pattern: Pattern) -> bool:
    """True where the dates never run out by what the pattern says."""
    return pattern.until is None and any(rule.count is None and rule.until is None for rule in pattern.rules)


def check_bookable(pattern: Pattern) -> None:
    """Raises Invalid where a rule recurs within a day."""
    for rule in pattern.rules + pattern.except_rules:
        if rule.fine:
            raise refused(f"{rule.freq} is too often: a booking recurs daily at most")


def wall_of(instant: datetime, zone: str) -> datetime:
    """The instant as naive wall time."""
    return zones.wall(instant, zone).replace(tzinfo=None, fold=0)


def exists(wall: datetime, zone: str) -> bool:
    """True where the clock on the wall really shows that time."""
    return wall_of(zones.instant(wall, zone), zone) == wall


def end_of(wall: datetime, start: datetime, length: Length, zone: str) -> datetime:
    """The UTC instant at which an occurrence of that wall time and start ends."""
    if not length.days:
        return start + timedelta(seconds=length.seconds)
    return zones.instant(wall + timedelta(days=length.days), zone) + timedelta(seconds=length.seconds)


def in_lines(walls: Sequence[datetime]) -> Iterator[Sequence[datetime]]:
    """As many at once as one content line takes."""
    return (walls[at : at + LINE_DATES] for at in range(0, len(walls), LINE_DATES))


def last_second(day: datetime) -> datetime:
    """The last second of the wall time's day."""
    return datetime.combine(day.date(), time(23, 59, 59))
