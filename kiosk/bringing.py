"""Brings the server what only this card has: the journal in order, what of it was torn, and the plan of a former life.

Each raises what the client raises; whoever calls decides when it is tried again.
"""

import base64
import logging
from collections.abc import Callable

from kiosk.chain import entry_json
from kiosk.client import Client, Refusal
from kiosk.client import Heard as Answer
from kiosk.clock import Clock
from kiosk.doors import Door, Doors
from kiosk.instants import iso
from kiosk.told import Received
from kiosk.word import Word

log = logging.getLogger(__name__)

ATTESTED = 500  # bookings
UNREADABLE = "unreadable"  # in place of an epoch
DAY = 86_400


class Bringing:
    """For all doors, and one thread. `learn` is told of every answer."""

    def __init__(
        self, *, doors: Doors, client: Client, clock: Clock, word: Word, learn: Callable[[Answer], None]
    ) -> None:
        self._doors, self._client, self._clock, self._word, self._learn = doors, client, clock, word, learn

    def batch(self) -> bool:
        """Bring the entries that are next. False where the server does not go on."""
        journal, clock = self._word.journal, self._clock
        batch = journal.batch()
        if batch is None:
            return True
        body = {
            "epoch": batch.epoch,
            "first": batch.first,
            "now": {"boot": clock.boot, "mono": round(clock.elapsed(), 3)},
            "ops": [entry_json(entry) for entry in batch.entries],
        }
        try:
            received, answer = self._client.journal(body)
        except Refusal as refusal:
            if refusal.error["code"] != "gap":
                raise
            journal.took(batch.epoch, "", int(refusal.error["fields"].get("applied", 0)), seqs={}, now=0)
            log.warning("journal gap=yes first=%d", batch.first)
            return False
        self._learn(answer)
        now = int(clock.now()) if clock.verified else 0
        journal.took(
            batch.epoch, received.incarnation, received.applied, seqs=received.seqs, now=now, made=received.made,
            brought=batch.entries[-1].seq if batch.entries else 0,
            after=batch.entries[0].seq - 1 if batch.entries else 0,
        )  # fmt: skip
        log.info("journal brought=%d applied=%d outcomes=%s", len(batch.entries), received.applied, _counted(received))
        for door in self._doors.all():
            door.panel.word_changed()
        return not batch.entries or received.applied >= batch.entries[0].seq

    def torn(self) -> None:
        """Bring a file that could not be read. What the server will not have stays on the card all the same."""
        journal = self._word.journal
        torn = journal.torn()
        if torn is None:
            return
        name, content = torn
        epoch = journal.chapters[0].epoch if journal.chapters else UNREADABLE
        try:
            self._learn(self._client.torn({"epoch": epoch, "body": base64.b64encode(content).decode()}))
        except Refusal as refusal:
            if refusal.status == 404:
                raise
            log.warning("torn refused=%s", refusal)
        journal.uploaded(name)

    def attest(self, door: Door) -> None:
        """Tell a server of another incarnation what its own word was, as far as it can be proved."""
        plan = door.panel.plan
        assert plan is not None
        since = int(self._clock.now()) - DAY
        rows = [one for one in plan.bookings if one.proof and one.end > since][:ATTESTED]
        bookings = [
            {
                "id": one.id,
                "version": one.version,
                "start": iso(one.start),
                "end": iso(one.end),
                "host": one.host,
                "title": one.title,
                "state": one.state,
                "proof": one.proof,
            }
            for one in rows
        ]
        if bookings:
            body = {"room": plan.room.id, "incarnation": plan.incarnation, "bookings": bookings}
            self._learn(self._client.attest(body))
            log.warning("attest room=%s bookings=%d", plan.room.id, len(bookings))


def _counted(received: Received) -> str:
    """How many of each outcome, for the log."""
    outcomes = list(received.outcomes.values())
    return ",".join(f"{name}:{outcomes.count(name)}" for name in sorted(set(outcomes))) or "none"
