"""Lays the dates of a closure plan over its rooms, under their lock.

Decisions:
- What is over stays as it was: a date under way is closed from now on, and a booking that is running is cut short, not
  cancelled, where bookings have to give way.
- A date that meets another closure takes what that leaves, and gets the rest when the other one is gone.
- A date that something is in the way of is left out and told; it is not tried again.
"""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from server.core.access import Actor
from server.core.audit import difference
from server.core.clock import whole
from server.core.closing import ClosurePlan, Gap, still_open
from server.core.errors import Conflict, Later
from server.core.model import Booking, Closure, Room
from server.core.period import Period
from server.core.policy import LONGEST
from server.core.recurrence import Occurrence, occurrences
from server.core.zone import wall
from server.engine.desk import Desk
from server.engine.taking_back import take_back
from server.store import bookings, closure_plans, closures, grants, rooms
from server.store.closures import Taken
from server.store.database import Note, Tx

BACK = LONGEST + timedelta(days=2)
TOLD = 100
"""So many conflicts are told at most."""


@dataclass(frozen=True, slots=True)
class Closed:
    """What came of it: the plan, how many closures it made, the bookings that gave way as they are now, what it left.

    `conflicts`: what was in the way of the dates that were left out. `written` False: a preview.
    """

    plan: ClosurePlan
    made: int = 0
    bumped: tuple[Booking, ...] = ()
    left_out: tuple[Gap, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    written: bool = True


@dataclass(slots=True)
class Laying:
    """One plan's dates on their way into the rooms; `mode` is its `conflicts`, or what the sweep makes of it."""

    tx: Tx
    plan: ClosurePlan
    rooms: Mapping[int, Room]
    now: datetime
    mode: str
    made: list[tuple[int, datetime, Period]] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    hit: dict[int, datetime] = field(default_factory=dict)
    bumped: list[Booking] = field(default_factory=list)

    def look(self, dates: Iterable[Occurrence], known: Collection[tuple[int, datetime]]) -> None:
        """Finds out what comes of each date in each room that is not known; writes nothing."""
        ahead = [(it, Period(max(it.period.start, self.now), it.period.end)) for it in dates]
        ahead = [(it, period) for it, period in ahead if period.start < period.end]
        wanted = {
            room: [(it, period) for it, period in ahead if (room, it.wall) not in known] for room in sorted(self.rooms)
        }
        wanted = {room: some for room, some in wanted.items() if some}
        if not wanted:
            return
        window = Period(min(some[0][1].start for some in wanted.values()), max(period.end for _, period in ahead))
        held: dict[int, list[Taken]] = {}
        for taken in closures.taken(self.tx, wanted, window):
            held.setdefault(taken.room, []).append(taken)
        for room, some in wanted.items():
            touching = _over([period for _, period in some], held.get(room, []))
            for (it, period), over in zip(some, touching, strict=True):
                self._decide(room, it, period, over)

    def _decide(self, room: int, date: Occurrence, period: Period, over: list[Taken]) -> None:
        booked = [it for it in over if it.occurrence is not None]
        if booked and self.mode != "bump":
            if self.mode == "skip":
                self.gaps.append(Gap(self.plan.number, room, date.wall, ("clash",), self.now))
            slug, at = self.rooms[room].id, date.period.start
            self.conflicts += [
                Conflict(slug, it.period.start, it.period.end, it.uid, it.organizer, at, it.series_uid) for it in booked
            ][: TOLD - len(self.conflicts)]
            return
        for it in booked:
            if it.occurrence is not None:
                self.hit[it.occurrence] = min(period.start, self.hit.get(it.occurrence, period.start))
        shut = [it.period for it in over if it.occurrence is None]
        self.made += [(room, date.wall, part) for part in still_open(period, shut)]
        if shut:
            self.gaps.append(Gap(self.plan.number, room, date.wall, ("closed",), self.now))

    def write(self, actor: Actor | str) -> None:
        """Writes what was found; the plan has its number by now."""
        for it in bookings.by_ids(self.tx, list(self.hit)):
            self.bumped.append(give_way(self.tx, it, self.hit[it.id], self.now, actor, str(self.plan.number)))
        plan = self.plan
        lanes = {room: self.rooms[room].policy.lanes for room, _, _ in self.made}
        grants.clear(self.tx, lanes)  # staff's word counts at once; what a door has promised meanwhile is a conflict
        closure_plans.insert_dates(self.tx, plan, self.made, lanes)
        closure_plans.leave_out(self.tx, [replace(it, plan=plan.number) for it in self.gaps])
        for room in rooms.concerned(self.tx, sorted(lanes)):
            after = {"plan": plan.number, "dates": len(self.made)}
            self.tx.note(Note(self.now, "room_closed", room, None, actor, text={"reason": plan.reason}, after=after))

    def closed(self, *, written: bool) -> Closed:
        """What came of it."""
        return Closed(
            self.plan, len(self.made), tuple(self.bumped), tuple(self.gaps), tuple(self.conflicts), written
        )  # fmt: skip


def under_lock(
    desk: Desk, plan: ClosurePlan, where: Collection[int], dates: Sequence[Occurrence], mode: str,
    work: Callable[[Laying], Closed], *, preview: bool = False,
) -> Closed:  # fmt: skip
    """What `work` makes of the dates in these rooms, under the lock of them and of all that bookings give up there.

    Raises Later where a booking came meanwhile that holds another room as well; asking again finds it.
    """

    def looked(tx: Tx) -> Laying:
        now = whole(desk.clock.now())
        laying = Laying(tx, plan, {number: rooms.by_number(tx, number) for number in sorted(where)}, now, mode)
        laying.look(dates, closure_plans.known(tx, plan.number, lately(plan, now)) if plan.number else ())
        return laying

    def shared(tx: Tx, laying: Laying) -> set[int]:
        return {room for it in bookings.by_ids(tx, list(laying.hit)) for room in it.rooms}

    locked = set(where)
    if mode == "bump":
        with desk.store.reading() as tx:
            locked |= shared(tx, looked(tx))

    def done(tx: Tx) -> Closed:
        laying = looked(tx)
        if not locked.issuperset(shared(tx, laying)):
            raise Later(1)
        return work(laying)

    return desk.written(done, sorted(locked), preview=preview)


def give_way(tx: Tx, it: Booking, start: datetime, now: datetime, actor: Actor | str, plan: str) -> Booking:
    """Takes a booking back whose room is closed from an instant on; cuts it short where it has begun by then."""
    if it.starts >= now or it.starts >= start:
        return take_back(tx, it, now, what="bumped", actor=actor, codes=("closed", plan))
    ended = now if start <= now else it.ended_at
    after = replace(it, ends=start, planned_end=it.planned_end or it.ends, ended_at=ended, version=it.version + 1,
                    changed_at=now)  # fmt: skip
    bookings.update(tx, after)
    was, then = difference(it, after)
    for room in rooms.concerned(tx, it.rooms):
        tx.note(Note(now, "bumped", room, it.id, actor, codes=("closed", plan), before=was, after=then))
    return after


def dates_of(plan: ClosurePlan, since: datetime, until: datetime) -> list[Occurrence]:
    """The plan's dates that end after an instant and begin before another."""
    near = lately(plan, since)
    pattern = replace(plan.pattern, since=max(near, plan.pattern.since or near))
    return [it for it in occurrences(pattern, plan.zone, plan.length, until) if it.period.end > since]


def give_back(tx: Tx, gone: Collection[Closure], now: datetime, actor: Actor | str) -> None:
    """After closures are gone: other plans get what they had left to them. The rooms of these are locked."""
    again: dict[int, set[int]] = {}
    for number, room in closure_plans.retry(tx, gone):
        again.setdefault(number, set()).add(room)
    for number, where in sorted(again.items()):
        plan = closure_plans.find(tx, number)
        if plan is not None:
            laying = Laying(tx, plan, {room: rooms.by_number(tx, room) for room in where}, now, "skip")
            laying.look(dates_of(plan, now, plan.carried_to), closure_plans.known(tx, number, lately(plan, now)))
            laying.write(actor)


def _over(dates: list[Period], held: list[Taken]) -> list[list[Taken]]:
    """For each date (by start, none over another) the holds that touch it."""
    found: list[list[Taken]] = [[] for _ in dates]
    ends = [period.end for period in dates]
    for it in held:
        at = bisect_right(ends, it.period.start)
        while at < len(dates) and dates[at].start < it.period.end:
            found[at].append(it)
            at += 1
    return found


def lately(plan: ClosurePlan, now: datetime) -> datetime:
    """The wall time before which no date of the plan goes on."""
    return wall(now, plan.zone).replace(tzinfo=None) - BACK
