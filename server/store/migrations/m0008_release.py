"""What becomes of bookings whose people do not come: warnings, releases, "nobody here?", emergencies.

A `release` row is made when people are first looked for; `outcome` says what came of it. An `asking` is "nobody here?".
While an `emergency` is on in a place nothing is released. Of a panel: since when its page has painted without a
break, up to when all that was done at its glass has reached us, and whether its touch is to be trusted.
"""

NUMBER = 8

STATEMENTS = (
    """CREATE TABLE release (
        occurrence_id {int} PRIMARY KEY REFERENCES occurrence (id), series_id {int}, due_at {int} NOT NULL,
        warned_at {int}, released_at {int}, freed_at {int}, outcome TEXT NOT NULL, minutes {int} NOT NULL DEFAULT 0,
        changed_at {int} NOT NULL){strict}""",
    "CREATE INDEX release_series ON release (series_id, due_at) WHERE series_id IS NOT NULL",
    """CREATE TABLE asking (
        occurrence_id {int} PRIMARY KEY REFERENCES occurrence (id), asked_at {int} NOT NULL, until {int} NOT NULL,
        asker TEXT NOT NULL, outcome TEXT NOT NULL){strict}""",
    """CREATE TABLE emergency (
        id {id}, place_id {int} NOT NULL REFERENCES place (id), kind TEXT NOT NULL, drill {int} NOT NULL,
        began_at {int} NOT NULL, ends_at {int} NOT NULL, ended_at {int}, began_by TEXT NOT NULL,
        ended_by TEXT NOT NULL){strict}""",
    "ALTER TABLE device ADD COLUMN painted_since {int}",
    "ALTER TABLE device ADD COLUMN settled_at {int}",
    "ALTER TABLE device ADD COLUMN touch TEXT NOT NULL DEFAULT ''",
)

SQLITE: tuple[str, ...] = ()
POSTGRES: tuple[str, ...] = ()
