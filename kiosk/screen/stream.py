"""The event stream: the view (of several rooms all views) whenever it changes, so that nobody has to ask.

With them go the facts of the device (facts.py), as an event of their own. Of several rooms each view comes whole, for
the page opens any of them at a tap and none may be older than the others; a board is told its rooms in brief.

Every stream holds a waitress thread, so there are at most three, and one ends as soon as its browser is gone: it
wakes every second (a state may flip without any news), writes a comment every two, and stops when told so.
"""

import json
from collections.abc import Callable, Iterator
from threading import Lock
from typing import Any

from kiosk.doors import Doors
from kiosk.screen.facts import Facts
from kiosk.view import View

STREAMS = 3
BEAT = 2.0  # seconds between two signs of life


class Streams:
    """Hands out the streams."""

    def __init__(self, doors: Doors, facts: Facts, *, elapsed: Callable[[], float], now: Callable[[], float]) -> None:
        self._doors, self._facts, self._elapsed, self._now = doors, facts, elapsed, now
        self._lock = Lock()
        self._open = 0
        self._stopping = False

    def stop(self) -> None:
        """End all streams within a second."""
        self._stopping = True

    def open(self, gone: Callable[[], bool], room: str | None = None) -> Iterator[bytes] | None:
        """A new stream, or None when there are enough. `gone` says whether the browser went away.

        Of one room its `view`; without a room that of the only one, or of several (or none) their `views`.
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
        edition, known, shown, beat = -1, None, None, self._elapsed()
        while not self._stopping and not gone():
            if (facts := self._facts.changed()) != known:
                known, beat = facts, self._elapsed()
                yield _event("facts", self._facts.told())
            name, data, news = self._told(room)
            if (name, news) != shown:
                shown, beat = (name, news), self._elapsed()
                yield _event(name, data)
            elif self._elapsed() - beat >= BEAT:
                beat = self._elapsed()
                yield b": \n\n"
            # To the next whole second: states change on whole seconds.
            edition = self._doors.wait(edition, timeout=1.0 - self._now() % 1.0)

    def _told(self, room: str | None) -> tuple[str, Any, Any]:
        """The name and the data of an event, and what of it makes it worth telling."""
        if room is None and len(self._doors.all()) != 1:
            views = views_of(self._doors, kind=self._facts.who.kind)
            return "views", {"rooms": views}, [_news(view) for view in views]
        # A room that was taken away meanwhile: whoever listens hears of what is left, and asks anew.
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


def _event(name: str, data: Any) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


def views_of(doors: Doors, *, kind: str) -> list[View]:
    """The views of all rooms in order, each with its `id`: a view knows its room only where there is a plan."""
    views = [door.panel.view() | {"id": door.id} for door in doors.all()]
    return [brief(view) for view in views] if kind == "board" else views


def brief(view: View) -> View:
    """What a board shows of a room: all but its day and what can be done."""
    return {name: value for name, value in view.items() if name not in ("day", "actions")}


def _news(view: View) -> dict[str, Any]:
    """The view without what changes every second; the minute stays, the page draws by it."""
    quiet = {"now": view["now"][:16], "edition": None} | ({"as_of": None} if view["online"] else {})
    return view | quiet
