"""News are told at once: PostgreSQL notifies whoever listens when changes were committed.

Decisions: a trigger of the statement, so that many changes of one transaction are one word, and none is sent by hand.
PostgreSQL takes a lock over all commits that notify; they are in order behind the row of `change_end` already, so that
nobody waits for it who would not have waited anyway. SQLite needs none of it: its writers are in one process.
"""

NUMBER = 15
CHANNEL = "lintel_change"

STATEMENTS: tuple[str, ...] = ()

SQLITE: tuple[str, ...] = ()
POSTGRES: tuple[str, ...] = (
    f"""CREATE FUNCTION change_told() RETURNS trigger AS $$
    BEGIN
        PERFORM pg_notify('{CHANNEL}', '');
        RETURN NULL;
    END $$ LANGUAGE plpgsql""",
    "CREATE TRIGGER change_told AFTER INSERT ON change FOR EACH STATEMENT EXECUTE FUNCTION change_told()",
)
