"""What staff are told: faults and exceptions as tickets, who in which place receives them, and what they were told.

A `ticket` is open once per category and `subject` ("device:3", "hook:7", "room:12:too_cold"); `since` is when it was
opened last, `opened_at` when it was first. What people wrote of it is in `ticket_note`. A `receiver` is told of tickets
of a category in a place and all below it; `target` is an e-mail address or the id of a webhook, `delay_minutes`
NULL what the category asks for. `telling` says which receiver was told of which ticket, and in which letter, last.
"""

NUMBER = 11

STATEMENTS = (
    """CREATE TABLE ticket (
        id {id}, category TEXT NOT NULL, subject TEXT NOT NULL, place_id {int} NOT NULL, room_id {int},
        codes TEXT NOT NULL, opened_at {int} NOT NULL, opened_by TEXT NOT NULL, since {int} NOT NULL,
        again_at {int} NOT NULL, times {int} NOT NULL, state TEXT NOT NULL, closed_at {int}, closed_by TEXT NOT NULL,
        version {int} NOT NULL){strict}""",
    "CREATE UNIQUE INDEX ticket_open ON ticket (category, subject) WHERE state = 'open'",
    "CREATE INDEX ticket_closed ON ticket (closed_at) WHERE state = 'closed'",
    "CREATE INDEX ticket_subject ON ticket (subject, category)",
    "CREATE INDEX ticket_room ON ticket (room_id)",
    """CREATE TABLE ticket_note (
        id {id}, ticket_id {int} NOT NULL REFERENCES ticket (id), person_id {int}, at {int} NOT NULL,
        body TEXT NOT NULL){strict}""",
    "CREATE INDEX ticket_note_of ON ticket_note (ticket_id)",
    "CREATE INDEX ticket_note_person ON ticket_note (person_id)",
    """CREATE TABLE receiver (
        id {id}, place_id {int} NOT NULL REFERENCES place (id), category TEXT NOT NULL, kind TEXT NOT NULL,
        target TEXT NOT NULL, language TEXT NOT NULL, delay_minutes {int}, quiet TEXT NOT NULL,
        version {int} NOT NULL, UNIQUE (place_id, category, kind, target)){strict}""",
    """CREATE TABLE telling (
        ticket_id {int} NOT NULL REFERENCES ticket (id), receiver_id {int} NOT NULL REFERENCES receiver (id),
        opened_at {int} NOT NULL, closed_at {int}, letter TEXT NOT NULL, PRIMARY KEY (ticket_id, receiver_id)){strict}
    """,
    "CREATE INDEX telling_letter ON telling (letter)",
)

SQLITE: tuple[str, ...] = ()
POSTGRES: tuple[str, ...] = ()
