"""Letters to be sent: whoever has something to tell puts it here, in the transaction in which it happened.

Decisions:
- What the house sends (kinds, language for whom it does not know) is a fact of the database, told by whoever starts the
  server or a command with its settings: all processes on one database act alike, and without a mail server nothing is
  written down at all.
- A letter's `key` is unique for as long as it is kept: the same letter is never queued twice.
"""

import json
from collections.abc import Iterable
from datetime import datetime

from server.core.clock import whole
from server.core.letters import ASKED_FOR, KINDS, OWN_CHOICE, Letter, Terms
from server.core.people import EMAIL
from server.store import letters, meta
from server.store.database import Store, Tx

__all__ = ["Letter", "arrange", "queue", "terms", "wanted"]
FACT = "mail"
LONGEST_KEY = 200


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


def queue(tx: Tx, letter: Letter, now: datetime) -> bool:
    """Writes a letter to be sent; False where it was before, the house or the person wants none, or nobody gets it.

    Raises ValueError for a kind that there is none of, or a key that is no key.
    """
    if letter.kind not in KINDS or not 1 <= len(letter.key) <= LONGEST_KEY:
        raise ValueError(f"no letter: {letter.kind}")
    if not terms(tx).sends(letter.kind) or not EMAIL.fullmatch(letter.address):
        return False
    if letter.person is not None and not wanted(tx, letter.person, letter.kind):
        return False
    return letters.insert(tx, letter, whole(now))


def wanted(tx: Tx, person: int, kind: str) -> bool:
    """Whether somebody wants letters of a kind: what they said, else all but those that are to be asked for."""
    if kind not in OWN_CHOICE:
        return True
    return letters.choices(tx, person).get(kind, kind not in ASKED_FOR)
