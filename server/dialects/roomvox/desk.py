"""What RoomVox's views work with: the engine, the status words of this mount, and who guesses at feed secrets."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from server.core.clock import whole
from server.core.model import Room
from server.dialects.kit.app import Call
from server.dialects.kit.throttle import Throttle
from server.engine import Engine


@dataclass(frozen=True, slots=True)
class Desk:
    """One per app. `words`: "documented" (available, reserved, unavailable) or "wire" (free, busy, unavailable)."""

    engine: Engine
    words: str
    guesses: Throttle = field(default_factory=lambda: Throttle(most=30, seconds=60))

    def now(self) -> datetime:
        """The present instant in whole seconds, for reading dates."""
        return whole(self.engine.clock.now())

    def keep(self, call: Call, room: Room | None) -> None:
        """Lets the answer be kept for this minute: what it tells of "now" and "today" is told by the minute."""
        call.hold(room.number if room else None, self.now().replace(second=0) + timedelta(minutes=1))
