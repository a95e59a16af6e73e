"""Keeps the panel in step with the server: snapshot, feed, heartbeat, and the outcomes that are still owed.

One thread does one thing at a time, whatever is due first:
- heartbeat every 2 s. It is also the probe: while nothing is heard it is sent every 6 s at the most, and the first
  answer makes what it tells of due at once, so a panel is back within ten seconds of its network;
- feed every 5 s (±20 %, so that a building does not ask in step), at once when a heartbeat or an act tells of news,
  and after a failure in 1, 2, 4 … 30 s;
- snapshot at the start and once a day, and whenever the server says that the cursor or the policy is no more.

A plan never goes backwards inside an incarnation, unless the server itself says (410) that our cursor is beyond it.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from threading import Event

from kiosk import health
from kiosk.acts import Acts
from kiosk.cache import PLAN_EVERY, Cache, Heard
from kiosk.client import Client, Denied, Refusal, Resync, Unreachable
from kiosk.client import Heard as Answer
from kiosk.clock import Clock
from kiosk.glass import Glass
from kiosk.panel import Panel

log = logging.getLogger(__name__)

BEAT, FEED, SNAPSHOT, OWED = 2.0, 5.0, 86_400.0, 1.0
SLOWEST_BEAT, SLOWEST = 6.0, 30.0
JITTER = 0.2


@dataclass
class Due:
    """When something is to be done next, in boottime."""

    rng: Random
    at: float = 0.0
    failures: int = 0

    def again(self, now: float, seconds: float) -> None:
        self.failures = 0
        self.at = now + seconds * self.rng.uniform(1 - JITTER, 1 + JITTER)

    def failed(self, now: float, *, first: float, slowest: float, after: float = 0.0) -> None:
        wait = min(slowest, first * 2 ** min(self.failures, 10))
        self.failures += 1
        self.at = now + max(after, wait) * self.rng.uniform(1 - JITTER, 1)


class Sync:
    def __init__(
        self,
        *,
        panel: Panel,
        client: Client,
        cache: Cache,
        clock: Clock,
        acts: Acts,
        glass: Glass,
        poked: Event,
        rng: Random,
    ) -> None:
        """`poked` is set by whoever knows of news, and by `stop`."""
        self._panel, self._client, self._cache, self._clock = panel, client, cache, clock
        self._acts, self._glass = acts, glass
        self._heard: float | None = None  # the server's time in its last answer to us
        self._poked = poked
        self._stopping = Event()
        self._beat, self._feed, self._snapshot, self._owed = (Due(rng) for _ in range(4))
        self._whatever = False  # the server said 410: its next snapshot counts, whatever its number
        self._program = health.program_version()

    def run(self) -> None:
        """Until `stop`. A fault of ours is logged and tried again; meanwhile the panel is not live."""
        while not self._stopping.is_set():
            try:
                wait = self.step()
            except Exception:
                log.exception("sync fault=yes")
                wait = FEED
            if not self._stopping.is_set():
                self._poked.wait(wait)

    def stop(self) -> None:
        """Make `run` return."""
        self._stopping.set()
        self._poked.set()

    def step(self) -> float:
        """Do what is due. Returns the seconds until something is due again."""
        if self._poked.is_set():
            self._poked.clear()
            self._feed.at = min(self._feed.at, self._clock.elapsed())
        for due, work in self._tasks():
            if due.at <= self._clock.elapsed():
                work(due)
        kept = self.keep()
        wait = max(0.0, min(due.at for due, _ in self._tasks()) - self._clock.elapsed())
        return wait if kept else min(wait, PLAN_EVERY)

    def _tasks(self) -> list[tuple[Due, Callable[[Due], None]]]:
        """What applies now, in the order it is done in. Without a plan there is nothing but asking for one."""
        tasks: list[tuple[Due, Callable[[Due], None]]] = [(self._snapshot, self._take_snapshot)]
        if self._panel.plan is not None:
            tasks += [(self._beat, self._send_beat), (self._feed, self._take_feed)]
        if self._acts.owed():
            tasks.append((self._owed, self._settle))
        return tasks

    def _take_snapshot(self, due: Due) -> None:
        slowest = SLOWEST_BEAT if self._panel.plan is None else SLOWEST
        try:
            snapshot, answer = self._client.snapshot()
        except (Unreachable, Denied, Refusal, Resync) as error:
            self._failed(due, error, slowest=slowest)
            return
        self._learn(answer)
        if self._panel.take(snapshot, answer, whatever=self._whatever):
            log.info("snapshot seq=%d bookings=%d", snapshot.seq, len(snapshot.bookings))
            self._feed.again(self._clock.elapsed(), FEED)
        self._whatever = False
        due.again(self._clock.elapsed(), SNAPSHOT)

    def _send_beat(self, due: Due) -> None:
        plan = self._panel.plan
        if plan is None:
            return
        body = health.report(
            self._panel.view(),
            room=plan.room.id,
            seq=plan.seq,
            program=self._program,
            glass=self._glass.seen(),
            settled=self._acts.settled(),
            heard=self._heard,
        )
        try:
            beat, answer = self._client.heartbeat(body)
        except (Unreachable, Denied, Refusal, Resync) as error:
            self._failed(due, error, first=BEAT, slowest=SLOWEST_BEAT)
            return
        self._learn(answer)
        back = due.failures > 0
        due.again(self._clock.elapsed(), BEAT)
        if beat.incarnation != plan.incarnation:
            self._snapshot.at = min(self._snapshot.at, self._soon(self._snapshot, back))
        elif beat.seq > plan.seq:
            self._feed.at = min(self._feed.at, self._soon(self._feed, back))
        elif not self._whatever:
            # Where the server has called our cursor useless, only its snapshot makes us live again.
            self._panel.confirm(answer)

    def _take_feed(self, due: Due) -> None:
        plan = self._panel.plan
        if plan is None:
            return
        try:
            news, answer = self._client.feed(after=plan.seq, incarnation=plan.incarnation)
        except Resync:
            log.warning("feed resync=yes seq=%d", plan.seq)
            self._whatever = True
            self._snapshot.at = min(self._snapshot.at, self._soon(self._snapshot, False))
            due.again(self._clock.elapsed(), FEED)
            return
        except (Unreachable, Denied, Refusal) as error:
            self._failed(due, error)
            return
        self._learn(answer)
        due.again(self._clock.elapsed(), FEED)
        if news.reload or news.incarnation != plan.incarnation or news.seq < plan.seq:
            self._snapshot.at = min(self._snapshot.at, self._soon(self._snapshot, False))
        else:
            self._panel.hear(news, answer)

    def _settle(self, due: Due) -> None:
        """Ask for outcomes that are not known, once the server is heard again."""
        now = self._clock.elapsed()
        if self._beat.failures or self._acts.retry(self._client):
            due.again(now, OWED)
        else:
            due.failed(self._clock.elapsed(), first=OWED, slowest=SLOWEST)

    def _failed(self, due: Due, error: Exception, *, first: float = 1.0, slowest: float = SLOWEST) -> None:
        now = self._clock.elapsed()
        if due.failures == 0:
            log.warning("sync failed=%s why=%s", type(error).__name__, error)
        if isinstance(error, Denied) or (isinstance(error, Refusal) and error.status in (403, 404)):
            self._panel.deny()
        due.failed(now, first=first, slowest=slowest, after=getattr(error, "after", 0.0))

    def _soon(self, due: Due, back: bool) -> float:
        """Now, unless that very call has been failing and its back-off runs."""
        return self._clock.elapsed() if back or not due.failures else due.at

    def _learn(self, answer: Answer) -> None:
        self._heard = answer.time
        self._clock.learn(answer.time, sent=answer.sent, got=answer.got)

    def keep(self, *, last: bool = False) -> bool:
        """Write down what is new: when it is time, as soon as the server is gone, and when the agent ends (`last`).

        False where a changed plan still waits for its time.
        """
        plan, elapsed = self._panel.plan, self._clock.elapsed()
        if plan is None:
            return True
        as_of, now = self._panel.as_of, last or not self._panel.live()
        kept = self._cache.keep_plan(plan, as_of=as_of, elapsed=elapsed, now=now)
        if self._clock.verified:
            heard = Heard(self._clock.anchor, self._clock.at_least(), as_of, plan.incarnation, plan.seq)
            self._cache.keep_heard(heard, elapsed=elapsed, now=now, last=last)
        return kept
