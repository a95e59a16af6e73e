"""Many devices that hold a connection to the push, in one process: they only listen, and say when each heard.

Run as `python -m tests.bench.listeners PORT FILE CORE`, FILE with a key in each line. What to do comes in on stdin, a
line each, and is answered with a line of JSON: `open` (connects all at once; seconds until each has heard the first
word), `hear N` (waits for so many news; for each, the moment by the machine's steady clock), `close`. Moments of two
processes are of one clock.
"""

import json
import os
import resource
import selectors
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path

MOST_SECONDS = 60.0
TOGETHER = 500
"""Connections that are being made at the same moment: more wait in no server's queue."""


@dataclass(slots=True)
class Listener:
    """One device."""

    key: str
    line: socket.socket | None = None
    greeted: bool = False


class Listeners:
    """All of them."""

    def __init__(self, port: int, keys: list[str]) -> None:
        self._port = port
        self._all = [Listener(key) for key in keys]
        self._selector = selectors.DefaultSelector()
        self._heard: list[float] = []

    def open(self) -> float:
        """Connects all; seconds."""
        begun = time.monotonic()
        waiting = list(self._all)
        under_way = 0
        while (waiting or under_way) and time.monotonic() - begun < MOST_SECONDS:
            while waiting and under_way < TOGETHER:
                self._connect(waiting.pop())
                under_way += 1
            under_way -= self._turn(0.1)
        if waiting or under_way:
            raise RuntimeError(f"{len(waiting) + under_way} were not let in")
        return time.monotonic() - begun

    def hear(self, count: int) -> list[float]:
        """The moments of the next so many news; those that came meanwhile count."""
        end = time.monotonic() + MOST_SECONDS
        while len(self._heard) < count and time.monotonic() < end:
            self._turn(0.1)
        found, self._heard = self._heard[:count], self._heard[count:]
        return found

    def idle(self) -> None:
        """Hears on while there is nothing to do."""
        self._turn(0.05)

    def close(self) -> None:
        for it in self._all:
            if it.line is not None:
                self._selector.unregister(it.line)
                it.line.close()
            it.line, it.greeted = None, False

    def _connect(self, it: Listener) -> None:
        it.line = socket.create_connection(("127.0.0.1", self._port), timeout=MOST_SECONDS)
        head = f"GET /push HTTP/1.1\r\nHost: rooms.test\r\nAuthorization: Bearer {it.key}\r\n\r\n"
        it.line.sendall(head.encode())
        self._selector.register(it.line, selectors.EVENT_READ, it)

    def _turn(self, seconds: float) -> int:
        """Takes what has come; how many were greeted."""
        greeted = 0
        for key, _ in self._selector.select(seconds):
            it: Listener = key.data
            data = key.fileobj.recv(65_536)  # type: ignore[union-attr]
            now = time.monotonic()
            if not data:
                raise RuntimeError("the push has ended a connection")
            if not it.greeted and b"event: hello" in data:
                it.greeted = True
                greeted += 1
            self._heard += [now] * data.count(b"event: news")
        return greeted


def main() -> None:
    port, file, core = sys.argv[1:]
    if int(core) >= 0:
        os.sched_setaffinity(0, {int(core)})
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    it = Listeners(int(port), Path(file).read_text().split())
    commands = selectors.DefaultSelector()
    commands.register(sys.stdin, selectors.EVENT_READ)
    while True:
        if not commands.select(0):
            it.idle()
            continue
        what, _, count = sys.stdin.readline().strip().partition(" ")
        if what == "open":
            print(json.dumps(it.open()), flush=True)
        elif what == "hear":
            print(json.dumps(it.hear(int(count))), flush=True)
        elif what == "close":
            it.close()
            print("null", flush=True)
        else:
            return


if __name__ == "__main__":
    main()
