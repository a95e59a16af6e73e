"""Tickets: what staff have to see to, who receives them, and when a receiver wants to be left alone.

Decisions:
- A ticket is open once for its category and subject, however often its cause is met. One that comes again within
  `CALM` of its end is the same one, opened anew.
- Receivers are looked up from the ticket's place upwards; all of the nearest place that has any for the category are
  told, and nobody above them. So a building's own staff take the place of the house's.
- Quiet hours are wall time of the receiver's place. They hold back all but what is urgent.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TypeVar

from server.core.zone import instant, wall

CATEGORIES = (
    "room_fault", "panel_dark", "data_old", "touch_suspect", "clock_wrong", "hook_failing", "mail_failing",
    "request_waiting", "audit_broken", "disk_low", "outbox_stuck", "sweep_late", "series_unattended", "panel_cloned",
    "panel_browser", "panel_card", "panel_clock", "panel_hot", "panel_power", "restored",
    "journal_torn", "promise_broken", "backup_late",
)  # fmt: skip
URGENT = frozenset({"audit_broken", "disk_low"})
"""What passes quiet hours."""
DELAYS = {"panel_dark": 5, "data_old": 5}
"""Minutes that a ticket of the category is open before anybody is told, unless the receiver says otherwise."""
FAULTS = ("too_warm", "too_cold", "light", "screen", "sound", "dirty", "missing", "other")
"""What people report of a room."""
EVERY = "*"
"""A receiver of every category."""
KINDS = ("mail", "hook")
CALM = timedelta(minutes=10)
"""So long a ticket has to stay closed before it is over: until then it opens anew, and nobody is told that all is well.
"""
PAUSE = timedelta(hours=1)
"""A receiver is told of one subject at most once in this time that something is wrong with it."""
LONGEST_NOTE, MOST_NOTES = 500, 20
LONGEST_DELAY = 24 * 60

_QUIET = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Ticket:
    """Something for staff to see to. Instants UTC.

    `place` is the number of the place it is in, `room` that of its room, None where it is in none. `since`: when it was
    opened last, `again_at` when its cause was last met, `times` how often. `opened_by` and `closed_by` name actors, or
    what does things by itself.
    """

    number: int
    category: str
    subject: str
    place: int
    room: int | None
    codes: tuple[str, ...]
    opened_at: datetime
    opened_by: str
    since: datetime
    again_at: datetime
    times: int = 1
    state: str = "open"
    closed_at: datetime | None = None
    closed_by: str = ""
    version: int = 1

    @property
    def open(self) -> bool:
        return self.state == "open"


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who is told of tickets of a category (or of every one) in a place and below it.

    `target`: an e-mail address, or the id of a webhook. `delay_minutes` None: as the category asks. `quiet`: "" or
    "22:00-06:00", "weekends", or both with a comma between. `language` of letters, "" for the house's.
    """

    number: int
    place: int
    category: str
    kind: str
    target: str
    language: str = ""
    delay_minutes: int | None = None
    quiet: str = ""
    version: int = 1

    def delay(self, category: str) -> timedelta:
        """How long a ticket of that category is open before this one is told."""
        minutes = DELAYS.get(category, 0) if self.delay_minutes is None else self.delay_minutes
        return timedelta(minutes=minutes)


R = TypeVar("R", bound=Receiver)


def nearest(receivers: Iterable[R], category: str, path: Iterable[int]) -> list[R]:
    """Those who are told of a ticket of that category; `path` is its place and all above it, nearest first."""
    fit = [it for it in receivers if it.category in (category, EVERY)]
    for place in path:
        if there := [it for it in fit if it.place == place]:
            return there
    return []


@dataclass(frozen=True, slots=True)
class Quiet:
    """When somebody wants to be left alone: between two times of every day, and on weekends."""

    begins: time | None = None
    ends: time | None = None
    weekends: bool = False

    def holds(self, at: datetime, zone: str) -> bool:
        """Whether an instant lies in it, by the clock on the wall there."""
        return self.until(at, zone) > at

    def until(self, at: datetime, zone: str) -> datetime:
        """When it is over for who is in it at that instant; the instant itself where it is not quiet then."""
        for _ in range(8):  # a night may end in a weekend, and a weekend in a night
            end = self._end(wall(at, zone), zone)
            if end is None or end <= at:
                return at
            at = end
        return at

    def _end(self, there: datetime, zone: str) -> datetime | None:
        if self.weekends and there.weekday() >= 5:
            return instant(datetime.combine(there.date() + timedelta(days=7 - there.weekday()), time()), zone)
        if self.begins is None or self.ends is None:
            return None
        now, day = there.time(), there.date()
        overnight = self.begins > self.ends
        inside = (now >= self.begins or now < self.ends) if overnight else self.begins <= now < self.ends
        if not inside:
            return None
        last = day + timedelta(days=1) if overnight and now >= self.begins else day
        return instant(datetime.combine(last, self.ends), zone)


def quiet_of(text: str) -> Quiet:
    """The quiet hours that a text says; raises ValueError with the reason in words."""
    begins, ends, weekends = None, None, False
    for part in filter(None, (it.strip() for it in text.lower().split(","))):
        spoken = _QUIET.fullmatch(part)
        if part == "weekends":
            weekends = True
        elif spoken is None or begins is not None:
            raise ValueError("such as 22:00-06:00,weekends")
        else:
            numbers = [int(it) for it in spoken.groups()]
            if max(numbers[0], numbers[2]) > 23 or max(numbers[1], numbers[3]) > 59:
                raise ValueError("times from 00:00 to 23:59")
            begins, ends = time(numbers[0], numbers[1]), time(numbers[2], numbers[3])
            if begins == ends:
                raise ValueError("it ends when it begins")
    return Quiet(begins, ends, weekends)
