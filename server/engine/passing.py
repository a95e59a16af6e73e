"""What the mere passing of time brings: bookings that are over, series that near their end, requests nobody answers.

Decisions:
- How far time has been looked through is kept in `meta`, so that what ended while nothing ran is noted afterwards. A
  new house begins with now. A clock that is set back waits there until it has come by again: nothing is noted twice.
- Each note also has a row of its own (`reminded`), so that a round that was broken off is gone on with.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.core.clock import Clock, epoch, from_epoch, whole
from server.core.model import Booking
from server.core.period import Period
from server.core.working import worked
from server.engine.endings import Endings
from server.engine.house import House
from server.engine.tickets import open_ticket, settle
from server.store import bookings, finding, meta, reminders, tickets, watching
from server.store.database import Note, Store, Tx
from server.store.reminders import Reminder

SETTLED = timedelta(seconds=5)
"""An end is taken for one so long after it: who extends in the last second is still being written."""
BEFORE = timedelta(days=30)
"""So long before the last date of a series its people hear of it."""
YOUNG = timedelta(days=7)
"""Nobody has to hear that a series ends who said so less than this before they would hear it."""
PATIENCE = timedelta(hours=4)
"""So long a request may wait, in the hours of its room, before staff are told."""
AT_ONCE, MOST_REQUESTS = 200, 1_000
FINISHED, ENDING, WAITING, SWEEP = "finished", "series_ending", "request_waiting", "passing"
STEPS = {FINISHED: timedelta(hours=1), ENDING: timedelta(days=1)}
"""So much time is looked through at once."""
Look = Callable[[Tx, datetime, datetime], Sequence[Booking]]


@dataclass(frozen=True, slots=True)
class Passing:
    """The sweeps. All raise Later or Full."""

    store: Store
    clock: Clock
    house: House
    endings: Endings
    patience: timedelta = PATIENCE

    def finished(self) -> Mapping[str, int]:
        """Notes the bookings whose end has come, once each."""
        until = whole(self.clock.now()) - SETTLED
        return {"finished": self._through("finished_to", until, self.endings.finished, FINISHED)}

    def series(self) -> Mapping[str, int]:
        """Notes the series whose last date is a month away, once for each last date."""
        until = whole(self.clock.now()) + BEFORE

        def look(tx: Tx, low: datetime, high: datetime) -> Sequence[Booking]:
            return reminders.last_dates(tx, low, high, low - BEFORE - YOUNG)

        return {"ending": self._through("series_ending_to", until, look, ENDING)}

    def requests(self) -> Mapping[str, int]:
        """Tells staff of requests that nobody answers; what has been answered is told no more."""
        now = whole(self.clock.now())
        with self.store.reading() as tx:
            waiting = dict(reminders.requests(tx, now - self.patience, now, MOST_REQUESTS))
            known = {it.subject for it in tickets.open_of(tx, WAITING)}
            subjects = {f"booking:{number}": room for number, room in waiting.items()}
            young = [number for number in waiting if f"booking:{number}" not in known]
            fresh = {f"booking:{number}" for number in self._ripe(tx, young, waiting, now)}
        gone = known - subjects.keys()

        def tell(tx: Tx) -> None:
            for subject in sorted(fresh):
                open_ticket(tx, now, WAITING, subject, room=subjects[subject], by=SWEEP)
            for subject in sorted(gone):
                settle(tx, now, WAITING, subject, SWEEP)

        if fresh or gone:
            self.store.writing(tell)
        return {"waiting": len(fresh), "answered": len(gone)}

    def _ripe(self, tx: Tx, young: Sequence[int], rooms: Mapping[int, int], now: datetime) -> list[int]:
        """Those that have waited for long enough, and of which nobody has said before that they may wait."""
        places = finding.rooms(tx, {rooms[number] for number in young})
        found = []
        for it in bookings.by_ids(tx, young):
            room = places.get(rooms[it.id])
            since = Period(it.made_at, max(it.made_at, now))
            if room is None or worked(since, room.policy, room.zone) < self.patience:
                continue
            if not watching.dismissed(tx, WAITING, f"booking:{it.id}", it.made_at, SWEEP):
                found.append(it.id)
        return found

    def _through(self, name: str, until: datetime, look: Look, what: str) -> int:
        """Looks through the time since it was last done, an hour or a day at a time; how many were noted."""
        with self.store.reading() as tx:
            kept = meta.get(tx, name)
        if kept is None:
            self.store.writing(lambda tx: meta.put_once(tx, name, str(epoch(until))))
            return 0
        low, noted = from_epoch(int(kept)), 0
        while low < until:
            high = min(until, low + STEPS[what])
            with self.store.reading() as tx:
                found = look(tx, low, high)
            for start in range(0, len(found), AT_ONCE):
                part = found[start : start + AT_ONCE]
                noted += self.store.writing(lambda tx, part=part: self._note(tx, part, what))  # type: ignore[misc]
            self.store.writing(lambda tx, high=high: meta.put(tx, name, str(epoch(high))))  # type: ignore[misc]
            low = high
        return noted

    def _note(self, tx: Tx, part: Sequence[Booking], what: str) -> int:
        now, house, noted = whole(self.clock.now()), self.house.at(tx), 0
        for it in part:
            about = it.ends if what == FINISHED else it.starts
            if reminders.give_once(tx, Reminder(it.id, what, 0, about, now), now):
                noted += 1
                for room in house.touched(it.rooms):
                    tx.note(Note(now, what, room, it.id, SWEEP))
        return noted
