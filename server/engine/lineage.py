"""The lives of the house: what begins when a backup is put back, and how a copy that was put back by hand is noticed.

Decisions:
- What is put back is another life: it gets a new incarnation, so that whoever follows the feed begins anew. Nobody
  knows what doors were given after the backup was taken, so each panel is assumed to own all that it could.
- The incarnation and the newest change are also kept in a file beside the database, at the start and each minute. A
  database of the same incarnation that has come less far than the file says is a copy that was put back: it begins a
  new life at once. One of another incarnation was put back elsewhere, by `lintel restore`: the file takes that.
- The file is read before the database is asked: then no process that writes in between makes it seem less far.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from server.core.access import CLI
from server.core.clock import Clock, whole
from server.core.escrow import Grant, assumed
from server.core.model import Device
from server.core.stretches import Times, union
from server.engine.alive import plausible
from server.engine.owning import could_own
from server.engine.tickets import open_ticket
from server.store import beside, grants, keys, meta, rooms, work
from server.store.beside import Mark
from server.store.database import Note, Store, Tx
from server.store.grants import Door

CATEGORY = "restored"
SELF = "lineage"
LOST = 1_000_000
"""More bookings than can have been made since any backup: their numbers and names may be in people's calendars, and are
never given to others."""
COPIED = "copied_back"
log = logging.getLogger("lintel.lineage")


@dataclass(frozen=True, slots=True)
class Lineage:
    """The use cases. `path`: where the life is kept outside of the database, None for nowhere."""

    store: Store
    clock: Clock
    path: Path | None = None

    def begin(self) -> bool:
        """Before anything else is done with a database: whether it was copied back, and so has begun a new life.

        Raises Later or Full where that cannot be written.
        """
        known, found = self.look()
        copied = _behind(known, found) and self._anew(found)
        if copied or (known is not None and known.incarnation != found.incarnation):
            self._write(self.found())
        return copied

    def keep(self) -> Mapping[str, int]:
        """The round: writes down how far the database has come. PostgreSQL's may be put back while we run."""
        copied = self.begin()
        known, found = self.look()
        if known != found and not _behind(known, found):
            self._write(found)
        return {"copied": int(copied), "seq": found.seq}

    def look(self) -> tuple[Mark | None, Mark]:
        """What was written down, and what the database says of itself after that."""
        known = beside.read(self.path) if self.path is not None else None
        return known, self.found()

    def behind(self) -> Mark | None:
        """What was written down of this very life, where the database has come less far than that."""
        known, found = self.look()
        return known if _behind(known, found) else None

    def found(self) -> Mark:
        """What the database says of itself."""
        with self.store.reading() as tx:
            return mark(tx)

    def _anew(self, found: Mark) -> bool:
        now = whole(self.clock.now())

        def begin(tx: Tx) -> str:
            last = work.last_alive(tx)
            right = last is None or plausible(now, last[1].end)
            return new_life(tx, now, former=found.incarnation, codes=(COPIED,), clock_right=right)

        with self.store.reading() as tx:
            there = {number for it in _panels(tx) for number in it.rooms}
        fresh = self.store.writing(begin, rooms=there)
        if fresh:
            log.warning("lineage copied_back=1 former=%s incarnation=%s", found.incarnation, fresh)
        return bool(fresh)

    def _write(self, found: Mark) -> None:
        if self.path is None:
            return
        try:
            beside.write(self.path, found)
        except OSError as error:  # bookings go on; lintel doctor says that it is not kept
            log.error("lineage unkept=1 error=%s", type(error).__name__)


def mark(tx: Tx) -> Mark:
    """The life of a database, and its newest change."""
    row = tx.one("SELECT seq FROM change_end")
    return Mark(meta.get(tx, "incarnation") or "", int(row[0]) if row else 0)


def new_life(
    tx: Tx, now: datetime, *, former: str, codes: tuple[str, ...] = (), clock_right: bool = True
) -> str:  # fmt: skip
    """Begins it; returns the new incarnation, "" where another process has begun one. The rooms of panels are locked.

    `clock_right`: who puts back what is older than a week need not say that the clock is right.
    """
    fresh = str(uuid4())
    if not meta.exchange(tx, "incarnation", former, fresh):
        return ""
    if clock_right:
        work.begin_alive(tx, now, anew=True)
    assume(tx, now)
    meta.leap(tx, LOST)
    tx.note(
        Note(now, "restored", None, None, SELF if codes else CLI, codes, before={"incarnation": former},
             after={"incarnation": fresh})
    )  # fmt: skip
    if codes:
        open_ticket(tx, now, CATEGORY, fresh, codes=codes, by=SELF)
    return fresh


def assume(tx: Tx, now: datetime) -> None:
    """Each panel is taken to own all of its rooms that it could own, and what it owned by the backup.

    Also where the backup has bookings: one that was cancelled since may have been given to the door, and then it still
    is the door's when that booking is cancelled once more.
    Of several panels of one room each is: nobody knows which of them was given it. A panel that staff no longer waited
    for is not waited for now.
    """
    panels = _panels(tx)
    mine = {(number, it.number) for it in panels for number in it.rooms}
    before = {(it.room, it.device): it for it in grants.of_rooms(tx, {room for room, _ in mine})}
    grants.drop(tx, [it.id for key, it in before.items() if key in mine])
    could: dict[int, Times] = {}
    for room, device in sorted(mine):
        if room not in could:
            could[room] = could_own(tx, rooms.by_number(tx, room), now)
        former = before[room, device].grant if (room, device) in before else Grant()
        held = union(could[room], former.reserved)
        if held:
            grants.put(tx, Door(0, device, room, replace(assumed(held), forced=former.forced)), now)


def _panels(tx: Tx) -> list[Device]:
    return [it for it in keys.devices(tx) if it.kind == "panel" and it.revoked_at is None]


def _behind(known: Mark | None, found: Mark) -> bool:
    return known is not None and known.incarnation == found.incarnation and found.seq < known.seq
