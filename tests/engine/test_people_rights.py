"""Who may do what with accounts: every use case, asked by everybody; what is not in the table is a mistake."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from server.core.access import CLI, Actor
from server.core.errors import Barred, LintelError, Unknown
from server.core.people import Filters, Group, Person, Role
from server.engine.api_keys import ApiKeys
from server.engine.credentials import Credentials
from server.engine.groups import Groups
from server.engine.people import People
from server.engine.sign_in import SignIn
from tests.accounts import PASSWORD, add, quick, signed_in
from tests.make import House


@dataclass(frozen=True)
class Scene:
    """The house, Eva (a member) and a group; what is done is done about Eva."""

    house: House
    eva: Person
    group: Group


Act = Callable[[Scene, Actor], Any]
ADMINS, SEERS = {"admin", "house"}, {"admin", "house", "staff"}
PROVEN = {*ADMINS, "eva"}
"""Those who may make or see what opens the house to Eva: not a key of hers, or it could outlive itself."""
OWN = {*PROVEN, "key"}


USES: dict[str, tuple[set[str], Act]] = {
    "people.add": (ADMINS, lambda s, a: s.house.engine.people.add(Person(0, "new@example.org", ""), a)),
    "people.get": ({*SEERS, "eva", "reader", "key"}, lambda s, a: s.house.engine.people.get(s.eva.number, a)),
    "people.find": ({*SEERS, "eva", "reader", "key"}, lambda s, a: s.house.engine.people.find("eva", a)),
    "people.page": (SEERS, lambda s, a: s.house.engine.people.page(Filters(), a)),
    "people.all": (SEERS, lambda s, a: list(s.house.engine.people.all(a))),
    "people.change": (OWN, lambda s, a: s.house.engine.people.change(s.eva.number, a, phone="7")),
    "people.change role": (ADMINS, lambda s, a: s.house.engine.people.change(s.eva.number, a, role=Role.STAFF)),
    "people.set_groups": (ADMINS, lambda s, a: s.house.engine.people.set_groups(s.eva.number, a, [s.group.number])),
    "people.credits": (ADMINS, lambda s, a: s.house.engine.people.credits(s.eva.number, a, by=1)),
    "people.unlock": (ADMINS, lambda s, a: s.house.engine.people.unlock(s.eva.number, a)),
    "groups.add": (ADMINS, lambda s, a: s.house.engine.groups.add(Group(0, "New"), a)),
    "groups.all": (SEERS, lambda s, a: s.house.engine.groups.all(a)),
    "groups.find": (SEERS, lambda s, a: s.house.engine.groups.find("Team", a)),
    "groups.members": (SEERS, lambda s, a: s.house.engine.groups.members(s.group.number, a)),
    "groups.change": (ADMINS, lambda s, a: s.house.engine.groups.change(s.group.number, a, name="x")),
    "groups.remove": (ADMINS, lambda s, a: s.house.engine.groups.remove(s.group.number, a)),
    "groups.set_members": (ADMINS, lambda s, a: s.house.engine.groups.set_members(s.group.number, a, [])),
    "groups.move": (ADMINS, lambda s, a: s.house.engine.groups.move(s.group.number, a, add=[s.eva.number])),
    "sign_in.sessions": (OWN, lambda s, a: s.house.engine.sign_in.sessions(s.eva.number, a)),
    "sign_in.end": (OWN, lambda s, a: s.house.engine.sign_in.end(s.eva.number, session(s), a)),
    "sign_in.end_all": (OWN, lambda s, a: s.house.engine.sign_in.end_all(s.eva.number, a)),
    "credentials.set_password": (
        PROVEN,
        lambda s, a: s.house.engine.credentials.set_password(s.eva.number, a, "a longer story", current=PASSWORD),
    ),
    "credentials.generate_password": (
        ADMINS, lambda s, a: s.house.engine.credentials.generate_password(s.eva.number, a),
    ),
    "credentials.set_pin": (PROVEN, lambda s, a: s.house.engine.credentials.set_pin(s.eva.number, a, "4711")),
    "credentials.add_badge": (ADMINS, lambda s, a: s.house.engine.credentials.add_badge(s.eva.number, a, "04A2B3C4")),
    "credentials.badges": (PROVEN, lambda s, a: s.house.engine.credentials.badges(s.eva.number, a)),
    "credentials.remove_badge": (
        PROVEN, lambda s, a: s.house.engine.credentials.remove_badge(s.eva.number, a, badge(s)),
    ),
    "credentials.feed": (PROVEN, lambda s, a: s.house.engine.credentials.feed(s.eva.number, a, "rotate")),
    "api_keys.create": (PROVEN, lambda s, a: s.house.engine.api_keys.create(s.eva.number, "indico", a)),
    "api_keys.all": (ADMINS, lambda s, a: s.house.engine.api_keys.all(a)),
    "api_keys.all of one": (OWN, lambda s, a: s.house.engine.api_keys.all(a, person=s.eva.number)),
    "api_keys.revoke": (OWN, lambda s, a: s.house.engine.api_keys.revoke(key(s), a)),
    "api_keys.block": (ADMINS, lambda s, a: s.house.engine.api_keys.block(key(s), a, blocked=True)),
}  # fmt: skip
ELSEWHERE = {
    # Who asks is found out here, or the answer holds only what they may know; test_group_rights.py.
    "groups.seen", "groups.one",
    "people.register", "sign_in.sign_in", "sign_in.open", "sign_in.session", "sign_in.actor",
    "sign_in.visitor", "sign_in.until",
    "sign_in.sign_out", "credentials.by_pin", "credentials.by_badge", "credentials.by_feed_secret", "api_keys.by_ak",
    "api_keys.by_roomloop", "api_keys.actor", "sign_in.feed",
    # Nobody asks.
    "sign_in.flush", "sign_in.tidy", "api_keys.flush",
}  # fmt: skip


def session(scene: Scene) -> str:
    _, secret = scene.house.engine.sign_in.open(scene.eva.number, source="console")
    return scene.house.engine.sign_in.sessions(scene.eva.number, CLI)[0].id if secret else ""


def badge(scene: Scene) -> str:
    made = scene.house.engine.credentials.badges(scene.eva.number, CLI)
    it = scene.house.engine.credentials
    return made[0].id if made else it.add_badge(scene.eva.number, CLI, "04A2B3C4").id


def key(scene: Scene) -> int:
    return scene.house.engine.api_keys.create(scene.eva.number, "roomloop", CLI).key.number


def everybody(scene: Scene) -> dict[str, Actor]:
    """Who may ask: people who have signed in, Eva by lesser keys of hers, and keys of the house."""
    house = scene.house
    eva = signed_in(house, scene.eva)
    return {
        "admin": signed_in(house, add(house, "ada", Role.ADMIN)),
        "staff": signed_in(house, add(house, "desk", Role.STAFF)),
        "eva": eva,
        "other": signed_in(house, add(house, "bob")),
        "reader": replace(eva, scope="read"),
        "key": replace(eva, name="key:7"),  # of Eva's, for all she may
        "house": Actor("token:77", "admin"),
        "booker": Actor("token:78", "book"),
        "oak": Actor("token:79", "admin", frozenset({house.oak.number})),
    }


@pytest.mark.parametrize("name", USES)
def test_a_use_case_of_accounts_lets_in_whom_it_should_and_nobody_else(sqlite_house: House, name: str) -> None:
    allowed, act = USES[name]
    house = quick(sqlite_house)
    team = house.engine.groups.add(Group(0, "Team"), CLI)
    scene = Scene(house, add(house, "eva", password=PASSWORD), team)
    refused = set()
    asking = everybody(scene)
    for who in sorted(asking, key=lambda who: who in allowed):  # those who change something come last
        try:
            act(scene, asking[who])
        except (Barred, Unknown):
            refused.add(who)
        except LintelError:
            pass  # let in, and told that somebody before them has done it
        if who in allowed and who in refused and name in ("groups.remove",):
            refused.discard(who)  # the one before them has removed it
    assert refused == set(asking) - allowed


def test_every_use_case_of_accounts_is_in_the_table() -> None:
    parts = {"people": People, "groups": Groups, "sign_in": SignIn, "credentials": Credentials, "api_keys": ApiKeys}
    public = {
        f"{part}.{name}"
        for part, kind in parts.items()
        for name, thing in vars(kind).items()
        if callable(thing) and not name.startswith("_")
    }
    assert public - {name.partition(" ")[0] for name in USES} == ELSEWHERE
