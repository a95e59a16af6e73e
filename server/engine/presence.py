"""People come, stay longer, leave: check-in, extend, end, check-out, and taking it back."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from server.core import rules
from server.core.access import Actor
from server.core.clock import whole
from server.core.errors import Invalid, Objection, Refused, Unknown
from server.core.model import Booking, Room, Standing
from server.core.period import Period
from server.core.presence import opens_at
from server.core.rules.kinds import Wish
from server.engine.booking import check_period, judgeable
from server.engine.desk import Desk, Request
from server.engine.law import judge, judge_as_is
from server.store import ops
from server.store.database import Tx

UNDO = timedelta(seconds=60)
LONGEST_STEP = 31 * 24 * 60


@dataclass(frozen=True, slots=True)
class Presence:
    """The use cases of people at a room. All raise Invalid, Unknown, Barred, Refused, Stale, Later or Full."""

    desk: Desk

    def check_in(
        self, uid: str, actor: Actor, *, room: str | None = None, version: int | None = None, start_now: bool = False,
        key: str | None = None,
    ) -> Booking:  # fmt: skip
        """The people are here. Again is fine and changes nothing; `start_now` also moves a coming start to now."""

        def decide(tx: Tx, it: Booking, places: list[Room], now: datetime) -> Booking:
            if it.checked_in_at is not None:
                return it
            if it.standing is Standing.PENDING:
                raise Refused((Objection("not_approved", places[0].id),))
            judgeable(it)
            judge_as_is(places, it, rules.CHECK_IN, now)
            opens = min(opens_at(it, place) for place in places)
            if now < opens:
                wait = -((now - opens) // timedelta(minutes=1))
                raise Refused((Objection("not_yet", places[0].id, {"minutes": wait}),))
            if not start_now or it.starts <= now:
                return replace(it, checked_in_at=now)
            wish = Wish(Period(now, it.ends), it.period)
            judge(tx, places, wish, rules.EXTEND, now, own=it.id)
            return replace(it, checked_in_at=now, starts=now)

        request = Request("checked_in", actor, (uid, start_now), key)
        return self.desk.act(request, uid, decide, room=room, version=version)

    def extend(
        self, uid: str, actor: Actor, *, minutes: int | None = None, until: datetime | None = None,
        room: str | None = None, version: int | None = None, key: str | None = None,
    ) -> Booking:  # fmt: skip
        """A later end, by minutes or up to an instant; remembers the end as it was planned."""
        if (minutes is None) == (until is None):
            raise Invalid({"minutes": "give either minutes or an end"})
        if minutes is not None and not 1 <= minutes <= LONGEST_STEP:
            raise Invalid({"minutes": f"1 to {LONGEST_STEP}"})

        def decide(tx: Tx, it: Booking, places: list[Room], now: datetime) -> Booking:
            judgeable(it)
            ends = it.ends + timedelta(minutes=minutes) if minutes is not None else whole(until or it.ends)
            if ends <= it.ends:
                raise Invalid({"until": "must be after the present end"})
            check_period(it.starts, ends)
            planned = it.planned_end or it.ends
            if actor.scope != "admin":
                _within_approval(places, ends - planned)
            judge(tx, places, Wish(Period(it.starts, ends), it.period), rules.EXTEND, now, own=it.id)
            return replace(it, ends=ends, planned_end=planned)

        request = Request("extended", actor, (uid, minutes, until), key)
        return self.desk.act(request, uid, decide, room=room, version=version)

    def end(
        self, uid: str, actor: Actor, *, room: str | None = None, version: int | None = None, key: str | None = None
    ) -> Booking:
        """Ends a running booking now and gives the rest back; remembers the end as it was planned."""

        def decide(tx: Tx, it: Booking, places: list[Room], now: datetime) -> Booking:
            return _ended(it, places, now)

        return self.desk.act(Request("ended", actor, (uid,), key), uid, decide, room=room, version=version)

    def check_out(
        self, uid: str, actor: Actor, *, room: str | None = None, version: int | None = None, key: str | None = None
    ) -> Booking:
        """The people who checked in have left: as `end`, but only for those who were here."""

        def decide(tx: Tx, it: Booking, places: list[Room], now: datetime) -> Booking:
            if it.checked_in_at is None:
                raise Refused((Objection("not_checked_in", places[0].id),))
            return _ended(it, places, now)

        return self.desk.act(Request("checked_out", actor, (uid,), key), uid, decide, room=room, version=version)

    def undo(self, op: str, actor: Actor, *, room: str | None = None, key: str | None = None) -> Booking:
        """Puts a booking back as it was before the actor's own `op`, within a minute, if nobody changed it since."""
        with self.desk.store.reading() as tx:
            done = ops.find(tx, actor.name, op)
        if done is None:
            raise Unknown("op", op)
        if done.more is not None:
            raise Refused((Objection("too_late_to_undo", ""),))  # a whole series is not put back at a tap

        def decide(tx: Tx, it: Booking, places: list[Room], now: datetime) -> Booking:
            if it.version != done.after.version or now - done.at > UNDO:
                raise Refused((Objection("too_late_to_undo", places[0].id),))
            if done.before is None:
                return replace(it, standing=Standing.CANCELLED)
            was = done.before
            judge(tx, places, Wish(was.period, it.period), rules.RESTORE, now, own=it.id)
            return replace(was, version=it.version)

        return self.desk.act(Request("undone", actor, (op,), key), done.after.uid, decide, room=room, version=None)


def _within_approval(places: list[Room], longer: timedelta) -> None:
    # What somebody approved is not stretched at will: beyond the usual extension the change is to be asked for.
    for room in places:
        if not room.auto_accept and longer > timedelta(minutes=room.policy.extend_minutes):
            raise Refused((Objection("needs_approval", room.id, {"minutes": room.policy.extend_minutes}),))


def _ended(it: Booking, places: list[Room], now: datetime) -> Booking:
    judgeable(it)
    judge_as_is(places, it, rules.END, now)
    if it.starts > now:
        raise Refused((Objection("not_started", places[0].id),))
    # A booking has some length, however soon it was ended.
    ends = max(now, it.starts + timedelta(seconds=1))
    return replace(it, ends=ends, planned_end=it.planned_end or it.ends, ended_at=now)
