"""How values lie in columns: instants as seconds, lists and policies as JSON text."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import datetime
from functools import lru_cache
from typing import Any

from server.core.clock import epoch, from_epoch
from server.core.model import Attendee, Details
from server.core.policy import Policy
from server.core.policy_words import policy_of, unusual


def storable(text: str) -> bool:
    """False for what no row can hold, so nobody need look for it: no NUL (PostgreSQL) and no half characters (both).

    Room and booking ids come as anybody writes them; such a one is unknown, not a crash.
    """
    return "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def seconds(instant: datetime | None) -> int | None:
    return None if instant is None else epoch(instant)


def instant(value: int | None) -> datetime | None:
    return None if value is None else from_epoch(value)


def numbers(text: str) -> tuple[int, ...]:
    """Room numbers from "3,7"."""
    return tuple(int(part) for part in text.split(",")) if text else ()


def attributes_text(it: Mapping[int, str]) -> str:
    """Values of custom attributes by number, as JSON."""
    return json.dumps({str(number): value for number, value in sorted(it.items())}, ensure_ascii=False)


def attributes_value(text: str) -> dict[int, str]:
    """Values of custom attributes by number."""
    return {} if text == "{}" else {int(number): value for number, value in json.loads(text).items()}


def policy_text(policy: Policy) -> str:
    """A policy as JSON; what equals the default is left out, so that a later default reaches old rooms."""
    return json.dumps(unusual(policy), sort_keys=True)


@lru_cache(maxsize=4096)
def policy_value(text: str) -> Policy:
    """The policy of such a text; raises ValueError where it is none. Unknown names (of a later version) are ignored."""
    return policy_of(json.loads(text))


_DETAILS = {it.name: it.default if it.default_factory is MISSING else it.default_factory() for it in fields(Details)}


def details_text(it: Details) -> str:
    """What a booking carries as JSON; what is as usual is left out."""
    if it == _PLAIN:
        return "{}"
    out = {name: getattr(it, name) for name, usual in _DETAILS.items() if getattr(it, name) != usual}
    if it.attendees:
        out["attendees"] = [[a.kind, a.person, a.email, a.name, a.answer] for a in it.attendees]
    return json.dumps(out, ensure_ascii=False, sort_keys=True)


def details_value(text: str) -> Details:
    """What a booking carries, of such a text."""
    if text == "{}":
        return _PLAIN
    raw: dict[str, Any] = json.loads(text)
    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in raw.items()}
    if "attendees" in raw:
        given["attendees"] = tuple(Attendee(*each) for each in raw["attendees"])
    for name in ("attributes", "accessories"):
        if name in raw:
            given[name] = {int(number): value for number, value in raw[name].items()}
    return Details(**given)


_PLAIN = Details()
