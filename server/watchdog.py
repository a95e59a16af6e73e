"""Tells systemd that the server lives, as long as it does; one that hangs is silent, and is started anew.

The protocol is sd_notify(3): one datagram a sentence, to the socket that the environment names. Decisions:
- It is fed only while every part that this process has shows that it does: the web by an answer on loopback, the rounds
  by their own beat, the push by its loop. A thread that only feeds would vouch for nothing.
- That the database is away, the disk full or the clock wrong must never end the process: it says so to whoever asks,
  and goes on when they are back. So the web is asked `/healthz`, which asks nobody.
- A machine that was suspended finds every part late for a moment: late is believed only when it is seen twice.
"""

import http.client
import logging
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Thread

from server.core.clock import monotonic

log = logging.getLogger("lintel.watchdog")
WEB = 30.0
"""Seconds within which the web must have answered; with all threads in a database that answers nobody it takes some."""
WORK = 180.0
"""Seconds within which the rounds must have beaten; a beat may wait for its turn to write."""
PUSH = 30.0
EVERY = 10.0
ANSWER = 5.0

Life = Callable[[], float]
"""When a part last lived, by the monotonic clock; asking may take a few seconds."""


@dataclass(frozen=True, slots=True)
class Notify:
    """Says how it is. Without an address (not under systemd) it says nothing."""

    address: str | None

    def say(self, sentence: str) -> None:
        """READY=1, WATCHDOG=1, STOPPING=1, STATUS=…"""
        if self.address is None:
            return
        address = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
            try:
                line.connect(address)
                line.sendall(sentence.encode())
            except OSError as error:
                log.warning("watchdog cannot_say=%s", error.strerror)


class Watchdog:
    """Feeds while every life is younger than its limit. `lives` is name → (life, seconds)."""

    def __init__(
        self, notify: Notify, lives: Mapping[str, tuple[Life, float]], *, patience: float | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:  # fmt: skip
        """`patience` is how long systemd waits (None: it does not); it is fed at least three times within that."""
        self._notify, self._lives, self._clock = notify, dict(lives), clock
        self._every = min(EVERY, patience / 3) if patience else EVERY
        self._watched = patience is not None
        self._ended = Event()
        self._late: set[str] = set()
        self._thread = Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        """Says that the server is ready, and watches from now on."""
        self._notify.say("READY=1")
        if self._watched:
            self._thread.start()

    def stop(self) -> None:
        """The server ends: systemd is told, and nobody is missed any more."""
        self._ended.set()
        self._notify.say("STOPPING=1")

    def turn(self) -> bool:
        """Looks once, and feeds if all is well, or was a moment ago. Returns whether it fed."""
        late = {name for name, (life, limit) in self._lives.items() if self._clock() - life() > limit}
        for name in sorted(late - self._late):
            log.error("watchdog late=%s", name)
        fed = not late & self._late
        self._late = late
        if fed:
            self._notify.say("WATCHDOG=1")
        return fed

    def _run(self) -> None:
        while not self._ended.wait(self._every):
            self.turn()


class Web:
    """Whether the web's threads answer: asks them, and remembers when they last did."""

    def __init__(self, host: str, port: int, *, patience: float = ANSWER) -> None:
        self._host, self._port, self._patience = host, port, patience
        self._last = monotonic()

    def __call__(self) -> float:
        line = http.client.HTTPConnection(self._host, self._port, timeout=self._patience)
        with suppress(OSError, http.client.HTTPException):
            line.request("GET", "/healthz")
            if line.getresponse().status == http.client.OK:
                self._last = monotonic()
        line.close()
        return self._last
