"""People and what opens the house to them: accounts, groups, rights, sessions, keys, and guesses that went wrong.

Secrets are digests: passwords and PINs by argon2id, everything of 128 random bits and more by SHA-256 (`sealed` values
must be read again and are kept by the instance's key). `credits` are hundredths. `rights.subject` is a person's or a
group's number, 0 for everybody; a right is to a place (with all below it) or to a room. `person.folded` holds what
people are searched by, case-folded, a line each.
"""

NUMBER = 3

STATEMENTS = (
    """CREATE TABLE person (
        id {id}, email TEXT NOT NULL, email_key TEXT NOT NULL UNIQUE, login TEXT NOT NULL,
        login_key TEXT NOT NULL UNIQUE, first_name TEXT NOT NULL, last_name TEXT NOT NULL, role TEXT NOT NULL,
        account TEXT NOT NULL,
        department TEXT NOT NULL, language TEXT NOT NULL, zone TEXT NOT NULL, phone TEXT NOT NULL,
        organization TEXT NOT NULL, position TEXT NOT NULL, color TEXT NOT NULL, credits {int} NOT NULL,
        attributes TEXT NOT NULL, sealed {int} NOT NULL, made_at {int} NOT NULL, seen_at {int}, erased_at {int},
        password TEXT, pin TEXT, feed_digest TEXT UNIQUE, folded TEXT NOT NULL, version {int} NOT NULL,
        unproven {int} NOT NULL DEFAULT 0){strict}""",
    "CREATE INDEX person_department ON person (department)",
    "CREATE INDEX person_admin ON person (id) WHERE role = 'admin'",
    """CREATE TABLE team (
        id {id}, name TEXT NOT NULL, name_key TEXT NOT NULL UNIQUE, automatic {int} NOT NULL, roles TEXT NOT NULL,
        led_by {int} REFERENCES team (id), external TEXT NOT NULL, version {int} NOT NULL){strict}""",
    """CREATE TABLE membership (
        team_id {int} NOT NULL REFERENCES team (id), person_id {int} NOT NULL REFERENCES person (id),
        source TEXT NOT NULL, PRIMARY KEY (team_id, person_id)){strict}""",
    "CREATE INDEX membership_person ON membership (person_id)",
    """CREATE TABLE identity (
        provider TEXT NOT NULL, subject TEXT NOT NULL, person_id {int} NOT NULL REFERENCES person (id),
        made_at {int} NOT NULL, PRIMARY KEY (provider, subject)){strict}""",
    "CREATE INDEX identity_person ON identity (person_id)",
    """CREATE TABLE badge (
        digest TEXT PRIMARY KEY, person_id {int} NOT NULL REFERENCES person (id), label TEXT NOT NULL,
        made_at {int} NOT NULL){strict}""",
    "CREATE INDEX badge_person ON badge (person_id)",
    """CREATE TABLE session (
        digest TEXT PRIMARY KEY, person_id {int} NOT NULL REFERENCES person (id), source TEXT NOT NULL,
        label TEXT NOT NULL, made_at {int} NOT NULL, seen_at {int} NOT NULL, ends_at {int} NOT NULL){strict}""",
    "CREATE INDEX session_person ON session (person_id)",
    """CREATE TABLE api_key (
        id {id}, person_id {int} NOT NULL REFERENCES person (id), kind TEXT NOT NULL, name TEXT NOT NULL,
        digest TEXT NOT NULL UNIQUE, prefix TEXT NOT NULL, sealed_secret TEXT, persistent {int} NOT NULL,
        blocked {int} NOT NULL,
        made_at {int} NOT NULL, last_used_at {int}, expires_at {int}, revoked_at {int}){strict}""",
    "CREATE INDEX api_key_person ON api_key (person_id)",
    "ALTER TABLE token ADD COLUMN person_id {int}",
    """CREATE TABLE rights (
        id {id}, kind TEXT NOT NULL, subject {int} NOT NULL, place_id {int} NOT NULL, room_id {int} NOT NULL,
        level TEXT NOT NULL, UNIQUE (kind, subject, place_id, room_id)){strict}""",
    "CREATE INDEX change_general ON change (seq) WHERE room_id IS NULL AND what <> 'signed_in'",
    """CREATE TABLE throttle (
        name TEXT PRIMARY KEY, failures {int} NOT NULL, in_row {int} NOT NULL, since {int} NOT NULL,
        until {int} NOT NULL){strict}""",
)

SQLITE: tuple[str, ...] = ()
POSTGRES: tuple[str, ...] = ()
