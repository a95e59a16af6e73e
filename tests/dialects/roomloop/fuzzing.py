"""What generated requests of RoomLoop's door come with: a key, and names of what is there, for a 404 tries nothing."""

from datetime import timedelta

from server.core.access import CLI
from server.core.clock import whole
from server.core.model import Ask
from server.core.people import Person, Role
from server.engine import Engine


def prepared(engine: Engine) -> tuple[dict[str, str], dict[str, str]]:
    """The headers of an administrator, and variables of paths: a facility, a reservation of tomorrow, an account."""
    ada = engine.people.add(Person(0, "ada@example.org", "ada", role=Role.ADMIN), CLI)
    bob = engine.people.add(Person(0, "bob@example.org", "bob"), CLI)
    secret = engine.api_keys.create(ada.number, "roomloop", CLI).secret
    start = whole(engine.clock.now()) + timedelta(days=1)
    booked = engine.bookings.book(Ask(("oak",), start, start + timedelta(hours=1), "Lab", owner=bob.number), CLI)
    there = {"facility": "oak", "reservation_id": engine.naming.res(booked), "account": f"u{bob.number}"}
    return {"Authorization": f"Bearer {secret}"}, there
