"""A booking that a panel knew and a backup did not have: made anew, or put where it had come to (reliability R10).

Decisions:
- No rule is asked: it was had once. Only whether the time is still free decides whether it holds the room.
- Doors are only assumed to own time after a backup was put back, and would not be had the booking been known: that time
  counts as free. What another door has been given since counts as its own, and the booking is at risk.
- Only what the people at the door might read of it is known: the name is as it was shown, and it is nobody's account.
- A walk-in that came back so, and whose tap comes again by a journal or a ledger, is its door's own again: its uid
  says by which tap it was made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from server.core.attest import Told, uid_of
from server.core.audit import difference
from server.core.claims import Taking
from server.core.clock import epoch, from_epoch
from server.core.errors import Conflict, Refused
from server.core.model import Booking, Standing
from server.core.period import Period
from server.core.rules.kinds import Wish
from server.engine.conflicts import record
from server.engine.counting import Case
from server.engine.door_time import under
from server.engine.orders import device_of
from server.engine.scene import Scene
from server.store import bookings, grants, ops, recovered
from server.store.database import Note, Tx

SOURCE = "recovered"
MADE, CHANGED = "recovered", "brought_back"
TITLE = "Recovered"
"""What a booking is called whose title nobody at the door might read."""
WALK_IN = "Walk-in"
BARE = Taking()


@dataclass(frozen=True, slots=True)
class Came:
    """What became of it: one of core/attest.py's outcomes, the booking as it is now, the first conflict's number."""

    outcome: str
    booking: Booking | None = None
    conflict: int | None = None


@dataclass(frozen=True, slots=True)
class _Space:
    """Whether its time is to be had: how it lies, None where something is in the way."""

    taking: Taking | None
    against: tuple[Conflict, ...] = ()

    def standing(self, wanted: str) -> Standing:
        """How the booking stands that was to stand so."""
        if self.taking is None or (self.taking.at_risk and wanted == Standing.PENDING):
            return Standing.CONFLICT
        if self.taking.at_risk:
            return Standing.AT_RISK
        return Standing.PENDING if wanted == Standing.PENDING else Standing.ACCEPTED


def make(scene: Scene, it: Told) -> Came:
    """The booking anew, with the uid and the version that it had."""
    space = _space(scene, it, Case(scene.actor, scene.house))
    fresh = Booking(
        id=0, uid=it.uid, rooms=tuple(room.number for room in scene.places), starts=from_epoch(it.starts),
        ends=from_epoch(it.ends), standing=space.standing(it.state), title=it.title or TITLE, organizer=it.host,
        organizer_email="", description="", source=SOURCE, made_by=scene.actor.name, made_at=scene.now,
        changed_at=scene.now, version=it.version,
    )  # fmt: skip
    made = replace(fresh, id=bookings.insert(scene.tx, fresh, space.taking or BARE))
    _tell(scene, None, made)
    return _came(scene, "made", made, space)


def change(scene: Scene, it: Told, known: Booking) -> Came:
    """The booking at the time and in the standing that it had come to after the backup."""
    space = _space(scene, it, scene.case(known))
    starts, ends = from_epoch(it.starts), from_epoch(it.ends)
    moved = starts != known.starts
    after = replace(
        known, starts=starts, ends=ends, standing=space.standing(it.state), version=it.version, changed_at=scene.now,
        planned_end=None if moved else known.planned_end or (known.ends if ends != known.ends else None),
        checked_in_at=known.checked_in_at if not moved else None,
    )  # fmt: skip
    bookings.update(scene.tx, after, space.taking if after.standing.holding else None)
    _tell(scene, known, after)
    return _came(scene, "changed", after, space)


def join(scene: Scene, it: Told, known: Booking) -> Came:
    """The booking with the rooms behind this door, too, where they are free; else it is only listed.

    `scene` has those rooms alone. One that holds nothing is given them without a look.
    """
    taking: Taking | None = BARE
    if known.standing.holding:
        time = replace(it, starts=epoch(known.starts), ends=epoch(known.ends))
        taking = _space(scene, time, replace(scene.case(known), own=known.id)).taking
    if taking is None or taking.at_risk:
        return Came("listed", known)
    more = [room.number for room in scene.places]
    after = recovered.join(scene.tx, replace(known, changed_at=scene.now), more, taking)
    _tell(scene, known, after)
    return Came("joined", after)


def came_back(tx: Tx, op: str, room: int) -> Booking | None:
    """The walk-in of that tap at that room which a panel has brought back, None where there is none."""
    it = bookings.by_uid(tx, uid_of(op))
    return it if it is not None and it.source == SOURCE and room in it.rooms else None


def own_again(scene: Scene, it: Booking, op: str, at: datetime) -> Booking:
    """It is its door's walk-in as before, with people in it since the tap; and what came of the tap is known again."""
    after = replace(
        it, source="panel", made_by=scene.actor.name, title=WALK_IN if it.title == TITLE else it.title,
        checked_in_at=it.checked_in_at or at, version=it.version + 1, changed_at=scene.now,
    )  # fmt: skip
    bookings.update(scene.tx, after)
    _tell(scene, it, after)
    ops.keep(scene.tx, scene.actor.name, op, ops.Op(ops.DOORS, scene.now, "walked_in", None, after))
    return after


