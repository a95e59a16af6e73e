"""Proving the audit trail: walks the chain from its first change and names the first place where it breaks.

Decision: what is wrong is told as a code and the seqs between which it lies. A link proves all before it, so the break
lies after the last change that is proven, at the latest at the one that does not fit; deleted, added, swapped and
altered changes all look like this.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from server.core.audit import link
from server.core.heads import Head

SALT = 16
"""Characters of each salt: a text that lends it its beginning would have the same digest."""
HEAD = "audit_head"
"""The change that tells of a head, `subject` its number: so the newest heads cannot be taken away unnoticed."""


@dataclass(frozen=True, slots=True)
class Break:
    """The first fault: its code, and the seqs `first` to `last` in which it lies (the same where it is one)."""

    code: str
    first: int
    last: int
    number: int = 0


class Broken(Exception):
    """Carries the first break out of the walk."""

    def __init__(self, found: Break) -> None:
        super().__init__(found.code)
        self.found = found


@dataclass(slots=True)
class Walk:
    """What has been proven so far. Takes rows in the order of seq; raises Broken at the first that does not fit."""

    heads: dict[int, list[Head]] = field(default_factory=dict)  # by seq, those still to come
    seq: int = 0
    chain: str = ""
    count: int = 0
    texts: int = 0
    told: set[int] = field(default_factory=set)  # heads that the chain tells of

    def expect(self, heads: Iterable[Head]) -> None:
        """These heads, kept here or elsewhere, have to lie on the chain."""
        for head in heads:
            self.heads.setdefault(head.seq, []).append(head)

    def take(self, row: Sequence[Any]) -> None:
        """A change: its link, then the cells that the link covers, then salt and body of its text, None without."""
        claimed, seq, digest, salt, body = row[0], row[1], row[-3], row[-2], row[-1]
        chain = link(self.chain, row[1:-2])
        if chain != claimed:
            raise Broken(Break("altered", self.seq + 1 if seq > self.seq else seq, seq))
        if body is not None:
            if len(salt) != SALT or hashlib.sha256((salt + body).encode()).hexdigest() != digest:
                raise Broken(Break("text", seq, seq))
            self.texts += 1
        self.seq, self.chain, self.count = seq, chain, self.count + 1
        if row[4] == HEAD and row[6] is not None:
            self.told.add(row[6])
        if seq in self.heads:
            self._met(self.heads.pop(seq))

    def end(self, seq: int, chain: str) -> None:
        """What the database says is the newest change, after the last has been taken."""
        if (seq, chain) != (self.seq, self.chain):
            raise Broken(Break("end", min(seq, self.seq) + 1 if seq != self.seq else seq, max(seq, self.seq)))
        if self.heads:
            last = max(self.heads)
            head = self.heads[last][0]
            raise Broken(Break("cut" if last > self.seq else "head", min(self.seq + 1, last), last, head.number))

    def _met(self, heads: Iterable[Head]) -> None:
        for head in heads:
            if (head.chain, head.count) != (self.chain, self.count):
                raise Broken(Break("head", head.seq, head.seq, head.number))


def numbered(heads: Sequence[Head], told: set[int]) -> None:
    """Raises Broken where a head is missing among those kept here: by their numbers, or since the chain tells of it."""
    numbers = [head.number for head in heads]
    missing = (set(range(1, max(numbers, default=0) + 1)) | told) - set(numbers)
    if missing:
        near = [head.seq for head in heads if head.number < min(missing)]
        after = [head.seq for head in heads if head.number > min(missing)]
        first = (near[-1] if near else 0) + 1
        raise Broken(Break("head_missing", first, after[0] if after else first, min(missing)))
