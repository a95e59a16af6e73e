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
    """CREATE FUNCTION tell(
        ats bigint[], whats text[], rooms bigint[], subjects bigint[], actors text[], sources text[], codes_ text[],
        befores text[], afters text[], digests text[], salts text[], bodies text[]) RETURNS void AS $$
    DECLARE last bigint; first bigint; link text; chains text[]; cell text; cells text;
    BEGIN
        SELECT e.seq, e.chain INTO last, link FROM change_end e FOR UPDATE;
        first := last + 1;
        FOR i IN 1 .. array_length(ats, 1) LOOP
            cells := '';
            FOREACH cell IN ARRAY ARRAY[(last + i)::text, ats[i]::text, first::text, whats[i],
                coalesce(rooms[i]::text, ''), coalesce(subjects[i]::text, ''), actors[i], sources[i], codes_[i],
                befores[i], afters[i], digests[i]]
            LOOP
                cells := cells || char_length(cell) || ':' || cell;
            END LOOP;
            link := encode(sha256(convert_to(link || cells, 'UTF8')), 'hex');
            chains[i] := link;
        END LOOP;
        INSERT INTO change (seq, act, chain, at, what, room_id, subject, actor, source, codes, before, after, digest)
            SELECT last + n.i, first, chains[n.i], n.at, n.what, n.room, n.subject, n.actor, n.source, n.codes,
                n.before, n.after, n.digest
            FROM unnest(ats, whats, rooms, subjects, actors, sources, codes_, befores, afters, digests)
                WITH ORDINALITY AS n (at, what, room, subject, actor, source, codes, before, after, digest, i);
        INSERT INTO change_text (seq, salt, body)
            SELECT last + n.i, n.salt, n.body FROM unnest(salts, bodies) WITH ORDINALITY AS n (salt, body, i)
            WHERE n.body <> '';
        UPDATE change_end SET seq = last + array_length(ats, 1), chain = link;
    END $$ LANGUAGE plpgsql""",
)
