"""Time that doors own, what they did with it while they were cut off, and where that met something else.

A hold may be a door's: of a `door_grant`, beside those of bookings and closures, under the same law. A grant is what
one device owns of one room's time: `version` the newest that was issued, `versions` every one that the device may hold
(JSON: [[version, [[from, to], …]], …], the acknowledged one first), `asked` what of it somebody waits for (JSON:
[[from, to, until], …]), `forced_at` since when staff no longer wait for the device. A `door_journal` is how far a
device's journal of an epoch has been taken, with the hash of the last entry; a `door_op` one entry of it, whole, and
what came of it. A `conflict` is a booking that gave way (`occurrence_id`, none where an entry could not be placed) and
the one that it met (`other_id`, none where that is no booking), about the time from `wanted_from` to `wanted_to`. What
a panel attested after a backup was put back is `recovered`: in which life, as it was told (`version`, from `starts_at`
to `ends_at`), and the `outcome` (core/attest.py); `occurrence_id` is the booking, none where it is only listed,
`device_id` none where a token told of it. A `torn_journal` is a card's journal as it was found when it could not be
read.
Few bookings are at risk at a time, and whoever judges looks for them: they have an index of their own.
"""

NUMBER = 16

_KIND = (
    "(CASE WHEN occurrence_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN closure_id IS NULL THEN 0 ELSE 1 END) + "
    "(CASE WHEN grant_id IS NULL THEN 0 ELSE 1 END) = 1"
)

STATEMENTS = (
    """CREATE TABLE door_grant (
        id {id}, device_id {int} NOT NULL REFERENCES device (id), room_id {int} NOT NULL REFERENCES room (id),
        version {int} NOT NULL, versions TEXT NOT NULL, asked TEXT NOT NULL, made_at {int} NOT NULL,
        told_at {int}, forced_at {int}, UNIQUE (device_id, room_id)){strict}""",
    "CREATE INDEX door_grant_room ON door_grant (room_id)",
    """CREATE TABLE door_journal (
        device_id {int} NOT NULL REFERENCES device (id), epoch TEXT NOT NULL, applied {int} NOT NULL,
        hash TEXT NOT NULL, began_at {int} NOT NULL, heard_at {int} NOT NULL, PRIMARY KEY (device_id, epoch)){strict}
    """,
    """CREATE TABLE door_op (
        id {id}, op TEXT NOT NULL, device_id {int} NOT NULL REFERENCES device (id), epoch TEXT NOT NULL,
        seq {int} NOT NULL, hash TEXT NOT NULL, act TEXT NOT NULL, room_id {int}, body TEXT NOT NULL,
        outcome TEXT NOT NULL, codes TEXT NOT NULL, occurrence_id {int}, conflict_id {int}, at {int} NOT NULL,
        UNIQUE (device_id, epoch, seq, hash)){strict}""",
    "CREATE INDEX door_op_op ON door_op (op)",
    "CREATE INDEX door_op_at ON door_op (at)",
    "CREATE INDEX door_op_device ON door_op (device_id, at)",
    """CREATE TABLE conflict (
        id {id}, room_id {int} NOT NULL, kind TEXT NOT NULL, occurrence_id {int}, other_id {int},
        wanted_from {int} NOT NULL, wanted_to {int} NOT NULL, made_at {int} NOT NULL, state TEXT NOT NULL,
        resolution TEXT NOT NULL, resolved_at {int}, resolved_by TEXT NOT NULL){strict}""",
    "CREATE INDEX conflict_open ON conflict (room_id, wanted_from) WHERE state = 'open'",
    "CREATE INDEX conflict_made ON conflict (made_at)",
    "CREATE INDEX conflict_occurrence ON conflict (occurrence_id)",
    "CREATE INDEX conflict_other ON conflict (other_id)",
    "CREATE INDEX occurrence_at_risk ON occurrence (starts) WHERE standing = 'at_risk'",
    """CREATE TABLE recovered (
        id {id}, incarnation TEXT NOT NULL, room_id {int} NOT NULL, uid TEXT NOT NULL, device_id {int},
        version {int} NOT NULL, starts_at {int} NOT NULL, ends_at {int} NOT NULL, outcome TEXT NOT NULL,
        occurrence_id {int}, conflict_id {int}, at {int} NOT NULL, seen_at {int}, seen_by TEXT NOT NULL,
        UNIQUE (incarnation, room_id, uid)){strict}""",
    "CREATE INDEX recovered_unseen ON recovered (id) WHERE seen_at IS NULL",
    """CREATE TABLE torn_journal (
        id {id}, device_id {int} NOT NULL REFERENCES device (id), at {int} NOT NULL, body {blob} NOT NULL){strict}""",
)

_CLASH = """SELECT RAISE(ABORT, 'hold overlaps another') WHERE (
    SELECT held_to FROM hold WHERE room_id = NEW.room_id AND lane = NEW.lane AND active = 1 {own}
    AND held_from < NEW.held_to ORDER BY held_from DESC LIMIT 1) > NEW.held_from;"""

# SQLite cannot change what a table checks: the holds move into a new one. Nothing refers to them.
SQLITE = (
    f"""CREATE TABLE hold_new (
        id INTEGER PRIMARY KEY AUTOINCREMENT, occurrence_id INTEGER REFERENCES occurrence (id),
        closure_id INTEGER REFERENCES closure (id), grant_id INTEGER REFERENCES door_grant (id),
        room_id INTEGER NOT NULL REFERENCES room (id), lane INTEGER NOT NULL DEFAULT 0,
        held_from INTEGER NOT NULL, held_to INTEGER NOT NULL, active INTEGER NOT NULL DEFAULT 1,
        CHECK (held_from < held_to), CHECK (active IN (0, 1)), CHECK ({_KIND})) STRICT""",
    "INSERT INTO hold_new (id, occurrence_id, closure_id, room_id, lane, held_from, held_to, active) "
    "SELECT id, occurrence_id, closure_id, room_id, lane, held_from, held_to, active FROM hold",
    "DROP TABLE hold",
    "ALTER TABLE hold_new RENAME TO hold",
    "CREATE INDEX hold_active ON hold (room_id, lane, held_from) WHERE active = 1",
    "CREATE INDEX hold_deep ON hold (room_id, held_from) WHERE active = 1 AND lane > 0",
    "CREATE INDEX hold_idle ON hold (room_id, held_from) WHERE active = 0",
    "CREATE INDEX hold_occurrence ON hold (occurrence_id)",
    "CREATE INDEX hold_closure ON hold (closure_id) WHERE closure_id IS NOT NULL",
    "CREATE INDEX hold_grant ON hold (grant_id) WHERE grant_id IS NOT NULL",
    "CREATE TRIGGER hold_insert BEFORE INSERT ON hold WHEN NEW.active = 1 BEGIN " + _CLASH.format(own="") + " END",
    "CREATE TRIGGER hold_update BEFORE UPDATE OF room_id, lane, held_from, held_to, active ON hold "
    "WHEN NEW.active = 1 BEGIN " + _CLASH.format(own="AND id <> OLD.id") + " END",
)

POSTGRES = (
    "ALTER TABLE hold DROP CONSTRAINT hold_check1",
    "ALTER TABLE hold ADD COLUMN grant_id BIGINT REFERENCES door_grant (id)",
    f"ALTER TABLE hold ADD CONSTRAINT hold_one_kind CHECK ({_KIND})",
    "CREATE INDEX hold_grant ON hold (grant_id) WHERE grant_id IS NOT NULL",
)
