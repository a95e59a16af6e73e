"""Letters: what is to be mailed, what came of it, and the links in them.

A `letter` keeps what it is written from (`data`, JSON) only until it is sent; `key` makes it go out once, `message_id`
is what its Message-ID begins with, `ticket_id` the ticket that a reply to it closes. State: waiting, sent, refused,
parked, bounced, dropped. A `link` opens one thing once, until it expires; only the digest of its secret is kept, and
when a mail server took the letter with it (`sent_at`).
`letter_choice`: whether somebody wants letters of a kind, where they said so.
"""

NUMBER = 10

STATEMENTS = (
    """CREATE TABLE letter (
        id {id}, key TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, person_id {int}, ticket_id {int}, address TEXT NOT NULL,
        language TEXT NOT NULL, zone TEXT NOT NULL, data TEXT NOT NULL, made_at {int} NOT NULL, next_at {int} NOT NULL,
        tries {int} NOT NULL, state TEXT NOT NULL, claim TEXT, claimed_until {int}, message_id TEXT NOT NULL,
        error TEXT NOT NULL, ended_at {int}){strict}""",
    "CREATE INDEX letter_waiting ON letter (next_at) WHERE state = 'waiting'",
    "CREATE INDEX letter_state ON letter (state, id)",
    "CREATE INDEX letter_message ON letter (message_id)",
    """CREATE TABLE link (
        digest TEXT PRIMARY KEY, purpose TEXT NOT NULL, occurrence_id {int}, ticket_id {int}, person_id {int},
        address TEXT NOT NULL, made_at {int} NOT NULL, ends_at {int} NOT NULL, used_at {int}, sent_at {int}){strict}""",
    "CREATE INDEX link_ends ON link (ends_at)",
    "CREATE INDEX link_of ON link (occurrence_id)",
    """CREATE TABLE letter_choice (
        person_id {int} NOT NULL, kind TEXT NOT NULL, wanted {int} NOT NULL, PRIMARY KEY (person_id, kind)){strict}""",
)

SQLITE: tuple[str, ...] = ()
POSTGRES: tuple[str, ...] = ()
