"""People come, stay longer, leave: check-in, extend, end, check-out, "Nobody here?", and taking it back."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from server.core import approval, rules
from server.core.access import Actor, require
from server.core.clock import whole
from server.core.errors import Invalid, Objection, Refused, Unknown
from server.core.levels import DEFAULT, levels, whence
from server.core.model import Booking, Room, Standing
from server.core.nobody_here import MOST, USUAL, WAIT, Asking
from server.core.period import Period
from server.core.presence import opens_at
from server.core.release import Course
from server.core.rules.kinds import Wish
from server.engine.arriving import (
    CONFIRMED,
    askable,
    came,
    confirmed,
    course_of,
    gone_again,
    how_of,
    kept,
    meant,
    tell,
)
from server.engine.asking import check_period
from server.engine.awaiting import NOTHING, Awaiting, awaiting
from server.engine.booking import judgeable, kept_credits
from server.engine.counting import given
from server.engine.desk import Desk, Request
from server.engine.levelling import read
from server.engine.scene import Placed, Scene
from server.store import askings, ops
from server.store.database import Tx

UNDO = timedelta(seconds=60)
LONGEST_STEP = 31 * 24 * 60


@dataclass(frozen=True, slots=True)
class Presence:
    """The use cases of people at a room. All raise Invalid, Unknown, Barred, Refused, Stale, Later or Full."""

    desk: Desk

    def check_in(
        self, uid: str, actor: Actor, *, room: str | None = None, version: int | None = None, start_now: bool = False,
        key: str | None = None, how: str | None = None, early: int | None = None,
    ) -> Booking:  # fmt: skip
        """The people are here. Again is fine and changes nothing; `start_now` also moves a coming start to now.

        `how` it is known: one of core.presence.HOWS, by the door it came through unless said. Undoes a release while
        the room is still held, and answers who asked "Nobody here?". `early`: how many minutes before the start it is
        open where no level of the house says so.
        """
        known_by = how_of(actor.source, how)

        def decide(it: Booking, scene: Scene) -> Booking | Placed:
            course = course_of(scene, it)
            meant(it, course, version)
            if it.checked_in_at is not None:
                if not kept(scene, it) and scene.now - it.checked_in_at <= UNDO:
                    tell(scene, CONFIRMED, it)
                return it
            opens = min(_opens(scene.tx, it, place, early) for place in scene.places)
            after = _here(it, scene, course, opens, start_now=start_now)
            came(scene, it, course, after if isinstance(after, Booking) else after.booking)
            kept(scene, it)
            return after

        request = Request("checked_in", actor, (uid, start_now), key, (known_by,))
        return self.desk.act(request, uid, decide, room=room, version=None, act="attend")

    def here(
        self, uid: str, actor: Actor, *, room: str | None = None, version: int | None = None, key: str | None = None,
        how: str | None = None,
    ) -> Booking:  # fmt: skip
        """The answer to "Nobody here?" and to every other doubt: they are. As a check-in, which it is at once."""
        return self.check_in(uid, actor, room=room, version=version, key=key, how=how)

    def ask_here(
        self, uid: str, actor: Actor, *, minutes: int = USUAL, room: str | None = None, version: int | None = None,
        key: str | None = None,
    ) -> Booking:  # fmt: skip
        """ "Nobody here?": unless somebody answers within five minutes the rest of the time is the asker's.

        They get the room for so many minutes then (vacating.py). Once in a booking's life.
        """
        require(actor, "book")
        if not 1 <= minutes <= MOST:
            raise Invalid({"minutes": f"1 to {MOST}"})

        def decide(it: Booking, scene: Scene) -> Booking:
            meant(it, course_of(scene, it), version)
            place = next((each for each in scene.places if each.id == room), scene.rooms[0])
            require(actor, "book", place)
            askable(scene, it)
            until = scene.now + WAIT
            asking = Asking(it.id, place.number, scene.now, until, actor.name, actor.source, minutes)
            askings.insert(scene.tx, asking)
            tell(scene, "here_asked", it)
            return it

        return self.desk.act(
            Request("here_asked", actor, (uid, minutes), key), uid, decide, room=room, version=None, act="see"
        )

    def awaited(self, it: Booking, room: Room) -> Awaiting:
        """What becomes of a booking of that room where its people say nothing."""
        with self.desk.store.reading() as tx:
            return awaiting(tx, room, [it], whole(self.desk.clock.now())).get(it.id, NOTHING)

    def opens(self, it: Booking, room: Room, *, early: int | None = None) -> datetime:
        """From when on people may check in there; `early` as for a check-in."""
        with self.desk.store.reading() as tx:
            return _opens(tx, it, room, early)

    def extend(
        self, uid: str, actor: Actor, *, minutes: int | None = None, until: datetime | None = None,
        room: str | None = None, version: int | None = None, key: str | None = None,
    ) -> Booking:  # fmt: skip
        """A later end, by minutes or up to an instant; remembers the end as it was planned."""
        if (minutes is None) == (until is None):
            raise Invalid({"minutes": "give either minutes or an end"})
        if minutes is not None and not 1 <= minutes <= LONGEST_STEP:
            raise Invalid({"minutes": f"1 to {LONGEST_STEP}"})

        def decide(it: Booking, scene: Scene) -> Placed:
            judgeable(it)
            kept(scene, it)
            ends = it.ends + timedelta(minutes=minutes) if minutes is not None else whole(until or it.ends)
            if ends <= it.ends:
                raise Invalid({"until": "must be after the present end"})
            check_period(it.starts, ends)
            planned = it.planned_end or it.ends
            _within_approval(scene, ends - planned)
            verdict = scene.judge(_as_it_is(it, Period(it.starts, ends)), rules.EXTEND, scene.case(it))
            return Placed(replace(it, ends=ends, planned_end=planned), verdict.taking)

        request = Request("extended", actor, (uid, minutes, until), key)
        return self.desk.act(request, uid, decide, room=room, version=version, act="run")

    def end(
        self, uid: str, actor: Actor, *, room: str | None = None, version: int | None = None, key: str | None = None
    ) -> Booking:
        """Ends a running booking now and gives the rest back; remembers the end as it was planned."""

        def decide(it: Booking, scene: Scene) -> Booking:
            return _ended(it, scene)

        request = Request("ended", actor, (uid,), key)
        return self.desk.act(request, uid, decide, room=room, version=version, act="run")

    def check_out(
        self, uid: str, actor: Actor, *, room: str | None = None, version: int | None = None, key: str | None = None
    ) -> Booking:
        """The people who checked in have left: as `end`, but only for those who were here."""

        def decide(it: Booking, scene: Scene) -> Booking:
            if it.checked_in_at is None:
                raise Refused((Objection("not_checked_in", scene.rooms[0].id),))
            return _ended(it, scene)

        request = Request("checked_out", actor, (uid,), key)
        return self.desk.act(request, uid, decide, room=room, version=version, act="run")

    def undo(self, op: str, actor: Actor, *, room: str | None = None, key: str | None = None) -> Booking:
        """Puts a booking back as it was before the actor's own `op`, within a minute, if nobody changed it since.

        Nor where somebody else has said meanwhile that they are here: nobody takes that back for them.
        """
        with self.desk.store.reading() as tx:
            done = ops.find(tx, actor.name, op)
        if done is None:
            raise Unknown("op", op)
        if done.more is not None:
            raise Refused((Objection("too_late_to_undo", ""),))  # a whole series is not put back at a tap

        def decide(it: Booking, scene: Scene) -> Booking | Placed:
            late = it.version != done.after.version or scene.now - done.at > UNDO
            if late or confirmed(scene, it, done.at):
                raise Refused((Objection("too_late_to_undo", scene.rooms[0].id),))
            if done.before is None:
                return replace(it, standing=Standing.CANCELLED, credits=kept_credits(it, scene.now))
            was = done.before
            case = given(scene.case(it), it, was)
            gone_again(scene, it, was)
            verdict = scene.judge(_as_it_is(was, was.period, it.period), rules.RESTORE, case)
            return Placed(replace(was, version=it.version), verdict.taking)

        request = Request("undone", actor, (op,), key)
        return self.desk.act(request, done.after.uid, decide, room=room, version=None, act="attend")


def _as_it_is(it: Booking, to: Period, former: Period | None = None) -> Wish:
    """The wish for a booking's own things at another time."""
    return Wish(to, former or it.period, title=it.title, description=it.description, kept=it.details)


