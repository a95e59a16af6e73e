"""Keeps what the door owns and did by its own word in step with the server; part of the sync thread.

- The journal is brought before anything is acknowledged, and in order; what the server says it has is what counts.
- `/grants` is asked at the start, when the push or a heartbeat tells of another version, when more could be had by the
  plan, and after the journal was brought; at most once a second of our own accord, at once where somebody waits. What
  is another version goes to the card, and asking again at once is its acknowledgement.
- A plan of another incarnation is taken only after the server was told what the old one had (`before`): our plan is a
  copy of what it may have lost, and our journal is of more worth to it than to us.
- One such request is under way at a time, for one thread asks; so an answer is always to the latest.
"""

import logging
from collections.abc import Callable
from random import Random
from typing import Any

from kiosk.bringing import Bringing
from kiosk.client import Client, Denied, Refusal, Resync, Unreachable
from kiosk.client import Heard as Answer
from kiosk.clock import Clock
from kiosk.doors import Door, Doors
from kiosk.due import Due
from kiosk.follow import Task
from kiosk.wanting import STEP, wanted
from kiosk.word import Word

log = logging.getLogger(__name__)

OFTEN, SLOWEST = 1.0, 30.0  # seconds between two askings; between two tries that fail
AGAIN = 60.0  # seconds until what was not given is asked for again
UNKNOWN = 300.0  # seconds until a server that does not know the question is asked again
ROUNDS = 3  # a version, its acknowledgement, and one that came in between
TRIES = 10  # to tell a server that answers, and cannot hear it, what we had, before a new plan is taken all the same
DAY = 86_400

FAULTS = (Unreachable, Denied, Refusal, Resync)


