"""Closing rooms: once or again and again, single ones or all of a place; the plan carries itself on.

Decisions:
- What is asked for is a plan, also where it has one date in one room: it can be listed, given another reason, ended.
- `refuse` closes all or nothing.
- A plan for a place is also for the rooms that come to it later (closure_carrying.py).
- The server's horizon bounds a plan as it bounds a series; what nobody can book yet need not be closed yet.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from server.core.access import Actor, may, require
from server.core.clock import whole
from server.core.closing import CONFLICTS, ClosurePlan, Gap
from server.core.errors import Invalid, Objection, Refused, Unknown
from server.core.model import Closure, Room
from server.core.period import Period
from server.core.recurrence import Pattern, check_bookable, length_of, parse
from server.core.text import problems
from server.core.zone import instant, wall, zone
from server.engine.asking import check_period
from server.engine.closing import Closed, Laying, dates_of, give_back, under_lock
from server.engine.desk import Desk
from server.engine.house import House
from server.engine.placing import check_dates
from server.store import closure_plans, closures, rooms
from server.store.database import Note, Tx

DAY = timedelta(days=1)
MOST_PLANS, MOST_ROOMS, MOST_AT_ONCE = 1_000, 10_000, 120_000


@dataclass(frozen=True, slots=True)
class ClosureAsk:
    """What to close: rooms by slug or a place by number, from when to when, and how it recurs (RFC 5545 lines).

    `starts` and `ends` are instants or, without an offset, wall time of `zone` (empty: the place's, else the first
    room's). `conflicts`: refuse, bump or skip.
    """

    starts: datetime
    ends: datetime
    reason: str = ""
    rooms: tuple[str, ...] = ()
    place: int | None = None
    lines: tuple[str, ...] = ()
    zone: str = ""
    conflicts: str = "refuse"


@dataclass(frozen=True, slots=True)
class Closures:
    """The use cases of closures. All raise Invalid, Unknown, Barred, Refused, Later or Full."""

    desk: Desk
    house: House
    horizon: timedelta

    def add(self, ask: ClosureAsk, actor: Actor, *, preview: bool = False) -> Closed:
        """Closes. Refused with the conflicts where bookings are in the way and neither give way nor are skipped."""
        plan, places = self._planned(ask, actor)
        dates = dates_of(plan, whole(self.desk.clock.now()), plan.carried_to)
        if not dates:
            raise Invalid({"ends": "is over"})
        check_dates(dates, places[0].id)
        if len(dates) * len(places) > MOST_AT_ONCE:
            raise Invalid({"recurrence": f"makes more than {MOST_AT_ONCE} closures"})

        def work(laying: Laying) -> Closed:
            if len(closure_plans.every(laying.tx, open_only=True)) >= MOST_PLANS:
                raise Refused((Objection("too_many_plans", "", {"most": MOST_PLANS}),))
            if laying.conflicts and plan.conflicts == "refuse":
                raise Refused((), tuple(laying.conflicts))
            laying.plan = replace(plan, number=closure_plans.insert(laying.tx, plan))
            laying.write(actor)
            return laying.closed(written=not preview)

        return under_lock(self.desk, plan, {it.number for it in places}, dates, plan.conflicts, work, preview=preview)

    def _planned(self, ask: ClosureAsk, actor: Actor) -> tuple[ClosurePlan, list[Room]]:
        """The plan that the ask comes to, not yet stored, and the rooms it is for now. Checks rights."""
        bad = problems({"reason": (ask.reason, 255)})
        if ask.conflicts not in CONFLICTS:
            bad["conflicts"] = ", ".join(CONFLICTS)
        if bool(ask.rooms) == (ask.place is not None) or len(set(ask.rooms)) != len(ask.rooms):
            bad["rooms"] = "name a place, or rooms once each"
        if bad:
            raise Invalid(bad)
        places = self._places(ask, actor)
        name = ask.zone or self._zone(ask.place) or places[0].zone
        try:
            zone(name)
        except ValueError as error:
            raise Invalid({"zone": "not a known time zone"}) from error
        starts, ends = (instant(it, name) if it.tzinfo is None else it for it in (ask.starts, ask.ends))
        check_period(starts, ends)
        first, now = wall(starts, name).replace(tzinfo=None), whole(self.desk.clock.now())
        pattern = parse(ask.lines, first, name) if ask.lines else Pattern(first, dates=(first,))
        check_bookable(pattern)
        until = max(now, starts + timedelta(seconds=1)) + self.horizon
        numbers = () if ask.place is not None else tuple(it.number for it in places)
        length = length_of(Period(starts, ends), name)
        plan = ClosurePlan(0, ask.reason, numbers, ask.place, name, pattern, length, ask.conflicts, until, True,
                           actor.name, now)  # fmt: skip
        return plan, places

    def _places(self, ask: ClosureAsk, actor: Actor) -> list[Room]:
        require(actor, "places" if ask.place is not None else "admin")
        with self.desk.store.reading() as tx:
            if ask.place is not None:
                return [rooms.by_number(tx, number) for number in self._under(tx, ask.place)]
            found = [(slug, rooms.by_slug(tx, slug)) for slug in ask.rooms]
        for slug, room in found:
            if room is None:
                raise Unknown("room", slug)
            require(actor, "admin", room)
        return [room for _, room in found if room is not None]

    def _under(self, tx: Tx, place: int) -> tuple[int, ...]:
        """The rooms of a place; Unknown where there is no such place, Refused where it has no room."""
        house = self.house.at(tx)
        if place not in house.places:
            raise Unknown("place", str(place))
        found = tuple(number for number, it in house.rooms.items() if place in it.within)
        if not found:
            raise Refused((Objection("no_rooms", str(place)),))
        if len(found) > MOST_ROOMS:
            raise Invalid({"place": f"has more than {MOST_ROOMS} rooms"})
        return found

    def _zone(self, place: int | None) -> str:
        house = self.house.now()
        above = house.path(place) if place is not None else ()
        return next((house.places[it].zone for it in above if house.places[it].zone), "")

    def change(self, number: int, actor: Actor, *, reason: str) -> ClosurePlan:
        """Gives a plan, and its closures that are not over, another reason."""
        if bad := problems({"reason": (reason, 255)}):
            raise Invalid(bad)
        _, where = self._mine(number, actor)

        def work(tx: Tx) -> ClosurePlan:
            it, now = self._again(tx, number), whole(self.desk.clock.now())
            after = replace(it, reason=reason, version=it.version + 1)
            closure_plans.update(tx, after)
            closure_plans.rename(tx, number, reason, now)
            for room in rooms.concerned(tx, sorted({it.room for it in closure_plans.dates(tx, number, now)})):
                tx.note(Note(now, "room_closed", room, None, actor, text={"reason": reason}, after={"plan": number}))
            return after

        return self.desk.store.writing(work, rooms=where)

    def end(self, number: int, actor: Actor) -> int:
        """Ends a plan: gives back what is to come, and what is left of a date under way; how many closures that is."""
        _, where = self._mine(number, actor)

        def work(tx: Tx) -> int:
            it, now = self._again(tx, number), whole(self.desk.clock.now())
            gone = closure_plans.dates(tx, number, now)
            for each in gone:
                if each.starts < now:
                    closures.cut(tx, each.id, now)
            closures.delete(tx, [each.id for each in gone if each.starts >= now])
            closure_plans.update(tx, replace(it, open=False, version=it.version + 1))
            self._gone(tx, gone, now, actor)
            return len(gone)

        return self.desk.store.writing(work, rooms=where)

    def drop(self, number: int, at: datetime, actor: Actor, *, room: str | None = None) -> int:
        """Gives back one date of a plan, named by its start: an instant, or wall time of the plan's zone.

        In one room or in all; it stays away. Returns how many closures are gone; Unknown where there is none.
        """
        seen, where = self._mine(number, actor)
        date = at if at.tzinfo is None else wall(at, seen.zone).replace(tzinfo=None)

        def work(tx: Tx) -> int:
            it, now = self._again(tx, number), whole(self.desk.clock.now())
            place = rooms.by_slug(tx, room) if room is not None else None
            gone = closure_plans.dates_at(tx, number, date)
            gone = [each for each in gone if room is None or (place is not None and each.room == place.number)]
            if not gone:
                raise Unknown("closure", at.isoformat())
            if any(each.ends <= now for each in gone):
                raise Refused((Objection("over", ""),))
            for each in gone:
                closures.remove(tx, each.id)
            if room is None:  # nor in a room that comes to the place later
                pattern = replace(it.pattern, except_dates=(*it.pattern.except_dates, date))
                closure_plans.update(tx, replace(it, pattern=pattern, version=it.version + 1))
            self._gone(tx, gone, now, actor)
            return len(gone)

        return self.desk.store.writing(work, rooms=where)

    def _gone(self, tx: Tx, gone: list[Closure], now: datetime, actor: Actor) -> None:
        give_back(tx, gone, now, actor)
        was = {"closures": sorted(it.id for it in gone)[:100]}
        for room in rooms.concerned(tx, sorted({it.room for it in gone})):
            tx.note(Note(now, "room_reopened", room, None, actor, before=was))

    def _mine(self, number: int, actor: Actor) -> tuple[ClosurePlan, tuple[int, ...]]:
        """The plan, where the actor may change it, and every room that it closes or may close."""
        with self.desk.store.reading() as tx:
            it = closure_plans.find(tx, number)
            if it is None:
                require(actor, "admin")
                raise Unknown("closure plan", str(number))
            require(actor, "places" if it.place is not None else "admin")
            where = {each.room for each in closure_plans.dates(tx, number, whole(self.desk.clock.now()))}
        for room in it.rooms:
            require(actor, "admin", room)
        return it, tuple(sorted(where | set(it.rooms)))

    def _again(self, tx: Tx, number: int) -> ClosurePlan:
        it = closure_plans.find(tx, number)
        if it is None or not it.open:
            raise Refused((Objection("over", ""),))
        return it

    def plans(self, actor: Actor, *, over: bool = False) -> tuple[ClosurePlan, ...]:
        """The plans that close a room the actor sees, the oldest first; `over`: also those that have ended."""
        require(actor, "read")
        with self.desk.store.reading() as tx:
            house = self.house.at(tx)
            found = closure_plans.every(tx, open_only=not over)
        if actor.rooms is None and actor.levels is None:
            return tuple(found)
        mine = {number for number in house.rooms if may(actor, "read", number)}
        within = frozenset[int]().union(*(house.rooms[number].within for number in mine))
        return tuple(it for it in found if mine.intersection(it.rooms) or it.place in within)

    def dates(self, actor: Actor, window: Period, *, plan: int | None = None) -> tuple[Closure, ...]:
        """The closures that touch the window, of all plans and none or of one, where the actor sees the room."""
        require(actor, "read")
        with self.desk.store.reading() as tx:
            found = closures.everywhere(tx, window)
        mine = (it for it in found if plan is None or it.plan == plan)
        return tuple(it for it in mine if may(actor, "read", it.room))

    def left_out(self, actor: Actor) -> tuple[Gap, ...]:
        """The dates from yesterday on that plans did not close, or not wholly, in rooms the actor sees; by date."""
        require(actor, "read")
        with self.desk.store.reading() as tx:
            found = closure_plans.left_out(tx, whole(self.desk.clock.now()).replace(tzinfo=None) - DAY)
        return tuple(it for it in found if may(actor, "read", it.room))
