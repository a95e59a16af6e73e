"""Reads what the page posts for a tap, and says which field is wrong."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from kiosk.instants import parse

Tap = dict[str, Any]
Check = Callable[[Any], str | None]

DAY = 24 * 60


class BadTap(ValueError):
    """`fields`: the name of each wrong field and what is wrong with it."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__(", ".join(fields))
        self.fields = fields


def tap_from(data: object) -> Tap:
    """The tap, with all its fields. Raises BadTap."""
    if not isinstance(data, dict):
        raise BadTap({"": "must be an object"})
    act = data.get("act")
    if not isinstance(act, str) or act not in ACTS:
        raise BadTap({"act": "must be one of " + ", ".join(ACTS)})
    required, optional = ACTS[act]
    optional = optional | {"room": _id}
    wrong = {name: "is not known" for name in data if name not in {"act", *required, *optional}}
    wrong |= {name: "is missing" for name in required if name not in data}
    for name, check in (required | optional).items():
        fault = check(data[name]) if name in data else None
        if fault:
            wrong[name] = fault
    if wrong:
        raise BadTap(wrong)
    return dict(data)


def _minutes(value: Any) -> str | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return None if whole and 1 <= value <= DAY else f"must be a whole number from 1 to {DAY}"


def _version(value: Any) -> str | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return None if whole and 0 <= value < 2**63 else "must be a whole number"


def _id(value: Any) -> str | None:
    return None if isinstance(value, str) and 1 <= len(value) <= 200 else "must be a text"


def _flag(value: Any) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def _instant(value: Any) -> str | None:
    try:
        parse(value)
    except ValueError:
        return "must be an instant"
    return None


def _uuid(value: Any) -> str | None:
    try:
        return None if isinstance(value, str) and str(UUID(value)) == value else "must be a UUID"
    except ValueError:
        return "must be a UUID"


_MEANT: dict[str, Check] = {"booking": _id, "version": _version}

# act -> (required, optional) fields, besides the room, which a panel of one room need not name. `end` of a booking is
# the time on the button, where the page says it.
ACTS: dict[str, tuple[dict[str, Check], dict[str, Check]]] = {
    "book": ({"minutes": _minutes}, {"end": _instant}),
    "check_in": (_MEANT, {"start_now": _flag}),
    "here": (_MEANT, {}),
    "ask_here": (_MEANT, {"minutes": _minutes}),
    "extend": (_MEANT | {"minutes": _minutes}, {}),
    "end": (_MEANT, {}),
    "undo": ({"of": _uuid}, {}),
}
