"""Times as whole seconds, and the set arithmetic over them: what a door owns is reckoned in these.

`Times` are half-open stretches [start, end), sorted, disjoint and never touching, so that two that hold the same
instants are equal. Every function here takes and gives such; `joined` makes them of anything.
"""

from collections.abc import Iterable

Times = tuple[tuple[int, int], ...]
NONE: Times = ()


def joined(stretches: Iterable[tuple[int, int]]) -> Times:
    """The same instants as few stretches as possible, in order; empty ones are left out, touching ones become one."""
    out: list[tuple[int, int]] = []
    for start, end in sorted(stretches):
        if end <= start:
            continue
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return tuple(out)


def union(a: Times, b: Times) -> Times:
    """What either holds."""
    if not a or not b:
        return a or b
    return joined((*a, *b))


def minus(a: Times, b: Times) -> Times:
    """What the first holds and the second does not."""
    out: list[tuple[int, int]] = []
    place = 0
    for start, end in a:
        while place < len(b) and b[place][1] <= start:
            place += 1
        at = place
        while at < len(b) and b[at][0] < end:
            if start < b[at][0]:
                out.append((start, b[at][0]))
            start = max(start, b[at][1])
            at += 1
        if start < end:
            out.append((start, end))
    return tuple(out)


def within(a: Times, start: int, end: int) -> Times:
    """What of it lies in [start, end)."""
    if end <= start:
        return NONE
    return tuple((max(low, start), min(high, end)) for low, high in a if low < end and start < high)


def covers(a: Times, start: int, end: int) -> bool:
    """Whether it holds all of [start, end); never of a stretch that is none."""
    return start < end and any(low <= start and end <= high for low, high in a)


def touches(a: Times, start: int, end: int) -> bool:
    """Whether it holds any instant of [start, end)."""
    return start < end and any(low < end and start < high for low, high in a)


def length(a: Times) -> int:
    """Seconds in all."""
    return sum(end - start for start, end in a)
