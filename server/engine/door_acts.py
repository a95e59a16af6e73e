"""What becomes of what a door did by its own word: each act under the lock of its rooms, none refused.

Decisions (reliability R6, R12):
- A walk-in is cut where something else begins; where something else already runs it stands as a conflict and holds
  nothing. Into the time of another door it is at risk.
- Presence is monotone: once somebody was there, they were, whatever was done to the booking since.
- A booking ends early only by the word of the door that made it. What an entry names that is gone or over is left, but
  for a longer end, which people were promised: of what nobody knows, or has ended or cancelled elsewhere, it is listed.
"""

import secrets
from dataclasses import replace
from datetime import datetime

from server.core import rules
from server.core.access import Actor
from server.core.attest import by_tap, uid_of
from server.core.claims import Taking
from server.core.clock import epoch, from_epoch
from server.core.intake import Entry, left
from server.core.model import Booking, Standing
from server.core.rules import Rule
from server.core.rules.kinds import Wish
from server.engine.arriving import came, course_of, kept
from server.engine.booking import kept_credits, taken
from server.engine.conflicts import record
from server.engine.entries import (
    Doing,
    Done,
    against,
    around_it,
    broken,
    period_of,
    pushed,
    recorded,
    taking_of,
    tell,
    written,
)
from server.engine.recovering import SOURCE, came_back, own_again
from server.store import bookings, conflicts, grants, journal
from server.store.database import Tx

TITLE = "Walk-in"


def done(it: Doing) -> Done:
    """Does the act; writes all that becomes of it. Raises Later or Full."""
    match it.entry.act:
        case "book":
            return _book(it)
        case "extend":
            return _extend(it)
        case "end":
            return _end(it)
        case "undo":
            return _undo(it)
        case _:
            return _came(it)


def listed(
    tx: Tx, room: int, entry: Entry, target: Booking | None, now: datetime, actor: Actor, *codes: str
) -> Done:  # fmt: skip
    """Nobody can tell when it was, or what it came to: people are to say."""
    start = next((each for each in (entry.start, entry.wall) if each is not None), epoch(now))
    end = entry.end if entry.end is not None and entry.end > start else start + 1
    number = record(
        tx, room, kind="unplaced", booking=target, other=None, wanted=period_of(start, end), now=now, actor=actor
    )  # fmt: skip
    return Done("unplaced", target, number, codes)


def _unplaced(it: Doing) -> Done:
    return listed(it.scene.tx, it.room, it.entry, it.target, it.scene.now, it.scene.actor)


def _book(it: Doing) -> Done:
    if it.when is None:
        return _unplaced(it)
    scene = it.scene
    if (back := came_back(scene.tx, it.entry.op, it.room)) is not None:
        return _back(it, back)
    start, end = it.when
    around = around_it(it, start, end, None)
    codes = against(it, Wish(period_of(start, end), title=TITLE), rules.WALK_IN, None)
    taking = taking_of(it, around.lies, None)
    standing = around.lies.standing if taking is not None else Standing.CONFLICT
    low, high = around.lies.kept
    made = _walk_in(it, low, high, standing)
    made = replace(made, id=bookings.insert(scene.tx, made, taking or Taking()))
    tell(it, "walked_in", None, made, () if standing is Standing.ACCEPTED else (standing.value,))
    number = recorded(it, made, around, period_of(start, end))
    if standing.holding:
        pushed(it, made)
    outcome = {Standing.CONFLICT: "conflict", Standing.AT_RISK: "at_risk"}.get(standing, "accepted")
    if outcome == "accepted" and high < end:
        outcome = "shortened"
    return Done(outcome, made, number, (*codes, *broken(it, around)))


def _back(it: Doing, booking: Booking) -> Done:
    """The walk-in that a panel brought back after a backup was put in place: it is there already."""
    after = own_again(it.scene, booking, it.entry.op, it.tapped)
    if after.standing is not Standing.CONFLICT:
        return Done("at_risk" if after.standing is Standing.AT_RISK else "accepted", after, codes=("recovered",))
    known = conflicts.of_bookings(it.scene.tx, [after.id])
    return Done("conflict", after, known[0].id if known else None, ("recovered",))


def _walk_in(it: Doing, start: int, end: int, standing: Standing) -> Booking:
    scene, tapped, uid = it.scene, it.tapped, uid_of(it.entry.op)
    return Booking(
        id=0,
        uid=uid if not taken(scene.tx, uid) else f"{secrets.token_hex(8)}-{epoch(scene.now)}@lintel",
        rooms=tuple(each.number for each in scene.places),
        starts=from_epoch(start),
        ends=from_epoch(end),
        standing=standing,
        title=TITLE,
        organizer="",
        organizer_email="",
        description="",
        source="panel",
        made_by=scene.actor.name,
        made_at=tapped,
        changed_at=scene.now,
        checked_in_at=tapped,
    )


def _extend(it: Doing) -> Done:
    booking = it.target
    if booking is None:  # a backup did not have it, and no panel brought it back: its people were promised more of it
        return listed(it.scene.tx, it.room, it.entry, None, it.scene.now, it.scene.actor, "gone")
    if it.when is None:
        return _unplaced(it)
    until, ends = it.when[1], epoch(booking.ends)
    if booking.standing not in (Standing.ACCEPTED, Standing.CONFLICT, Standing.AT_RISK):
        return _given_up(it, booking, it.when, "standing")
    if until <= ends:
        return Done("nothing", booking)
    if booking.ended_at is not None or ends < it.when[0]:
        return _given_up(it, booking, it.when, "over")
    if booking.standing is not Standing.ACCEPTED:
        after = _longer(it, booking, until)
        return Done(booking.standing.value, written(it, "extended", booking, after))
    return _stretched(it, booking, until, "extended", rules.EXTEND)


