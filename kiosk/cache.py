"""What the panel keeps on its card: the plan, and when it was last known to be right.

Two files in the data folder. `plan.json` holds the whole plan (14 days, with its cursor); the one
before stays as `plan.previous.json` for the case that the newest is torn. `heard.json` holds the clock's anchor and
`as_of`: small, so that it can be written more often than the plan.

Cards wear out: the plan is written only when it changed, and never above a budget of bytes per day that a busy day
does not reach. Within it a change is on the card a second later, for a power cut does not announce itself; what waits
is written at the latest when the link is lost and at an orderly stop. Anything unreadable counts as
absent: the panel then says "unknown" and asks the server, it never crashes over its cache.
"""

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk import durable, wire
from kiosk.clock import Anchor
from kiosk.plan import Snapshot

log = logging.getLogger(__name__)

PLAN_EVERY = 1.0  # seconds between two writes of the plan
SOON = 30.0  # seconds until the small file is written again with the server gone, or the plan is tried again
HEARD_EVERY = 300.0  # seconds between two writes of the small file while all is well
BYTES_A_DAY = 40_000_000
BURST = 4_000_000


@dataclass(frozen=True, slots=True)
class Heard:
    """When the plan with this cursor was last known to be the newest, and the clock's anchor."""

    anchor: Anchor | None
    at_least: float
    as_of: int | None
    incarnation: str
    seq: int


class Cache:
    """The two files of one panel. `source` names server and room: another one's plan is not ours to show."""

    def __init__(self, folder: Path, *, source: str) -> None:
        self._plan = folder / "plan.json"
        self._previous = folder / "plan.previous.json"
        self._heard = folder / "heard.json"
        self._source = source
        self._written: Snapshot | None = None  # what the newest file holds, where we know
        self._plan_at = self._heard_at = self._failed_at = float("-inf")
        self._heard_as_of: int | None = None
        self._allowance, self._allowed_at = float(BURST), 0.0

    def load_plan(self) -> tuple[Snapshot, int | None] | None:
        """The newest plan that can be read, and when it was known to be right as it was written."""
        for path in (self._plan, self._previous):
            found = self._read_plan(path)
            if found is not None:
                self._written = found[0] if path == self._plan else None
                return found
        return None

    def load_heard(self) -> Heard | None:
        data = _read(self._heard)
        try:
            return None if data is None or data["source"] != self._source else _heard_from(data)
        except (KeyError, TypeError, ValueError) as error:
            log.warning("cache file=%s unreadable=%s", self._heard.name, type(error).__name__)
            return None

    def keep_plan(self, plan: Snapshot, *, as_of: int | None, elapsed: float, now: bool = False) -> bool:
        """Write the plan if it changed and it is time (or `now`). True when nothing is left to write."""
        if plan is self._written:
            return True
        self._allowance = min(BURST, self._allowance + (elapsed - self._allowed_at) * BYTES_A_DAY / 86_400)
        self._allowed_at = elapsed
        if elapsed - self._failed_at < SOON:
            return False
        if not now and (elapsed - self._plan_at < PLAN_EVERY or self._allowance < 0):
            return False
        data = {"source": self._source, "as_of": as_of, "plan": wire.snapshot_json(plan)}
        body = json.dumps(data, separators=(",", ":"))
        # A newest file that we could not read must not push out the previous one that we could.
        keep = self._previous if self._written is not None else None
        self._plan_at = elapsed
        try:
            self._allowance -= durable.write(self._plan, body.encode(), keep=keep)
        except OSError as error:
            log.error("cache file=%s cannot_write=%s", self._plan.name, error.strerror)
            self._failed_at = elapsed
            return False
        self._written = plan
        return True

    def keep_heard(self, heard: Heard, *, elapsed: float, now: bool = False, last: bool = False) -> None:
        """Write the small file if it is time: sooner with the server gone (`now`), at once at the `last` chance."""
        every = SOON if now and heard.as_of != self._heard_as_of else HEARD_EVERY
        if elapsed - self._heard_at < every and not last:
            return
        self._heard_at, self._heard_as_of = elapsed, heard.as_of
        try:
            durable.write(self._heard, json.dumps(_heard_json(heard) | {"source": self._source}).encode())
        except OSError as error:
            log.error("cache file=%s cannot_write=%s", self._heard.name, error.strerror)

    def _read_plan(self, path: Path) -> tuple[Snapshot, int | None] | None:
        data = _read(path)
        try:
            if data is None or data["source"] != self._source:
                return None
            return wire.snapshot_from(data["plan"]), data["as_of"]
        except (KeyError, TypeError, wire.Malformed) as error:
            log.warning("cache file=%s unreadable=%s", path.name, type(error).__name__)
            return None


def _read(path: Path) -> Any:
    try:
        return json.loads(durable.read(path))
    except FileNotFoundError:
        return None
    except (OSError, durable.Torn, ValueError, RecursionError) as error:
        log.warning("cache file=%s unreadable=%s", path.name, type(error).__name__)
        return None


def _heard_json(heard: Heard) -> dict[str, Any]:
    anchor = heard.anchor
    return {
        "anchor": anchor and {name: getattr(anchor, name) for name in Anchor.__slots__},
        "at_least": heard.at_least,
        "as_of": heard.as_of,
        "incarnation": heard.incarnation,
        "seq": heard.seq,
    }


def _heard_from(data: dict[str, Any]) -> Heard:
    anchor = data["anchor"]
    return Heard(
        anchor=None
        if anchor is None
        else Anchor(
            boot_id=str(anchor["boot_id"]),
            boottime=float(anchor["boottime"]),
            time=float(anchor["time"]),
            error=float(anchor["error"]),
        ),
        at_least=float(data["at_least"]),
        as_of=None if data["as_of"] is None else int(data["as_of"]),
        incarnation=str(data["incarnation"]),
        seq=int(data["seq"]),
    )
