"""The sweep that gives rooms back to which nobody came: warned, released, and five minutes later free.

Decisions:
- One statement finds all that runs and waits for its people, in all rooms; what is to be done with each is decided
  from what is stored (core/release.py), and decided again under the lock of its rooms before it is written. So two
  sweeps at once do each thing once, and whoever checks in first in the database keeps the room.
- How far it has come is a row beside the booking. The booking itself, and its version, changes only when time is given
  away: a check-in that means what people saw is never out of date because of a warning.
- What nobody can know (evidence.py) is told once as unknown, and looked at again as long as there is time to win.
- Meetings of the same people in one room, one after another, are one stay: the next one is checked in at its start.
- Whoever fails alone does not stop the others.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from server.core.clock import Clock, whole
from server.core.errors import Full, Later
from server.core.house import HouseMap
from server.core.model import Room, Standing
from server.core.period import Period
from server.core.presence import JOINED, inherits
from server.engine.evidence import evidence
from server.engine.house import House
from server.engine.releasing import Done, Due, Scene
from server.store import bookings, emergencies, finding, releases
from server.store.database import Store, Tx
from server.store.releases import Awaited, Former

AT_ONCE = 400
"""Bookings of a transaction: so long others wait for their rooms."""
PATIENCE = 3
"""So many times in a row the database may be busy; then the rest waits for the next sweep."""
LATE = timedelta(minutes=2)
"""So long a panel is waited for before it is called silent."""
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
log = logging.getLogger("lintel.work")


@dataclass(slots=True)
class Kept:
    """The version of the house at some time, and rooms as they were then; replaced as a whole."""

    known: tuple[int, Mapping[int, Room]] = (-1, MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Release:
    """The use case of the sweep. Raises Later or Full only where it cannot even begin."""

    store: Store
    clock: Clock
    house: House
    kept: Kept = field(default_factory=Kept)

    def run(self) -> Mapping[str, int]:
        """Does all that is due; says how much of what. Again at once there is nothing to do."""
        now = whole(self.clock.now())
        counts: dict[str, int] = {}
        busy = 0
        due = self._due(now)
        for start in range(0, len(due), AT_ONCE):
            part = due[start : start + AT_ONCE]
            try:
                self._count(counts, part)
                busy = 0
            except Full:
                raise
            except Later:
                busy += 1
                if busy == PATIENCE:
                    break
            except Exception:
                for each in part:
                    self._alone(counts, each)
        return counts

    def _alone(self, counts: dict[str, int], each: Due) -> None:
        try:
            self._count(counts, [each])
        except (Later, Full):
            raise
        except Exception as error:
            counts["failed"] = counts.get("failed", 0) + 1
            log.error("release booking=%d error=%s", each.it.booking, type(error).__name__)

    def _count(self, counts: dict[str, int], part: Sequence[Due]) -> None:
        rooms = {room for each in part for room in each.it.rooms}
        for name in self.store.writing(lambda tx: self._write(tx, part), rooms=rooms):
            counts[name] = counts.get(name, 0) + 1

    # what is due

    def _due(self, now: datetime) -> list[Due]:
        with self.store.reading() as tx:
            found = releases.awaited(tx, now)
            if not found:
                return []
            scene = self._scene(tx, found, now)
            due: list[Due] = []
            unsure: list[Due] = []
            for it in found:
                each = scene.due(_beside(tx, it, scene.asked(it)[0]))
                if each is not None:
                    (due if each.at is None else unsure).append(each)
            if unsure:
                opens = [(each.it, each.terms.opens) for each in unsure]
                known = evidence(tx, opens)
                for each, (it, since) in zip(unsure, opens, strict=True):
                    at = each.at or now
                    why = known.against(it, scene.asked(it), since, at)
                    if why == "panel_silent" and now < at + LATE:
                        continue
                    if not why or it.course is None or it.course.outcome != "unknown":
                        due.append(replace(each, why=why) if why else each)
        return due

    def _scene(self, tx: Tx, found: Sequence[Awaited], now: datetime) -> "Scene":
        house = self.house.at(tx)
        rooms = self._rooms(tx, house, {room for it in found for room in it.rooms})
        since = min(it.period.start for it in found) - DAY
        return Scene(tx, house, rooms, emergencies.since(tx, since), now)

    def _rooms(self, tx: Tx, house: HouseMap, numbers: set[int]) -> Mapping[int, Room]:
        version, known = self.kept.known
        if version != house.version:
            known = {}
        missing = list(numbers - known.keys())
        for start in range(0, len(missing), 1000):
            known = {**known, **finding.rooms(tx, missing[start : start + 1000])}
        if missing or version != house.version:
            self.kept.known = (house.version, known)
        return known

    # what is done

    def _write(self, tx: Tx, part: Sequence[Due]) -> list[str]:
        now = whole(self.clock.now())
        scene = self._scene(tx, [each.it for each in part], now)
        ids = [each.it.booking for each in part]
        rows = {it.id: it for it in bookings.by_ids(tx, ids)}
        formers = {it.id: it for it in bookings.by_ids(tx, {e.it.former.booking for e in part if e.it.former})}
        courses = releases.courses(tx, ids)
        done = Done(scene)
        for each in part:
            row = rows.get(each.it.booking)
            if row is None or row.standing is not Standing.ACCEPTED or row.checked_in_at is not None:
                continue
            if not row.period.holds(now) or row.rooms != each.it.rooms:
                continue
            it = replace(each.it, period=row.period, course=courses.get(row.id), former=None)
            former = formers.get(each.it.former.booking) if each.it.former is not None else None
            if former is not None and inherits(former, row, scene.asked(it)[0]):
                done.inherit(row)
            elif (again := scene.due(it)) is not None and again.same(each):
                done.do(row, again, each.why)
        done.write()
        return done.counted


def _beside(tx: Tx, it: Awaited, room: Room) -> Awaited:
    """The booking with the meeting of its people before it, which may have been in another lane of the room."""
    if it.former is not None or room.policy.lanes == 1:
        return it
    (row,) = bookings.by_ids(tx, [it.booking])
    window = Period(row.starts - max(JOINED, timedelta(minutes=room.policy.gap_minutes)) - SECOND, row.starts)
    near = (each for each in bookings.holding(tx, room.number, window) if inherits(each, row, room))
    return replace(it, former=next((Former(each.id, each.rooms, each.ends) for each in near), None))
