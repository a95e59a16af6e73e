"""Conflicts are settled: by those who manage the room, or by themselves where nothing is left to decide.

Decisions:
- `booking` keeps the time for the booking that was there or came from elsewhere: the walk-in ends where that begins.
  `walk_in` gives the walk-in what its people were told, and cancels the other. `both`: people have agreed, or have seen
  it; nothing is changed. Each is judged under the lock of all rooms: who came in between is not pushed aside.
- Where the one that was met is cancelled or moved away, the one that gave way gets its time after all, if that is still
  free; where it is not, the two who now meet are in conflict.
- What is over is listed until somebody has looked, but for 30 days at most.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from server.core.access import Actor, may, require
from server.core.audit import difference
from server.core.claims import Taking
from server.core.clock import whole
from server.core.errors import Barred, Full, Invalid, Later, Objection, Refused, Unknown
from server.core.model import Booking, Room, Standing
from server.core.period import Period
from server.core.privacy import for_actor
from server.core.rules.kinds import Wish
from server.engine.booking import kept_credits
from server.engine.conflicts import RESOLVED, Standoff, standoffs
from server.engine.desk import Desk
from server.engine.rooms import found
from server.engine.scene import Scene, scene_at
from server.store import bookings, conflicts, finding, people
from server.store.conflicts import Conflict
from server.store.database import Note, Tx

WAYS = ("booking", "walk_in", "both")
STATES = ("", "open", "resolved")
LISTED = timedelta(days=30)
MOST = 500
SELF = Actor("conflicts", "admin", source="conflicts")
GONE = (Standing.CANCELLED, Standing.DECLINED)
log = logging.getLogger("lintel.doors")


@dataclass(frozen=True, slots=True)
class Conflicts:
    """The use cases. All raise Invalid, Unknown, Barred, Refused, Later or Full."""

    desk: Desk

    def page(
        self, actor: Actor, *, state: str = "", room: str | None = None, limit: int = MOST
    ) -> tuple[Standoff, ...]:
        """Open ones first, by time, then the newest: of the rooms that the actor manages."""
        require(actor, "admin")
        if state not in STATES or not 1 <= limit <= MOST:
            raise Invalid({"state": "open or resolved"} if state not in STATES else {"limit": f"1 to {MOST}"})
        with self.desk.store.reading() as tx:
            rooms = [found(tx, room, actor, "admin").number] if room is not None else self._managed(tx, actor)
            return tuple(self._shown(tx, conflicts.page(tx, rooms=rooms, state=state, limit=limit), actor))

    def get(self, number: int, actor: Actor) -> Standoff:
        """One of them."""
        require(actor, "admin")
        with self.desk.store.reading() as tx:
            return self._shown(tx, [_reached(tx, number, actor)], actor)[0]

    def count(self, actor: Actor) -> int:
        """How many are open in the rooms that the actor manages; 0 for who manages none."""
        if not may(actor, "admin"):
            return 0
        with self.desk.store.reading() as tx:
            return conflicts.count_open(tx, self._managed(tx, actor))

    def resolve(self, number: int, way: str, actor: Actor) -> Standoff:
        """Says what becomes of it; raises Refused where it is settled already, or the time has gone to a third."""
        require(actor, "admin")
        if way not in WAYS:
            raise Invalid({"resolution": ", ".join(WAYS)})
        with self.desk.store.reading() as tx:
            rooms = _rooms(tx, _reached(tx, number, actor))

        def work(tx: Tx) -> None:
            it = self._standoff(tx, number)
            if not it.conflict.open:
                raise Refused((Objection("conflict_settled", it.room.id),))
            if not {each for side in (it.gave, it.met) if side is not None for each in side.rooms} <= set(rooms):
                raise Later(1)
            if way != "both":
                _decide(self, tx, it, way, actor)
            self._close(tx, it, way, actor)

        self.desk.written(work, rooms, at_risk=True)
        return self.get(number, actor)

    def run(self) -> Mapping[str, int]:
        """Closes those that are no question any more. One that fails does not stop the others."""
        counts, after = {"gone": 0}, 0
        while True:
            with self.desk.store.reading() as tx:
                part = conflicts.every_open(tx, MOST, after)
                there = standoffs(tx, part, finding.rooms(tx, {it.room for it in part}))
            now = whole(self.desk.clock.now())
            for it in (each for each in there if _moot(each, now)):
                counts["gone"] += self._let_go(it)
            if len(part) < MOST:
                return counts if counts["gone"] else {}
            after = part[-1].id

    def _let_go(self, it: Standoff) -> int:
        with self.desk.store.reading() as tx:
            rooms = _rooms(tx, it.conflict)

        def work(tx: Tx) -> int:
            now = whole(self.desk.clock.now())
            fresh = self._standoff(tx, it.conflict.id)
            if not fresh.conflict.open or not _moot(fresh, now):
                return 0
            if _waits(fresh) and not self._after_all(tx, fresh):
                return 0
            self._close(tx, fresh, "gone", SELF)
            return 1

        try:
            return self.desk.written(work, rooms, wait=False)
        except (Later, Full):
            raise
        except Exception as error:
            log.error("conflict=%d error=%s", it.conflict.id, type(error).__name__)
            return 0

    def _after_all(self, tx: Tx, it: Standoff) -> bool:
        """Gives the one that gave way its time; False where a third has it, who is the one it meets now."""
        assert it.gave is not None
        scene = self._scene(tx, it.gave, SELF)
        if it.gave.standing.holding and it.gave.ends <= scene.now:
            return True  # its people have left
        try:
            _give(scene, it.gave, it.conflict.wanted)
        except Refused as no:
            third = next((row for each in no.conflicts if each.uid and (row := bookings.by_uid(tx, each.uid))), None)
            if third is not None and third.id != it.conflict.other:
                conflicts.meets(tx, it.conflict.id, third.id)
            return False
        return True

    def _scene(self, tx: Tx, it: Booking, actor: Actor) -> Scene:
        return scene_at(tx, self.desk.house, it.rooms, actor, whole(self.desk.clock.now()))

    def _standoff(self, tx: Tx, number: int) -> Standoff:
        it = conflicts.find(tx, number)
        if it is None:
            raise Unknown("conflict", str(number))
        return standoffs(tx, [it], finding.rooms(tx, {it.room}))[0]

    def _close(self, tx: Tx, it: Standoff, way: str, actor: Actor) -> None:
        now, number = whole(self.desk.clock.now()), it.conflict.id
        conflicts.close(tx, number, way, now, actor.name)
        sides: Sequence[Booking | None] = [side for side in (it.gave, it.met) if side is not None] or [None]
        for side in sides:
            subject = side.id if side is not None else None
            codes = (str(number), it.conflict.kind, way)
            tx.note(Note(now, RESOLVED, it.room.number, subject, actor, codes=codes, after={"conflict": number}))

    def _managed(self, tx: Tx, actor: Actor) -> list[int] | None:
        if actor.rooms is None and (actor.person is None or actor.role in ("admin", "staff")):
            return None
        return [number for number in self.desk.house.at(tx).rooms if may(actor, "admin", number)]

    def _shown(self, tx: Tx, those: Sequence[Conflict], actor: Actor) -> list[Standoff]:
        there = standoffs(tx, those, finding.rooms(tx, {it.room for it in those}))
        return [
            replace(it, gave=_read(actor, it.gave, it.room), met=_read(actor, it.met, it.room)) for it in there
        ]  # fmt: skip


def _read(actor: Actor, it: Booking | None, room: Room) -> Booking | None:
    return for_actor(actor, it, room) if it is not None else None


def _reached(tx: Tx, number: int, actor: Actor) -> Conflict:
    it = conflicts.find(tx, number)
    if it is None:
        raise Unknown("conflict", str(number))
    require(actor, "admin", it.room)
    return it


def _rooms(tx: Tx, it: Conflict) -> list[int]:
    """All rooms that settling it may touch."""
    sides = bookings.by_ids(tx, {number for number in (it.booking, it.other) if number is not None})
    return sorted({it.room, *(room for side in sides for room in side.rooms)})


def _moot(it: Standoff, now: datetime) -> bool:
    """Whether there is nothing left to decide."""
    wanted, gave, met = it.conflict.wanted, it.gave, it.met
    if it.conflict.kind == "unplaced":  # its time is what a wrong clock said: it may never come
        return it.conflict.made_at + LISTED <= now
    if max(wanted.end, it.conflict.made_at) + LISTED <= now:
        return True
    if gave is None:
        return True
    if gave.standing in GONE or _away(gave, wanted):
        return not _gone_before(it.conflict, gave)
    if gave.standing.holding and (it.conflict.kind != "walk_in" or gave.ends >= wanted.end):
        return True  # it has its time
    return _waits(it) or _left_before(gave, met)


def _gone_before(it: Conflict, gave: Booking) -> bool:
    """Whether the booking had gone when it was recorded: its people were promised more of it all the same."""
    return it.kind == "walk_in" and it.other is None and gave.changed_at <= it.made_at


def _away(gave: Booking, wanted: Period) -> bool:
    return gave.starts >= wanted.end or gave.ends < wanted.start


def _left_before(gave: Booking, met: Booking | None) -> bool:
    """Whether its people have left before the other began."""
    return met is not None and gave.ended_at is not None and gave.standing.holding and gave.ends <= met.starts


def _waits(it: Standoff) -> bool:
    """Whether the one that gave way may get its time after all, for the other has gone."""
    gave, met, wanted = it.gave, it.met, it.conflict.wanted
    if gave is None or gave.standing in GONE or gave.ended_at is not None or it.conflict.kind == "unplaced":
        return False
    if gave.standing.holding and gave.ends >= wanted.end:
        return False
    if it.conflict.other is None:
        return False  # a closure: who lifts it says what becomes of this
    return met is None or met.standing in GONE or not met.period.overlaps(wanted)


def _decide(of: Conflicts, tx: Tx, it: Standoff, way: str, actor: Actor) -> None:
    """Writes what was decided. Raises Refused where that is not to be had, Barred where it is not the actor's."""
    phone, walk_in = it.phone, it.walk_in
    if it.conflict.kind == "unplaced":
        raise Refused((Objection("conflict_unplaced", it.room.id),))
    keeps, goes = (phone, walk_in) if way == "booking" else (walk_in, phone)
    for side in (keeps, goes):
        if side is not None and not may(actor, "approve", side):
            raise Barred("room")
    if keeps is not None and keeps.standing in GONE:
        raise Refused((Objection("conflict_gone", it.room.id),))
    if goes is not None and goes.standing not in GONE:
        _cut(of._scene(tx, goes, actor), goes, keeps if way == "booking" else None)
    if keeps is not None:
        wanted = it.conflict.wanted if keeps is it.gave and way == "walk_in" else keeps.period
        _give(of._scene(tx, keeps, actor), keeps, wanted)


