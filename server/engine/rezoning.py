"""Places the bookings and closures of one group of rooms anew, in one transaction (core/rezoning.py says where)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from server.core.model import Closure, Room
from server.core.period import Period
from server.core.rezoning import MARGIN, Anew, Mover, SeriesAnew, period_anew, series_anew, single_anew, stayers
from server.core.spans import Spans
from server.store import bookings, closures, grants, rooms, series, zones
from server.store.database import Note, Tx

ACTOR = "zones"
CLOSURE, BOOKING = 0, 1
FOREVER = timedelta(days=36_500)


@dataclass(frozen=True, slots=True)
class Shift:
    """Something whose wall time is elsewhere now: `old` is where it started; `new` where it starts or, where it
    clashes, ought to. `uid` is a booking's; empty for a closure of the room (a slug).
    """

    uid: str
    room: str
    old: datetime
    new: datetime


@dataclass(slots=True)
class Rezoned:
    """What came of it: the zones that differ, what moved, what could not, the rooms that were left for next time."""

    zones: list[str] = field(default_factory=list)
    moved: list[Shift] = field(default_factory=list)
    clashing: list[Shift] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)

    def add(self, other: "Rezoned") -> None:
        """Takes in what came of another group of rooms."""
        self.moved += other.moved
        self.clashing += other.clashing


@dataclass(slots=True)
class Rezoning:
    """One group of rooms under the lock. `fresh` is what is said today of the zones that differ."""

    tx: Tx
    now: datetime
    fresh: Mapping[str, Spans]
    kept: zones.Kept
    report: Rezoned = field(default_factory=Rezoned)

    def run(self, places: list[int], recurring: list[int]) -> Rezoned:
        """Places what is in these rooms; `recurring` are the series that begin in one of them."""
        here = {number: rooms.by_number(self.tx, number) for number in places}
        whole = [anew for number in recurring if (anew := self._series(number)) is not None]
        changed = [row for anew in whole for row in anew.rows] + self._singles(here)
        shut = self._closures(here)
        stay = self._stayers(here, changed, shut)
        self._write(here, whole, changed, shut, stay)
        for number in places:
            for name in self.fresh:
                if self._old(name, number) is not None:
                    zones.keep(self.tx, name, self.fresh[name], number)
            if here[number].zone in self.fresh:
                self.tx.note(Note(self.now, "room_changed", number, None, ACTOR, codes=("zone",)))
        return self.report

    def _old(self, zone: str, room: int) -> Spans | None:
        """What the bookings of a room were placed by; None where the zone says what it did, or the room is done."""
        if zone not in self.fresh:
            return None
        before = self.kept.get((zone, room)) or self.kept.get((zone, None))
        return None if before is None or before.agrees(self.fresh[zone]) else before

    def _series(self, number: int) -> SeriesAnew | None:
        it = series.by_ids(self.tx, [number]).get(number)
        old = self._old(it.zone, it.rooms[0]) if it is not None else None
        if it is None or old is None:
            return None
        rows, left_out = series.occurrences(self.tx, number), series.left_out(self.tx, number)
        return series_anew(it, rows, left_out, old, self.fresh[it.zone], self.now)

    def _singles(self, here: Mapping[int, Room]) -> list[Anew]:
        found = []
        for number, room in here.items():
            old = self._old(room.zone, number)
            for it in zones.singles(self.tx, number, self.now) if old is not None else ():
                if old is not None and it.rooms[0] == number:
                    found.append(single_anew(it, old, self.fresh[room.zone], self.now))
        return [anew for anew in found if anew.retimed]

    def _closures(self, here: Mapping[int, Room]) -> list[tuple[Closure, Closure]]:
        """Closures to come, before and after."""
        found = []
        for number, room in here.items():
            old = self._old(room.zone, number)
            ahead = Period(self.now, self.now + FOREVER)
            for it in closures.touching(self.tx, number, ahead) if old is not None else ():
                if old is not None and it.starts > self.now:
                    to = period_anew(it.period, old, self.fresh[room.zone])
                    found.append((it, replace(it, starts=to.start, ends=to.end)))
        return [(it, after) for it, after in found if after.period != it.period]

    def _stayers(
        self, here: Mapping[int, Room], changed: list[Anew], shut: list[tuple[Closure, Closure]]
    ) -> set[tuple[int, int]]:
        moved = [it for it in changed if it.retimed and it.before.standing.holding]
        lanes = zones.lanes(self.tx, [it.before.id for it in moved])
        movers = [
            Mover(
                (BOOKING, it.before.id),
                tuple(_spot(room, lanes.get((it.before.id, room), 0)) for room in it.before.rooms),
                it.before.period, it.after.period,
            )
            for it in moved
        ]  # fmt: skip
        for it, after in shut:
            spots = tuple(_spot(it.room, lane) for lane in range(here[it.room].policy.lanes))
            movers.append(Mover((CLOSURE, it.id), spots, it.period, after.period))
        if not movers:
            return set()
        moving = {it.order for it in movers}
        since = min(it.new.start for it in movers) - MARGIN
        held = [
            (_spot(number, lane), period)
            for number in here
            for lane, period, booking, closure in zones.held(self.tx, number, since)
            if ((BOOKING, booking) if booking is not None else (CLOSURE, closure)) not in moving
        ]
        return {it.order for it in stayers(movers, held)}

    def _write(
        self, here: Mapping[int, Room], whole: list[SeriesAnew], changed: list[Anew],
        shut: list[tuple[Closure, Closure]], stay: set[tuple[int, int]],
    ) -> None:  # fmt: skip
        """All holds and addresses that change are given up first, so that they can change places."""
        grants.clear(self.tx, here)
        series.release(self.tx, [it.before.id for it in changed])
        zones.release(self.tx, [it.id for it, _ in shut])
        for it, wanted in shut:
            stays = (CLOSURE, it.id) in stay
            zones.move_closure(self.tx, it if stays else wanted)
            self._tell(Shift("", here[it.room].id, it.starts, wanted.starts), (it.room,), None, stays)
        for each in changed:
            was = each.before
            stays = (BOOKING, was.id) in stay
            after = each.staying() if stays else each.after
            bookings.update(self.tx, replace(after, version=was.version + 1, changed_at=self.now))
            if was.standing.holding and (each.retimed or each.let_go):
                shift = Shift(was.uid, here[was.rooms[0]].id, was.starts, each.after.starts)
                self._tell(shift, was.rooms, was.id, stays or each.let_go)
        for anew in whole:
            series.update(self.tx, anew.series)
            series.put_left_out(self.tx, anew.series.id, anew.left_out)

    def _tell(self, shift: Shift, places: tuple[int, ...], subject: int | None, stays: bool) -> None:
        (self.report.clashing if stays else self.report.moved).append(shift)
        for number in rooms.concerned(self.tx, places):
            self.tx.note(Note(self.now, "zone_clash" if stays else "moved", number, subject, ACTOR, codes=("zone",)))


def _spot(room: int, lane: int) -> int:
    """A lane of a room as one number: in each of them nothing overlaps."""
    return room * 1_000 + lane
