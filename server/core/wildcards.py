"""Texts with * for any characters and ? for one, found anywhere in another, in small letters or large.

Decision: not one regular expression, which tries every way to share out the text among the stars: each piece between
two stars is looked for behind the one before, and the first place is as good as any.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wildcards:
    """What is looked for, as the pieces between its stars."""

    pieces: tuple[re.Pattern[str], ...]

    def within(self, text: str) -> bool:
        """Whether it is found anywhere in the text."""
        at = 0
        for piece in self.pieces:
            found = piece.search(text, at)
            if found is None:
                return False
            at = found.end()
        return True


def wildcards(text: str) -> Wildcards:
    """What a text with wildcards looks for."""
    pieces = ["".join("." if char == "?" else re.escape(char) for char in piece) for piece in text.split("*") if piece]
    return Wildcards(tuple(re.compile(piece, re.IGNORECASE | re.DOTALL) for piece in pieces))