def _given_up(it: Doing, booking: Booking, when: tuple[int, int], code: str) -> Done:
    """Somebody has ended or cancelled elsewhere what its people were promised more of: they are to hear of it."""
    if when[1] <= when[0]:
        return Done("nothing", booking, codes=(code,))
    number = record(
        it.scene.tx, it.room, kind="walk_in", booking=booking, other=None, wanted=period_of(*when), now=it.scene.now,
        actor=it.scene.actor,
    )  # fmt: skip
    return Done("conflict", booking, number, (code,))


def _stretched(it: Doing, booking: Booking, until: int, what: str, asked: tuple[Rule, ...]) -> Done:
    """The booking longer, as far as nothing else is in the way."""
    ends = epoch(booking.ends)
    around = around_it(it, ends, until, booking.id)
    wish = Wish(period_of(epoch(booking.starts), until), booking.period, title=booking.title, kept=booking.details)
    codes = against(it, wish, asked, booking)
    wanted = period_of(ends, until)
    free = around.lies.standing is Standing.ACCEPTED
    taking = taking_of(it, replace(around.lies, kept=(epoch(booking.starts), around.lies.kept[1])), booking)
    if not free or taking is None:
        number = recorded(it, booking, around, wanted, sure=True)
        return Done("conflict", booking, number, (*codes, *broken(it, around)))
    after = _longer(it, booking, around.lies.kept[1])
    after = written(it, what, booking, after, taking if taking.lanes else None)
    number = recorded(it, after, around, wanted)
    pushed(it, after)
    outcome = "shortened" if around.lies.kept[1] < until else "accepted"
    return Done(outcome, after, number, (*codes, *broken(it, around)))


def _longer(it: Doing, booking: Booking, until: int) -> Booking:
    ends = from_epoch(until)
    return replace(booking, ends=ends, planned_end=booking.planned_end or booking.ends, ended_at=None)


def _end(it: Doing) -> Done:
    booking = it.target
    if booking is None:
        return Done("nothing", codes=("gone",))
    if not _own(it, booking):
        return Done("nothing", booking, codes=("identity",))
    then = from_epoch(left(it.entry, it.at, epoch(it.scene.now)))
    ends = max(then, from_epoch(epoch(booking.starts) + 1))
    if ends >= booking.ends or booking.standing in (Standing.CANCELLED, Standing.DECLINED):
        return Done("nothing", booking, codes=("over",))
    after = replace(booking, ends=ends, planned_end=booking.planned_end or booking.ends, ended_at=ends)
    return Done("accepted", written(it, "ended", booking, after))


def _undo(it: Doing) -> Done:
    booking, was = it.target, it.was
    if booking is None or was is None or booking.standing in (Standing.CANCELLED, Standing.DECLINED):
        return Done("nothing", booking, codes=("gone",))
    if was.before is None:
        if not _own(it, booking):
            return Done("nothing", booking, codes=("identity",))
        cost = kept_credits(booking, it.scene.now)
        after = written(it, "undone", booking, replace(booking, standing=Standing.CANCELLED, credits=cost))
        return Done("accepted", after)
    if booking.version != was.after.version or booking.ends == was.before.ends:
        return Done("nothing", booking, codes=("too_late_to_undo",))
    if was.before.ends < booking.ends:
        former = replace(
            booking, ends=was.before.ends, planned_end=was.before.planned_end, ended_at=was.before.ended_at
        )
        return Done("accepted", written(it, "undone", booking, former))
    return _stretched(it, booking, epoch(was.before.ends), "undone", ())


def _came(it: Doing) -> Done:
    """People are there, also where it is not certain yet that the room is theirs.

    Of a meeting that begins at another time than the one they saw nothing is said.
    """
    booking, scene = it.target, it.scene
    if booking is None or booking.standing not in (Standing.ACCEPTED, Standing.AT_RISK):
        return Done("nothing", booking, codes=("gone",))
    if it.entry.start is not None and it.entry.start != epoch(booking.starts):
        return Done("nothing", booking, codes=("moved",))
    if booking.checked_in_at is not None:
        return Done("accepted", booking)
    after = replace(booking, checked_in_at=min(it.tapped, booking.ends))
    if scene.now < booking.ends:
        came(scene, booking, course_of(scene, booking), after)
        kept(scene, booking)
    return Done("accepted", written(it, "checked_in", booking, after, codes=("glass",)))


def _own(it: Doing, booking: Booking) -> bool:
    """Whether it is a walk-in of this very door: by its maker, or because the card knows by which tap it was made.

    Of one that a panel brought back nobody knows who made it: the word of any door of its room counts. So does it of
    one that was made by a panel that has left the room: its card may be in this one.
    """
    if booking.source == SOURCE:
        return by_tap(booking.uid)
    made = it.was is not None and it.was.before is None and it.was.after.id == booking.id
    return booking.source == "panel" and (made or booking.made_by == it.scene.actor.name or _left(it, booking.made_by))


def _left(it: Doing, maker: str) -> bool:
    """Whether it is a device that was a panel of the room and is none any more."""
    there = {f"device:{number}" for number in grants.panels(it.scene.tx, it.room)}
    return maker not in there and maker in journal.panels_of(it.scene.tx, it.room)
