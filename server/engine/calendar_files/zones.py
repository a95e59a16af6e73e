"""Which zone of ours a TZID means.

Decisions:
- A name we know is believed, whatever the file says that zone does: IANA's, also at the end of a longer name
  (/citadel.org/20210210_1/Europe/Berlin), and Windows' (the table of the Unicode consortium, from the library).
- Any other is judged by its VTIMEZONE: a zone of ours that has the same offsets at the same instants, from a year ago
  to three years ahead; the room's zone is tried first, then the well-known ones. Where none agrees, its events are
  refused: a rule of somebody's own would be wrong as soon as the law changes.
- A VTIMEZONE may only change yearly. Others are no zones, and reckoning them is how such files do harm.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from zoneinfo import available_timezones

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from server.core import zone as zones
from server.core.errors import Invalid
from server.core.period import Period
from server.core.recurrence import parse, walls
from server.engine.calendar_files.limits import MOST_DATES, MOST_OBSERVANCES, MOST_ZONES
from server.engine.calendar_files.outline import Component
from server.engine.calendar_files.values import Line, lines_of, moment, plain

BEFORE, AFTER = timedelta(days=366), timedelta(days=1098)
FIRST_YEAR = 1970
MOST_ONSETS = 200
"""Of one rule: two centuries of years."""

NAME = re.compile(r"(?!posix/|right/|posixrules|localtime|Factory)[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}")
OFFSET = re.compile(r"([+-])([0-9]{2})([0-9]{2})([0-9]{2})?", re.ASCII)
UNTIL = re.compile(r"UNTIL=([0-9]{8}T[0-9]{6})Z", re.IGNORECASE | re.ASCII)
SECOND = timedelta(seconds=1)

WINDOWS = {name.casefold(): zone for name, zone in WINDOWS_TO_OLSON.items()}
OTHERS = {"utc": "UTC", "z": "UTC", "gmt": "UTC", "tzone://microsoft/utc": "UTC"}

Offsets = list[tuple[datetime, int]]


@dataclass(slots=True)
class Zones:
    """The zones of one file. `room` is the zone of the room, `now` a UTC instant."""

    room: str
    now: datetime
    _defined: dict[str, Component] = field(default_factory=dict)
    _found: dict[str, str] = field(default_factory=dict)
    _judged: int = 0

    def define(self, component: Component) -> None:
        """Takes a VTIMEZONE; of several with one name, the first."""
        for line in lines_of(component.lines, frozenset({"TZID"})):
            self._defined.setdefault(line.value.strip(), component)

    def of(self, line: Line) -> str:
        """The zone that the line's TZID means, "" where it has none. Raises Invalid where that is not known."""
        return self.named(line.parameters["TZID"]) if line.parameters.get("TZID") else ""

    def named(self, tzid: str) -> str:
        """The IANA name. Raises Invalid."""
        tzid = tzid.strip()
        if tzid not in self._found:
            self._found[tzid] = known(tzid) or self._by_definition(tzid)
        if not self._found[tzid]:
            raise Invalid({"zone": f"{plain(tzid, 80)!r} is no zone we know"})
        return self._found[tzid]

    def _by_definition(self, tzid: str) -> str:
        component = self._defined.get(tzid)
        if component is None:
            return ""
        for line in lines_of(component.lines, frozenset({"X-LIC-LOCATION"})):
            if name := known(line.value):
                return name
        self._judged += 1
        if self._judged > MOST_ZONES:
            raise Invalid({"zone": f"the file has more than {MOST_ZONES} zones of its own"})
        window = Period(self.now - BEFORE, self.now + AFTER)
        try:
            offsets = offsets_of(component, window)
        except (Invalid, ValueError, OverflowError):
            return ""
        return next((name for name in _candidates(self.room) if _agrees(name, offsets, window)), "")


def known(tzid: str) -> str:
    """The IANA name that a TZID is, or ends with, or that Windows' name stands for; "" for any other."""
    text = tzid.strip()
    if found := OTHERS.get(text.casefold()) or WINDOWS.get(text.casefold()):
        return found
    pieces = text.strip("/").split("/")
    sizes = (3, 2, 1) if text.startswith("/") else (len(pieces),)
    return next((name for size in sizes if is_zone(name := "/".join(pieces[-size:]))), "")


