"""Patterns that people write to say what a value must look like, matched in a time that cannot explode.

Decision: not Python's `re`. It tries one way after the other, so `(a+)+b` takes for ever over thirty characters, and no
look at a pattern tells all such from the harmless. What is understood here is what an automaton can follow; what reads
ahead, behind or back is refused when the pattern is defined.

Understood: characters, `.`, classes (`[a-z]`, `[^0-9]`, `\\d \\w \\s \\D \\W \\S`), groups `( )` and `(?: )`, `|`,
`* + ? {m} {m,} {m,n}` (a `?` behind them changes nothing), `^` at the begin and `$` at the end, and `(?i)` before all
where capitals do not matter. The whole value must match.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from server.core.automaton import PLACES, Automaton, BadPattern, Part, Test

LENGTH = 200
"""Characters of a pattern."""
DEPTH = 20
"""Groups in groups."""
VALUE = 1_000
"""Characters of a value."""

CLASSES = {name: re.compile(f"\\{name}") for name in "dwsDWS"}
PLAIN = {"n": "\n", "r": "\r", "t": "\t"}
COUNT = re.compile(r"\{(\d{0,3})(,?)(\d{0,3})\}")


def problem(pattern: str) -> str | None:
    """Why the pattern is refused, or None."""
    try:
        _compiled(pattern)
    except BadPattern as error:
        return str(error)
    return None


def matches(pattern: str, value: str) -> bool:
    """Whether the whole value is as the pattern says; one that is too long is not. Raises BadPattern."""
    return len(value) <= VALUE and _compiled(pattern).matches(value)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Automaton:
    if len(pattern) > LENGTH:
        raise BadPattern(f"too long (max {LENGTH} characters)")
    fold = pattern.startswith("(?i)")
    text = pattern.removeprefix("(?i)").removeprefix("^")
    if text.endswith("$") and (len(text) - len(text[:-1].rstrip("\\"))) % 2:
        text = text[:-1]
    reader = _Reader(text, fold)
    node = reader.choice(0)
    if reader.at < len(text):
        raise BadPattern("a ) without its (")
    if _size(node) > PLACES:
        raise BadPattern("too large")
    automaton = Automaton()
    automaton.whole = _built(automaton, node)
    return automaton


@dataclass(frozen=True, slots=True)
class _Take:
    test: Test


@dataclass(frozen=True, slots=True)
class _All:
    parts: tuple["_Node", ...]


@dataclass(frozen=True, slots=True)
class _Any:
    parts: tuple["_Node", ...]


@dataclass(frozen=True, slots=True)
class _Times:
    part: "_Node"
    least: int
    most: int | None


_Node = _Take | _All | _Any | _Times


def _size(node: _Node) -> int:
    """How many places it comes to with its repeats written out; known before anything is built."""
    match node:
        case _Take():
            return 1
        case _Times():
            return _size(node.part) * max(1, node.least if node.most is None else node.most)
    return sum(_size(part) for part in node.parts)


def _built(into: Automaton, node: _Node) -> Part:
    match node:
        case _Take():
            return into.place(node.test)
        case _All():
            whole = Part()
            for part in node.parts:
                whole = into.joined(whole, _built(into, part))
            return whole
        case _Any():
            parts = [_built(into, part) for part in node.parts]
            first = last = 0
            for it in parts:
                first, last = first | it.first, last | it.last
            return Part(first, last, any(it.empty for it in parts))
    return _repeated(into, node)


def _repeated(into: Automaton, node: _Times) -> Part:
    whole = Part()
    if not _size(node.part) or node.most == 0:
        return whole
    for _ in range(node.least - (node.most is None)):
        whole = into.joined(whole, _built(into, node.part))
    if node.most is None:
        loop = into.looped(_built(into, node.part))
        return into.joined(whole, Part(loop.first, loop.last, loop.empty or node.least == 0))
    for _ in range(node.most - node.least):
        more = _built(into, node.part)
        whole = into.joined(whole, Part(more.first, more.last, empty=True))
    return whole


class _Reader:
    """Reads a pattern from left to right; `at` is where it is."""

    def __init__(self, text: str, fold: bool) -> None:
        self.text, self.fold, self.at = text, fold, 0

    def choice(self, depth: int) -> _Node:
        """Alternatives, up to the end or the ) that ends the group."""
        if depth > DEPTH:
            raise BadPattern("too many groups in groups")
        found: list[_Node] = [self._sequence(depth)]
        while self._next("|"):
            found.append(self._sequence(depth))
        return found[0] if len(found) == 1 else _Any(tuple(found))

    def _sequence(self, depth: int) -> _Node:
        found: list[_Node] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            found.append(self._counted(self._one(depth)))
        return _All(tuple(found))

    def _one(self, depth: int) -> _Node:
        char = self.text[self.at]
        self.at += 1
        if char == "(":
            if self._next("?") and not self._next(":"):
                raise BadPattern("(? is only understood as (?: )")
            inner = self.choice(depth + 1)
            if not self._next(")"):
                raise BadPattern("a ( without its )")
            return inner
        if char in "*+?{":
            raise BadPattern(f"nothing to repeat before {char}")
        if char in "^$":
            raise BadPattern(f"{char} is only understood at the {'begin' if char == '^' else 'end'}")
        if char == "[":
            return _Take(self._class())
        if char == "\\":
            return _Take(self._escaped())
        return _Take((lambda it: it != "\n") if char == "." else self._folded(lambda it: it == char))

    def _counted(self, node: _Node) -> _Node:
        if self.at >= len(self.text) or self.text[self.at] not in "*+?{":
            return node
        char = self.text[self.at]
        if char == "{":
            node = self._bounds(node)
        else:
            self.at += 1
            node = _Times(node, int(char == "+"), 1 if char == "?" else None)
        self._next("?")  # as few as will do: of the whole value that is the same
        if self.at < len(self.text) and self.text[self.at] in "*+?{":
            raise BadPattern("a repeat of a repeat needs a group")
        return node

    def _bounds(self, node: _Node) -> _Node:
        found = COUNT.match(self.text, self.at)
        if found is None or found[0] in ("{}", "{,}"):
            raise BadPattern("{ is only understood as {m}, {m,} or {m,n}; write \\{ for the character")
        self.at = found.end()
        least = int(found[1] or 0)
        most = least if not found[2] else int(found[3]) if found[3] else None
        if most is not None and most < least:
            raise BadPattern("{m,n} with m greater than n")
        return _Times(node, least, most)

    def _class(self) -> Test:
        negated = self._next("^")
        tests: list[Test] = []
        opened = self.at
        while not (self.at > opened and self._next("]")):
            if self.at >= len(self.text) or self.text.startswith("[:", self.at):
                raise BadPattern("a [ without its ]" if self.at >= len(self.text) else "[: is not understood")
            tests.append(self._member())
        within = self._folded(lambda it: any(test(it) for test in tests))
        return (lambda it: not within(it)) if negated else within

    def _member(self) -> Test:
        low = self._single()
        if low is None:
            self.at += 1
            return self._escaped()
        if not (self.text.startswith("-", self.at) and self.text[self.at + 1 : self.at + 2] not in ("", "]")):
            return lambda it: it == low
        self.at += 1
        high = self._single()
        if high is None or high < low:
            raise BadPattern("a range that goes backwards or to a class")
        return lambda it: low <= it <= high

    def _single(self) -> str | None:
        """The next character of a class; None, and nothing read, where a class such as \\d is next."""
        char = self.text[self.at]
        if char == "\\" and self.text[self.at + 1 : self.at + 2] in CLASSES:
            return None
        self.at += 1
        return self._plain() if char == "\\" else char

    def _escaped(self) -> Test:
        """What a backslash begins; it has been read."""
        name = self.text[self.at : self.at + 1]
        if name in CLASSES:
            self.at += 1
            pattern = CLASSES[name]
            return lambda it: pattern.match(it) is not None
        char = self._plain()
        return self._folded(lambda it: it == char)

    def _plain(self) -> str:
        """The character behind a backslash."""
        name = self.text[self.at : self.at + 1]
        self.at += 1
        if not name or (name.isalnum() and name not in PLAIN):
            raise BadPattern(f"\\{name} is not understood")
        return PLAIN.get(name, name)

    def _folded(self, test: Test) -> Test:
        """The test for either case, where capitals do not matter."""
        if not self.fold:
            return test
        return lambda it: any(test(kind) for kind in (it, it.lower(), it.upper()) if len(kind) == 1)

    def _next(self, char: str) -> bool:
        """Goes over that character where it is the next."""
        if self.text.startswith(char, self.at):
            self.at += 1
            return True
        return False
