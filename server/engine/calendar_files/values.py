"""Reads the lines of one event (RFC 5545 sections 3.1 to 3.8): names, parameters, texts, dates, lengths.

Only the lines that matter for a booking are looked at: attendees, attachments and alarms are passed over unread. The
splitting of a line and its escapes is the library's; dates we read ourselves, so that none of them looks up a zone.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from icalendar.parser import Contentline

from server.core.errors import Invalid
from server.core.recurrence import Length

TEXTS = frozenset({"UID", "SUMMARY", "DESCRIPTION", "ORGANIZER", "CLASS", "STATUS", "TRANSP", "TZID", "X-LIC-LOCATION"})
TIMES = frozenset({"DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "SEQUENCE"})
RECURRING = frozenset({"RRULE", "RDATE", "EXRULE", "EXDATE"})

NAME = re.compile(r"[A-Za-z0-9-]+")
STAMP = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T([0-9]{2})([0-9]{2})([0-9]{2})(Z?))?", re.ASCII)
NOMINAL = re.compile(r"\+?P(?:([0-9]{1,4})W)?(?:([0-9]{1,4})D)?(?:T(?:([0-9]{1,5})H)?(?:([0-9]{1,6})M)?"
                     r"(?:([0-9]{1,8})S)?)?", re.ASCII | re.IGNORECASE)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One content line: its name in capitals, its parameters (names in capitals), its value."""

    name: str
    parameters: dict[str, str]
    value: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A date or time as written: naive wall time; `zone` is an IANA name, "" where none is given; `day`: a date."""

    wall: datetime
    zone: str
    day: bool


def lines_of(lines: Iterable[str], names: frozenset[str]) -> Iterator[Line]:
    """The lines with these names. Raises Invalid for one that cannot be read, unless it is only a text."""
    for line in lines:
        found = NAME.match(line)
        name = found.group().upper() if found else ""
        if name in names:
            try:
                yield _line(name, Contentline(line))  # type: ignore[no-untyped-call]
            except ValueError as error:
                if name not in TEXTS:
                    raise Invalid({name.lower(): "cannot be read"}) from error


def _line(name: str, line: Any) -> Line:
    _, parameters, value = line.parts() if name in TEXTS else line.raw_parts()
    said = {key.upper(): it if isinstance(it, str) else ",".join(it) for key, it in parameters.items()}
    return Line(name, said, value)


def moment(line: Line, zone: str) -> Moment:
    """A date or time; `zone` is the one its TZID means. Raises Invalid."""
    found = STAMP.fullmatch(line.value.strip().upper())
    if found is None:
        raise Invalid({line.name.lower(): f"{plain(line.value, 32)!r} is no date or time"})
    day, utc = found[4] is None, found[7] == "Z"
    numbers = [int(part or 0) for part in found.groups()[:6]]
    numbers[5] = min(numbers[5], 59)  # section 3.3.12: a leap second, which we do not have
    try:
        return Moment(datetime(*numbers), "UTC" if utc else "" if day else zone, day)  # type: ignore[arg-type]
    except ValueError as error:
        raise Invalid({line.name.lower(): f"{plain(line.value, 32)!r} is no date or time"}) from error


def length(line: Line) -> Length:
    """A DURATION: days are nominal, the rest exact (section 3.3.6). Raises Invalid."""
    found = NOMINAL.fullmatch(line.value.strip())
    if found is None or not any(found.groups()):
        raise Invalid({"duration": f"{plain(line.value, 32)!r} is no length"})
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return Length(weeks * 7 + days, hours * 3600 + minutes * 60 + seconds)


def plain(text: str, limit: int, *, lines: bool = False) -> str:
    """The text as it can be kept: no control characters, blanks at the ends cut off, not longer than the limit."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(_char(char, lines=lines) for char in text[: limit * 2]).strip()
    return kept if len(kept) <= limit else kept[: limit - 1].rstrip() + "…"


def complaint(error: Invalid) -> str:
    """What is wrong, as it can be shown: it may name pieces of the file."""
    return plain(str(error), 300)


def _char(char: str, *, lines: bool) -> str:
    if char in "\n\t\u2028\u2029":
        return char if lines and char in "\n\t" else "\n" if lines else " "
    return "" if unicodedata.category(char) in ("Cc", "Cs") else char
