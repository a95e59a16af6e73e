"""Carries series on: dates that come within the horizon become bookings, and what cannot be placed is told.

Decisions:
- Dates of an approved series are accepted, also where its room asks for approval: what somebody approved is the series
  with the dates still to come, and the sweep has nobody to ask. A series that still waits goes on waiting; one whose
  dates were all declined ends there.
- A date is judged by what the room takes at all (rules.CARRY), not by notice or by how far ahead one may book: it was
  asked for long ago. What does not fit is left out with the codes of what stood in the way, and is not tried again.
- A series is carried once less than the horizon without `SLACK` is left: about once a week, and not all on one day.
- A date in time that a door owns is booked at risk, and certain when the door has spoken: nobody waits here for doors.
- One series is one transaction; where it has lain for long, several of `AT_ONCE` dates, so that nobody waits for it.
"""

import logging
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from server.core import approval, rules
from server.core.access import Actor
from server.core.clock import Clock, whole
from server.core.errors import Full, Later, Refused
from server.core.model import Booking, LeftOut, Series, Standing
from server.core.recurrence import Occurrence, occurrences
from server.core.rules.kinds import Wish
from server.core.series import goes_on
from server.core.zone import wall
from server.engine.counting import Case
from server.engine.door_time import NOBODY, Doors, written
from server.engine.house import House
from server.engine.placing import note, occurrence_of
from server.engine.scene import Placed, Scene, pay, scene_at
from server.store import bookings, carrying, series
from server.store.database import Store, Tx

SLACK = timedelta(days=7)
AT_ONCE = 50
MARGIN = timedelta(days=3)
"""Dates are sought from so much before, for wall time and instants need not keep step."""
PATIENCE = 3
"""So many times in a row the database may be busy; then the rest waits for the next sweep."""
UNCERTAIN = (Standing.AT_RISK, Standing.CONFLICT)
"""They were accepted, but for a door."""
SWEEP = Actor("carry", "book", source="carry", label="carry")
log = logging.getLogger("lintel.work")


@dataclass(frozen=True, slots=True)
class Skipped:
    """A date (UTC) of a series that could not be placed, and the codes of what stood in the way."""

    uid: str
    at: datetime
    codes: tuple[str, ...]


@dataclass(slots=True)
class Carried:
    """What a sweep did: series carried on, bookings made, dates left out; the uids of series that failed."""

    series: int = 0
    made: int = 0
    left_out: list[Skipped] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Carrying:
    """The use case of the sweep. Raises Later or Full only where it cannot even begin."""

    store: Store
    clock: Clock
    house: House
    horizon: timedelta
    doors: Doors = NOBODY

    def run(self) -> Carried:
        """Carries on every open series that is due; again at once there is nothing to do. One that fails is passed."""
        report = Carried()
        with self.store.reading() as tx:
            due = series.to_carry(tx, whole(self.clock.now()) + self.horizon - SLACK)
        busy = 0
        for number in due:
            try:
                self._carry(number, report)
                busy = 0
            except Exception as error:
                busy = busy + 1 if isinstance(error, Later) else 0
                report.failed.append(str(number))
                log.error("carry series=%d error=%s", number, type(error).__name__)
                if busy == PATIENCE or isinstance(error, Full):
                    break
        return report

    def _carry(self, number: int, report: Carried) -> None:
        """One series, as far as the horizon. Whoever else has carried or changed it meanwhile goes first."""
        with self.store.reading() as tx:
            it = series.by_ids(tx, [number]).get(number)
        until = whole(self.clock.now()) + self.horizon
        if it is None or not it.open or it.carried_to >= until - SLACK:
            return
        dates = _ahead(it, until)
        seen: Series | None = it
        while seen is not None and seen.open and seen.carried_to < until:
            some, dates = dates[:AT_ONCE], dates[AT_ONCE:]
            seen = self._write(seen, some, dates[0].period.start if dates else until, report)
        report.series += seen is not None

    def _write(self, seen: Series, dates: list[Occurrence], to: datetime, report: Carried) -> Series | None:
        """Places these dates, so that the series is carried up to `to`; None where it is not as it was seen."""
        after = replace(seen, carried_to=to, open=goes_on(seen.pattern, wall(to, seen.zone).replace(tzinfo=None)))

        def work(tx: Tx) -> tuple[Series, int, list[LeftOut]] | None:
            if series.by_ids(tx, [seen.id]).get(seen.id) != seen:
                return None
            now = whole(self.clock.now())
            scene = scene_at(tx, self.house, seen.rooms, SWEEP, now)
            standing = _standing(scene, seen)
            if standing is None:
                ended = replace(seen, open=False)
                series.update(tx, ended)
                return ended, 0, []
            made, left = _place(scene, seen, dates, standing)
            series.add_left_out(tx, left)
            series.update(tx, after)
            return after, made, left

        done = written(self.store, self.doors, work, seen.rooms, at_risk=True, wait=False)
        if done is None:
            return None
        report.made += done[1]
        report.left_out += [Skipped(seen.uid, it.at, it.codes) for it in done[2]]
        return done[0]


