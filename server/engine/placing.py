"""Puts many dates of one series into their rooms under the lock: judged one by one, reported all together."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from server.core.access import Actor
from server.core.clock import epoch
from server.core.errors import Conflict, Invalid, Objection, Refused
from server.core.model import Booking, Edit, LeftOut, Room, Series, Standing
from server.core.period import Period
from server.core.recurrence import Length, Occurrence, Pattern
from server.core.rules import SERIES, Rule, objections
from server.core.rules.kinds import Facts, Wish
from server.core.zone import zone
from server.engine.law import judge
from server.store import bookings
from server.store.database import Note, Tx

MOST = 1_100
"""Dates of one series at once: three years of days."""
CONFLICTS = frozenset({"closed", "too_close"})
"""What, beside other bookings, stands in the way of one date only: it is skipped where conflicts are to be skipped."""


@dataclass(slots=True)
class Placing:
    """One edit of one series. `skip`: dates that conflict are left out instead of refusing all.

    What is put is written many at a time, at the latest when a date is judged that lies near: `made` and `moved` are
    whole after `decide`. Where there is nothing at all is looked up for all dates at once (`look`).
    """

    tx: Tx
    places: list[Room]
    now: datetime
    skip: bool
    left_out: list[LeftOut] = field(default_factory=list)
    made: list[Booking] = field(default_factory=list)
    moved: list[Booking] = field(default_factory=list)
    _waiting: list[Booking] = field(default_factory=list)
    _until: datetime | None = None  # the last end of what was put
    _alone: frozenset[Period] = frozenset()
    _against: list[Objection] = field(default_factory=list)
    _clashes: list[Conflict] = field(default_factory=list)

    def look(self, periods: Sequence[Period]) -> None:
        """Finds out which of these times have nothing near them; they are to be judged before anything else changes."""
        gap = self._gap
        crowded = [bookings.crowded(self.tx, room.number, periods, gap) for room in self.places]
        self._alone = frozenset(periods).difference(*crowded)

    def fits(self, at: datetime, period: Period, rules: tuple[Rule, ...], *, former: Period | None = None) -> bool:
        """Whether the date can have its rooms; what is against it is remembered."""
        near = self._until is not None and period.start - self._gap < self._until
        if near:
            self._write()
        alone = not near and period in self._alone
        try:
            judge(self.tx, self.places, Wish(period, former), rules, self.now, alone=alone)
        except Refused as no:
            if self.skip and all(objection.code in CONFLICTS for objection in no.objections):
                codes = sorted({o.code for o in no.objections} | {"clash" for _ in no.conflicts})
                self.left_out.append(LeftOut(0, at, self.now, tuple(codes)))
            else:
                self.objections(no.objections, at)
                self._clashes += [replace(conflict, at=at) for conflict in no.conflicts]
            return False
        return True

    def objections(self, found: Iterable[Objection], at: datetime | None = None) -> None:
        """Adds what stands against the whole or, with `at`, against one date."""
        self._against += [replace(objection, at=at) for objection in found]

    def put(self, it: Booking) -> None:
        """Has a date's booking written, a new one (id 0) or one that was released; it has been judged by now."""
        self._until = max(self._until or it.ends, it.ends)
        self._waiting.append(it)

    def put_all(self, fresh: Sequence[Booking], rules: tuple[Rule, ...]) -> None:
        """Judges new bookings in their order and puts those that fit."""
        self.look([it.period for it in fresh])
        for it in fresh:
            if self.fits(it.original_start or it.starts, it.period, rules) and self.clear:
                self.put(it)

    @property
    def clear(self) -> bool:
        """Whether nothing has been found so far that refuses all."""
        return not self._against and not self._clashes

    def decide(self) -> None:
        """Raises Refused with everything that stands in the way of any date; else all that was put is written."""
        if not self.clear:
            raise Refused(tuple(self._against), tuple(self._clashes))
        self._write()

    @property
    def _gap(self) -> timedelta:
        return timedelta(minutes=max(room.policy.gap_minutes for room in self.places))

    def _write(self) -> None:
        moved = [it for it in self._waiting if it.id]
        bookings.update_all(self.tx, moved)
        self.moved += moved
        self.made += bookings.insert_all(self.tx, [it for it in self._waiting if not it.id])
        self._waiting.clear()


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
    wish = Wish(dates[0].period, dates=len(dates))
    for room in placing.places:
        placing.objections(objections(SERIES, wish, Facts(placing.now, room)))


def granted(places: Iterable[Room], actor: Actor) -> bool:
    """Whether a date of a series is accepted at once when this actor places it."""
    return actor.scope == "admin" or all(room.auto_accept and room.policy.series != "approval" for room in places)


def series_of(it: Booking, pattern: Pattern, zone: str, length: Length, *, carried_to: datetime, open: bool) -> Series:
    """The series whose dates are like this booking, not yet stored."""
    return Series(
        0, it.uid, it.rooms, zone, pattern, length, it.title, it.organizer, it.organizer_email, it.description,
        it.source, it.made_by, it.made_at, it.changed_at, carried_to, open,
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
        series_uid=series.uid,
    )  # fmt: skip
    given: dict[str, Any] = {f.name: said for f in fields(Edit) if (said := getattr(own, f.name, None)) is not None}
    return replace(it, **given) if given else it


def note(tx: Tx, what: str, it: Booking, actor: str, now: datetime, *, said: bool = False) -> None:
    """One change per room; the texts only where they were said, and of a series once."""
    text = {"title": it.title, "organizer": it.organizer, "organizer_email": it.organizer_email,
            "description": it.description}  # fmt: skip
    for room in it.rooms:
        tx.note(Note(now, what, room, it.id, actor, text=text if said else None))
