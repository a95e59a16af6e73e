"""The pages for staff over a thousand devices: what one look costs, from the request to the last byte of the page."""

import json
import statistics
import time
from datetime import timedelta

from flask.testing import FlaskClient

from server.console.app import app
from server.console.desk import Desk
from server.core.access import CLI
from server.core.clock import SystemClock, epoch, whole
from server.core.model import Room
from server.core.people import Person, Role
from server.engine import engine_of, prepare
from server.store.database import Tx, open_store
from tests.bench.rows import Row

BASE = "https://rooms.example.org"
DEVICES, OFTEN = 1_000, 25


def pages(url: str, name: str) -> list[Row]:
    """All devices, one of them, and the page that lets another one in; a thirtieth of them is silent."""
    store, clock = open_store(url), SystemClock()
    prepare(store, clock)
    engine = engine_of(store, clock)
    for number in range(DEVICES):
        place = {"building": f"House {number % 7}", "floor": str(number % 9)}
        engine.rooms.add(Room(0, f"room-{number}", f"Room {number}", "Europe/Berlin", **place), CLI)  # type: ignore[arg-type]
    store.writing(_furnish)
    person = engine.people.add(Person(0, "stan@example.org", "", "Stan", "Staff", role=Role.STAFF), CLI)
    _, secret = engine.sign_in.open(person.number, source="console")
    client = app(Desk(engine, BASE)).test_client()
    client.set_cookie("__Host-lintel", secret, domain="rooms.example.org", secure=True)
    rows = []
    for what, path, most in (("all", "/devices", 150), ("one", "/devices/500", 150), ("found", "/devices?q=room", 200)):
        store.writing(_heard)
        spent, size = _looked(client, path)
        where = f"{DEVICES:,} devices, {size / 1024:.0f} kB"
        rows.append(Row(f"page of devices, {what}, CPU, {name}", f"{spent:.0f} ms", where, spent, most, unit="ms"))
    store.close()
    return rows


def _looked(client: FlaskClient, path: str) -> tuple[float, int]:
    """Milliseconds of processor time, the middle of many, and the bytes of the page."""
    times, size = [], 0
    for _ in range(OFTEN):
        begun = time.process_time()
        answer = client.get(path, base_url=BASE, headers={"Accept": "text/html"})
        times.append(time.process_time() - begun)
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {answer.status_code}")
        size = len(answer.data)
    return statistics.median(times) * 1_000, size


def _furnish(tx: Tx) -> None:
    now = epoch(SystemClock().now())
    rows = [(f"Panel {number}", f"{number:064x}", f"rk_dev_{number:08x}", now) for number in range(DEVICES)]
    tx.many("INSERT INTO device (name, digest, prefix, made_at) VALUES (?,?,?,?)", rows)
    tx.run("INSERT INTO device_room (device_id, room_id) SELECT d.id, d.id FROM device d JOIN room r ON r.id = d.id")


def _heard(tx: Tx) -> None:
    now = whole(SystemClock().now())
    said = json.dumps({
        "rooms": [{"number": 1, "seq": 1, "state": "free", "as_of": (now - timedelta(seconds=4)).isoformat()}],
        "version": "0.1.0", "clock": "verified", "clock_offset_ms": -12, "painted_ago": 2, "touch": "good",
        "vitals": {"temperature": 51.5, "undervoltage": False, "disk": "good", "wear": 3},
    })  # fmt: skip
    at = epoch(now) + 60  # heard all through the measurement
    seen = "CASE WHEN id / 30 * 30 = id THEN ? ELSE ? END"
    tx.run(f"UPDATE device SET seen_at = {seen}, heartbeat = ?", (at - 900, at, said))
