"""How a screen at a door is to be: the names of its settings, what each may be, and which level of the house sets it.

Decisions:
- A level holds only what is set there. What no level sets is not sent: then the device's own file decides.
- From the least specific to the most: the house, site, building, floor, room, the device itself. A device of several
  rooms stands at its first; a board stands at its place.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from server.core.people import LANGUAGES

LEVELS = ("house", "place", "room", "device")
THEMES = ("light", "dark", "contrast")
CLOCKS = ("12", "24")
DENSITIES = (2.0, 20.0)
"""Pixels of the glass per millimetre."""
_NIGHT = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d", re.ASCII)

Value = str | float | bool


@dataclass(frozen=True, slots=True)
class Sets:
    """What one level sets; its name as people read it ("house", "building Timber House", "room oak", "device 7")."""

    name: str
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Resolved:
    """What the levels come to, and the name of the level that each value comes from."""

    values: Mapping[str, Value]
    why: Mapping[str, str]


def resolved(levels: Iterable[Sets]) -> Resolved:
    """What levels come to, the least specific first."""
    values: dict[str, Value] = {}
    why: dict[str, str] = {}
    for level in levels:
        for name, value in level.values.items():
            values[name], why[name] = value, level.name
    return Resolved(dict(sorted(values.items())), dict(sorted(why.items())))


def named(name: str) -> None:
    """Raises ValueError where there is no setting of that name."""
    if name not in KINDS:
        raise ValueError(f"is none of {', '.join(KINDS)}")


def checked(name: str, value: Any) -> Value:
    """The value as it is kept; raises ValueError with the reason in words."""
    named(name)
    kind = KINDS[name]
    if isinstance(kind, tuple):
        if value not in kind:
            raise ValueError(f"one of {', '.join(kind)}")
        return str(value)
    if kind is bool:
        if not isinstance(value, bool):
            raise ValueError("true or false")
        return value
    if kind is float:
        return _density(value)
    return _night(value)


def spoken(name: str, text: str) -> Value:
    """The value of a word that somebody typed; as `checked`."""
    kind = KINDS.get(name)
    if kind is bool:
        words = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}
        if text.strip().lower() not in words:
            raise ValueError("on or off")
        return words[text.strip().lower()]
    if kind is float:
        try:
            return checked(name, float(text))
        except ValueError:
            return checked(name, None)
    return checked(name, text.strip())


def _density(value: Any) -> float:
    low, high = DENSITIES
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"pixels per millimetre, {low:g} to {high:g}")
    return float(value)


def _night(value: Any) -> str:
    if not isinstance(value, str) or not _NIGHT.fullmatch(value) or value[:5] == value[6:]:
        raise ValueError("two times of the day on the wall, such as 22:00-06:00")
    return value


KINDS: Mapping[str, Any] = {
    "language": LANGUAGES,
    "theme": THEMES,
    "density": float,
    "touch": bool,
    "large_type": bool,
    "hour_clock": CLOCKS,
    "night": str,
}
"""Every setting: its choices, or the type of its value. `night`: when the glass may be dark, "22:00-06:00"."""
