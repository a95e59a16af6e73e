"""The tables and columns as peewee's query builder needs them; the schema itself is in migrations/."""

from peewee import Table

ROOM = (
    "id", "slug", "name", "zone", "email", "capacity", "room_number", "room_type", "facilities", "description",
    "contact", "site", "building", "floor", "street", "postal_code", "city", "active", "auto_accept", "policy",
    "version", "place_id", "own_policy", "status", "status_reason", "color", "plan_x", "plan_y", "walk", "parts",
    "attributes",
)  # fmt: skip
OCCURRENCE = (
    "id", "uid", "series_id", "original_start", "rooms", "starts", "ends", "standing", "title", "organizer",
    "organizer_email", "description", "source", "made_by", "made_at", "changed_at", "planned_end", "checked_in_at",
    "ended_at", "version", "series_uid", "owner_id", "details", "credits",
)  # fmt: skip
SERIES = (
    "id", "uid", "rooms", "zone", "start_wall", "since_wall", "until_wall", "lines", "length_days", "length_seconds",
    "title", "organizer", "organizer_email", "description", "source", "made_by", "made_at", "changed_at", "carried_to",
    "open", "version", "owner_id", "details",
)  # fmt: skip
TOKEN = (
    "id", "public_id", "name", "scope", "prefix", "made_at", "last_used_at", "expires_at", "revoked_at", "person_id",
)  # fmt: skip
DEVICE = (
    "id", "name", "prefix", "made_at", "seen_at", "revoked_at", "kind", "place_id", "serial", "model", "fingerprint",
    "quarantined_at",
)  # fmt: skip

# Columns are reached as `room.c.slug` or `room.c["slug"]`.
room, occurrence, hold, token, device = map(Table, ("room", "occurrence", "hold", "token", "device"))


def listed(columns: tuple[str, ...], alias: str = "") -> str:
    """The columns for a plain SELECT, each with the alias of its table."""
    return ", ".join(f"{alias}.{column}" if alias else column for column in columns)


STANDING = f"SELECT {listed(ROOM, 'r')}, (SELECT value FROM meta WHERE name = 'house') FROM room r"
"""Rooms as they stand, with the version of the house they stand in."""
