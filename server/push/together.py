"""The push of one process, put together: the hub, and what finds out what it has to tell."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from server.core.access import Actor
from server.core.clock import monotonic
from server.engine.pushing import Pushing
from server.push.counts import Counts
from server.push.hub import Bounds, Hub
from server.push.watch import Watch


def nothing(actor: Actor) -> str:
    """Where nobody knows what devices are told of themselves."""
    return ""


@dataclass(slots=True)
class Push:
    """The hub and what it is told by, put together. `start` raises OSError where the address cannot be had.

    `me`: the digest of what a device is told of itself, asked whenever one connects.
    """

    pushing: Pushing
    listen: str
    me: Callable[[Actor], str] = nothing
    bounds: Bounds = Bounds()  # noqa: RUF009 - a value that cannot change
    random: Random = field(default_factory=Random)
    counts: Counts = field(default_factory=Counts)
    port: int = 0
    _parts: tuple[Hub, Watch] | None = None

    def bind(self) -> int:
        """Takes the address; returns the port."""
        hub = Hub(self.pushing, me=self.me, counts=self.counts, bounds=self.bounds, random=self.random)
        self.port = hub.bind(self.listen)
        self._parts = (hub, Watch(self.pushing, hub.told, self.counts))
        return self.port

    def start(self) -> None:
        """Listens, from the first look on."""
        if self._parts is None:
            self.bind()
        if self._parts is not None:
            hub, watch = self._parts
            watch.look()  # before anybody is let in
            hub.start()
            watch.start()

    def lived(self) -> float:
        """When its loop last turned, by the monotonic clock; now where there is none to turn."""
        return self._parts[0].lived() if self._parts is not None else monotonic()

    def stop(self) -> None:
        """Ends every connection and all threads; once more is fine."""
        if self._parts is not None:
            hub, watch = self._parts
            watch.stop()
            hub.stop()
            self._parts = None
