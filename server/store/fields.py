"""How values lie in columns: instants as seconds, lists and policies as JSON text."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from server.core.clock import epoch, from_epoch
from server.core.policy import Opening, Policy


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
    return tuple(int(part) for part in text.split(","))


def policy_text(policy: Policy) -> str:
    """A policy as JSON; what equals the default is left out, so that a later default reaches old rooms."""
    plain = Policy()
    out: dict[str, Any] = {
        name: getattr(policy, name)
        for name in Policy.__dataclass_fields__
        if name != "opening" and getattr(policy, name) != getattr(plain, name)
    }
    if policy.opening:
        out["opening"] = [
            {"weekdays": sorted(o.weekdays), "opens": o.opens, "closes": o.closes} for o in policy.opening
        ]
    return json.dumps(out, sort_keys=True)


@lru_cache(maxsize=4096)
def policy_value(text: str) -> Policy:
    """The policy of such a text; raises ValueError where it is none. Unknown names (of a later version) are ignored."""
    raw: Mapping[str, Any] = json.loads(text)
    known = {name: raw[name] for name in Policy.__dataclass_fields__ if name in raw and name != "opening"}
    if "walk_in_minutes" in known:
        known["walk_in_minutes"] = tuple(known["walk_in_minutes"])
    opening = tuple(
        Opening(frozenset(o["weekdays"]), int(o["opens"]), int(o["closes"])) for o in raw.get("opening", ())
    )
    return Policy(opening=opening, **known)
