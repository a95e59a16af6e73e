"""Recasts bookings: into other rooms, out of their series, or as the first date of one. Each is one transaction.

Decisions:
- A date that leaves its series is the booking that it was, with its uid, people and history, and of no series. In the
  series stays a cancelled date at its address, so that no later edit books it anew.
- A booking that becomes a series is its first date, and also keeps its uid.
- In other rooms all is judged as if it were moved in time; whether it waits for approval is theirs to say.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import timedelta

from server.core import approval, rules
from server.core.access import Actor
from server.core.audit import difference
from server.core.clock import epoch
from server.core.errors import Refused, Stale, Unknown
from server.core.model import Ask, Booking, Edit, Standing
from server.core.period import Period
from server.core.recurrence import length_of, parse
from server.core.rules.kinds import Wish
from server.core.zone import wall
from server.engine.asking import EARLIEST, LATEST, check_edit, check_period
from server.engine.booking import Bookings, completed, edited, judgeable
from server.engine.counting import given
from server.engine.desk import Desk
from server.engine.outcome import Outcome
from server.engine.owners import named_people
from server.engine.placing import check_zone, series_of
from server.engine.scene import Placed, Scene, pay
from server.engine.series import Recurring
from server.store import bookings, series
from server.store.database import Note, Tx
from server.store.within import Within

ONCE = ("RRULE:FREQ=DAILY;COUNT=1",)


@dataclass(frozen=True, slots=True)
class Recasting:
    """The use cases. All raise Invalid, Unknown, Barred, Refused, Stale, Later or Full."""

    desk: Desk
    recurring: Recurring

    def alone(
        self, uid: str, edit: Edit, actor: Actor, *, into: tuple[str, ...] = (), without: str = "",
        version: int | None = None, preview: bool = False,
    ) -> Booking:  # fmt: skip
        """Changes one booking; a date of a series is of none from then on. `into`: the rooms it has then, by id.

        `without`: those dates of its series are given back that are not over: "others" or "following".
        """
        check_edit(edit)
        seen = self.desk.find(uid, actor, act="change")
        places = self._places(into, seen, actor)

        def work(tx: Tx) -> Booking:
            it = self._there(tx, uid, actor, version)
            desk = replace(self.desk, store=Within(self.desk.store, tx))
            if it.series is not None:
                was, it = it, _parted(tx, it, desk.scene(tx, it.rooms, actor))
                if without:
                    self._give_back(desk, was, actor, following=without == "following")
            if places != it.rooms:
                return _moved_in(it, edit, desk.scene(tx, places, actor))
            return Bookings(desk).change(uid, edit, actor)

        return self.desk.written(work, sorted({*places, *seen.rooms}), preview=preview)

    def recur(
        self, uid: str, edit: Edit, lines: tuple[str, ...], actor: Actor, *, zone: str = "",
        into: tuple[str, ...] = (), skip: bool = False, preview: bool = False,
    ) -> Outcome:  # fmt: skip
        """A single booking becomes the first date of a series: `lines` as for a series, from its new start on.

        `zone` is whose wall time they are in (the first room's where empty).
        """
        if zone:
            check_zone(zone)
        check_edit(edit)
        seen = self.desk.find(uid, actor, act="change")
        places = self._places(into, seen, actor)

        def work(tx: Tx) -> Outcome:
            it = self._there(tx, uid, actor, None)
            desk = replace(self.desk, store=Within(self.desk.store, tx))
            judgeable(it)
            of = self._begun(tx, it, desk.scene(tx, it.rooms, actor), zone)
            recurring = replace(self.recurring, desk=desk, bookings=Bookings(desk))
            return recurring.change(
                of, edit, actor, following=False, at=it.starts, lines=lines, skip=skip, lose=True, into=into
            )

        return self.desk.written(work, sorted({*places, *seen.rooms}), preview=preview)

    def _places(self, into: tuple[str, ...], seen: Booking, actor: Actor) -> tuple[int, ...]:
        if not into:
            return seen.rooms
        return self.recurring.bookings.asked(Ask(into, EARLIEST, LATEST, ""), actor).numbers

    def _there(self, tx: Tx, uid: str, actor: Actor, version: int | None) -> Booking:
        it = bookings.by_uid(tx, uid)
        if it is None or it.standing is Standing.CANCELLED:
            raise Unknown("booking", uid)
        if version is not None and version != it.version:
            raise Stale(it.version)
        return it

    def _give_back(self, desk: Desk, was: Booking, actor: Actor, *, following: bool) -> None:
        """Cancels what is to come of the series, or to come after this date; nothing may be."""
        recurring = replace(self.recurring, desk=desk, bookings=Bookings(desk))
        try:
            recurring.cancel(
                was.series_uid or "", actor, following=following, at=was.original_start if following else None
            )
        except Refused as no:
            if [it.code for it in no.objections] != ["over"]:
                raise

    def _begun(self, tx: Tx, it: Booking, scene: Scene, zone: str) -> str:
        """Has a series begin with a booking, which is its only date; returns its uid."""
        zone = zone or scene.rooms[0].zone
        start = wall(it.starts, zone).replace(tzinfo=None, fold=0)
        until = it.ends + timedelta(seconds=1)
        of = series_of(it, parse(ONCE, start, zone), zone, length_of(it.period, zone), carried_to=until, open=False)
        of = replace(of, uid=_fresh_uid(scene), made_by=scene.actor.name, made_at=scene.now, changed_at=scene.now)
        of = replace(of, id=series.insert(tx, of))
        bookings.update(tx, replace(it, series=of.id, series_uid=of.uid, original_start=it.starts))
        return of.uid


def _parted(tx: Tx, it: Booking, scene: Scene) -> Booking:
    """Takes a date out of its series, which has a cancelled one there instead."""
    after = replace(it, series=None, series_uid=None, original_start=None)
    bookings.update(tx, after)
    stay = replace(it, uid=_fresh_uid(scene), standing=Standing.CANCELLED, credits=0, version=1,
                   made_by=scene.actor.name, made_at=scene.now, changed_at=scene.now, planned_end=None,
                   checked_in_at=None, ended_at=None)  # fmt: skip
    bookings.insert(tx, stay)
    return after


def _moved_in(it: Booking, edit: Edit, scene: Scene) -> Booking:
    """Moves a booking into the rooms of the scene, and to another time where the edit says so."""
    judgeable(it)
    to = Period(edit.starts or it.starts, edit.ends or it.ends)
    check_period(to.start, to.end)
    said = edited(it, completed(edit, it), scene)
    case = given(scene.case(it), it, said)
    case = replace(case, newly=named_people(said) - named_people(it))
    wish = Wish(to, it.period, title=said.title, description=said.description, details=said.details, kept=it.details)
    verdict = scene.judge(wish, rules.CHANGE, case)
    after = Placed(_standing_there(said, to, scene), verdict.taking).whole
    after = replace(after, version=it.version + 1, changed_at=scene.now)
    bookings.rehouse(scene.tx, [after])
    bookings.update(scene.tx, after, verdict.taking)
    pay(scene.tx, it, after, owed=verdict.taking.owed)
    _tell(scene, it, after)
    return after


def _standing_there(it: Booking, to: Period, scene: Scene) -> Booking:
    """As it stands in the rooms of the scene: who comes into a room has not been seen there yet."""
    stands = approval.stands(scene.rooms, scene.actor, changing=True)
    return replace(
        it, rooms=tuple(room.number for room in scene.places), starts=to.start, ends=to.end, planned_end=None,
        checked_in_at=None, standing=Standing.ACCEPTED if stands else Standing.PENDING,
    )  # fmt: skip


def _tell(scene: Scene, before: Booking, after: Booking) -> None:
    text = {"title": after.title, "organizer": after.organizer, "organizer_email": after.organizer_email,
            "description": after.description}  # fmt: skip
    was, now = difference(before, after)
    for room in scene.house.touched((*after.rooms, *before.rooms)):
        scene.tx.note(Note(scene.now, "changed", room, after.id, scene.actor, text=text, before=was, after=now))


def _fresh_uid(scene: Scene) -> str:
    return f"{secrets.token_hex(8)}-{epoch(scene.now)}@lintel"
