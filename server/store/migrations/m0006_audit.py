"""The change feed becomes the audit trail: through which door, what was and what is, and a chain over all of it.

`change.act` is the seq of the first change of the same transaction; `before` and `after` are JSON or "", `chain` is the
link of the change (core/audit.py). `change_end` has one row: the newest seq and its link, so that a change that was cut
off the end is missed. On PostgreSQL its row is the lock behind which changes are numbered. `tell` writes changes on
both, in one statement. `audit_head` are the signed heads, numbered from 1, `count` the changes up to `seq`;
`audit_sent` says how far the trail has been sent where.
"""

NUMBER = 6

STATEMENTS = (
    "ALTER TABLE change ADD COLUMN act {int} NOT NULL DEFAULT 0",
    "ALTER TABLE change ADD COLUMN source TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE change ADD COLUMN before TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE change ADD COLUMN after TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE change ADD COLUMN chain TEXT NOT NULL DEFAULT ''",
    "UPDATE change SET act = seq",
    "CREATE TABLE change_end (seq {int} NOT NULL, chain TEXT NOT NULL){strict}",
    "INSERT INTO change_end (seq, chain) SELECT coalesce(max(seq), 0), '' FROM change",
    """CREATE TABLE audit_head (
        number {int} PRIMARY KEY, incarnation TEXT NOT NULL, seq {int} NOT NULL, at {int} NOT NULL, chain TEXT NOT NULL,
        count {int} NOT NULL, signature TEXT NOT NULL){strict}""",
    "CREATE TABLE audit_sent (target TEXT PRIMARY KEY, seq {int} NOT NULL){strict}",
)

SQLITE = (
    "CREATE VIEW tell AS SELECT *, '' AS salt, '' AS body FROM change",
    """CREATE TRIGGER tell_insert INSTEAD OF INSERT ON tell BEGIN
        INSERT INTO change (seq, act, chain, at, what, room_id, subject, actor, source, codes, before, after, digest)
            VALUES (NEW.seq, NEW.act, NEW.chain, NEW.at, NEW.what, NEW.room_id, NEW.subject, NEW.actor, NEW.source,
                NEW.codes, NEW.before, NEW.after, NEW.digest);
        INSERT INTO change_text (seq, salt, body) SELECT NEW.seq, NEW.salt, NEW.body WHERE NEW.body <> '';
        UPDATE change_end SET seq = NEW.seq, chain = NEW.chain;
    END""",
)
POSTGRES = (
    """CREATE FUNCTION tell(told json) RETURNS void AS $$
    DECLARE number bigint; first bigint; link text; it record; cell text; cells text;
    BEGIN
        SELECT e.seq, e.chain INTO number, link FROM change_end e FOR UPDATE;
        first := number + 1;
        FOR it IN SELECT * FROM json_to_recordset(told) AS n (
            at bigint, what text, room_id bigint, subject bigint, actor text, source text, codes text,
            before text, after text, digest text, salt text, body text)
        LOOP
            number := number + 1;
            cells := '';
            FOREACH cell IN ARRAY ARRAY[number::text, it.at::text, first::text, it.what, coalesce(it.room_id::text, ''),
                coalesce(it.subject::text, ''), it.actor, it.source, it.codes, it.before, it.after, it.digest]
            LOOP
                cells := cells || char_length(cell) || ':' || cell;
            END LOOP;
            link := encode(sha256(convert_to(link || cells, 'UTF8')), 'hex');
            INSERT INTO change (
                seq, act, chain, at, what, room_id, subject, actor, source, codes, before, after, digest)
                VALUES (number, first, link, it.at, it.what, it.room_id, it.subject, it.actor, it.source, it.codes,
                    it.before, it.after, it.digest);
            IF it.body <> '' THEN
                INSERT INTO change_text (seq, salt, body) VALUES (number, it.salt, it.body);
            END IF;
        END LOOP;
        UPDATE change_end SET seq = number, chain = link;
    END $$ LANGUAGE plpgsql""",
)
