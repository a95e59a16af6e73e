"""Keeps the panel in step with the server: who we are, the doors' plans, the heartbeat, and what is still owed.

One thread does one thing at a time, whatever is due first:
- heartbeat, one for all doors: every 2 s, every 5 s while the push is heard, and at once (not more than once a second)
  when state, touch, browser or what is owed changed. It is also the probe: while nothing is heard it is sent every 5 s
  at the most, and the first answer makes what it tells of due at once, so a panel is back within ten seconds of its
  network. While it goes unanswered one other call is tried between two of them, no more: each may take seconds to fail;
- `/me` at the start, and when a heartbeat or the push says that it is other now. A server that does not know the
  question (version 1) is asked again rarely; the settings then say which room it is;
- each door's snapshot and feed (follow.py);
- what the door owns and did by its own word (owning.py), as long as heartbeats are answered;
- outcomes of acts that are not known, and receipts of orders.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from threading import Event
from typing import Any, Protocol

from kiosk.acts import Acts
from kiosk.client import Beat, Client, Denied, Refusal, Resync, Unreachable
from kiosk.client import Heard as Answer
from kiosk.clock import Clock
from kiosk.doors import Door, Doors
from kiosk.due import JITTER, Due
from kiosk.follow import ALONE, BESIDE_BEATS, BESIDE_PUSH, Follower, Task, denies
from kiosk.health import Health
from kiosk.heard import Heard, HeardFile
from kiosk.me import Me
from kiosk.nudges import Nudges
from kiosk.owning import Owning
from kiosk.word import Word

log = logging.getLogger(__name__)

BEAT, BEAT_WITH_PUSH, SLOWEST_BEAT = 2.0, 5.0, 5.0
AT_ONCE = 1.0  # seconds between two heartbeats that changes ask for
OWED, SLOWEST = 1.0, 30.0
LOOK = 1.0  # seconds between two looks at what changed by itself
ME_AGAIN = 300.0  # seconds until a server that knows no `/me` is asked again


class Orders(Protocol):
    """Does what staff want of the device; see kiosk/orders.py."""

    def take(self, orders: list[dict[str, Any]]) -> None: ...
    def owed(self) -> bool: ...
    def deliver(self, client: Client) -> bool: ...


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the heartbeat carries to and from others: `report` adds to its body, `me` is told who we are."""

    report: Callable[[], dict[str, Any]] = dict
    me: Callable[[Me], None] = lambda me: None
    orders: Orders | None = None
    pushed: Callable[[], bool] = lambda: False  # whether the push is heard
    known: Callable[[bool], None] = lambda heard: None  # whether the server knows our key
    want: Callable[[Door], bool] = lambda door: True  # whether that door may own time just now


