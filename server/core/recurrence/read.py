"""Reads recurrence lines (RFC 5545 sections 3.3.10, 3.8.5) into a pattern; every limit holds before a date is reckoned.

Decisions:
- Lines may lack the property's name (a bare `FREQ=…` is an RRULE), be folded, in any case, in any order.
- UTC times and times of another zone are turned into wall time of the series' zone, where everything is reckoned.
- The start counts as a date even where no rule gives it (RFC 5545 section 3.8.2.4), unless told otherwise; it does not
  use up the rule's COUNT.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from server.core.recurrence.dates import LAST, first, gives
from server.core.recurrence.expand import expand, times_of
from server.core.recurrence.pattern import Pattern
from server.core.recurrence.rule import Rule, in_range, refused
from server.core.recurrence.words import moment, rule_of

MOST_RULES = 10
MOST_DATES = 1_000
MOST_LINES = 2_100
LONGEST_LINE = 64 * 1024
# A first date further ahead than this is none: the calendar recurs after 400 years.
SEARCHED = timedelta(days=146_097)
MOST_SEARCHED = 200_000
TOO_MANY = f"more than {MOST_DATES} dates in RDATE or EXDATE"

LINE = re.compile(r'([A-Z-]+)((?:;[A-Z0-9-]+=(?:"[^"]*"|[^";:]*))*):(.*)', re.IGNORECASE | re.DOTALL)
PARAMETER = re.compile(r';([A-Z0-9-]+)=(?:"([^"]*)"|([^";:]*))', re.IGNORECASE)


def parse(lines: Iterable[str], start: datetime, zone: str, *, keep_first: bool = True) -> Pattern:
    """The pattern of the lines, anchored at a naive wall time `start` in the zone.

    `keep_first`: the start is a date whatever the rules say. Without it, the start of a single rule, or of dates alone,
    moves on to the first of them; with several rules it stays where they are anchored and is no date itself.
    Raises Invalid for what is no recurrence or leaves no date at all.
    """
    in_range(start)
    read = _Reading(start, zone)
    for name, parameters, value in _content(lines):
        read.take(name, parameters, value)
    pattern = read.pattern()
    given = start in pattern.dates or any(gives(rule, start, start) for rule in pattern.rules)
    if not given and keep_first:
        pattern = replace(pattern, dates=(*pattern.dates, start))
    elif not given:
        pattern = _moved_on(pattern)
    if first(pattern, searched(start), MOST_SEARCHED) is None:
        raise refused("no date is left")
    return pattern


def restored(
    lines: Iterable[str], start: datetime, since: datetime | None = None, until: datetime | None = None
) -> Pattern:
    """The pattern from its own `lines` and the three walls stored beside them."""
    read = _Reading(start, "UTC", limited=False)
    for name, parameters, value in _content(lines):
        read.take(name, parameters, value)
    return replace(read.pattern(), since=since, until=until)


def _moved_on(pattern: Pattern) -> Pattern:
    """With its start on the first date of its one rule, or of its dates where there is no rule.

    Exact for one rule: the date is on its grid and of its form. Several would lose the places they are anchored at.
    """
    if pattern.except_rules or len(pattern.rules) > 1:
        return pattern
    dates = (expand(rule, pattern.start, searched(pattern.start)) for rule in pattern.rules)
    found = next(next(dates, iter(pattern.dates)), None)
    return pattern if found is None else replace(pattern, start=found)


def searched(start: datetime) -> datetime:
    """How far one looks for a date from a wall time on: a whole round of the calendar."""
    return min(start, LAST - SEARCHED) + SEARCHED


def _content(lines: Iterable[str]) -> Iterator[tuple[str, dict[str, str], str]]:
    """Each line's name and parameters (in capitals) and its value; unfolded, blank lines left out."""
    for number, line in enumerate(_unfolded(lines)):
        if number >= MOST_LINES:
            raise refused(f"more than {MOST_LINES} lines")
        if re.match(r"[A-Za-z]+=", line):
            yield "RRULE", {}, line
            continue
        found = LINE.fullmatch(line)
        if found is None:
            raise refused("a line is neither RRULE, EXRULE, RDATE nor EXDATE")
        name, parameters, value = found.groups()
        pairs = {key.upper(): quoted or bare for key, quoted, bare in PARAMETER.findall(parameters)}
        yield name.upper(), pairs, value.strip()


def _unfolded(lines: Iterable[str]) -> Iterator[str]:
    """Whole lines without blank ones: one that begins with a blank carries on the one before (section 3.1)."""
    whole = ""
    for text in lines:
        for line in re.split(r"\r\n|\n|\r", text):
            if whole and line[:1] in (" ", "\t"):
                whole += line[1:]
            else:
                if whole.strip():
                    yield whole.strip()
                whole = line
            if len(whole) > LONGEST_LINE:
                raise refused("a line is longer than 64 KiB")
    if whole.strip():
        yield whole.strip()


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    start: datetime
    zone: str
    limited: bool = True
    rules: list[Rule] = field(default_factory=list)
    except_rules: list[Rule] = field(default_factory=list)
    dates: list[datetime] = field(default_factory=list)
    except_dates: list[datetime] = field(default_factory=list)
    except_days: list[datetime] = field(default_factory=list)

    def take(self, name: str, parameters: dict[str, str], value: str) -> None:
        match name:
            case "RRULE":
                self.rules.append(rule_of(value, self.zone))
            case "EXRULE":
                self.except_rules.append(rule_of(value, self.zone))
            case "RDATE" | "EXDATE":
                self._take_dates(name, parameters, value)
            case _:
                raise refused(f"{name[:32]} is not taken; only RRULE, EXRULE, RDATE and EXDATE are")
        if len(self.rules) + len(self.except_rules) > MOST_RULES:
            raise refused(f"more than {MOST_RULES} rules")
        left_out = len(self.except_dates) + len(self.except_days)
        if self.limited and max(len(self.dates) - self.dates.count(self.start), left_out) > MOST_DATES:
            raise refused(TOO_MANY)

    def _take_dates(self, name: str, parameters: dict[str, str], value: str) -> None:
        kind = parameters.get("VALUE", "").upper()
        if kind not in ("", "DATE", "DATE-TIME"):
            raise refused(f"{name} takes dates and times, not {kind[:32]}")
        zone = parameters.get("TZID", self.zone)
        for text in value.upper().split(","):
            wall, day = moment(text.strip(), zone, self.zone)
            if kind and day != (kind == "DATE"):
                raise refused(f"{name} has a value that is no {kind}")
            if not day:
                (self.dates if name == "RDATE" else self.except_dates).append(in_range(wall))
            elif name == "RDATE":
                self.dates.append(in_range(datetime.combine(wall, self.start.time())))
            else:
                self.except_days.append(in_range(wall))

    def pattern(self) -> Pattern:
        return Pattern(
            self.start, tuple(self.rules), tuple(self.except_rules), tuple(self.dates),
            (*self.except_dates, *self._whole_days()),
        )  # fmt: skip

    def _whole_days(self) -> Iterator[datetime]:
        """An EXDATE that is a date leaves out all of that day: at the start's time and at those the rules name."""
        days = {wall.date() for wall in self.except_days}
        times = {self.start.time()}
        times.update(at for rule in self.rules if rule.timed and not rule.fine for at in times_of(rule, self.start))
        if len(days) * len(times) > MOST_DATES:
            raise refused(TOO_MANY)
        yield from (datetime.combine(day, at) for day in days for at in times)
        yield from (wall for wall in self.dates if wall.date() in days)
