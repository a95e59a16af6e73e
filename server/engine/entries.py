"""An entry of a door's journal under the lock of its rooms: what is around it, how it lies, and how it is written.

Decisions:
- The rules of the room are asked as of the tap, and what they say is listed with the entry; it changes nothing.
- Bookings at risk that it meets give way to it, for its people are in the room.
- What a door confirmed and met a booking all the same is a broken promise, which staff hear of at once.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from server.core.audit import difference
from server.core.claims import Taking, claims_of
from server.core.clock import epoch, from_epoch
from server.core.errors import LintelError, Refused
from server.core.intake import Entry, Lies, lay
from server.core.model import Booking, Details
from server.core.period import Period
from server.core.rules import Rule
from server.core.rules.kinds import Wish
from server.engine.conflicts import gave_way, record
from server.engine.counting import Case
from server.engine.scene import Scene
from server.engine.tickets import open_ticket
from server.store import bookings, grants, holds, ops, people
from server.store.database import Note
from server.store.holds import Held

BROKEN = "promise_broken"
log = logging.getLogger("lintel.doors")


@dataclass(frozen=True, slots=True)
class Doing:
    """An entry under the lock: `scene` has the rooms that it touches, `room` the number of the door's.

    `when` is from the tap to the end that it names, None where nobody can tell; `at` the tap. `device` is who did it;
    `target` the booking that it is about, `was` what the act that it names did; None where there is none.
    """

    scene: Scene
    entry: Entry
    room: int
    device: int
    at: int | None
    when: tuple[int, int] | None
    target: Booking | None = None
    was: ops.Op | None = None

    @property
    def tapped(self) -> datetime:
        """The tap, or now where nobody can tell."""
        return from_epoch(self.at) if self.at is not None else self.scene.now


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it: one of the protocol's outcomes, the booking as it is now, a conflict's number, codes."""

    outcome: str
    booking: Booking | None = None
    conflict: int | None = None
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Around:
    """What is in the way of a time: `met` the bookings by number, `lies` where it comes to lie."""

    lies: Lies
    met: dict[int, Booking]

    @property
    def others(self) -> list[Booking | None]:
        """The bookings that it met; [None] where only a closure was in the way."""
        found: list[Booking | None] = [self.met[each] for each in self.lies.met if isinstance(each, int)]
        return found or ([None] if self.lies.met else [])


def around_it(it: Doing, start: int, end: int, own: int | None) -> Around:
    """Lifts what the door itself owns, and looks at what else is there between two instants.

    What a door confirmed was its own, so no other door's time is in its way: one that was assumed to own it (after a
    backup was put back) did not. What lies at another time than the door thought, because its clock was wrong, may meet
    what it confirmed since: that is at risk of its own word, too.
    """
    scene, period = it.scene, period_of(start, end)
    lanes = {room.number: room.policy.lanes for room in scene.places}
    asked = [(number, period) for number in lanes]
    there = [h for h in holds.around(scene.tx, asked) if h.period.overlaps(period) and not h.at_risk]
    sure, moved = it.entry.grade == "confirmed", it.at != it.entry.wall
    doors = grants.of_rooms(scene.tx, list(lanes))
    mine = [door for door in doors if sure or (door.device == it.device and not moved)]
    grants.lift(scene.tx, [door.id for door in mine])
    others = [each for door in doors if door not in mine for each in door.grant.reserved]
    taken = [
        (epoch(h.starts), epoch(h.ends), _what(h))
        for h in there
        if h.grant is None and (own is None or h.occurrence != own) and (h.closure is not None or lanes[h.room] == 1)
    ]
    unique = list(dict.fromkeys(sorted(taken, key=lambda each: each[:2])))
    met = {each.id: each for each in bookings.by_ids(scene.tx, {h.occurrence for h in there if h.occurrence})}
    return Around(_once(lay(start, end, unique, tuple(others))), met)


def _what(h: Held) -> int | str:
    return h.occurrence if h.occurrence is not None else f"closure:{h.closure}"


