"""No table grows without end: each says here what bounds it, and one that does not is found."""

from server.core.access import CLI
from server.core.clock import epoch
from server.engine.leases import Leases
from server.engine.rounds import Rounds
from server.store.database import Tx
from tests.make import NOW, house, opened

HOUSE = "one row for each thing of the house, and the engine bounds how many there may be"
BOOKINGS = "as many as there are bookings, which stay: their texts go by retention.bookings_days"
BOUNDS = {
    "meta": "named values", "migration": "one a step",
    "place": HOUSE, "room": HOUSE, "room_type": HOUSE, "room_in_group": HOUSE,
    "equipment": HOUSE, "status_reason": HOUSE, "attribute": HOUSE, "accessory": HOUSE,
    "quota": HOUSE, "timetable": HOUSE, "file": HOUSE, "rights": HOUSE, "hook": HOUSE, "receiver": HOUSE,
    "person": HOUSE, "team": HOUSE, "membership": HOUSE, "identity": HOUSE, "badge": HOUSE, "api_key": HOUSE,
    "token": HOUSE, "token_room": HOUSE, "device": HOUSE, "device_room": HOUSE, "letter_choice": HOUSE,
    "closure": HOUSE, "closure_plan": HOUSE, "closure_left_out": HOUSE, "zone_data": "one a zone",
    "emergency": "made by hand, one at a time",
    "occurrence": BOOKINGS, "series": BOOKINGS, "hold": BOOKINGS, "claim": BOOKINGS, "left_out": BOOKINGS,
    "release": "one a booking", "token_panel": HOUSE, "asking": "one a booking",
    "change": "the audit trail: it is kept whole; lintel audit sends it out",
    "change_text": "retention.bookings_days; of tickets retention.tickets_days", "change_end": "one row",
    "audit_head": "one an hour, for as long as the trail", "audit_sent": "one for each place that it is sent to",
    "op": "retention.op_days", "session": "the hourly round", "throttle": "the hourly round",
    "wait": "a hundred a room and day", "reminded": "the daily round", "ending": "the daily round",
    "pairing": "500 at once, for ten minutes", "expected": "10,000, each until it is let in",
    "enrolment": "1,000, a year after their days", "life": "twenty a device", "device_left": "two weeks",
    "lease": "one a sweep", "run": "the daily round", "alive": "the daily round", "outbox": "one a listener",
    "stuck": "acts that fail; each is a ticket", "delivery": "10,000 waiting a hook, the others thirty days",
    "letter": "ninety days", "link": "ninety days", "ticket": "retention.tickets_days",
    "ticket_note": "twenty a ticket, as long as the ticket", "telling": "one a ticket and receiver, as long as it",
    "sighting": "one a device", "device_order": "thirty days", "device_picture": "one a device, thirty days",
    "panel_setting": HOUSE,
    "door_grant": "one a device and room", "door_journal": "twenty a device", "door_op": "retention.door_ops_days",
    "conflict": "retention.door_ops_days", "recovered": "retention.door_ops_days", "torn_journal": "five a device",
}  # fmt: skip


def test_every_table_says_what_bounds_it(fresh_sqlite: str) -> None:
    with opened(fresh_sqlite) as store:
        store.migrate(NOW)
        with store.reading() as tx:
            rows = tx.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    assert {name for (name,) in rows} ^ set(BOUNDS) == set()


def test_what_goes_by_rounds_is_gone_when_they_were_made(fresh_sqlite: str) -> None:
    """A year and a half of what the server writes by itself, and the rounds of one night."""
    with opened(fresh_sqlite) as store:
        it = house(store)
        booked = it.book("11:00", "12:00")
        it.engine.tickets.report("oak", "light", CLI, note="It flickers")
        it.engine.tickets.close(1, CLI)
        at = epoch(it.clock.now())

        def fill(tx: Tx) -> None:
            tx.run("INSERT INTO ending (occurrence_id, ends, at) VALUES (?,?,?)", (booked.id, at, at))
            tx.run("INSERT INTO alive (since, until) VALUES (?,?), (?,?)", (at, at, at + 9, at + 9))
            tx.run("INSERT INTO run (name, due, fence, began_at, error) VALUES ('a', ?, 1, ?, '')", (at, at))
            tx.run("INSERT INTO run (name, due, fence, began_at, error) VALUES ('a', ?, 1, ?, '')", (at + 9, at))

        store.writing(fill)
        it.clock.forward(days=548)
        it.engine.retention.run()
        Rounds(store, it.clock, Leases(store, it.clock, "one")).tidy()
        with store.reading() as tx:
            left = {each: len(tx.rows(f"SELECT * FROM {each}")) for each in ("ending", "alive", "run", "ticket")}
    assert left == {"ending": 0, "alive": 1, "run": 1, "ticket": 0}, "of spans and runs the last is known"
