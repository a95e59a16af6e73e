"""Bookings as those who made them count them: a single booking, or a whole series, in one room; and which are wanted.

Decisions:
- What an engagement is, it is in the window that is looked at: a series of which the only date there was cancelled is
  cancelled there, however its other dates stand. Of several dates the best counts.
- What is not certain (a door has still to be asked, or it gave way to another) is as good as pending, never accepted.
- It begins with its first date and ends with its last, wherever the window is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from server.core.model import Booking, Standing
from server.core.period import Period
from server.core.wildcards import Wildcards

RANKED = (Standing.ACCEPTED, Standing.PENDING, Standing.DECLINED, Standing.CANCELLED)
ANY = frozenset(RANKED)
AT_RISK = frozenset({Standing.AT_RISK, Standing.CONFLICT})
RANK = {it: RANKED.index(Standing.PENDING if it in AT_RISK else it) for it in Standing}
Key = tuple[int, int, int]
"""The room, the series (0: none) and, where it is of none, the booking."""


class Date(NamedTuple):
    """One date in one room: the number of its booking, of its series, when (seconds since 1970), and how it stands."""

    room: int
    id: int
    series: int | None
    starts: int
    ends: int
    standing: Standing

    @property
    def key(self) -> Key:
        return (self.room, self.series, 0) if self.series is not None else (self.room, 0, self.id)


class Engagement(NamedTuple):
    """A single booking or a series: its dates in the window by start, and where it begins and ends on the whole.

    `state`: accepted, pending, declined or cancelled.
    """

    near: Sequence[Date]
    first: int
    last: int
    state: Standing

    @property
    def key(self) -> Key:
        return self.near[0].key

    @property
    def series(self) -> int | None:
        return self.near[0].series

    @property
    def face(self) -> Date:
        """The first date that stands as the whole does: whose texts are shown."""
        return next(it for it in self.near if folded(it.standing) is self.state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which engagements are wanted, in which order; None: whatever. `over`: their last date has ended, at `now`.

    `on`: one of their dates is accepted then. `host`: found anywhere in the name of the host. `offset` and `limit`
    count in each room, or (`each_room` off) in all together.
    """

    window: Period | None = None
    states: frozenset[Standing] = ANY
    over: bool | None = None
    recurring: bool | None = None
    on: tuple[Period, ...] | None = None
    host: Wildcards | None = None
    uses_av: bool | None = None
    needs_help: bool | None = None
    by_end: bool = False
    descending: bool = False
    offset: int = 0
    limit: int = 100
    each_room: bool = True
    now: int = 0

    @property
    def reads(self) -> bool:
        """Whether the texts of a booking have to be read to know if it is wanted."""
        return self.host is not None or self.uses_av is not None or self.needs_help is not None

    def takes(self, it: Engagement) -> bool:
        """Whether it is wanted, as far as its dates say."""
        if it.state not in self.states or (self.recurring is not None and self.recurring is (it.series is None)):
            return False
        return self.over is None or self.over is (it.last <= self.now)

    def likes(self, it: Booking, host: str) -> bool:
        """Whether it is wanted by what is in it."""
        told = ((self.uses_av, it.details.uses_av), (self.needs_help, it.details.needs_av_support))
        if any(wanted is not None and wanted is not has for wanted, has in told):
            return False
        return self.host is None or self.host.within(host)

    def ordered(self, those: Iterable[Engagement]) -> list[Engagement]:
        """In the order that is asked for; those alike by room and number."""
        by_end = self.by_end
        return sorted(those, key=lambda it: (it.last if by_end else it.first, it.key), reverse=self.descending)


def folded(it: Standing) -> Standing:
    """Where it stands, in the four words that everybody knows."""
    return RANKED[RANK[it]]


def engaged(near: Sequence[Date], first: int, last: int) -> Engagement:
    """An engagement of these dates, of which the best says how it stands."""
    best = min(RANK[it.standing] for it in near) if len(near) > 1 else RANK[near[0].standing]
    return Engagement(near, first, last, RANKED[best])


def grouped(dates: Iterable[Date], whole: Sequence[tuple[int, int]]) -> dict[Key, list[Date]]:
    """The dates by what they belong to. `whole`: (a room, what it is made of): what is in its parts is in it, too."""
    found: dict[Key, list[Date]] = {}
    if not whole:
        for it in dates:
            found.setdefault(it.key, []).append(it)
        return found
    seen: set[tuple[int, int]] = set()
    above: dict[int, list[int]] = {}
    for room, part in whole:
        above.setdefault(part, []).append(room)
    for it in dates:
        for room in (it.room, *above.get(it.room, ())):
            if (room, it.id) not in seen:
                seen.add((room, it.id))
                here = it if room == it.room else Date(room, it.id, it.series, it.starts, it.ends, it.standing)
                found.setdefault(here.key, []).append(here)
    return found