def _cut(scene: Scene, it: Booking, for_: Booking | None) -> None:
    """Ends it where the other begins; cancels it where nothing is left, or there is no other."""
    if for_ is not None and it.starts < for_.starts:
        if it.ends > for_.starts or not it.standing.holding:
            ends = min(it.ends, for_.starts)
            after = replace(it, ends=ends, planned_end=it.planned_end or it.ends)
            _give(scene, after, after.period, before=it)
        return
    cost = kept_credits(it, scene.now)
    _write(scene, "cancelled", it, replace(it, standing=Standing.CANCELLED, credits=cost))


def _give(scene: Scene, it: Booking, wanted: Period, *, before: Booking | None = None) -> None:
    """Has it stand, up to the end of `wanted`; at risk where a door does not answer. Raises Refused if taken."""
    ends = max(it.ends, wanted.end) if it.ended_at is None else it.ends
    before = before or it
    after = replace(it, ends=ends, standing=Standing.ACCEPTED)
    if after == before:
        return
    wish = Wish(after.period, before.period, title=it.title, kept=it.details)
    taking = scene.judge(wish, (), scene.case(before)).taking
    if taking.at_risk:
        after = replace(after, standing=Standing.AT_RISK)
    what = "assured" if before.standing is not after.standing else "changed"
    _write(scene, what, before, after, taking)


def _write(scene: Scene, what: str, before: Booking, after: Booking, taking: Taking | None = None) -> None:
    after = replace(after, version=before.version + 1, changed_at=scene.now)
    bookings.update(scene.tx, after, taking)
    if before.owner is not None and before.credits != after.credits:
        people.add_credits(scene.tx, before.owner, before.credits - after.credits)
    was, now = difference(before, after)
    for room in scene.house.touched(after.rooms):
        scene.tx.note(Note(scene.now, what, room, after.id, scene.actor, ("conflict",), before=was, after=now))
