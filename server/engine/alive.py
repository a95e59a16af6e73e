"""When rounds were made, and whether the machine's clock can be believed.

Decisions:
- While rounds are made the newest span of `alive` is made longer every few seconds; after more than `GAP` without any a
  new one begins. So what happened in between can be told: nobody can be blamed for what we were not there to see.
- The end of that span is the last time that we wrote down. A clock that is behind it by more than `BACK`, or ahead of
  it by more than `AHEAD`, is wrong (or the server was off for that long): then nothing that is for good is done by the
  clock, until it is plausible again or somebody says that it is right (`accept`).
- A span that begins because the clock was set forward, or after a backup was put back, begins anew (`anew`): what was
  known before says nothing of people since.
- While the clock is wrong the span stays as it is: what is wrong must not become what it is measured by.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from server.core import clock as clocks
from server.core.access import Actor, require_everywhere
from server.core.clock import Clock, whole
from server.core.period import Period
from server.engine.tickets import open_ticket, settle
from server.store import work
from server.store.database import Note, Store, Tx

GAP = timedelta(seconds=60)
BACK = timedelta(seconds=5)
AHEAD = timedelta(days=7)
AWAY = timedelta(minutes=45)
"""A server that was off for longer may as well have had its clock set."""
EXTEND = timedelta(seconds=10)
"""So often the span is made longer."""
FRESH = 10.0
"""Seconds for which an opinion of the clock is kept."""
CATEGORY, SUBJECT, SELF = "clock_wrong", "clock", "clock"


@dataclass(slots=True)
class Alive:
    """What this process knows of the clock. Safe for many threads. All but `trusted` raise Later or Full."""

    store: Store
    clock: Clock
    monotonic: Callable[[], float] = clocks.monotonic
    _right: bool = True
    _told: bool | None = None
    _asked: float = float("-inf")
    _beaten: tuple[float, datetime] | None = None
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def trusted(self) -> bool:
        """Whether the clock is plausible, as of a few seconds ago. Never raises: what is known last counts."""
        with self._guard:
            fresh = self.monotonic() < self._asked + FRESH
        if not fresh:
            try:
                self.look()
            except Exception:  # the database is away; nothing will be done by the clock without it
                return self._right
        return self._right

    def right(self) -> bool:
        """Whether the clock is plausible at this moment; changes and tells nothing."""
        last = self.last()
        return last is None or plausible(whole(self.clock.now()), last.end)

    def look(self) -> bool:
        """Compares the clock with the last time that was written down; says so once when that changes."""
        now = whole(self.clock.now())
        with self.store.reading() as tx:
            last = work.last_alive(tx)
        self._judged(last is None or plausible(now, last[1].end))
        if self._told != self._right:
            right, back = self._right, self._told is False
            self.store.writing(lambda tx: _tell(tx, now, right, last, back=back))
            self._told = right
        return self._right

    def beat(self) -> bool:
        """Writes down that rounds are made, where that is due; False where the clock is wrong."""
        if not self.look():
            return False
        now = whole(self.clock.now())
        with self.store.reading() as tx:
            last = work.last_alive(tx)
        if last is None or now - last[1].end > GAP:
            stepped = self._stepped(now, last)
            self.store.writing(lambda tx: _begin(tx, last, now, stepped=stepped))
        elif now - last[1].end >= EXTEND:
            number, end = last[0], last[1].end
            self.store.writing(lambda tx: work.extend_alive(tx, number, end, now))
        self._beaten = (self.monotonic(), now)
        return True

    def accept(self, actor: Actor) -> datetime:
        """Somebody says that the clock is right as it is; the time that holds from now on. Raises Barred."""
        require_everywhere(actor, "admin")
        now = whole(self.clock.now())

        def work_(tx: Tx) -> None:
            work.begin_alive(tx, now, anew=True)
            work.forget_runs_after(tx, now)
            settle(tx, now, CATEGORY, SUBJECT, actor)
            tx.note(Note(now, "clock_accepted", None, None, actor))

        self.store.writing(work_)
        self._judged(True)
        self._told = True
        return now

    def over(self, period: Period) -> bool:
        """Whether rounds were made the whole time."""
        with self.store.reading() as tx:
            return work.alive_over(tx, period)

    def last(self) -> Period | None:
        """The newest span in which rounds were made."""
        with self.store.reading() as tx:
            found = work.last_alive(tx)
        return found[1] if found else None

    def _stepped(self, now: datetime, last: tuple[int, Period] | None) -> bool:
        """Whether the clock was set forward since the last beat; by who has just begun, whether that may be."""
        if self._beaten is None:
            return last is not None and now - last[1].end > AWAY
        passed = timedelta(seconds=self.monotonic() - self._beaten[0])
        return now - self._beaten[1] - passed > GAP

    def _judged(self, right: bool) -> None:
        with self._guard:
            self._right, self._asked = right, self.monotonic()


def plausible(now: datetime, last: datetime) -> bool:
    """Whether it can be now, where it was `last` the last time that it was written down."""
    return last - BACK <= now <= last + AHEAD


def _begin(tx: Tx, seen: tuple[int, Period] | None, now: datetime, *, stepped: bool) -> None:
    last = work.last_alive(tx)
    if (last and last[0]) == (seen and seen[0]):  # else another process has begun one
        work.begin_alive(tx, now, anew=stepped)


def _tell(tx: Tx, now: datetime, right: bool, last: tuple[int, Period] | None, *, back: bool) -> None:
    if right:
        if back:
            work.begin_anew(tx, now)  # who came meanwhile was told that it is too early, or too late
        settle(tx, now, CATEGORY, SUBJECT, SELF)
        return
    seconds = int((now - last[1].end).total_seconds()) if last is not None else 0
    open_ticket(tx, now, CATEGORY, SUBJECT, codes=(str(seconds),), by=SELF)
    tx.note(Note(now, "clock_wrong", None, None, SELF, codes=(str(seconds),)))
