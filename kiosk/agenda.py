"""The coming states of the room as instants: what the door shows and when it changes, computed ahead from the plan.

`timeline(plan)` is pure and knows neither the time nor the link. Whoever renders (page, `/state.json`, a lamp) looks
up *now* in it with `at`, so that no two of them can disagree and every boundary flips without the server.

Precedence: unknown > busy (checked in, or no check-in asked, or asked for and not yet approved) > reserved > closed
> free. Unknown stands before the plan begins, from its end on, and everywhere while there is none: unknown is never
free. How sure the panel is of a state (live, plan) is not written here: it changes with the link, not with the plan.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from kiosk.instants import EARLIEST
from kiosk.plan import Booking, Snapshot, Span


@dataclass(frozen=True, slots=True)
class Moment:
    """From `at` on, until the next moment, the room is in `state`."""

    at: int
    state: str  # free, reserved, busy, closed, unknown
    booking: Booking | None = None  # whose time it is, when busy or reserved
    reason: str | None = None  # hours, closure, inactive, no_plan
    text: str = ""  # what people gave as the reason


Timeline = tuple[Moment, ...]


def timeline(plan: Snapshot | None) -> Timeline:
    """Moments in order of time; the first is at the beginning of all time, so every instant has one."""
    moments = [Moment(EARLIEST, "unknown", reason="no_plan")]
    if plan is None:
        return tuple(moments)
    current: list[Booking] = []
    coming = list(reversed(plan.bookings))  # by start, the earliest last
    opened, closed = _Spans(plan.open or ()), _Spans(plan.closures)
    for edge in _edges(plan):
        while coming and coming[-1].start <= edge:
            current.append(coming.pop())
        current = [booking for booking in current if booking.end > edge]
        moment = _moment(edge, plan, current, open_=opened.at(edge), closure=closed.at(edge))
        if not _same(moments[-1], moment):
            moments.append(moment)
    moments.append(Moment(plan.end, "unknown", reason="no_plan"))
    return tuple(moments)


def at(line: Timeline, now: float) -> int:
    """The index of the moment in force at `now`."""
    return max(0, bisect_right(line, now, key=lambda moment: moment.at) - 1)


def until(line: Timeline, index: int) -> int | None:
    """When this moment ends by the plan; None where the plan knows no end."""
    moment = line[index]
    if index + 1 == len(line):
        return None
    if line[index + 1].state != "unknown":
        return line[index + 1].at
    return moment.booking.end if moment.booking else None


def opens(line: Timeline, index: int) -> int | None:
    """When a closed room opens, over all reasons that follow each other; None where the plan knows no end."""
    for moment in line[index:]:
        if moment.state != "closed":
            return None if moment.state == "unknown" else moment.at
    return None


def _edges(plan: Snapshot) -> list[int]:
    """Every instant inside the plan where anything begins or ends."""
    edges = {plan.start}
    for booking in plan.bookings:
        edges.update((booking.start, booking.end))
    for span in (*(plan.open or ()), *plan.closures):
        edges.update((span.start, span.end))
    return sorted(edge for edge in edges if plan.start <= edge < plan.end)


def _moment(
    edge: int, plan: Snapshot, bookings: Sequence[Booking], *, open_: Span | None, closure: Span | None
) -> Moment:
    if bookings:
        # Where a room allows several at once the glass names one: somebody inside before somebody awaited.
        first = min(bookings, key=lambda booking: (booking.awaited, booking.start, booking.id))
        return Moment(edge, "reserved" if first.awaited else "busy", first)
    if not plan.room.active:
        return Moment(edge, "closed", reason="inactive")
    if closure:
        return Moment(edge, "closed", reason="closure", text=closure.reason)
    if plan.open is not None and not open_:
        return Moment(edge, "closed", reason="hours")
    return Moment(edge, "free")


def _same(one: Moment, other: Moment) -> bool:
    return (one.state, one.booking, one.reason, one.text) == (other.state, other.booking, other.reason, other.text)


class _Spans:
    """Spans, which may overlap, asked at instants that only grow."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._coming = sorted(spans, key=lambda span: span.start, reverse=True)
        self._current: list[Span] = []

    def at(self, instant: int) -> Span | None:
        """The span over `instant` that began first."""
        while self._coming and self._coming[-1].start <= instant:
            self._current.append(self._coming.pop())
        self._current = [span for span in self._current if span.end > instant]
        return self._current[0] if self._current else None
