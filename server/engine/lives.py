"""The lives of devices: two that speak with the same key are noticed, and neither can do anything until staff looked.

Decisions (reliability T10):
- An agent draws a life at each start and names it with each heartbeat. A life that another followed is over; where it
  still speaks half a minute later, somebody has copied the card. Which of the two is the copy nobody can tell from
  here, so both only read until staff release the device (its lives begin anew) or revoke it. Nothing is lost: what
  people do at the glass stays on the cards. So it is where two journals of one card tell different things (intake.py).
- Only digests of lives are kept, and nothing is written but when a new one begins.
"""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.core.audit_facts import moved
from server.core.clock import Clock, whole
from server.core.errors import Full, Later
from server.core.model import Device
from server.engine.tickets import open_ticket
from server.store import keys, pairing
from server.store.database import Note, Store, Tx

LATE = timedelta(seconds=30)
"""What an agent sent before it ended may come so much later."""
KEPT = 20
"""Lives of a device that are remembered."""
PAUSE = timedelta(seconds=2)
"""A life lasts at least so long; who draws them faster is not followed."""
CLONED = "panel_cloned"
SELF = "lives"


@dataclass(frozen=True, slots=True)
class Lives:
    """Takes note of lives. Never raises for a database that cannot write just now: the next heartbeat says it again."""

    store: Store
    clock: Clock
    aside: Callable[[Callable[[], None]], None]

    def note(self, device: int, life: str, now: datetime | None = None) -> None:
        """A device has spoken in this life. Reads one row; writes only what is new.

        "" (of version 1) is a life as any other: who copied a card does not pass by naming none.
        """
        at = whole(now or self.clock.now())
        name = hashlib.sha256(life.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        with self.store.reading() as tx:
            known = pairing.life(tx, device, name)
        if known is None or (known[1] is not None and at - known[1] > LATE):
            self.aside(lambda: self._keep(device, name, at))

    def _keep(self, device: int, name: str, at: datetime) -> None:
        with suppress(Later, Full):
            self.store.writing(lambda tx: _keep(tx, device, name, at))


def _keep(tx: Tx, device: int, name: str, at: datetime) -> None:
    keys.lock_device(tx, device)
    it = keys.device_by_number(tx, device)
    if it is None or it.revoked_at is not None:
        return
    known = pairing.life(tx, device, name)
    if known is None:
        if not pairing.begun_since(tx, device, at - PAUSE):
            pairing.begin_life(tx, device, name, at, KEPT)
        return
    if known[1] is not None and at - known[1] > LATE:
        set_apart(tx, it, at)


def set_apart(tx: Tx, it: Device, at: datetime) -> bool:
    """Another one speaks as this device: nothing can be done at its glass until staff looked. False where it is so."""
    if not keys.quarantine_device(tx, it.number, at):
        return False
    was, now = moved(it, keys.device_by_number(tx, it.number))
    tx.note(Note(at, "device_quarantined", None, it.number, SELF, before=was, after=now))
    room = it.rooms_in_order[0] if it.rooms_in_order else None
    open_ticket(tx, at, CLONED, f"device:{it.number}", room=room, place=it.place if room is None else None, by=SELF)
    return True
