"""The waiting list: who waits for a time that is taken, and whom it is offered when it comes free."""

from dataclasses import dataclass
from datetime import datetime

from server.core.period import Period

OFFER = "offer"
"""The source of a booking that is held for somebody who has not said yes; nobody approves it meanwhile."""
KEPT = "waiting"
"""The source of a booking that was offered and accepted."""
OPEN = ("waiting", "offered")
PASSING = frozenset(
    {
        "closed",
        "too_close",
        "over_quota",
        "too_few_credits",
        "person_elsewhere",
        "out_of_stock",
        "timetable_full",
        "door_silent",
    }
)
"""What may be otherwise by the time the room comes free, so that one may wait although it stands in the way."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Somebody's place in the queue for rooms (all together) at a time.

    `standing`: waiting; offered (`booking` is held for them until `offered_until`); accepted; lapsed (they did not
    answer); left (they went, or the offer was turned down); over (the time came).
    """

    number: int
    person: int
    rooms: tuple[int, ...]
    starts: datetime
    ends: datetime
    title: str
    made_at: datetime
    standing: str = "waiting"
    booking: int | None = None
    offered_until: datetime | None = None
    version: int = 1

    @property
    def period(self) -> Period:
        return Period(self.starts, self.ends)
