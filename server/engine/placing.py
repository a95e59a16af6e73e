"""Puts many dates of one series into their rooms under the lock: judged one by one, reported all together."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from server.core.audit import difference
from server.core.claims import Taking
from server.core.clock import epoch
from server.core.errors import Conflict, Invalid, Objection, Refused
from server.core.model import Booking, Edit, LeftOut, Series, Standing
from server.core.period import Period
from server.core.recurrence import Length, Occurrence, Pattern
from server.core.rules import RENAME, REWORD, SERIES, Rule, objections
from server.core.rules.kinds import Asker, Facts, Wish
from server.core.zone import zone
from server.engine.booking import carries_new
from server.engine.counting import Case, locks
from server.engine.law import judge, reword
from server.engine.owners import named_people
from server.engine.scene import Placed, Scene
from server.store import bookings, people
from server.store.database import Note

MOST = 1_100
"""Dates of one series at once: three years of days."""
CONFLICTS = frozenset({"closed", "too_close", "timetable_full", "out_of_stock", "person_elsewhere", "door_silent"})
"""What, beside other bookings, stands in the way of one date only: it is skipped where conflicts are to be skipped."""


@dataclass(slots=True)
class Placing:
    """One edit of one series. `skip`: dates that conflict are left out instead of refusing all.

    What is put is written many at a time, at the latest when a date is judged that lies near: `made` and `moved` are
    whole after `decide`. Where there is nothing at all is looked up for all dates at once (`look`).
    """

    scene: Scene
    skip: bool
    left_out: list[LeftOut] = field(default_factory=list)
    made: list[Booking] = field(default_factory=list)
    moved: list[Booking] = field(default_factory=list)
    _waiting: dict[str, tuple[Booking, Taking]] = field(default_factory=dict)  # by uid
    _until: datetime | None = None  # the last end of what was put
    _alone: frozenset[Period] = frozenset()
    _against: list[Objection] = field(default_factory=list)
    _clashes: list[Conflict] = field(default_factory=list)
    _wants: dict[int, list[Period]] = field(default_factory=dict)  # of doors, by room
    _bill: dict[int, int] = field(default_factory=dict)  # what each owner has to pay, in hundredths
    _owed: bool = False
    _known: frozenset[int] = frozenset()  # people who are there

    def look(self, periods: Sequence[Period]) -> None:
        """Finds out which of these times have nothing near them; they are to be judged before anything else changes."""
        scene, gap = self.scene, self._gap
        crowded = [bookings.crowded(scene.tx, room.number, periods, gap) for room in scene.places]
        self._alone = frozenset(periods).difference(*crowded)

    def fits(self, it: Booking, rules: tuple[Rule, ...], *, former: Booking | None = None) -> Taking | None:
        """How the date's booking can have its rooms, None where it cannot; what is against it is remembered."""
        near = self._until is not None and it.starts - self._gap < self._until
        if near:
            self._write()
        alone, scene = not near and it.period in self._alone, self.scene
        try:
            return judge(scene.tx, scene.places, _wish(it, former), rules, scene.now, self._case(it, former),
                         alone=alone).taking  # fmt: skip
        except Refused as no:
            self._refused(no, it.original_start or it.starts)
            return None

    def _refused(self, no: Refused, at: datetime) -> None:
        """Leaves a date out where that may be; not one whose door nobody has asked yet: all are asked at once."""
        to_ask = bool(no.wants) and self.scene.tx.word == "unasked"
        for number, times in no.wants.items():
            self._wants.setdefault(number, []).extend(times)
        if self.skip and not to_ask and all(objection.code in CONFLICTS for objection in no.objections):
            codes = {o.code for o in no.objections} | ({"clash"} if no.conflicts and not no.wants else set())
            self.left_out.append(LeftOut(0, at, self.scene.now, tuple(sorted(codes))))
        else:
            self.objections(no.objections, at)
            self._clashes += [replace(conflict, at=at) for conflict in no.conflicts]

    def reworded(self, it: Booking, former: Booking) -> Taking | None:
        """What a date claims that stays where it is and is to carry something else; None where it must not."""
        scene = self.scene
        try:
            taking = reword(scene.tx, scene.places, _wish(it, former), REWORD, scene.now, self._case(it, former)).taking
        except Refused as no:
            self.objections(no.objections, it.original_start or it.starts)
            return None
        self._charge(former, replace(it, credits=taking.credits), taking)
        return taking

    def renamed(self, it: Booking, former: Booking) -> None:
        """Asks whether a date may have its new title and description, where they are new."""
        if (it.title, it.description) == (former.title, former.description):
            return
        wish = Wish(former.period, former.period, 1, it.title, it.description, it.details)
        try:
            self.scene.reword(wish, RENAME, self.scene.case(it))
        except Refused as no:
            self.objections(no.objections, it.original_start or it.starts)

    def objections(self, found: Iterable[Objection], at: datetime | None = None) -> None:
        """Adds what stands against the whole or, with `at`, against one date."""
        self._against += [replace(objection, at=at) for objection in found]

    def put(self, it: Booking, taking: Taking, former: Booking | None = None) -> None:
        """Has a date's booking written, a new one (id 0) or one that was released; it has been judged by now."""
        self._until = max(self._until or it.ends, it.ends)
        it = Placed(it, taking).whole
        self._waiting[it.uid] = (it, taking)
        self._charge(former, it, taking)

    def put_all(self, fresh: Sequence[Booking], rules: tuple[Rule, ...]) -> None:
        """Judges new bookings in their order and puts those that fit."""
        self.look([it.period for it in fresh])
        for it in fresh:
            if (taking := self.fits(it, rules)) is not None and self.clear:
                self.put(it, taking)

    @property
    def clear(self) -> bool:
        """Whether nothing has been found so far that refuses all."""
        return not self._against and not self._clashes

    def decide(self) -> None:
        """Raises Refused with everything that stands in the way of any date; else all that was put is written."""
        if not self.clear:
            doors = all(it.code == "door_silent" for it in self._against) and all(it.device for it in self._clashes)
            wants = {number: tuple(times) for number, times in self._wants.items()} if doors else {}
            raise Refused(tuple(self._against), tuple(self._clashes), wants)
        self._write()

    @property
    def _gap(self) -> timedelta:
        return timedelta(minutes=max(room.policy.gap_minutes for room in self.scene.places))

    def _case(self, it: Booking, former: Booking | None) -> Case:
        people = named_people(it) - (named_people(former) if former is not None else frozenset())
        newly, self._known = people - self._known, self._known | people
        case = Case(
            self.scene.actor, self.scene.house, it.owner, it.details, own=it.id or None,
            paid=former.credits if former is not None and former.owner == it.owner else 0,
            handed=former is not None and former.owner != it.owner, newly=newly, due=self._bill.get(it.owner or 0, 0),
        )  # fmt: skip
        if not locks(case, self.scene.rooms):
            return case  # nothing is counted that one date could take from another
        return replace(case, before=tuple((other.period, taking) for other, taking in self._waiting.values()))

    def _charge(self, before: Booking | None, after: Booking, taking: Taking) -> None:
        for it, sign in ((before, -1), (after, 1)):
            if it is not None and it.owner is not None and it.credits:
                self._bill[it.owner] = self._bill.get(it.owner, 0) + sign * it.credits
        self._owed |= taking.owed

    def _write(self) -> None:
        tx, waiting = self.scene.tx, [it for it, _ in self._waiting.values()]
        takings = {uid: taking for uid, (_, taking) in self._waiting.items()}
        moved = [it for it in waiting if it.id]
        bookings.update_all(tx, moved, takings)
        self.moved += moved
        self.made += bookings.insert_all(tx, [it for it in waiting if not it.id], takings)
        self._waiting.clear()
        self._pay()

    def _pay(self) -> None:
        for owner, due in self._bill.items():
            if due and people.add_credits(self.scene.tx, owner, -due) < 0 < due and not self._owed:
                raise Refused((Objection("too_few_credits", self.scene.rooms[0].id, {"due": due}),))
        self._bill.clear()


