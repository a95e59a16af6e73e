"""Sending messages to webhooks, as far as it is not the sending itself: who is next, and what comes of a try.

Decisions:
- At least once: a message is claimed for LEASE, sent, and settled only by whoever still has the claim. A process that
  dies between sending and settling lets it be sent again, under the same id.
- Two tries of one hook may be under way at once, one where it has been failing; so an endpoint that hangs takes none of
  the others' places.
- 2xx is a success. 410 ends the hook. All else is a failure, redirects too; after the last try a message is parked.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from server.core.clock import Believed, Clock, believed, whole
from server.core.hooks import (
    DONE,
    DROPPED,
    ENDED,
    HOPELESS,
    PARKED,
    PAUSED,
    WAITING,
    Hook,
    next_wait,
    retry_after,
    signed_headers,
)
from server.engine.instance import Instance
from server.engine.tickets import open_ticket, settle
from server.store import deliveries, hooks
from server.store.database import Note, Row, Store, Tx

LEASE = timedelta(seconds=60)
EACH, SLOW = 2, 1
"""Tries of one hook that may be under way at once; and of one that has been failing."""
BUSY = frozenset({429, 503})
NAME = "deliver"


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message that is claimed and ready: `claim` is whose it is."""

    number: int
    hook: Hook
    event: str
    type: str
    body: bytes
    secrets: tuple[str, ...]
    claim: str
    tries: int

    def headers(self, now: datetime) -> Mapping[str, str]:
        """What identifies and signs it, sent now."""
        return signed_headers(self.secrets, self.event, self.type, self.body, whole(now), github=self.hook.github)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a try: the status, or why there is none ("refused", "timeout", …), and the header Retry-After."""

    status: int | None
    error: str = ""
    retry_after: str = ""

    @property
    def good(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Delivering:
    """For the worker that sends. Any number of processes may. Raises Later or Full."""

    store: Store
    clock: Clock
    instance: Instance
    random: Random
    believed: Believed = believed

    def due(self) -> bool:
        """Whether anything is to be sent."""
        if not self.believed():
            return False
        with self.store.reading() as tx:
            return deliveries.due(tx, self._now(), LEASE, each=EACH, slow=SLOW)

    def take(self, most: int, *, failing: int | None = None) -> list[Parcel]:
        """Claims up to so many messages that are due, up to `failing` of them for hooks that have been failing."""
        by, now = secrets.token_hex(16), self._now()

        def work(tx: Tx) -> list[Row]:
            return deliveries.claim(tx, now, LEASE, most, each=EACH, slow=SLOW, by=by, failing=failing)

        rows = self.store.writing(work)
        return self._parcels(rows, by) if rows else []

    def still(self, it: Parcel) -> bool:
        """Whether it may be sent yet: nobody else has it, and the hook is still to be told."""
        with self.store.reading() as tx:
            return deliveries.claimed(tx, it.number, it.claim, self._now())

    def give_back(self, it: Parcel) -> None:
        """Lets somebody else have it: it was not sent."""
        self.store.writing(lambda tx: deliveries.give_back(tx, it.number, it.claim))

    def settle(self, it: Parcel, answer: Answer) -> bool:
        """Writes what came of a try; False where the claim was lost meanwhile, and nothing is written."""
        now, chance = self._now(), self.random.random()
        return self.store.writing(lambda tx: _settled(tx, it, answer, now, chance))

    def _parcels(self, rows: list[Row], by: str) -> list[Parcel]:
        with self.store.reading() as tx:
            told = {hook: (hooks.by_number(tx, hook), *hooks.secrets(tx, hook)) for hook in {row[1] for row in rows}}
        keys = {hook: self._secrets(it, sealed) for hook, (it, *sealed) in told.items() if it is not None}
        return [
            Parcel(number, it, event, type_, body.encode(), keys[hook], by, tries)
            for number, hook, event, type_, body, tries in rows
            if (it := told[hook][0]) is not None
        ]

    def _secrets(self, it: Hook, sealed: list[str | None]) -> tuple[str, ...]:
        """What signs; nothing where it was sealed by another installation."""
        now, former = sealed
        both = [now, former if it.former_until is not None and it.former_until > self._now() else None]
        try:
            return tuple(self.instance.unseal("hook", each) for each in both if each is not None)
        except ValueError:
            return ()

    def _now(self) -> datetime:
        return whole(self.clock.now())


def _settled(tx: Tx, it: Parcel, answer: Answer, now: datetime, chance: float) -> bool:
    tries = it.tries + 1
    if answer.good:
        done = deliveries.settle(
            tx, it.number, it.claim, DONE, now, next_at=now, tries=tries, status=answer.status, error=""
        )
        if done and it.hook.failing_since is not None:
            hooks.failing(tx, it.hook.number, None)
            settle(tx, now, "hook_failing", f"hook:{it.hook.number}", NAME)
        return done
    asked = retry_after(answer.retry_after, now) if answer.status in BUSY and answer.retry_after else None
    wait = next_wait(tries, chance, asked)
    state = WAITING if wait is not None else PARKED
    state = DROPPED if answer.status == 410 else state
    done = deliveries.settle(
        tx, it.number, it.claim, state, now, next_at=now + (wait or timedelta()), tries=tries, status=answer.status,
        error=answer.error,
    )  # fmt: skip
    if done:
        _failed(tx, it.hook.number, answer, now)
    return done


def _failed(tx: Tx, number: int, answer: Answer, now: datetime) -> None:
    """What a failure means for the hook: it is over, or has failed for too long, or nothing yet."""
    hooks.failing(tx, number, now)
    hook = hooks.by_number(tx, number)
    if hook is None or hook.state == ENDED:
        return
    if answer.status == 410:
        hooks.stop(tx, number, ENDED, "gone")
        deliveries.drop_waiting(tx, number, now, "gone")
        tx.note(Note(now, "hook_ended", None, number, NAME, codes=("gone",)))
    elif hook.state != PAUSED and hook.failing_since is not None and now - hook.failing_since >= HOPELESS:
        hooks.stop(tx, number, PAUSED, "failing")
        tx.note(Note(now, "hook_paused", None, number, NAME, codes=("failing",)))
        open_ticket(tx, now, "hook_failing", f"hook:{number}", codes=(str(answer.status or answer.error),), by=NAME)
