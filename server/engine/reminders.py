"""Reminders before the start and before the end of bookings, for those that ask for them.

Decisions:
- What is to come is a row with its due time, made by a listener of the change feed whenever a booking changes, so that
  no sweep looks through the bookings of a month each minute.
- Once for each booking, its minutes and its start (or end): who moves a booking is reminded again, who moves it back to
  where they were reminded of it is not.
- When it is due the booking is asked again: only one that stands and still asks for it is reminded of. What is late is
  given while it is of use, that is until the start (or end) itself.
- Where hours of a long hold were given away, as nobody came, its start is no start that people are reminded of.
- A reminder is only noted in the feed. Letters and hooks are made of that as of any other change.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.core.clock import Clock, whole
from server.core.errors import Full, Later
from server.core.model import Booking, Change, Standing
from server.engine.house import House
from server.engine.outbox import AGAIN
from server.store import bookings, meta, releases, reminders
from server.store.database import Note, Store, Tx
from server.store.reminders import PART, Reminder

START, END = "reminded_start", "reminded_end"
SWEEP = "reminders"
OWN = frozenset({START, END, "finished", "series_ending", "ending_soon", "room_closed", "room_reopened"})
"""Changes that move no booking."""
AT_ONCE, MOST_ROUNDS = 100, 50
KEPT = timedelta(days=2)
"""How long it is remembered that one was given, after what it was about."""
PLANNED = "reminders_planned"
log = logging.getLogger("lintel.work")


@dataclass(frozen=True, slots=True)
class Planned:
    """A booking that has changed, and the reminders that it asks for now."""

    booking: int
    reminders: tuple[Reminder, ...]


@dataclass(frozen=True, slots=True)
class ReminderListener:
    """See outbox.Listener."""

    name: str = "reminders"

    def gather(self, tx: Tx, news: Sequence[Change]) -> list[Planned]:
        """The bookings that were changed, with what they ask for now."""
        numbers = {it.subject for it in news if it.room is not None and it.what not in OWN and it.subject is not None}
        wanted, found = sorted(numbers), list[Planned]()
        for start in range(0, len(wanted), PART):
            rows = bookings.by_ids(tx, wanted[start : start + PART])
            found += [Planned(it.id, tuple(asked_for(it))) for it in rows]
        return found

    def keep(self, tx: Tx, rows: Sequence[Planned], now: datetime) -> None:
        reminders.drop(tx, {it.booking for it in rows})
        reminders.plan(tx, [each for it in rows for each in it.reminders if each.about > now])


def asked_for(it: Booking) -> Iterator[Reminder]:
    """The reminders that a booking asks for as it stands."""
    if it.standing not in (Standing.ACCEPTED, Standing.AT_RISK):
        return
    for what, minutes, about in ((START, it.details.remind_start, it.starts), (END, it.details.remind_end, it.ends)):
        if what is START or it.ended_at is None:
            for each in dict.fromkeys(minutes):
                yield Reminder(it.id, what, each, about, about - timedelta(minutes=each))


@dataclass(frozen=True, slots=True)
class Reminders:
    """The sweep. Raises Later or Full."""

    store: Store
    clock: Clock
    house: House

    def run(self) -> Mapping[str, int]:
        """Gives what is due; says how many, and how many went wrong."""
        self._plan_known()
        given = failed = 0
        for _ in range(MOST_ROUNDS):
            with self.store.reading() as tx:
                part = reminders.due(tx, whole(self.clock.now()), AT_ONCE)
            if not part:
                break
            try:
                given += self.store.writing(lambda tx, part=part: self._give(tx, part))  # type: ignore[misc]
            except (Later, Full):
                raise
            except Exception:
                one, other = self._one_by_one(part)
                given, failed = given + one, failed + other
        return {"given": given, "failed": failed}

    def tidy(self) -> Mapping[str, int]:
        """Forgets reminders of what is long over."""
        before, done = whole(self.clock.now()) - KEPT, 0
        while part := self.store.writing(lambda tx: reminders.forget(tx, before, PART)):
            done += part
        return {"reminders": done}

    def failing(self) -> int:
        """How many went wrong and are tried again."""
        with self.store.reading() as tx:
            return reminders.failing(tx)

    def retry(self) -> int:
        """Has what went wrong tried at the next round; how many."""
        return self.store.writing(lambda tx: reminders.hurry(tx, whole(self.clock.now())))

    def _give(self, tx: Tx, part: Sequence[Reminder]) -> int:
        now, house, given = whole(self.clock.now()), self.house.at(tx), 0
        rows = {it.id: it for it in bookings.by_ids(tx, {it.booking for it in part})}
        courses = releases.courses(tx, rows.keys())
        for it in part:
            booking, course = rows.get(it.booking), courses.get(it.booking)
            if not reminders.give(tx, it, now) or booking is None:
                continue
            if it.what == START and course is not None and course.first_start is not None and course.starts == it.about:
                continue
            if it.key in {each.key for each in asked_for(booking)} and now < it.about:
                given += 1
                for room in house.touched(booking.rooms):
                    tx.note(Note(now, it.what, room, booking.id, SWEEP, codes=(str(it.minutes),)))
        return given

    def _one_by_one(self, part: Sequence[Reminder]) -> tuple[int, int]:
        """Each for itself; one that fails is tried later, ever less often."""
        given = failed = 0
        for it in part:
            try:
                given += self.store.writing(lambda tx, it=it: self._give(tx, [it]))  # type: ignore[misc]
            except (Later, Full):
                raise
            except Exception as error:
                failed += 1
                log.error("reminder booking=%d error=%s", it.booking, type(error).__name__)
                to = whole(self.clock.now()) + AGAIN[min(it.tries, len(AGAIN) - 1)]
                self.store.writing(lambda tx, it=it, to=to: reminders.push(tx, it, to))  # type: ignore[misc]
        return given, failed

    def _plan_known(self) -> None:
        """Once: plans for what was booked before there were reminders."""
        with self.store.reading() as tx:
            if meta.get(tx, PLANNED) is not None:
                return
        now = whole(self.clock.now())
        last, part = (now, 0), list[Booking]()
        while True:
            with self.store.reading() as tx:
                part = reminders.wishing(tx, last, PART)
            if not part:
                break
            these = [each for it in part for each in asked_for(it) if each.about > now]
            self.store.writing(lambda tx, these=these: reminders.plan(tx, these))  # type: ignore[misc]
            last = part[-1].starts, part[-1].id
        self.store.writing(lambda tx: meta.put_once(tx, PLANNED, "1"))
