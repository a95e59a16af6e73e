"""The release sweep over 5,000 rooms in each of which somebody is waited for: looking, warning, releasing, freeing."""

from datetime import timedelta
from time import perf_counter

from server.core.clock import epoch
from server.core.model import Room
from server.core.policy import Policy
from server.engine import Engine, engine_of, prepare
from server.store import house, rooms
from server.store.database import Store, Tx, open_store
from tests.bench.rows import Row
from tests.make import NOW, Clock

ROOMS = 5_000
AGO, AHEAD = timedelta(hours=72), timedelta(minutes=60)
LIMIT = 1_000
STEPS = (
    ("looks", timedelta(minutes=7), {}),
    ("warns", timedelta(minutes=8), {"warned": ROOMS}),
    ("looks again", timedelta(minutes=9), {}),
    ("releases", timedelta(minutes=10), {"released": ROOMS}),
    ("gives back", timedelta(minutes=15), {"freed": ROOMS}),
    ("finds nothing", timedelta(minutes=16), {}),
)


def release(url: str, name: str) -> list[Row]:
    """A whole course of all rooms at once; each round is held to a second."""
    store, clock = open_store(url), Clock(NOW)
    prepare(store, clock)
    store.writing(_furnished)
    engine = engine_of(store, clock)
    found = [_round(engine, clock, store, name, *step) for step in STEPS]
    store.close()
    return found


def _round(
    engine: Engine, clock: Clock, store: Store, name: str, what: str, after: timedelta, done: dict[str, int]
) -> Row:  # fmt: skip
    clock.set(NOW + after)
    at = epoch(clock.now())
    store.writing(lambda tx: tx.run("UPDATE device SET settled_at = ?", (at,)))
    begun = perf_counter()
    counts = dict(engine.attendance.run())
    took = (perf_counter() - begun) * 1_000
    if counts != done:
        raise RuntimeError(f"{what}: {counts}")
    return Row(f"release {what}, {name}", f"{took:.0f} ms", f"{ROOMS:,} rooms", took, LIMIT, unit="ms")


def _furnished(tx: Tx) -> None:
    policy = Policy(check_in=True, release="on")
    for number in range(ROOMS):
        rooms.insert(tx, Room(0, f"room-{number}", f"Room {number}", "Europe/Berlin", policy=policy))
    house.bump(tx)
    numbers = [row[0] for row in tx.rows("SELECT id FROM room ORDER BY id")]
    now, before, after = epoch(NOW), epoch(NOW - AGO), epoch(NOW + AHEAD)
    for kind, starts, ends in (("old", before, before + 3_600), ("now", now, after), ("next", after, after + 3_600)):
        tx.many(
            "INSERT INTO occurrence (uid, rooms, starts, ends, standing, title, organizer, organizer_email, "
            "description, source, made_by, made_at, changed_at, version) "
            "VALUES (?,?,?,?,'accepted','Bench','Ann','','','cli','cli',?,?,1)",
            [(f"{kind}-{number}", str(number), starts, ends, before, before) for number in numbers],
        )
    tx.run(
        "INSERT INTO hold (occurrence_id, room_id, held_from, held_to) "
        "SELECT id, CAST(rooms AS BIGINT), starts, ends FROM occurrence"
    )
    tx.many(
        "INSERT INTO device (name, digest, prefix, made_at, painted_since, settled_at, touch) "
        "VALUES ('Panel', ?, '', ?, ?, ?, 'good')",
        [(f"d{number}", before, before, before) for number in numbers],
    )
    tx.run(
        "INSERT INTO device_room (device_id, room_id) SELECT d.id, r.id FROM device d JOIN room r "
        "ON d.digest = 'd' || CAST(r.id AS TEXT)"
    )
