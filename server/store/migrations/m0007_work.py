"""What the server does by itself: who does it, what was done when, and how far the feed has been told on.

A `lease` is held until `until` by one process; `fence` grows with each new holder. A `run` is a job with a due time,
which happens once. `alive` are the times in which some worker did its rounds. `outbox` says up to which change a
listener has been told, `stuck` which acts it could not take. `reminded` keeps a reminder from being sent twice.
"""

NUMBER = 7

STATEMENTS = (
    """CREATE TABLE lease (
        name TEXT PRIMARY KEY, holder TEXT NOT NULL, until {int} NOT NULL, fence {int} NOT NULL){strict}""",
    """CREATE TABLE run (
        name TEXT NOT NULL, due {int} NOT NULL, fence {int} NOT NULL, began_at {int} NOT NULL, ended_at {int},
        PRIMARY KEY (name, due)){strict}""",
    "CREATE TABLE alive (id {id}, since {int} NOT NULL, until {int} NOT NULL){strict}",
    "CREATE INDEX alive_until ON alive (until)",
    "CREATE TABLE outbox (listener TEXT PRIMARY KEY, seq {int} NOT NULL){strict}",
    """CREATE TABLE stuck (
        listener TEXT NOT NULL, act {int} NOT NULL, tries {int} NOT NULL, next_at {int} NOT NULL, error TEXT NOT NULL,
        PRIMARY KEY (listener, act)){strict}""",
    """CREATE TABLE reminded (
        occurrence_id {int} NOT NULL REFERENCES occurrence (id), what TEXT NOT NULL, minutes {int} NOT NULL,
        starts {int} NOT NULL, at {int} NOT NULL, PRIMARY KEY (occurrence_id, what, minutes, starts)){strict}""",
)

SQLITE: tuple[str, ...] = ()
POSTGRES: tuple[str, ...] = ()
