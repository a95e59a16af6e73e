"""Where rooms are and what they have: the tree of places, types, attributes, accessories, files; combined rooms.

A `place` is a site, a building, a floor, or a group of rooms; the house itself is the one of kind "house", number 1.
`policy` texts say only what a level sets; `room.policy` is what it comes to, written anew whenever a level changes, and
`room.own_policy` what the room itself sets. `room.parts` lists the rooms that a combined one is made of ("3,7").
"""

NUMBER = 4

STATEMENTS = (
    """CREATE TABLE place (
        id {id}, parent_id {int} REFERENCES place (id), kind TEXT NOT NULL, name TEXT NOT NULL,
        zone TEXT NOT NULL, contact TEXT NOT NULL, color TEXT NOT NULL, walk {int} NOT NULL, policy TEXT NOT NULL,
        version {int} NOT NULL, UNIQUE (parent_id, kind, name)){strict}""",
    "INSERT INTO place (parent_id, kind, name, zone, contact, color, walk, policy, version) "
    "VALUES (NULL, 'house', 'House', '', '', '', 0, '{{}}', 1)",
    "ALTER TABLE room ADD COLUMN place_id {int} NOT NULL DEFAULT 1",
    "ALTER TABLE room ADD COLUMN own_policy TEXT NOT NULL DEFAULT '{{}}'",
    "ALTER TABLE room ADD COLUMN status TEXT NOT NULL DEFAULT 'available'",
    "ALTER TABLE room ADD COLUMN status_reason TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE room ADD COLUMN color TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE room ADD COLUMN plan_x {int}",
    "ALTER TABLE room ADD COLUMN plan_y {int}",
    "ALTER TABLE room ADD COLUMN walk {int} NOT NULL DEFAULT 0",
    "ALTER TABLE room ADD COLUMN parts TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE room ADD COLUMN attributes TEXT NOT NULL DEFAULT '{{}}'",
    "CREATE INDEX room_place ON room (place_id)",
    """CREATE TABLE room_in_group (
        place_id {int} NOT NULL REFERENCES place (id), room_id {int} NOT NULL REFERENCES room (id),
        PRIMARY KEY (place_id, room_id)){strict}""",
    "CREATE INDEX room_in_group_room ON room_in_group (room_id)",
    """CREATE TABLE room_type (
        slug TEXT PRIMARY KEY, label TEXT NOT NULL, description TEXT NOT NULL, policy TEXT NOT NULL){strict}""",
    "CREATE TABLE equipment (slug TEXT PRIMARY KEY, label TEXT NOT NULL, icon TEXT NOT NULL){strict}",
    "CREATE TABLE status_reason (id {id}, status TEXT NOT NULL, reason TEXT NOT NULL){strict}",
    """CREATE TABLE attribute (
        id {id}, category TEXT NOT NULL, label TEXT NOT NULL, kind TEXT NOT NULL, required {int} NOT NULL,
        pattern TEXT NOT NULL, choices TEXT NOT NULL, private {int} NOT NULL, admin_only {int} NOT NULL,
        sort {int} NOT NULL, rooms TEXT NOT NULL, version {int} NOT NULL){strict}""",
    """CREATE TABLE accessory (
        id {id}, name TEXT NOT NULL, name_key TEXT NOT NULL UNIQUE, stock {int}, credits {int} NOT NULL,
        peak_credits {int} NOT NULL, credit_per TEXT NOT NULL, rooms TEXT NOT NULL, version {int} NOT NULL){strict}""",
    """CREATE TABLE file (
        id {id}, kind TEXT NOT NULL, subject {int} NOT NULL, name TEXT NOT NULL, media TEXT NOT NULL,
        size {int} NOT NULL, digest TEXT NOT NULL, body {blob} NOT NULL, made_at {int} NOT NULL,
        made_by TEXT NOT NULL){strict}""",
    "CREATE INDEX file_subject ON file (kind, subject)",
    """INSERT INTO place (parent_id, kind, name, zone, contact, color, walk, policy, version)
        SELECT DISTINCT 1, 'site', site, '', '', '', 0, '{{}}', 1 FROM room WHERE site <> ''""",
    """INSERT INTO place (parent_id, kind, name, zone, contact, color, walk, policy, version)
        SELECT DISTINCT p.id, 'building', r.building, '', '', '', 0, '{{}}', 1 FROM room r
        JOIN place p ON p.kind = 'site' AND p.name = r.site WHERE r.building <> ''""",
    """INSERT INTO place (parent_id, kind, name, zone, contact, color, walk, policy, version)
        SELECT DISTINCT coalesce(b.id, s.id), 'floor', r.floor, '', '', '', 0, '{{}}', 1 FROM room r
        JOIN place s ON s.kind = 'site' AND s.name = r.site
        LEFT JOIN place b ON b.kind = 'building' AND b.parent_id = s.id AND b.name = r.building
        WHERE r.floor <> ''""",
    """UPDATE room SET own_policy = policy, place_id = coalesce(
        (SELECT f.id FROM place f JOIN place b ON b.id = f.parent_id JOIN place s ON s.id = b.parent_id
            WHERE f.kind = 'floor' AND b.kind = 'building' AND s.kind = 'site'
            AND f.name = room.floor AND b.name = room.building AND s.name = room.site),
        (SELECT f.id FROM place f JOIN place s ON s.id = f.parent_id
            WHERE f.kind = 'floor' AND f.name = room.floor AND s.kind = 'site' AND s.name = room.site
            AND room.building = ''),
        (SELECT b.id FROM place b JOIN place s ON s.id = b.parent_id
            WHERE b.kind = 'building' AND s.kind = 'site' AND b.name = room.building AND s.name = room.site),
        (SELECT s.id FROM place s WHERE s.kind = 'site' AND s.name = room.site), 1)""",
)

SQLITE: tuple[str, ...] = ()
POSTGRES: tuple[str, ...] = ()
