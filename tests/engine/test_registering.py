"""Accounts that people make themselves: where the house wants it, never more than a member, never somebody else's."""

import pytest

from server.core.access import CLI
from server.core.errors import Barred, LintelError, Refused, Unnamed
from server.core.people import Account, Person, Role
from server.engine.identities import Terms, Told
from tests.accounts import PASSWORD, quick
from tests.make import House, codes


def somebody(email: str = "eva@example.org", **fields: object) -> Person:
    return Person(0, email, "", **fields)  # type: ignore[arg-type]


def registering(house: House, how: str) -> House:
    object.__setattr__(house.engine.people, "registration", how)
    return quick(house)


def test_nobody_registers_unless_the_house_says_so(sqlite_house: House) -> None:
    with pytest.raises(Barred):
        sqlite_house.engine.people.register(somebody(), PASSWORD, address="10.0.0.1")


@pytest.mark.parametrize(("how", "account"), [("open", Account.ACTIVE), ("awaiting", Account.AWAITING)])
def test_who_registers_is_a_member_and_waits_where_the_house_wants_it(
    sqlite_house: House, how: str, account: Account
) -> None:
    house = registering(sqlite_house, how)
    greedy = somebody(role=Role.ADMIN, credits=10_000, department="Board", sealed=True, groups=frozenset({1}))
    made = house.engine.people.register(greedy, PASSWORD, address="10.0.0.1")
    assert (made.role, made.account, made.credits, made.department, made.sealed) == (Role.MEMBER, account, 0, "", False)
    if account is Account.AWAITING:
        with pytest.raises(Unnamed):
            house.engine.sign_in.sign_in("eva@example.org", PASSWORD, source="console", address="10.0.0.1")
        house.engine.people.change(made.number, CLI, account=Account.ACTIVE)
    house.engine.sign_in.sign_in("eva@example.org", PASSWORD, source="console", address="10.0.0.1")


def test_one_address_registers_only_so_often(sqlite_house: House) -> None:
    house = registering(sqlite_house, "open")
    for number in range(10):
        house.engine.people.register(somebody(email=f"{number}@example.org"), PASSWORD, address="2001:db8::1")
    with pytest.raises(LintelError) as told:
        house.engine.people.register(somebody(), PASSWORD, address="2001:db8::2")
    assert type(told.value).__name__ == "Later"
    house.engine.people.register(somebody(), PASSWORD, address="2001:db8:0:1::1")


def test_who_registers_is_told_what_is_taken(sqlite_house: House) -> None:
    house = registering(sqlite_house, "open")
    house.engine.people.register(somebody(), PASSWORD, address="10.0.0.1")
    with pytest.raises(Refused) as refused:
        house.engine.people.register(somebody("EVA@example.org"), PASSWORD, address="10.0.0.1")
    assert codes(refused.value) == ["email_taken", "login_taken"]


def test_who_registers_in_somebody_elses_name_loses_it_when_they_come(house: House) -> None:
    registering(house, "open")
    thief = house.engine.people.register(somebody(), PASSWORD, address="10.0.0.1")
    assert thief.unproven
    _, session = house.engine.sign_in.sign_in("eva@example.org", PASSWORD, source="console", address="10.0.0.1")
    me = house.engine.sign_in.actor(session, source="console")
    key = house.engine.api_keys.create(thief.number, "roomloop", me)
    feed = house.engine.credentials.feed(thief.number, me, "enable")
    house.engine.credentials.set_pin(thief.number, me, "4711")
    told = Told("https://login.example.org", "e-1", "eva@example.org", verified=True)
    eva = house.engine.identities.recognise(told, Terms())
    assert (eva.number, eva.unproven) == (thief.number, False)
    for attempt in (
        lambda: house.engine.sign_in.session(session),
        lambda: house.engine.sign_in.sign_in("eva@example.org", PASSWORD, source="console", address="10.0.0.1"),
        lambda: house.engine.api_keys.by_roomloop(key.secret),
        lambda: house.engine.credentials.by_feed_secret(feed),
        lambda: house.engine.credentials.by_pin(eva.number, "4711", door="oak", about="1"),
    ):
        with pytest.raises(LintelError):
            attempt()
    house.engine.credentials.set_password(eva.number, CLI, "a longer story")
    house.engine.identities.recognise(told, Terms())
    house.engine.sign_in.sign_in("eva@example.org", "a longer story", source="console", address="10.0.0.1")
