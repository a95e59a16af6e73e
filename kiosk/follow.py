"""Keeps one door's plan in step with the server: its snapshot and its feed.

- Feed: at once where a heartbeat, the push or an act tells of news; else every 12 s (±20 %, so that a building does not
  ask in step) as long as heartbeats are answered, every 5 s while they are not, once a minute while the push is heard;
  after a failure in 1, 2, 4 … 30 s.
- Snapshot at the start and once a day, and whenever the server says that the cursor or the policy is no more.

A plan never goes backwards inside an incarnation, unless the server itself says (410) that our cursor is beyond it. One
of another incarnation is taken after the server was told what the old one had, for that may be more than it has.
"""

import logging
from collections.abc import Callable
from random import Random

from kiosk.client import Client, Denied, Refusal, Resync, Unreachable
from kiosk.client import Heard as Answer
from kiosk.clock import Clock
from kiosk.doors import Door
from kiosk.due import Due

log = logging.getLogger(__name__)

ALONE, BESIDE_BEATS, BESIDE_PUSH = 5.0, 12.0, 60.0  # seconds between two feeds
SNAPSHOT = 86_400.0
SLOWEST, FIRST_SLOWEST = 30.0, 5.0

Task = tuple[Due, Callable[[Due], None]]


class Follower:
    """Of one door. `learn` is told of every answer; `every` says how long the feed may wait just now.

    `before` is asked before a plan of that other incarnation is taken; False: not yet.
    """

    def __init__(
        self,
        door: Door,
        *,
        client: Client,
        clock: Clock,
        rng: Random,
        learn: Callable[[Answer], None],
        every: Callable[[], float],
        before: Callable[[Door, str], bool] = lambda door, incarnation: True,
    ) -> None:
        self.door, self._client, self._clock = door, client, clock
        self._learn, self._every, self._before = learn, every, before
        self.snapshot, self.feed = Due(rng), Due(rng)

    def tasks(self) -> list[Task]:
        """What applies now, in the order it is done in. Without a plan there is nothing but asking for one."""
        tasks: list[Task] = [(self.snapshot, self._take_snapshot)]
        if self.door.panel.plan is not None:
            tasks.append((self.feed, self._take_feed))
        return tasks

    def told(self, answer: Answer, *, incarnation: str, seq: int | None, back: bool) -> None:
        """A heartbeat says how far the room is; `back`: it is the first one heard after some that were not."""
        plan, now = self.door.panel.plan, self._clock.elapsed()
        if back:  # what failed meanwhile failed with the network
            self.snapshot.failures = self.feed.failures = 0
        if plan is None or not self.door.follows:
            # A plan from the card, or one whose cursor the server has called useless: only its snapshot makes us live.
            self.snapshot.soon(self._soon(self.snapshot))
        elif seq is None:
            return  # not a room of ours any more; `/me` will say so
        elif incarnation != plan.incarnation:
            self.snapshot.soon(self._soon(self.snapshot))
        elif seq != plan.seq:
            # Smaller: a server that was set back; its feed will say so.
            self.feed.soon(self._soon(self.feed))
        else:
            self.door.panel.confirm(answer)
            self.feed.soon(now + self._every() * 1.2)

    def news(self, at: float) -> None:
        """There is something to fetch, from boottime `at` on."""
        self.feed.soon(max(at, self.feed.at if self.feed.failures else at))

    def _take_snapshot(self, due: Due) -> None:
        panel = self.door.panel
        try:
            snapshot, answer = self._client.snapshot(self.door.room)
            if panel.plan is not None and panel.plan.incarnation != snapshot.incarnation:
                self._learn(answer)
                if not self._before(self.door, snapshot.incarnation):
                    raise Unreachable("another incarnation that could not be told what ours had")
                snapshot, answer = self._client.snapshot(self.door.room)
        except (Unreachable, Denied, Refusal, Resync) as error:
            self._failed(due, error, slowest=FIRST_SLOWEST if panel.plan is None else SLOWEST)
            return
        self._learn(answer)
        if panel.take(snapshot, answer, whatever=self.door.whatever):
            log.info("snapshot room=%s seq=%d bookings=%d", snapshot.room.id, snapshot.seq, len(snapshot.bookings))
            self.feed.again(self._clock.elapsed(), self._every())
        self.door.asked, self.door.whatever = True, False
        due.again(self._clock.elapsed(), SNAPSHOT)

    def _take_feed(self, due: Due) -> None:
        plan = self.door.panel.plan
        if plan is None:
            return
        try:
            news, answer = self._client.feed(self.door.room, after=plan.seq, incarnation=plan.incarnation)
        except Resync:
            log.warning("feed resync=yes room=%s seq=%d", plan.room.id, plan.seq)
            self.door.whatever = True
            self.snapshot.soon(self._soon(self.snapshot))
            due.again(self._clock.elapsed(), ALONE)
            return
        except (Unreachable, Denied, Refusal) as error:
            self._failed(due, error, slowest=SLOWEST)
            return
        self._learn(answer)
        due.again(self._clock.elapsed(), self._every())
        if news.reload or news.incarnation != plan.incarnation or news.seq < plan.seq:
            self.snapshot.soon(self._soon(self.snapshot))
        else:
            self.door.panel.hear(news, answer)

    def _failed(self, due: Due, error: Exception, *, slowest: float) -> None:
        if due.failures == 0:
            log.warning("sync room=%s failed=%s why=%s", self.door.id, type(error).__name__, error)
        if denies(error):
            self.door.panel.deny()
        due.failed(self._clock.elapsed(), first=1.0, slowest=slowest, after=getattr(error, "after", 0.0))

    def _soon(self, due: Due) -> float:
        """Now, unless that very call has been failing and its back-off runs."""
        return due.at if due.failures else self._clock.elapsed()


def denies(error: Exception) -> bool:
    """Whether the server answers, but not to us."""
    return isinstance(error, Denied) or (isinstance(error, Refusal) and error.status in (403, 404))
