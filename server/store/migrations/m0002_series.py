"""Series: the pattern as text in wall time, the address of each occurrence in it, and the dates that hold nothing.

`start_wall`, `since_wall` and `until_wall` are ISO wall times of the series' zone; `lines` are RFC 5545 content lines,
one a row, floating. `op.more` keeps what an answer about a whole series said. `zone_data` is what the zone database
said of a zone when its bookings were last placed.
"""

NUMBER = 2

STATEMENTS = (
    """CREATE TABLE series (
        id {id}, uid TEXT NOT NULL UNIQUE, rooms TEXT NOT NULL, zone TEXT NOT NULL, start_wall TEXT NOT NULL,
        since_wall TEXT, until_wall TEXT, lines TEXT NOT NULL, length_days {int} NOT NULL,
        length_seconds {int} NOT NULL, title TEXT NOT NULL, organizer TEXT NOT NULL, organizer_email TEXT NOT NULL,
        description TEXT NOT NULL, source TEXT NOT NULL, made_by TEXT NOT NULL, made_at {int} NOT NULL,
        changed_at {int} NOT NULL, carried_to {int} NOT NULL, open {int} NOT NULL, version {int} NOT NULL,
        CHECK (open IN (0, 1))){strict}""",
    "CREATE INDEX series_open ON series (carried_to) WHERE open = 1",
    "ALTER TABLE occurrence ADD COLUMN series_uid TEXT",
    "CREATE UNIQUE INDEX occurrence_address ON occurrence (series_id, original_start) WHERE series_id IS NOT NULL",
    """CREATE TABLE left_out (
        series_id {int} NOT NULL REFERENCES series (id), at {int} NOT NULL, found_at {int} NOT NULL,
        codes TEXT NOT NULL, PRIMARY KEY (series_id, at)){strict}""",
    "ALTER TABLE op ADD COLUMN more TEXT",
    "CREATE TABLE zone_data (name TEXT PRIMARY KEY, spans TEXT NOT NULL){strict}",
)

SQLITE: tuple[str, ...] = ()
POSTGRES: tuple[str, ...] = ()
