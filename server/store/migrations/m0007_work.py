"""What the server does by itself: who does it, what was done when, and how far the feed has been told on.

A `lease` is held by one process while it keeps counting `beat` up; `fence` grows with each new holder, `renewed_at` is
for people to read. A `run` is a job with a due time, which happens once. `alive` are the times in which rounds were
made. `outbox` says up to which change a listener has been told, `stuck` which acts it could not take. A `reminded` row
is a reminder to come, or one that has been given (`at`): once for each booking, its minutes, and the time that it is
about. Requests that nobody has answered are found by an index of their own.
"""

NUMBER = 7

STATEMENTS = (
    """CREATE TABLE lease (
        name TEXT PRIMARY KEY, holder TEXT NOT NULL, fence {int} NOT NULL, beat {int} NOT NULL,
        renewed_at {int} NOT NULL){strict}""",
    """CREATE TABLE run (
        name TEXT NOT NULL, due {int} NOT NULL, fence {int} NOT NULL, began_at {int} NOT NULL, ended_at {int},
        error TEXT NOT NULL DEFAULT '', PRIMARY KEY (name, due)){strict}""",
    "CREATE TABLE alive (id {id}, since {int} NOT NULL, until {int} NOT NULL){strict}",
    "CREATE TABLE outbox (listener TEXT PRIMARY KEY, seq {int} NOT NULL){strict}",
    """CREATE TABLE stuck (
        listener TEXT NOT NULL, act {int} NOT NULL, tries {int} NOT NULL, next_at {int} NOT NULL, error TEXT NOT NULL,
        PRIMARY KEY (listener, act)){strict}""",
    """CREATE TABLE reminded (
        occurrence_id {int} NOT NULL REFERENCES occurrence (id), what TEXT NOT NULL, minutes {int} NOT NULL,
        starts {int} NOT NULL, due {int} NOT NULL, at {int}, tries {int} NOT NULL DEFAULT 0,
        PRIMARY KEY (occurrence_id, what, minutes, starts)){strict}""",
    "CREATE INDEX reminded_due ON reminded (due) WHERE at IS NULL",
    "CREATE INDEX occurrence_pending ON occurrence (made_at) WHERE standing = 'pending'",
)

SQLITE: tuple[str, ...] = ()
POSTGRES: tuple[str, ...] = ()
