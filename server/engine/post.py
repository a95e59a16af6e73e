"""Letters to be sent: whoever has something to tell puts it here, in the transaction in which it happened.

Decisions:
- What the house sends (kinds, language for whom it does not know) is a fact of the database, told by whoever starts the
  server or a command with its settings: all processes on one database act alike, and without a mail server nothing is
  written down at all.
- A letter's `key` is unique for as long as it is kept: the same letter is never queued twice.
- Sending goes claim, open, send, tell: what came of one is written down before the next is sent. Whoever stops between
  the mail server's yes and our note of it sends that one letter twice, with the same Message-ID; nothing else does.
- The secrets of links are made when a letter is opened to be sent, so they are nowhere but in the letter.
- The queue is bounded, so that nobody fills the disk by inviting the world: what does not fit any more is not written,
  and staff are told. What tells staff that something is wrong always fits.
- While the mail server cannot be reached, no letter is held to have failed; after an hour there is a ticket.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from server.core.access import Actor, require
from server.core.clock import Believed, Clock, believed, epoch, from_epoch, whole
from server.core.errors import Invalid, Unknown
from server.core.letters import ASKED_FOR, KINDS, OWN_CHOICE, STATES, Kept, Letter, Terms, next_try
from server.core.people import EMAIL
from server.engine import links, tickets
from server.store import letters, meta
from server.store.database import Note, Store, Tx

__all__ = ["Letter", "Post", "arrange", "queue", "terms", "wanted"]
FACT, AWAY = "mail", "mail_away"
LONGEST_KEY = 200
HOLD = timedelta(minutes=5)
"""A letter that somebody has in hand is nobody else's for so long; renewed before each is sent."""
UNREACHED = timedelta(hours=1)
"""After so long without the mail server staff are told."""
MOST_REFUSED, REFUSED_WITHIN = 10, timedelta(hours=1)
"""So many letters that came to nothing in that time, and staff are told."""
MOST_WAITING = 20_000
"""So many letters may wait."""
ALWAYS = frozenset({"ticket", "audit_head"})
PAGE = 500
LONGEST_ERROR = 300


def arrange(store: Store, kinds: Iterable[str], language: str) -> None:
    """Says what is sent from now on: these kinds; none: nothing. Writes only where that is new."""
    fact = json.dumps({"kinds": sorted(set(kinds) & set(KINDS)), "language": language})
    with store.reading() as tx:
        if meta.get(tx, FACT) == fact:
            return
    store.writing(lambda tx: meta.put(tx, FACT, fact))


def terms(tx: Tx) -> Terms:
    """What the house sends."""
    known = json.loads(meta.get(tx, FACT) or "{}")
    return Terms(frozenset(known.get("kinds", ())), known.get("language", "en"))


def queue(tx: Tx, letter: Letter, now: datetime, *, most: int = MOST_WAITING) -> bool:
    """Writes a letter to be sent; False where it was before, the house or the person wants none, nobody gets it, or
    `most` wait already.

    Raises ValueError for a kind that there is none of, or a key that is no key.
    """
    if letter.kind not in KINDS or not 1 <= len(letter.key) <= LONGEST_KEY:
        raise ValueError(f"no letter: {letter.kind}")
    if not terms(tx).sends(letter.kind) or not EMAIL.fullmatch(letter.address):
        return False
    if letter.person is not None and not wanted(tx, letter.person, letter.kind):
        return False
    if letter.kind not in ALWAYS and letters.many(tx, most):
        tickets.open_ticket(tx, whole(now), "mail_failing", "mail:full", by="mail")
        return False
    return letters.insert(tx, letter, whole(now))


def wanted(tx: Tx, person: int, kind: str) -> bool:
    """Whether somebody wants letters of a kind: what they said, else all but those that are to be asked for."""
    if kind not in OWN_CHOICE:
        return True
    return letters.choices(tx, person).get(kind, kind not in ASKED_FOR)


