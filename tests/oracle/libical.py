"""Recurrence as libical 3 reckons it, through ctypes: a second opinion that shares nothing with dateutil.

Everything is floating: a naive wall time goes in as an `icaltimetype` without zone and comes out so. The two
structures below are those of the headers of libical 3.0 (`icaltime.h`, `icalrecur.h`), whose ABI is fixed by the
name `libical.so.3`; a probe at loading refuses a library that lays them out otherwise.
"""

import ctypes
from collections.abc import Iterable
from ctypes import POINTER, Structure, c_char_p, c_int, c_long, c_short, c_void_p
from datetime import UTC, datetime, timedelta
from functools import cache

NAME = "libical.so.3"
_EPOCH = datetime(1970, 1, 1)
_SIZES = {
    "by_second": 62, "by_minute": 61, "by_hour": 25, "by_day": 386, "by_month_day": 32, "by_year_day": 386,
    "by_week_no": 56, "by_month": 14, "by_set_pos": 386,
}  # fmt: skip


class NoLibical(Exception):
    """There is no libical 3 here, and why."""


class _Time(Structure):
    """`struct icaltimetype`; all numbers zero is "no time"."""

    _fields_ = [
        *((name, c_int) for name in ("year", "month", "day", "hour", "minute", "second", "is_date", "is_daylight")),
        ("zone", c_void_p),
    ]
    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int


class _Rule(Structure):
    """`struct icalrecurrencetype`; a `freq` of 7 is "no rule"."""

    _fields_ = [
        ("freq", c_int),
        ("until", _Time),
        ("count", c_int),
        ("interval", c_short),
        ("week_start", c_int),
        *((name, c_short * size) for name, size in _SIZES.items()),
        ("rscale", c_char_p),
        ("skip", c_int),
    ]
    freq: int
    until: _Time
    count: int
    interval: int


class _Span(Structure):
    """`struct icaltime_span`: instants as seconds since 1970 in UTC, which floating times are taken for."""

    _fields_ = [("start", c_long), ("end", c_long), ("is_busy", c_int)]
    start: int


_Callback = ctypes.CFUNCTYPE(None, c_void_p, POINTER(_Span), c_void_p)
_FREQ_NONE = 7


@cache
def _library() -> ctypes.CDLL:
    """The library with its signatures; raises NoLibical."""
    try:
        found = ctypes.CDLL(NAME)
    except OSError as error:
        raise NoLibical(f"no {NAME} here (Debian: libical3): {error}") from error
    signatures = {
        "icalrecurrencetype_from_string": (_Rule, [c_char_p]),
        "icalrecur_iterator_new": (c_void_p, [_Rule, _Time]),
        "icalrecur_iterator_next": (_Time, [c_void_p]),
        "icalrecur_iterator_free": (None, [c_void_p]),
        "icalparser_parse_string": (c_void_p, [c_char_p]),
        "icalcomponent_free": (None, [c_void_p]),
        "icalcomponent_foreach_recurrence": (None, [c_void_p, _Time, _Time, _Callback, c_void_p]),
        "icalerror_set_errors_are_fatal": (None, [c_int]),
    }
    for name, (gives, takes) in signatures.items():
        function = getattr(found, name)
        function.restype, function.argtypes = gives, takes
    found.icalerror_set_errors_are_fatal(0)
    probe = found.icalrecurrencetype_from_string(b"FREQ=YEARLY;UNTIL=20300203T040506;INTERVAL=7;BYSETPOS=-3;BYSECOND=9")
    seen = (probe.freq, probe.until.year, probe.until.second, probe.interval, probe.by_second[0], probe.by_set_pos[0])
    if seen != (6, 2030, 6, 7, 9, -3):
        raise NoLibical(f"{NAME} lays its structures out otherwise than libical 3.0: {seen}")
    return found


def available() -> None:
    """Loads the library; raises NoLibical where that fails."""
    _library()


def _time(wall: datetime) -> _Time:
    return _Time(wall.year, wall.month, wall.day, wall.hour, wall.minute, wall.second, 0, 0, None)


def walls(rule: str, start: datetime, before: datetime, most: int) -> list[datetime]:
    """What an RRULE's text ("FREQ=…") gives from `start` on: naive walls earlier than `before`, at most `most`.

    An UNTIL just before `before` is set where the rule has no earlier one, so that a rule that never matches ends.
    Nothing comes also of a company of parts that libical has not built: it does not say which of the two it was.
    Raises ValueError for text that libical does not take.
    """
    library = _library()
    parsed = library.icalrecurrencetype_from_string(rule.encode())
    if parsed.freq == _FREQ_NONE:
        raise ValueError(f"libical does not take {rule}")
    last = before - timedelta(seconds=1)
    if parsed.until.year == 0 or _wall(parsed.until) > last:
        parsed.until = _time(last)
    iterator = library.icalrecur_iterator_new(parsed, _time(start))
    if not iterator:
        return []
    out: list[datetime] = []
    try:
        while len(out) < most and (found := library.icalrecur_iterator_next(iterator)).year:
            out.append(_wall(found))
    finally:
        library.icalrecur_iterator_free(iterator)
    return out


def _wall(time: _Time) -> datetime:
    return datetime(time.year, time.month, time.day, time.hour, time.minute, time.second)


def component_walls(lines: Iterable[str], start: datetime, before: datetime) -> list[datetime]:
    """What RRULE, EXRULE, RDATE and EXDATE lines give together with their DTSTART, sorted, each once.

    `icalcomponent_foreach_recurrence` names a date twice that two lines give, and leaves the order to the caller.
    """
    library = _library()
    text = ["BEGIN:VEVENT", "UID:1", f"DTSTART:{start:%Y%m%dT%H%M%S}", "DURATION:PT1S", *lines, "END:VEVENT", ""]
    component = library.icalparser_parse_string("\r\n".join(text).encode())
    if not component:
        raise ValueError(f"libical does not take {text}")
    found: set[datetime] = set()

    def take(_component: int, span: "ctypes._Pointer[_Span]", _data: int) -> None:
        found.add(datetime.fromtimestamp(span.contents.start, UTC).replace(tzinfo=None))

    try:
        library.icalcomponent_foreach_recurrence(component, _time(start), _time(before), _Callback(take), None)
    finally:
        library.icalcomponent_free(component)
    return sorted(wall for wall in found if wall < before)
