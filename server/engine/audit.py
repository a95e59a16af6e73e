"""The audit trail as a whole: its signed heads, the proof of it, and reading it.

Decisions:
- The key that signs is derived from the installation's own (instance.py), so that every process has it and a restored
  database goes on with it. Whoever has the whole database can sign as well: what finds a trail that was cut short and
  linked anew is a head that was kept elsewhere. That is why heads go out as soon as they are signed.
- A head is told in the chain itself, after the changes that it covers. Where nothing else has happened since, there is
  nothing to sign, and the newest head goes out again.
- The proof reads page by page, each in a transaction of its own: a chain only grows, and a reader that stayed for
  minutes would keep the write-ahead log from being emptied.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from server.core.access import Actor, require
from server.core.audit import Wanted
from server.core.clock import Clock, epoch, whole
from server.core.heads import Head
from server.core.proof import HEAD, Break, Broken, Walk, numbered
from server.engine.instance import Instance
from server.engine.tickets import open_ticket, settle
from server.store import audit, meta
from server.store.database import Note, Row, Store, Tx

PURPOSE = "audit head"
ACTOR = "audit"
PROVEN = "proven"
"""Up to where the last check came: kept as if the trail had been sent there."""
PAGE = 5_000
LISTED = 10_000
"""Changes that a list has at most."""
log = logging.getLogger("lintel.audit")
Outlet = Callable[[Tx, Head, datetime], None]
"""Queues a head to go somewhere, in the transaction that keeps it."""
Told = Callable[[int, int], None]
"""Is told how many of how many changes are done."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was proven: changes, texts that are still there, heads kept here and elsewhere; `found` the first break."""

    changes: int
    texts: int
    heads: int
    elsewhere: int
    found: Break | None = None


@dataclass(frozen=True, slots=True)
class Audit:
    """The use cases. All raise Later or Full; those with an actor Barred, too: they are an administrator's."""

    store: Store
    clock: Clock
    instance: Instance
    outlets: tuple[Outlet, ...] = ()
    logged: bool = True

    def head(self, now: datetime) -> Head | None:
        """Signs where the chain ends and sends it out; the newest head again where nothing was done since.

        None where nothing was ever done. Of two processes at once each may sign one; both are right.
        """
        self.instance.digest(PURPOSE, "")  # makes the installation's key, where there is none yet, before the lock
        head = self.store.writing(lambda tx: self._signed(tx, whole(now)))
        if head is not None and self.logged:
            log.info("%s", head.line)
        return head

    def public_key(self) -> str:
        """What heads are verified with: an Ed25519 public key, as hex."""
        return self.instance.public_key(PURPOSE)

    def verify(
        self, actor: Actor, *, elsewhere: Iterable[Head] = (), key: str = "", told: Told | None = None
    ) -> Verdict:
        """Proves the whole trail from its first change. `elsewhere`: heads that were kept in another place; `key`: the
        public key that signed them, the one in the database otherwise.
        """
        require(actor, "audit")
        walk, kept, others, key = Walk(), list[Head](), list(elsewhere), key or self.public_key()
        try:
            with self.store.reading() as tx:
                kept = audit.heads(tx)
            for head in (*kept, *others):
                if not self.instance.verified(head.signed, head.signature, key):
                    raise Broken(Break("signature", head.seq, head.seq, head.number))
            walk.expect((*kept, *others))
            self._walk(walk, told)
            numbered(kept, walk.told)
        except Broken as error:
            return Verdict(walk.count, walk.texts, len(kept), len(others), error.found)
        return Verdict(walk.count, walk.texts, len(kept), len(others))

    def check(self, now: datetime) -> Verdict:
        """Proves what was done since the last check, and the heads; a ticket says where that fails.

        So each change is proven once while it is fresh. What somebody does later to one that is old is found by
        `verify`, which takes its time.
        """
        with self.store.reading() as tx:
            kept, proven = audit.heads(tx), audit.sent(tx, PROVEN)
        start = next((head for head in kept if head.seq == proven), None)
        walk = Walk(seq=start.seq, chain=start.chain, count=start.count) if start is not None else Walk()
        found, key = None, self.public_key()
        try:
            for head in kept:
                if not self.instance.verified(head.signed, head.signature, key):
                    raise Broken(Break("signature", head.seq, head.seq, head.number))
            walk.expect(head for head in kept if head.seq > walk.seq)
            self._walk(walk, None, start.seq if start is not None else audit.FIRST)
            numbered(kept, walk.told)
        except Broken as error:
            found = error.found
        self.store.writing(lambda tx: self._checked(tx, whole(now), found, kept[-1].seq if kept else 0))
        return Verdict(walk.count, walk.texts, len(kept), 0, found)

    def _checked(self, tx: Tx, now: datetime, found: Break | None, proven: int) -> None:
        if found is not None:
            codes = (found.code, f"first={found.first}", f"last={found.last}")
            open_ticket(tx, now, "audit_broken", "audit", codes=codes, by=ACTOR)
            return
        audit.keep_sent(tx, [(PROVEN, proven)])
        settle(tx, now, "audit_broken", "audit", ACTOR)

    def changes(self, actor: Actor, which: Wanted, *, after: int = 0) -> Iterator[Row]:
        """Changes in their order, each as store/audit.py has it, with the texts that are still there."""
        require(actor, "audit")
        while True:
            with self.store.reading() as tx:
                rows = audit.wanted(tx, after, which, PAGE)
            yield from rows
            if len(rows) < PAGE:
                return
            after = rows[-1][1]

    def newest(self, actor: Actor, which: Wanted, limit: int) -> Sequence[Row]:
        """The newest changes, the last at the end; at most LISTED."""
        require(actor, "audit")
        with self.store.reading() as tx:
            return audit.wanted(tx, 0, which, min(limit, LISTED), newest=True)[::-1]

    def sent(self, target: str) -> int:
        """Up to which change the trail has been sent there."""
        with self.store.reading() as tx:
            return audit.sent(tx, target)

    def keep_sent(self, target: str, seq: int) -> None:
        """Remembers how far the trail has been sent."""
        self.store.writing(lambda tx: audit.keep_sent(tx, [(target, seq)]))

    def _signed(self, tx: Tx, now: datetime) -> Head | None:
        seq, chain = audit.end(tx)
        last = audit.last_head(tx)
        if seq == 0 or (last is not None and audit.newest_what(tx) == HEAD):
            return last
        before = last.seq if last is not None else 0
        count = (last.count if last is not None else 0) + audit.between(tx, before, seq)
        head = Head(
            (last.number if last else 0) + 1, meta.get(tx, "incarnation") or "none", seq, epoch(now), chain, count
        )
        head = head.with_signature(self.instance.sign(PURPOSE, head.signed))
        audit.keep(tx, head)
        tx.note(Note(now, HEAD, None, head.number, ACTOR, after={"seq": seq, "chain": chain, "count": count}))
        for outlet in self.outlets:
            outlet(tx, head, now)
        return head

    def _walk(self, walk: Walk, told: Told | None, at: int = audit.FIRST) -> None:
        """Takes every change after a seq, then the end as it was when the last one was read."""
        while True:
            with self.store.reading() as tx:
                rows = audit.page(tx, at, PAGE)
                seq, chain = audit.end(tx)
                loose = audit.loose_text(tx) if len(rows) < PAGE else None
            for row in rows:
                walk.take(row)
            if told is not None:
                told(walk.count, max(seq, walk.count))
            if len(rows) < PAGE:
                break
            at = rows[-1][1]
        if loose is not None:
            raise Broken(Break("loose_text", loose, loose))
        walk.end(seq, chain)
