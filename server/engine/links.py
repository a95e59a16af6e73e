"""Links in letters: a secret that opens one thing once.

Decisions:
- 256 random bits, of which only the SHA-256 is kept; so nobody who reads the database can follow one.
- Looking at what a link opens changes nothing, however often programs fetch it: only `use` does, once.
- 72 hours, or until the end of the booking where people say that they are here.
"""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime

from server.core.clock import whole
from server.core.errors import Objection, Refused, Unknown
from server.core.letters import LINK_LASTS, PURPOSES, Link
from server.store import bookings, letters
from server.store.database import Tx

LONGEST = 200
"""No secret of ours is longer."""


def fresh() -> str:
    """256 random bits, safe in a URL."""
    return secrets.token_urlsafe(32)


def make(
    tx: Tx, purpose: str, now: datetime, *, booking: int | None = None, ticket: int | None = None,
    person: int | None = None, address: str = "", draw: Callable[[], str] = fresh,
) -> str:  # fmt: skip
    """A new link's secret: told once, here. `booking`, `ticket`, `person` are numbers. Raises ValueError for a purpose
    that nobody knows, and without anything that it would open."""
    if purpose not in PURPOSES or (booking is None) == (ticket is None):
        raise ValueError(f"no link: {purpose}")
    ends = whole(now) + LINK_LASTS
    if purpose == "here" and booking is not None:
        found = bookings.by_ids(tx, [booking])
        ends = min(ends, found[0].ends) if found else ends
    secret = draw()
    letters.put_link(tx, Link(digest(secret), purpose, whole(now), ends, booking, ticket, person, address))
    return secret


def find(tx: Tx, secret: str, now: datetime) -> Link:
    """What the secret opens. Raises Unknown, or Refused with link_used or link_expired."""
    it = known(tx, secret)
    if it.used_at is not None:
        raise Refused((Objection("link_used", ""),))
    if it.ends_at <= now:
        raise Refused((Objection("link_expired", ""),))
    return it


def known(tx: Tx, secret: str) -> Link:
    """As `find`, also where it was used or has expired."""
    it = letters.link(tx, digest(secret)) if len(secret) <= LONGEST else None
    if it is None:
        raise Unknown("link", "")
    return it


def use(tx: Tx, secret: str, now: datetime) -> Link:
    """As `find`, and the link opens nothing any more; of two at once one is refused."""
    it = find(tx, secret, now)
    if not letters.use_link(tx, it.digest, now):
        raise Refused((Objection("link_used", ""),))
    return it


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
