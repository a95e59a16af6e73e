"""What becomes of bookings whose people do not come: warnings, releases, "nobody here?", emergencies.

A `release` row is made when people are first looked for; `outcome` says how far it has come (core/release.py), `starts`
is the start it is about: one of another start is not of the booking as it stands. `first_start` is where a long hold
began before its hours were given away, `seen_version` … `version` are versions of the booking between which only that
happened. `struck`: whether it was counted as a strike (NULL: not looked at yet). An `asking` is "nobody here?" and who
gets the room; `ending` keeps the five minutes' notice from being given twice. While an `emergency` is on in a place
nothing is released. Of a panel: since when its page has painted without a break, up to when all that was done at its
glass has reached us, and whether its touch is to be trusted. A panel that runs with a token is a `token_panel`.
"""

NUMBER = 8

STATEMENTS = (
    """CREATE TABLE release (
        occurrence_id {int} PRIMARY KEY REFERENCES occurrence (id), series_id {int}, starts {int} NOT NULL,
        due_at {int} NOT NULL, warned_at {int}, released_at {int}, freed_at {int}, outcome TEXT NOT NULL,
        minutes {int} NOT NULL DEFAULT 0, first_start {int}, seen_version {int}, version {int}, struck {int},
        changed_at {int} NOT NULL){strict}""",
    "CREATE INDEX release_series ON release (series_id, starts) WHERE series_id IS NOT NULL",
    "CREATE INDEX release_changed ON release (changed_at)",
    """CREATE INDEX release_unjudged ON release (occurrence_id)
        WHERE outcome = 'freed' AND struck IS NULL AND series_id IS NOT NULL""",
    """CREATE TABLE asking (
        occurrence_id {int} PRIMARY KEY REFERENCES occurrence (id), room_id {int} NOT NULL, asked_at {int} NOT NULL,
        until {int} NOT NULL, asker TEXT NOT NULL, source TEXT NOT NULL, minutes {int} NOT NULL, outcome TEXT NOT NULL,
        ended_at {int}){strict}""",
    "CREATE INDEX asking_open ON asking (until) WHERE outcome = 'asked'",
    """CREATE TABLE ending (
        occurrence_id {int} NOT NULL REFERENCES occurrence (id), ends {int} NOT NULL, at {int} NOT NULL,
        PRIMARY KEY (occurrence_id, ends)){strict}""",
    """CREATE TABLE emergency (
        id {id}, place_id {int} NOT NULL REFERENCES place (id), kind TEXT NOT NULL, drill {int} NOT NULL,
        began_at {int} NOT NULL, ends_at {int} NOT NULL, ended_at {int}, began_by TEXT NOT NULL,
        ended_by TEXT NOT NULL){strict}""",
    """CREATE TABLE token_panel (
        token_id {int} NOT NULL REFERENCES token (id), room_id {int} NOT NULL REFERENCES room (id),
        seen_at {int} NOT NULL, painted_since {int}, settled_at {int}, touch TEXT NOT NULL,
        PRIMARY KEY (token_id, room_id)){strict}""",
    "ALTER TABLE device ADD COLUMN painted_since {int}",
    "ALTER TABLE device ADD COLUMN settled_at {int}",
    "ALTER TABLE device ADD COLUMN touch TEXT NOT NULL DEFAULT ''",
)

SQLITE: tuple[str, ...] = ()
POSTGRES: tuple[str, ...] = ()
