"""When keys and sessions were last used: remembered in memory and written at most once a minute.

So reading never costs a commit, and a full disk does not stop it either.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from server.core.errors import Full, Later

K = TypeVar("K")
FLUSH = timedelta(seconds=60)


@dataclass(slots=True)
class LastUse(Generic[K]):
    """Last uses that are not written yet, by number or digest."""

    at: dict[K, datetime] = field(default_factory=dict)
    flushed: datetime | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, key: K, now: datetime) -> bool:
        """Remembers a use; True where it is time to write what is remembered."""
        with self.lock:
            self.at[key] = now
            due = self.flushed is None or now - self.flushed >= FLUSH
            if due:
                self.flushed = now
        return due

    def latest(self, key: K, known: datetime) -> datetime:
        """The later of what was written and what is remembered."""
        with self.lock:
            return max(known, self.at.get(key, known))

    def flush(self, write: Callable[[list[tuple[K, datetime]]], None]) -> None:
        """Hands what is remembered to `write`; keeps it where the database can't take it now."""
        with self.lock:
            taken, self.at = self.at, {}
        if not taken:
            return
        try:
            write(list(taken.items()))
        except (Later, Full):
            with self.lock:
                self.at = taken | self.at
