"""What the page says of the glass it is on: that it paints, and whether touch is to be trusted.

The page speaks up from within a frame every few seconds, so a renderer that is frozen or hidden falls silent. That
somebody reads our stream proves nothing. Nobody's meeting is given away at a door whose glass was dark or deaf, so
what is kept here is since when it has painted *without a break*; a restart of the agent begins anew, an outage of the
network does not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

GAP = 30.0  # seconds: longer without a word of the page, and it had stopped


@dataclass(frozen=True, slots=True)
class Seen:
    """Whole seconds since the page last painted, and for how long till then; None: nothing has painted yet.

    `touch`: good, suspect (it never came, a contact that sticks, many that hit nothing), none on a screen that only
    shows, or "" while no page has said. `touched_ago`: whole seconds since the last contact; None where there was none.
    """

    ago: int | None
    length: int | None
    touch: str
    touched_ago: int | None = None


class Glass:
    """Safe to use from several threads. `elapsed` is the boottime."""

    def __init__(self, elapsed: Callable[[], float]) -> None:
        self._elapsed = elapsed
        self._lock = Lock()
        self._since: float | None = None
        self._last = float("-inf")
        self._touch = ""
        self._touched: float | None = None

    def painted(self, touch: str, touched_ago: float | None = None) -> None:
        """The page has painted just now, and says this of its touch and of its last contact, in seconds."""
        with self._lock:
            now = self._elapsed()
            if self._since is None or now - self._last > GAP:
                self._since = now
            self._last, self._touch = now, touch
            # A page that was loaded anew knows of no contact: the one of the page before it still was one.
            if touched_ago is not None:
                self._touched = now - touched_ago

    def seen(self) -> Seen:
        """As of now. Rounded so that it never claims more than was."""
        with self._lock:
            if self._since is None:
                return Seen(None, None, "")
            now = self._elapsed()
            touched = None if self._touched is None else max(0, int(now - self._touched))
            return Seen(-int(-(now - self._last) // 1), int(self._last - self._since), self._touch, touched)
