"""Other times for a wish that was refused: near it, on the same day and in the days around, and shorter ones."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from server.core.clock import epoch, from_epoch
from server.core.model import Room
from server.core.period import Period, clipped, gaps
from server.core.policy import open_during
from server.core.timetables import slots_during
from server.core.zone import instant, wall
from server.engine.looking import Look

SHORTEST = timedelta(minutes=15)
"""What is shorter is no meeting."""
SNAP = 300
"""Seconds: suggestions begin at whole five minutes where there is room."""
JUDGED, MOST = 60, 5


def times(
    look: Look, places: Sequence[Room], wish: Period, window: Period, filled: Iterable[Period]
) -> tuple[Period, ...]:
    """Times as long as the wish that all rooms could be had for, the nearest first, the wish itself not among them."""
    spans = _open(look, places, window, filled)
    found = _lessons(look, places, wish, window) if places[0].policy.timetable else _near(places[0].zone, wish, spans)
    fitting = {it for it in found if it != wish and any(span.covers(it) for span in spans)}
    ranked = sorted(fitting, key=lambda it: (abs(it.start - wish.start), it.start))
    return _judged(look, places, ranked)


def shorter(look: Look, places: Sequence[Room], wish: Period, filled: Iterable[Period]) -> tuple[Period, ...]:
    """What of the wish is to be had: from its start, up to its end, or between; the longest first."""
    spans = list(clipped(_open(look, places, wish, filled), wish))
    some = [it for it in spans if it != wish and it.length >= SHORTEST]
    return _judged(look, places, sorted(some, key=lambda it: (it.start - it.end, it.start)))


def _judged(look: Look, places: Sequence[Room], some: Sequence[Period]) -> tuple[Period, ...]:
    found = []
    for it in some[:JUDGED]:
        if not any(look.against(room, it) for room in places):
            found.append(it)
            if len(found) == MOST:
                break
    return tuple(found)


def _open(look: Look, places: Sequence[Room], window: Period, filled: Iterable[Period]) -> list[Period]:
    """When all rooms are open and none is filled, not before now and the notice that they want."""
    notice = max(room.policy.notice_minutes or 0 for room in places)
    first = max(window.start, look.now + timedelta(minutes=notice))
    if first >= window.end:
        return []
    window = Period(first, window.end)
    shut = list(filled)
    for room in places:
        if "outside_hours" not in room.policy.off:
            shut += gaps(open_during(room.policy, window, room.zone), window)
    return list(gaps(shut, window))


def _near(zone: str, wish: Period, spans: Sequence[Period]) -> Iterable[Period]:
    """In each span the time nearest to the wish, and the wish's own hour of the days around."""
    for span in spans:
        if span.length >= wish.length:
            yield _from(_snapped(min(max(wish.start, span.start), span.end - wish.length), span, wish), wish)
    begin = wall(wish.start, zone).replace(tzinfo=None)
    for days in (-3, -2, -1, 1, 2, 3):
        yield _from(instant(begin + timedelta(days=days), zone), wish)


def _snapped(start: datetime, span: Period, wish: Period) -> datetime:
    """The next whole five minutes, or the last where only that leaves room."""
    if start == wish.start:
        return start
    late = from_epoch(-(-epoch(start) // SNAP) * SNAP)
    early = from_epoch(epoch(start) // SNAP * SNAP)
    for at in (late, early) if start <= wish.start else (early, late):
        if span.covers(_from(at, wish)):
            return at
    return start


def _from(start: datetime, wish: Period) -> Period:
    return Period(start, start + wish.length)


def _lessons(look: Look, places: Sequence[Room], wish: Period, window: Period) -> Iterable[Period]:
    """Runs of the first room's slots that are at least as long as the wish."""
    table = look.house.timetables.get(places[0].policy.timetable or 0)
    if table is None:
        return
    found = [it.period for it in slots_during(table, window, places[0].zone) if it.slot.bookable]
    for at, first in enumerate(found):
        last = next((it for it in found[at:] if it.end - first.start >= wish.length), None)
        if last is not None:
            yield Period(first.start, last.end)
