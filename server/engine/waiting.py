"""The waiting list: people queue for a time that is taken, and it is offered to the first when it comes free.

Decisions:
- An offer is a pending booking in the person's name, made by all rules as if they had asked for it now; so it holds the
  room, counts for their quota, and nobody else gets it meanwhile. It stands when they say yes (or waits for approval,
  where the room asks for that); unanswered it lapses and the next one is asked.
- Who came first is asked first, but a wish that does not fit lets the next pass.
- All is done by a sweep each minute, in one transaction a step: two sweepers do each thing once.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from server.core.access import Actor, may, require
from server.core.approval import stands
from server.core.audit import difference
from server.core.clock import whole
from server.core.errors import Barred, Full, Invalid, Later, LintelError, Objection, Refused, Unknown
from server.core.model import Ask, Booking, Room, Standing
from server.core.period import Period
from server.core.text import problems
from server.core.waiting import KEPT, OFFER, OPEN, PASSING, Wait
from server.core.zone import day_of
from server.engine.asking import check_period
from server.engine.booking import Bookings
from server.engine.desk import Desk
from server.engine.rights import Rights
from server.engine.taking_back import take_back
from server.store import bookings, finding, people, rooms, waits
from server.store.database import Note, Tx
from server.store.within import Within

MOST_OWN, MOST_DAY = 20, 100
BACK = timedelta(days=31)
SWEEP = "waiting"
log = logging.getLogger("lintel.work")


@dataclass(slots=True)
class Waited:
    """What a sweep did: offers made, offers that lapsed, waits whose time came, and what failed."""

    offered: int = 0
    lapsed: int = 0
    over: int = 0
    failed: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Waiting:
    """The use cases of the waiting list. All raise Invalid, Unknown, Barred, Refused, Later or Full."""

    desk: Desk
    bookings: Bookings
    rights: Rights

    def join(self, slugs: tuple[str, ...], starts: datetime, ends: datetime, title: str, actor: Actor) -> Wait:
        """Queues for rooms at a time. Refused where they are to be had, or never will be to this person."""
        if actor.person is None:
            raise Barred("identity")
        if bad := problems({"title": (title, 255)}):
            raise Invalid(bad)
        check_period(starts, ends)
        places, now = self.bookings.places(slugs, actor), whole(self.desk.clock.now())
        for room in places:
            if not room.policy.waiting:
                raise Refused((Objection("no_waiting", room.id),))
        if starts <= now:
            raise Refused((Objection("in_past", places[0].id),))
        self._taken(Ask(slugs, starts, ends, title), actor)
        it = Wait(0, actor.person, tuple(room.number for room in places), starts, ends, title, now)

        def work(tx: Tx) -> Wait:
            _check_limits(tx, it, places)
            made = waits.insert(tx, it)
            for room in places:
                tx.note(Note(now, "waits", room.number, None, actor, codes=(str(made.number),)))
            return made

        return self.desk.store.writing(work, rooms=it.rooms)

    def _taken(self, ask: Ask, actor: Actor) -> None:
        """Raises Refused unless what stands in the way may pass."""
        try:
            self.bookings.book(ask, actor, preview=True)
        except Refused as no:
            lasting = tuple(it for it in no.objections if it.code not in PASSING)
            if lasting:
                raise Refused(lasting) from no
            return
        raise Refused((Objection("not_taken", ask.rooms[0]),))

    def mine(self, actor: Actor) -> tuple[Wait, ...]:
        """What the actor waits for and what came of it in the past month, by start."""
        if actor.person is None:
            raise Barred("identity")
        with self.desk.store.reading() as tx:
            return tuple(waits.of_person(tx, actor.person, whole(self.desk.clock.now()) - BACK))

    def queue(self, actor: Actor, *, room: str | None = None) -> tuple[Wait, ...]:
        """Who waits in rooms that the actor manages, in that one where it is named; who came first first."""
        require(actor, "admin")
        with self.desk.store.reading() as tx:
            place = rooms.by_slug(tx, room) if room is not None else None
            if room is not None and place is None:
                raise Unknown("room", room)
            found = waits.queue(tx)
        if place is not None:
            require(actor, "admin", place)
            found = [it for it in found if place.number in it.rooms]
        return tuple(it for it in found if all(may(actor, "admin", number) for number in it.rooms))

    def leave(self, number: int, actor: Actor) -> Wait:
        """Goes from the queue, or turns an offer down. For who waits, and for those who manage the rooms."""
        seen = self._reached(number, actor)

        def work(tx: Tx) -> Wait:
            it, now = _again(tx, seen), whole(self.desk.clock.now())
            self._end_offer(tx, it, now, "offer_declined", actor)
            return _put(tx, replace(it, standing="left"))

        return self.desk.store.writing(work, rooms=seen.rooms)

    def accept(self, number: int, actor: Actor) -> Booking:
        """Takes what is offered: it stands, or waits for approval where the room asks for that."""
        seen = self._reached(number, actor)
        if seen.person != actor.person:
            raise Barred("identity")
        for room in seen.rooms:
            require(actor, "book", room)

        def work(tx: Tx) -> Booking:
            it, now = _again(tx, seen), whole(self.desk.clock.now())
            booking = _offer(tx, it)
            if booking is None or it.offered_until is None or it.offered_until <= now:
                raise Refused((Objection("no_offer", ""),))
            places = [rooms.by_number(tx, room) for room in it.rooms]
            standing = Standing.ACCEPTED if stands(places, actor) else Standing.PENDING
            after = replace(booking, standing=standing, source=KEPT, version=booking.version + 1, changed_at=now)
            bookings.update(tx, after)
            was, then = difference(booking, after)
            codes = (str(it.number),)
            for room in rooms.concerned(tx, after.rooms):
                tx.note(Note(now, "offer_accepted", room, after.id, actor, codes, before=was, after=then))
            _put(tx, replace(it, standing="accepted"))
            return after

        return self.desk.store.writing(work, rooms=seen.rooms)

    def _reached(self, number: int, actor: Actor) -> Wait:
        require(actor, "book")
        with self.desk.store.reading() as tx:
            it = waits.find(tx, number)
        if it is None:
            raise Unknown("wait", str(number))
        if it.person != actor.person and not all(may(actor, "admin", room) for room in it.rooms):
            raise Barred("identity")
        return it

    def _end_offer(self, tx: Tx, it: Wait, now: datetime, what: str, actor: Actor | str) -> None:
        booking = _offer(tx, it)
        if booking is not None:
            take_back(tx, booking, now, what=what, actor=actor, codes=(str(it.number),))

    # the sweep

    def run(self) -> Waited:
        """Ends offers that nobody answered, and offers what has come free; again at once there is nothing to do."""
        report, now = Waited(), whole(self.desk.clock.now())
        with self.desk.store.reading() as tx:
            found = waits.queue(tx)
        if not found:
            return report
        offered = [it for it in found if it.standing == "offered"]
        for it in offered:
            self._try(it, report, self._lapse)
        if any(it.standing == "waiting" and it.starts <= now for it in found):
            report.over = self.desk.store.writing(lambda tx: waits.end_over(tx, now))
        waiting = [it for it in found if it.standing == "waiting" and it.starts > now]
        for it in self._fitting(waiting):
            self._try(it, report, self._offer_to)
        return report

    def _try(self, it: Wait, report: Waited, act: Callable[[Wait, Waited], None]) -> None:
        """One that fails does not stop the others."""
        try:
            act(it, report)
        except (Later, Full):
            raise
        except LintelError:
            return  # somebody was quicker, or it does not fit
        except Exception as error:
            report.failed.append(it.number)
            log.error("waiting wait=%d error=%s", it.number, type(error).__name__)

    def _lapse(self, seen: Wait, report: Waited) -> None:
        """Ends an offer whose time is up, and one whose booking somebody has cancelled or declined."""

        def work(tx: Tx) -> bool:
            it, now = _again(tx, seen), whole(self.desk.clock.now())
            if _offer(tx, it) is None:
                _put(tx, replace(it, standing="left"))
                return False
            if it.offered_until is not None and it.offered_until > now:
                return False
            self._end_offer(tx, it, now, "offer_lapsed", SWEEP)
            _put(tx, replace(it, standing="lapsed"))
            return True

        report.lapsed += self.desk.store.writing(work, rooms=seen.rooms)

    def _fitting(self, found: list[Wait]) -> list[Wait]:
        """Those whose rooms nothing fills, in their order; what only rules are against is found out by booking."""
        if not found:
            return []
        window = Period(min(it.starts for it in found), max(it.ends for it in found))
        with self.desk.store.reading() as tx:
            places = finding.rooms(tx, {room for it in found for room in it.rooms})
            lanes = max((it.policy.lanes for it in places.values()), default=1)
            silent = finding.silent(tx, whole(self.desk.clock.now()))
            held = finding.held(tx, list(places), window, lanes=lanes, silent=silent)
        return [it for it in found if all(_has_room(places.get(room), held.get(room, []), it) for room in it.rooms)]

    def _offer_to(self, seen: Wait, report: Waited) -> None:
        """Books in the name of who waits, held until they answer."""

        def work(tx: Tx) -> bool:
            it, now = _again(tx, seen), whole(self.desk.clock.now())
            person = people.by_number(tx, it.person)
            actor = self.rights.actor(tx, person, source=OFFER) if person is not None else None
            if person is None or actor is None:
                _put(tx, replace(it, standing="left"))
                return False
            places = [rooms.by_number(tx, room) for room in it.rooms]
            within = Within(self.desk.store, tx)
            ask = Ask(tuple(room.id for room in places), it.starts, it.ends, it.title, person.name, person.email)
            made = Bookings(replace(self.desk, store=within)).book(ask, actor)
            held = replace(made, standing=Standing.PENDING, source=OFFER)
            bookings.update(tx, held)
            was, then = difference(made, held)
            until = min(it.starts, now + timedelta(minutes=min(room.policy.offer_minutes for room in places)))
            _put(tx, replace(it, standing="offered", booking=made.id, offered_until=until))
            for room in rooms.concerned(tx, made.rooms):
                tx.note(Note(now, "offered", room, made.id, SWEEP, (str(it.number),), before=was, after=then))
            return True

        # Time that a door owns is asked for, and offered when the sweep comes again.
        report.offered += self.desk.written(work, seen.rooms, wait=False)


def _has_room(room: Room | None, held: list[tuple[Period, bool]], it: Wait) -> bool:
    if room is None:
        return False
    over = sum(period.overlaps(it.period) for period, _ in held)
    return over < room.policy.lanes


def _check_limits(tx: Tx, it: Wait, places: list[Room]) -> None:
    if waits.open_count(tx, it.person) >= MOST_OWN:
        raise Refused((Objection("too_many_waits", places[0].id, {"most": MOST_OWN}),))
    for room in places:
        there = [other for other in waits.queue(tx, day_of(it.starts, room.zone)) if room.number in other.rooms]
        if len(there) >= MOST_DAY:
            raise Refused((Objection("too_many_waits", room.id, {"most": MOST_DAY}),))
        if any(other.person == it.person and other.period.overlaps(it.period) for other in there):
            raise Refused((Objection("waiting_already", room.id),))


def _again(tx: Tx, seen: Wait) -> Wait:
    """The wait as it is under the lock; Refused where it is over."""
    it = waits.find(tx, seen.number)
    if it is None or it.standing not in OPEN:
        raise Refused((Objection("no_wait", ""),))
    if it.version != seen.version and it.standing != seen.standing:
        raise Refused((Objection("no_wait", ""),))
    return it


def _put(tx: Tx, it: Wait) -> Wait:
    if not waits.put(tx, it):
        raise Later(1)
    return replace(it, version=it.version + 1)


def _offer(tx: Tx, it: Wait) -> Booking | None:
    """The booking that is held for who waits; None where there is none, or it is something else by now."""
    found = bookings.by_ids(tx, [it.booking]) if it.booking is not None else []
    return next((each for each in found if each.source == OFFER and each.standing is Standing.PENDING), None)