class Owning:
    """For all doors. `learn` is told of every answer, `poke` asks for the feeds, `want` says whether a door may own."""

    def __init__(
        self,
        *,
        doors: Doors,
        client: Client,
        clock: Clock,
        word: Word,
        rng: Random,
        learn: Callable[[Answer], None],
        poke: Callable[[], None],
        want: Callable[[Door], bool] = lambda door: True,
    ) -> None:
        self._doors, self._client, self._clock, self._word = doors, client, clock, word
        self._learn, self._poke, self._want = learn, poke, want
        self._bringing = Bringing(doors=doors, client=client, clock=clock, word=word, learn=learn)
        self._grants, self._bring, self._torn = Due(rng), Due(rng), Due(rng)
        self._grants.at = float("-inf")
        self._asked = float("-inf")
        self._looked = float("-inf")
        self._vain: dict[str, tuple[object, float]] = {}  # of each room: what was wanted, and until when it is known
        self._later = rng.randrange(STEP)
        self._tries: dict[str, int] = {}  # of each room: how often what it had was told in vain
        self._reread = float("-inf")
        self._life = ""  # the server's incarnation, as its last heartbeat said
        self._tidied = float("-inf")

    # What the sync thread does

    def tasks(self) -> list[Task]:
        """What applies now, in the order it is done in."""
        if not self._word.may():
            return []
        tasks: list[Task] = []
        if self._between() or not self._readable():
            return tasks
        if self._word.journal.batch() is not None:
            tasks.append((self._bring, self._send_journal))
        if self._word.journal.torn() is not None:
            tasks.append((self._torn, self._send_torn))
        self._look()
        if self._grants.at < float("inf"):
            tasks.append((self._grants, self._ask))
        return tasks

    def asked(self) -> None:
        """Somebody waits for time that we own: before everything else."""
        self._grants.at, self._grants.failures = float("-inf"), 0

    def beaten(self, incarnation: str, versions: dict[str, int], *, back: bool) -> None:
        """A heartbeat was answered. `back`: the first after some that were not."""
        self._life = incarnation
        if back:
            for due in (self._grants, self._bring, self._torn):
                due.at, due.failures = min(due.at, self._clock.elapsed()), 0
        for room, version in versions.items():
            owned, ours = self._word.owned(room), self._doors.one(room) is not None or room in self._word.rooms()
            if ours and (owned.incarnation, owned.version) != (incarnation, version) and not self._grants.failures:
                self._grants.soon(max(self._clock.elapsed(), self._asked + OFTEN))

    def before(self, door: Door, incarnation: str) -> bool:
        """Tell the server of another incarnation what our plan and our journal have. False: it is to be tried again."""
        plan = door.panel.plan
        if plan is None or not self._word.may():
            return True
        tries = self._tries.get(door.id, 0)
        if tries == 0:
            self._word.journal.forget_word()
        told = self._tell(door, lambda: self._bringing.attest(door), tries) and self._tell(door, self._all, tries)
        self._tries[door.id] = 0 if told else tries + 1
        if told:
            self._grants.soon(self._clock.elapsed())
        return told

    def _all(self) -> None:
        """The journal as far as the server takes it."""
        while self._word.journal.batch() is not None and self._bringing.batch():
            pass

    def _tell(self, door: Door, say: Callable[[], None], tries: int) -> bool:
        """False where it is to be tried again: without end where the server is not there."""
        try:
            say()
        except (Unreachable, Denied, Resync) as error:
            away = isinstance(error, Unreachable) and not error.answered
            if away or tries + 1 < TRIES:
                log.warning("attest room=%s failed=%s why=%s", door.id, type(error).__name__, error)
                return False
            log.error("attest room=%s given_up=%s", door.id, error)
        except Refusal as error:
            log.warning("attest room=%s refused=%s", door.id, error)
        return True

    def give_back(self) -> bool:
        """An orderly end: the time goes back to the server, which is known to be there. False where it did not."""
        if not self._word.may() or not self._readable():
            return False
        try:
            return self._settle(give=True)
        except FAULTS as error:
            log.warning("grants given_back=no why=%s", error)
            return False

    # What is owned

    def _look(self) -> None:
        """Let it be asked for where more is to be had; once a second is enough."""
        elapsed = self._clock.elapsed()
        if elapsed - self._looked < OFTEN or self._grants.failures:
            return
        self._looked = elapsed
        if self._clock.verified and elapsed - self._tidied > DAY:
            self._tidied = elapsed
            self._word.journal.tidy(int(self._clock.now()))
        lacking = [door for door in self._doors.all() if self._lacks(door)]
        if lacking:
            self._grants.soon(max(elapsed, self._asked + OFTEN))

    def _lacks(self, door: Door) -> bool:
        """Whether there is something to ask for that was not just asked for in vain."""
        plan, now = door.panel.plan, int(self._clock.now())
        if plan is None or not self._clock.verified or not door.follows:
            return False
        owned = self._word.owned(plan.room.id)
        if not self._want(door):
            return bool(owned.times)
        more = wanted(plan, owned.times, now, self._later)
        # Where it begins moves with the clock; what has ended or come free shows in where things end.
        key = (plan.incarnation, plan.policy, (now - self._later) // STEP, tuple(end for _, end in more))
        known, until = self._vain.get(plan.room.id, (None, 0.0))
        if not more or (key == known and self._clock.elapsed() < until):
            return False
        self._vain[plan.room.id] = (key, self._clock.elapsed() + AGAIN)
        return True

    def _ask(self, due: Due) -> None:
        if self._word.journal.batch() is not None and self._behind():
            due.at = self._clock.elapsed() + OFTEN  # the journal comes first, and asks anew when it was taken
            return
        try:
            done = self._settle(give=False)
        except FAULTS as error:
            self._failed(due, error)
            return
        due.failures, due.at = 0, float("inf") if done else self._asked + OFTEN

    def _behind(self) -> bool:
        """Whether what was done in an earlier epoch is not delivered: an acknowledgement could not speak of it."""
        batch = self._word.journal.batch()
        return batch is not None and bool(batch.entries) and batch.epoch != self._word.journal.newest[0]

    def _settle(self, *, give: bool) -> bool:
        """Ask until what is held is what is to be held. True where that came to pass."""
        for _ in range(ROUNDS):
            with self._word.lock:
                body, epoch = self._says(give=give)
            if not body["rooms"]:
                return True
            self._asked = self._clock.elapsed()
            told, answer = self._client.grants(body)
            self._learn(answer)
            if epoch:
                self._word.journal.reminded(epoch, told.incarnation, told.applied)
            changed = [room for room in _names(body) if self._take(room, told.incarnation, told.grants)]
            if not changed:
                return True
        return False

    def _says(self, *, give: bool) -> tuple[dict[str, Any], str]:
        """The body of the question; read under the lock that promises are made under."""
        epoch, head = self._word.journal.newest
        doors = {door.id: door for door in self._doors.all() if door.id}
        rooms = []
        for room in dict.fromkeys((*doors, *self._word.rooms())):
            owned, door = self._word.owned(room), doors.get(room)
            want = not give and door is not None and self._want(door)
            rooms.append({"id": room, "incarnation": owned.incarnation, "version": owned.version, "want": want})
        return {"rooms": rooms, "journal": {"epoch": epoch, "head": head}}, epoch

    def _take(self, room: str, incarnation: str, grants: Any) -> bool:
        """Write down what is to be held of a room. True where that is to be acknowledged."""
        door, grant = self._doors.one(room), grants.get(room)
        owned = self._word.owned(room)
        over = grant is None or (not grant.times and (owned.incarnation, owned.version) == (incarnation, grant.version))
        if door is None and over:
            self._word.drop(room)  # that it is given up was just said
        if grant is None or (door is None and over):
            return False
        plan = door.panel.plan if door else None
        if door is not None and (plan is None or plan.incarnation != incarnation):
            return False  # first its plan, and before that what the old one had
        changed = self._word.adopt(room, incarnation, grant.version, grant.times)
        if changed:
            log.info("grant room=%s version=%d spans=%d why=%s", room, grant.version, len(grant.times), grant.why)
        if door is not None and changed:
            door.panel.word_changed()
        return changed

    # What was done

    def _readable(self) -> bool:
        """Whether it is known what is owed; a card that could not be read is read again."""
        journal, elapsed = self._word.journal, self._clock.elapsed()
        if not journal.readable and elapsed - self._reread > SLOWEST:
            self._reread = elapsed
            journal.read()
        return journal.readable

    def _between(self) -> bool:
        """Whether a door is still to tell what its old plan had, and to take the new one: that comes first."""
        plans = [door.panel.plan for door in self._doors.all()]
        return any(plan is not None and self._life not in ("", plan.incarnation) for plan in plans)

    def _send_journal(self, due: Due) -> None:
        try:
            moved = self._bringing.batch()
        except FAULTS as error:
            self._failed(due, error)
            return
        if not moved:
            due.failed(self._clock.elapsed(), first=1.0, slowest=SLOWEST)
            return
        due.failures, due.at = 0, self._clock.elapsed()
        self._poke()
        self._grants.soon(due.at)

    def _send_torn(self, due: Due) -> None:
        try:
            self._bringing.torn()
        except FAULTS as error:
            self._failed(due, error)
            return
        due.failures, due.at = 0, self._clock.elapsed()

    def _failed(self, due: Due, error: Exception) -> None:
        if due.failures == 0:
            log.warning("owning failed=%s why=%s", type(error).__name__, error)
        unknown = isinstance(error, Refusal) and error.status == 404
        after = UNKNOWN if unknown else getattr(error, "after", 0.0)
        due.at = self._clock.elapsed()
        due.failed(due.at, first=1.0, slowest=SLOWEST, after=after)


def _names(body: dict[str, Any]) -> list[str]:
    return [one["id"] for one in body["rooms"]]
