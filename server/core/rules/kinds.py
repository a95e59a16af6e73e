"""What rules look at: the wish, and the facts gathered under the lock for one room."""

from dataclasses import dataclass
from datetime import datetime

from server.core.model import Closure, Room
from server.core.period import Period


@dataclass(frozen=True, slots=True)
class Wish:
    """The time asked for; `former` is the time it has now, where an existing booking is changed.

    `dates` is how many dates are asked for at once: more than one only where a series is judged as a whole.
    """

    period: Period
    former: Period | None = None
    dates: int = 1


@dataclass(frozen=True, slots=True)
class Facts:
    """What is so at `now` in one room: the ends next to the wish (its own hold left out), and closures over it."""

    now: datetime
    room: Room
    ends_before: datetime | None = None
    starts_after: datetime | None = None
    closures: tuple[Closure, ...] = ()
