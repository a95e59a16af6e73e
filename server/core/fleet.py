"""How well a device is: what it said of itself, and by that one word, and all that is wrong with it and since when.

Decisions:
- What is wrong is found when a heartbeat comes, and kept with the time it began; whether it is heard at all is found
  when somebody looks. So a look costs nothing but reading, and every process says the same.
- Of a device that is silent nothing else is said that only it could know.
- What ends by itself within moments (a tap that is still on its way) is wrong only after its grace.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from server.core.clock import epoch, from_epoch

SILENT = timedelta(seconds=13)
"""Heartbeats come every 2 to 5 s and are written within 2 s; with this a silence is known within 15 s."""
STOPPED = 30
"""Seconds after which a page that has not painted has stopped."""
OLD = timedelta(minutes=2)
HOT = 80.0
WORN = 90
OFFSET = 60_000
"""Milliseconds by which the machine's own clock may be off; the glass does not go by it."""
GRACE = {"owing": timedelta(minutes=2)}
VERDICTS = (
    "revoked", "quarantined", "never_heard", "silent", "waiting", "dark", "card", "old", "owing", "clock", "touch",
    "power", "hot", "version", "good",
)  # fmt: skip
"""From the worst to the best."""
BAD_DISKS = ("full", "read_only")
BAD_BROWSERS = ("gone", "frozen")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a device shows of one room: the newest change it knows, its state, and as of when."""

    seq: int = 0
    state: str = ""
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A heartbeat, as far as it can be understood. Seconds and milliseconds are whole; None: not said.

    `rooms`: by number; `names`: whether it says which it shows (version 1 does not). `paints` False where it said that
    its page has never painted. `vitals` as they came.
    """

    version: str = ""
    rooms: Mapping[int, Plan] = field(default_factory=dict, hash=False)
    names: bool = False
    as_of: datetime | None = None
    unconfirmed: int = 0
    clock: str = ""
    clock_source: str = ""
    clock_offset_ms: int | None = None
    painted_ago: int | None = None
    paints: bool = True
    touch: str = ""
    touched_ago: int | None = None
    browser: str = ""
    life: str = ""
    me: str = ""
    vitals: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong (a word of VERDICTS), since when."""

    word: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """What a verdict goes by. `troubles`: what is wrong by the last heartbeat, since when; `placed`: it has a door."""

    made_at: datetime
    seen_at: datetime | None
    troubles: Mapping[str, datetime] = field(default_factory=dict, hash=False)
    version: str = ""
    placed: bool = True
    quarantined_at: datetime | None = None
    revoked_at: datetime | None = None


def told_of(said: str) -> Told:
    """What a kept heartbeat says; what cannot be understood is as if it were not said."""
    try:
        raw = json.loads(said or "{}")
    except ValueError:
        return Told()
    if not isinstance(raw, dict):
        return Told()
    vitals = raw.get("vitals")
    return Told(
        version=_text(raw, "version"), rooms=dict(_plans(raw.get("rooms"))),
        names=isinstance(raw.get("rooms"), list), as_of=_instant(raw.get("as_of")),
        unconfirmed=_whole(raw, "unconfirmed") or 0, clock=_text(raw, "clock"),
        clock_source=_text(raw, "clock_source"), clock_offset_ms=_whole(raw, "clock_offset_ms"),
        painted_ago=_whole(raw, "painted_ago"), paints=raw.get("painted_ago", 0) is not None,
        touch=_text(raw, "touch"), touched_ago=_whole(raw, "touched_ago"), browser=_text(raw, "browser"),
        life=_text(raw, "life"), me=_text(raw, "me"), vitals=vitals if isinstance(vitals, dict) else {},
    )  # fmt: skip


def troubles(told: Told, at: datetime) -> dict[str, datetime]:
    """What is wrong by a heartbeat that came at that instant, and since when as far as it says so itself."""
    found: dict[str, datetime] = {}
    if told.browser in BAD_BROWSERS or not told.paints:
        found["dark"] = at
    elif told.painted_ago is not None and told.painted_ago > STOPPED:
        found["dark"] = at - timedelta(seconds=min(told.painted_ago, 10**9))
    if (since := _old_since(told, at)) is not None:
        found["old"] = since
    offset, vitals = told.clock_offset_ms, told.vitals
    wrong = {
        "owing": told.unconfirmed > 0,
        "clock": told.clock == "unverified" or (offset is not None and abs(offset) > OFFSET),
        "touch": told.touch == "suspect",
        "card": vitals.get("disk") in BAD_DISKS or _number(vitals, "wear") > WORN,
        "hot": _number(vitals, "temperature") > HOT,
        "power": vitals.get("undervoltage") is True,
    }
    return found | {word: at for word, so in wrong.items() if so}


def _old_since(told: Told, at: datetime) -> datetime | None:
    """As of when the oldest plan is, where it is too old; a room that never had one has none since now."""
    plans = [it.as_of for it in told.rooms.values()]
    if not plans or told.as_of is not None:
        plans.append(told.as_of)
    known = [it for it in plans if it is not None]
    none = bool(told.rooms) and len(known) < len(plans)
    oldest = min(known, default=at)
    return min(oldest, at) if none or at - oldest > OLD else None


def going_on(before: Mapping[str, datetime], now: Mapping[str, datetime]) -> dict[str, datetime]:
    """What is wrong now, each since it began: what was wrong before already has not begun anew."""
    return {word: min(since, before.get(word, since)) for word, since in now.items()}


def verdict(it: Facts, now: datetime, newest: str = "") -> tuple[str, tuple[Wrong, ...]]:
    """How well a device is: the worst word, and all that is wrong, the worst first. `newest`: the fleet's version."""
    found: dict[str, datetime] = {}
    if it.revoked_at is not None:
        return "revoked", (Wrong("revoked", it.revoked_at),)
    if it.quarantined_at is not None:
        found["quarantined"] = it.quarantined_at
    if not it.placed:
        found["waiting"] = it.made_at
    if it.seen_at is None:
        found["never_heard"] = it.made_at
    elif now - it.seen_at > SILENT:
        found["silent"] = it.seen_at
    else:
        found |= {word: since for word, since in it.troubles.items() if word in VERDICTS and _lasts(word, since, now)}
        if older(it.version, newest):
            found["version"] = it.seen_at
    wrong = tuple(Wrong(word, found[word]) for word in VERDICTS if word in found)
    return (wrong[0].word if wrong else "good"), wrong


