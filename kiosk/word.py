"""The door's own word: what it owns, on the card, and what it did by it, in the journal; with one lock over both.

Decisions:
- Whoever promises, takes a version or says which version is held does it under `lock`: so a promise is either in the
  journal before an acknowledgement speaks of its head, or it was made of the newer version.
- A version is on the card (`grants.json`) before it counts. Where the card does not take it the old one stays, and is
  what is told. What cannot be read, and what another server gave, counts as nothing: to own less is always safe.
- Only a panel that was let in may promise: nobody else's journal would be taken.
"""

import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import RLock
from typing import Any, Protocol

from kiosk import durable, own
from kiosk.chain import Entry
from kiosk.escrow import Owned, Times, adopted
from kiosk.instants import iso, parse
from kiosk.journal import Journal
from kiosk.plan import Snapshot

log = logging.getLogger(__name__)

FILE = "grants.json"


class OwnWord(Protocol):
    """What the door may promise and did by its own word; see Word."""

    def may(self) -> bool: ...
    def owned(self, room: str) -> Owned: ...
    def pending(self, plan: Snapshot) -> list[Entry]: ...
    def waiting(self, room: str) -> int: ...
    def made(self) -> Mapping[str, str]: ...


class NoWord:
    """Of a panel that decides nothing without the server."""

    def may(self) -> bool:
        return False

    def owned(self, room: str) -> Owned:
        return Owned()

    def pending(self, plan: Snapshot) -> list[Entry]:
        return []

    def waiting(self, room: str) -> int:
        return 0

    def made(self) -> Mapping[str, str]:
        return {}


class Word:
    """Of one agent. Safe to use from several threads; what is read without the lock is replaced, never changed."""

    def __init__(self, folder: Path, journal: Journal, *, source: str, let_in: Callable[[], bool]) -> None:
        """`source` names the server, `let_in` says whether this panel is one of its devices."""
        self.lock = RLock()
        self.journal = journal
        self._path, self._source, self._let_in = folder / FILE, source, let_in
        self._owned: Mapping[str, Owned] = self._load()

    # What a panel looks at

    def may(self) -> bool:
        """Also before the server has said who we are: to nobody else it ever gave anything."""
        return self._let_in() or bool(self._owned)

    def owned(self, room: str) -> Owned:
        return self._owned.get(room, Owned())

    def pending(self, plan: Snapshot) -> list[Entry]:
        return own.pending(plan, self.journal.entries())

    def waiting(self, room: str) -> int:
        """How much of what was done there the server has not got."""
        return sum(entry.room == room for entry in self.journal.waiting())

    def made(self) -> Mapping[str, str]:
        return self.journal.made

    # What is owned

    def rooms(self) -> tuple[str, ...]:
        """Of which anything is known to be owned or given back."""
        return tuple(self._owned)

    def adopt(self, room: str, incarnation: str, version: int, times: Times) -> bool:
        """Take a version. True where it is another than before, and on the card."""
        with self.lock:
            old = self.owned(room)
            new = adopted(old, incarnation, version, times)
            return new is not old and self._keep({**self._owned, room: new})

    def drop(self, room: str) -> None:
        """It is no room of ours any more, and nothing of it is owned."""
        with self.lock:
            self._keep({name: owned for name, owned in self._owned.items() if name != room})

    def _keep(self, owned: Mapping[str, Owned]) -> bool:
        rooms = {room: _json(one) for room, one in owned.items()}
        try:
            durable.write(self._path, json.dumps({"source": self._source, "rooms": rooms}).encode())
        except OSError as error:
            log.error("grants cannot_write=%s", error.strerror)
            return False
        self._owned = owned
        return True

    def _load(self) -> Mapping[str, Owned]:
        try:
            said = json.loads(durable.read(self._path))
            if said["source"] != self._source:
                return {}
            return {room: _from(one) for room, one in said["rooms"].items()}
        except FileNotFoundError:
            return {}
        except (OSError, durable.Torn, KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            log.warning("grants unreadable=%s", type(error).__name__)
            return {}


def _json(owned: Owned) -> dict[str, Any]:
    times = [[iso(start), iso(end)] for start, end in owned.times]
    return {"incarnation": owned.incarnation, "version": owned.version, "times": times}


def _from(said: dict[str, Any]) -> Owned:
    times = tuple((parse(start), parse(end)) for start, end in said["times"])
    return Owned(str(said["incarnation"]), int(said["version"]), times)
