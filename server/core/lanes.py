"""Rooms that take several bookings at once: in which lane each lies, and when they have to change lanes to make room.

Decision: what lies in the lanes stays where it is as long as some lane has room. Where none has, though there are fewer
bookings than lanes at every instant, those that begin later change lanes, in the order of their beginning, until
everything lies as it did. A gap lies behind each booking; it is asked for within a lane.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.core.period import Period, merged


@dataclass(frozen=True, slots=True)
class Lying:
    """A booking's hold (its number) in a lane."""

    hold: int
    lane: int
    period: Period


@dataclass(frozen=True, slots=True)
class Laid:
    """The lane for a new booking, and the holds that change theirs."""

    lane: int
    moved: dict[int, int]


def free_lane(lying: Sequence[Lying], wish: Period, lanes: int, gap: timedelta) -> int | None:
    """The first of so many lanes in which the wish, with the gap on both sides, meets nothing."""
    wide = Period(wish.start - gap, wish.end + gap)
    taken = {it.lane for it in lying if it.period.overlaps(wide)}
    at_once = most_at_once([it.period for it in lying], wish)  # more than fit in the lanes where there were more once
    return next((lane for lane in range(lanes) if lane not in taken), None) if at_once < lanes else None


def most_at_once(periods: Sequence[Period], within: Period) -> int:
    """How many of them there are at the worst instant of a time."""
    inside = [it for it in periods if it.overlaps(within)]
    instants = [within.start, *(it.start for it in inside if it.start > within.start)]
    return max(sum(1 for it in inside if it.holds(instant)) for instant in instants)


def full(periods: Iterable[Period], lanes: int) -> list[Period]:
    """The times at which there are as many of them as lanes, or more; in order, touching ones joined."""
    edges = sorted(edge for it in periods for edge in ((it.start, 1), (it.end, -1)))
    found: list[Period] = []
    count, since = 0, None
    for at, step in edges:  # at one instant ends come before starts
        count += step
        if count >= lanes and since is None:
            since = at
        elif count < lanes and since is not None:
            found.append(Period(since, at))
            since = None
    return merged(it for it in found if it.start < it.end)


def laid_anew(lying: Sequence[Lying], wish: Period, lanes: int, gap: timedelta, known: datetime) -> Laid | None:
    """Room for the wish where no lane is free: which holds change lanes; None where there is none.

    `lying` is everything that reaches beyond the wish's start less the gap and begins before `known`. Raises
    `NotFarEnough` where what begins from `known` on has to be known, too.
    """
    fixed = [it for it in lying if it.period.start < wish.start]
    later = sorted((it for it in lying if it.period.start >= wish.start), key=lambda it: it.period.start)
    until: dict[int, datetime] = {}
    for it in fixed:
        until[it.lane] = max(until.get(it.lane, it.period.end), it.period.end + gap)
    if sum(1 for end in until.values() if end > wish.start) >= lanes:
        return None
    mine = _fit(until, wish.start, range(lanes))
    if mine is None:
        return None
    until[mine], displaced = wish.end + gap, wish.end + gap
    moved: dict[int, int] = {}
    for it in later:
        if it.period.start >= displaced:
            return Laid(mine, moved)
        own = it.lane if until.get(it.lane, it.period.start) <= it.period.start else None
        lane = own if own is not None else _fit(until, it.period.start, range(lanes))
        if lane is None:
            return None
        if lane != it.lane:
            moved[it.hold] = lane
            displaced = max(displaced, it.period.end + gap)
        until[lane] = it.period.end + gap
    if displaced > known:
        raise NotFarEnough
    return Laid(mine, moved)


class NotFarEnough(Exception):
    """More of what lies ahead has to be known."""


def _fit(until: dict[int, datetime], at: datetime, lanes: range) -> int | None:
    return next((lane for lane in lanes if until.get(lane, at) <= at), None)
