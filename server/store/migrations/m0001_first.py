"""Rooms, bookings as occurrence rows, what they hold, keys, and the change feed.

Instants are whole seconds since 1970 in UTC on both databases, so that an interval is compared the same way by
SQLite's triggers, PostgreSQL's exclusion constraint and Python. Truth values are 0 and 1. `occurrence.rooms` lists room
numbers for reading ("3" or "3,7"); the holds are the law.
"""

NUMBER = 1

STATEMENTS = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL){strict}",
    """CREATE TABLE room (
        id {id}, slug TEXT NOT NULL UNIQUE, name TEXT NOT NULL, zone TEXT NOT NULL, email TEXT NOT NULL,
        capacity {int} NOT NULL, room_number TEXT NOT NULL, room_type TEXT NOT NULL, facilities TEXT NOT NULL,
        description TEXT NOT NULL, contact TEXT NOT NULL, site TEXT NOT NULL, building TEXT NOT NULL,
        floor TEXT NOT NULL, street TEXT NOT NULL, postal_code TEXT NOT NULL, city TEXT NOT NULL, active {int} NOT NULL,
        auto_accept {int} NOT NULL, policy TEXT NOT NULL, feed_digest TEXT, version {int} NOT NULL){strict}""",
    """CREATE TABLE occurrence (
        id {id}, uid TEXT NOT NULL UNIQUE, series_id {int}, original_start {int}, rooms TEXT NOT NULL,
        starts {int} NOT NULL, ends {int} NOT NULL, standing TEXT NOT NULL, title TEXT NOT NULL,
        organizer TEXT NOT NULL, organizer_email TEXT NOT NULL, description TEXT NOT NULL, source TEXT NOT NULL,
        made_by TEXT NOT NULL, made_at {int} NOT NULL, changed_at {int} NOT NULL, planned_end {int},
        checked_in_at {int}, ended_at {int}, version {int} NOT NULL, CHECK (starts < ends)){strict}""",
    """CREATE TABLE closure (
        id {id}, room_id {int} NOT NULL REFERENCES room (id), starts {int} NOT NULL, ends {int} NOT NULL,
        reason TEXT NOT NULL, CHECK (starts < ends)){strict}""",
    """CREATE TABLE hold (
        id {id}, occurrence_id {int} REFERENCES occurrence (id), closure_id {int} REFERENCES closure (id),
        room_id {int} NOT NULL REFERENCES room (id), lane {int} NOT NULL DEFAULT 0,
        held_from {int} NOT NULL, held_to {int} NOT NULL, active {int} NOT NULL DEFAULT 1,
        CHECK (held_from < held_to), CHECK (active IN (0, 1)),
        CHECK ((occurrence_id IS NULL) <> (closure_id IS NULL))){strict}""",
    "CREATE INDEX hold_active ON hold (room_id, lane, held_from) WHERE active = 1",
    "CREATE INDEX hold_idle ON hold (room_id, held_from) WHERE active = 0",
    "CREATE INDEX hold_occurrence ON hold (occurrence_id)",
    "CREATE INDEX hold_closure ON hold (closure_id) WHERE closure_id IS NOT NULL",
    """CREATE TABLE token (
        id {id}, public_id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, scope TEXT NOT NULL,
        digest TEXT NOT NULL UNIQUE, prefix TEXT NOT NULL, made_at {int} NOT NULL,
        last_used_at {int}, expires_at {int}, revoked_at {int}){strict}""",
    """CREATE TABLE token_room (
        token_id {int} NOT NULL REFERENCES token (id), room_id {int} NOT NULL REFERENCES room (id),
        PRIMARY KEY (token_id, room_id)){strict}""",
    """CREATE TABLE device (
        id {id}, name TEXT NOT NULL, digest TEXT NOT NULL UNIQUE, prefix TEXT NOT NULL, made_at {int} NOT NULL,
        seen_at {int}, revoked_at {int}, heartbeat TEXT NOT NULL DEFAULT '{{}}'){strict}""",
    """CREATE TABLE device_room (
        device_id {int} NOT NULL REFERENCES device (id), room_id {int} NOT NULL REFERENCES room (id),
        PRIMARY KEY (device_id, room_id)){strict}""",
    """CREATE TABLE op (
        actor TEXT NOT NULL, op_key TEXT NOT NULL, digest TEXT NOT NULL, at {int} NOT NULL, what TEXT NOT NULL,
        before TEXT, after TEXT NOT NULL, PRIMARY KEY (actor, op_key)){strict}""",
    """CREATE TABLE change (
        seq {id}, at {int} NOT NULL, what TEXT NOT NULL, room_id {int}, subject {int}, actor TEXT NOT NULL,
        codes TEXT NOT NULL, digest TEXT NOT NULL){strict}""",
    "CREATE INDEX change_room ON change (room_id, seq)",
    "CREATE TABLE change_text (seq {int} PRIMARY KEY, salt TEXT NOT NULL, body TEXT NOT NULL){strict}",
)

_CLASH = """SELECT RAISE(ABORT, 'hold overlaps another') WHERE (
    SELECT held_to FROM hold WHERE room_id = NEW.room_id AND lane = NEW.lane AND active = 1 {own}
    AND held_from < NEW.held_to ORDER BY held_from DESC LIMIT 1) > NEW.held_from;"""

SQLITE = (
    "CREATE TRIGGER hold_insert BEFORE INSERT ON hold WHEN NEW.active = 1 BEGIN " + _CLASH.format(own="") + " END",
    "CREATE TRIGGER hold_update BEFORE UPDATE OF room_id, lane, held_from, held_to, active ON hold "
    "WHEN NEW.active = 1 BEGIN " + _CLASH.format(own="AND id <> OLD.id") + " END",
)

POSTGRES = (
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    """ALTER TABLE hold ADD CONSTRAINT hold_no_overlap EXCLUDE USING gist
        (room_id WITH =, lane WITH =, int8range(held_from, held_to) WITH &&) WHERE (active = 1)
        DEFERRABLE INITIALLY IMMEDIATE""",
)
