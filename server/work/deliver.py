"""Sends what waits for the webhooks, in threads of its own beside the sweeps.

Decisions:
- One thread looks for what is due four times a second and as soon as a try is over; up to WORKERS threads send. What is
  claimed is on its way at once: nothing is claimed for a thread that is not free.
- Endpoints that have been failing get at most ROOM of the threads together, so that however many hang, those that
  answer always find one free.
- Before a message goes out it is asked once more whether it is still ours: this process may have been stopped since.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from server.core.clock import monotonic
from server.core.errors import Full, Later
from server.engine.delivering import Answer, Delivering, Parcel
from server.work.outgoing import Outgoing

WORKERS = 16
ROOM = 12
IDLE, SOON, AWAY = 0.25, 0.02, 5.0
"""Seconds until the next look: with nothing to do, with more to do, and where the database does not answer."""
log = logging.getLogger("lintel.work")


class Deliver:
    """The worker. `step` may be called by one thread at a time; `start` has one that calls it."""

    def __init__(self, delivering: Delivering, outgoing: Outgoing, *, workers: int = WORKERS) -> None:
        self._delivering = delivering
        self._outgoing = outgoing
        self._workers = workers
        self._room = max(1, workers * ROOM // WORKERS)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="deliver")
        self._under_way: dict[Future[None], Parcel] = {}
        self._woken = threading.Event()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Looks at once and from then on, in a thread."""
        self._thread = threading.Thread(target=self._run, name="deliver", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends it; what is being sent is let finish, which takes no longer than a try may."""
        self._ending.set()
        self._woken.set()
        if self._thread is not None:
            self._thread.join()
        self._pool.shutdown(wait=True)

    def wake(self) -> None:
        """Has it look at once."""
        self._woken.set()

    def wait(self) -> None:
        """Until nothing is under way any more."""
        for future in list(self._under_way):
            future.result()

    def step(self) -> float:
        """Sends off what is due, as far as threads are free; seconds until it is worth looking again."""
        self._under_way = {future: it for future, it in self._under_way.items() if not future.done()}
        free = self._workers - len(self._under_way)
        if free <= 0:
            return IDLE  # whoever is done wakes us
        try:
            if not self._delivering.due():
                return IDLE
            failing = sum(it.hook.failing_since is not None for it in self._under_way.values())
            parcels = self._delivering.take(free, failing=max(0, self._room - failing))
        except (Later, Full):
            return AWAY
        for parcel in parcels:
            future = self._pool.submit(self._send, parcel)
            self._under_way[future] = parcel
            future.add_done_callback(lambda _: self._woken.set())
        return SOON if parcels else IDLE

    def _run(self) -> None:
        while not self._ending.is_set():
            self._woken.clear()
            try:
                wait = self.step()
            except Exception as error:
                # Its name only: what a database says of a row may quote it.
                log.error("deliver error=%s", type(error).__name__)
                wait = AWAY
            self._woken.wait(wait)

    def _send(self, parcel: Parcel) -> None:
        begun = monotonic()
        try:
            if not self._delivering.still(parcel):
                return
            answer = self._posted(parcel)
            kept = _patiently(lambda: self._delivering.settle(parcel, answer))
        except (Later, Full):
            return  # its claim ends by itself, and it is sent again
        except Exception as error:
            log.error("deliver hook=%s error=%s", parcel.hook.id, type(error).__name__)
            return
        _tell(parcel, answer, monotonic() - begun, kept)

    def _posted(self, it: Parcel) -> Answer:
        if not it.secrets:
            return Answer(None, "no_secret")
        return self._outgoing.post(it.hook.url, it.headers(self._delivering.clock.now()), it.body)


def _patiently(work: Callable[[], bool], tries: int = 3) -> bool:
    """Does a piece of work that the database may put off."""
    for _ in range(tries - 1):
        try:
            return work()
        except Later:
            continue
    return work()


def _tell(it: Parcel, answer: Answer, seconds: float, kept: bool) -> None:
    level = logging.INFO if answer.good else logging.WARNING
    log.log(
        level, "deliver hook=%s event=%s try=%d status=%s ms=%d%s", it.hook.id, it.event, it.tries + 1,
        answer.status or answer.error, seconds * 1000, "" if kept else " lost=1",
    )  # fmt: skip
