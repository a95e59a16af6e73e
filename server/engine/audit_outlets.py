"""Where the audit's heads go as soon as they are signed, so that there is one in a place that nobody here can change.

Decision: a head goes to the house's own webhooks that ask for it by name (`audit.head` or `audit.*`); one that asks for
everything does not mean this. Letters go to addresses that the settings name.
"""

from dataclasses import dataclass
from datetime import datetime

from server.core.clock import from_epoch
from server.core.heads import Head
from server.core.hooks import ENDED
from server.core.letters import Letter
from server.engine.audit import Outlet
from server.engine.post import queue as post
from server.engine.queueing import queue
from server.store import hooks
from server.store.database import Tx

TYPE = "audit.head"
ASKED = frozenset({TYPE, "audit.*"})


def to_hooks(tx: Tx, head: Head, now: datetime) -> None:
    """Queues the head for the webhooks that ask for it."""
    said = {"number": head.number, "incarnation": head.incarnation, "seq": head.seq, "chain": head.chain,
            "count": head.count, "at": f"{from_epoch(head.at):%Y-%m-%dT%H:%M:%S}Z", "signature": head.signature,
            "line": head.line}  # fmt: skip
    for it in hooks.every(tx):
        if it.person is None and it.state != ENDED and ASKED & set(it.patterns):
            queue(tx, it.number, TYPE, said, now)


def to_addresses(addresses: tuple[str, ...], zone: str) -> Outlet:
    """Queues the head for each of these addresses."""

    def send(tx: Tx, head: Head, now: datetime) -> None:
        for address in addresses:
            data = {"line": head.line, "number": head.number, "count": head.count, "at": head.at}
            post(tx, Letter("audit_head", address, "en", zone, data, f"audit_head:{head.number}:{address}"[:200]), now)

    return send


@dataclass(frozen=True, slots=True)
class HeadTerms:
    """Where heads go: `to` holds "log", "hook" and "mail"; the letters' addresses, and the zone they are dated in."""

    to: frozenset[str] = frozenset({"log"})
    addresses: tuple[str, ...] = ()
    zone: str = "UTC"

    @property
    def outlets(self) -> tuple[Outlet, ...]:
        """What queues them."""
        hook: tuple[Outlet, ...] = (to_hooks,) if "hook" in self.to else ()
        return (*hook, to_addresses(self.addresses, self.zone)) if "mail" in self.to and self.addresses else hook
