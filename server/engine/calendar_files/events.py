"""One VEVENT as a value: what it is called, whose it is, when it is, and which date of a series it changes."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.core import zone as zones
from server.core.errors import Invalid
from server.core.recurrence import Length
from server.engine.calendar_files.item import Texts
from server.engine.calendar_files.limits import MOST_DATES
from server.engine.calendar_files.outline import Component
from server.engine.calendar_files.values import RECURRING, TEXTS, TIMES, Line, Moment, length, lines_of, moment, plain
from server.engine.calendar_files.zones import Zones

LONGEST_UID = 200
"""A longer one is known by its digest: what we add to it must find room."""
PRIVATE = "Private"
EVER = re.compile(r";UNTIL=999[89][0-9TZ]*", re.IGNORECASE | re.ASCII)
"""The end of time, as some programs write "without end"."""


@dataclass(frozen=True, slots=True)
class Head:
    """What can be told of any event, even of one whose times are odd. `number` is its place in the file."""

    number: int
    uid: str
    texts: Texts
    cancelled: bool
    free: bool


@dataclass(frozen=True, slots=True)
class Event:
    """An event. `starts` and `ends` are UTC; `lines` recur it; `changes` is the date of its series that it is for."""

    head: Head
    sequence: int
    start: Moment
    starts: datetime
    ends: datetime
    lines: tuple[str, ...]
    changes: Moment | None
    following: bool


def head_of(component: Component, number: int) -> Head:
    """Its name and texts; of a private one no more than that it is. Never raises."""
    said: dict[str, Line] = {}
    for line in lines_of(component.lines, TEXTS):
        said.setdefault(line.name, line)
    values = {name: line.value.strip() for name, line in said.items()}
    private = values.get("CLASS", "PUBLIC").upper() != "PUBLIC"  # an unknown class is private (section 3.8.1.3)
    who, mail = _organizer(said.get("ORGANIZER"))
    return Head(
        number,
        _uid(values.get("UID", ""), component),
        Texts(
            PRIVATE if private else plain(values.get("SUMMARY", ""), 255), who, mail,
            "" if private else plain(values.get("DESCRIPTION", ""), 10_000, lines=True),
        ),
        values.get("STATUS", "").upper() == "CANCELLED",
        values.get("TRANSP", "").upper() == "TRANSPARENT",
    )  # fmt: skip


def event_of(component: Component, head: Head, known: Zones) -> Event:
    """The whole event. Raises Invalid where it has no times that can be booked."""
    said: dict[str, Line] = {}
    for line in lines_of(component.lines, TIMES):
        if line.name in said:
            raise Invalid({line.name.lower(): "comes twice"})
        said[line.name] = line
    if "DTSTART" not in said:
        raise Invalid({"dtstart": "is missing"})
    start = moment(said["DTSTART"], known.of(said["DTSTART"]))
    starts = instant(start, known.room)
    changes = said.get("RECURRENCE-ID")
    changed = moment(changes, known.of(changes)) if changes is not None else None
    if changed is not None:
        instant(changed, known.room)  # it is one, or this event cannot be booked
    sequence = said["SEQUENCE"].value.strip() if "SEQUENCE" in said else ""
    return Event(
        head, int(sequence) if sequence.isdecimal() and len(sequence) < 10 else 0, start, starts,
        _ends(said, start, starts, known), tuple(_recurring(component, known)),
        changed,
        changes is not None and changes.parameters.get("RANGE", "").upper() == "THISANDFUTURE",
    )  # fmt: skip


def instant(it: Moment, room: str) -> datetime:
    """The UTC instant of a moment; without a zone it is wall time of the room. Raises Invalid."""
    try:
        return zones.instant(it.wall, it.zone or room)
    except (OverflowError, ValueError) as error:
        raise Invalid({"dtstart": "is out of range"}) from error


def _ends(said: dict[str, Line], start: Moment, starts: datetime, known: Zones) -> datetime:
    """By DTEND, else by DURATION, else a day for a date; a time alone has no length (section 3.6.1)."""
    if "DTEND" in said:
        end = moment(said["DTEND"], known.of(said["DTEND"]))
        if end.day != start.day:
            raise Invalid({"dtend": "is a date and the start is none, or the other way round"})
        ends = instant(end, known.room)
    else:
        long = length(said["DURATION"]) if "DURATION" in said else Length(int(start.day), 0)
        try:
            later = Moment(start.wall + timedelta(days=long.days), start.zone, start.day) if long.days else start
            ends = instant(later, known.room) + timedelta(seconds=long.seconds)
        except OverflowError as error:
            raise Invalid({"duration": "is out of range"}) from error
    if ends <= starts:
        raise Invalid({"dtend": "must be after the start"})
    return ends


def _recurring(component: Component, known: Zones) -> Iterable[str]:
    """The recurrence lines, with names of zones that we know. Raises Invalid."""
    dates = {"RDATE": 0, "EXDATE": 0}
    for line in lines_of(component.lines, RECURRING):
        parameters = "".join(f";{name}={line.parameters[name]}" for name in ("VALUE",) if name in line.parameters)
        if line.name in dates:
            dates[line.name] += line.value.count(",") + 1
            if dates[line.name] > MOST_DATES:
                raise Invalid({line.name.lower(): f"has more than {MOST_DATES} dates"})
            if not line.value.strip():
                continue
            if zone := known.of(line):
                parameters += f";TZID={zone}"
        value = line.value if line.name in dates else EVER.sub("", line.value).rstrip("; ")  # some end a rule so
        yield f"{line.name}{parameters}:{value}"


def _organizer(line: Line | None) -> tuple[str, str]:
    if line is None:
        return "", ""
    mail = line.value[7:] if line.value[:7].lower() == "mailto:" else ""
    return plain(line.parameters.get("CN", ""), 255), plain(mail, 255) if "@" in mail else ""


def _uid(given: str, component: Component) -> str:
    """The UID; of an event without one, or with one that cannot be kept, a digest that is always the same."""
    if given and len(given) <= LONGEST_UID and plain(given, LONGEST_UID) == given:
        return given
    seed = given or "\n".join(sorted(line for line in component.lines if not line.upper().startswith("DTSTAMP")))
    return hashlib.sha256(seed.encode("utf-8", "replace")).hexdigest()[:32] + "@import"
