"""What a webhook of the furnished house hears, as the tests look at it."""

import json
from typing import Any

from server.core.access import CLI, Actor
from server.core.hook_events import Event
from server.core.hooks import Hook
from server.core.people import Person, Role
from server.engine import engine_of
from server.engine.hooks import HookTerms
from tests.make import House

URL = "https://192.88.98.7/hook"


def plain(event: Event) -> tuple[str, dict[str, Any]]:
    """A voice that tells all it hears."""
    booking = event.booking
    told = {"title": booking.title, "host": booking.organizer, "uid": booking.uid} if booking else {}
    return event.type, {**told, "number": event.number, "count": event.count, **event.more}


def told(house: House, it: Hook) -> list[tuple[str, dict[str, Any]]]:
    """What waits for a hook, oldest first, after the feed has been told on."""
    house.engine.outbox.run()
    with house.store.reading() as tx:
        rows = tx.rows("SELECT type, body FROM delivery WHERE hook_id = ? ORDER BY id", (it.number,))
    return [(type_, json.loads(body)["data"] if body else {}) for type_, body in rows]


def kinds(house: House, it: Hook) -> list[str]:
    return [type_ for type_, _ in told(house, it)]


def ears(house: House) -> House:
    """The house with a voice."""
    house.engine = engine_of(house.store, house.clock, hooks=HookTerms(voices={"roomvox": plain}))
    house.engine.outbox.begin()
    return house


def hook(house: House, *patterns: str, by: Actor | None = None, **more: Any) -> Hook:
    return house.engine.hooks.add(URL, patterns or ("*",), by or house.ada, **more)[0]


def person(house: House, name: str, role: Role = Role.MEMBER) -> tuple[Person, Actor]:
    """Somebody with an account, and who they are when they sign in."""
    it = house.engine.people.add(Person(0, f"{name}@example.org", name, name.capitalize(), "Miller", role=role), CLI)
    with house.store.reading() as tx:
        actor = house.engine.rights.actor(tx, it)
    assert actor is not None
    return it, actor
