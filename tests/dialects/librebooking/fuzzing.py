"""What generated requests at LibreBooking's doors are asked about: things that are there, and who asks."""

from datetime import timedelta

from server.core.access import CLI
from server.core.model import Ask
from server.core.people import Group, Person, Role
from server.core.places import Accessory, Attribute
from server.dialects.librebooking.auth import PERSON, SOURCE, TOKEN
from server.engine import Engine


def prepared(engine: Engine) -> tuple[dict[str, str], dict[str, str]]:
    """The headers of an administrator's session, and a value for each variable of a path.

    The user who is asked about is somebody else, so that no generated request shuts out who asks.
    """
    ada = engine.people.add(Person(0, "ada@example.org", "ada", role=Role.ADMIN), CLI).number
    bob = engine.people.add(Person(0, "bob@example.org", "bob"), CLI).number
    _, token = engine.sign_in.open(ada, source=SOURCE)
    headers = {TOKEN: token, PERSON: str(ada)}
    start = engine.clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
    wish = Ask(("oak",), start, start + timedelta(hours=1), title="Planning")
    booked = engine.bookings.book(wish, engine.sign_in.actor(token, source=SOURCE))
    numbers = {
        "userId": bob, "groupId": engine.groups.add(Group(0, "Team"), CLI).number,
        "accessory": engine.catalogue.add(Accessory(0, "Beamer"), CLI).number,
        "attribute": engine.catalogue.add(Attribute(0, "booking", "Cost center"), CLI).number,
        "resource": engine.rooms.get("oak", CLI).number, "schedule": 1, "category": 1, "number": 1,
    }  # fmt: skip
    return headers, {**{name: str(it) for name, it in numbers.items()}, "reference": engine.naming.reference(booked)}


def mended(path: str, body: object, sent: int) -> None:
    """Of most generated reservations: at a time to come, in a resource that is there; else none comes to be judged."""
    if path in ("/Reservations", "/Reservations/{reference}") and isinstance(body, dict) and sent % 4:
        day = f"2099-{1 + sent % 12:02}-{1 + sent % 28:02}"
        body |= {"startDateTime": f"{day}T09:00:00Z", "endDateTime": f"{day}T10:00:00Z", "resourceId": 1 + sent % 2}
        if sent % 4 == 1:
            body["recurrenceRule"] = {"type": "weekly", "interval": 1, "repeatTerminationDate": f"{day}T23:00:00Z"}
        if sent % 2:
            body |= {"accessories": [], "participants": [], "invitees": [], "customAttributes": [], "userId": None}
