"""What staff are told: faults and exceptions as tickets, and who in which place receives them.

A `ticket` is open once per category and `subject` ("device:3", "hook:7", "room:12:cold"). A `receiver` is told of
tickets of a category in a place and all below it; `target` is an e-mail address or the number of a webhook.
"""

NUMBER = 11

STATEMENTS = (
    """CREATE TABLE ticket (
        id {id}, public_id TEXT NOT NULL UNIQUE, category TEXT NOT NULL, subject TEXT NOT NULL, place_id {int} NOT NULL,
        room_id {int}, codes TEXT NOT NULL, note TEXT NOT NULL, opened_at {int} NOT NULL, opened_by TEXT NOT NULL,
        again_at {int} NOT NULL, times {int} NOT NULL, state TEXT NOT NULL, closed_at {int}, closed_by TEXT NOT NULL,
        told_at {int}, version {int} NOT NULL){strict}""",
    "CREATE UNIQUE INDEX ticket_open ON ticket (category, subject) WHERE state = 'open'",
    "CREATE INDEX ticket_untold ON ticket (opened_at) WHERE told_at IS NULL",
    """CREATE TABLE receiver (
        id {id}, place_id {int} NOT NULL REFERENCES place (id), category TEXT NOT NULL, kind TEXT NOT NULL,
        target TEXT NOT NULL, language TEXT NOT NULL, delay_minutes {int} NOT NULL, quiet TEXT NOT NULL,
        version {int} NOT NULL){strict}""",
)

SQLITE: tuple[str, ...] = ()
POSTGRES: tuple[str, ...] = ()