def _space(scene: Scene, it: Told, case: Case) -> _Space:
    """Looks whether the time is free, and of doors, too: their holds there are lifted."""
    if it.state != Standing.AT_RISK:  # what was at risk of a door still waits for its word
        _make_way(scene)
    period = Period(from_epoch(it.starts), from_epoch(it.ends))

    def judged(tx: Tx) -> Taking:
        return scene.judge(Wish(period, kept=case.details), (), case).taking

    try:
        return _Space(under("at_risk", judged)(scene.tx))
    except Refused as no:
        return _Space(None, no.conflicts)


def _make_way(scene: Scene) -> None:
    """The own door's holds in these rooms are lifted, and those of doors that are only assumed to own them."""
    own = device_of(scene.actor)
    doors = grants.of_rooms(scene.tx, [room.number for room in scene.places])
    grants.lift(scene.tx, [it.id for it in doors if it.device == own or it.grant.version == 0])


def _came(scene: Scene, outcome: str, it: Booking, space: _Space) -> Came:
    if it.standing is Standing.AT_RISK:
        return Came("at_risk", it)
    if it.standing is not Standing.CONFLICT:
        return Came(outcome, it)
    numbers = _recorded(scene, it, space.against)
    return Came("conflict", it, numbers[0])


def _recorded(scene: Scene, it: Booking, against: Sequence[Conflict]) -> list[int]:
    """A record of each booking in the way; one of none where that is a closure or a door."""
    numbers = {room.id: room.number for room in scene.places}
    met = {each.uid: each for each in reversed(against) if each.uid is not None}
    found = [_record(scene, it, bookings.by_uid(scene.tx, uid), each, numbers) for uid, each in met.items()]
    return found or [_record(scene, it, None, against[0] if against else None, numbers)]


def _record(
    scene: Scene, it: Booking, other: Booking | None, way: Conflict | None, numbers: Mapping[str, int]
) -> int:  # fmt: skip
    low, high = (max(it.starts, way.starts), min(it.ends, way.ends)) if way is not None else (it.starts, it.ends)
    wanted = Period(low, high) if low < high else it.period
    room = numbers[way.room] if way is not None else it.rooms[0]
    return record(
        scene.tx, room, kind="recovered", booking=it, other=other, wanted=wanted, now=scene.now, actor=scene.actor
    )  # fmt: skip


def _tell(scene: Scene, before: Booking | None, after: Booking) -> None:
    was, now = difference(before, after)
    what = MADE if before is None else CHANGED
    text = {"title": after.title, "organizer": after.organizer} if before is None else None
    for number in scene.house.touched(after.rooms):
        scene.tx.note(Note(scene.now, what, number, after.id, scene.actor, (), text, was, now))
