"""What the panel knows about itself, as the heartbeat tells the server.

How long ago, not when: the server trusts no clock of ours. `life` is drawn at every start of the agent: two lives that
both speak are two cards with the same key.
"""

from importlib.metadata import PackageNotFoundError, version
from typing import Any
from uuid import uuid4

from kiosk.acts import Acts
from kiosk.clock import Clock
from kiosk.doors import Doors
from kiosk.glass import Glass
from kiosk.instants import iso, iso_or_none
from kiosk.word import Word


def program_version() -> str:
    """The installed version, or "unknown" for a tree that was never installed."""
    try:
        return version("lintel")
    except PackageNotFoundError:
        return "unknown"


class Health:
    """Of the whole agent."""

    def __init__(self, *, doors: Doors, clock: Clock, acts: Acts, word: Word, glass: Glass) -> None:
        self._doors, self._clock, self._acts, self._word, self._glass = doors, clock, acts, word, glass
        self._program, self.life = program_version(), str(uuid4())

    def told(self) -> object:
        """What the server should hear of at once when it is other than the last time."""
        states = tuple((door.id, door.panel.state()) for door in self._doors.all())
        return states, self._glass.seen().touch, self._settled()

    def _settled(self) -> bool:
        """Nothing is owed: every tap has its outcome, and the server has said that it has all of the journal."""
        journal = self._word.journal
        return self._acts.settled() and journal.readable and journal.batch() is None

    def report(self, *, heard: float | None, me: str) -> dict[str, Any]:
        """The body of a heartbeat.

        `heard` is the server's own time in the last answer that we had got before it was looked whether anything done
        at this glass is still owed: so it knows up to which instant it has everything. `me`: the digest we go by.
        """
        seen, unconfirmed = self._glass.seen(), sum(door.panel.unconfirmed() for door in self._doors.all())
        rooms = [
            {
                "id": door.id,
                "seq": door.panel.plan.seq if door.panel.plan else 0,
                "state": door.panel.state(),
                "as_of": iso_or_none(door.panel.as_of),
            }
            for door in self._doors.all()
            if door.id  # also one that has no plan: staff are to know that its glass shows nothing
        ]
        return {
            "rooms": rooms,
            "life": self.life,
            "version": self._program,
            "unconfirmed": unconfirmed,
            "clock": "verified" if self._clock.verified else "unverified",
            "clock_source": self._clock.source,
            "clock_offset_ms": self._clock.offset_ms(),
            "painted_ago": seen.ago,
            "painted_for": seen.length,
            "touch": seen.touch,
            "touched_ago": seen.touched_ago,
            "settled": self._settled(),
            "heard": None if heard is None else iso(int(heard)),
            "me": me,
        }