def _wish(it: Booking, former: Booking | None) -> Wish:
    said = it.details if former is None or carries_new(former, it) else None
    was = former.period if former is not None else None
    return Wish(it.period, was, title=it.title, description=it.description, details=said, kept=it.details)


def check_zone(name: str) -> None:
    """Raises Invalid where there is no such zone."""
    try:
        zone(name)
    except ValueError as error:
        raise Invalid({"zone": "not a known time zone"}) from error


def check_dates(dates: Sequence[Occurrence], room: str) -> None:
    """Raises Invalid for more dates than one series may have at once, Refused for each that runs into the one after.

    `dates` by start; `room` is the slug the objection is about.
    """
    if len(dates) > MOST:
        raise Invalid({"recurrence": f"makes more than {MOST} bookings"})
    against = [
        Objection("overlaps_itself", room, at=after.period.start)
        for before, after in pairwise(dates)
        if before.period.overlaps(after.period)
    ]
    if against:
        raise Refused(tuple(against))


def judge_whole(placing: Placing, dates: Sequence[Occurrence]) -> None:
    """Asks each room whether it takes a series of so many dates."""
    if not dates:
        raise Invalid({"recurrence": "has no date left to book"})
    wish, scene = Wish(dates[0].period, dates=len(dates)), placing.scene
    for room in scene.rooms:
        asker = Asker(scene.actor.role_in(room.number))
        placing.objections(objections(SERIES, wish, Facts(scene.now, room, asker=asker)))


