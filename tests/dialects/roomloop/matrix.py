"""Who may use which of RoomLoop's routes, and how each is asked. Only people have keys here; none of the house's do."""

from io import BytesIO
from typing import Any

from server.core.access import CLI
from server.core.people import Account
from tests.make import House
from tests.people import Someone

PERSONS = {"see", "ask", "book", "manage", "admin", "staff", "nobody"}
SEERS = PERSONS - {"nobody"}
BOOKERS = SEERS - {"see"}
OWNERS = {"book", "manage", "admin", "staff"}
KEEPERS = {"manage", "admin", "staff"}
RUNNERS = {"admin", "staff"}
ADMIN = {"admin"}
EVERYBODY = PERSONS | {
    "left", "stranger", "none", "panel", "elm panel", "read key", "book key", "admin key", "oak key", "elm key",
}  # fmt: skip

TABLE: dict[str, set[str]] = {
    "POST /auth/google": EVERYBODY,
    "POST /auth/logout": PERSONS,
    "GET /facilities": PERSONS,
    "GET /facilities/<facility>": SEERS,
    "PATCH /facilities/<facility>": KEEPERS,
    "GET /facilities/<facility>/availability": SEERS,
    "POST /reservations": BOOKERS,
    "GET /reservations": PERSONS,
    "GET /reservations/<reservation_id>": SEERS,
    "PATCH /reservations/<reservation_id>": OWNERS,
    "DELETE /reservations/<reservation_id>": KEEPERS,
    "GET /accounts": RUNNERS,
    "POST /accounts": ADMIN,
    "GET /accounts/<account>": RUNNERS,
    "PATCH /accounts/<account>": ADMIN,
    "POST /accounts/bulk": ADMIN,
    "GET /accounts/export": ADMIN,
    "GET /reports/usage": KEEPERS,
    "GET /reports/export.csv": KEEPERS,
    "GET /reports/export.xlsx": KEEPERS,
    "POST /webhooks": KEEPERS,
    "GET /webhooks": KEEPERS,
    "GET /webhooks/<hook>": KEEPERS,
    "DELETE /webhooks/<hook>": KEEPERS,
    "POST /webhooks/<hook>/rotate": KEEPERS,
    "POST /webhooks/<hook>/resume": KEEPERS,
    "POST /webhooks/<hook>/test": KEEPERS,
    "GET /webhooks/<hook>/deliveries": KEEPERS,
    "POST /webhooks/<hook>/deliveries/<message>/redeliver": KEEPERS,
}
NAMES = {"<facility>": "oak", "<account>": "u8", "<hook>": "wh_none", "<message>": "msg_none"}
QUERIES = {
    "GET /facilities/<facility>/availability": "?date=2026-06-15",
    "PATCH /reservations/<reservation_id>": "?date=2026-06-15",
    "DELETE /reservations/<reservation_id>": "?date=2026-06-16",
}
BODIES: dict[str, dict[str, Any]] = {
    "/reservations": {"facility_id": "oak", "date": "2026-06-15", "start_slot": 99, "end_slot": 99},
    "/reservations/<reservation_id>": {"purpose": "Planning"},
    "/accounts": {"name": "See", "email": "see@example.org"},
    "/accounts/<account>": {"status": "inactive"},
}
"""None of them is whole enough to change anything, or says what is so already."""


def ask(method: str, path: str) -> tuple[str, dict[str, Any]]:
    """The address, but for the reservation's id, and a body."""
    url = path + QUERIES.get(f"{method} {path}", "")
    for name, value in NAMES.items():
        url = url.replace(name, value)
    if path == "/accounts/bulk":
        return url, {"data": {"file": (BytesIO(b"name,email\n"), "accounts.csv")}}
    return url, {"json": BODIES.get(path, {})} if method != "GET" else {}


def keys(house: House, people: dict[str, Someone]) -> dict[str, str]:
    """A key of each person's; that of who has left opens nothing any more."""
    found = {}
    for name, it in people.items():
        number, was = it.person.number, it.person.account
        if was is not Account.ACTIVE:
            house.engine.people.change(number, CLI, account=Account.ACTIVE)
        found[name] = house.engine.api_keys.create(number, "roomloop", CLI).secret
        if was is not Account.ACTIVE:
            house.engine.people.change(number, CLI, account=was)
    return found
