"""The fleet: when devices were last heard, orders to them with receipts, and what their settings are on each level.

`sighting` is narrow because it is written every few seconds for all that were heard; the whole heartbeat stays in
`device`, with what was wrong by it and since when (`troubles`, JSON of words and seconds). An order is open while its
`outcome` is '' and it has not expired. Of pictures of the glass only a device's newest is kept. A `panel_setting` is
what one level sets: a place (the house is one), a room or a device; `value` is JSON.
"""

NUMBER = 14

STATEMENTS = (
    "ALTER TABLE device ADD COLUMN troubles TEXT NOT NULL DEFAULT '{{}}'",
    """CREATE TABLE sighting (
        device_id {int} PRIMARY KEY REFERENCES device (id), seen_at {int} NOT NULL){strict}""",
    """CREATE TABLE device_order (
        id {id}, device_id {int} NOT NULL REFERENCES device (id), what TEXT NOT NULL, told TEXT NOT NULL,
        made_at {int} NOT NULL, expires_at {int} NOT NULL, outcome TEXT NOT NULL, done_at {int},
        body TEXT NOT NULL){strict}""",
    "CREATE INDEX device_order_of ON device_order (device_id, id)",
    "CREATE INDEX device_order_open ON device_order (device_id, expires_at) WHERE outcome = ''",
    "CREATE INDEX device_order_made ON device_order (made_at)",
    """CREATE TABLE device_picture (
        device_id {int} PRIMARY KEY REFERENCES device (id), order_id {int} NOT NULL, made_at {int} NOT NULL,
        body {blob} NOT NULL){strict}""",
    """CREATE TABLE panel_setting (
        level TEXT NOT NULL, subject {int} NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (level, subject, name)){strict}""",
)

SQLITE: tuple[str, ...] = ()
POSTGRES: tuple[str, ...] = ()
