"""People for tests: somebody of each role and of each level in Oak, with a key that opens what they may."""

import secrets
from dataclasses import dataclass, replace

from server.core.access import CLI, Actor
from server.core.house import Right
from server.core.model import Token
from server.core.people import Account, Person, Role
from server.engine.rooms import digest
from server.store import keys, people
from server.store.database import Tx
from tests.make import House


@dataclass(frozen=True)
class Someone:
    """A person, and the secret of a key of theirs."""

    person: Person
    secret: str
    house: House

    @property
    def actor(self) -> Actor:
        """Who the key stands for now."""
        return self.house.engine.tokens.actor(self.secret)


def person(house: House, name: str, role: Role = Role.MEMBER, **fields: object) -> Person:
    """A new person called Name Nobody, name@example.org."""
    it = Person(0, f"{name}@example.org", name, name.capitalize(), "Nobody", role, made_at=house.clock.now())
    return house.store.writing(lambda tx: people.insert(tx, replace(it, **fields)))


def key_of(house: House, of: Person, scope: str = "admin", *rooms: int) -> str:
    """The secret of a new key of theirs."""
    secret = "rvx_" + secrets.token_hex(20)
    now = house.clock.now()

    def work(tx: Tx) -> None:
        it = Token(
            0, f"tok_{secrets.token_hex(6)}", of.login, scope, secret[:8], frozenset(rooms), now, person=of.number
        )
        keys.insert_token(tx, it, digest(secret))

    house.store.writing(work)
    return secret


def someone(house: House, name: str, role: Role = Role.MEMBER, *, scope: str = "admin", **fields: object) -> Someone:
    """A new person with a key."""
    it = person(house, name, role, **fields)
    return Someone(it, key_of(house, it, scope), house)


def cast(house: House) -> dict[str, Someone]:
    """Everybody may nothing, unless it was given to them: in Oak, by name; admin and staff by their role."""
    for slug in ("oak", "elm"):
        house.engine.rooms.change(slug, CLI, rules={"members": "none"})
    found = {level: someone(house, level) for level in ("see", "ask", "book", "manage", "nobody")}
    oak = house.engine.rooms.get("oak", CLI).number
    for level in ("see", "ask", "book", "manage"):
        right = Right(0, "person", found[level].person.number, level, room=oak)
        house.engine.rights.give(right, CLI)
    found["admin"] = someone(house, "admin", Role.ADMIN)
    found["staff"] = someone(house, "staff", Role.STAFF)
    found["left"] = someone(house, "left", Role.ADMIN, account=Account.INACTIVE)
    return found
