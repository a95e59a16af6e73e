"""A series as iCalendar: its first date with the rule, the dates that are none, and those that are otherwise.

Decisions:
- Only what is accepted is shown: the date of any other occurrence, and one that is left out, is an EXDATE.
- Readers differ in how long an occurrence is on the night of a change of the clocks: RFC 5545 says as long as DTSTART
  to DTEND, several reckon by the wall. Where the two end apart, the date is told for itself, in UTC.
- Many readers take one RRULE and no EXRULE. A pattern that needs more goes out as the list of its dates.
- LAST-MODIFIED and SEQUENCE grow with each change of any of the occurrences, though the series itself has not changed.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from server.core.model import Booking, Series, Standing
from server.core.recurrence import Length, Occurrence, Pattern, occurrences, portable, walls
from server.core.series import Whole
from server.core.zone import instant, wall, zone
from server.engine.ical.event import instants, vevent

SHOWN = frozenset({Standing.ACCEPTED, Standing.AT_RISK})


@dataclass(frozen=True, slots=True)
class Layout:
    """What a reader is told of a pattern and makes of it.

    `lines` say DTSTART, how long, and the rule. `apart` are the dates, in wall time, that a reader may put elsewhere,
    or make shorter or longer than they are. `none` are walls that it takes for dates and the zone lacks.
    """

    lines: tuple[str, ...]
    apart: frozenset[datetime]
    none: tuple[datetime, ...]


def recurring(whole: Whole, where: str) -> bytes:
    """The VEVENTs of a series: itself, then each date that differs, in order; nothing where none of it is accepted."""
    it, dates = whole.series, whole.dates
    rows = {row.original_start: row for row in whole.rows if row.standing in SHOWN}
    if not any(at in dates for at in rows):
        return b""
    layout = _layout(it.pattern, zone(it.zone), it.length, it.carried_to)
    missing = tuple(sorted([*layout.none, *(date.wall for at, date in dates.items() if at not in rows)]))
    found = [each.found_at for each in whole.left_out]
    changed = max([it.changed_at, *found, *(row.changed_at for row in whole.rows if row.original_start in dates)])
    apart = _apart(it, ((date, rows[at]) for at, date in dates.items() if at in rows), layout)
    return _master(it, layout.lines, missing, changed, where) + b"".join(
        _override(row, it.uid, _stated("RECURRENCE-ID", [date.wall], it.zone), where) for date, row in apart
    )


def _apart(
    it: Series, dates: Iterator[tuple[Occurrence, Booking]], layout: Layout
) -> Iterator[tuple[Occurrence, Booking]]:
    """The dates that are elsewhere or else than a reader may take them to be."""
    texts = _texts(it)
    for date, row in dates:
        risky = row.standing is Standing.AT_RISK
        if risky or row.period != date.period or date.wall in layout.apart or _texts(row) != texts:
            yield date, row


def _texts(it: Series | Booking) -> tuple[str, ...]:
    return it.title, it.organizer, it.organizer_email, it.description


@lru_cache(maxsize=512)
def _master(it: Series, lines: tuple[str, ...], missing: tuple[datetime, ...], changed: datetime, where: str) -> bytes:
    times = [*lines, *([_stated("EXDATE", missing, it.zone)] if missing else [])]
    sequence = max(0, int((changed - it.made_at).total_seconds()))  # a clock may have been put right since
    return vevent(it, times, where, uid=it.uid, changed=changed, sequence=sequence)


@lru_cache(maxsize=4096)
def _override(row: Booking, uid: str, address: str, where: str) -> bytes:
    times = [address, *instants(row.starts, row.ends)]
    return vevent(row, times, where, uid=uid, changed=row.changed_at, sequence=row.version - 1)


# Kept by the zone itself, not by its name: once its data is read anew, it is another.
@lru_cache(maxsize=1024)
def _layout(pattern: Pattern, zone: ZoneInfo, length: Length, until: datetime) -> Layout:
    """The layout of a pattern that has a date before `until`."""
    name, by = zone.key, timedelta(days=length.days, seconds=length.seconds)
    dates = {it.wall: it.period for it in occurrences(pattern, name, length, until)}
    given = walls(pattern, wall(until, name).replace(tzinfo=None))
    none = tuple(it for it in given if it not in dates and instant(it, name) < until)
    apart = frozenset(
        at
        for at, it in dates.items()
        if wall(it.start, name).replace(tzinfo=None) != at or instant(at + by, name) != it.end
    )
    first, rule = portable(pattern, name, until)
    if any(text.startswith("EXRULE") for text in rule) or sum(text.startswith("RRULE") for text in rule) > 1:
        rule = ()
    if not rule:  # of one date, too, so that there is something that a RECURRENCE-ID can be of
        rule = (_stated("RDATE", sorted(dates.keys() - {first}) or [first], name),)
    start = instant(first, name)
    if length.days:
        long = f"DURATION:P{length.days}D" + (f"T{length.seconds}S" if length.seconds else "")
    else:
        plain = instant(first + by, name) == start + by
        long = _stated("DTEND", [first + by], name) if plain else f"DURATION:PT{length.seconds}S"
    return Layout((_stated("DTSTART", [first], name), long, *rule), apart, none)


def _stated(name: str, at: Collection[datetime], zone: str) -> str:
    """A content line with walls of the zone."""
    tzid, mark = ("", "Z") if zone == "UTC" else (f";TZID={zone}", "")
    return f"{name}{tzid}:" + ",".join(f"{it:%Y%m%dT%H%M%S}{mark}" for it in at)