def _ahead(it: Series, until: datetime) -> list[Occurrence]:
    """The series' dates from where it is carried to, before `until`."""
    near = wall(it.carried_to, it.zone).replace(tzinfo=None) - MARGIN
    pattern = replace(it.pattern, since=max(near, it.pattern.since or near))
    return [date for date in occurrences(pattern, it.zone, it.length, until) if date.period.start >= it.carried_to]


def _standing(scene: Scene, it: Series) -> Standing | None:
    """How new dates stand: as the last one does, for it may be asked for later than the first ones were approved; they
    wait where that was declined. None where every one was declined.
    """
    found = carrying.standings(scene.tx, it.id, scene.now)
    if any(found[standing] for standing in (Standing.ACCEPTED, Standing.PENDING, *UNCERTAIN)):
        last = carrying.last_standing(scene.tx, it.id)
        return Standing.ACCEPTED if last in (Standing.ACCEPTED, *UNCERTAIN) else Standing.PENDING
    if found:
        return None
    return Standing.ACCEPTED if approval.stands(scene.rooms, SWEEP, series=True) else Standing.PENDING


def _place(
    scene: Scene, it: Series, dates: list[Occurrence], standing: Standing
) -> tuple[int, list[LeftOut]]:  # fmt: skip
    """Books each date that fits; how many, and those that do not."""
    tx, now = scene.tx, scene.now
    known = carrying.known(tx, it.id, dates[0].period.start) if dates else set()
    made, left = 0, []
    for date in dates:
        at = date.period.start
        if at in known:
            continue
        fresh = occurrence_of(it, date, standing=standing, now=now)
        placed, codes = _against(scene, fresh)
        if placed is None:
            left.append(LeftOut(it.id, at, now, codes))
        else:
            fresh = replace(placed.booking, id=bookings.insert(tx, placed.booking, placed.taking))
            pay(tx, None, fresh, owed=placed.taking.owed)
            note(scene, "booked", fresh)
            made += 1
    return made, left


def _against(scene: Scene, it: Booking) -> tuple[Placed | None, tuple[str, ...]]:
    """How a date can be placed, or the codes of what stands in the way."""
    if it.starts <= scene.now:
        return None, ("in_past",)
    wish = Wish(it.period, title=it.title, description=it.description, kept=it.details)
    try:
        taking = scene.judge(wish, rules.CARRY, Case(SWEEP, scene.house, it.owner, it.details)).taking
        return Placed(Placed(it, taking).whole, taking), ()
    except Refused as no:
        if no.wants and scene.tx.word != "at_risk":
            raise
        return None, tuple(sorted({it.code for it in no.objections} | {"clash" for _ in no.conflicts}))
