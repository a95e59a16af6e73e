"""The change feed is told on: each listener makes rows of its own of what happened (deliveries, letters, tickets).

Decisions:
- What is to go out is written in the transaction that moves the listener's cursor, and the cursor is moved only from
  where it was seen. So two processes may do the same round at once: one of them finds the cursor gone and leaves it.
- An act, which is what one transaction did, is told whole. If a page cannot be taken, its acts are told one by one; an
  act that fails again is set aside and tried again later, ever less often, while the rest goes on. What is set aside
  comes late and therefore out of order; what must not come out of order has to look at what there is by then.
- A listener that is new hears only of what happens from now on: nobody wants last year's confirmations.
- Nothing goes over the network here. Deliveries and letters are sent by threads of their own.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Protocol

from server.core.clock import Clock, whole
from server.core.errors import Full, Later
from server.core.model import Change
from server.engine.tickets import open_ticket, settle
from server.store import changes, outbox
from server.store.database import Store, Tx
from server.store.outbox import Stuck

PAGE = 500
MOST_PAGES = 20
"""Pages that one round tells a listener, so that the others get their turn."""
AGAIN = tuple(timedelta(seconds=it) for it in (10, 60, 300, 1_800, 3_600, 6 * 3_600))
"""After the first, second, … failure an act is tried again so much later; then always by the last."""
STUCK = "outbox_stuck"
log = logging.getLogger("lintel.work")


class Listener(Protocol):
    """Who is told of changes, and makes rows of them."""

    @property
    def name(self) -> str:
        """Its cursor's name; never to be changed."""
        ...

    def gather(self, tx: Tx, news: Sequence[Change]) -> list[Any]:
        """What is to go out for these changes, whole acts in order; only reads."""
        ...

    def keep(self, tx: Tx, rows: Sequence[Any], now: datetime) -> None:
        """Writes what `gather` gave, in the transaction that moves the cursor. May be run again."""
        ...


@dataclass(slots=True)
class Told:
    """What a round did: changes told, rows made of them, acts that could not be taken, and those that now could."""

    changes: int = 0
    rows: int = 0
    stuck: int = 0
    freed: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """A listener's backlog: its cursor, how many changes it has not heard of, and what is stuck."""

    listener: str
    seq: int
    behind: int
    stuck: int