@dataclass(frozen=True, slots=True)
class Post:
    """The use cases of letters that wait to be sent. All raise Later or Full; what actors ask for also Barred."""

    store: Store
    clock: Clock
    believed: Believed = believed

    # for who sends them

    def claim(self, claimer: str, limit: int) -> list[Kept]:
        """Letters that are due, in this claimer's hand for five minutes."""
        now = self._now()
        if not self.believed():
            return []
        with self.store.reading() as tx:
            if not letters.due(tx, now):
                return []
        return self.store.writing(lambda tx: letters.claim(tx, claimer, now, now + HOLD, limit))

    def open(self, it: Kept, claimer: str) -> Mapping[str, str] | None:
        """The secrets of the letter's links by name; None where it is not to be sent (any more, or by this claimer)."""
        now = self._now()
        until = it.letter.data.get("until")

        def work(tx: Tx) -> Mapping[str, str] | None:
            if not letters.mine(tx, it.number, claimer, now, now + HOLD):
                return None
            if until is not None and from_epoch(until) <= now:
                letters.end(tx, it.number, claimer, "dropped", now, "too late")
                return None
            asked: Mapping[str, Any] = it.letter.data.get("links") or {}
            return {
                name: links.make(
                    tx, link["purpose"], now, booking=link.get("booking"), ticket=link.get("ticket"),
                    person=it.letter.person, address=it.letter.address,
                )
                for name, link in asked.items()
            }  # fmt: skip

        return self.store.writing(work)

    def sent(self, it: Kept, claimer: str) -> None:
        """The mail server took it."""

        def work(tx: Tx) -> None:
            letters.end(tx, it.number, claimer, "sent", self._now())
            letters.links_sent(tx, it.letter, self._now())
            self._near(tx)

        self.store.writing(work)

    def refused(self, it: Kept, claimer: str, error: str) -> None:
        """The mail server will never take it."""
        self.store.writing(lambda tx: self._ended(tx, it, claimer, "refused", error))

    def failed(self, it: Kept, claimer: str, error: str) -> None:
        """The mail server may take it later."""
        wait = next_try(it.tries + 1)
        if wait is None:
            self.store.writing(lambda tx: self._ended(tx, it, claimer, "parked", error))
            return
        at = self._now() + wait
        self.store.writing(lambda tx: letters.later(tx, it.number, claimer, at, error[:LONGEST_ERROR]))

    def away(self, those: Iterable[Kept], claimer: str, error: str) -> None:
        """The mail server cannot be used at all: these wait, longer the longer it lasts (1 to 15 minutes)."""
        now = self._now()

        def work(tx: Tx) -> None:
            since = from_epoch(int(meta.get(tx, AWAY) or epoch(now)))
            meta.put_once(tx, AWAY, str(epoch(now)))
            at = now + min(max((now - since) / 4, timedelta(minutes=1)), timedelta(minutes=15))
            for it in those:
                letters.later(tx, it.number, claimer, at, error[:LONGEST_ERROR], failed=False)
            if now - since >= UNREACHED:
                tickets.open_ticket(tx, now, "mail_failing", "mail:server", by="mail")

        self.store.writing(work)

    def put_back(self, those: Iterable[Kept], claimer: str) -> None:
        """Leaves these to whoever comes next, at once."""
        now = self._now()

        def work(tx: Tx) -> None:
            for it in those:
                letters.later(tx, it.number, claimer, now, it.error, failed=False)

        self.store.writing(work)

    # for people

    def listed(self, actor: Actor, *, state: str | None = None, limit: int = 100) -> list[Kept]:
        """The newest letters, without what they say."""
        require(actor, "people.see")
        if state is not None and state not in STATES:
            raise Invalid({"state": ", ".join(STATES)})
        if not 1 <= limit <= PAGE:
            raise Invalid({"limit": f"1 to {PAGE}"})
        with self.store.reading() as tx:
            return letters.listed(tx, state, limit)

    def find(self, number: int, actor: Actor) -> Kept:
        """One letter."""
        require(actor, "people.see")
        with self.store.reading() as tx:
            it = letters.find(tx, number)
        if it is None:
            raise Unknown("letter", str(number))
        return it

    def retry(self, numbers: Iterable[int], actor: Actor) -> int:
        """Sends letters again that were refused, parked or came back, if it is still known what they say; how many."""
        require(actor, "people")
        now = self._now()

        def work(tx: Tx) -> int:
            done = [number for number in numbers if letters.again(tx, number, now)]
            for number in done:
                tx.note(Note(now, "letter_retried", None, number, actor))
            return len(done)

        return self.store.writing(work)

    def choices(self, person: int) -> dict[str, bool]:
        """Whether somebody gets letters of each kind that is theirs to choose, and that the house sends."""
        with self.store.reading() as tx:
            said, sends = letters.choices(tx, person), terms(tx)
        return {kind: said.get(kind, kind not in ASKED_FOR) for kind in OWN_CHOICE if sends.sends(kind)}

    def choose(self, person: int, said: Mapping[str, bool], actor: Actor) -> None:
        """Keeps which kinds somebody wants."""
        if actor.person != person:
            require(actor, "people")
        if unknown := set(said) - set(OWN_CHOICE):
            raise Invalid(dict.fromkeys(unknown, "no letter to choose"))

        def work(tx: Tx) -> None:
            letters.choose(tx, person, dict(said))
            tx.note(Note(self._now(), "person_changed", None, person, actor, codes=("letters",)))

        self.store.writing(work)

    def bounced(self, message: str, error: str) -> int:
        """A letter came back, by what its Message-ID begins with; its number. Raises Unknown."""
        now = self._now()

        def work(tx: Tx) -> int:
            number = letters.bounced(tx, message, error[:LONGEST_ERROR], now)
            if number is None:
                raise Unknown("letter", message)
            self._watch(tx)
            return number

        return self.store.writing(work)

    def answered(self, messages: Iterable[str]) -> tuple[int, str]:
        """The ticket that one of these letters was about, and whom it went to. Raises Unknown."""
        with self.store.reading() as tx:
            found = letters.answered(tx, messages)
        if found is None:
            raise Unknown("letter", "")
        return found

    def _ended(self, tx: Tx, it: Kept, claimer: str, state: str, error: str) -> None:
        letters.end(tx, it.number, claimer, state, self._now(), error[:LONGEST_ERROR])
        self._near(tx)
        self._watch(tx)

    def _near(self, tx: Tx) -> None:
        """The mail server answers."""
        if meta.get(tx, AWAY) is not None:
            meta.drop(tx, AWAY)
            tickets.settle(tx, self._now(), "mail_failing", "mail:server", "mail")

    def _watch(self, tx: Tx) -> None:
        """Too many letters that come to nothing are a case for staff."""
        now = self._now()
        if letters.lost_since(tx, now - REFUSED_WITHIN) >= MOST_REFUSED:
            tickets.open_ticket(tx, now, "mail_failing", "mail:refused", by="mail")

    def _now(self) -> datetime:
        return whole(self.clock.now())
