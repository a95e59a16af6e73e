"""What panels say of themselves becomes evidence: since when a page has painted, whether touch works, what is owed.

Decisions:
- A panel says how many seconds ago, never at what time by its own clock; the server counts back from when it heard it.
  What travels slowly so makes the evidence weaker, never stronger.
- A panel names the `time` of the last answer it had got when it had nothing more to deliver. So up to that instant of
  our own clock all that was done at its glass has reached us, whatever its clock says and however long the way was.
- Written at least once a minute, at once where it comes to mean something else, and every 20 seconds while people are
  waited for in the room or asked whether they are there: both wait for a panel that is settled past the last moment.
  All of it in one row at once, so that who is settled past an instant has painted since what stands beside it.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from server.core.clock import Clock, whole
from server.core.errors import Full, Later
from server.core.model import Room
from server.core.period import Period
from server.store import askings, bookings, keys
from server.store.database import Store, Tx

WRITTEN = timedelta(seconds=60)
SETTLED = timedelta(seconds=20)
GAP = timedelta(seconds=30)
"""A page that has not painted for so long has stopped."""
JITTER = timedelta(seconds=5)
"""So much earlier or later is the same beginning, told over a slower way."""
TOUCHES = ("good", "suspect", "none")


@dataclass(frozen=True, slots=True)
class Beat:
    """A heartbeat: `said` is all of it (JSON), to be kept as it is.

    `painted_ago`: seconds since the page last painted; `painted_for`: for how many seconds till then without a break.
    `heard`: the `time` of the last answer the panel had got, where nothing done at the glass was owed; else None.
    """

    said: str
    painted_ago: int | None = None
    painted_for: int | None = None
    touch: str = ""
    heard: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hearing:
    """Notes what panels say; `known` is what was last written of each, by its actor and, with a token, its room."""

    store: Store
    clock: Clock
    aside: Callable[[Callable[[], None]], None]
    known: dict[tuple[str, int], keys.Heard] = field(default_factory=dict)

    def note(self, actor: str, beat: Beat, room: Room) -> None:
        """Keeps what a panel says, a device ("device:1") or one that runs with a token, where it is time to."""
        now = whole(self.clock.now())
        kind, _, number = actor.partition(":")
        if kind not in ("device", "token"):
            return
        panel = actor, room.number if kind == "token" else 0
        last = self.known.get(panel)
        heard = _heard(beat, now, last)
        if last is not None and not _due(last, heard) and not self._wanted(last, heard, room):
            return
        self.known[panel] = heard
        self.aside(lambda: self._write(kind, int(number), room.number, heard))

    def _wanted(self, last: keys.Heard, heard: keys.Heard, room: Room) -> bool:
        """Whether somebody is waited for in the room, and it is time again to say that the panel is settled."""
        if heard.settled_at is None or heard.at - last.at < SETTLED:
            return False
        if not room.policy.check_in:
            return False
        with self.store.reading() as tx:
            running = bookings.holding(tx, room.number, Period(heard.at, heard.at + timedelta(seconds=1)))
            asked = askings.of_bookings(tx, [it.id for it in running])
        waited = room.policy.release != "off" and any(it.checked_in_at is None for it in running)
        return waited or any(it.outcome == "asked" for it in asked.values())

    def _write(self, kind: str, number: int, room: int, heard: keys.Heard) -> None:
        def work(tx: Tx) -> None:
            if kind == "device":
                keys.hear_device(tx, number, heard)
            else:
                keys.hear_token(tx, number, room, heard)

        # A panel lives by the answer, so what can't be kept is let go.
        with suppress(Later, Full):
            self.store.writing(work)


def _heard(beat: Beat, now: datetime, last: keys.Heard | None) -> keys.Heard:
    settled = None if beat.heard is None else min(whole(beat.heard), now)
    touch = beat.touch if beat.touch in TOUCHES else ""
    return keys.Heard(now, beat.said, _painted_since(beat, now, last), settled, touch)


def _painted_since(beat: Beat, now: datetime, last: keys.Heard | None) -> datetime | None:
    if beat.painted_ago is None or beat.painted_for is None:
        return None
    ago, length = timedelta(seconds=beat.painted_ago), timedelta(seconds=beat.painted_for)
    if ago > GAP:
        return None
    since = now - ago - length
    before = last.painted_since if last is not None else None
    return min(since, before) if before is not None and abs(since - before) <= JITTER else since


def _due(last: keys.Heard, heard: keys.Heard) -> bool:
    changed = (last.touch, last.painted_since) != (heard.touch, heard.painted_since)
    return changed or not timedelta(0) <= heard.at - last.at < WRITTEN
