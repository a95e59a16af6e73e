"""What panels say of themselves becomes evidence: since when a page has painted, whether touch works, what is owed.

Decisions:
- A panel says how many seconds ago, never at what time by its own clock; the server counts back from when it heard it.
  What travels slowly so makes the evidence weaker, never stronger.
- A panel names the `time` of the last answer it had got when it had nothing more to deliver. So up to that instant of
  our own clock all that was done at its glass has reached us, whatever its clock says and however long the way was.
- All of it is written at least once a minute, at once where it comes to mean something else, and every 20 seconds while
  people are waited for in the room or asked whether they are there: both wait for a panel that is settled past the last
  moment. In one row at once, so that who is settled past an instant has painted since what stands beside it.
- Between those only that it was heard is written: for all that were in one statement, `pause` seconds after the first
  of them. So every process knows who is silent, and a thousand devices cost a commit every two seconds.
- What the database can't take now is taken along next time: a panel lives by the answer, not by what is kept of it.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from server.core.clock import Clock, whole
from server.core.errors import Full, Later
from server.core.fleet import going_on, told_of, troubles
from server.core.model import Room
from server.core.period import Period
from server.store import askings, bookings, fleet, keys
from server.store.database import Store, Tx

WRITTEN = timedelta(seconds=60)
SETTLED = timedelta(seconds=20)
PAUSE = 2.0
"""Seconds in which the sightings of all devices come together."""
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
    `life`: the name of this run of the device's agent.
    """

    said: str
    painted_ago: int | None = None
    painted_for: int | None = None
    touch: str = ""
    heard: datetime | None = None
    life: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What a panel said, to be written; `wrong`: what is wrong by it, since when, and the `version` that says so."""

    heard: keys.Heard
    wrong: dict[str, datetime] = field(default_factory=dict)
    version: str = ""

    def means(self, other: "Said") -> bool:
        """Whether it comes to the same as another."""
        mine, theirs = self.heard, other.heard
        same = (mine.touch, mine.painted_since, self.version) == (theirs.touch, theirs.painted_since, other.version)
        return same and self.wrong.keys() == other.wrong.keys()


Panel = tuple[str, int]
"""An actor, and with a token its room, else 0."""


@dataclass(slots=True)
class Waiting:
    """What is to be written: all that panels said, and of devices only when they were heard."""

    said: dict[Panel, Said] = field(default_factory=dict)
    seen: dict[int, datetime] = field(default_factory=dict)
    soon: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, slots=True)
class Hearing:
    """Notes what panels say; `known` is what is written of each, or waits to be. `lately`: when this process heard a
    device last."""

    store: Store
    clock: Clock
    aside: Callable[[Callable[[], None]], None]
    pause: float = 0.0
    known: dict[Panel, Said] = field(default_factory=dict)
    waiting: Waiting = field(default_factory=Waiting)
    lately: dict[int, datetime] = field(default_factory=dict)

    def note(self, actor: str, beat: Beat, rooms: Sequence[Room], *, evidence: bool = True) -> None:
        """Keeps what a panel says, a device ("device:1") or one that runs with a token, where it is time to.

        Without `evidence` it speaks for nobody at its rooms: it only shows.
        """
        now = whole(self.clock.now())
        kind, _, number = actor.partition(":")
        if not evidence:
            beat = replace(beat, painted_ago=None, heard=None)
        if kind == "device":
            self._note((actor, 0), beat, rooms, now)
            self.lately[int(number)] = now
            with self.waiting.lock:
                self.waiting.seen[int(number)] = now
        elif kind == "token" and evidence:
            for room in rooms:
                self._note((actor, room.number), beat, [room], now)
        else:
            return
        self._write_soon()

    def _note(self, panel: Panel, beat: Beat, rooms: Sequence[Room], now: datetime) -> None:
        last = self.known.get(panel)
        told = told_of(beat.said)
        said = Said(_heard(beat, now, last.heard if last else None), troubles(told, now), told.version)
        if last is not None and not _due(last, said) and not self._wanted(last.heard, said.heard, rooms):
            return
        self.known[panel] = said
        with self.waiting.lock:
            self.waiting.said[panel] = said
        if last is not None and not last.means(said):
            self.aside(self.flush)

    def _wanted(self, last: keys.Heard, heard: keys.Heard, there: Sequence[Room]) -> bool:
        """Whether somebody is waited for in a room, and it is time again to say that the panel is settled."""
        if heard.settled_at is None or heard.at - last.at < SETTLED:
            return False
        asking = [it for it in there if it.policy.check_in]
        if not asking:
            return False
        with self.store.reading() as tx:
            return any(_waited(tx, room, heard.at) for room in asking)

    def _write_soon(self) -> None:
        with self.waiting.lock:
            if self.waiting.soon:
                return
            self.waiting.soon = True
        self.aside(self._after_pause)

    def _after_pause(self) -> None:
        if self.pause:
            threading.Event().wait(self.pause)
        with self.waiting.lock:
            self.waiting.soon = False
        self.flush()

    def flush(self) -> None:
        """Writes what waits to be written; keeps it where the database can't take it now."""
        with self.waiting.lock:
            said, self.waiting.said = self.waiting.said, {}
            seen, self.waiting.seen = self.waiting.seen, {}
        if not said and not seen:
            return
        try:
            self.store.writing(lambda tx: _write(tx, said, seen))
        except (Later, Full):
            with self.waiting.lock:
                self.waiting.said = said | self.waiting.said
                self.waiting.seen = seen | self.waiting.seen


def _write(tx: Tx, said: dict[Panel, Said], seen: dict[int, datetime]) -> None:
    for (actor, room), it in sorted(said.items(), key=lambda one: one[0]):
        kind, _, number = actor.partition(":")
        if kind == "token":
            keys.hear_token(tx, int(number), room, it.heard)
        else:
            fleet.hear(tx, int(number), it.heard, going_on(fleet.troubles_of(tx, int(number)), it.wrong))
    fleet.sight(tx, seen)


def _waited(tx: Tx, room: Room, at: datetime) -> bool:
    running = bookings.holding(tx, room.number, Period(at, at + timedelta(seconds=1)))
    asked = askings.of_bookings(tx, [it.id for it in running])
    waited = room.policy.release != "off" and any(it.checked_in_at is None for it in running)
    return waited or any(it.outcome == "asked" for it in asked.values())


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


def _due(last: Said, said: Said) -> bool:
    return not last.means(said) or not timedelta(0) <= said.heard.at - last.heard.at < WRITTEN
