"""Writers take turns in the order of asking, and whoever's turn it is writes for all who wait by then.

Decision: a commit that survives a power cut waits for the disk, and ten commits wait ten times. So those who come while
one is being written are written together next and share one wait (group commit): on a card that takes 10 ms that is the
difference between a hundred bookings a second and several hundred. There is no writer thread: the first in the queue
leads, serves the others as they stand, and hands the lead to the first of those who came meanwhile.
"""

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from server.core.clock import monotonic
from server.core.errors import Later

TOGETHER = 64


class Job:
    """One piece of work and what came of it: `result`, or the `error` it is to raise where it was asked for."""

    __slots__ = ("asked", "error", "leads", "result", "woken", "work")

    def __init__(self, work: Callable[[Any], Any]) -> None:
        self.work = work
        self.asked = monotonic()
        self.result: Any = None
        self.error: BaseException | None = Later(1)  # until it is written
        self.leads = False
        self.woken = threading.Semaphore(0)

    def done(self, result: Any) -> None:
        self.result, self.error = result, None

    def failed(self, error: BaseException) -> None:
        self.result, self.error = None, error


class Turns:
    """The queue. `write` takes a list of jobs, oldest first, and gives each its outcome; it never runs twice at once.

    Who waits longer than `patience` seconds for the lead to come near gets Later: a writer that hangs must not gather
    all threads behind it.
    """

    def __init__(self, write: Callable[[list[Job]], None], *, patience: float) -> None:
        self._write = write
        self._patience = patience
        self._guard = threading.Lock()
        self._waiting: deque[Job] = deque()
        self._busy = False

    def take(self, work: Callable[[Any], Any]) -> Job:
        """Has the work written, alone or with others; returns the job with its outcome. Raises Later."""
        job = Job(work)
        with self._guard:
            self._waiting.append(job)
            job.leads, self._busy = not self._busy, True
        if not job.leads:
            self._wait(job)
        if job.leads:
            self._lead()
        return job

    def _wait(self, job: Job) -> None:
        if job.woken.acquire(timeout=self._patience):
            return
        with self._guard:
            if job in self._waiting and not job.leads:
                self._waiting.remove(job)
                raise Later(1)
        job.woken.acquire()  # it was taken in the very moment of giving up: its outcome is on the way

    def _lead(self) -> None:
        with self._guard:
            batch = [self._waiting.popleft() for _ in range(min(TOGETHER, len(self._waiting)))]
        try:
            self._write(batch)
        finally:
            with self._guard:
                if self._waiting:
                    self._waiting[0].leads = True
                    self._waiting[0].woken.release()
                else:
                    self._busy = False
            for job in batch[1:]:  # the first is the leader's own
                job.woken.release()
