"""Holds the stream on which the server says that there is something to fetch, and pokes the sync thread at each word.

Decisions:
- The stream only makes things quicker. Off, unreachable or silent, it changes nothing but speed.
- A beat says that up to its time all was told. It confirms the doors whose plan is as new as all that was told on this
  connection, as of the beat's own time by the verified clock: a proxy that holds beats back cannot make a dead line
  look live, for what arrives late is late.
- Only a stream that speaks of every door, of the life of the database that their plans are of, counts as heard: a door
  that it says nothing of lives by heartbeats alone, which are slower beside it.
- Where the same look of the server had news of many rooms (`id` is beyond the room's own number), the feed is asked for
  up to a tenth of a second later: a thousand panels that hear of one change must not ask in step.
- 7 s without a byte and the connection is dead. It is made anew after 1, 2, 4 … 30 s, each time with jitter.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from threading import Event as Flag
from typing import Any
from urllib.parse import urljoin

import requests
from urllib3.exceptions import HTTPError

from kiosk.client import Heard, check_server
from kiosk.clock import Clock
from kiosk.doors import Doors
from kiosk.instants import precise
from kiosk.lines import Event, Lines
from kiosk.nudges import Nudges

log = logging.getLogger(__name__)

CONNECT, SILENCE = 4.0, 7.0  # seconds
FIRST, SLOWEST, LONGEST_WAIT = 1.0, 30.0, 60.0
STEADY = 30.0  # seconds a connection must have lasted for the next wait to be the first again
BEHIND = 5.0  # seconds that a beat may be off by our clock
FRESH = 3.5  # seconds since the last good beat in which the push counts as heard
SPREAD, PER_CHANGE = 0.1, 0.005  # seconds


class _Ended(Exception):
    """The connection is of no use any more. `after`: seconds the server asks for."""

    def __init__(self, why: str, *, after: float = 0.0) -> None:
        super().__init__(why)
        self.after = after


@dataclass
class _Told:
    """What was said on this connection: the newest change of each room, of one life of the database."""

    incarnation: str = ""
    rooms: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Where:
    """The stream's address and the key for it; `room` for a token that is no device."""

    url: str
    token: str = field(repr=False)
    room: str | None = None


def where(server: str, push: str | None, *, token: str, room: str | None = None) -> Where | None:
    """The stream that `/me` tells of; a path is one on the server. None where there is none that may be asked."""
    if not push:
        return None
    url = urljoin(server.rstrip("/") + "/", push)
    try:
        return Where(check_server(url), token, room)
    except ValueError as error:
        log.warning("push address=refused why=%s", error)
        return None


