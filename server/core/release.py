"""When a room is given back because nobody came: the deadline, each step's time, and what has to be known first.

Decisions:
- A step depends only on what is stored and on the instant, so that it is the same after a restart, and done once by
  however many sweeps.
- The deadline is the policy's minutes or a third of the length, but at least five minutes after the start. Two minutes
  before it people are warned, at it the booking is released, and five minutes later the rest of it is given back; in
  those five minutes the room is still theirs, so it is not given back before all that was done at its panels up to
  then has come. A late warning moves the deadline, so that there are always two minutes.
- Nothing is released with less than a quarter of an hour to win, neither when it is due nor when it is done.
- A hold of four hours or more (a day) is not released. Half an hour after its start its people are asked, and five
  minutes later the room is given to whoever comes, an hour at a time: the start moves on by an hour, and again when
  that comes. So the law over holds stays as it is, and whoever walks in takes an hour at most. Its people may come and
  begin whenever the room is free.
- A booking of several rooms is released only where all of them say so, by the latest of their deadlines.
- With release observed, nothing happens but a note of what would have.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from server.core.model import Room
from server.core.period import Period
from server.core.policy import open_during
from server.core.presence import due
from server.core.zone import instant, wall

WARNING = timedelta(minutes=2)
HELD = timedelta(minutes=5)
LEAST_LEFT = timedelta(minutes=15)
LONG = timedelta(hours=4)
ASKED_AFTER = timedelta(minutes=30)
ANSWER = timedelta(minutes=5)
HOUR = timedelta(hours=1)
MORNING = time(9)
"""When people are looked for of whom only the day is known."""
MODES = ("off", "observe", "on")
FINAL = frozenset({"freed", "observed", "called_off", "came"})
"""Outcomes after which nothing more comes; the others are warned, released, unknown, asked and opened."""


@dataclass(frozen=True, slots=True)
class Course:
    """How far it has come with a booking that began at `starts`. `due`: until when people are waited for.

    `first_start`: where a long hold began whose hours were given away, `versions`: the first and last version of it
    between which nothing else happened. `minutes`: what was won.
    """

    booking: int
    series: int | None
    starts: datetime
    due: datetime
    outcome: str
    changed_at: datetime
    warned_at: datetime | None = None
    released_at: datetime | None = None
    freed_at: datetime | None = None
    minutes: int = 0
    first_start: datetime | None = None
    versions: tuple[int, int] | None = None

    def same_to_people(self, seen: int, now: int) -> bool:
        """Whether the booking's version `seen` says the same as `now`, but for hours that were given away."""
        return self.versions is not None and self.versions[1] == now and self.versions[0] <= seen <= now


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for a booking by the policies of its rooms: `mode` off where nothing is ever released."""

    mode: str
    opens: datetime
    due: datetime
    ends: datetime
    long: bool = False


@dataclass(frozen=True, slots=True)
class Times:
    """What people are told: from when on they are warned, when it is (or was) released, and until when it is held."""

    warn_at: datetime
    at: datetime
    released_at: datetime | None
    until: datetime


class Step(StrEnum):
    """What is to be done now."""

    NOTHING = ""
    WARN = "warn"
    RELEASE = "release"
    FREE = "free"
    OBSERVE = "observe"
    UNKNOWN = "unknown"
    CALL_OFF = "call_off"
    ASK = "ask"
    OPEN = "open"


def terms_of(period: Period, rooms: Sequence[Room], course: Course | None = None) -> Terms:
    """The terms of a booking's time in the rooms that were asked for (of combined ones without their parts)."""
    policies = [room.policy for room in rooms]
    asks = all(policy.check_in for policy in policies)
    mode = min((policy.release for policy in policies), key=MODES.index) if asks else "off"
    opens = period.start - timedelta(minutes=max([policy.early_minutes for policy in policies]))
    if period.length >= LONG or (course is not None and course.first_start is not None):
        return Terms(mode, opens, _looked_for(period, rooms[0]) + ASKED_AFTER, period.end, long=True)
    late = max([due(period, room) for room in rooms])
    return Terms(mode if period.end - late >= LEAST_LEFT else "off", opens, late, period.end)


