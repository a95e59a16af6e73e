"""Passwords and PINs: argon2id, outside of any transaction, and never so many at once that bookings wait for them.

Decisions: one check takes some 100 ms and 46 MiB on a small server, which is what makes guessing a stolen table dear.
Two are made at a time and a few may wait; who comes then is told to come again, because every one that waits is a
thread that answers nobody else. A person who does not exist, or has no password, costs the same time.
"""

import secrets
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from server.core.errors import Later

PATIENCE = 5.0
LETTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without those that look alike."""


def hasher() -> PasswordHasher:
    """The parameters of today; digests of yesterday's are renewed when they are next checked."""
    return PasswordHasher(time_cost=3, memory_cost=47_104, parallelism=1)


@dataclass(slots=True)
class Queue:
    """At most `at_once` inside, at most `waiting` before the door."""

    at_once: int = 2
    waiting: int = 3
    here: int = 0
    inside: int = 0
    free: threading.Condition = field(default_factory=threading.Condition)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A place inside; raises Later where too many wait already."""
        with self.free:
            if self.here >= self.at_once + self.waiting:
                raise Later(1)
            self.here += 1
        try:
            with self._place():
                yield
        finally:
            with self.free:
                self.here -= 1

    @contextmanager
    def _place(self) -> Iterator[None]:
        with self.free:
            if not self.free.wait_for(lambda: self.inside < self.at_once, PATIENCE):
                raise Later(1)
            self.inside += 1
        try:
            yield
        finally:
            with self.free:
                self.inside -= 1
                self.free.notify()


@dataclass(frozen=True, slots=True)
class Passwords:
    """Makes and checks digests. One is shared by all use cases, for it is what keeps them few at once."""

    hasher: PasswordHasher = field(default_factory=lambda: hasher())
    queue: Queue = field(default_factory=Queue)
    nobody: list[str] = field(default_factory=list)

    def digest(self, text: str) -> str:
        """The digest to keep; raises Later where too many are at it."""
        with self.queue.turn():
            return self.hasher.hash(_plain(text))

    def check(self, digest: str | None, text: str) -> bool:
        """Whether it is the text of the digest; None takes as long and is never right. Inside `queue.turn()` only."""
        if not self.nobody:
            self.nobody.append(self.hasher.hash(secrets.token_hex(16)))
        try:
            self.hasher.verify(digest or self.nobody[0], _plain(text))
            return digest is not None
        except (Argon2Error, InvalidHashError):
            return False

    def stale(self, digest: str) -> bool:
        """Whether the digest was made with other parameters than today's."""
        return self.hasher.check_needs_rehash(digest)


def _plain(text: str) -> bytes:
    # One password, however the keyboard composes its letters.
    return unicodedata.normalize("NFKC", text).encode("utf-8", "surrogatepass")


def generated(length: int = 20) -> str:
    """A password nobody chose; 20 letters and digits are 116 bits."""
    return "".join(secrets.choice(LETTERS) for _ in range(length))