class Sync:
    def __init__(
        self,
        *,
        doors: Doors,
        client: Client,
        file: HeardFile,
        clock: Clock,
        acts: Acts,
        word: Word,
        health: Health,
        nudges: Nudges,
        rng: Random,
        hooks: Hooks,
    ) -> None:
        self._doors, self._client, self._file, self._clock = doors, client, file, clock
        self._acts, self._health, self._nudges, self._rng, self._hooks = acts, health, nudges, rng, hooks
        self._heard: float | None = None  # the server's time in its last answer to us
        self._stopping = Event()
        self.lived = clock.elapsed()  # when it last finished a piece of its work, for the watchdog
        self._me, self._beat, self._owed, self._receipts = (Due(rng) for _ in range(4))
        self._known: Me | None = None
        self._beaten = float("-inf")  # when the last heartbeat was sent
        self._answered = True  # whether the server said anything to it
        self._told: object = None  # what it told
        self._followers: dict[Door, Follower] = {}
        self.owning = Owning(
            doors=doors,
            client=client,
            clock=clock,
            word=word,
            rng=rng,
            learn=self._learn,
            poke=nudges.feed,
            want=hooks.want,
        )

    @property
    def heard(self) -> bool:
        """Whether the server answers."""
        return self._beat.failures == 0 and self._heard is not None

    def run(self) -> None:
        """Until `stop`. A fault of ours is logged and tried again; meanwhile the panel is not live."""
        while not self._stopping.is_set():
            self.lived = self._clock.elapsed()
            try:
                wait = self.step()
            except Exception:
                log.exception("sync fault=yes")
                wait = ALONE
            if not self._stopping.is_set():
                self._nudges.wait(wait)

    def stop(self) -> None:
        """Make `run` return."""
        self._stopping.set()
        self._nudges.wake()

    def step(self) -> float:
        """Do what is due. Returns the seconds until something is due again."""
        self._listen()
        self._look()
        others = 0
        for due, work in sorted(self._tasks(), key=lambda task: task[0].at):
            # While the server is silent, waiting for many calls to fail would delay the one that notices it is back.
            if due.at <= self._clock.elapsed() and (due is self._beat or not self._silent or not others):
                others += due is not self._beat
                self.lived = self._clock.elapsed()
                work(due)
        self.keep()
        return min(LOOK, max(0.0, min(due.at for due, _ in self._tasks()) - self._clock.elapsed()))

    def keep(self, *, last: bool = False) -> None:
        """Write down what is new: when it is time, as soon as the server is gone, and when the agent ends (`last`)."""
        elapsed, known = self._clock.elapsed(), self._doors.known()
        self._doors.keep(elapsed=elapsed, last=last)
        if known or self._clock.verified:
            heard = Heard(self._clock.anchor, self._clock.at_least(), known)
            self._file.keep(heard, elapsed=elapsed, now=not self._doors.live(), last=last)
        self._doors.tidy(self._acts.rooms())

    @property
    def _silent(self) -> bool:
        """The last heartbeat got no answer at all."""
        return self._beat.failures > 0 and not self._answered

    def _tasks(self) -> list[Task]:
        """What applies now; of two that are due since the same time the first is done first."""
        tasks: list[Task] = [(self._me, self._ask_me)]
        doors = self._doors.all()
        self._followers = {door: self._followers.get(door) or self._follow(door) for door in doors}
        for follower in self._followers.values():
            tasks += follower.tasks()
        if self._known is not None or any(door.panel.plan for door in doors):
            tasks.append((self._beat, self._send_beat))
        if self.heard:
            tasks += self.owning.tasks()
        if self._acts.owed():
            tasks.append((self._owed, self._settle))
        if self._hooks.orders and self._hooks.orders.owed():
            tasks.append((self._receipts, self._deliver))
        return tasks

    def _follow(self, door: Door) -> Follower:
        return Follower(
            door,
            client=self._client,
            clock=self._clock,
            rng=self._rng,
            learn=self._learn,
            every=self._feed_every,
            before=self.owning.before,
        )

    def _feed_every(self) -> float:
        if self._beat.failures:
            return ALONE
        return BESIDE_PUSH if self._hooks.pushed() else BESIDE_BEATS

    def _listen(self) -> None:
        """Take the words that others left."""
        words, now = self._nudges.take(), self._clock.elapsed()
        for door, follower in self._followers.items():
            for at in [words.rooms[name] for name in ("*", door.id) if name in words.rooms]:
                follower.news(max(at, now))
        if words.me:
            self._me.soon(now)
        if words.beat:
            self._change(now)
        if words.grants:
            self.owning.asked()

    def _look(self) -> None:
        """Let a heartbeat go sooner where there is something new to tell, or where the push has fallen silent."""
        if self._health.told() != self._told:
            self._change(self._clock.elapsed())
        if not self._beat.failures and not self._hooks.pushed():
            self._beat.soon(self._beaten + BEAT * (1 + JITTER))

    def _change(self, now: float) -> None:
        if not self._beat.failures:
            self._beat.soon(max(now, self._beaten + AT_ONCE))

    def _ask_me(self, due: Due) -> None:
        try:
            me, answer = self._client.me()
        except Refusal as error:
            if due.failures == 0:
                log.warning("me refused=%s", error)
            due.failures += 1
            due.at = self._clock.elapsed() + ME_AGAIN
            return
        except (Unreachable, Denied, Resync) as error:
            self._failed(due, error, slowest=SLOWEST_BEAT if self._known is None else SLOWEST)
            return
        self._learn(answer)
        due.failures, due.at = 0, float("inf")
        log.info("me number=%d state=%s rooms=%s", me.number, me.state, " ".join(me.rooms))
        self._known = me
        self._hooks.me(me)

    def _send_beat(self, due: Due) -> None:
        told = self._health.told()
        body = self._health.report(heard=self._heard, me=self._known.digest if self._known else "")
        self._beaten = self._clock.elapsed()
        try:
            beat, answer = self._client.heartbeat(body | self._hooks.report())
        except (Unreachable, Denied, Refusal, Resync) as error:
            self._answered = not isinstance(error, Unreachable) or error.answered
            self._failed(due, error, first=BEAT, slowest=SLOWEST_BEAT)
            if denies(error) and not self._me.failures:
                self._me.soon(self._clock.elapsed())  # perhaps a room was taken away
            return
        back, self._told = due.failures > 0, told
        due.again(self._clock.elapsed(), BEAT_WITH_PUSH if self._hooks.pushed() else BEAT)
        self._learn(answer)
        for door, follower in self._followers.items():
            follower.told(answer, incarnation=beat.incarnation, seq=beat.rooms.get(door.id), back=back)
        self.owning.beaten(beat.incarnation, beat.grants, back=back)
        self._hear(beat)

    def _hear(self, beat: Beat) -> None:
        """What else a heartbeat was answered with."""
        if self._known is not None and beat.me is not None and beat.me != self._known.digest:
            self._me.soon(self._clock.elapsed() if not self._me.failures else self._me.at)
        if self._hooks.orders and beat.orders:
            self._hooks.orders.take(list(beat.orders))

    def _settle(self, due: Due) -> None:
        """Ask for outcomes that are not known, once the server is heard again."""
        if self._beat.failures or self._acts.retry(self._client):
            due.again(self._clock.elapsed(), OWED)
        else:
            due.failed(self._clock.elapsed(), first=OWED, slowest=SLOWEST)

    def _deliver(self, due: Due) -> None:
        """Hand in the receipts of orders."""
        if self._hooks.orders is None or self._hooks.orders.deliver(self._client):
            due.again(self._clock.elapsed(), OWED)
        else:
            due.failed(self._clock.elapsed(), first=OWED, slowest=SLOWEST)

    def _failed(self, due: Due, error: Exception, *, first: float = 1.0, slowest: float = SLOWEST) -> None:
        if due.failures == 0:
            log.warning("sync failed=%s why=%s", type(error).__name__, error)
        if denies(error):
            self._doors.deny()
        if isinstance(error, Denied) and str(error) == "unnamed":
            self._hooks.known(False)
        due.failed(self._clock.elapsed(), first=first, slowest=slowest, after=getattr(error, "after", 0.0))

    def _learn(self, answer: Answer) -> None:
        self._heard = answer.time
        self._hooks.known(True)
        if answer.sure:
            self._clock.learn(answer.time, sent=answer.sent, got=answer.got)
        if self._silent:
            self._beat.soon(self._clock.elapsed())
