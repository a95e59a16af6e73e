"""Rules put to a start: near the changes of the clocks in each zone, and at the odd ends of years and Februaries."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import islice
from random import Random

from server.core.errors import Invalid
from server.core.recurrence import Pattern, parse
from server.core.recurrence import walls as our_walls
from tests.oracle.drafts import FINE, Draft
from tests.oracle.icu import DAY, FIRST, LAST, YEARS, Zone
from tests.oracle.node import stamp, wall_of

MOST = 60
Expand = Callable[[Pattern, datetime], Iterator[datetime]]
Drawn = Iterable[tuple[Draft, list["Case"]]]


@dataclass(frozen=True)
class Case:
    """A rule and where it starts; `until` is the wall time of its UNTIL, `in_utc` whether we are given it in UTC."""

    draft: Draft
    zone: Zone
    start: datetime
    until: datetime | None
    in_utc: bool
    keep_first: bool

    @property
    def horizon(self) -> datetime:
        """Up to where its dates are compared, exclusive."""
        return self.draft.horizon(self.start)

    @property
    def floating(self) -> str | None:
        """UNTIL as floating text."""
        return None if self.until is None else f"{self.until:%Y%m%dT%H%M%S}"

    @property
    def text(self) -> str:
        """The rule as we are given it."""
        if self.until is None or not self.in_utc:
            return self.draft.text(self.floating)
        return self.draft.text(f"{wall_of(self.zone.instant(stamp(self.until))):%Y%m%dT%H%M%S}Z")

    @cached_property
    def pattern(self) -> Pattern | None:
        """Our reading of the rule; None where it says that there is no date at all."""
        try:
            return parse([f"RRULE:{self.text}"], self.start, self.zone.name, keep_first=self.keep_first)
        except Invalid as error:
            if error.fields != {"recurrence": "no date is left"}:
                raise
            return None

    @cached_property
    def walls(self) -> list[datetime]:
        """What we say: the first MOST dates."""
        return self.walls_by(our_walls)

    def walls_by(self, expand: Expand) -> list[datetime]:
        """What we would say if patterns were expanded so."""
        return [] if self.pattern is None else list(islice(expand(self.pattern, self.horizon), MOST))

    @property
    def ending(self) -> datetime:
        """The last wall time up to which `walls` are all there are."""
        return self.walls[-1] if len(self.walls) == MOST else self.horizon - timedelta(seconds=1)

    def __str__(self) -> str:
        return f"{self.text} from {self.start} in {self.zone.name}, keep_first={self.keep_first}"


def cases(
    drafts: Sequence[Draft], zones: Sequence[Zone], seed: int, each: int | None = None
) -> Iterator[tuple[Draft, list[Case]]]:
    """Each rule with its starts: one in each zone, or in `each` zones in turn.

    One that recurs within the day, and cannot be booked, starts in a fifth of them.
    """
    rng = Random(seed)
    turn = 0
    for draft in drafts:
        wanted = max(1, min(each or len(zones), len(zones)) // (5 if draft.freq in FINE else 1))
        some = [zones[(turn + n) % len(zones)] for n in range(wanted)]
        turn += wanted
        yield draft, [_case(rng, draft, zone) for zone in some]


def _case(rng: Random, draft: Draft, zone: Zone) -> Case:
    start = wall_of(_start(rng, zone))
    until = None if draft.reach is None else start + draft.reach
    in_utc = until is not None and rng.random() < 0.5 and FIRST < stamp(until) < LAST - DAY and zone.knows(stamp(until))
    if until is not None and in_utc:
        # What an instant is on the wall is what the clock shows then: never a time in a gap.
        instant = zone.instant(stamp(until))
        until = wall_of(instant + zone.offset(instant))
    return Case(draft, zone, start, until, in_utc, keep_first=rng.random() < 0.5)


def _start(rng: Random, zone: Zone) -> int:
    """A wall time shortly before, in or after a change of the zone's clocks, or at an odd end of a year or February."""
    if not zone.changes or rng.random() < 0.15:
        year = rng.choice(YEARS)
        first = int(datetime(year, rng.choice((1, 2, 3, rng.randint(1, 12))), 1, tzinfo=UTC).timestamp())
        return first + DAY * rng.choice((-3, -1, 0, 2, 28)) + rng.choice((0, 9000, 9 * 3600, rng.randrange(DAY)))
    low, high = rng.choice(zone.changes).walls
    near = rng.choice((low - 60, low, (low + high) // 2, high - 1, high, high + 1800))
    return near - DAY * rng.choice((0, 0, 1, 1, 2, 7, 28, 30, 31, 364, 365))
