"""Looks at keys, in threads of its own: who asks the database waits for it, and the loop waits for nobody."""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from server.core.access import Actor
from server.core.errors import Later, LintelError
from server.engine.pushing import Hearer, Pushing
from server.push.asking import Asked
from server.push.line import Line

THREADS = 2
PATIENCE = 10.0
"""Seconds for a database that does not answer; then the threads are left to end with the process."""
log = logging.getLogger("lintel.push")


@dataclass(frozen=True, slots=True)
class Found:
    """Who a key stands for, or why it opens nothing; `me` is the digest of what the device is told of itself."""

    who: Hearer | LintelError
    me: str = ""


Then = Callable[[Line, Found], None]


class Doorkeeper:
    """The threads. `then` is called in one of them."""

    def __init__(self, pushing: Pushing, me: Callable[[Actor], str]) -> None:
        self._pushing = pushing
        self._me = me
        self._asked: SimpleQueue[tuple[Line, Asked, Then] | None] = SimpleQueue()
        self._threads = [threading.Thread(target=self._run, name="push-keys", daemon=True) for _ in range(THREADS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        with suppress(Empty):  # nobody waits for these any more
            while True:
                self._asked.get_nowait()
        for _ in self._threads:
            self._asked.put(None)
        for thread in self._threads:
            thread.join(PATIENCE)

    def look(self, line: Line, asked: Asked, then: Then) -> None:
        """Has the key looked at."""
        self._asked.put((line, asked, then))

    def _run(self) -> None:
        while (job := self._asked.get()) is not None:
            line, asked, then = job
            then(line, self._found(asked))
        self._pushing.leave()

    def _found(self, asked: Asked) -> Found:
        try:
            who = self._pushing.hearer(asked.secret, asked.room)
            return Found(who, self._me(who.actor))
        except LintelError as error:
            return Found(error)
        except Exception as error:
            log.error("push error=%s", type(error).__name__)  # its name only: what a database says may quote a row
            return Found(Later(2))
