"""What the page is told besides the rooms' views: which device it is on, how it is to look, and when to show itself.

The facts go down the same stream as the views, as an event of their own, whenever they differ: so a theme or a
language that staff set is on the glass within a second, without a restart. How long the device is still to show who it
is goes along as seconds and not as an instant, because the page has no clock that anybody trusts.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Any

LONGEST = 600  # seconds a device shows itself at most

KINDS = ("panel", "board")
STATES = ("good", "waiting", "quarantined")


@dataclass(frozen=True, slots=True)
class Look:
    """How the page is drawn: `density` in pixels per millimetre, None where nobody measured the glass."""

    language: str
    density: float | None
    theme: str
    large_type: bool = False
    hour_clock: int = 24
    touch: bool = True


@dataclass(frozen=True, slots=True)
class Who:
    """The device as the server knows it; `number` is 0 where a token speaks that is no device.

    `kind`: panel or board. `state`: good, waiting (it has no room yet) or quarantined (nothing can be done at it).
    """

    number: int = 0
    name: str = ""
    kind: str = "panel"
    state: str = "good"
    fingerprint: str = ""


class Facts:
    """Safe to use from several threads. `elapsed` is the boottime."""

    def __init__(self, look: Look, who: Who | None = None, *, elapsed: Callable[[], float]) -> None:
        self._lock = Lock()
        self._look, self._who = look, who or Who()
        self._elapsed = elapsed
        self._until = float("-inf")
        self._flashes = 0
        self._pages = 0

    @property
    def look(self) -> Look:
        with self._lock:
            return self._look

    @property
    def who(self) -> Who:
        with self._lock:
            return self._who

    def become(self, look: Look | None = None, who: Who | None = None) -> None:
        """The page is to look so, or the device is this one, from now on."""
        with self._lock:
            self._look, self._who = look or self._look, who or self._who

    def identify(self, seconds: int) -> None:
        """Show for so long which device this is, over everything else."""
        with self._lock:
            self._flashes += 1
            self._until = self._elapsed() + min(max(seconds, 0), LONGEST)

    def reload(self) -> None:
        """Let the page load itself anew."""
        with self._lock:
            self._pages += 1

    def told(self) -> dict[str, Any]:
        """What the page gets. `identify` is null or the seconds left; `flash` counts the times, `page` the reloads."""
        with self._lock:
            left = self._until - self._elapsed()
            return {
                **asdict(self._who),
                **asdict(self._look),
                "identify": -int(-left // 1) if left > 0 else None,
                "flash": self._flashes,
                "page": self._pages,
            }

    def changed(self) -> dict[str, Any]:
        """The facts without what runs by itself: two that are equal need not be told twice."""
        told = self.told()
        return told | {"identify": told["identify"] is not None}
