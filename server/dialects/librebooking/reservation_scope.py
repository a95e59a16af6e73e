"""What becomes of a reservation, or of how much of its series, when it is changed or deleted.

As there:
- `this` splits the one off: it is a reservation of its own from then on. `future` makes a new series of it and those
  that follow; `full`, and nothing, means all that have not begun.
- Without a recurrenceRule an update makes a single reservation of it: the others go, those before it stay with
  `future`. A single one with a recurrenceRule becomes the first of a series.
- A rule that says what the series recurs by already changes nothing of it, so that what was read can be sent back; a
  time that is as it was moves nothing.

Not as there: what has begun is never touched, by administrators neither.
"""

from collections.abc import Callable
from dataclasses import dataclass

from server.core.model import Booking, Edit, Room, Series
from server.core.people import Person
from server.core.recurrence import Pattern
from server.core.zone import wall
from server.dialects.kit.app import Call
from server.dialects.librebooking import dates
from server.dialects.librebooking.desk import Desk
from server.dialects.librebooking.recurrence import rule_of
from server.dialects.librebooking.reservation_asks import ReservationAsk, Wanted, replacing, wanted
from server.dialects.librebooking.reservation_grid import kept, off_grid, out_of_sight


@dataclass(frozen=True, slots=True)
class Change:
    """A request to change a reservation. `resources` and `owner` look up what it names, once the rest is in order."""

    it: Booking
    scope: str
    body: ReservationAsk
    resources: Callable[[], list[Room]]
    owner: Callable[[], Person | int | None]


def changed(desk: Desk, call: Call, change: Change) -> Booking:
    """Does it; returns the reservation, or the first of those that were changed."""
    it, engine, actor = change.it, desk.engine, call.actor
    of = engine.series.find(it.uid, actor) if it.series is not None and change.scope != "this" else None
    zone = desk.zone_of(actor)
    wish = wanted(change.body, zone, of)
    rooms = change.resources()
    edit, into, skip = _edit(change, wish), _into(desk, it, rooms), change.body.skips
    lines = _new_lines(wish.pattern, of, it, edit)

    def act(preview: bool) -> Booking:
        if wish.pattern is None or (change.scope == "this" and it.series is not None):
            without = "" if of is None else "following" if change.scope == "future" else "others"
            return engine.recasting.alone(it.uid, edit, actor, into=into, without=without, preview=preview)
        if of is None:
            return engine.recasting.recur(
                it.uid, edit, wish.pattern.lines, actor, zone=zone, into=into, skip=skip, preview=preview
            ).first  # fmt: skip
        return engine.series.change(
            of.uid, edit, actor, following=change.scope == "future", at=it.original_start, lines=lines, lose=True,
            skip=skip, into=into, preview=preview,
        ).first  # fmt: skip

    moved = into or edit.starts is not None
    wrong = [*(off_grid(desk, rooms, wish.period) if moved else []), *out_of_sight(rooms, it.rooms)]
    return kept(wrong, rooms, act)


def deleted(desk: Desk, call: Call, it: Booking, scope: str) -> None:
    """Gives back as much of a series as is meant."""
    if it.series is None or scope == "this":
        desk.engine.bookings.cancel(it.uid, call.actor)
        return
    following = scope == "future"
    desk.engine.series.cancel(it.uid, call.actor, following=following, at=it.original_start if following else None)


def _edit(change: Change, wish: Wanted) -> Edit:
    it, body, owner = change.it, change.body, change.owner()
    same = (wish.period.start, wish.period.end) == tuple(at.replace(second=0) for at in (it.starts, it.ends))
    number = owner.number if isinstance(owner, Person) else owner
    given = number if number != it.owner else None
    named = owner if isinstance(owner, Person) and given is not None else None
    return Edit(
        starts=None if same else wish.period.start, ends=None if same else wish.period.end, title=body.title or "",
        description=body.description or "", owner=given, carry=replacing(wish.carried, it),
        organizer=named.name if named is not None else None,
        organizer_email=named.email if named is not None else None,
    )  # fmt: skip


def _into(desk: Desk, it: Booking, rooms: list[Room]) -> tuple[str, ...]:
    """The rooms that it is to have from now on, by id; none where they are those it has."""
    known = desk.engine.house.now().rooms
    parts = {part for number in it.rooms if number in known for part in known[number].parts}
    if {room.number for room in rooms} == set(it.rooms) - parts:
        return ()
    return tuple(room.id for room in rooms)


def _new_lines(pattern: Pattern | None, of: Series | None, it: Booking, edit: Edit) -> tuple[str, ...] | None:
    """The lines of a new pattern; None where the series recurs by it already."""
    if pattern is None or of is None or pattern is of.pattern:
        return None
    was, now = rule_of(of.pattern, of.zone), rule_of(pattern, of.zone)
    ends = [_day(str(rule.pop("repeatTerminationDate")), of.zone) for rule in (was, now)]
    other_day = edit.starts is not None and wall(edit.starts, of.zone).date() != wall(it.starts, of.zone).date()
    return None if was == now and ends[0] == ends[1] and not other_day else pattern.lines


def _day(text: str, zone: str) -> object:
    try:
        return dates.day(text, zone)
    except ValueError:
        return None