@lru_cache(maxsize=1024)
def is_zone(name: str) -> bool:
    """Whether it is the name of a zone, and the same on every machine."""
    if not NAME.fullmatch(name):
        return False
    try:
        zones.zone(name)
    except ValueError:
        return False
    return True


def offsets_of(component: Component, window: Period) -> Offsets:
    """What a VTIMEZONE says: (valid from, seconds east of UTC), the first at the window's start. Raises Invalid."""
    if len(component.parts) > MOST_OBSERVANCES:
        raise Invalid({"zone": "says too much"})
    onsets = sorted(onset for part in component.parts for onset in _onsets(part, window.end))
    if not onsets:
        raise Invalid({"zone": "says nothing"})
    standing = [onset for onset in onsets if onset[0] <= window.start]
    out = [(window.start, standing[-1][2] if standing else onsets[0][1])]
    for at, _, to in onsets[len(standing) :]:
        if to != out[-1][1]:
            out.append((at, to))
    return out


def _onsets(part: Component, before: datetime) -> Iterator[tuple[datetime, int, int]]:
    """When a STANDARD or DAYLIGHT begins, with the offsets before and after."""
    said: dict[str, Line] = {}
    rules, dates = [], []
    for line in lines_of(part.lines, frozenset({"DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE", "RDATE"})):
        if line.name == "RRULE":
            rules.append(line.value)
        elif line.name == "RDATE":
            dates += line.value.split(",")
        else:
            said[line.name] = line
    if not {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO"} <= said.keys() or len(rules) > 1 or len(dates) > MOST_DATES:
        raise Invalid({"zone": "is not complete"})
    past, to = _seconds(said["TZOFFSETFROM"]), _seconds(said["TZOFFSETTO"])
    start = moment(said["DTSTART"], "").wall
    begins = [start, *(moment(Line("RDATE", {}, it), "").wall for it in dates)]
    if rules:
        begins += _yearly(rules[0], start, timedelta(seconds=past), before)
    for wall in begins:
        yield wall.replace(tzinfo=UTC) - timedelta(seconds=past), past, to


def _yearly(rule: str, start: datetime, offset: timedelta, before: datetime) -> list[datetime]:
    """The wall times of a yearly rule; those before 1970, where Outlook begins, are left out."""
    if "FREQ=YEARLY" not in rule.upper() or (start.month, start.day) == (2, 29):
        raise Invalid({"zone": "changes more than yearly"})
    until = UNTIL.search(rule)
    if until:  # it is in UTC (RFC 5545 section 3.3.10), and the rule in the time before the change
        wall = datetime.strptime(until[1].upper(), "%Y%m%dT%H%M%S") + offset
        rule = rule.replace(until[0], f"UNTIL={wall:%Y%m%dT%H%M%S}")
    pattern = parse([f"RRULE:{rule}"], start.replace(year=max(start.year, FIRST_YEAR)), "UTC", keep_first=False)
    found = list(islice(walls(pattern, before.replace(tzinfo=None) + timedelta(days=1)), MOST_ONSETS + 1))
    if len(found) > MOST_ONSETS:
        raise Invalid({"zone": "changes too often"})
    return found


def _seconds(line: Line) -> int:
    found = OFFSET.fullmatch(line.value.strip())
    if found is None or int(found[2]) > 23 or int(found[3]) > 59:
        raise Invalid({"zone": "has an offset that is none"})
    seconds = int(found[2]) * 3600 + int(found[3]) * 60 + int(found[4] or 0)
    return -seconds if found[1] == "-" else seconds


def _candidates(room: str) -> Iterable[str]:
    """Every zone, the likely ones first, each once."""
    fixed = [f"Etc/GMT{hours:+d}" for hours in range(-14, 13) if hours]
    return dict.fromkeys([room, "UTC", *WINDOWS.values(), *fixed, *sorted(available_timezones())])


def _agrees(name: str, offsets: Offsets, window: Period) -> bool:
    """Whether the zone does just that. Most differ at one of a few instants; only the others are gone through."""
    if not is_zone(name):
        return False
    looked_at = [*offsets, (window.start + timedelta(days=180), None)]
    if any(offset is not None and _offset(at, name) != offset for at, offset in looked_at):
        return False
    if any(_offset(at - SECOND, name) != offsets[n][1] for n, (at, _) in enumerate(offsets[1:])):
        return False
    return zones.offsets(window, name) == offsets


def _offset(at: datetime, name: str) -> int:
    offset = zones.wall(at, name).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0
