"""The log: one line an event on stderr, key=value.

Decision: lines are gathered and written four times a second in one piece, warnings at once. A write for each request
makes the threads hand Python's one lock to each other again and again, which under load costs several times the
request itself. What kill -9 can lose is a quarter of a second of request lines, never an answer.
"""

import atexit
import logging
import sys
import threading
from collections import deque
from datetime import datetime
from typing import TextIO

from server.core.clock import SystemClock, from_epoch

EVERY = 0.25
MOST = 50_000


class Line(logging.Formatter):
    """key=value with the time in whole seconds, which is written once for all lines of a second."""

    def __init__(self, form: str) -> None:
        super().__init__(form)
        self._second, self._text = -1, ""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        second = int(record.created)
        if second != self._second:
            self._second, self._text = second, f"{from_epoch(second):%Y-%m-%dT%H:%M:%S}+0000"
        return self._text


class Gathered(logging.Handler):
    """Keeps records and writes them out together; the oldest go where more come than can be written."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream
        self._records: deque[logging.LogRecord | tuple[datetime, str]] = deque(maxlen=MOST)
        self._clock = SystemClock()
        self._writing = threading.Lock()

    def createLock(self) -> None:
        self.lock = None  # appending to a deque needs none, and waiting for one is what this class avoids

    def emit(self, record: logging.LogRecord) -> None:
        self._records.append(record)
        if record.levelno >= logging.WARNING:
            self.flush()

    def take(self, text: str) -> None:
        """Takes a finished line of level info, which costs a tenth of a record: for the line each request has."""
        self._records.append((self._clock.now(), text))

    def flush(self) -> None:
        with self._writing:
            lines = []
            while self._records:
                found = self._records.popleft()
                if isinstance(found, logging.LogRecord):
                    lines.append(self.format(found))
                else:
                    lines.append(f"{found[0]:%Y-%m-%dT%H:%M:%S}+0000 level=INFO {found[1]}")
            if lines:
                self._stream.write("\n".join(lines) + "\n")
                self._stream.flush()


def log(level: str) -> None:
    """Sends every log line to stderr from now on."""
    # What no line shows need not be looked up for each one (the logging manual's own list of savings).
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = logging.logAsyncioTasks = False
    logging._srcfile = None  # type: ignore[attr-defined]
    handler = Gathered(sys.stderr)
    handler.setFormatter(Line("%(asctime)s level=%(levelname)s %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    requests = logging.getLogger("lintel.requests")
    requests.handlers[:], requests.propagate = [handler], False
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a queue is what threads are for
    threading.Thread(target=_write_out, args=(handler,), name="log", daemon=True).start()
    atexit.register(handler.flush)


def _write_out(handler: Gathered) -> None:
    pause = threading.Event()
    while not pause.wait(EVERY):
        handler.flush()
