"""Runs the sweeps in a thread of their own, one after the other, and logs one line for each.

Decision: APScheduler only wakes us every `TICK`; what is due is decided by the clock that is handed in, so that a test
can make a year pass. A sweep that is late runs once, not once for each time it missed.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from server.core.clock import Clock, SystemClock, monotonic
from server.work.sweeps import Sweep

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler

TICK = timedelta(seconds=1)
SOON = timedelta(seconds=1)
RETRY = timedelta(minutes=5)
"""After a failure a sweep is tried again so soon, or at its own time where that is sooner."""
log = logging.getLogger("lintel.work")


class Work:
    """The sweeps and when each ran last. Used by one thread at a time: first whoever starts it, then its own."""

    def __init__(self, clock: Clock, sweeps: Iterable[Sweep], *, tick: timedelta = TICK) -> None:
        self._clock = clock
        self._sweeps = tuple(sweeps)
        self._tick = tick
        self._ran: dict[str, datetime] = {}
        self._next: dict[str, datetime] = {}
        self._scheduler: BackgroundScheduler | None = None

    def prepare(self) -> None:
        """Runs, at once and here, what has to be done before the first request is answered."""
        for sweep in self._sweeps:
            if sweep.first:
                self._run(sweep)

    def look(self) -> None:
        """Runs every sweep that is due."""
        for sweep in self._sweeps:
            if self._due(sweep):
                self._run(sweep)

    def start(self) -> None:
        """Looks soon, and from then on at every tick, in a thread."""
        from apscheduler.schedulers.background import BackgroundScheduler  # a command that serves nothing needs it not

        logging.getLogger("apscheduler").setLevel(logging.WARNING)  # it has a line for each time it wakes
        scheduler = BackgroundScheduler(timezone="UTC", executors={"default": {"type": "threadpool", "max_workers": 1}})
        scheduler.add_job(
            self.look, "interval", seconds=self._tick.total_seconds(), id="look", coalesce=True, max_instances=1,
            misfire_grace_time=None, next_run_time=SystemClock().now() + min(SOON, self._tick),
        )  # fmt: skip
        scheduler.start()
        self._scheduler = scheduler

    def stop(self) -> None:
        """Ends it; a sweep that is running is let finish."""
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=True)
            self._scheduler = None

    def _due(self, sweep: Sweep) -> bool:
        # A clock that has been set back must not make a sweep wait until it is where it was.
        now = self._clock.now()
        return sweep.name not in self._ran or not self._ran[sweep.name] <= now < self._next[sweep.name]

    def _run(self, sweep: Sweep) -> None:
        begun = monotonic()
        every = sweep.every
        try:
            found = " ".join(f"{name}={count}" for name, count in sweep.run().items())
            level = logging.INFO
        except Exception as error:
            # Its name only: what a database says of a row may quote it.
            found, level, every = f"error={type(error).__name__}", logging.ERROR, min(RETRY, every)
        self._ran[sweep.name] = self._clock.now()
        self._next[sweep.name] = self._ran[sweep.name] + every
        log.log(level, "sweep=%s ms=%d %s", sweep.name, (monotonic() - begun) * 1000, found)
