"""Bookings that recur: book, change, cancel, approve and restore a series or a part of it. Read top to bottom.

An occurrence is a booking like any other: whoever has one may check in, extend or move it alone by the use cases of
single bookings. Here is what concerns several at once. Each is one transaction: all of it, or nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from server.core import approval, rules
from server.core.access import Actor, require
from server.core.clock import whole
from server.core.errors import Objection, Refused, Stale, Unknown
from server.core.model import STRUCK, Ask, Booking, Edit, Series, Standing
from server.core.period import Period
from server.core.recurrence import Pattern, check_bookable, length_of, occurrences
from server.core.replanning import replan
from server.core.rules import Rule
from server.core.series import Whole, addressed, goes_on, shown, whole_of
from server.core.zone import wall
from server.engine.asking import EARLIEST, LATEST, check, check_edit, told_edit
from server.engine.asking import told as told_ask
from server.engine.booking import Bookings, completed, edited, taken
from server.engine.desk import ACTS, Desk, Request, check_key, within_reach
from server.engine.outcome import Outcome, again, told
from server.engine.owners import may_approve, may_be_owner, speaks_for_self
from server.engine.placing import Placing, check_dates, check_zone, judge_whole, note, occurrence_of, series_of
from server.engine.rewriting import cancel_rows, may_go, write_plan
from server.engine.scene import Scene, pay
from server.store import bookings, ops, people, series
from server.store.database import Tx


@dataclass(frozen=True, slots=True)
class Recurring:
    """The use cases of series. All raise Invalid, Unknown, Barred, Refused, Stale, Later or Full.

    `horizon`: how far ahead dates become bookings; later ones follow by the sweep (carry.py).
    """

    desk: Desk
    bookings: Bookings
    horizon: timedelta

    def book(
        self, ask: Ask, pattern: Pattern, actor: Actor, *, zone: str = "", key: str | None = None, skip: bool = False,
        preview: bool = False, said: tuple[Any, ...] = (), law: tuple[Rule, ...] = rules.BOOK,
        own: Mapping[datetime, Edit] | None = None,
    ) -> Outcome:  # fmt: skip
        """Books every date of the pattern, each as long as the ask; all or nothing, unless conflicts are to be skipped.

        `zone` is whose wall time the pattern is in (the first room's where empty). `own` is what single dates, by
        address, have for themselves from the start. Refused lists every date that does not fit, `at` saying which.
        """
        check(ask)
        check_bookable(pattern)
        asked = self.bookings.asked(ask, actor)
        zone = zone or asked.rooms[0].zone
        check_zone(zone)
        length = length_of(Period(ask.starts, ask.ends), zone)
        until = max(whole(self.desk.clock.now()), ask.starts) + self.horizon
        dates = occurrences(pattern, zone, length, until)
        check_dates(dates, asked.rooms[0].id)
        unfinished = goes_on(pattern, wall(until, zone).replace(tzinfo=None))
        args = said or (sorted(ask.rooms), ask.starts, ask.ends, *told_ask(ask), pattern.start, pattern.lines, zone,
                        skip, own)  # fmt: skip

        def compose(scene: Scene) -> tuple[Booking | None, Outcome]:
            may_be_owner(ask, scene)
            if ask.uid and taken(scene.tx, ask.uid):
                raise Refused((Objection("uid_taken", ask.rooms[0]),))
            host = people.by_number(scene.tx, actor.person) if actor.person is not None else None
            speaks_for_self(ask.organizer_email, scene, host)
            template = self.bookings.fresh(ask, scene, asked.owner, host, present=False, series=True)
            placing = Placing(scene, skip)
            judge_whole(placing, dates)
            fresh = series_of(template, pattern, zone, length, carried_to=until, open=unfinished)
            fresh = replace(fresh, id=series.insert(scene.tx, fresh))
            placing.put_all([occurrence_of(fresh, it, standing=template.standing, now=scene.now,
                                           own=(own or {}).get(it.period.start)) for it in dates], law)  # fmt: skip
            return None, _booked(placing, fresh, actor)

        request = Request("series_booked", actor, args, key, at_risk=ask.at_risk)
        return self._write(request, asked.numbers, compose, preview=preview)

    def find(self, uid: str, actor: Actor, *, room: str | None = None, act: str = "see") -> Series:
        """The series of that uid, or the one that the booking of that uid belongs to. Raises Unknown or Barred."""
        require(actor, ACTS[act])
        with self.desk.store.reading() as tx:
            it = series.by_uid(tx, uid)
            if it is None and (one := bookings.by_uid(tx, uid)) is not None and one.series is not None:
                it = series.by_ids(tx, [one.series]).get(one.series)
            return within_reach(tx, it, uid, actor, room=room, act=act)

    def occurrence(
        self, uid: str, at: datetime | None, actor: Actor, *, room: str | None = None, act: str = "see",
        key: str | None = None,
    ) -> Booking:  # fmt: skip
        """The booking that a uid and an address mean: of a series that date; without address the one that is now or
        comes next, else the last one. A booking's own uid means it, unless another date of its series is named; one of
        no series is itself, whatever the address. Cancelled: Unknown.

        `key`: of a request that was carried out before, it is the booking that this found then.
        """
        require(actor, ACTS[act])
        with self.desk.store.reading() as tx:
            op = ops.find(tx, actor.name, key) if key is not None else None
            before = (op.before or op.after) if op is not None else None
            if before is not None and uid in (before.uid, before.series_uid):
                return within_reach(tx, before, uid, actor, room=room, act=act)
            one = bookings.by_uid(tx, uid)
            number = one.series if one is not None else None
            it = series.by_uid(tx, uid) if one is None else None
        if it is None and (number is None or at is None):
            return self.bookings.get(uid, actor, room=room)
        it = self.find(uid, actor, room=room, act=act)
        now = whole(self.desk.clock.now())
        with self.desk.store.reading() as tx:
            rows = series.occurrences(tx, it.id) if at is None else [series.occurrence(tx, it.id, at)]
        live = sorted((row for row in rows if row and row.standing is not Standing.CANCELLED), key=lambda b: b.starts)
        if not live:
            raise Unknown("booking", uid)
        return next((row for row in live if row.ends > now), live[-1])

    def whole(self, uid: str, actor: Actor, *, room: str | None = None) -> Whole:
        """The series with its occurrences and the dates it leaves out."""
        it = self.find(uid, actor, room=room)
        with self.desk.store.reading() as tx:
            return _whole(tx, it.id)

    def change(
        self, uid: str, edit: Edit, actor: Actor, *, following: bool, at: datetime | None = None,
        lines: tuple[str, ...] | None = None, keep_first: bool = True, room: str | None = None,
        version: int | None = None, key: str | None = None, skip: bool = False, lose: bool = False,
        preview: bool = False, into: tuple[str, ...] = (),
    ) -> Outcome:  # fmt: skip
        """Changes the dates from `at` on (`following`), or all that have not begun; core/replanning.py says what stays.

        `lines` is a new pattern; where it is the old one as `shown`, nothing is new. `into`: the rooms they have from
        there on, by id. Raises Refused("exception_lost") for each single change that a new pattern would lose, unless
        `lose`; a preview lists them instead.
        """
        check_edit(edit)
        seen = self.find(uid, actor, room=room, act="change")
        places = self.bookings.asked(Ask(into, EARLIEST, LATEST, ""), actor).numbers if into else seen.rooms

        def compose(scene: Scene) -> tuple[Booking | None, Outcome]:
            current, now, rooms = _whole(scene.tx, seen.id), scene.now, scene.rooms
            before = self._addressed(current, at, version, now)
            said = completed(edit, before)
            edited(before, said, scene)  # whom he may name
            new = lines if lines != shown(current.series) else None
            plan = replan(current, said, now, at=at, following=following, lines=new, keep_first=keep_first,
                          horizon=self.horizon, rooms=places)  # fmt: skip
            check_dates(plan.dates, rooms[0].id)
            if plan.lost and not (lose or preview):
                raise Refused(tuple(Objection("exception_lost", rooms[0].id, {"kinds": " ".join(it.kinds)}, it.at)
                                    for it in plan.lost))  # fmt: skip
            placing = Placing(scene, skip)
            if new is not None:
                judge_whole(placing, plan.dates)
            done = write_plan(placing, plan, current, actor)
            return before, Outcome(
                done.series, done.first or before, len(done.made), len(done.changed), len(done.gone), done.left_out,
                plan.lost,
            )  # fmt: skip

        args = (uid, *told_edit(edit), following, at, lines, keep_first, skip, lose, *into)
        request = Request("series_changed", actor, args, key)
        return self._write(request, places, compose, preview=preview, also=seen.rooms)

    def cancel(
        self, uid: str, actor: Actor, *, following: bool, at: datetime | None = None, room: str | None = None,
        version: int | None = None, key: str | None = None, preview: bool = False,
    ) -> Outcome:  # fmt: skip
        """Gives back the dates from `at` on (`following`), or all that are not over. The series ends there."""
        seen = self.find(uid, actor, room=room, act="change")

        def compose(scene: Scene) -> tuple[Booking | None, Outcome]:
            current, now = _whole(scene.tx, seen.id), scene.now
            before = self._addressed(current, at, version, now)
            start = addressed(current, at, now).period.start if following else None
            it, gone = cancel_rows(scene.tx, current, start, now)
            if not gone:
                raise Refused((Objection("over", scene.rooms[0].id),))
            may_go(scene, (row for row in current.rows if row.id in {each.id for each in gone}))
            rows = {row.id: row for row in current.rows}
            for row in gone:
                note(scene, "cancelled", row, former=rows.get(row.id))
            return before, Outcome(it, gone[0], cancelled=len(gone))

        request = Request("series_cancelled", actor, (uid, following, at), key)
        return self._write(request, seen.rooms, compose, preview=preview)

    def answer(
        self, uid: str, actor: Actor, *, accept: bool, room: str | None = None, version: int | None = None,
        key: str | None = None,
    ) -> Outcome:  # fmt: skip
        """Approves or declines every pending date that is not over. Scope admin."""
        seen = self.find(uid, actor, room=room, act="approve")

        def compose(scene: Scene) -> tuple[Booking | None, Outcome]:
            it, now = _whole(scene.tx, seen.id), scene.now
            self._addressed(it, None, version, now)
            pending = [row for row in it.rows if row.standing is Standing.PENDING and row.ends > now]
            if not pending:
                raise Refused((Objection("not_pending", scene.rooms[0].id),))
            if accept:
                for row in pending:
                    may_approve(row, actor)
                scene.as_is(pending[0], rules.APPROVE)
            to = Standing.ACCEPTED if accept else Standing.DECLINED
            after = [replace(row, standing=to, version=row.version + 1, changed_at=now,
                             credits=row.credits if accept else 0) for row in pending]  # fmt: skip
            bookings.update_all(scene.tx, after)
            for before, row in zip(pending, after, strict=True):
                pay(scene.tx, before, row)
                note(scene, "approved" if accept else "declined", row, former=before)
            return pending[0], Outcome(it.series, after[0], changed=len(after))

        request = Request("series_approved" if accept else "series_declined", actor, (uid,), key)
        return self._write(request, seen.rooms, compose, preview=False)

    def restore(self, uid: str, at: datetime, actor: Actor, *, room: str | None = None) -> Booking:
        """Books a date again that was cancelled alone or left out. Again is fine. One that was declined stays so."""
        seen = self.find(uid, actor, room=room, act="change")

        def work(tx: Tx) -> Booking:
            it, row = _whole(tx, seen.id), series.occurrence(tx, seen.id, at)
            if row is not None and row.standing.planned:
                return row
            scene = self.desk.scene(tx, it.series.rooms, actor)
            if row is not None and row.standing is Standing.DECLINED:
                raise Refused((Objection("declined", scene.rooms[0].id, at=at),))
            if at not in it.dates:
                raise Unknown("booking", uid)
            stands = approval.stands(scene.rooms, actor, changing=True, series=True)
            standing = Standing.ACCEPTED if stands else Standing.PENDING
            fresh = occurrence_of(it.series, it.dates[at], standing=standing, now=scene.now)
            if row is not None and row.source == STRUCK:  # nothing is left of what it was alone
                fresh = replace(fresh, id=row.id, uid=row.uid, version=row.version + 1)
            elif row is not None:
                # Whoever came early has left when it was cancelled.
                fresh = replace(row, standing=standing, version=row.version + 1, changed_at=scene.now,
                                checked_in_at=None)  # fmt: skip
            placing = Placing(scene, skip=False)
            if (taking := placing.fits(fresh, rules.BOOK)) is not None:
                placing.put(fresh, taking)
            placing.decide()
            series.drop_left_out(tx, seen.id, at)
            back = (placing.moved or placing.made)[0]
            note(scene, "booked", back, former=row)
            return back

        return self.desk.written(work, seen.rooms)

    def _write(
        self, request: Request, places: Sequence[int],
        compose: Callable[[Scene], tuple[Booking | None, Outcome]], *, preview: bool, also: Sequence[int] = (),
    ) -> Outcome:  # fmt: skip
        check_key(request.key)

        def work(tx: Tx) -> Outcome:
            if not preview and (op := self.desk.known(tx, request)) is not None:
                return again(op)
            scene = self.desk.scene(tx, places, request.actor)
            before, outcome = compose(scene)
            if preview:
                return replace(outcome, written=False)
            if request.key is not None:
                op = ops.Op(request.digest, scene.now, request.what, before, outcome.first, told(outcome))
                ops.keep(tx, request.actor.name, request.key, op)
            return outcome

        locked = sorted({*places, *also})
        return self.desk.written(work, locked, preview=preview, at_risk=request.at_risk)

    def _addressed(self, it: Whole, at: datetime | None, version: int | None, now: datetime) -> Booking:
        """The occurrence that the asker speaks of, checked for the version it was seen with."""
        live = [row for row in it.rows if row.standing is not Standing.CANCELLED]
        named = [row for row in live if row.original_start == at] if at is not None else []
        ahead = sorted((row for row in live if row.ends > now), key=lambda row: row.starts)
        found = next(iter(named or ahead), None)
        if at is not None and not named and at not in it.dates:
            raise Unknown("occurrence", at.isoformat())
        if found is None or not ahead:
            raise Refused((Objection("over", ""),))
        if version is not None and version != found.version:
            raise Stale(found.version)
        return found


def _booked(placing: Placing, it: Series, actor: Actor) -> Outcome:
    """Has what was put written, and what was left out; tells of it."""
    placing.decide()
    if not (made := placing.made):
        raise Refused((Objection("nothing_left", placing.scene.rooms[0].id),))
    left = tuple(replace(each, series=it.id) for each in placing.left_out)
    series.add_left_out(placing.scene.tx, left)
    for number, each in enumerate(made):
        note(placing.scene, "booked", each, said=number == 0)
    return Outcome(it, made[0], made=len(made), left_out=left)


def _whole(tx: Tx, number: int) -> Whole:
    return whole_of(series.by_ids(tx, [number])[number], series.occurrences(tx, number), series.left_out(tx, number))
