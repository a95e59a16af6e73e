"""Strikes: dates of a series to which nobody came, one after another. First its organiser hears of it, then it ends.

Decisions:
- A date counts when it was given back; one that somebody came to ends the row. What is not known, and what an emergency
  emptied, counts for nothing.
- Dates are counted after they were given back, each in a transaction of its own, so that what befell the date and what
  it means for the series are two acts.
- Coming dates are cancelled only where the policy says after how many, of several rooms that of each; one before it,
  people are told.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from server.core.access import Actor
from server.core.audit import difference
from server.core.claims import asked
from server.core.clock import whole
from server.core.emergencies import suspends
from server.core.errors import Full, Later
from server.core.model import Booking, Standing
from server.core.series import whole_of
from server.engine.desk import Desk
from server.engine.rewriting import cancel_rows
from server.engine.scene import Scene, scene_at
from server.engine.tickets import open_ticket
from server.store import bookings, emergencies, releases, series
from server.store.database import Note, Tx

SWEEP = Actor("strikes", "admin", source="strikes", label="strikes")
AT_ONCE = 500
log = logging.getLogger("lintel.work")


@dataclass(frozen=True, slots=True)
class Strikes:
    """The use case of the sweep. Raises Later or Full."""

    desk: Desk

    def run(self) -> Mapping[str, int]:
        """Counts every date that was given back, once. One that fails is passed over until the next time."""
        with self.desk.store.reading() as tx:
            due = releases.unjudged(tx, AT_ONCE)
            found = {it.id: it for it in bookings.by_ids(tx, [number for number, _ in due])}
        counts: dict[str, int] = {}
        for number, line in due:
            try:
                for what in self._judge(found[number], line):
                    counts[what] = counts.get(what, 0) + 1
            except (Later, Full):
                raise
            except Exception as error:
                counts["failed"] = counts.get("failed", 0) + 1
                log.error("strikes booking=%d error=%s", number, type(error).__name__)
        return counts

    def _judge(self, it: Booking, line: int) -> list[str]:
        def work(tx: Tx) -> list[str]:
            now = whole(self.desk.clock.now())
            scene = scene_at(tx, self.desk.house, it.rooms, SWEEP, now)
            within = frozenset().union(*(scene.house.rooms[number].within for number in it.rooms))
            if suspends(emergencies.since(tx, now), within, now, now) or not releases.judge(tx, it.id):
                return []
            count = releases.strikes(tx, line)
            bounds = [room.policy.strikes for room in asked(scene.places)]
            most = None if None in bounds else max(it for it in bounds if it is not None)
            codes = (str(count), str(most)) if most is not None else (str(count),)
            _tell(scene, "strike", it, codes)
            if most is None or count < most - 1:
                return ["strikes"]
            if count == most - 1:
                _tell(scene, "strikes_warned", it, codes)
                return ["strikes", "warned"]
            return ["strikes", *(["ended"] if _end(scene, line, now, codes) else [])]

        return self.desk.store.writing(work, rooms=it.rooms)


def _end(scene: Scene, line: int, now: datetime, codes: tuple[str, ...]) -> bool:
    """Cancels what is to come of the series and says so to who looks after the rooms."""
    tx, it = scene.tx, series.by_ids(scene.tx, [line]).get(line)
    if it is None:
        return False
    rows = series.occurrences(tx, line)
    before = {row.id: row for row in rows}
    _, gone = cancel_rows(tx, whole_of(it, rows, series.left_out(tx, line)), None, now)
    for row in gone:
        _tell(scene, "cancelled", row, ("strikes",), before=before[row.id])
    open_ticket(tx, now, "series_unattended", f"series:{line}", room=it.rooms[0], codes=codes, by=SWEEP.name)
    return bool([row for row in gone if row.standing is Standing.CANCELLED])


def _tell(
    scene: Scene, what: str, it: Booking, codes: tuple[str, ...], *, before: Booking | None = None
) -> None:  # fmt: skip
    was, then = difference(before, it) if before is not None else ({}, {})
    for room in scene.house.touched(it.rooms):
        scene.tx.note(Note(scene.now, what, room, it.id, SWEEP, codes, before=was, after=then))
