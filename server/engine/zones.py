"""When the zone database changes, bookings to come keep their wall time: compares what it said with what it says.

Decisions:
- What was said is kept ten years ahead, for somebody may have booked that far; the clocks of later years are anybody's
  guess.
- Each group of rooms that share bookings is one transaction, which also notes that these rooms are done: an update that
  is cut off goes on where it stopped.
- It has to run before anything is booked under the new data, which is why the server does so before it answers: a
  booking that was made by the new data and one made by the old look alike.
- All processes over one database need the same zone data; of two that differ each would undo what the other did.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.core import zone
from server.core.clock import Clock, epoch, whole
from server.core.errors import Full, Later
from server.core.period import Period
from server.core.spans import Spans, spans_of
from server.engine.rezoning import Rezoned, Rezoning
from server.store import rooms, zones
from server.store.database import Store, Tx

Offsets = Callable[[Period, str], list[tuple[datetime, int]]]
BEHIND, AHEAD = timedelta(days=1), timedelta(days=3_653)
WORN = timedelta(days=30)
"""What is kept is written anew when its end has come so much nearer: each day it would differ in nothing else."""
log = logging.getLogger("lintel.work")


@dataclass(frozen=True, slots=True)
class Zones:
    """The use case of zone data. Raises Later or Full."""

    store: Store
    clock: Clock

    def run(self, *, offsets: Offsets | None = None) -> Rezoned:
        """Places anew what the zone data of today puts elsewhere than that of last time; the first time only keeps.

        `offsets(period, zone)` tells the data; that of this machine as it is now where not given.
        """
        if offsets is None:
            zone.renew()
        now = whole(self.clock.now())
        with self.store.reading() as tx:
            used = zones.in_use(tx)
            kept = zones.kept(tx, used)
            fresh = _fresh(used, kept, now, offsets or zone.offsets)
            differ = {name for name, new in fresh.items() if not _agrees(kept, name, new)}
            groups = _groups(tx, differ, now) if differ else []
        report = Rezoned(zones=sorted(differ))
        for places, recurring in groups:
            self._place({name: fresh[name] for name in differ}, places, recurring, report)
        keep = {name for name, new in fresh.items() if _worn(kept.get((name, None)), new)} - differ
        if not report.failed:
            keep |= differ
        if keep:
            self.store.writing(lambda tx: _keep(tx, {name: fresh[name] for name in sorted(keep)}, now))
        return report

    def _place(self, fresh: dict[str, Spans], places: list[int], recurring: list[int], report: Rezoned) -> None:
        """One group of rooms in one transaction; one that fails is left for the next time, and so is what was kept."""

        def work(tx: Tx) -> Rezoned:
            return Rezoning(tx, whole(self.clock.now()), fresh, zones.kept(tx, fresh, places)).run(places, recurring)

        try:
            report.add(self.store.writing(work, rooms=places))
        except (Later, Full):
            raise
        except Exception as error:
            log.error("zones rooms=%s error=%s", ",".join(map(str, places)), type(error).__name__)
            report.failed += places


def _fresh(names: Iterable[str], kept: zones.Kept, now: datetime, offsets: Offsets) -> dict[str, Spans]:
    """What is said today of each zone, from as far back as what was kept."""
    found = {}
    for name in names:
        before = kept.get((name, None))
        period = Period(before.first if before is not None else now - BEHIND, now + AHEAD)
        try:
            found[name] = spans_of(offsets(period, name), period)
        except ValueError:
            log.warning("zones zone=%s error=unknown", name)
    return found


def _agrees(kept: zones.Kept, name: str, new: Spans) -> bool:
    before = kept.get((name, None))
    return before is None or before.agrees(new)


def _worn(before: Spans | None, new: Spans) -> bool:
    return before is None or new.end - before.end > WORN.total_seconds()


def _keep(tx: Tx, fresh: dict[str, Spans], now: datetime) -> None:
    for name, spans in fresh.items():
        zones.keep(tx, name, spans.cut(max(spans.start, epoch(now - BEHIND)), spans.end))


def _groups(tx: Tx, differ: set[str], now: datetime) -> list[tuple[list[int], list[int]]]:
    """The rooms where something may move, together with those that they share bookings with, and the series there."""
    recurring = zones.series_of(tx, differ)
    touched = {room.number for room in rooms.every(tx) if room.zone in differ}
    touched |= {room for _, places in recurring for room in places}
    group = {room: {room} for room in touched}
    for places in [*zones.shared_rooms(tx, now), *(places for _, places in recurring)]:
        joined = set().union(*(group.get(room, {room}) for room in places))
        for room in joined:
            group[room] = joined
    each = {min(those): those for those in group.values() if those & touched}
    return [
        (sorted(those), [number for number, places in recurring if places[0] in those])
        for _, those in sorted(each.items())
    ]