def _looked_for(period: Period, room: Room) -> datetime:
    """When the people of a long hold are looked for: at its start, but not before the room opens.

    Where the room is always open and the hold begins at midnight, only its day is known: then in the morning.
    """
    if room.policy.opening or room.policy.special_days:
        hours = open_during(room.policy, period, room.zone)
        return max(period.start, min((it.start for it in hours if it.end > period.start), default=period.start))
    local = wall(period.start, room.zone)
    if local.time() == time(0):
        return max(period.start, instant(datetime.combine(local.date(), MORNING), room.zone))
    return period.start


def of_now(course: Course | None, starts: datetime) -> Course | None:
    """The course, where it is about the booking as it stands and not about a start that it had once."""
    return course if course is not None and course.starts == starts else None


def next_step(terms: Terms, course: Course | None, now: datetime, *, suspended: bool) -> tuple[Step, datetime | None]:
    """What is to be done, and up to when it must be known that nobody came (None: that does not matter)."""
    if course is not None and course.outcome in FINAL:
        return Step.NOTHING, None
    pending = course is not None and course.warned_at is not None
    if pending and (suspended or terms.mode != "on"):
        return Step.CALL_OFF, None
    if suspended:
        late = terms.mode != "off" and now >= terms.due - WARNING
        return (Step.CALL_OFF if late else Step.NOTHING), None
    if terms.mode != "on":
        return _observed(terms, now) if terms.mode == "observe" else (Step.NOTHING, None)
    return _long(terms, course, now) if terms.long else _short(terms, course, now)


def _observed(terms: Terms, now: datetime) -> tuple[Step, datetime | None]:
    done = terms.due + (ANSWER if terms.long else HELD)
    least = HOUR + LEAST_LEFT if terms.long else LEAST_LEFT - HELD
    return (Step.OBSERVE, done) if now >= done and terms.ends - now >= least else (Step.NOTHING, None)


def _short(terms: Terms, course: Course | None, now: datetime) -> tuple[Step, datetime | None]:
    if course is None or course.warned_at is None:
        at = max(terms.due, now + WARNING)
        ready = now >= terms.due - WARNING and terms.ends - at >= LEAST_LEFT
        return (Step.WARN if ready else Step.NOTHING), None
    if course.released_at is None:
        at = deadline(terms, course)
        ready = now >= at and terms.ends - now >= LEAST_LEFT
        return (Step.RELEASE, at) if ready else (Step.NOTHING, None)
    until = course.released_at + HELD
    return (Step.FREE, until) if now >= until else (Step.NOTHING, None)


def _long(terms: Terms, course: Course | None, now: datetime) -> tuple[Step, datetime | None]:
    if terms.ends - now < HOUR + LEAST_LEFT:
        return Step.NOTHING, None
    if course is None or course.warned_at is None:
        return (Step.ASK if now >= terms.due else Step.NOTHING), None
    at = course.warned_at + ANSWER if course.first_start is None else course.due
    return (Step.OPEN, at) if now >= at else (Step.NOTHING, None)


def deadline(terms: Terms, course: Course | None) -> datetime:
    """When it is released: when it is due, and not before two minutes after the warning."""
    if course is None or course.warned_at is None:
        return terms.due
    return max(terms.due, course.warned_at + WARNING)


def times(period: Period, rooms: Sequence[Room], course: Course | None) -> Times | None:
    """What people are told of the release of a booking that nobody has checked in to; None where there is none."""
    course = of_now(course, period.start)
    terms = terms_of(period, rooms, course)
    if terms.mode != "on" or terms.long or (course is not None and course.outcome in FINAL):
        return None
    at = deadline(terms, course)
    if course is not None and course.released_at is not None:
        return Times(course.warned_at or terms.due - WARNING, at, course.released_at, course.released_at + HELD)
    return Times((course and course.warned_at) or terms.due - WARNING, at, None, at + HELD)
