"""The availability of a local day as RoomVox's slots: contiguous HH:MM spans, each free or busy.

Unlike RoomVox, a time that cannot be booked never reads free: pending bookings, closures, closed weekdays, the break
between two opening hours, an inactive room, and what lies beyond the booking horizon are busy, with a `reason`. The
slots are laid out in wall minutes; on the autumn day a minute that comes twice is free only if it is free both times.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from pydantic import BaseModel, Field

from server.core.lanes import full
from server.core.model import Booking, Closure, Room
from server.core.period import Period, gaps
from server.core.policy import Opening, open_on
from server.core.zone import days, midnight, offsets, wall
from server.dialects.roomvox.wire import RoomRef

LAST = 24 * 60 - 1
"""RoomVox's day ends at 23:59."""
MINUTE = timedelta(minutes=1)
Mark = tuple[int, int, str, str]


def _absent(value: object) -> bool:
    return value is None


class Slot(BaseModel):
    """A span of local time; `title` and `reason` only where busy."""

    start: str
    end: str
    status: str = Field(description="free or busy")
    title: str | None = Field(default=None, exclude_if=_absent)
    reason: str | None = Field(
        default=None,
        exclude_if=_absent,
        description="booked, pending, closed, outside_booking_hours, inactive or beyond_horizon",
    )


class Hours(BaseModel):
    """The hours of that weekday; days as RoomVox counts them, 0 = Sunday."""

    start: str
    end: str
    days: list[int]


class DayBody(BaseModel):
    """One local day."""

    date: str
    availabilityRules: Hours | None = Field(description="null: no hours are set, or the room is closed that day")
    slots: list[Slot]


class AvailabilityBody(DayBody):
    """A room's availability on `date`, and with `from` and `to` on every day of the range."""

    room: RoomRef
    days: list[DayBody] = Field(description="Each day of from-to; only `date` where no range was asked for")


@dataclass(frozen=True, slots=True)
class Taken:
    """A time that is not to be had."""

    period: Period
    title: str
    reason: str


def body(
    room: Room, on: date, window: Period | None, now: datetime, bookings: tuple[Booking, ...],
    closures: tuple[Closure, ...],
) -> AvailabilityBody:  # fmt: skip
    """The answer for a day, or for every local day that the window touches; slots are clipped to the window."""
    dates = [on] if window is None else list(days(window, room.zone))
    held: dict[date, list[Taken]] = {at: [] for at in dates}
    for it in _held(bookings, closures, room.policy.lanes):
        for at in days(it.period, room.zone):
            if at in held:
                held[at].append(it)
    shown = [_day(room, at, window, now, held[at]) for at in dates]
    first = shown[0]
    return AvailabilityBody(
        room=RoomRef(id=room.id, name=room.name), date=first.date, availabilityRules=first.availabilityRules,
        slots=first.slots, days=shown,
    )  # fmt: skip


def span(room: Room, on: date) -> Period:
    """The local day as instants."""
    return Period(midnight(on, room.zone), midnight(on + timedelta(days=1), room.zone))


def _held(bookings: Iterable[Booking], closures: Iterable[Closure], lanes: int) -> Iterator[Taken]:
    holding = [booking for booking in bookings if booking.standing.planned]
    if lanes > 1:  # as long as one more fits in, the time is to be had
        yield from (Taken(it, "", "booked") for it in full([booking.period for booking in holding], lanes))
        holding = []
    for booking in holding:
        yield Taken(booking.period, booking.title, "booked" if booking.standing == "accepted" else "pending")
    for closure in closures:
        yield Taken(closure.period, closure.reason or "Closed", "closed")


def _day(room: Room, on: date, window: Period | None, now: datetime, held: list[Taken]) -> DayBody:
    hours = _hours(room, on)
    opens, closes = (0, LAST) if hours is None else (_minute(hours.start), _minute(hours.end))
    if window is not None:
        begin, end = wall(window.start, room.zone), wall(window.end, room.zone)
        opens = max(opens, begin.hour * 60 + begin.minute) if begin.date() == on else opens
        closes = min(closes, end.hour * 60 + end.minute) if end.date() == on else closes
    taken = [*_shut(room, on, now)] if not room.active else [*held, *_shut(room, on, now)]
    marks = sorted((_mark(it, room, on) for it in taken), key=lambda mark: mark[:2])
    return DayBody(date=on.isoformat(), availabilityRules=hours, slots=list(_slots(marks, opens, closes)))


def _hours(room: Room, on: date) -> Hours | None:
    rules = [opening for opening in room.policy.opening if on.weekday() in opening.weekdays]
    if not rules:
        return None
    days = sorted({(weekday + 1) % 7 for rule in rules for weekday in rule.weekdays})
    return Hours(start=_clock(min(r.opens for r in rules)), end=_clock(_closing(rules)), days=days)


def _closing(rules: list[Opening]) -> int:
    return min(LAST, max(rule.closes for rule in rules))


def _shut(room: Room, on: date, now: datetime) -> Iterator[Taken]:
    """What of the day the room's own rules keep shut."""
    day = span(room, on)
    if not room.active:
        yield Taken(day, "Closed", "inactive")
        return
    if room.status == "unavailable":
        yield Taken(day, room.status_reason or "Closed", "out_of_service")
        return
    if room.policy.opening or room.policy.special_days:
        for shut in gaps(open_on(room.policy, on, room.zone), day):
            yield Taken(shut, "Closed", "outside_booking_hours")
    if room.policy.horizon_days:
        far = now + timedelta(days=room.policy.horizon_days)
        if far < day.end:
            yield Taken(Period(max(far, day.start), day.end), "Closed", "beyond_horizon")


def _mark(it: Taken, room: Room, on: date) -> Mark:
    """The taken time in wall minutes of the day, start down and end up, wide enough for every turn of the clock."""
    day = span(room, on)
    held = Period(max(it.period.start, day.start), min(it.period.end, day.end))
    zero = datetime(on.year, on.month, on.day)
    low, high = timedelta(days=1), timedelta()
    for start, end in pairwise([*(at for at, _ in offsets(held, room.zone)), held.end]):
        begins, ends = (wall(moment, room.zone).replace(tzinfo=None) - zero for moment in (start, end))
        low, high = min(low, begins), max(high, ends, begins + (end - start))
    return low // MINUTE, -(-high // MINUTE), it.title, it.reason


def _slots(marks: list[Mark], opens: int, closes: int) -> Iterator[Slot]:
    at = opens
    for start, end, title, reason in marks:
        start, end = max(start, at), min(end, closes)
        if end <= start:
            continue
        if start > at:
            yield Slot(start=_clock(at), end=_clock(start), status="free")
        yield Slot(start=_clock(start), end=_clock(end), status="busy", title=title, reason=reason)
        at = end
    if at < closes:
        yield Slot(start=_clock(at), end=_clock(closes), status="free")


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _minute(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])
