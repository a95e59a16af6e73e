"""What staff may want of a device, how long they want it, and what a device may answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

WHATS = ("identify", "reload", "restart", "reboot", "screenshot", "log")
OUTCOMES = ("done", "failed", "cannot")
LIVES = {"reboot": timedelta(minutes=2)}
"""How long an order is open; one that came late could do harm where it is not wanted any more."""
LIFE = timedelta(minutes=10)
MOST_OPEN = 20
KEPT = timedelta(days=30)
FLASHING = (1, 120)
"""Seconds that a glass may flash to be found."""
FLASHES = 10
LONGEST_TEXT = 64 * 1024
"""Characters of a receipt; of one that tells no log `LONGEST_WORD`."""
LONGEST_WORD = 2_000
LARGEST_PICTURE = 1024 * 1024
LARGEST_SIDE = 8_192
QUARANTINED = ("identify",)
"""All that is wanted of a device of which there are two: to find it."""
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Order:
    """Something wanted of a device. `outcome` "" while there is no receipt; `text` is what the device said to it."""

    number: int
    device: int
    what: str
    told: Mapping[str, int] = field(hash=False)
    made_at: datetime
    expires_at: datetime
    outcome: str = ""
    done_at: datetime | None = None
    text: str = ""

    def state(self, now: datetime) -> str:
        """open, expired, or its outcome."""
        return self.outcome or ("open" if now < self.expires_at else "expired")


def problems(what: str, told: Mapping[str, object]) -> dict[str, str]:
    """Why such an order cannot be, by field."""
    if what not in WHATS:
        return {"what": f"one of {', '.join(WHATS)}"}
    allowed = {"seconds"} if what == "identify" else set()
    if unknown := sorted(set(told) - allowed):
        return {"with": f"{what} takes no {unknown[0][:40]}"}
    seconds, (low, high) = told.get("seconds", FLASHES), FLASHING
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not low <= seconds <= high:
        return {"seconds": f"{low} to {high}"}
    return {}


def is_picture(data: bytes) -> bool:
    """Whether these bytes begin as a PNG of a size that a screen can have, and end as one."""
    if not data.startswith(_PNG) or data[12:16] != b"IHDR" or data[-8:-4] != b"IEND":
        return False
    sides = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    return len(data) <= LARGEST_PICTURE and all(1 <= side <= LARGEST_SIDE for side in sides)


def bounded(text: str, what: str) -> str:
    """What a device said, as it can be kept: its end where it is too long, and nothing that no row can hold."""
    most = LONGEST_TEXT if what == "log" else LONGEST_WORD
    kept = "".join(char if char in "\n\t" or char.isprintable() else "\ufffd" for char in text[-most:])
    return kept
