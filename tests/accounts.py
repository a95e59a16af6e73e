"""Accounts for tests: people with passwords, whose digests are quick to make."""

from argon2 import PasswordHasher

from server.core.access import CLI, Actor
from server.core.people import Person, Role
from tests.make import House

PASSWORD = "correct horse battery"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def quick(house: House) -> House:
    """The house with passwords that take no time; what they are made of is tested by itself."""
    object.__setattr__(house.engine.sign_in.passwords, "hasher", QUICK)
    return house


def add(house: House, name: str, role: Role = Role.MEMBER, *, password: str | None = None, **more: object) -> Person:
    """A new person, name@example.org; `groups=` are numbers of groups."""
    groups = more.pop("groups", ())
    it = Person(0, f"{name}@example.org", name, name.capitalize(), "Example", role, **more)  # type: ignore[arg-type]
    return house.engine.people.add(it, CLI, groups=groups, password=password)  # type: ignore[arg-type]


def signed_in(house: House, it: Person, *, source: str = "console") -> Actor:
    """Who acts when they have signed in."""
    _, secret = house.engine.sign_in.open(it.number, source=source)
    return house.engine.sign_in.actor(secret, source=source)