def _within_approval(scene: Scene, longer: timedelta) -> None:
    # What somebody approved is not stretched at will: beyond the usual extension the change is to be asked for.
    for room in scene.rooms:
        stands = approval.stands([room], scene.actor, changing=True)
        if not stands and longer > timedelta(minutes=room.policy.extend_minutes):
            raise Refused((Objection("needs_approval", room.id, {"minutes": room.policy.extend_minutes}),))


def _opens(tx: Tx, it: Booking, room: Room, early: int | None) -> datetime:
    """From when on people may check in, `early` minutes before the start where no level of the house says."""
    if early is None or whence(levels(room, read(tx)), "early_minutes") != DEFAULT:
        return opens_at(it, room)
    return it.starts - timedelta(minutes=early)


def _here(
    it: Booking, scene: Scene, course: Course | None, opens: datetime, *, start_now: bool
) -> Booking | Placed:  # fmt: skip
    """The booking with its people in it, begun now where that is wanted; of a long hold whose hours were given away it
    is wanted wherever the room is free."""
    now, places = scene.now, scene.rooms
    if it.standing is Standing.PENDING:
        raise Refused((Objection("not_approved", places[0].id),))
    if it.standing is Standing.AT_RISK:
        raise Refused((Objection("not_certain", places[0].id),))
    if it.standing is Standing.CONFLICT:
        raise Refused((Objection("in_conflict", places[0].id),))
    judgeable(it)
    scene.as_is(it, rules.CHECK_IN)
    opened = course is not None and course.first_start is not None
    if now < opens and not opened:
        wait = -((now - opens) // timedelta(minutes=1))
        raise Refused((Objection("not_yet", places[0].id, {"minutes": wait}),))
    if it.starts <= now or not (start_now or opened):
        return replace(it, checked_in_at=now)
    try:
        verdict = scene.judge(_as_it_is(it, Period(now, it.ends)), rules.EXTEND, scene.case(it))
    except Refused as no:
        if start_now or (no.wants and scene.tx.word == "unasked"):
            raise
        return replace(it, checked_in_at=now)  # they are here, and wait for who has the room until then
    return Placed(replace(it, checked_in_at=now, starts=now), verdict.taking)


def _ended(it: Booking, scene: Scene) -> Booking:
    judgeable(it)
    kept(scene, it)
    scene.as_is(it, rules.END)
    if it.starts > scene.now:
        raise Refused((Objection("not_started", scene.rooms[0].id),))
    # A booking has some length, however soon it was ended.
    ends = max(scene.now, it.starts + timedelta(seconds=1))
    return replace(it, ends=ends, planned_end=it.planned_end or it.ends, ended_at=scene.now)
