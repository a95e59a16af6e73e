"""The last lines of the log, in memory, for staff who ask for them (the order `log`).

Logs name ids, counts and codes; never names, titles or tokens. Here it is made sure of: an exception is told by its
kind and by the lines it went through, not by its message, which may hold anything; and what looks like a key is struck
out, whoever wrote it.
"""

import logging
import re
import traceback
from collections import deque
from typing import Any

LINES = 500
LONGEST = 500  # letters of a line
LARGEST = 60_000  # bytes of an excerpt; the protocol takes 64 kB

_KEY = re.compile(r"\b(rvx|rk_[a-z]+|sk_[a-z]+|whsec)_[A-Za-z0-9_-]{6,}|\b(bearer)\s+\S+", re.IGNORECASE)


class Plain(logging.Formatter):
    """One line for each record, and one for each step of an exception."""

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # as another handler may have written it
        return struck(super().format(record))

    def formatException(self, ei: Any) -> str:
        kind, _, steps = ei
        lines = [f"  {step.filename}:{step.lineno} {step.name}" for step in traceback.extract_tb(steps)]
        return "\n".join([*lines, f"  {getattr(kind, '__name__', kind)}"])


class Excerpt(logging.Handler):
    """Keeps the last lines. Safe to use from several threads."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._lines: deque[str] = deque(maxlen=LINES)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            lines = self.format(record).splitlines()
        except Exception:  # a record that cannot be written is no reason to fail where it was made
            lines = [f"{record.name} cannot be written"]
        self._lines.extend(line[:LONGEST] for line in lines)

    def text(self) -> str:
        """The newest lines that fit, the oldest first."""
        kept: list[str] = []
        size = 0
        for line in reversed(list(self._lines)):
            size += len(line.encode()) + 1
            if size > LARGEST:
                break
            kept.append(line)
        return "\n".join(reversed(kept))


def struck(text: str) -> str:
    """Without what looks like a key."""
    return _KEY.sub(lambda found: f"{found[1] or found[2]} …", text)


def listen(excerpt: Excerpt) -> None:
    """Let the program's log go there as well as to stderr."""
    excerpt.setFormatter(Plain("%(asctime)s %(levelname)s %(name)s %(message)s", "%H:%M:%S"))
    logging.getLogger().addHandler(excerpt)
