"""Word of commits by whatever process on PostgreSQL: LISTEN on a connection of its own.

Decisions:
- Nothing is read from what comes but that it came: the truth is the table. So what is lost while the database is away
  is no loss, and whoever waits looks once a second anyway.
- The connection is made anew where it broke, at most once in PAUSE seconds, and right after that the wait ends: what
  was committed in between was told to nobody.
"""

import select
import socket
from collections.abc import Mapping
from contextlib import suppress
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
        self._woken, self._bell = socket.socketpair()
        for end in (self._woken, self._bell):
            end.setblocking(False)

    def wait(self, timeout: float) -> bool:
        end = monotonic() + timeout
        try:
            if self._connection is None:
                return self._connect(end)
            self._quiet(end, self._connection.fileno())
            return _told(self._connection)
        except psycopg.Error:
            self._drop()
            self._quiet(min(monotonic() + PAUSE, end))
            return False

    def _connect(self, end: float) -> bool:
        """Whether it is connected now, and word may have been missed; waits where it is too soon for another try."""
        if monotonic() < self._next:
            self._quiet(min(self._next, end))
            if monotonic() < self._next:
                return False
        self._next = monotonic() + PAUSE
        made = psycopg.connect(self._url, autocommit=True, application_name="lintel listens", **self._options)
        self._connection = made
        made.execute(f"LISTEN {CHANNEL}")
        return True

    def _quiet(self, end: float, connection: int | None = None) -> None:
        """Waits until then, until something comes, or until it is woken."""
        ready = select.poll()  # select itself knows no more than 1,024 descriptors
        ready.register(self._woken, select.POLLIN)
        if connection is not None:
            ready.register(connection, select.POLLIN)
        if any(it == self._woken.fileno() for it, _ in ready.poll(max(0.0, end - monotonic()) * 1000)):
            self._woken.recv(1024)

    def wake(self) -> None:
        with suppress(OSError):  # closed, or rung often enough
            self._bell.send(b"!")

    def close(self) -> None:
        self._drop()
        self._woken.close()
        self._bell.close()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _told(connection: "psycopg.Connection[Any]") -> bool:
    """Takes what has come; whether there was anything."""
    connection.pgconn.consume_input()
    found = False
    while connection.pgconn.notifies() is not None:
        found = True
    return found
