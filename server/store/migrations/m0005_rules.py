"""What the rules count over, and what a booking carries besides its time.

A `claim` is what a booking takes beside its rooms, over its time: kind "owner" (whose booking it is: quotas), "person"
(who is to be there), "accessory" (how many of them) or "timetable" (rooms in use at once); `ref` is its number in its
own table. It is no longer than its `span` (seconds, one of a few), so that those that reach into a time begin shortly
before it. `hold_deep` finds what lies in the further lanes of rooms with several, and is empty for all others.
Quantities are whole, quotas' `most` is minutes or bookings, credits are hundredths. A `wait` is somebody's place in the
queue for a time that was taken.
"""

NUMBER = 5

STATEMENTS = (
    "ALTER TABLE occurrence ADD COLUMN owner_id {int}",
    "ALTER TABLE occurrence ADD COLUMN details TEXT NOT NULL DEFAULT '{{}}'",
    "ALTER TABLE occurrence ADD COLUMN credits {int} NOT NULL DEFAULT 0",
    "CREATE INDEX occurrence_owner ON occurrence (owner_id, starts) WHERE owner_id IS NOT NULL",
    "ALTER TABLE series ADD COLUMN owner_id {int}",
    "ALTER TABLE series ADD COLUMN details TEXT NOT NULL DEFAULT '{{}}'",
    """CREATE TABLE claim (
        id {id}, occurrence_id {int} NOT NULL REFERENCES occurrence (id), kind TEXT NOT NULL, ref {int} NOT NULL,
        room_id {int} NOT NULL, quantity {int} NOT NULL, held_from {int} NOT NULL, held_to {int} NOT NULL,
        span {int} NOT NULL, active {int} NOT NULL DEFAULT 1, CHECK (held_from < held_to)){strict}""",
    "CREATE INDEX claim_active ON claim (kind, ref, span, held_from, held_to) WHERE active = 1",
    "CREATE INDEX claim_occurrence ON claim (occurrence_id)",
    "CREATE INDEX hold_deep ON hold (room_id, held_from) WHERE active = 1 AND lane > 0",
    """CREATE TABLE timetable (
        id {id}, name TEXT NOT NULL, name_key TEXT NOT NULL UNIQUE, zone TEXT NOT NULL, slots TEXT NOT NULL,
        days_visible {int} NOT NULL, week_start {int} NOT NULL, most_rooms {int}, most_at_once {int},
        since {int}, until {int}, version {int} NOT NULL){strict}""",
    """CREATE TABLE quota (
        id {id}, name TEXT NOT NULL, name_key TEXT NOT NULL UNIQUE, unit TEXT NOT NULL, per TEXT NOT NULL,
        most {int} NOT NULL, team_id {int}, place_id {int}, room_id {int}, room_type TEXT NOT NULL,
        weekdays TEXT NOT NULL, opens {int} NOT NULL, closes {int} NOT NULL, counts_over {int} NOT NULL,
        version {int} NOT NULL){strict}""",
    """CREATE TABLE closure_plan (
        id {id}, reason TEXT NOT NULL, rooms TEXT NOT NULL, place_id {int}, zone TEXT NOT NULL,
        start_wall TEXT NOT NULL, lines TEXT NOT NULL, length_days {int} NOT NULL, length_seconds {int} NOT NULL,
        conflicts TEXT NOT NULL, carried_to {int} NOT NULL, open {int} NOT NULL, made_by TEXT NOT NULL,
        made_at {int} NOT NULL, version {int} NOT NULL){strict}""",
    "ALTER TABLE closure ADD COLUMN plan_id {int}",
    "ALTER TABLE closure ADD COLUMN plan_at {int}",
    "CREATE INDEX closure_plan_date ON closure (plan_id, plan_at) WHERE plan_id IS NOT NULL",
    """CREATE TABLE closure_left_out (
        plan_id {int} NOT NULL REFERENCES closure_plan (id), room_id {int} NOT NULL REFERENCES room (id),
        at {int} NOT NULL, codes TEXT NOT NULL, found_at {int} NOT NULL,
        PRIMARY KEY (plan_id, room_id, at)){strict}""",
    "CREATE INDEX closure_room ON closure (room_id, starts)",
    """CREATE TABLE wait (
        id {id}, person_id {int} NOT NULL REFERENCES person (id), rooms TEXT NOT NULL, starts {int} NOT NULL,
        ends {int} NOT NULL, title TEXT NOT NULL, standing TEXT NOT NULL, occurrence_id {int},
        offered_until {int}, made_at {int} NOT NULL, version {int} NOT NULL){strict}""",
    "CREATE INDEX wait_waiting ON wait (starts) WHERE standing IN ('waiting', 'offered')",
)

SQLITE: tuple[str, ...] = ()
POSTGRES: tuple[str, ...] = ()
