"""The event stream: the view whenever it changes, so that the page never has to ask.

Every stream holds a waitress thread, so there are at most three, and one ends as soon as its browser is gone: it
wakes every second (a state may flip without any news), writes a comment every two, and stops when told so.
"""

import json
from collections.abc import Callable, Iterator
from threading import Lock
from typing import Any

from kiosk.panel import Panel
from kiosk.view import View

STREAMS = 3
BEAT = 2.0  # seconds between two signs of life


class Streams:
    """Hands out the streams."""

    def __init__(self, panel: Panel, *, elapsed: Callable[[], float], now: Callable[[], float]) -> None:
        self._panel, self._elapsed, self._now = panel, elapsed, now
        self._lock = Lock()
        self._open = 0
        self._stopping = False

    def stop(self) -> None:
        """End all streams within a second."""
        self._stopping = True

    def open(self, gone: Callable[[], bool]) -> Iterator[bytes] | None:
        """A new stream, or None when there are enough. `gone` says whether the browser went away."""
        with self._lock:
            if self._open >= STREAMS:
                return None
            self._open += 1
        return _Closing(self._events(gone), self._close)

    def _close(self) -> None:
        with self._lock:
            self._open -= 1

    def _events(self, gone: Callable[[], bool]) -> Iterator[bytes]:
        yield b"retry: 1000\n\n"
        edition, shown, beat = -1, None, self._elapsed()
        while not self._stopping and not gone():
            view = self._panel.view()
            if _news(view) != shown:
                shown, beat = _news(view), self._elapsed()
                yield b"event: view\ndata: " + json.dumps(view, separators=(",", ":")).encode() + b"\n\n"
            elif self._elapsed() - beat >= BEAT:
                beat = self._elapsed()
                yield b": \n\n"
            # To the next whole second: states change on whole seconds.
            edition = self._panel.wait(edition, timeout=1.0 - self._now() % 1.0)


class _Closing:
    """An iterator that gives its place back once, also when it was never begun."""

    def __init__(self, events: Iterator[bytes], close: Callable[[], None]) -> None:
        self._events, self._on_close = events, close
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._events)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._on_close()


def _news(view: View) -> dict[str, Any]:
    """The view without what changes every second; the minute stays, the page draws by it."""
    quiet = {"now": view["now"][:16], "edition": None} | ({"as_of": None} if view["online"] else {})
    return view | quiet