@dataclass(frozen=True, slots=True)
class Outbox:
    """Tells the listeners. Any number of processes may run it; each thing is told once. Raises Later or Full."""

    store: Store
    clock: Clock
    listeners: tuple[Listener, ...] = ()

    def begin(self) -> None:
        """New listeners begin here and now. Done at every start, so that nothing is lost until the first round."""
        with self.store.reading() as tx:
            known = outbox.cursors(tx)
        missing = [it.name for it in self.listeners if it.name not in known]
        if missing:
            self.store.writing(lambda tx: outbox.begin(tx, missing))

    def run(self) -> Told:
        """Tells each listener what it has not heard, and tries again what is stuck and due."""
        self.begin()
        told = Told()
        with self.store.reading() as tx:
            known, end, held = outbox.cursors(tx), outbox.end(tx), outbox.stuck(tx)
        now = whole(self.clock.now())
        for listener in self.listeners:
            if known[listener.name] < end:
                self._tell(listener, known[listener.name], told)
            for it in held:
                if it.listener == listener.name and _due(it, now):
                    self._again(listener, it, told)
        return told

    def waiting(self) -> list[Waiting]:
        """The backlog of each listener that has a cursor."""
        with self.store.reading() as tx:
            known, end, held = outbox.cursors(tx), outbox.end(tx), outbox.stuck(tx)
        return [
            Waiting(name, seq, max(0, end - seq), sum(it.listener == name for it in held))
            for name, seq in known.items()
        ]

    def stuck(self) -> list[Stuck]:
        """The acts that could not be taken, what is to be tried first coming first."""
        with self.store.reading() as tx:
            return outbox.stuck(tx)

    def retry(self) -> int:
        """Has all that is stuck tried again at the next round; how much."""
        return self.store.writing(lambda tx: outbox.hurry(tx, whole(self.clock.now())))

    # one listener

    def _tell(self, listener: Listener, seq: int, told: Told) -> None:
        for _ in range(MOST_PAGES):
            with self.store.reading() as tx:
                news = changes.since(tx, seq, PAGE)
            if not news or not self._page(listener, seq, news, told):
                return
            seq = news[-1].seq

    def _page(self, listener: Listener, seq: int, news: list[Change], told: Told) -> bool:
        """Whether the cursor has come to the end of these; False where another process was quicker."""
        try:
            return self._told(listener, seq, news, told)
        except (Later, Full):
            raise
        except Exception:
            for _, act in groupby(news, lambda it: it.act):
                part = list(act)
                if not self._alone(listener, seq, part, told):
                    return False
                seq = part[-1].seq
            return True

    def _alone(self, listener: Listener, seq: int, news: list[Change], told: Told) -> bool:
        """One act; where it cannot be taken it is set aside and the cursor moves past it."""
        try:
            return self._told(listener, seq, news, told)
        except (Later, Full):
            raise
        except Exception as error:
            now = whole(self.clock.now())
            aside = Stuck(listener.name, news[0].act, 1, now + AGAIN[0], type(error).__name__)
            if not self._past(seq, news[-1].seq, aside):
                return False
            log.error("outbox listener=%s act=%d error=%s", listener.name, aside.act, aside.error)
            told.stuck += 1
            return True

    def _told(self, listener: Listener, seq: int, news: list[Change], told: Told) -> bool:
        with self.store.reading() as tx:
            rows = listener.gather(tx, news)

        def work(tx: Tx) -> bool:
            if not outbox.move(tx, listener.name, seq, news[-1].seq):
                return False
            if rows:
                listener.keep(tx, rows, whole(self.clock.now()))
            return True

        done = self.store.writing(work)
        if done:
            told.changes, told.rows = told.changes + len(news), told.rows + len(rows)
        return done

    def _past(self, seq: int, to: int, aside: Stuck) -> bool:
        def work(tx: Tx) -> bool:
            if not outbox.move(tx, aside.listener, seq, to):
                return False
            outbox.stick(tx, aside)
            open_ticket(tx, whole(self.clock.now()), STUCK, aside.listener, codes=(aside.error,), by="outbox")
            return True

        return self.store.writing(work)

    def _again(self, listener: Listener, it: Stuck, told: Told) -> None:
        """Tries an act that was set aside."""
        try:
            with self.store.reading() as tx:
                news = outbox.of_act(tx, it.act)
                rows = listener.gather(tx, news) if news else []

            def work(tx: Tx) -> bool:
                if not outbox.loosen(tx, it):
                    return False
                if rows:
                    listener.keep(tx, rows, whole(self.clock.now()))
                if not outbox.stuck(tx, listener.name, limit=1):
                    settle(tx, whole(self.clock.now()), STUCK, listener.name, "outbox")
                return True

            if self.store.writing(work):
                told.freed, told.rows = told.freed + 1, told.rows + len(rows)
        except (Later, Full):
            raise
        except Exception as error:
            pause = AGAIN[min(it.tries, len(AGAIN) - 1)]
            later = Stuck(it.listener, it.act, it.tries + 1, whole(self.clock.now()) + pause, type(error).__name__)
            self.store.writing(lambda tx: outbox.stick(tx, later) if outbox.loosen(tx, it) else None)


def _due(it: Stuck, now: datetime) -> bool:
    # A clock that has been set back must not make it wait until it is where it was.
    return it.next <= now or it.next > now + AGAIN[-1]


def counts(told: Told) -> Mapping[str, int]:
    """For the log of the sweep."""
    return {"changes": told.changes, "rows": told.rows, "stuck": told.stuck, "freed": told.freed}
