"""The fields of a policy as JSON has them and as people write them: "12 h", "mon-fri 08:00-18:00", "15, 30, 60".

`plain` and `value` are each other's inverse (JSON), and so are `said` and `read` (words). What a level sets is kept in
the JSON form, by name of the field. Reading raises ValueError with the reason in words; a value that can be read but is
out of bounds is found by policy_bounds.py.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from server.core.policy import Opening, Policy, SpecialDay

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FIELDS = tuple(Policy.__dataclass_fields__)
DEFAULTS = Policy()
LONGEST = 4_000
"""Characters of a field as it is written."""

_HOURS = re.compile(r"(?P<days>[a-z,-]+) (?P<spans>[0-9].*)")
_SPAN = re.compile(r"(\d\d?):(\d\d)-(\d\d?):(\d\d)", re.ASCII)
_TIME = re.compile(r"(\d{1,9})(?:[.](\d{1,2}))? ?([a-z]*)", re.ASCII)
_UNITS = {"": 1, "m": 1, "min": 1, "minute": 1, "minutes": 1, "h": 60, "hour": 60, "hours": 60,
          "d": 1_440, "day": 1_440, "days": 1_440, "w": 10_080, "week": 10_080, "weeks": 10_080}  # fmt: skip
_YES = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "off": False, "0": False}


def plain(name: str, it: Any) -> Any:
    """One field of a policy as JSON has it."""
    if name in ("opening", "peak"):
        return [{"weekdays": sorted(o.weekdays), "opens": o.opens, "closes": o.closes} for o in it]
    if name == "special_days":
        return [{"day": day.day.isoformat(), "hours": [list(span) for span in day.hours]} for day in it]
    if name == "exempt":
        return {role: list(codes) for role, codes in it.items()}
    return list(it) if isinstance(it, tuple) else it


def value(name: str, raw: Any) -> Any:
    """The field's value from what JSON has; raises TypeError, ValueError or KeyError where it is none."""
    if name in ("opening", "peak"):
        return tuple(Opening(frozenset(o["weekdays"]), int(o["opens"]), int(o["closes"])) for o in raw)
    if name == "special_days":
        return tuple(
            SpecialDay(date.fromisoformat(it["day"]), tuple((int(low), int(high)) for low, high in it["hours"]))
            for it in raw
        )
    if name == "exempt":
        return {role: tuple(codes) for role, codes in raw.items()}
    return tuple(raw) if isinstance(raw, list) else raw


def policy_of(raw: Mapping[str, Any]) -> Policy:
    """The policy of plain values by name; names that are none (of a later version) are passed over."""
    return Policy(**{name: value(name, raw[name]) for name in FIELDS if name in raw})


def unusual(policy: Policy) -> dict[str, Any]:
    """The plain values of a policy that are not the default's."""
    pairs = ((name, getattr(policy, name)) for name in FIELDS)
    return {name: plain(name, it) for name, it in pairs if it != getattr(DEFAULTS, name)}


def read(name: str, text: str) -> Any:
    """The field's value from words; raises ValueError that says how it is written, KeyError where there is no such."""
    kind = _KINDS[name]
    text = text.strip()
    if len(text) > LONGEST:
        raise ValueError(f"too long (max {LONGEST} characters)")
    try:
        return _READ[kind](text)
    except ValueError:
        raise ValueError(f"such as {_LIKE[kind]}") from None


def said(name: str, it: Any) -> str:
    """The field's value in words that `read` takes again."""
    return _SAID[_KINDS[name]](it)


def hours(text: str) -> tuple[Opening, ...]:
    """Opening hours from "mon-fri 08:00-12:00,13:00-18:00; sat 10:00-24:00"; raises ValueError for anything else."""
    found: list[Opening] = []
    for part in _parts(text.lower(), ";"):
        match = _HOURS.fullmatch(part)
        if match is None:
            raise ValueError(part)
        days = _weekdays(match["days"])
        found += [Opening(days, *_span(span)) for span in _parts(match["spans"], ",")]
    return tuple(found)


def _weekdays(text: str) -> frozenset[int]:
    days: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        low, high = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
        days |= {day % 7 for day in range(low, high + 1 if high >= low else high + 8)}
    return frozenset(days)


def _span(text: str) -> tuple[int, int]:
    found = _SPAN.fullmatch(text)
    if found is None or int(found[2]) > 59 or int(found[4]) > 59:
        raise ValueError(text)
    opens, closes = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    if not 0 <= opens < closes <= 1_440:
        raise ValueError(text)
    return opens, closes


def _days_said(days: frozenset[int]) -> str:
    """Weekdays as runs: "mon-wed,sat"."""
    runs: list[list[int]] = []
    for day in sorted(days):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(WEEKDAYS[run[0]] + (f"-{WEEKDAYS[run[-1]]}" if len(run) > 1 else "") for run in runs)


def _span_said(opens: int, closes: int) -> str:
    return f"{opens // 60:02}:{opens % 60:02}-{closes // 60:02}:{closes % 60:02}"


def _hours_said(it: tuple[Opening, ...]) -> str:
    return "; ".join(f"{_days_said(o.weekdays)} {_span_said(o.opens, o.closes)}" for o in it if o.weekdays) or "none"


def _special(text: str) -> tuple[SpecialDay, ...]:
    found = []
    for part in _parts(text.lower(), ";"):
        day, _, spans = part.partition(" ")
        closed = spans.strip() == "closed"
        on = () if closed else tuple(_span(span) for span in _parts(spans, ","))
        if not on and not closed:
            raise ValueError(part)
        found.append(SpecialDay(date.fromisoformat(day), on))
    return tuple(found)


