"""What the rounds themselves need: jobs with a due time, and what staff are told of rounds that do not come round.

Decisions:
- A job is done once for each due time: `run` has a row for it, and whoever writes the row does it. A process that dies
  in the middle leaves a row that has begun and not ended; who has the lease after it does the job again. So what a job
  does must be harmless when done twice for one due time: rows with a key made of name and due time.
- A job that goes wrong is tried again every few minutes until its next due time comes.
- A clock that is set back comes by due times again: those that were done are done no more, and none from before the
  job was new. Somebody who says that the clock is right (alive.py) has forgotten what is due by it only later.
- A job that is new begins with its next due time: nobody wants last month's report of a house that is a day old.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.core.clock import Clock, whole
from server.core.dues import When
from server.core.errors import Full, Later
from server.engine.leases import Leases
from server.engine.tickets import open_ticket, settle
from server.store import work
from server.store.database import Store, Tx
from server.store.work import Run

JOBS = "jobs"
"""The lease under which jobs are done."""
RETRY = timedelta(minutes=5)
KEPT = timedelta(days=400)
"""How long runs and spans are kept."""
LATE = "sweep_late"
log = logging.getLogger("lintel.work")


@dataclass(frozen=True, slots=True)
class Turn:
    """A job's name and the due time that it is done for; both together are its key."""

    name: str
    due: datetime


@dataclass(frozen=True, slots=True)
class Job:
    """`run` does it and tells how much of what it did, for the log. May be run again for the same turn."""

    name: str
    when: When
    run: Callable[[Turn], Mapping[str, int]]


@dataclass(slots=True)
class Done:
    """What a round of jobs did: done, gone wrong, and seen for the first time."""

    done: int = 0
    failed: int = 0
    new: int = 0


@dataclass(frozen=True, slots=True)
class Rounds:
    """Jobs and what is told of rounds. Raises Later (Lost where another process has the lease) or Full."""

    store: Store
    clock: Clock
    leases: Leases

    def run(self, jobs: Iterable[Job]) -> Done:
        """Does every job whose newest due time has not been done."""
        report = Done()
        for job in jobs:
            due = job.when.newest(self.clock.now())
            with self.store.reading() as tx:
                seen, first = work.find(tx, job.name, due), work.first(tx, job.name)
            if first is None or (seen is None and first < due) or (seen is not None and self._open(seen)):
                self._turn(job, due, seen, first is None, report)
        return report

    def last(self) -> list[Run]:
        """The last due time of each job, and what came of it."""
        with self.store.reading() as tx:
            return work.newest(tx)

    def late(self, seconds: Mapping[str, float], limit: float) -> int:
        """Tells staff of sweeps that are late by more than the limit, and no more of those that are not; how many."""
        late = {name for name, by in seconds.items() if by > limit}

        def tell(tx: Tx) -> None:
            now = whole(self.clock.now())
            for name in seconds:
                if name in late:
                    open_ticket(tx, now, LATE, name, codes=(str(int(seconds[name])),), by="work")
                else:
                    settle(tx, now, LATE, name, "work")

        self.store.writing(tell)
        return len(late)

    def tidy(self) -> Mapping[str, int]:
        """Forgets runs and spans of long ago."""
        before = whole(self.clock.now()) - KEPT
        return {
            "runs": self.store.writing(lambda tx: work.forget_runs(tx, before)),
            "spans": self.store.writing(lambda tx: work.forget_alive(tx, before)),
        }

    def _open(self, it: Run) -> bool:
        """Whether it is still to be done: begun by somebody who is gone, or gone wrong a while ago."""
        if it.ended is not None:
            return False
        now, fence = self.clock.now(), self.leases.fence(JOBS)
        return (fence is not None and it.fence < fence) or not it.began <= now < it.began + RETRY

    def _turn(self, job: Job, due: datetime, seen: Run | None, new: bool, report: Done) -> None:
        with self.leases.under(JOBS) as fence:
            if not self.store.writing(lambda tx: self._begin(tx, job.name, due, seen, fence, new)):
                return
            if new:
                report.new += 1
                return
            try:
                job.run(Turn(job.name, due))
            except (Later, Full):
                raise
            except Exception as error:
                name = type(error).__name__
                log.error("job=%s due=%s error=%s", job.name, due.isoformat(), name)
                self.store.writing(lambda tx: work.fail(tx, job.name, due, name))
                report.failed += 1
                return
            self.store.writing(lambda tx: work.end(tx, job.name, due, whole(self.clock.now())))
            report.done += 1

    def _begin(self, tx: Tx, name: str, due: datetime, seen: Run | None, fence: int, new: bool) -> bool:
        now = whole(self.clock.now())
        if seen is not None and seen.fence == fence:
            return work.begin_again(tx, seen, now)
        begun = work.begin(tx, name, due, fence, now)
        if begun and new:
            work.end(tx, name, due, now)
        return begun


def done(report: Done) -> Mapping[str, int]:
    """For the log of the sweep."""
    return {"done": report.done, "failed": report.failed, "new": report.new}
