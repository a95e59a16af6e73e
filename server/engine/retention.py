"""How long things are kept: a daily round that takes away what has been kept long enough, class by class.

Decision: bookings keep their time, rooms and owner's number, so that statistics stay right; what goes is what they say.
It goes a few hundred rows at a time, each a transaction of its own, so that bookings get their turns between.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from server.core.access import CLI
from server.core.clock import Clock, whole
from server.core.errors import Refused, Unknown
from server.core.model import Booking, Details, Series
from server.core.orders import KEPT
from server.engine.erasing import Leaving
from server.store import conflicts, deliveries, endings, fleet, hooks, journal, leaving, letters, recovered, tellings
from server.store.database import Note, Store, Tx

PART = 500
ENDINGS = 7
LETTERS = 90
"""Days for which it is kept which letter went to whom."""
MESSAGE_BODIES, MESSAGES = 3, 30
"""Days for which messages to webhooks are kept after they ended: what they said, and that there were any."""
T = TypeVar("T", Booking, Series)


@dataclass(frozen=True, slots=True)
class Periods:
    """Days for which each class is kept; 0: for ever."""

    bookings: int = 0
    sign_ins: int = 90
    people: int = 0
    ops: int = 400
    tickets: int = 365
    door_ops: int = 400


@dataclass(frozen=True, slots=True)
class Retention:
    """The round. Raises Later or Full."""

    store: Store
    clock: Clock
    leaving: Leaving
    periods: Periods = Periods()

    def run(self) -> Mapping[str, int]:
        """Takes away what is due; says how much of each class."""
        done = {
            "bookings": self._bookings() if self.periods.bookings else 0,
            "people": self._people() if self.periods.people else 0,
            "seen": self._seen() if self.periods.sign_ins else 0,
            "answers": self._parts(lambda tx: leaving.forget_answers(tx, self._before(self.periods.ops), PART)),
            "letters": self._parts(lambda tx: letters.forget_ended(tx, self._before(LETTERS), PART)),
            "messages": self._messages(),
            "endings": self.store.writing(lambda tx: endings.forget(tx, self._before(ENDINGS))),
            "tickets": self._tickets() if self.periods.tickets else 0,
            "door_ops": self._parts(lambda tx: journal.forget(tx, self._before(self.periods.door_ops), PART)),
            "conflicts": self._parts(lambda tx: conflicts.forget(tx, self._before(self.periods.door_ops), PART)),
            "recovered": self._parts(lambda tx: recovered.forget(tx, self._before(self.periods.door_ops), PART)),
            "orders": self.store.writing(lambda tx: fleet.forget(tx, self._now() - KEPT)),
            "links": self.store.writing(lambda tx: letters.forget_links(tx, self._before(LETTERS))),
        }
        if any(done.values()):
            codes = tuple(f"{name}={count}" for name, count in done.items() if count)
            self.store.writing(lambda tx: tx.note(Note(self._now(), "retention", None, None, "retention", codes=codes)))
        return done

    def _bookings(self) -> int:
        before = self._before(self.periods.bookings)
        done = self._parts(lambda tx: _emptied(tx, before))
        self._parts(lambda tx: _emptied_series(tx, before))
        with self.store.reading() as tx:
            kept = [fresh for it in leaving.answers(tx) if (fresh := leaving.struck(it, lambda row: _old(row, before)))]
        for start in range(0, len(kept), PART):
            part = kept[start : start + PART]
            self.store.writing(lambda tx, part=part: leaving.write_answers(tx, part))  # type: ignore[misc]
        self.store.writing(lambda tx: leaving.forget_told(tx, before))
        return done

    def _tickets(self) -> int:
        before = self._before(self.periods.tickets)
        self.store.writing(lambda tx: tellings.forget_texts(tx, before))
        return self._parts(lambda tx: tellings.forget(tx, before, PART))

    def _messages(self) -> int:
        """What webhooks were told is forgotten soon, that they were told somewhat later."""
        now, bodies, rows = self._now(), self._before(MESSAGE_BODIES), self._before(MESSAGES)
        self.store.writing(lambda tx: hooks.forget_former(tx, now))
        self._parts(lambda tx: deliveries.forget_bodies(tx, bodies, PART))
        self._parts(lambda tx: deliveries.drop_made_before(tx, rows, now, PART))
        return self._parts(lambda tx: deliveries.forget_rows(tx, rows, PART))

    def _people(self) -> int:
        with self.store.reading() as tx:
            due = leaving.long_inactive(tx, self._before(self.periods.people))
        done = 0
        for number in due:
            try:
                self.leaving.erase(number, CLI)
                done += 1
            except (Refused, Unknown):
                continue  # somebody else has taken them up meanwhile
        return done

    def _seen(self) -> int:
        before = self._before(self.periods.sign_ins)
        return self.store.writing(lambda tx: leaving.forget_seen(tx, before))

    def _parts(self, work: Callable[[Tx], int]) -> int:
        """Does a piece of work until there is nothing left to do."""
        done = 0
        while part := self.store.writing(work):
            done += part
        return done

    def _before(self, days: int) -> datetime:
        return self._now() - timedelta(days=days)

    def _now(self) -> datetime:
        return whole(self.clock.now())


def silent(it: T) -> T:
    """The booking or series without a word about people."""
    return replace(it, title="", description="", organizer="", organizer_email="", details=Details())


def _emptied(tx: Tx, before: datetime) -> int:
    due = leaving.telling(tx, before, PART)
    leaving.write_bookings(tx, [silent(it) for it in due])
    return len(due)


def _emptied_series(tx: Tx, before: datetime) -> int:
    due = leaving.telling_series(tx, before, PART)
    leaving.write_series(tx, [silent(it) for it in due])
    return len(due)


def _old(row: Booking | Series, before: datetime) -> Booking | Series:
    """A row of a stored answer without its words, where it was over by then; series answer with their first booking."""
    if isinstance(row, Series):
        empty: Booking | Series = silent(row) if not row.open and row.carried_to < before else row
    else:
        empty = silent(row) if row.ends < before else row
    return row if empty == row else empty
