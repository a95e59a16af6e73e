"""Numbers and names of bookings, for doors that know them by something else than the uid.

Decisions:
- A single booking and a series have numbers of their own, which are told apart: even for the one, odd for the other. A
  date of a series has the number of its series.
- Where a name must not be counted on from, it is its number, exchanged for another one of 48 bits by a Feistel network
  of keyed BLAKE2b (Luby and Rackoff, 1988), written as 12 hex digits: no table, no two alike, and the same ones again
  wherever the key is.
"""

import hashlib
from dataclasses import dataclass

HALF = 24
LEFT = (1 << HALF) - 1
MOST = (1 << 2 * HALF) - 1
"""The largest number that can be exchanged."""
ROUNDS = 6
DIGITS = "0123456789abcdef"
WIDTH = 2 * HALF // 4
SINGLE, SERIES = "single", "series"


def number_of(kind: str, row: int) -> int:
    """The number of a single booking or a series, of the number of its row."""
    return 2 * row + (kind == SERIES)


def row_of(number: int) -> tuple[str, int]:
    """The kind, single or series, and the number of the row."""
    return (SERIES if number % 2 else SINGLE), number // 2


@dataclass(frozen=True, slots=True)
class Names:
    """One way to exchange numbers for names and back. `key`: 16 to 64 bytes, another one for each use."""

    key: bytes

    def name(self, number: int) -> str:
        """The 12 lower-case hex digits that stand for a number from 0 to MOST; ValueError for any other."""
        if not 0 <= number <= MOST:
            raise ValueError("out of range")
        left, right = number >> HALF, number & LEFT
        for turn in range(ROUNDS):
            left, right = right, left ^ self._mixed(turn, right)
        return f"{left << HALF | right:0{WIDTH}x}"

    def number(self, name: str) -> int | None:
        """The number that a name stands for; None for what is no name. Any 12 hex digits stand for some number."""
        if len(name) != WIDTH or any(digit not in DIGITS for digit in name):
            return None
        found = int(name, 16)
        left, right = found >> HALF, found & LEFT
        for turn in reversed(range(ROUNDS)):
            left, right = right ^ self._mixed(turn, left), left
        return left << HALF | right

    def _mixed(self, turn: int, half: int) -> int:
        said = bytes((turn,)) + half.to_bytes(HALF // 8, "big")
        return int.from_bytes(hashlib.blake2b(said, digest_size=HALF // 8, key=self.key).digest(), "big")
