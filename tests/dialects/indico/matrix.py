"""Who may use which of Indico's routes, and how each is asked. Everybody comes with a bearer token, or with nothing."""

from typing import Any

SEERS = {"see", "ask", "book", "manage", "admin", "staff", "read key", "book key", "admin key", "oak key"}
SIGNED_IN = SEERS | {"nobody", "elm key"}
BOOKERS = SEERS - {"see", "read key"} | {"elm key"}
EVERYBODY = SIGNED_IN | {"left", "stranger", "none", "panel", "elm panel"}

TABLE: dict[str, set[str]] = {
    "GET /export/room/<location>/<ids>.<kind>": SIGNED_IN,
    "GET /export/roomName/<location>/<path:name>.<kind>": SIGNED_IN | {"none"},
    "GET /export/reservation/<locations>.<kind>": SIGNED_IN,
    "POST /api/roomBooking/bookRoom.<any(json,xml):kind>": BOOKERS,
    "GET /api/user": SIGNED_IN,
    "GET /rooms/booking/<number>": EVERYBODY,
    "GET /rooms/room/<number>": EVERYBODY,
    "GET /roomBooking.py/bookingDetails": EVERYBODY,
    "GET /roomBooking.py/bookingForm": EVERYBODY,
}
"""Who reads lists is told of what is theirs alone; who books without being let into the room is told of none."""
NAMES = {
    "<location>": "Main", "<locations>": "Main", "<ids>": "1", "<path:name>": "Oak", "<number>": "1", "<kind>": "json",
    "<any(json,xml):kind>": "json",
}  # fmt: skip


def ask(method: str, path: str) -> tuple[str, dict[str, Any]]:
    """The address, and a form that books nothing."""
    for name, value in NAMES.items():
        path = path.replace(name, value)
    return path, {"data": {"roomid": "1"}} if method == "POST" else {}
