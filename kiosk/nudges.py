"""What others tell the sync thread to look at sooner: a room with news, the device itself, a change to report.

Whoever knows of news (the push, a tap, the page) leaves a word here and goes on; the sync thread wakes and asks the
server. Words add up, none is lost, and one left twice is one.
"""

from dataclasses import dataclass, field
from threading import Condition


@dataclass
class Words:
    """`rooms`: when, in boottime, to ask for the feed of each ("*": of every one). The rest: at once."""

    rooms: dict[str, float] = field(default_factory=dict)
    me: bool = False
    beat: bool = False
    grants: bool = False


class Nudges:
    """Safe to use from several threads."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._words = Words()
        self._some = False

    def feed(self, room: str = "*", *, at: float = 0.0) -> None:
        """There is news of that room; ask for it from boottime `at` on."""
        with self._changed:
            self._words.rooms[room] = min(at, self._words.rooms.get(room, at))
            self._leave()

    def me(self) -> None:
        """Something of `/me` is other now."""
        with self._changed:
            self._words.me = True
            self._leave()

    def beat(self) -> None:
        """There is something to report, or something waits for a heartbeat."""
        with self._changed:
            self._words.beat = True
            self._leave()

    def grants(self) -> None:
        """Somebody waits for time that this door owns."""
        with self._changed:
            self._words.grants = True
            self._leave()

    def wake(self) -> None:
        """Let the sync thread look around."""
        with self._changed:
            self._leave()

    def take(self) -> Words:
        """All words since the last time."""
        with self._changed:
            words, self._words, self._some = self._words, Words(), False
            return words

    def wait(self, seconds: float) -> None:
        """Until somebody leaves a word, at most so long."""
        with self._changed:
            self._changed.wait_for(lambda: self._some, seconds)

    def _leave(self) -> None:
        self._some = True
        self._changed.notify_all()
