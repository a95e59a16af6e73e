"""When nobody has answered "Nobody here?" for five minutes: the booking ends now, and the room is the asker's.

Decisions:
- Both is one transaction, so nobody else gets in between. The asker's booking is a walk-in by all rules, as long as
  they wished and the next one leaves; where a rule is against it, the room is merely free.
- Who asked at a panel that is not in use any more, or may not book any more, gets nothing.
- Nobody is sent away who may have answered where we could not hear it: as before a release (evidence.py) every panel of
  the rooms has to have delivered all that was done at it in the five minutes. Else the question is called off, as it is
  in an emergency.
- Whatever was done with the booking since it was asked, a change of its time as well, is an answer.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from server.core.access import Actor, may
from server.core.audit import difference
from server.core.claims import asked
from server.core.clock import whole
from server.core.emergencies import suspends
from server.core.errors import Full, Later, LintelError, Refused
from server.core.model import Ask, Booking, Room, Standing
from server.core.nobody_here import Asking
from server.core.period import Period
from server.engine.booking import Bookings
from server.engine.desk import Desk
from server.engine.evidence import evidence
from server.engine.release import LATE
from server.engine.rights import Rights
from server.store import askings, bookings, emergencies, gathering, holds, keys, people, rooms
from server.store.database import Note, Tx
from server.store.releases import Awaited
from server.store.within import Within

SWEEP = "release"
AT_ONCE = 500
TITLE = "Walk-in"
log = logging.getLogger("lintel.work")


@dataclass(frozen=True, slots=True)
class Vacating:
    """The use case of the sweep. Raises Later or Full."""

    desk: Desk
    bookings: Bookings
    rights: Rights

    def run(self) -> Mapping[str, int]:
        """Does what is due; again at once there is nothing to do. One that fails does not stop the others."""
        now = whole(self.desk.clock.now())
        with self.desk.store.reading() as tx:
            due = askings.due(tx, now, AT_ONCE)
            found = {it.id: it for it in bookings.by_ids(tx, [each.booking for each in due])}
            unheard = {each.booking: _unheard(tx, each, found[each.booking]) for each in due}
        counts: dict[str, int] = {}
        for each in due:
            why = unheard[each.booking]
            if why == "panel_silent" and now < each.until + LATE:
                continue
            try:
                outcome = self._end(each, found[each.booking], why)
            except (Later, Full):
                raise
            except Exception as error:
                outcome = "failed"
                log.error("vacating booking=%d error=%s", each.booking, type(error).__name__)
            if outcome:
                counts[outcome] = counts.get(outcome, 0) + 1
        return counts

    def _end(self, it: Asking, seen: Booking, why: str) -> str:
        def work(tx: Tx) -> str:
            now = whole(self.desk.clock.now())
            (row,) = bookings.by_ids(tx, [it.booking])
            over = row.standing is not Standing.ACCEPTED or not row.period.holds(now)
            outcome = "kept" if over or row.changed_at > it.asked_at else "vacated"
            if outcome == "vacated" and (why or self._suspended(tx, row, now)):
                outcome = "called_off"
            if not askings.end(tx, it.booking, outcome, now):
                return ""
            if outcome == "vacated":
                self._vacate(tx, row, now)
                self._give(tx, it, row, now)
            elif outcome == "kept" and not over:
                self._tell(tx, row, now, "here_answered")
            elif why and outcome == "called_off":
                self._tell(tx, row, now, "attendance_unknown", why)
            return outcome

        # Nobody waits here for a door: what the asker gets of its time is at risk until it has spoken.
        return self.desk.written(work, seen.rooms, at_risk=True, wait=False)

    def _suspended(self, tx: Tx, row: Booking, now: datetime) -> bool:
        house = self.desk.house.at(tx)
        within = frozenset().union(*(house.rooms[number].within for number in row.rooms))
        return suspends(emergencies.since(tx, now), within, now, now)

    def _tell(self, tx: Tx, row: Booking, now: datetime, what: str, *codes: str) -> None:
        for room in self.desk.house.at(tx).touched(row.rooms):
            tx.note(Note(now, what, room, row.id, SWEEP, codes))

    def _vacate(self, tx: Tx, row: Booking, now: datetime) -> None:
        after = replace(
            row, ends=max(now, row.starts + timedelta(seconds=1)), planned_end=row.planned_end or row.ends,
            ended_at=now, version=row.version + 1, changed_at=now,
        )  # fmt: skip
        bookings.update(tx, after)
        was, then = difference(row, after)
        won = str((row.ends - after.ends) // timedelta(minutes=1))
        for room in self.desk.house.at(tx).touched(row.rooms):
            tx.note(Note(now, "vacated", room, row.id, SWEEP, (won,), before=was, after=then))

    def _give(self, tx: Tx, it: Asking, row: Booking, now: datetime) -> None:
        """Books the room for who asked, where they may and the rules let them."""
        actor, room = self._asker(tx, it), rooms.by_number(tx, it.room)
        if actor is None or not may(actor, "book", room):
            return
        start = max(now, row.starts + timedelta(seconds=1))
        end = _until(tx, room, start, it.until + timedelta(minutes=it.minutes))  # as the button said
        if end <= start:
            return
        inner = Bookings(replace(self.desk, store=Within(self.desk.store, tx)))
        try:
            inner.book(Ask((room.id,), start, end, TITLE), actor, walk_in=True)
        except Refused as no:
            if no.wants and tx.word != "at_risk":
                raise
        except LintelError:
            return

    def _asker(self, tx: Tx, it: Asking) -> Actor | None:
        """Who asked, with what they may now; None where that is nothing any more."""
        kind, _, digits = it.asker.partition(":")
        number = int(digits) if digits.isdigit() else 0
        if kind == "device":
            panel = keys.device_by_number(tx, number)
            gone = panel is None or panel.revoked_at is not None
            return None if gone or panel is None else Actor(it.asker, "book", panel.rooms, source=it.source)
        if kind == "person":
            person = people.by_number(tx, number)
            return self.rights.actor(tx, person, source=it.source) if person is not None else None
        if kind == "token":
            key = next((each for each in keys.tokens(tx) if each.number == number), None)
            if key is None or key.revoked_at is not None:
                return None
            bound, owner = key.rooms or None, people.by_number(tx, key.person) if key.person is not None else None
            if owner is not None:
                return self.rights.actor(tx, owner, scope=key.scope, rooms=bound, name=it.asker, source=it.source)
            if key.person is not None:
                return None
            return Actor(it.asker, key.scope, bound, source=it.source)
        return None


def _unheard(tx: Tx, it: Asking, row: Booking) -> str:
    """Why those inside may have answered without our having heard it; "" where all is known."""
    there = asked(gathering.standing(tx, row.rooms).rooms)
    of = Awaited(row.id, row.rooms, row.period, row.made_by, row.source, None)
    return evidence(tx, [(of, it.asked_at)]).against(of, there, it.asked_at, it.until)


def _until(tx: Tx, room: Room, start: datetime, wished: datetime) -> datetime:
    """As long as they wish, and the next hold with its gap leaves."""
    gap = timedelta(minutes=room.policy.gap_minutes)
    there = holds.around(tx, [(room.number, Period(start, wished + gap))])
    if room.policy.lanes > 1:
        return wished  # the law finds a lane, or there is none
    return min(
        [wished, *((it.starts - gap if it.occurrence is not None else it.starts) for it in there if it.grant is None)]
    )