def _lasts(word: str, since: datetime, now: datetime) -> bool:
    grace = GRACE.get(word)
    return grace is None or now - since > grace


def older(one: str, other: str) -> bool:
    """Whether a version is older than another; of what is no version nothing is said."""
    mine, theirs = _parts(one), _parts(other)
    return bool(mine and theirs) and mine < theirs


def newest(versions: Iterable[str]) -> str:
    """The newest of these versions that at least two devices say, else of all; "" where there is none.

    What one device says of itself does not make all the others old.
    """
    said = Counter(versions)
    return max([it for it, many in said.items() if many > 1] or said, key=_parts, default="")


def written(found: Mapping[str, datetime]) -> str:
    """Troubles as a row keeps them."""
    return json.dumps({word: epoch(since) for word, since in sorted(found.items())})


def read(text: str) -> dict[str, datetime]:
    """Troubles of a row."""
    return {word: from_epoch(since) for word, since in json.loads(text).items()}


def _parts(version: str) -> tuple[int, ...]:
    parts = version.partition("+")[0].split(".")
    return tuple(int(it) for it in parts) if all(it.isascii() and it.isdigit() and len(it) < 9 for it in parts) else ()


def _plans(raw: Any) -> Iterable[tuple[int, Plan]]:
    for it in raw if isinstance(raw, list) else ():
        if isinstance(it, dict) and isinstance(it.get("number"), int):
            yield it["number"], Plan(_whole(it, "seq") or 0, _text(it, "state"), _instant(it.get("as_of")))


def _instant(value: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(value)
    except (ValueError, TypeError):
        return None
    return at if at.tzinfo is not None else None


def _text(raw: Mapping[str, Any], name: str) -> str:
    value = raw.get(name)
    return value if isinstance(value, str) else ""


def _whole(raw: Mapping[str, Any], name: str) -> int | None:
    value = raw.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(raw: Mapping[str, Any], name: str) -> float:
    value = raw.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
