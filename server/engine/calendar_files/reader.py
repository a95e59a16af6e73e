"""The process that reads a calendar file: bytes on stdin, one line of JSON for each meeting on stdout, and then gone.

It is handed the instant, how far ahead dates are booked and the room's zone as arguments, and gives up all else before
it looks at the file (limits.py). The last line says that nothing is missing. It keeps nothing and writes nothing.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from server.core.clock import from_epoch
from server.core.errors import Invalid
from server.engine.calendar_files.events import Event, Head, event_of, head_of
from server.engine.calendar_files.item import REFUSE, Item, written
from server.engine.calendar_files.limits import MOST_BYTES, Unreadable, confine
from server.engine.calendar_files.meetings import Reckoning
from server.engine.calendar_files.outline import Component, outline
from server.engine.calendar_files.values import complaint, lines_of
from server.engine.calendar_files.zones import Zones

METHODS = ("", "PUBLISH", "REQUEST")
IGNORED = ("VTODO", "VJOURNAL", "VFREEBUSY")
"""What RFC 5545 (3.6.2 to 3.6.4) puts beside meetings and holds no room: tasks, notes, busy times. Counted and told."""


@dataclass(slots=True)
class Meeting:
    """The events with one UID, in the order of the file; `problem` is why they cannot be booked."""

    head: Head
    events: list[Event] = field(default_factory=list)
    problem: str = ""


def read(data: bytes, now: datetime, horizon: timedelta, room: str) -> Iterator[Item | dict[str, int]]:
    """The items of a file, then how many components of which kind were passed over. Raises Unreadable."""
    calendars = outline(data)
    known = Zones(room, now)
    for calendar in calendars:
        _check(calendar)
        for part in calendar.parts:
            if part.name == "VTIMEZONE":
                known.define(part)
    reckoning = Reckoning(now, horizon, room)
    for meeting in _meetings(calendars, known):
        if meeting.problem:
            yield Item(meeting.head.uid, meeting.head.texts.title, REFUSE, meeting.problem)
        else:
            yield from reckoning.items(meeting.head.uid, meeting.events)
    found = Counter(part.name for calendar in calendars for part in calendar.parts)
    yield {name: found[name] for name in IGNORED if found[name]}


def _meetings(calendars: Iterable[Component], known: Zones) -> list[Meeting]:
    meetings: dict[str, Meeting] = {}
    events = (part for calendar in calendars for part in calendar.parts if part.name == "VEVENT")
    for number, component in enumerate(events):
        head = head_of(component, number)
        meeting = meetings.setdefault(head.uid, Meeting(head))
        try:
            meeting.events.append(event_of(component, head, known))
        except Invalid as error:
            meeting.problem = meeting.problem or complaint(error)
    return list(meetings.values())


def _check(calendar: Component) -> None:
    """Raises Unreadable for what is another format, or no calendar but an answer to an invitation."""
    said = {"VERSION": "2.0", "METHOD": "", "CALSCALE": "GREGORIAN"}
    try:
        for line in lines_of(calendar.lines, frozenset(said)):
            said[line.name] = line.value.strip().upper()
    except Invalid as error:
        raise Unreadable("is no iCalendar file") from error
    if said["VERSION"] == "1.0":
        raise Unreadable("is vCalendar 1.0; export it as iCalendar")
    if said["CALSCALE"] != "GREGORIAN":
        raise Unreadable("does not count days by the Gregorian calendar")
    if said["METHOD"] not in METHODS:
        raise Unreadable("is an answer to an invitation, no calendar")


def answer(data: bytes, now: datetime, horizon: timedelta, room: str) -> Iterator[str]:
    """The lines to write. Where the file is refused as a whole, the last says why."""
    try:
        for item in read(data, now, horizon, room):
            yield json.dumps({"ignored": item}) if isinstance(item, dict) else written(item)
    except Unreadable as error:
        yield json.dumps({"unreadable": str(error)})
    except MemoryError:
        yield json.dumps({"unreadable": "needs too much memory"})


def main(now: str, horizon: str, room: str) -> None:
    """Reads stdin, writes stdout."""
    confine()
    data = sys.stdin.buffer.read(MOST_BYTES + 1)
    for line in answer(data, from_epoch(int(now)), timedelta(seconds=int(horizon)), room):
        sys.stdout.buffer.write(line.encode() + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(*sys.argv[1:4])
