"""What the server does by itself, when it is due, where its leases are held.

Decisions:
- APScheduler wakes three lanes, each in one thread: quick sweeps every second, slow ones beside them, and the beat that
  renews leases, so that neither a long round nor a hanging one makes a lease run out or a delivery wait. In a lane one
  sweep runs after the other: what comes first in the list runs first.
- What is due is asked of the clock at each look: no due time is kept anywhere, so a restart or a step of the clock
  loses nothing and does nothing twice. A sweep whose clock has stepped runs at once and goes on from there.
- A sweep runs only where its lease is held, and what it writes is fenced (engine/leases.py). While the clock cannot be
  believed only those run that do nothing by it.
- A sweep that fails is logged and tried again soon; it never stops the others.
"""

import logging
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from server.core.clock import Clock, SystemClock, monotonic
from server.engine.alive import Alive
from server.engine.leases import Leases, Lost
from server.work.sweeps import Sweep

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler

TICK = timedelta(seconds=1)
BEAT = timedelta(seconds=5)
RETRY = timedelta(minutes=5)
"""After a failure a sweep is tried again so soon, or at its own time where that is sooner."""
LATE = 300.0
"""Seconds by which a sweep may be late before staff are told."""
HANGS = 45.0
"""Seconds without a round of the quick lane after which we do not say that rounds are made."""
ALIVE = "alive"
"""The lease of whoever writes down that rounds are made."""
log = logging.getLogger("lintel.work")


