"""Watches the disk that the database lies on: says in time that it fills up, and keeps room for the moment it is full.

Decisions:
- It looks where the database's file is. PostgreSQL's disk is its own server's to watch.
- The ballast is laid only where there is plenty of room, and given up when hardly any is left: writes that were refused
  go on at once, and the ticket that says so can be written.
- A look also empties a write-ahead log that has become long because somebody always read.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from server.core.clock import Clock, whole
from server.core.errors import Full, Later
from server.engine.tickets import open_ticket, settle
from server.store import disk, tickets
from server.store.database import Store, Tx

LEVELS = (95, 85)
"""Percent at which a ticket is opened, the worse first."""
CALM = 3
"""So many percent below its level a ticket is closed again, so that it does not come and go."""
LEAST = 16 * disk.MIB
"""Bytes: with less left the disk is full."""
PLENTY = 4
"""So many times the ballast has to be free for it to be laid."""
LONG_LOG = 64 * disk.MIB
CATEGORY = "disk_low"
ACTOR = "disk"
log = logging.getLogger("lintel.disk")


@dataclass(frozen=True, slots=True)
class Disk:
    """The use cases. `ballast`: bytes, 0 for none. Raises OSError where the disk cannot be asked."""

    store: Store
    clock: Clock
    ballast: int = 64 * disk.MIB

    def look(self) -> disk.Room | None:
        """How full it is; None where the database is another server's."""
        return disk.room(self.store.folder) if self.store.folder is not None else None

    def watch(self) -> Mapping[str, int]:
        """The round: ballast, tickets, and the log; says how full it is, and the bytes of ballast given up."""
        found = self.look()
        if found is None or self.store.folder is None:
            return {}
        given = 0
        if found.free < LEAST and found.ballast:
            given = self.free_ballast()
        elif self.ballast > found.ballast and found.free > PLENTY * self.ballast and found.used < LEVELS[-1]:
            disk.lay(self.store.folder, self.ballast)
        elif found.ballast > self.ballast:
            disk.lay(self.store.folder, self.ballast) if self.ballast else self.free_ballast()
        try:
            self._tell(found)
            self.store.shorten(LONG_LOG)
        except (Full, Later):
            log.warning("disk used=%d%% free=%d unsaid=1", found.used, found.free)
        return {"used": found.used, "given": given}

    def free_ballast(self) -> int:
        """Gives the ballast up; returns how many bytes that frees. It is laid again once there is plenty of room."""
        if self.store.folder is None:
            return 0
        given = disk.give_up(self.store.folder)
        if given:
            log.warning("disk ballast given=%d", given)
        return given

    def _tell(self, found: disk.Room) -> None:
        used = 100 if found.free < LEAST else found.used
        with self.store.reading() as tx:
            due = _due(tx, used)
        if due:
            now = whole(self.clock.now())
            self.store.writing(lambda tx: _say(tx, now, used))


def given_up(url: str) -> int:
    """Gives up the ballast beside the database of an address, without opening that; returns how many bytes it held."""
    return disk.give_up(Path(url.removeprefix("sqlite:///")).resolve().parent) if url.startswith("sqlite:///") else 0


def _subject(level: int) -> str:
    return f"disk:{level}"


def _due(tx: Tx, used: int) -> bool:
    """Whether a ticket is to be opened or closed."""
    there = {it for level in LEVELS if tickets.open_one(tx, CATEGORY, it := _subject(level)) is not None}
    return any(
        (used >= level and _subject(level) not in there) or (used < level - CALM and _subject(level) in there)
        for level in LEVELS
    )


def _say(tx: Tx, now: datetime, used: int) -> None:
    for level in LEVELS:
        if used >= level:
            open_ticket(tx, now, CATEGORY, _subject(level), codes=(f"used={used}",), by=ACTOR)
        elif used < level - CALM:
            settle(tx, now, CATEGORY, _subject(level), ACTOR)
