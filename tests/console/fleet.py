"""A fleet for the pages' tests: panels that wait, that speak, fall silent and answer orders."""

import json
import struct
import zlib
from datetime import datetime, timedelta
from typing import Any

from server.core.access import CLI, Actor
from server.core.clock import epoch
from server.core.fleet import told_of, troubles, written
from server.core.model import Device
from server.core.people import Person, Role
from server.engine.pairing import Told
from server.engine.rooms import digest
from server.store.database import Tx
from tests.console.conftest import PASSWORD, Browser, Site
from tests.make import House

SECRET = "rk_dev_1a2b3c4d_" + "k" * 43 + "_00000000"
GOOD: dict[str, Any] = {
    "version": "0.1.0", "clock": "verified", "clock_source": "server", "clock_offset_ms": -12, "unconfirmed": 0,
    "painted_ago": 2, "painted_for": 3600, "touch": "good", "touched_ago": 312, "browser": "good",
    "vitals": {"temperature": 51.2, "undervoltage": False, "disk": "good", "disk_free_mb": 11204, "wear": 12},
}  # fmt: skip


def waiting(house: House, serial: str = "S1", secret: str = SECRET) -> str:
    """A panel that nobody knows: the code it shows."""
    told = Told(serial, "Raspberry Pi 4", "0.1.0", "1280x800", "203.0.113.7")
    return house.engine.pairing.begin(digest(secret), secret[:15], told).code


def state(house: House, secret: str = SECRET) -> str:
    """What became of who waits."""
    return house.engine.pairing.state(digest(secret))


def says(house: House, it: Device, *, ago: float = 0, **more: Any) -> None:
    """A panel was heard so many seconds ago, and said that."""
    at = house.clock.now() - timedelta(seconds=ago)
    rooms = [{"number": number, "seq": 1, "state": "free", "as_of": _text(at, 4)} for number in it.rooms_in_order]
    said = json.dumps({"rooms": rooms} | GOOD | more)
    wrong = written(troubles(told_of(said), at))

    def work(tx: Tx) -> None:
        tx.run(
            "UPDATE device SET seen_at = ?, heartbeat = ?, troubles = ? WHERE id = ?",
            (epoch(at), said, wrong, it.number),
        )

    house.store.writing(work)


def as_device(it: Device) -> Actor:
    """The device itself."""
    return Actor(f"device:{it.number}", "book", it.rooms, source="panel")


def answers(house: House, it: Device, *, outcome: str = "done", text: str = "", picture: bytes | None = None) -> None:
    """A panel does all that is wanted of it."""
    for order in house.engine.fleet.due(as_device(it)):
        house.engine.fleet.receipt(as_device(it), order.number, outcome, text, picture)


def quarantine(house: House, it: Device) -> None:
    """Another one speaks with its key."""
    at = epoch(house.clock.now())
    house.store.writing(lambda tx: tx.run("UPDATE device SET quarantined_at = ? WHERE id = ?", (at, it.number)))


def staff(site: Site, name: str = "stan", **more: Any) -> Browser:
    """The browser of somebody who runs the devices, signed in."""
    stan = Person(0, f"{name}@example.org", "", name.capitalize(), "Staff", role=Role.STAFF)
    site.house.engine.people.add(stan, CLI, password=PASSWORD)
    browser = site.browser(**more)
    browser.sign_in(f"{name}@example.org")
    return browser


def png(width: int = 2, height: int = 1) -> bytes:
    """A small picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + b"\x7f" * width for _ in range(height)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _text(at: datetime, before: int) -> str:
    return (at - timedelta(seconds=before)).isoformat()