def _special_said(it: tuple[SpecialDay, ...]) -> str:
    days = (f"{d.day} " + (",".join(_span_said(*span) for span in d.hours) or "closed") for d in it)
    return "; ".join(days) or "none"


def _minutes(text: str) -> int:
    found = _TIME.fullmatch(text.lower())
    if found is None or found[3] not in _UNITS:
        raise ValueError(text)
    unit = _UNITS[found[3]]
    hundredths = int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))
    if hundredths * unit % 100:
        raise ValueError(text)
    return hundredths * unit // 100


def _minutes_said(it: int) -> str:
    return f"{it // 60} h" if it and it % 60 == 0 else f"{it} min"


def _whole_days(text: str) -> int:
    if text.isascii() and text.isdigit():
        return _number(text)
    days, rest = divmod(_minutes(text), 1_440)
    if rest:
        raise ValueError(text)
    return days


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError(text)
    return int(text)


def _money(text: str) -> int:
    found = re.fullmatch(r"(\d{1,7})(?:[.](\d{1,2}))?", text, re.ASCII)
    if found is None:
        raise ValueError(text)
    return int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))


def _boolean(text: str) -> bool:
    if text.lower() not in _YES:
        raise ValueError(text)
    return _YES[text.lower()]


def _exempt(text: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for part in _parts(text, ";"):
        role, colon, codes = part.partition(":")
        if not colon or not _parts(codes, ",") or role.strip() in found:
            raise ValueError(part)
        found[role.strip()] = _parts(codes, ",")
    return found


def _exempt_said(it: Mapping[str, tuple[str, ...]]) -> str:
    return "; ".join(f"{role}: {', '.join(codes)}" for role, codes in sorted(it.items())) or "none"


def _parts(text: str, mark: str) -> tuple[str, ...]:
    """The parts between marks, without blanks around them; "none" and nothing at all have no parts."""
    found = tuple(part.strip() for part in text.split(mark) if part.strip())
    return () if found == ("none",) else found


def _or_none(inner: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda text: None if text.lower() == "none" else inner(text)


def _none_or(inner: Callable[[Any], str]) -> Callable[[Any], str]:
    return lambda it: "none" if it is None else inner(it)


_READ: dict[str, Callable[[str], Any]] = {
    "hours": hours,
    "special": _special,
    "minutes": _minutes,
    "minutes?": _or_none(_minutes),
    "days?": _or_none(_whole_days),
    "number": _number,
    "number?": _or_none(_number),
    "money": _money,
    "yes": _boolean,
    "lengths": lambda text: tuple(_minutes(part) for part in _parts(text, ",")),
    "names": lambda text: _parts(text, ","),
    "any numbers": lambda text: () if text.strip().lower() == "any" else tuple(map(_number, _parts(text, ","))),
    "any names": lambda text: () if text.strip().lower() == "any" else _parts(text, ","),
    "exempt": _exempt,
    "word": str.lower,
    "text": lambda text: "" if text == "none" else text,
}
_SAID: dict[str, Callable[[Any], str]] = {
    "hours": _hours_said,
    "special": _special_said,
    "minutes": _minutes_said,
    "minutes?": _none_or(_minutes_said),
    "days?": _none_or(lambda it: f"{it} days"),
    "number": str,
    "number?": _none_or(str),
    "money": lambda it: f"{it // 100}.{it % 100:02}",
    "yes": lambda it: "yes" if it else "no",
    "lengths": lambda it: ", ".join(_minutes_said(each) for each in it) or "none",
    "names": lambda it: ", ".join(it) or "none",
    "any numbers": lambda it: ", ".join(map(str, it)) or "any",
    "any names": lambda it: ", ".join(it) or "any",
    "exempt": _exempt_said,
    "word": str,
    "text": lambda it: it or "none",
}
_LIKE = {
    "hours": '"mon-fri 08:00-18:00; sat 10:00-14:00" or none',
    "special": '"2026-12-24 closed; 2026-12-31 09:00-12:00" or none',
    "minutes": '"90", "90 min" or "1.5 h"',
    "minutes?": '"90", "90 min", "12 h", "2 days" or none',
    "days?": '"90", "90 days", "2 weeks" or none',
    "number": '"3"',
    "number?": '"3" or none',
    "money": '"2" or "2.50"',
    "yes": "yes or no",
    "lengths": '"15, 30, 1 h" or none',
    "any numbers": '"3, 7" or any',
    "names": '"one, another" or none',
    "any names": '"one, another" or any',
    "exempt": '"staff: too_long, too_short; manager: too_soon" or none',
    "word": "a word",
    "text": "a text",
}
_KINDS = {
    "opening": "hours", "peak": "hours", "special_days": "special", "exempt": "exempt", "terms": "text",
    "walk_in_minutes": "lengths", "groups": "any numbers", "timetable": "number?", "lanes": "number",
    "max_rooms": "number?", "series_most": "number?", "credits": "money", "peak_credits": "money",
    "gap_minutes": "minutes", "check_in_minutes": "minutes", "early_minutes": "minutes", "extend_minutes": "minutes",
    "offer_minutes": "minutes", "walk_in_pause_minutes": "minutes", "strikes": "number?", "walk_ins_per_hour": "number",
    "door_minutes": "minutes",
    "walk_ins_in_row": "number", "min_minutes": "minutes?", "max_minutes": "minutes?", "notice_minutes": "minutes?",
    "notice_change_minutes": "minutes?", "notice_cancel_minutes": "minutes?", "horizon_days": "days?",
    "end_horizon_days": "days?", "roles": "any names", "departments": "any names", "off": "names",
} | {name: "yes" for name in FIELDS if isinstance(getattr(DEFAULTS, name), bool)}  # fmt: skip
_KINDS |= {name: "word" for name in FIELDS if name not in _KINDS}