class Thread(Protocol):
    """Something with a thread of its own that is started and ended with the rounds."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


@dataclass(slots=True)
class Upkeep:
    """What keeps the rounds themselves: without it everything runs here, whoever else does it, too.

    `late` is told how many seconds each of these sweeps is late, when that has become too much or has passed.
    """

    leases: Leases
    alive: Alive
    late: Callable[[Mapping[str, float], float], object]
    told: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Ran:
    """How often a sweep was done and failed since the start, and the seconds that it took."""

    done: int = 0
    failed: int = 0
    seconds: float = 0.0


class Work:
    """The sweeps and when each ran last. Each lane is used by one thread at a time, the first being who starts it."""

    def __init__(
        self, clock: Clock, sweeps: Iterable[Sweep], *, upkeep: Upkeep | None = None, threads: Sequence[Thread] = (),
        tick: timedelta = TICK,
    ) -> None:  # fmt: skip
        self._clock = clock
        self._sweeps = tuple(sweeps)
        self._upkeep = upkeep
        self._threads = tuple(threads)
        self._tick = tick
        self._ran: dict[str, datetime] = {}
        self._next: dict[str, datetime] = {}
        self._dues: dict[str, float] = {}
        self._rounded = self._beaten = monotonic()
        self._counts = {it.name: Ran() for it in self._sweeps}
        self._scheduler: BackgroundScheduler | None = None
        self._ended = threading.Event()

    def prepare(self) -> None:
        """Runs, at once and here, what has to be done before the first request is answered."""
        for sweep in self._sweeps:
            if sweep.first:
                self._run(sweep)

    def look(self, *, quick: bool | None = None) -> None:
        """Runs every sweep that is due: of the quick lane, of the slow one, or of both."""
        for sweep in self._sweeps:
            if quick in (None, sweep.quick) and not self._ended.is_set() and self._may(sweep) and self._due(sweep):
                self._run(sweep)
        if quick is not False:
            self._rounded = monotonic()

    def beat(self) -> None:
        """Renews the leases and writes down that rounds are made. Never raises."""
        self._beaten = monotonic()
        if (it := self._upkeep) is None:
            return
        try:
            right = it.alive.look()
            # What may not run here is not held on to: another process may have a better clock.
            names = [each.name for each in self._sweeps if not each.everywhere and (right or not each.by_clock)]
            it.leases.beat([*names, ALIVE] if right else names)
            if it.leases.fence(ALIVE) is not None and monotonic() - self._rounded < HANGS:
                it.alive.beat()
            self._tell_late(it)
        except Exception as error:
            log.error("beat error=%s", type(error).__name__)

    def lived(self) -> float:
        """When the rounds last beat, by the monotonic clock, whether or not there was a database to tell it to."""
        return self._beaten

    def lag(self) -> dict[str, float]:
        """Seconds by which each sweep that is ours to run is late at this moment; 0 where it is not due."""
        now = monotonic()
        return {it.name: max(0.0, now - self._dues.get(it.name, now)) for it in self._sweeps if self._may(it)}

    def ran(self) -> dict[str, Ran]:
        """How often each sweep ran here."""
        return dict(self._counts)

    def start(self) -> None:
        """Takes the leases, looks soon, and from then on at every tick, in threads of its own."""
        from apscheduler.schedulers.background import BackgroundScheduler  # a command that serves nothing needs it not

        logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it has a line for each time it wakes, or cannot
        pool = {"type": "threadpool", "max_workers": 3}
        scheduler = BackgroundScheduler(timezone="UTC", executors={"default": pool})
        now = SystemClock().now()
        lanes = [
            ("beat", self.beat, BEAT, now),
            ("quick", lambda: self.look(quick=True), self._tick, now + self._tick),
            ("slow", lambda: self.look(quick=False), 2 * self._tick, now + self._tick),
        ]
        for name, act, every, first in lanes if self._upkeep is not None else lanes[1:]:
            scheduler.add_job(
                act, "interval", seconds=every.total_seconds(), id=name, coalesce=True, max_instances=1,
                misfire_grace_time=None, next_run_time=first,
            )  # fmt: skip
        scheduler.start()
        self._scheduler = scheduler
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends it; a sweep that is running is let finish. Then the leases are given up."""
        self._ended.set()
        for thread in reversed(self._threads if self._scheduler is not None else ()):
            thread.stop()
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=True)
            self._scheduler = None
            self._give_up()

    def _give_up(self) -> None:
        if self._upkeep is not None:
            try:
                self._upkeep.leases.give_up()
            except Exception as error:  # then they run out by themselves
                log.error("leases error=%s", type(error).__name__)

    def _may(self, sweep: Sweep) -> bool:
        it = self._upkeep
        if it is None:
            return True
        ours = sweep.everywhere or it.leases.fence(sweep.name) is not None
        return ours and (not sweep.by_clock or it.alive.trusted())

    def _due(self, sweep: Sweep) -> bool:
        # A clock that has been set back must not make a sweep wait until it is where it was.
        now = self._clock.now()
        return sweep.name not in self._ran or not self._ran[sweep.name] <= now < self._next[sweep.name]

    def _run(self, sweep: Sweep) -> None:
        begun, every = monotonic(), sweep.every
        level = logging.INFO
        try:
            counts = self._under(sweep)
            found = " ".join(f"{name}={count}" for name, count in counts.items())
            if sweep.quick and not any(counts.values()):
                level = logging.DEBUG  # a line a second that says nothing would fill the disk
        except Lost:
            found, level = "lost=1", logging.WARNING
        except Exception as error:
            # Its name only: what a database says of a row may quote it.
            found, level, every = f"error={type(error).__name__}", logging.ERROR, min(RETRY, every)
        self._ran[sweep.name] = self._clock.now()
        self._next[sweep.name] = self._ran[sweep.name] + every
        ended = monotonic()
        self._dues[sweep.name] = ended + every.total_seconds()
        count = self._counts[sweep.name]
        count.seconds += ended - begun
        count.done, count.failed = count.done + (level < logging.ERROR), count.failed + (level >= logging.ERROR)
        run = secrets.token_hex(8)
        log.log(level, "sweep=%s run=%s ms=%d %s", sweep.name, run, (ended - begun) * 1000, found)

    def _under(self, sweep: Sweep) -> Mapping[str, int]:
        if self._upkeep is None or sweep.everywhere or (sweep.first and sweep.name not in self._ran):
            return sweep.run()
        with self._upkeep.leases.under(sweep.name):
            return sweep.run()

    def _tell_late(self, it: Upkeep) -> None:
        """Staff are told of what is late when it becomes so, and when it has passed."""
        lag = self.lag()
        changed = {name: by for name, by in lag.items() if (by > LATE) != (name in it.told)}
        if changed:
            it.late(changed, LATE)
            it.told = {name for name, by in lag.items() if by > LATE}
