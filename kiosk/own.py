"""What was done at this door and is not in the plan yet, laid over the plan. Pure.

Decisions:
- An entry of the journal counts here until the plan has it: until the server has said that it took it, and the plan is
  as new as the server was by then, in the same incarnation. So the room never looks free in between.
- What was made here is a booking with the id `op:UUID`. Where the plan has the same one already (the answer was lost,
  the feed was quicker), it is not drawn twice. Before the server has told which it is, only its start can tell, for the
  plan names no `op`: so the room is taken as long as was promised, whatever the plan has of it.
- What the door did to a booking of the plan shows on it, and goes when the plan has it. A longer end of one that the
  plan has no more is taken time of its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from kiosk.chain import Entry
from kiosk.escrow import CONFIRMED, Times, joined
from kiosk.instants import EARLIEST, LATEST
from kiosk.plan import Booking, Snapshot, by_start, with_presence
from kiosk.taken import Taken

MADE = "op:"  # before the op that made it: the id of a booking that the server has not named yet


def id_of(op: str) -> str:
    return MADE + op


def pending(plan: Snapshot, entries: Iterable[tuple[Entry, Taken | None]]) -> list[Entry]:
    """The entries of the plan's room that the plan does not have."""
    return [
        entry
        for entry, taken in entries
        if entry.room == plan.room.id and not (taken and taken.shown(plan.incarnation, plan.seq, entry.room))
    ]


def with_own(plan: Snapshot, entries: Sequence[Entry], made: Mapping[str, str]) -> Snapshot:
    """The plan with these entries, in their order; the same object where they change nothing.

    `made`: of each `op` that the server has told of, the id of its booking.
    """
    if not entries:
        return plan
    drawn = _Drawn(plan, made)
    for entry in entries:
        drawn.add(entry)
    found = with_presence(replace(plan, bookings=by_start(drawn.bookings.values())), drawn.present)
    return plan if found == plan else found


def before(plan: Snapshot, entries: Sequence[Entry], made: Mapping[str, str], op: str) -> Booking | None:
    """The booking as it was before that one of the entries; None where it made it, or where the plan has it already."""
    drawn = _Drawn(plan, made)
    for entry in entries:
        drawn.add(entry)
    return drawn.before.get(op)


def taken_by(plan: Snapshot, times: Times = ((EARLIEST, LATEST),)) -> Times:
    """The time that bookings have, as far as it may meet `times`; those at risk have theirs, too."""
    if not times:
        return ()
    start, end = times[0][0], times[-1][1]
    return joined((one.start, one.end) for one in plan.bookings if one.start < end and one.end > start)


class _Drawn:
    """Bookings by id as entry after entry is laid over them."""

    def __init__(self, plan: Snapshot, made: Mapping[str, str]) -> None:
        self.bookings = {booking.id: booking for booking in plan.bookings}
        self.present: set[str] = set()
        self._made = dict(made)  # op -> id of what it made
        self.before: dict[str, Booking] = {}  # op -> the booking as it was

    def add(self, entry: Entry) -> None:
        if entry.act == "book":
            self._book(entry)
        elif entry.act in ("check_in", "here"):
            self.present.add(entry.booking)
        elif entry.act == "undo":
            self._undo(entry)
        else:
            self._change(entry)

    def _book(self, entry: Entry) -> None:
        start = entry.start or 0
        told = self.bookings.get(self._made.get(entry.op, ""))
        others = {id_ for op, id_ in self._made.items() if op != entry.op}
        same = (one for one in self.bookings.values() if one.here and one.start == start and one.synced)
        known = told or next((one for one in same if one.id not in others), None)
        self._made[entry.op] = known.id if known else id_of(entry.op)
        if known is None:
            self._new(entry, start)
        elif told is None and known.end < (entry.end or 0):  # it may be another of that start, over by now
            sure = entry.grade == CONFIRMED
            self.bookings[known.id] = replace(known, end=entry.end or 0, ended=False, confirmed=sure, synced=False)

    def _change(self, entry: Entry) -> None:
        meant = self.bookings.get(self._made.get(entry.of or entry.booking, "") or entry.booking)
        if meant is None:
            self._longer_than_known(entry)
            return
        self.before[entry.op] = meant
        if entry.act == "extend":
            sure = meant.confirmed and entry.grade == CONFIRMED
            changed = replace(meant, end=max(meant.end, entry.end or 0), confirmed=sure, synced=False)
        else:
            ends = max(meant.start + 1, min(meant.end, entry.wall))  # as the server has it
            changed = replace(meant, end=ends, ended=True, synced=False)
        self.bookings[meant.id] = changed

    def _longer_than_known(self, entry: Entry) -> None:
        """The plan has the booking no more, and yet its people were promised that time: until the server has heard.

        By which name that goes nobody knows, so nothing more is done to it here."""
        if entry.act == "extend" and (entry.end or 0) > entry.wall:
            self._made[entry.op] = self._made[entry.of or entry.booking] = id_of(entry.op)
            self._new(entry, entry.wall, here=False)

    def _new(self, entry: Entry, start: int, *, here: bool = True) -> None:
        self.bookings[id_of(entry.op)] = Booking(
            id=id_of(entry.op),
            version=0,
            start=start,
            end=entry.end or 0,
            host="",
            title="",
            state="accepted",
            check_in="none",
            check_in_from=None,
            check_in_by=None,
            checked_in_at=entry.wall,
            here=here,
            confirmed=entry.grade == CONFIRMED,
            synced=False,
        )

    def _undo(self, entry: Entry) -> None:
        if entry.of in self._made:
            self.bookings.pop(self._made[entry.of], None)
        elif entry.of in self.before:
            before = self.before[entry.of]
            self.bookings[before.id] = before
            self._not_ended(entry, before.id)  # the plan may have that end already: the entry says how long it was
        elif entry.end is not None:
            self._not_ended(entry, self._made.get(entry.booking.removeprefix(MADE), entry.booking))

    def _not_ended(self, entry: Entry, id_: str) -> None:
        """An end that the plan has was taken back: until that is there, too, the room is taken as long as before."""
        meant = self.bookings.get(id_)
        if meant is None and entry.end is not None and entry.end > entry.wall:
            self._new(entry, entry.wall)
        elif meant is not None and meant.end < (entry.end or 0):  # whether it is had again the server will say
            self.bookings[id_] = replace(meant, end=entry.end or 0, ended=False, confirmed=False, synced=False)
