"""Holds a connection for each device and tells them that there is something to fetch: an event loop in one thread.

Decisions:
- A thread of Waitress held for each device would cost a thread each, and idle connections cost Waitress its speed; a
  loop of callbacks holds thousands at some kB each. No library between: what is spoken is one GET and five events.
- The database is never asked in the loop: keys are looked at by threads of their own (doorkeeper.py), and what happened
  is found out by the watch (watch.py), which hands each look over whole. So a look's news are written to everybody
  before a beat says that all up to that look was told.
- Keys that are revoked, and devices that are assigned elsewhere, are noticed by the same look. Since no list of all
  that may shut somebody out is ever whole, every key is looked at again within `verify` seconds all the same.
- Beats go out spread over their interval, each device at its own moment of it, by one timer for all.
"""

import asyncio
import logging
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from server.core.access import Actor
from server.core.clock import monotonic
from server.core.errors import Later, Unnamed
from server.engine.pushing import Hearer, Look, Pushing
from server.push import words
from server.push.asking import AWAY, FULL, TOO_SLOW, No, no
from server.push.counts import Counts
from server.push.doorkeeper import Doorkeeper, Found
from server.push.line import Line, State
from server.push.register import Register
from server.push.telling import Telling

BACKLOG = 2_048
SPARE = 256
"""Connections beyond the most that are still told why they cannot stay."""
TRIES = 3
log = logging.getLogger("lintel.push")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What connections may take; times in seconds. `of_token`: connections of one token that is no device, `of_person`:
    of one that is somebody's, for whoever has fifty of them must leave room for the devices.

    `head`: till the request is there; `letting_in`: till its key was looked at; `ending`: till a no was read; `verify`:
    between two looks at a key; `beat`: between two beats, which fall into `slots`; `stale`: since the last look, after
    which there are none.
    """

    most: int = 5_000
    of_token: int = 100
    of_person: int = 4
    head: float = 5.0
    letting_in: float = 15.0
    ending: float = 2.0
    verify: float = 40.0
    beat: float = 2.0
    slots: int = 20
    stale: float = 3.0


class Hub:
    """The loop and its thread. `bind`, `start`, then `told` from any thread, and `stop`."""

    def __init__(
        self, pushing: Pushing, *, me: Callable[[Actor], str], counts: Counts, bounds: Bounds, random: Random
    ) -> None:  # fmt: skip
        self.counts = counts
        self._clock = pushing.clock
        self._bounds = bounds
        self._random = random
        self._keys = Doorkeeper(pushing, me)
        self._lines = Register(bounds.slots, random)
        self._telling = Telling(self._lines, self._verify)
        self._life = ""
        self._looked: float | None = None
        self._beat = b""
        self._turn = 0
        self._next = 0.0
        self._turned = monotonic()
        self._loop = asyncio.new_event_loop()
        self._socket: socket.socket | None = None
        self._server: asyncio.Server | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="push", daemon=True)

    def bind(self, listen: str) -> int:
        """Takes the address ("127.0.0.1:0": any port); returns the port. Raises OSError."""
        host, _, port = listen.rpartition(":")
        host = host.strip("[]")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, int(port)), family=family, backlog=BACKLOG)
        return int(self._socket.getsockname()[1])

    def start(self) -> None:
        self._keys.start()
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """Ends every connection, so that devices look for another process at once."""
        if not self._thread.is_alive():
            if self._socket is not None:
                self._socket.close()
            return
        self._keys.stop()
        self._loop.call_soon_threadsafe(self._end)
        self._thread.join()

    def lived(self) -> float:
        """When the loop last turned, by the monotonic clock."""
        return self._turned

    def told(self, look: Look) -> None:
        """What happened, from the watch; for any thread."""
        self._loop.call_soon_threadsafe(self._told, look)

    # the thread

    def _run(self) -> None:
        loop = self._loop
        self._server = loop.run_until_complete(self._serving())
        self._next = loop.time()
        self._tick()
        self._ready.set()
        try:
            loop.run_forever()
        finally:
            loop.close()

    async def _serving(self) -> asyncio.Server:
        loop = self._loop
        if self._socket is None:
            raise RuntimeError("bind comes first")
        return await loop.create_server(lambda: Line(self, loop.time()), sock=self._socket, backlog=BACKLOG)

    def _end(self) -> None:
        try:
            if self._server is not None:
                self._server.close()
            for line in (*self._lines.every(), *self._lines.passing):
                line.end("stopped")
                line.drop("stopped")
        finally:
            self._loop.call_soon(self._loop.call_soon, self._loop.stop)  # after those that are lost now

    def _told(self, look: Look) -> None:
        if self._life not in ("", look.incarnation):  # put back from a backup: what is known of seqs means nothing
            self._telling.newest.clear()
            for line in self._lines.every():
                line.end("restored")
        self._life = look.incarnation
        try:
            self.counts.told += self._telling.look(look)
        except Exception as error:
            # Who was told and who was not is not known: they begin anew, and hear then where their rooms stand.
            log.error("push telling error=%s", type(error).__name__)
            for line in self._lines.every():
                line.drop("fault")
        self._looked, self._beat = self._loop.time(), words.beat(look.at)

    def _tick(self) -> None:
        self._turned = now = self._loop.time()
        self._next = max(self._next + self._bounds.beat / self._bounds.slots, now - self._bounds.beat)
        self._loop.call_at(self._next, self._tick)
        self._late(now)
        fresh = self._looked is not None and now - self._looked <= self._bounds.stale
        self._turn = (self._turn + 1) % self._bounds.slots
        time = self._clock.now()
        for line in tuple(self._lines.slots[self._turn]):
            expires = line.hearer.actor.expires if line.hearer is not None else None
            if expires is not None and expires <= time:
                line.end("expired", words.end("expired"))
                continue
            if said := line.due + (self._beat if fresh else b""):
                line.due = b""
                line.write(said)
                self.counts.beats += fresh
            if now >= line.verify_at:
                self._verify(line)

    def _late(self, now: float) -> None:
        """Ends whoever takes too long to come or to go."""
        patience = {State.READING: self._bounds.head, State.ASKING: self._bounds.letting_in}
        for line in tuple(self._lines.passing):
            age = now - line.since
            if age <= min(self._bounds.head, self._bounds.ending):
                return
            if age <= patience.get(line.state, self._bounds.ending):
                continue
            if line.state in patience:
                line.refuse(TOO_SLOW if line.state is State.READING else AWAY)
            else:
                line.drop("ended")

    # what lines say

    def came(self, line: Line) -> None:
        """Somebody has connected. Of too many who has said nothing for longest goes, for a device asks at once."""
        self._lines.passes(line, self._loop.time())
        if self._lines.count + len(self._lines.passing) > self._bounds.most + SPARE:
            silent = self._lines.silent()
            self._lines.forget(silent)
            silent.drop("full")

    def ask(self, line: Line) -> None:
        """Somebody has asked to listen."""
        if self._looked is None:
            line.refuse(AWAY)
        elif self._lines.count >= self._bounds.most:
            line.refuse(FULL)
        elif line.asked is not None:
            self._keys.look(line, line.asked, self._answer(self._let_in))

    def refused(self, line: Line, it: No) -> None:
        self.counts.refused[it.status] += 1
        log.info("push status=%d why=%s", it.status, it.code)

    def ending(self, line: Line, before: State) -> None:
        """It was told the last and is on its way out."""
        if before is State.OPEN:
            self._over(line)
        self._lines.passes(line, self._loop.time())

    def went(self, line: Line, before: State) -> None:
        """It is gone."""
        if before is State.OPEN:
            self._over(line)
        self._lines.forget(line)

    def _over(self, line: Line) -> None:
        self._lines.remove(line)
        self.counts.open = self._lines.count
        why = line.why or "left"
        self.counts.ended[why] += 1
        if line.hearer is not None:
            held = self._loop.time() - line.on_since
            log.info("push who=%s ended=%s seconds=%d", line.hearer.actor.name, why, held)

    # keys

    def _answer(self, then: Callable[[Line, Found], None]) -> Callable[[Line, Found], None]:
        """The same, called in the loop."""

        def hand_over(line: Line, found: Found) -> None:
            self._loop.call_soon_threadsafe(then, line, found)

        return hand_over

    def _let_in(self, line: Line, found: Found) -> None:
        if line.state is not State.ASKING or line.asked is None:
            return
        who = found.who
        if not isinstance(who, Hearer):
            line.refuse(no(who))
            return
        shut = who.seq < self._telling.mattered  # it may have been shut out since
        if (shut or who.incarnation != self._life) and line.tries < TRIES:
            line.tries += 1
            self._keys.look(line, line.asked, self._answer(self._let_in))
            return
        mine = self._lines.named(who.actor.name)
        if who.actor.name.startswith("device:"):
            for other in mine:
                other.end("replaced")
        elif len(mine) >= (self._bounds.of_token if who.actor.person is None else self._bounds.of_person):
            line.refuse(FULL)
            return
        rooms = {slug: self._newest(who, number) for number, slug in who.rooms.items()}
        self._lines.add(line, who)
        self.counts.open = self._lines.count
        self.counts.let_in += 1
        line.on_since = self._loop.time()
        self._settle(line)
        log.info("push who=%s key=%s rooms=%d", who.actor.name, who.actor.label, len(rooms))
        line.open(who, words.hello(who.incarnation, rooms, found.me, self._clock.now()))

    def _settle(self, line: Line) -> None:
        line.verify_at = self._loop.time() + self._bounds.verify * self._random.uniform(0.6, 1.0)

    def _verify(self, line: Line) -> None:
        if not line.looking and line.asked is not None:
            line.looking = True
            self._keys.look(line, line.asked, self._answer(self._verified))

    def _verified(self, line: Line, found: Found) -> None:
        line.looking = False
        if line.state is not State.OPEN or line.hearer is None:
            return
        who = found.who
        if isinstance(who, Unnamed):
            line.end("revoked", words.end("revoked"))
        elif isinstance(who, Later):
            line.verify_at = self._loop.time() + self._bounds.beat
        elif not isinstance(who, Hearer):
            line.end("barred")  # it asks anew, and is told why not
        else:
            self._settle(line)
            if (before := line.hearer.rooms) != who.rooms:
                self._lines.moved(line, who)
                for number, slug in who.rooms.items() - before.items():  # where they stand, as in its hello
                    newest = self._newest(who, number)
                    line.write(words.news(slug, newest, newest))
                line.write(words.ME)

    def _newest(self, who: Hearer, room: int) -> int:
        return max(who.heads[room], self._telling.newest.get(room, 0))