def _once(lies: Lies) -> Lies:
    return replace(lies, met=tuple(dict.fromkeys(lies.met)))


def taking_of(it: Doing, lies: Lies, own: Booking | None) -> Taking | None:
    """How it lies; None where a room with several lanes has none left. A conflict lies nowhere."""
    scene, owner = it.scene, own.owner if own is not None else None
    details = own.details if own is not None else Details()
    if not lies.standing.holding or all(room.policy.lanes == 1 for room in scene.places):
        return Taking(claims=claims_of(owner, details, scene.places))
    wish = Wish(period_of(*lies.kept), own.period if own is not None else None, kept=details)
    try:
        return scene.judge(wish, (), _case(it, own)).taking
    except Refused:
        return None


def _case(it: Doing, own: Booking | None) -> Case:
    return it.scene.case(own) if own is not None else Case(it.scene.actor, it.scene.house)


def against(it: Doing, wish: Wish, asked: tuple[Rule, ...], own: Booking | None) -> tuple[str, ...]:
    """The codes of what the rules have against it, as of the tap."""
    try:
        replace(it.scene, now=it.tapped).judge(wish, asked, _case(it, own))
    except Refused as error:
        return tuple(dict.fromkeys(each.code for each in error.objections if each.code != "door_silent"))
    except LintelError as error:
        return (type(error).__name__.lower(),)
    return ()


def recorded(it: Doing, booking: Booking, around: Around, wanted: Period, *, sure: bool = False) -> int | None:
    """Records what the booking gave way to; the first one's number. `sure`: there is one, whatever is known of it."""
    scene = it.scene
    others: Sequence[Booking | None] = around.others or ([None] if sure else [])
    numbers = [
        record(scene.tx, it.room, kind="walk_in", booking=booking, other=other, wanted=wanted, now=scene.now,
               actor=scene.actor)
        for other in others
    ]  # fmt: skip
    if broken(it, around):
        log.error("promise broken device=%d room=%d conflict=%d", it.device, it.room, numbers[0])
        open_ticket(scene.tx, scene.now, BROKEN, f"device:{it.device}", room=it.room, by=scene.actor)
    return numbers[0] if numbers else None


def broken(it: Doing, around: Around) -> tuple[str, ...]:
    """The code of a promise that was not kept: what the door had confirmed met a booking. Else nothing."""
    return (BROKEN,) if it.entry.grade == "confirmed" and any(around.others) else ()


def pushed(it: Doing, made: Booking) -> None:
    """Bookings at risk that it meets give way."""
    tx, scene = it.scene.tx, it.scene
    there = {each.id: each for room in made.rooms for each in bookings.at_risk(tx, room, made.period)}
    for each in there.values():
        if each.id != made.id:
            room = next(number for number in each.rooms if number in made.rooms)
            gave_way(tx, room, each, made, scene.now, scene.actor)


def written(
    it: Doing, what: str, before: Booking, after: Booking, taking: Taking | None = None, codes: tuple[str, ...] = ()
) -> Booking:  # fmt: skip
    scene = it.scene
    after = replace(after, version=before.version + 1, changed_at=scene.now)
    bookings.update(scene.tx, after, taking)
    if before.owner is not None and before.credits != after.credits:
        people.add_credits(scene.tx, before.owner, before.credits - after.credits)
    tell(it, what, before, after, codes)
    return after


def tell(it: Doing, what: str, before: Booking | None, after: Booking, codes: tuple[str, ...] = ()) -> None:
    """Notes it in all rooms that it concerns, and keeps it under its `op` for whoever asks by the other way."""
    scene = it.scene
    was, now = difference(before, after)
    text = {"title": after.title} if before is None else None
    for room in scene.house.touched(after.rooms):
        scene.tx.note(Note(scene.now, what, room, after.id, scene.actor, codes, text, was, now))
    op = ops.Op(ops.DOORS, scene.now, what, before, after)
    ops.keep(scene.tx, scene.actor.name, it.entry.op, op)


def period_of(start: int, end: int) -> Period:
    return Period(from_epoch(start), from_epoch(end))
