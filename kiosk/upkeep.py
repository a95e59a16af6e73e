"""What keeps a panel running by itself: the machine's vitals, the screen's keeper, reboots and the watchdog, together.

`compose` makes one of it; the heartbeat takes `report` along.
"""

import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from kiosk import durable
from kiosk.clock import Clock
from kiosk.days import offset_at
from kiosk.glass import Glass
from kiosk.plan import Snapshot
from kiosk.reboots import RUN, Reboots
from kiosk.screen.keeping import Keeping
from kiosk.settings import Around
from kiosk.vitals import Vitals
from kiosk.watchdog import PAGE, SYNC, Notify, PageLife, Watchdog

log = logging.getLogger(__name__)

HOUR, DAY = 3600, 86_400
NIGHT = range(3, 5)  # o'clock in the room
RECENT = 120  # seconds after a touch somebody may still stand there
TRY, TRY_AGAIN = 600.0, 60.0  # seconds between two looks whether the card takes what is written


class Upkeep:
    """`plans` gives the newest plan of every room of this panel, None where there is none yet."""

    def __init__(
        self,
        folder: Path,
        *,
        clock: Clock,
        glass: Glass,
        plans: Callable[[], Iterable[Snapshot | None]],
        run: Path | None = None,
    ) -> None:
        self._clock, self._glass, self._plans = clock, glass, plans
        self._probe, self._probed = folder / "probe", clock.elapsed() + TRY_AGAIN
        self.vitals = Vitals(folder)
        self.reboots = Reboots(folder, clock, run=run or RUN)
        self.keeping = Keeping(
            folder=folder,
            elapsed=clock.elapsed,
            painted_ago=lambda: glass.seen().ago,
            quiet=self._quiet,
            mend=self.reboots.mend,
        )
        self._watchdog: Watchdog | None = None

    def report(self) -> dict[str, Any]:
        """For the heartbeat. From one thread."""
        if self._clock.elapsed() >= self._probed:
            self._try_card()
        return {"browser": self.keeping.state(), "vitals": self.vitals.read()}

    def watch(self, around: Around, *, host: str, port: int, lived: Callable[[], float]) -> None:
        """The page listens: say so to systemd, and feed its watchdog from now on.

        `lived`: when the sync thread last finished a piece of its work, by the boot clock.
        """
        notify, elapsed = Notify(around.notify), self._clock.elapsed
        page = PageLife(host, port, elapsed=elapsed)
        self._watchdog = Watchdog(
            notify, {"sync": (lived, SYNC), "page": (page, PAGE)}, elapsed=elapsed, patience=around.watchdog
        )
        notify.ready()
        if around.notify is not None:
            self._watchdog.start()

    def stop(self, *, for_good: bool = True) -> None:
        """The agent ends, or (not `for_good`) what it is just now."""
        if self._watchdog is not None:
            self._watchdog.stop(for_good=for_good)

    def _try_card(self) -> None:
        """A card that is worn out may take nothing and look as it always did; plans are written rarely at night."""
        try:
            durable.replace(self._probe, b"")
            well = True
        except OSError as error:
            log.error("card cannot_write=%s", error.strerror)
            well = False
        self.vitals.wrote(well)
        self._probed = self._clock.elapsed() + (TRY if well else TRY_AGAIN)

    def _quiet(self) -> tuple[bool, bool]:
        touched = self._glass.seen().touched_ago
        if not self._clock.verified or (touched is not None and touched < RECENT):
            return False, False
        return quiet(tuple(self._plans()), self._clock.now())


def quiet(plans: tuple[Snapshot | None, ...], now: float) -> tuple[bool, bool]:
    """Whether no room has a booking now or within the hour, and whether it is night in every one of them.

    A room without a plan may have one. A panel without a room (it pairs, or waits for one) has people before it.
    """
    known = [plan for plan in plans if plan is not None]
    if not known or len(known) < len(plans):
        return False, False
    booked = any(one.start < now + HOUR and one.end > now for plan in known for one in plan.bookings)
    return not booked, all(hour(plan, now) in NIGHT for plan in known)


def hour(plan: Snapshot, now: float) -> int:
    """The hour on the wall of the plan's room."""
    return int((now + offset_at(plan.offsets, now)) % DAY // HOUR)
