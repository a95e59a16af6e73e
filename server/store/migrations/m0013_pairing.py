"""Devices are let in: pairings that wait, panels that are expected, keys that enrol many, lives and what is cloned.

A `pairing` is a device that asks to be let in: `digest` is that of the key it has drawn, `code` that of the code it
shows (by the instance's key), `address` that of where it asks from. State: waiting, refused. It goes when it is
approved, when its time is over, or when the device asks no more. `expected`: what a serial number is to become;
`rooms` are numbers in their order ("3,7"). An `enrolment` key lets in `most` devices until `ends_at`; only its digest
is kept. A `life` is a start of a device's agent (a digest of its name); `followed_at` is when another one began. A
device shows a room since `device_room.since`; `device_left` says until when it showed one that it has no more.
"""

NUMBER = 13

STATEMENTS = (
    "ALTER TABLE device ADD COLUMN kind TEXT NOT NULL DEFAULT 'panel'",
    "ALTER TABLE device ADD COLUMN place_id {int}",
    "ALTER TABLE device ADD COLUMN serial TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE device ADD COLUMN model TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE device ADD COLUMN fingerprint TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE device ADD COLUMN quarantined_at {int}",
    "ALTER TABLE device ADD COLUMN enrolment_id {int}",
    "ALTER TABLE device_room ADD COLUMN position {int} NOT NULL DEFAULT 0",
    "ALTER TABLE device_room ADD COLUMN since {int} NOT NULL DEFAULT 0",
    """CREATE TABLE device_left (
        device_id {int} NOT NULL REFERENCES device (id), room_id {int} NOT NULL, left_at {int} NOT NULL,
        PRIMARY KEY (device_id, room_id)){strict}""",
    "CREATE INDEX device_place ON device (place_id) WHERE place_id IS NOT NULL",
    """CREATE TABLE pairing (
        id {id}, digest TEXT NOT NULL UNIQUE, prefix TEXT NOT NULL, code TEXT UNIQUE, state TEXT NOT NULL,
        address TEXT NOT NULL, serial TEXT NOT NULL, model TEXT NOT NULL, version TEXT NOT NULL, glass TEXT NOT NULL,
        fingerprint TEXT NOT NULL, began_at {int} NOT NULL, seen_at {int} NOT NULL, expires_at {int} NOT NULL){strict}
    """,
    "CREATE INDEX pairing_seen ON pairing (seen_at)",
    "CREATE INDEX pairing_address ON pairing (address)",
    """CREATE TABLE expected (
        serial TEXT PRIMARY KEY, rooms TEXT NOT NULL, place_id {int}, name TEXT NOT NULL,
        made_at {int} NOT NULL){strict}""",
    """CREATE TABLE enrolment (
        id {id}, digest TEXT NOT NULL UNIQUE, prefix TEXT NOT NULL, name TEXT NOT NULL, place_id {int} NOT NULL,
        most {int} NOT NULL, used {int} NOT NULL DEFAULT 0, made_at {int} NOT NULL, ends_at {int} NOT NULL,
        revoked_at {int}){strict}""",
    """CREATE TABLE life (
        device_id {int} NOT NULL REFERENCES device (id), life TEXT NOT NULL, since {int} NOT NULL, followed_at {int},
        PRIMARY KEY (device_id, life)){strict}""",
)

SQLITE: tuple[str, ...] = ()
POSTGRES: tuple[str, ...] = ()
