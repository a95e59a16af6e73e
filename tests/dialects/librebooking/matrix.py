"""Who may use which of LibreBooking's routes, and how each is asked. Only people have sessions; no key of the house's.

Refused is 401 or 404: what somebody may not see is not there for them.
"""

import secrets
from typing import Any

from server.core.access import CLI
from server.core.people import Account, Group
from server.core.places import Accessory, Attribute
from server.dialects.librebooking.auth import PERSON, SOURCE, TOKEN
from tests.make import House
from tests.people import Someone

PERSONS = {"see", "ask", "book", "manage", "admin", "staff", "nobody"}
SEERS = PERSONS - {"nobody"}
OWNERS = {"book", "manage", "admin", "staff"}
BOOKERS = SEERS - {"see"}
KEEPERS = {"manage", "admin", "staff"}
RUNNERS = {"admin", "staff"}
ADMIN = {"admin"}
EVERYBODY = PERSONS | {
    "left", "stranger", "none", "panel", "elm panel", "read key", "book key", "admin key", "oak key", "elm key",
}  # fmt: skip

TABLE: dict[str, set[str]] = {
    "POST /Authentication/Authenticate": EVERYBODY,
    "POST /Authentication/SignOut": EVERYBODY,
    "GET /Accessories": PERSONS,
    "GET /Accessories/<accessory>": PERSONS,
    "POST /Accounts": EVERYBODY,
    "GET /Accounts/<userId>": PERSONS,
    "POST /Accounts/<userId>": PERSONS,
    "POST /Accounts/<userId>/Password": PERSONS,
    "GET /Attributes/Category/<category>": PERSONS,
    "GET /Attributes/<attribute>": PERSONS,
    "POST /Attributes": RUNNERS,
    "POST /Attributes/<attribute>": RUNNERS,
    "DELETE /Attributes/<attribute>": RUNNERS,
    "GET /Groups": PERSONS,
    "GET /Groups/<groupId>": RUNNERS | {"book"},
    "POST /Groups": ADMIN,
    "POST /Groups/<groupId>": ADMIN,
    "POST /Groups/<groupId>/Roles": ADMIN,
    "POST /Groups/<groupId>/Permissions": ADMIN,
    "POST /Groups/<groupId>/Users": ADMIN,
    "DELETE /Groups/<groupId>": ADMIN,
    "GET /Reservations": PERSONS,
    "GET /Reservations/<reference>": SEERS,
    "POST /Reservations": BOOKERS,
    "POST /Reservations/<reference>": OWNERS,
    "DELETE /Reservations/<reference>": BOOKERS,
    "POST /Reservations/<reference>/Approval": KEEPERS,
    "POST /Reservations/<reference>/CheckIn": BOOKERS,
    "POST /Reservations/<reference>/CheckOut": OWNERS,
    "GET /Reservations/<reference>/Attachments/<number>": set(),
    "GET /Resources": PERSONS,
    "GET /Resources/Status": EVERYBODY,
    "GET /Resources/Status/Reasons": PERSONS,
    "GET /Resources/Types": PERSONS,
    "GET /Resources/Groups": PERSONS,
    "GET /Resources/<resource>": SEERS,
    "POST /Resources": RUNNERS,
    "POST /Resources/<resource>": KEEPERS,
    "DELETE /Resources/<resource>": RUNNERS,
    "GET /Resources/Availability": PERSONS,
    "GET /Resources/<resource>/Availability": SEERS,
    "GET /Schedules": PERSONS,
    "GET /Schedules/<schedule>": PERSONS,
    "GET /Schedules/<schedule>/Slots": PERSONS,
    "GET /Users": PERSONS,
    "GET /Users/<userId>": RUNNERS | {"book"},
    "POST /Users": ADMIN,
    "POST /Users/<userId>": ADMIN,
    "POST /Users/<userId>/Password": ADMIN,
    "DELETE /Users/<userId>": ADMIN,
}
"""Who may book there is told of a bad scope, and of a room without check-in, before whose the booking is; and there is
no attachment that anybody could have."""
BODIES: dict[str, Any] = {"/Resources/<resource>": {"minLength": "?"}, "/Users/<userId>": {"statusId": 9},
                          "/Groups/<groupId>": {"name": ""}}  # fmt: skip
GONE = {"DELETE /Users/<userId>", "DELETE /Groups/<groupId>", "DELETE /Attributes/<attribute>"}
"""Asked of what is not there, for who is let in would take it away."""
QUERIES = {"DELETE /Reservations/<reference>": "?updateScope=none of them"}
OFF_GRID = {"startDateTime": "2026-06-15T14:07:00+0200", "endDateTime": "2026-06-15T15:07:00+0200"}
"""No booking begins at such a minute, whoever wants it."""
ASKED: dict[str, str] = {}


def ask(method: str, path: str) -> tuple[str, dict[str, Any]]:
    """The address, and a body that is not whole enough to change anything."""
    route = f"{method} {path}"
    names = dict.fromkeys(("<userId>", "<groupId>", "<attribute>"), "999999") if route in GONE else ASKED
    url = path + QUERIES.get(route, "")
    for name, value in {**ASKED, **names}.items():
        url = url.replace(name, value)
    body = BODIES.get(path, {})
    if path == "/Reservations/<reference>":
        body = {"resourceId": ASKED["<resource>"], **OFF_GRID}
    return url, {"json": body} if method != "GET" else {}


def headers(secret: str) -> dict[str, str]:
    """What goes with a request of who has this secret: a person's number and token, or what is none."""
    number, _, token = secret.rpartition(" ")
    return {TOKEN: token, PERSON: number or "1"}


def keys(house: House, people: dict[str, Someone], reference: str) -> dict[str, str]:
    """A session of each person's; that of who has left opens nothing any more. `reference`: the booking asked about."""
    found = {}
    for name, it in people.items():
        number, was = it.person.number, it.person.account
        if was is not Account.ACTIVE:
            house.engine.people.change(number, CLI, account=Account.ACTIVE)
        _, token = house.engine.sign_in.open(number, source=SOURCE, make=lambda: secrets.token_hex(25))
        found[name] = f"{number} {token}"
        if was is not Account.ACTIVE:
            house.engine.people.change(number, CLI, account=was)
    group = house.engine.groups.add(Group(0, "Team"), CLI).number
    owner = people["book"].person.number
    house.engine.groups.set_members(group, CLI, [owner])
    accessory = house.engine.catalogue.add(Accessory(0, "Beamer"), CLI).number
    attribute = house.engine.catalogue.add(Attribute(0, "booking", "Cost center"), CLI).number
    ASKED.update({
        "<accessory>": str(accessory), "<attribute>": str(attribute),
        "<userId>": str(owner), "<groupId>": str(group), "<resource>": str(house.oak.number), "<schedule>": "1",
        "<category>": "1", "<reference>": reference, "<number>": "1",
    })  # fmt: skip
    return found
