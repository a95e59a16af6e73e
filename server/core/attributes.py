"""Values of the house's own fields: what is wrong with them, for rooms, people and bookings alike."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from server.core.automaton import BadPattern
from server.core.patterns import VALUE, matches
from server.core.places import Attribute
from server.core.text import problem

LINES = 4_000
"""Characters of a value with several lines; one of a single line has VALUE at most."""
TICKED = ("0", "1")
"""What a checkbox says."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one value: `why` is missing, or a few words; `label` "" where the attribute is unknown."""

    number: int
    why: str
    label: str = ""


def faults(attributes: Iterable[Attribute], values: Mapping[int, str], *, manages: bool) -> Iterator[Fault]:
    """Everything that is wrong with the values, which are all that the thing has; "" is as good as none.

    `manages`: who gives them manages the thing, and may (and must) fill in what is for those alone.
    """
    known = {it.number: it for it in attributes}
    for number, it in known.items():
        value = values.get(number, "")
        if not value.strip():
            if it.required and (manages or not it.admin_only):
                yield Fault(number, "missing", it.label)
        elif it.admin_only and not manages:
            yield Fault(number, "only those who manage may fill it in", it.label)
        elif (why := _wrong(it, value)) is not None:
            yield Fault(number, why, it.label)
    for number in values:
        if number not in known:
            yield Fault(number, "there is no such attribute here")


def check_values(attributes: Iterable[Attribute], values: Mapping[int, str], *, manages: bool) -> dict[str, str]:
    """The same as {"attributes.7": why}, for an Invalid."""
    return {
        f"attributes.{it.number}": "is required" if it.why == "missing" else it.why
        for it in faults(attributes, values, manages=manages)
    }


def in_rooms(attributes: Iterable[Attribute], rooms: Iterable[int]) -> tuple[Attribute, ...]:
    """Those of bookings that a booking of these rooms has."""
    numbers = frozenset(rooms)
    return tuple(it for it in attributes if it.category == "booking" and (not it.rooms or it.rooms & numbers))


def _wrong(it: Attribute, value: str) -> str | None:
    lines = it.kind == "lines"
    if (why := problem(value, LINES if lines else VALUE, lines=lines)) is not None:
        return why
    match it.kind:
        case "select":
            return None if value in it.choices else "not one of the choices"
        case "checkbox":
            if value not in TICKED:
                return "0 or 1"
            return "must be ticked" if it.required and value == "0" else None
        case "moment":
            return None if _moment(value) else "an instant with its offset, such as 2026-11-20T09:00+01:00"
    return "not as it is asked for" if it.pattern and not lines and not _matches(it.pattern, value) else None


def _matches(pattern: str, value: str) -> bool:
    try:
        return matches(pattern, value)
    except BadPattern:
        return True  # it was understood when it was defined; what a later version refuses must not refuse values


def _moment(value: str) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
