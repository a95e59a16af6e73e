"""Finds out what happened: waits for word of commits, looks, and hands each look to the hub.

Decisions:
- The cursor is this thread's own and begins where the feed ends: a device is told where each of its rooms stands when
  it connects, so nothing from before is missed.
- It looks at least once a second, told or not, and at most once in PAUSE, however much is written.
- While the database does not answer nothing is handed over, and so the hub sends no beat: nobody is told that all is
  told by one who does not know.
"""

import logging
import threading
from collections.abc import Callable

from server.core.clock import monotonic
from server.core.errors import LintelError
from server.engine.pushing import Look, Pushing
from server.push.counts import Counts

EVERY = 1.0
PAUSE = 0.01
log = logging.getLogger("lintel.push")


class Watch:
    """The thread."""

    def __init__(self, pushing: Pushing, tell: Callable[[Look], None], counts: Counts) -> None:
        self._pushing = pushing
        self._tell = tell
        self._counts = counts
        self._ear = pushing.listening()
        self._seq: int | None = None
        self._life = ""
        self._good = True
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="push-watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ending.set()
        self._ear.wake()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> bool:
        """Looks once and hands over what it finds; whether the database answered."""
        try:
            found = self._pushing.look(self._seq)
        except LintelError:
            found = None
        except Exception as error:
            log.error("push looking error=%s", type(error).__name__)  # its name only
            found = None
        if (found is not None) is not self._good:
            self._good = found is not None
            log.log(
                logging.INFO if self._good else logging.WARNING, "push looking=%s", "well" if self._good else "away"
            )
        if found is None:
            return False
        self._seq = found.seq  # also where that is smaller: the database was put back from a backup
        self._counts.looks += 1
        self._counts.looked = monotonic()
        self._tell(found)
        return True

    def _run(self) -> None:
        while not self._ending.is_set():
            self.look()
            self._ending.wait(PAUSE)
            try:
                self._ear.wait(EVERY)
            except Exception as error:
                log.error("push waiting error=%s", type(error).__name__)
                self._ending.wait(EVERY)
        self._ear.close()
        self._pushing.leave()
