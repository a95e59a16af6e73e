"""Heads of the audit's chain: what is signed each hour and kept elsewhere, so that a trail cut short is missed.

Decision: a head is one line of text, in the log as in a file, `head number=… incarnation=… seq=… at=… chain=… count=…
signature=…`. What is signed is that line up to the signature, so whoever has the public key can check it by hand.
"""

import re
from dataclasses import dataclass, replace

MARK = "lintel audit head"
"""What every signed text begins with, so that no other text signed by the same key can be taken for a head."""
_LINE = re.compile(
    r"head number=(\d{1,18}) incarnation=([\w-]{1,64}) seq=(\d{1,18}) at=(\d{1,18}) chain=([0-9a-f]{0,64}) "
    r"count=(\d{1,18}) signature=([0-9a-f]{128})"
)


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain ended at an instant: `seq` of the newest change, its link, and how many changes lead to it.

    `number` counts heads from 1; `incarnation` is the life of the database; `at` in seconds since 1970; `signature` is
    Ed25519 in hex, "" before it is signed.
    """

    number: int
    incarnation: str
    seq: int
    at: int
    chain: str
    count: int
    signature: str = ""

    @property
    def said(self) -> str:
        """The line without its signature."""
        return (
            f"head number={self.number} incarnation={self.incarnation} seq={self.seq} at={self.at} chain={self.chain} "
            f"count={self.count}"
        )

    @property
    def signed(self) -> bytes:
        """What the signature is over."""
        return f"{MARK}\n{self.said}".encode()

    @property
    def line(self) -> str:
        return f"{self.said} signature={self.signature}"

    def with_signature(self, signature: str) -> "Head":
        return replace(self, signature=signature)


def read(line: str) -> Head | None:
    """The head that stands in a line of a log, whatever is before and after it; None where there is none."""
    found = _LINE.search(line)
    if found is None:
        return None
    number, incarnation, seq, at, chain, count, signature = found.groups()
    return Head(int(number), incarnation, int(seq), int(at), chain, int(count), signature)
