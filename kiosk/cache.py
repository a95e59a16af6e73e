"""What the panel keeps of one room's plan on its card: the whole plan (14 days, with its cursor).

`plan-ROOM.json` holds it (`plan.json` while the room has no name yet), and `plan-ROOM.previous.json` the one before,
for the case that the newest is torn.

The plan is written only when it changed, and never above a budget of bytes per day (budget.py). Within it a change is
on the card a second later, for a power cut does not announce itself. Anything unreadable counts as absent: the panel
then says "unknown" and asks the server, it never crashes over its cache.
"""

import hashlib
import json
import logging
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from kiosk import durable, wire
from kiosk.budget import Budget
from kiosk.plan import Snapshot

log = logging.getLogger(__name__)

PLAN_EVERY = 1.0  # seconds between two writes of the plan
SOON = 30.0  # seconds until a plan that the card did not take is tried again


class Cache:
    """The files of one room's plan. `source` names the server: another one's plan is not ours to show."""

    def __init__(self, folder: Path, *, room: str = "", source: str, budget: Budget | None = None) -> None:
        name = _name(room)
        self._plan, self._previous = folder / f"{name}.json", folder / f"{name}.previous.json"
        self._room, self._source = room, source
        self._budget = budget or Budget()
        self._written: Snapshot | None = None  # what the newest file holds, where we know
        self._plan_at = self._failed_at = float("-inf")

    def load_plan(self) -> tuple[Snapshot, int | None] | None:
        """The newest plan that can be read, and when it was known to be right as it was written."""
        for path in (self._plan, self._previous):
            found = self._read_plan(path)
            if found is not None:
                self._written = found[0] if path == self._plan else None
                return found
        return None

    def keep_plan(self, plan: Snapshot, *, as_of: int | None, elapsed: float, now: bool = False) -> bool:
        """Write the plan if it changed and it is time (or `now`). True when nothing is left to write."""
        if plan is self._written or plan == self._written:
            self._written = plan  # a record that did not change is quicker told as the same one
            return True
        spent = self._budget.spent(elapsed)
        if elapsed - self._failed_at < SOON:
            return False
        if not now and (elapsed - self._plan_at < PLAN_EVERY or spent):
            return False
        data = {"source": self._source, "room": self._room, "as_of": as_of, "plan": wire.snapshot_json(plan)}
        body = json.dumps(data, separators=(",", ":"))
        # A newest file that we could not read must not push out the previous one that we could.
        keep = self._previous if self._written is not None else None
        self._plan_at = elapsed
        try:
            self._budget.take(durable.write(self._plan, body.encode(), keep=keep))
        except OSError as error:
            log.error("cache file=%s cannot_write=%s", self._plan.name, error.strerror)
            self._failed_at = elapsed
            return False
        self._written = plan
        return True

    def _read_plan(self, path: Path) -> tuple[Snapshot, int | None] | None:
        data = _read(path)
        try:
            if data is None or data["source"] != self._source or data["room"] != self._room:
                return None
            return wire.snapshot_from(data["plan"]), data["as_of"]
        except (KeyError, TypeError, wire.Malformed) as error:
            log.warning("cache file=%s unreadable=%s", path.name, type(error).__name__)
            return None


def forget_plans(folder: Path, rooms: Collection[str]) -> None:
    """Delete every plan on the card but those of `rooms`."""
    kept = {_name(room) for room in rooms}
    for path in (*folder.glob("plan.*json"), *folder.glob("plan-*.json")):
        if path.name.removesuffix(".json").removesuffix(".previous") not in kept:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                log.error("cache file=%s cannot_delete=%s", path.name, error.strerror)


def _name(room: str) -> str:
    """Of a file; an id that would make no good one is written as its digest."""
    if not room:
        return "plan"
    plain = re.fullmatch(r"[a-z0-9_-]{1,64}", room)
    return f"plan-{room}" if plain else f"plan-={hashlib.sha256(room.encode()).hexdigest()[:32]}"


def _read(path: Path) -> Any:
    try:
        return json.loads(durable.read(path))
    except FileNotFoundError:
        return None
    except (OSError, durable.Torn, ValueError, RecursionError) as error:
        log.warning("cache file=%s unreadable=%s", path.name, type(error).__name__)
        return None