class Push:
    """`run` is a thread of its own; the rest may be called from any. `session` makes that thread's own session."""

    def __init__(
        self, *, doors: Doors, clock: Clock, nudges: Nudges, rng: Random, session: Callable[[], requests.Session]
    ) -> None:
        self._doors, self._clock, self._nudges, self._rng, self._session = doors, clock, nudges, rng, session
        self._where: Where | None = None
        self._told = _Told()
        self._fresh = float("-inf")
        self._failures = 0
        self._changed, self._stopping = Flag(), Flag()

    def heard(self) -> bool:
        """Whether the stream is telling, as of a moment ago."""
        return self._clock.elapsed() - self._fresh <= FRESH

    def use(self, where: Where | None) -> None:
        """Listen there from now on; None: nowhere."""
        if where != self._where:
            self._where, self._failures = where, 0
            self._changed.set()

    def stop(self) -> None:
        """Make `run` return, within the time of a beat."""
        self._stopping.set()
        self._changed.set()

    def run(self) -> None:
        """Until `stop`."""
        while True:
            self._changed.clear()
            if self._stopping.is_set():
                return
            where = self._where
            if where is None:
                self._changed.wait()
                continue
            wait = self._attempt(where)
            if where is self._where:
                self._changed.wait(wait)

    def _attempt(self, where: Where) -> float:
        """One connection till its end. Returns the seconds to wait before the next."""
        began = self._clock.elapsed()
        try:
            self._listen(where)
            after, why = 0.0, "closed"
        except _Ended as error:
            after, why = error.after, str(error)
        except (OSError, HTTPError, ValueError) as error:  # those of requests are OSErrors
            after, why = 0.0, type(error).__name__
        except Exception:
            log.exception("push fault=yes")
            after, why = SLOWEST, "fault"
        self._fresh = float("-inf")
        if self._clock.elapsed() - began >= STEADY:
            self._failures = 0
        if self._failures == 0:
            log.info("push ends=%s", why)
        wait = min(SLOWEST, FIRST * 2 ** min(self._failures, 10)) * self._rng.uniform(0.5, 1.5)
        self._failures += 1
        return max(wait, min(after, LONGEST_WAIT) * self._rng.uniform(1.0, 1.5))

    def _listen(self, where: Where) -> None:
        """Take in all that one connection says. Raises _Ended, OSError, HTTPError or ValueError."""
        headers = {"Authorization": f"Bearer {where.token}", "Accept": "text/event-stream"}
        with (
            self._session() as session,
            session.get(
                where.url,
                params={"room": where.room} if where.room else None,
                headers=headers,
                timeout=(CONNECT, SILENCE),
                allow_redirects=False,
                stream=True,
            ) as answer,
        ):
            _check(answer)
            lines, self._told = Lines(), _Told()
            while part := answer.raw.read1(8_192, decode_content=True):
                for event in lines.feed(part):
                    self.hear(event, got=self._clock.elapsed())
                if self._stopping.is_set() or where is not self._where:
                    raise _Ended("left")

    def hear(self, event: Event, *, got: float) -> None:
        """One event that arrived at boottime `got`. Raises _Ended, or ValueError for what the protocol does not say."""
        data = json.loads(event.data)
        if not isinstance(data, dict):
            raise ValueError("not an object")
        try:
            self._take(event, data, got)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(type(error).__name__) from None

    def _take(self, event: Event, data: dict[str, Any], got: float) -> None:
        if event.name == "hello":
            self._told = _Told(str(data["incarnation"]), _rooms(data))
            self._nudges.beat()  # whatever was missed meanwhile: who we are, orders, another life of the database
            self._news(self._told.rooms, got, spread=0.0)
        elif event.name == "news":
            rooms = _rooms(data)
            self._told.rooms |= rooms
            newest = int(event.id) if event.id.isdecimal() else 0
            spread = min(SPREAD, max(0, newest - max(rooms.values(), default=newest)) * PER_CHANGE)
            self._news(rooms, got, spread=spread)
        elif event.name == "beat":
            self._beat(precise(data["time"]), got)
        elif event.name == "me":
            self._nudges.me()
        elif event.name == "orders":
            self._nudges.beat()
        elif event.name == "grants":
            self._nudges.grants()
        elif event.name == "end":
            self._nudges.beat()
            raise _Ended(str(data.get("why", ""))[:40], after=FIRST)

    def _news(self, rooms: dict[str, int], got: float, *, spread: float) -> None:
        for door in self._doors.all():
            plan = door.panel.plan
            if plan is not None and rooms.get(door.id, 0) > plan.seq:
                self._nudges.feed(door.id, at=got + self._rng.uniform(0, spread))

    def _beat(self, time: float, got: float) -> None:
        """Up to `time` everything was told."""
        late = self._clock.now() - time
        if not self._clock.verified or abs(late) > BEHIND:
            return
        said, whole = got - max(0.0, late), True
        heard = Heard(time, said, said)
        for door in self._doors.all():
            plan, seq = door.panel.plan, self._told.rooms.get(door.id)
            if seq is None or (plan is not None and plan.incarnation != self._told.incarnation):
                whole = False
            elif plan is not None and plan.seq >= seq and door.follows:
                door.panel.confirm_again(heard)
        if whole:
            self._fresh = got


def _check(answer: requests.Response) -> None:
    """Raises _Ended for what is no stream."""
    if answer.status_code != 200:
        asked = answer.headers.get("Retry-After", "")
        raise _Ended(f"status {answer.status_code}", after=float(asked) if asked.isdecimal() else 0.0)
    if not answer.headers.get("Content-Type", "").startswith("text/event-stream"):
        raise _Ended("no stream")


def _rooms(data: dict[str, Any]) -> dict[str, int]:
    return {str(room): int(seq) for room, seq in data["rooms"].items()}
