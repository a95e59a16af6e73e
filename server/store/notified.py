"""Word of commits by whatever process on PostgreSQL: LISTEN on a connection of its own.

Decisions:
- Nothing is read from what comes but that it came: the truth is the table. So what is lost while the database is away
  is no loss, and whoever waits looks once a second anyway.
- The connection is made anew where it broke, at most once in PAUSE seconds, and right after that the wait ends: what
  was committed in between was told to nobody.
"""

import time
from collections.abc import Mapping
from typing import Any

import psycopg

from server.core.clock import monotonic
from server.store.migrations.m0015_push import CHANNEL

PAUSE = 1.0
"""Seconds between two tries to connect."""


class Notified:
    """See `Listening` in database.py. Connects when it is first waited for."""

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        self._url = url
        self._options = dict(options)
        self._connection: psycopg.Connection[Any] | None = None
        self._next = 0.0

    def wait(self, timeout: float) -> bool:
        end = monotonic() + timeout
        try:
            if self._connection is None:
                return self._connect(end)
            return any(True for _ in self._connection.notifies(timeout=timeout, stop_after=1))
        except psycopg.Error:
            self.close()
            time.sleep(max(0.0, min(PAUSE, end - monotonic())))
            return False

    def _connect(self, end: float) -> bool:
        """Whether it is connected now, and word may have been missed; waits where it is too soon for another try."""
        if (pause := self._next - monotonic()) > 0:
            time.sleep(max(0.0, min(pause, end - monotonic())))
            if monotonic() < self._next:
                return False
        self._next = monotonic() + PAUSE
        made = psycopg.connect(self._url, autocommit=True, application_name="lintel listens", **self._options)
        self._connection = made
        made.execute(f"LISTEN {CHANNEL}")
        return True

    def wake(self) -> None:
        """Nothing: whoever waits returns when the time is up."""

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
