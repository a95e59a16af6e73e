""" "Nobody here?": somebody at the door asks those inside whether they still are; five minutes without an answer, and
the rest of the time is the asker's.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

WAIT = timedelta(minutes=5)
LEAST_LEFT = timedelta(minutes=15)
"""With less than that left it is not asked."""
USUAL, MOST = 30, 1_440
"""Minutes that the asker wants."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Somebody (`asker`, through the door `source`) has asked in a room, and would like it for so many minutes.

    `outcome`: asked; then kept (somebody answered, or did anything with the booking), vacated, or called_off.
    """

    booking: int
    room: int
    asked_at: datetime
    until: datetime
    asker: str
    source: str
    minutes: int
    outcome: str = "asked"
    ended_at: datetime | None = None
