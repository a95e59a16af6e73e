"""Writes what an edit makes of a series (core/replanning.py): holds are given up first, so dates can change places."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from server.core import approval, rules
from server.core.access import Actor
from server.core.claims import Taking
from server.core.clock import epoch
from server.core.errors import Objection, Refused
from server.core.model import Booking, LeftOut, Series, Standing
from server.core.recurrence import Pattern
from server.core.series import Moved, Plan, Whole, goes_on
from server.core.zone import wall
from server.engine.booking import carries_new, kept_credits
from server.engine.placing import Placing, note, occurrence_of
from server.engine.scene import Scene, pay
from server.store import bookings, series
from server.store.database import Tx


@dataclass(slots=True)
class Written:
    """What was written: `series` as stored, the bookings by what became of them."""

    series: Series
    made: list[Booking] = field(default_factory=list)
    changed: list[Booking] = field(default_factory=list)
    gone: list[Booking] = field(default_factory=list)
    left_out: tuple[LeftOut, ...] = ()

    @property
    def first(self) -> Booking | None:
        return min([*self.changed, *self.made], key=lambda it: it.starts, default=None)


def write_plan(placing: Placing, plan: Plan, whole: Whole, actor: Actor) -> Written:
    """Writes the plan under the lock. Raises Refused where a date does not fit, unless `placing` skips it."""
    tx, now = placing.scene.tx, placing.scene.now
    done = Written(_write_series(tx, plan, whole, now))
    series.release(tx, [each.former.id for each in plan.moved] + [row.id for row in plan.dropped])
    may_go(placing.scene, plan.dropped)
    done.gone += _let_go(tx, plan.dropped, now)
    done.changed += [_next(row, now) for row in plan.renamed]
    judged: list[Moved] = []
    bookings.rehouse(tx, [each.booking for each in plan.moved if each.booking.rooms != each.former.rooms])
    for each in plan.moved:
        it = replace(_next(each.booking, now), series=done.series.id, series_uid=done.series.uid)
        if each.placed_anew and it.standing.planned:
            judged.append(Moved(it, each.former))
        else:
            done.changed.append(it)
    done.changed, takings = _reworded(placing, done.changed, whole)
    bookings.update_all(tx, done.changed, takings)
    skipped = _place(placing, plan, judged, done.series, actor)
    bookings.rehouse(tx, [row for row in skipped if row.rooms != done.series.rooms])  # they go where they were
    done.gone += _let_go(tx, skipped, now)
    done.changed, done.made = done.changed + placing.moved, placing.made
    done.left_out = tuple(replace(it, series=done.series.id) for it in placing.left_out)
    kept = [replace(it, series=done.series.id) for it in plan.left_out]
    series.put_left_out(tx, done.series.id, [*kept, *done.left_out])
    before = {row.id: row for row in whole.rows}
    for place, row in enumerate(done.changed):
        note(placing.scene, "changed", row, former=before.get(row.id), said=place == 0)
    for place, row in enumerate(done.made):
        note(placing.scene, "booked", row, said=place == 0 and not done.changed)
    for row in done.gone:
        note(placing.scene, "cancelled", row, former=before.get(row.id))
    return done


def _place(placing: Placing, plan: Plan, moving: list[Moved], it: Series, actor: Actor) -> list[Booking]:
    """Moves what changes its time and makes what is new, by time; returns what does not fit and may be skipped."""
    free, skipped = approval.stands(placing.scene.rooms, actor, changing=True, series=True), []
    placing.look([each.booking.period for each in moving])
    for each in sorted(moving, key=lambda each: each.booking.starts):
        row = replace(each.booking, checked_in_at=None, planned_end=None)
        if not free and row.standing in (Standing.ACCEPTED, Standing.AT_RISK):
            row = replace(row, standing=Standing.PENDING)
        placing.renamed(row, each.former)
        taking = placing.fits(row, rules.CHANGE, former=each.former)
        if taking is None:
            skipped.append(each.former)
        elif placing.clear:
            placing.put(row, taking, each.former)
    standing = Standing.ACCEPTED if free else Standing.PENDING
    fresh = [occurrence_of(it, date, standing=standing, now=placing.scene.now) for date in plan.made]
    placing.put_all(fresh, rules.BOOK)
    placing.decide()
    return skipped


def _reworded(placing: Placing, rows: list[Booking], whole: Whole) -> tuple[list[Booking], dict[str, Taking]]:
    """The bookings that stay where they are, and what those claim, by uid, that carry something else from now on."""
    before, takings = {row.id: row for row in whole.rows}, dict[str, Taking]()
    for row in rows:
        former = before[row.id]
        if not row.standing.planned:
            continue
        if not carries_new(former, row):
            placing.renamed(row, former)
        else:
            taking = placing.reworded(row, former)
            if taking is not None:
                takings[row.uid] = taking
    return [replace(row, credits=takings[row.uid].credits) if row.uid in takings else row for row in rows], takings


def may_go(scene: Scene, those: Iterable[Booking]) -> None:
    """Raises Refused for each of the bookings, told by its address, that may not be cancelled any more."""
    against: list[Objection] = []
    for row in those:
        if row.standing.planned:
            try:
                scene.as_is(row, rules.CANCEL)
            except Refused as no:
                against += [replace(it, at=row.original_start) for it in no.objections]
    if against:
        raise Refused(tuple(against))


def cancel_rows(tx: Tx, whole: Whole, start: datetime | None, now: datetime) -> tuple[Series, list[Booking]]:
    """Ends the series at an address, or where it stands now (None), and gives back what is not over from there on."""
    it = whole.series
    ahead = [row for row in whole.rows if row.ends > now and (start is None or (row.original_start or now) >= start)]
    gone = _let_go(tx, ahead, now)
    ids = {row.original_start for row in ahead}
    walls = [
        date.wall for at, date in whole.dates.items() if at in ids or (at > now and (start is None or at >= start))
    ]
    end = min(walls, default=wall(it.carried_to, it.zone).replace(tzinfo=None))
    end = min(end, it.pattern.until or end)  # what has ended before is not begun anew
    pattern: Pattern = replace(it.pattern, until=end)
    after = _stored(tx, replace(it, pattern=pattern), now)
    kept = [each for each in whole.left_out if each.at not in whole.dates or whole.dates[each.at].wall < end]
    series.put_left_out(tx, it.id, kept)
    return after, gone


def _write_series(tx: Tx, plan: Plan, whole: Whole, now: datetime) -> Series:
    if plan.head is None:
        return _stored(tx, plan.series, now)
    _stored(tx, plan.head, now)
    series.put_left_out(tx, plan.head.id, plan.head_left_out)
    uid = f"{secrets.token_hex(8)}-{epoch(now)}@lintel"
    tail = replace(plan.series, uid=uid, made_at=now, changed_at=now, version=1, open=_open(plan.series))
    return replace(tail, id=series.insert(tx, tail))


def _stored(tx: Tx, it: Series, now: datetime) -> Series:
    after = replace(it, version=it.version + 1, changed_at=now, open=_open(it))
    series.update(tx, after)
    return after


def _open(it: Series) -> bool:
    return goes_on(it.pattern, wall(it.carried_to, it.zone).replace(tzinfo=None))


def _next(it: Booking, now: datetime) -> Booking:
    return replace(it, version=it.version + 1, changed_at=now)


def _let_go(tx: Tx, rows: Iterable[Booking], now: datetime) -> list[Booking]:
    """The bookings are cancelled and of their series no more, whose name they keep; returns those that were not yet."""
    loose = [replace(row, series=None) for row in rows]
    live = [row for row in loose if row.standing is not Standing.CANCELLED]
    gone = [replace(_next(row, now), standing=Standing.CANCELLED, credits=kept_credits(row, now)) for row in live]
    for row, after in zip(live, gone, strict=True):
        pay(tx, row, after)
    bookings.update_all(tx, [*gone, *(row for row in loose if row.standing is Standing.CANCELLED)])
    return gone