def series_of(it: Booking, pattern: Pattern, zone: str, length: Length, *, carried_to: datetime, open: bool) -> Series:
    """The series whose dates are like this booking, not yet stored."""
    return Series(
        0, it.uid, it.rooms, zone, pattern, length, it.title, it.organizer, it.organizer_email, it.description,
        it.source, it.made_by, it.made_at, it.changed_at, carried_to, open, owner=it.owner, details=it.details,
    )  # fmt: skip


def occurrence_of(
    series: Series, date: Occurrence, *, standing: Standing, now: datetime, own: Edit | None = None
) -> Booking:
    """The booking of one date, not yet stored. `own` is what it has for itself, checked by who gives it."""
    it = Booking(
        id=0, uid=f"{secrets.token_hex(8)}-{epoch(now)}@lintel", rooms=series.rooms, starts=date.period.start,
        ends=date.period.end, standing=standing, title=series.title, organizer=series.organizer,
        organizer_email=series.organizer_email, description=series.description, source=series.source,
        made_by=series.made_by, made_at=now, changed_at=now, series=series.id, original_start=date.period.start,
        series_uid=series.uid, owner=series.owner, details=series.details,
    )  # fmt: skip
    given: dict[str, Any] = {f.name: said for f in fields(Edit) if (said := getattr(own, f.name, None)) is not None}
    return replace(it, **given) if given else it


def note(scene: Scene, what: str, it: Booking, *, former: Booking | None = None, said: bool = False) -> None:
    """One change per room that it concerns; the texts only where they were said, and of a series once.

    `former`: what it was before, where it was there.
    """
    text = {"title": it.title, "organizer": it.organizer, "organizer_email": it.organizer_email,
            "description": it.description}  # fmt: skip
    was, now = difference(former, it)
    for room in scene.house.touched((*it.rooms, *(former.rooms if former is not None else ()))):
        told = text if said else None
        scene.tx.note(Note(scene.now, what, room, it.id, scene.actor, text=told, before=was, after=now))
