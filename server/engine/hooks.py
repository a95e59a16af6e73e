"""Webhooks: who is told of what happens, and what became of each message.

Decisions:
- Whoever manages all the rooms a hook hears of may have it; the house's own hooks need the whole house. A hook that a
  person made is theirs: it hears what they may see, and nothing once their account has ended.
- The secret is sealed, for we have to sign with it; it is told once, when it is made.
- The URL is looked at when it is given and again at each try (work/outgoing.py): a name may mean another by then.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from server.core.access import Actor, may, require, require_everywhere
from server.core.addresses import Guard, address
from server.core.clock import Clock, whole
from server.core.errors import Barred, Invalid, Objection, Refused, Unknown
from server.core.hook_events import KNOWN, Voice
from server.core.hooks import (
    ACTIVE,
    DONE,
    DROPPED,
    MOST_WAITING,
    OVERLAP,
    PARKED,
    PAUSED,
    TEST,
    WAITING,
    Delivery,
    Hook,
    pattern_problem,
    secret_of,
)
from server.engine.instance import Instance
from server.engine.queueing import LETTERS
from server.engine.queueing import queue as queue
from server.engine.rooms import found
from server.engine.tickets import settle
from server.store import changes, deliveries, hooks
from server.store.database import Note, Store, Tx

MOST, MOST_OF_ONE = 100, 20
"""So many hooks there may be, and of one who does not manage the whole house, who must not use them all up."""
STATES = (WAITING, DONE, PARKED, DROPPED)
PAGE = 200
Resolve = Callable[[str, int], list[str]]
"""The addresses that a host name stands for, as text; empty where nobody knows it."""


def nobody(host: str, port: int) -> list[str]:
    """Where names are not looked up."""
    return []


@dataclass(frozen=True, slots=True)
class HookTerms:
    """What may be reached, who looks names up, the voices of dialects that hooks can speak, our public address.

    `types`: those that a dialect has, where they are not our own.
    """

    guard: Guard = field(default_factory=Guard)
    resolve: Resolve = nobody
    voices: Mapping[str, Voice] = field(default_factory=dict)
    base: str = ""
    types: Mapping[str, Callable[[], frozenset[str]]] = field(default_factory=dict)

    @property
    def dialects(self) -> frozenset[str]:
        """The dialects that a hook may speak."""
        return frozenset({"roomvox", *self.voices})


@dataclass(frozen=True, slots=True)
class Listed:
    """A hook, and how many of its messages wait and are parked."""

    hook: Hook
    waiting: int
    parked: int


@dataclass(frozen=True, slots=True)
class Hooks:
    """The use cases of webhooks. All raise Invalid, Unknown, Barred, Refused, Later or Full."""

    store: Store
    clock: Clock
    instance: Instance
    terms: HookTerms = HookTerms()

    def add(
        self, url: str, patterns: tuple[str, ...], actor: Actor, *, rooms: tuple[str, ...] = (), github: bool = False,
        dialect: str = "roomvox",
    ) -> tuple[Hook, str]:  # fmt: skip
        """A new hook and its secret ("whsec_…"), which is never told again. Without rooms it hears of all."""
        if rooms:
            require(actor, "admin")
        else:
            require_everywhere(actor, "admin")
        patterns = tuple(dict.fromkeys(patterns))
        self._check(url, patterns, dialect)
        secret, now = secret_of(secrets.token_bytes(32)), self._now()
        sealed = self.instance.seal("hook", secret)
        id_ = "hook_" + "".join(secrets.choice(LETTERS) for _ in range(12))

        def work(tx: Tx) -> Hook:
            there = hooks.every(tx)
            mine = sum(it.made_by == actor.name for it in there) if not _everywhere(actor) else 0
            if len(there) >= MOST or mine >= MOST_OF_ONE:
                raise Refused((Objection("too_many_hooks", "", {"most": MOST_OF_ONE if mine else MOST}),))
            numbers = frozenset(found(tx, slug, actor, "admin").number for slug in rooms)
            it = Hook(
                0, id_, url, patterns, now, actor.name, dialect, numbers, actor.person, github, since=changes.head(tx)
            )
            made = replace(it, number=hooks.insert(tx, it, sealed))
            tx.note(Note(now, "hook_added", None, made.number, actor, codes=patterns[:10]))
            return made

        return self.store.writing(work), secret

    def all(self, actor: Actor) -> tuple[Listed, ...]:
        """The hooks that the actor may see, the oldest first. Never a secret."""
        require(actor, "admin")
        with self.store.reading() as tx:
            every, counts = hooks.every(tx), deliveries.counts(tx)
        mine = (it for it in every if _reaches(actor, it))
        told = ((it, counts.get(it.number, {})) for it in mine)
        return tuple(Listed(it, count.get(WAITING, 0), count.get(PARKED, 0)) for it, count in told)

    def find(self, id_: str, actor: Actor) -> Listed:
        """One hook; Unknown where there is none that the actor may see."""
        for it in self.all(actor):
            if it.hook.id == id_:
                return it
        raise Unknown("webhook", id_)

    def change(
        self, id_: str, actor: Actor, *, url: str | None = None, patterns: tuple[str, ...] | None = None,
        github: bool | None = None, rooms: tuple[str, ...] | None = None,
    ) -> Hook:  # fmt: skip
        """Changes what is named of a hook. What waits goes to the new URL."""
        known = self.find(id_, actor).hook
        if rooms is not None and not rooms:
            require_everywhere(actor, "admin")
        wanted = tuple(dict.fromkeys(patterns)) if patterns is not None else known.patterns
        self._check(url if url is not None else known.url, wanted, known.dialect)

        def decide(tx: Tx, it: Hook) -> Hook:
            numbers = it.rooms
            if rooms is not None:
                numbers = frozenset(found(tx, slug, actor, "admin").number for slug in rooms)
            return replace(
                it, url=it.url if url is None else url, patterns=wanted, rooms=numbers,
                github=it.github if github is None else github,
            )  # fmt: skip

        return self._act(id_, actor, "hook_changed", decide)

    def rotate(self, id_: str, actor: Actor) -> tuple[Hook, str]:
        """A new secret, told this once. The former one signs beside it for a day."""
        secret, until = secret_of(secrets.token_bytes(32)), self._now() + OVERLAP
        sealed = self.instance.seal("hook", secret)

        def decide(tx: Tx, it: Hook) -> Hook:
            hooks.rotate(tx, it.number, sealed, until)
            return it

        return self._act(id_, actor, "hook_rotated", decide), secret

    def pause(self, id_: str, actor: Actor) -> Hook:
        """Sends nothing for now; what happens is queued. Again is fine."""
        return self._act(id_, actor, "hook_paused", lambda tx, it: _stopped(it))

    def resume(self, id_: str, actor: Actor) -> Hook:
        """Sends again, whyever it had stopped. Again is fine."""

        def decide(tx: Tx, it: Hook) -> Hook:
            settle(tx, self._now(), "hook_failing", f"hook:{it.number}", actor)
            return replace(it, state=ACTIVE, why="", failing_since=None)

        return self._act(id_, actor, "hook_resumed", decide)

    def remove(self, id_: str, actor: Actor) -> Hook:
        """Ends a hook and forgets its messages."""

        def decide(tx: Tx, it: Hook) -> Hook | None:
            settle(tx, self._now(), "hook_failing", f"hook:{it.number}", actor)
            hooks.remove(tx, it.number)
            return None

        return self._act(id_, actor, "hook_removed", decide)

    def deliveries(
        self, id_: str, actor: Actor, *, before: int | None = None, limit: int = 50, state: str = ""
    ) -> tuple[Delivery, ...]:  # fmt: skip
        """The messages of a hook, the newest first: those older than a number, in a state where one is named."""
        if not 1 <= limit <= PAGE:
            raise Invalid({"limit": f"1 to {PAGE}"})
        if state and state not in STATES:
            raise Invalid({"state": ", ".join(STATES)})
        it = self.find(id_, actor).hook
        with self.store.reading() as tx:
            return tuple(deliveries.listed(tx, it.number, before=before, limit=limit, states=(state,) if state else ()))

    def replay(self, id_: str, actor: Actor, *, event: str | None = None) -> int:
        """Sends parked messages again, or the one that is named, ended as it may be; how many. Same ids as before."""

        def work(tx: Tx) -> int:
            it = self._mine(tx, id_, actor)
            if event is not None:
                known = deliveries.by_event(tx, it.number, event)
                if known is None:
                    raise Unknown("delivery", event)
                if known.state != WAITING and not known.has_body:
                    raise Refused((Objection("message_gone", ""),))
            room = MOST_WAITING - deliveries.waiting(tx, it.number)
            done = deliveries.again(tx, it.number, self._now(), event=event, limit=max(room, 1 if event else 0))
            if done:
                tx.note(Note(self._now(), "hook_replayed", None, it.number, actor, codes=(str(done),)))
            return done

        return self.store.writing(work)

    def test(self, id_: str, actor: Actor) -> str:
        """Queues a message that says nothing; returns its id."""

        def work(tx: Tx) -> str:
            it, now = self._mine(tx, id_, actor), self._now()
            event = queue(tx, it.number, TEST, {"hook": it.id}, now)
            if not event:
                raise Refused((Objection("hook_ended", ""),))
            return event

        return self.store.writing(work)

    def _act(self, id_: str, actor: Actor, what: str, decide: Callable[[Tx, Hook], Hook | None]) -> Hook:
        """Does something to a hook; nothing is told where nothing came of it."""

        def work(tx: Tx) -> Hook:
            it = self._mine(tx, id_, actor)
            after = decide(tx, it)
            if after == it and what != "hook_rotated":
                return it
            if after is not None and after != it:
                hooks.update(tx, after)
            tx.note(Note(self._now(), what, None, it.number, actor))
            return hooks.by_number(tx, it.number) or it

        return self.store.writing(work)

    def _mine(self, tx: Tx, id_: str, actor: Actor) -> Hook:
        require(actor, "admin")
        it = hooks.by_id(tx, id_)
        if it is None or not _reaches(actor, it):
            raise Unknown("webhook", id_)
        return it

    def _check(self, url: str, patterns: tuple[str, ...], dialect: str) -> None:
        """Raises Invalid where there is something wrong with it. May look a name up, so never in a transaction."""
        bad = {}
        target = self.terms.guard.target(url)
        if isinstance(target, str):
            bad["url"] = target
        elif target.address is None:
            there = [address(text) for text in self.terms.resolve(target.host, target.port)]
            if not all(it is not None and self.terms.guard.allows(it) for it in there):
                bad["url"] = "leads to an address that messages are not sent to; the setting hooks.allow can allow it"
        types = self.terms.types[dialect]() if dialect in self.terms.types else KNOWN
        why = pattern_problem(patterns, frozenset(it.partition(".")[0] for it in types), types)
        if why is not None:
            bad["events"] = why
        if dialect not in self.terms.dialects:
            bad["dialect"] = ", ".join(sorted(self.terms.dialects))
        if bad:
            raise Invalid(bad)

    def _now(self) -> datetime:
        return whole(self.clock.now())


def _reaches(actor: Actor, it: Hook) -> bool:
    """Whether a hook is the actor's to see and to change; what was made with more than this key opens, is not."""
    mine = it.person is not None and it.person == actor.person
    if mine and (actor.rooms is None or (it.rooms and it.rooms <= actor.rooms)):
        return True
    if it.rooms:
        return all(may(actor, "admin", number) for number in it.rooms)
    return _everywhere(actor)


def _everywhere(actor: Actor) -> bool:
    try:
        require_everywhere(actor, "admin")
    except Barred:
        return False
    return True


def _stopped(it: Hook) -> Hook:
    return replace(it, state=PAUSED, why="asked") if it.state == ACTIVE else it
