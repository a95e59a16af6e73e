"""The small file that is written often: the clock's anchor, the time that has certainly passed, how new each plan is.

`heard.json` is apart from the plans so that it can be written every few minutes: it says of a plan on the card until
when it was known to be right, and gives the next start a lower bound of the time. It also names the rooms, for a start
without the server. Unreadable counts as absent.
"""

import json
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kiosk import durable
from kiosk.clock import Anchor

log = logging.getLogger(__name__)

SOON = 30.0  # seconds until it is written again with the server gone
EVERY = 300.0  # seconds between two writes while all is well


@dataclass(frozen=True, slots=True)
class Known:
    """When the plan with this cursor was last known to be the newest."""

    as_of: int | None
    incarnation: str
    seq: int


@dataclass(frozen=True, slots=True)
class Heard:
    """`rooms`: by id, in the order of the doors."""

    anchor: Anchor | None
    at_least: float
    rooms: dict[str, Known] = field(default_factory=dict)


class HeardFile:
    """`source` names the server: what another one said is nothing to go by."""

    def __init__(self, folder: Path, *, source: str) -> None:
        self._path, self._source = folder / "heard.json", source
        self._at = float("-inf")
        self._as_of: list[int | None] = []

    def load(self) -> Heard | None:
        """What was kept last; None where there is nothing that can be read."""
        try:
            data = json.loads(durable.read(self._path))
            return _heard_from(data) if data["source"] == self._source else None
        except FileNotFoundError:
            return None
        except (OSError, durable.Torn, KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            log.warning("heard unreadable=%s", type(error).__name__)
            return None

    def keep(self, heard: Heard, *, elapsed: float, now: bool = False, last: bool = False) -> None:
        """Write it if it is time: sooner with the server gone (`now`), at once at the `last` chance."""
        as_of = [known.as_of for known in heard.rooms.values()]
        every = SOON if now and as_of != self._as_of else EVERY
        if elapsed - self._at < every and not last:
            return
        self._at, self._as_of = elapsed, as_of
        try:
            durable.write(self._path, json.dumps(_heard_json(heard) | {"source": self._source}).encode())
        except OSError as error:
            log.error("heard cannot_write=%s", error.strerror)


def _heard_json(heard: Heard) -> dict[str, Any]:
    anchor = heard.anchor
    return {
        "anchor": anchor and {name: getattr(anchor, name) for name in Anchor.__slots__},
        "at_least": heard.at_least,
        "rooms": {
            room: {"as_of": known.as_of, "incarnation": known.incarnation, "seq": known.seq}
            for room, known in heard.rooms.items()
        },
    }


def _heard_from(data: dict[str, Any]) -> Heard:
    anchor = data["anchor"]
    rooms = {
        str(room): Known(
            None if known["as_of"] is None else int(known["as_of"]), str(known["incarnation"]), int(known["seq"])
        )
        for room, known in data["rooms"].items()
    }
    if anchor is not None:
        anchor = Anchor(
            boot_id=str(anchor["boot_id"]),
            boottime=float(anchor["boottime"]),
            time=float(anchor["time"]),
            error=float(anchor["error"]),
        )
    return Heard(anchor, float(data["at_least"]), rooms)
