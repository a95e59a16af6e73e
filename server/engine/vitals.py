"""How the house does: what `/readyz`, `/metrics`, `lintel doctor` and the start page of the console are made of."""

import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from server.core.clock import Clock, whole
from server.engine.alive import Alive
from server.engine.disk import LEAST
from server.engine.fleet import standings
from server.engine.watching import SILENT
from server.store import fleet, outbox, vitals, watching, work
from server.store.database import Store
from server.store.durations import BOUNDS

WAITS = BOUNDS
"""Seconds by which it is counted how long writers waited (`store.waits`)."""
FULL = LEAST
"""Bytes; with less left on the disk it counts as full."""
QUIET = timedelta(seconds=60)
"""After so long without a round nobody makes them."""


@dataclass(frozen=True, slots=True)
class Vitals:
    """Numbers of one moment. `behind`: changes that a listener has still to be told; `ages`: seconds since each panel
    that is online was up to date. `rounds`: when the last round was made. `sizes` in bytes. `verdicts`: how many
    devices in use are how well (core/fleet.py).
    """

    at: datetime
    head: int
    behind: Mapping[str, int] = field(default_factory=dict)
    stuck: Mapping[str, int] = field(default_factory=dict)
    deliveries: Mapping[str, int] = field(default_factory=dict)
    letters: Mapping[str, int] = field(default_factory=dict)
    tickets: Mapping[str, int] = field(default_factory=dict)
    paired: int = 0
    online: int = 0
    ages: tuple[float, ...] = ()
    rounds: datetime | None = None
    sizes: Mapping[str, int] = field(default_factory=dict)
    verdicts: Mapping[str, int] = field(default_factory=dict)

    @property
    def dark(self) -> int:
        """Panels that are paired and not heard of."""
        return self.paired - self.online


@dataclass(frozen=True, slots=True)
class Looking:
    """Reads them. Raises Later where the database does not answer."""

    store: Store
    clock: Clock
    alive: Alive

    def now(self) -> Vitals:
        """All numbers, as of one instant."""
        now = whole(self.clock.now())
        with self.store.reading() as tx:
            head = outbox.end(tx)
            devices = fleet.known(tx)
            here = [it for it in watching.panels_of(devices) if now - it.seen_at <= SILENT]
            last = work.last_alive(tx)
            return Vitals(
                now, head,
                behind={name: head - seq for name, seq in outbox.cursors(tx).items()},
                stuck=vitals.stuck(tx), deliveries=vitals.deliveries(tx), letters=vitals.letters(tx),
                tickets=vitals.tickets(tx), paired=vitals.paired(tx), online=len(here),
                ages=tuple(max(0.0, (now - it.as_of).total_seconds()) for it in here if it.as_of is not None),
                rounds=last[1].end if last else None, sizes=vitals.size(self.store, tx),
                verdicts=dict(Counter(standing.verdict for standing in standings(devices, now))),
            )  # fmt: skip

    def rounds(self) -> bool:
        """Whether somebody makes the rounds."""
        last = self.alive.last()
        return last is not None and abs(whole(self.clock.now()) - last.end) <= QUIET

    def durability(self) -> dict[str, tuple[str, str]]:
        """Settings of the database on which it depends what a power cut takes: (found, wanted) where they differ."""
        with self.store.reading() as tx:
            found = vitals.durability(self.store, tx)
        return {name: both for name, both in found.items() if both[0] != both[1]}


def free(folder: Path) -> int | None:
    """Bytes left where the folder is; None where that cannot be told."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None
