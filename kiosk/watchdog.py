"""Tells systemd that the agent lives, as long as it does; a hung one is silent and is started anew.

The protocol is sd_notify(3): one datagram a sentence, to the socket named in the environment. Decisions:
- It is fed only while every part that must live has lately shown that it does: the sync thread by its own steps, the
  page's threads by an answer to a real question on loopback. A thread that only feeds would vouch for nothing.
- A step of the sync may wait long for a network that does not answer (names, connecting, an answer that drips), and
  that the server is away must never restart anything here: so it has more time than any call can take.
- The boot clock measures, so a machine that was suspended finds all parts late for a moment; being late is believed
  only when it is seen twice.
"""

import http.client
import logging
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Event, Thread

log = logging.getLogger(__name__)

SYNC = 45.0  # seconds that a step of the sync may take: longer than any call to a server
PAGE = 10.0  # seconds within which the page must have answered
ANSWER = 5.0
EVERY = 3.0  # seconds between two meals, where systemd has not said how often


class Notify:
    """Says how it is. Without an address (not under systemd) it says nothing."""

    def __init__(self, address: str | None) -> None:
        self._address = "\0" + address[1:] if address and address.startswith("@") else address

    def ready(self) -> None:
        self._say("READY=1")

    def fed(self) -> None:
        self._say("WATCHDOG=1")

    def stopping(self) -> None:
        self._say("STOPPING=1")

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
        self._say(f"STATUS={text}")

    def _say(self, sentence: str) -> None:
        if self._address is None:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
            try:
                line.connect(self._address)
                line.sendall(sentence.encode())
            except OSError as error:
                log.warning("watchdog cannot_say=%s", error.strerror)


Life = Callable[[], float]
"""When a part last lived, by the boot clock; asking may take a few seconds."""


class Watchdog:
    """Feeds while every life is younger than its limit. `lives` is name -> (life, seconds)."""

    def __init__(
        self,
        notify: Notify,
        lives: Mapping[str, tuple[Life, float]],
        *,
        elapsed: Callable[[], float],
        patience: float | None = None,
    ) -> None:
        """`patience` is how long systemd waits; it is fed three times within that."""
        self._notify, self._lives, self._elapsed = notify, lives, elapsed
        self._every = min(EVERY, patience / 3) if patience else EVERY
        self._stopping = Event()
        self._late: set[str] = set()

    def start(self) -> None:
        Thread(target=self.run, name="watchdog", daemon=True).start()

    def run(self) -> None:
        """Until `stop`."""
        while not self._stopping.is_set():
            self.turn()
            self._stopping.wait(self._every)

    def stop(self, *, for_good: bool = True) -> None:
        """`for_good`: the agent ends, and systemd is told so; else another one watches from now on."""
        self._stopping.set()
        if for_good:
            self._notify.stopping()

    def turn(self) -> bool:
        """Look once, and feed if all is well or was a moment ago. Returns whether it was fed."""
        late = {name for name, (life, limit) in self._lives.items() if self._elapsed() - life() > limit}
        for name in sorted(late - self._late):
            log.error("watchdog late=%s", name)
        fed = not late & self._late
        self._late = late
        if fed:
            self._notify.fed()
        return fed


class PageLife:
    """Whether the page's threads answer: asks them, and remembers when they last did."""

    def __init__(self, host: str, port: int, *, elapsed: Callable[[], float], patience: float = ANSWER) -> None:
        self._host, self._port, self._elapsed, self._patience = host, port, elapsed, patience
        self._last = elapsed()

    def __call__(self) -> float:
        line = http.client.HTTPConnection(self._host, self._port, timeout=self._patience)
        with suppress(OSError, http.client.HTTPException):
            line.request("GET", "/state.json")
            if line.getresponse().status < 500:
                self._last = self._elapsed()
        line.close()
        return self._last
