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
