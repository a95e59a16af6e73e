"""A simulated card: files whose unsynced bytes may be lost or torn when the power goes.

It is under the production journal (kiosk.storage.Card), and under the little else that a panel keeps. That lies there
as objects: that such a file is whole or the one before is the production code's own care (kiosk/durable.py).

A cut comes in the middle of a write (`PowerCut`), before or after the bytes are there, or between two writes. A card
may be full or read-only for a while.
"""

import errno
from collections import Counter
from random import Random
from typing import Any


class PowerCut(Exception):
    """The power went while the card was being written."""


class Card:
    """Files by name. `durable` is what survives a cut for certain; `loose` what was written without a sync."""

    def __init__(self, rng: Random, counts: Counter[str]) -> None:
        self._rng, self._counts = rng, counts
        self.durable: dict[str, Any] = {}
        self.loose: dict[str, Any] = {}
        self.full = False
        self.cut_chance = 0.0

    def read(self, name: str) -> bytes:
        """Raises FileNotFoundError."""
        found = self.have(name)
        if found is None:
            raise FileNotFoundError(errno.ENOENT, "no such file", name)
        assert isinstance(found, bytes)
        return found

    def have(self, name: str) -> Any:
        """What a file holds, whatever that is; None where there is none."""
        return self.loose.get(name, self.durable.get(name))

    def drop(self, name: str) -> None:
        self.loose.pop(name, None)
        self.durable.pop(name, None)

    def append(self, name: str, data: bytes) -> None:
        """Returns when it is certainly there."""
        self._refuse()
        before = self.durable.get(name, b"")
        if self._cut():
            # The bytes were on their way: none, some or all of them got there.
            reached = self._rng.choice((0, len(data), self._rng.randrange(len(data) + 1)))
            if 0 < reached < len(data):
                self._counts["torn writes"] += 1
            self.durable[name] = before + data[:reached]
            raise PowerCut
        self.durable[name] = before + data

    def replace(self, name: str, data: Any) -> None:
        """The whole file, at once: afterwards there is the old one or this."""
        self._refuse()
        if self._cut():
            if self._rng.random() < 0.5:
                self.durable[name] = data
            raise PowerCut
        self.loose.pop(name, None)
        self.durable[name] = data

    def put(self, name: str, data: Any, *, anyway: bool = False) -> None:
        """Without a sync: there for whoever reads it, gone with the power. `anyway`: a little always fits."""
        if not anyway:
            self._refuse()
        self.loose[name] = data

    def lose_power(self) -> None:
        """What was not synced is gone, or it was written after all."""
        for name, data in sorted(self.loose.items()):
            if self._rng.random() < 0.5:
                self.durable[name] = data
        self.loose.clear()

    def copied(self) -> "Card":
        """Another card with the same bytes."""
        other = Card(self._rng, self._counts)
        other.durable = {**self.durable, **self.loose}
        return other

    def _refuse(self) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, "no space left")

    def _cut(self) -> bool:
        return self.cut_chance > 0 and self._rng.random() < self.cut_chance
