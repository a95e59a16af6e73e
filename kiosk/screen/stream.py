"""The event stream: the view (of several rooms all views, in brief) whenever it changes, so that nobody has to ask.

Every stream holds a waitress thread, so there are at most three, and one ends as soon as its browser is gone: it
wakes every second (a state may flip without any news), writes a comment every two, and stops when told so.
"""

import json
from collections.abc import Callable, Iterator
from threading import Lock
from typing import Any

from kiosk.doors import Doors
from kiosk.view import View

STREAMS = 3
BEAT = 2.0  # seconds between two signs of life


class Streams:
    """Hands out the streams."""

    def __init__(self, doors: Doors, *, elapsed: Callable[[], float], now: Callable[[], float]) -> None:
        self._doors, self._elapsed, self._now = doors, elapsed, now
        self._lock = Lock()
        self._open = 0
        self._stopping = False

    def stop(self) -> None:
        """End all streams within a second."""
        self._stopping = True

    def open(self, gone: Callable[[], bool], room: str | None = None) -> Iterator[bytes] | None:
        """A new stream, or None when there are enough. `gone` says whether the browser went away.

        Of one room its `view`; without a room that of the only one, or of several all their `views` in brief.
        """
        with self._lock:
            if self._open >= STREAMS:
                return None
            self._open += 1
        return _Closing(self._events(gone, room), self._close)

    def _close(self) -> None:
        with self._lock:
            self._open -= 1

    def _events(self, gone: Callable[[], bool], room: str | None) -> Iterator[bytes]:
        yield b"retry: 1000\n\n"
        edition, shown, beat = -1, None, self._elapsed()
        while not self._stopping and not gone():
            name, data, news = self._told(room)
            if (name, news) != shown:
                shown, beat = (name, news), self._elapsed()
                yield f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()
            elif self._elapsed() - beat >= BEAT:
                beat = self._elapsed()
                yield b": \n\n"
            # To the next whole second: states change on whole seconds.
            edition = self._doors.wait(edition, timeout=1.0 - self._now() % 1.0)

    def _told(self, room: str | None) -> tuple[str, Any, Any]:
        """The name and the data of an event, and what of it makes it worth telling."""
        if room is None and len(self._doors.all()) > 1:
            views = [brief(view) for view in self._doors.views()]
            edition = max(view["edition"] for view in views)
            return "views", {"rooms": views, "edition": edition}, [_news(view) for view in views]
        # A room that was taken away meanwhile: the page hears of what is left, and asks anew.
        view = self._doors.view(room) or self._doors.view() or {}
        return "view", view, _news(view)


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


def brief(view: View) -> View:
    """What an overview of several rooms shows of each: all but its day and what can be done."""
    return {name: value for name, value in view.items() if name not in ("day", "actions")}


def _news(view: View) -> dict[str, Any]:
    """The view without what changes every second; the minute stays, the page draws by it."""
    quiet = {"now": view["now"][:16], "edition": None} | ({"as_of": None} if view["online"] else {})
    return view | quiet
