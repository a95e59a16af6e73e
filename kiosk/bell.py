"""The bell that rings at every change of anything shown: one lock and one edition for all doors of the agent.

Several doors share it, so that whoever draws waits in one place, and an edition tells the newer of two views whichever
door they are of.
"""

from threading import Condition


class Bell:
    """`changed` guards all that the doors know; `edition` grows at every ring."""

    def __init__(self) -> None:
        self.changed = Condition()
        self.edition = 0

    def ring(self) -> None:
        """Something shown may be other now. The caller holds `changed`."""
        self.edition += 1
        self.changed.notify_all()

    def wait(self, edition: int, *, timeout: float) -> int:
        """Return when something changed since `edition`, or after `timeout` seconds; the edition now."""
        with self.changed:
            self.changed.wait_for(lambda: self.edition != edition, timeout)
            return self.edition
