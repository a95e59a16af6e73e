"""The time that this door owns, and what it may promise of it while it is cut off. Pure.

Decisions:
- A door owns exactly one version of a room's time (`Owned`). A lower version of the same incarnation is never taken:
  it may come from an answer that was long under way. Another incarnation is another life of the database, whose
  numbers say nothing about ours.
- What is promised is what is owned, less what is taken as far as is known here. Nothing is compared with a clock for
  that: time comes back to the server by being acknowledged away or by being past, so a wrong clock can spoil what the
  door calls "now" but never promise what belongs to somebody else. A clock that is not verified promises nothing.
- Times are sorted, do not touch each other and have a length; whole seconds since 1970, the end not included.
"""

from collections.abc import Iterable
from dataclasses import dataclass

Times = tuple[tuple[int, int], ...]

CONFIRMED, NOT_CONFIRMED = "confirmed", "not_confirmed"


@dataclass(frozen=True, slots=True)
class Owned:
    """Of one room. Version 0 of no incarnation: nothing was ever given."""

    incarnation: str = ""
    version: int = 0
    times: Times = ()


@dataclass(frozen=True, slots=True)
class Promises:
    """What a door can promise at one instant. `busy`: what is taken, by the plan and by what was done here.

    `may`: whether anything at all may be done here without the server.
    """

    owned: Owned = Owned()
    busy: Times = ()
    verified: bool = False
    may: bool = False

    def grade(self, start: int, end: int, *, less: tuple[int, int] | None = None) -> str:
        """How sure a promise of that time would be. `less`: the time of the booking that it is about."""
        busy = minus(self.busy, (less,)) if less else self.busy
        return grade(self.owned, start, end, busy, verified=self.verified)

    def until(self, now: int) -> int | None:
        """How far it can promise from now on without a gap; None where it cannot promise the next second."""
        return owned_until(self.owned, now, self.busy) if self.verified and self.may else None


def joined(spans: Iterable[tuple[int, int]]) -> Times:
    """The same time, sorted, with what overlaps or touches made one and what has no length left out."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return tuple(found)


def minus(times: Iterable[tuple[int, int]], taken: Iterable[tuple[int, int]]) -> Times:
    """What of `times` is not in `taken`; neither need be sorted."""
    rest = list(joined(times))
    for start, end in joined(taken):
        rest = [
            part
            for one in rest
            for part in ((one[0], min(one[1], start)), (max(one[0], end), one[1]))
            if part[0] < part[1]
        ]
    return tuple(rest)


def covers(times: Iterable[tuple[int, int]], start: int, end: int) -> bool:
    """Whether all of [start, end) lies in `times`; never for what has no length."""
    return start < end and any(one[0] <= start and end <= one[1] for one in joined(times))


def adopted(owned: Owned, incarnation: str, version: int, times: Times) -> Owned:
    """What is owned after the server told of a version; the same object where that changes nothing."""
    if incarnation == owned.incarnation and version <= owned.version:
        return owned
    return Owned(incarnation, version, joined(times))


def grade(owned: Owned, start: int, end: int, busy: Iterable[tuple[int, int]], *, verified: bool) -> str:
    """`confirmed` only for time that is owned, not taken, and told by a clock that is verified."""
    sure = verified and covers(minus(owned.times, busy), start, end)
    return CONFIRMED if sure else NOT_CONFIRMED


def owned_until(owned: Owned, now: int, busy: Iterable[tuple[int, int]]) -> int | None:
    """The end of the time around `now` that is owned and not taken; None where `now` is not in any."""
    return next((end for start, end in minus(owned.times, busy) if start <= now < end), None)
