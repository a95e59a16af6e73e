"""An automaton that follows all its states at once: n characters take n steps, whatever they are.

Each place of a pattern that takes a character is a state (V. M. Glushkov, "The abstract theory of automata", 1961).
Sets of places are the bits of a number.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

PLACES = 300
"""States of an automaton: what a pattern takes, with all its counted repeats written out."""

REMEMBERED = 512
"""Characters of which an automaton keeps in mind what takes them."""

Test = Callable[[str], bool]


class BadPattern(ValueError):
    """The pattern is not one of ours; the text says why."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of an automaton: the places it may begin and end with, and whether it may be nothing at all."""

    first: int = 0
    last: int = 0
    empty: bool = True


@dataclass(slots=True)
class Automaton:
    """What each place takes, and which places may follow it; `whole` is all of it."""

    tests: list[Test] = field(default_factory=list)
    follow: list[int] = field(default_factory=list)
    whole: Part = field(default_factory=Part)
    taking: dict[str, int] = field(default_factory=dict)
    """Which places take a character, of those that were asked about last."""

    def place(self, test: Test) -> Part:
        """A new place. Raises BadPattern where there are too many."""
        if len(self.tests) >= PLACES:
            raise BadPattern("too large")
        self.tests.append(test)
        self.follow.append(0)
        bit = 1 << (len(self.tests) - 1)
        return Part(bit, bit, empty=False)

    def joined(self, left: Part, right: Part) -> Part:
        """The one and then the other."""
        self._follows(left.last, right.first)
        first = left.first | right.first if left.empty else left.first
        last = left.last | right.last if right.empty else right.last
        return Part(first, last, left.empty and right.empty)

    def looped(self, part: Part) -> Part:
        """The part once or more often."""
        self._follows(part.last, part.first)
        return part

    def matches(self, value: str) -> bool:
        """Whether all of the value matches."""
        if not value:
            return self.whole.empty
        active, taken = self.whole.first, 0
        for char in value:
            taken = active & self._taking(char)
            if not taken:
                return False
            active = 0
            for place in _places(taken):
                active |= self.follow[place]
        return bool(taken & self.whole.last)

    def _taking(self, char: str) -> int:
        found = self.taking.get(char)
        if found is None:
            found = sum(1 << place for place, test in enumerate(self.tests) if test(char))
            if len(self.taking) >= REMEMBERED:
                self.taking.clear()
            self.taking[char] = found
        return found

    def _follows(self, before: int, after: int) -> None:
        for place in _places(before):
            self.follow[place] |= after


def _places(several: int) -> list[int]:
    found = []
    while several:
        low = several & -several
        found.append(low.bit_length() - 1)
        several ^= low
    return found
