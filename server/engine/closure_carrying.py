"""Carries closure plans on: dates that come within the horizon, and rooms that have come to a place, are closed.

The sweep has nobody to ask: where a plan refuses to close over bookings, a date that one is in the way of is left out.
"""

import logging
from dataclasses import dataclass, field, replace
from datetime import timedelta

from server.core.clock import whole
from server.core.closing import ClosurePlan
from server.core.errors import Full, Later
from server.core.series import goes_on
from server.core.zone import wall
from server.engine.closing import Closed, Laying, dates_of, lately, under_lock
from server.engine.desk import Desk
from server.engine.house import House
from server.store import closure_plans
from server.store.database import Tx

SWEEP = "closures"
log = logging.getLogger("lintel.work")


@dataclass(slots=True)
class CarriedClosures:
    """What a sweep did: plans carried on, closures made, bookings that gave way, dates left out, plans that failed."""

    plans: int = 0
    made: int = 0
    bumped: int = 0
    left_out: int = 0
    failed: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ClosureCarrying:
    """The use case of the sweep. Raises Later or Full only where it cannot even begin."""

    desk: Desk
    house: House
    horizon: timedelta

    def run(self) -> CarriedClosures:
        """Carries on every plan that is due; again at once there is nothing to do. One that fails is passed."""
        report = CarriedClosures()
        with self.desk.store.reading() as tx:
            found = closure_plans.every(tx, open_only=True)
        for plan in found:
            try:
                self._carry(plan, report)
            except Exception as error:
                report.failed.append(plan.number)
                log.error("closures plan=%d error=%s", plan.number, type(error).__name__)
                if isinstance(error, Later | Full):
                    break
        return report

    def _carry(self, plan: ClosurePlan, report: CarriedClosures) -> None:
        now = whole(self.desk.clock.now())
        until = max(plan.carried_to, now + self.horizon)
        dates = dates_of(plan, now, until)
        if not dates and not goes_on(plan.pattern, wall(until, plan.zone).replace(tzinfo=None)):
            self.desk.store.writing(lambda tx: _close(tx, plan))
            return
        with self.desk.store.reading() as tx:
            known = closure_plans.known(tx, plan.number, lately(plan, now))
            places = self._for(tx, plan)
        where = {room for room in places if any((room, it.wall) not in known for it in dates)}
        if not where:
            return

        def work(laying: Laying) -> Closed:
            if closure_plans.find(laying.tx, plan.number) != plan:  # somebody was quicker, or has ended it
                return Closed(plan)
            laying.write(SWEEP)
            closure_plans.update(laying.tx, replace(plan, carried_to=until))
            return laying.closed(written=True)

        mode = "bump" if plan.conflicts == "bump" else "skip"
        done = under_lock(self.desk, plan, where, dates, mode, work)
        report.plans += 1
        report.made += done.made
        report.bumped += len(done.bumped)
        report.left_out += len(done.left_out)

    def _for(self, tx: Tx, plan: ClosurePlan) -> set[int]:
        """The rooms that the plan is for now."""
        if plan.place is None:
            return set(plan.rooms)
        return {number for number, it in self.house.at(tx).rooms.items() if plan.place in it.within}


def _close(tx: Tx, plan: ClosurePlan) -> None:
    """The plan has no date left."""
    if closure_plans.find(tx, plan.number) == plan:
        closure_plans.update(tx, replace(plan, open=False))
