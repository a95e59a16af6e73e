"""Whom a sign-in provider names: linked only by a verified address, kept as it tells, barred where it says so."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from server.core.access import CLI
from server.core.errors import Barred, Unnamed
from server.core.people import Account, Group, Person, Role
from server.engine.identities import Terms, Told
from tests.make import House

ISSUER = "https://login.example.org"
OPEN = Terms()


def told(subject: str = "m-1", email: str = "maria@example.org", **more: object) -> Told:
    plain: dict[str, object] = {"verified": True, "first_name": "Maria", "last_name": "Klein"}
    return Told(ISSUER, subject, email, **(plain | more))  # type: ignore[arg-type]


def barred(house: House, who: Told, terms: Terms = OPEN) -> str:
    with pytest.raises(Barred) as refused:
        house.engine.identities.recognise(who, terms)
    return refused.value.need


def test_somebody_unknown_gets_a_members_account(house: House) -> None:
    every = house.engine.groups.add(Group(0, "Everybody", automatic=True), CLI)
    maria = house.engine.identities.recognise(told(), OPEN)
    assert (maria.name, maria.role, maria.account) == ("Maria Klein", Role.MEMBER, Account.ACTIVE)
    assert maria.groups == {every.number}
    assert house.engine.identities.recognise(told(), OPEN).number == maria.number


def test_an_account_is_linked_by_a_verified_address_alone(house: House) -> None:
    there = house.engine.people.add(Person(0, "maria@example.org", "mk"), CLI)
    assert barred(house, told(verified=False)) == "email"
    assert barred(house, told(email="")) == "email"
    assert house.engine.identities.recognise(told(email="MARIA@example.org"), OPEN).number == there.number


def test_the_second_who_claims_an_address_gets_nothing(house: House) -> None:
    house.engine.identities.recognise(told(), OPEN)
    assert barred(house, told("m-2")) == "unknown"
    other = Told("https://other.example", "m-1", "maria@example.org", False)
    assert barred(house, other) == "email"


def test_somebody_is_known_by_issuer_and_subject_whatever_the_address(house: House) -> None:
    maria = house.engine.identities.recognise(told(), OPEN)
    renamed = house.engine.identities.recognise(told(email="m.gross@example.org", last_name="Gross"), OPEN)
    assert (renamed.number, renamed.email, renamed.login) == (
        maria.number,
        "m.gross@example.org",
        "m.gross@example.org",
    )
    assert renamed.name == "Maria Gross"
    unverified = house.engine.identities.recognise(told(email="evil@example.org", verified=False), OPEN)
    assert unverified.email == "m.gross@example.org"


def test_an_address_that_another_has_is_not_taken_over(house: House) -> None:
    house.engine.people.add(Person(0, "jan@example.org", ""), CLI)
    maria = house.engine.identities.recognise(told(), OPEN)
    assert house.engine.identities.recognise(told(email="jan@example.org"), OPEN).email == maria.email


def test_the_sealed_account_is_never_linked(house: House) -> None:
    chief = house.engine.people.add(Person(0, "maria@example.org", "", role=Role.ADMIN), CLI)
    house.engine.sealing.seal(chief.number, CLI)
    assert barred(house, told()) == "unknown"


def test_unknown_people_get_nothing_where_that_is_said(house: House) -> None:
    assert barred(house, told(), Terms(create=False)) == "unknown"
    house.engine.people.add(Person(0, "maria@example.org", ""), CLI)
    assert house.engine.identities.recognise(told(), Terms(create=False)).email == "maria@example.org"


@pytest.mark.parametrize("account", [Account.INACTIVE, Account.AWAITING])
def test_who_is_not_active_stays_out(sqlite_house: House, account: Account) -> None:
    sqlite_house.engine.people.add(Person(0, "maria@example.org", "", account=account), CLI)
    assert barred(sqlite_house, told()) == account.value


def test_groups_follow_the_provider_and_those_by_hand_stay(house: House) -> None:
    red, blue = (house.engine.groups.add(Group(0, name, external=f"ext-{name}"), CLI) for name in ("red", "blue"))
    hand = house.engine.groups.add(Group(0, "hand"), CLI)
    maria = house.engine.identities.recognise(told(groups=frozenset({"ext-red", "else"})), OPEN)
    assert maria.groups == {red.number}
    house.engine.groups.move(hand.number, CLI, add=[maria.number])
    after = house.engine.identities.recognise(told(groups=frozenset({"ext-blue"})), OPEN)
    assert after.groups == {blue.number, hand.number}
    assert house.engine.identities.recognise(told(groups=None), OPEN).groups == after.groups


def test_roles_follow_the_provider_where_it_decides(house: House) -> None:
    house.engine.people.add(Person(0, "boss@example.org", "", role=Role.ADMIN), CLI)
    terms = Terms(admin_group="admins", staff_group="staff")

    def role(*groups: str, by: Terms = terms) -> Role:
        return house.engine.identities.recognise(told(groups=frozenset(groups)), by).role

    assert [role("admins"), role("staff"), role(), role("admins", "staff")] == [
        Role.ADMIN, Role.STAFF, Role.MEMBER, Role.ADMIN,
    ]  # fmt: skip
    assert role(by=OPEN) is Role.ADMIN, "a provider that decides nothing changes nothing"
    assert role(by=Terms(staff_group="staff")) is Role.ADMIN
    assert role(by=Terms(admin_group="admins")) is Role.MEMBER


def test_the_last_administrator_keeps_the_house(house: House) -> None:
    terms = Terms(admin_group="admins", required_group="staff")
    both = frozenset({"admins", "staff"})
    maria = house.engine.identities.recognise(told(groups=both), terms)
    assert maria.role is Role.ADMIN
    assert house.engine.identities.recognise(told(groups=frozenset({"staff"})), terms).role is Role.ADMIN
    assert barred(house, told(groups=frozenset()), terms) == "group"
    assert house.engine.people.get(maria.number, CLI).account is Account.ACTIVE


def test_who_leaves_the_required_group_loses_everything_at_once(house: House) -> None:
    terms = Terms(required_group="employees")
    assert barred(house, told(), terms) == "group"
    maria = house.engine.identities.recognise(told(groups=frozenset({"employees"})), terms)
    _, secret = house.engine.sign_in.open(maria.number, source="console")
    key = house.engine.api_keys.create(maria.number, "roomloop", CLI).secret
    assert barred(house, told(groups=None), terms) == "group"
    assert house.engine.sign_in.session(secret).number == maria.number, "the provider did not say that she left"
    assert barred(house, told(), terms) == "group"
    assert house.engine.people.get(maria.number, CLI).account is Account.INACTIVE
    for opened in (lambda: house.engine.sign_in.session(secret), lambda: house.engine.api_keys.by_roomloop(key)):
        with pytest.raises(Unnamed):
            opened()
    assert barred(house, told(groups=frozenset({"employees"})), terms) == "inactive"


def test_two_browsers_at_the_first_time_make_one_account(house: House) -> None:
    def sign_in(_: int) -> int:
        try:
            return house.engine.identities.recognise(told(), OPEN).number
        finally:
            house.store.close()

    with ThreadPoolExecutor(8) as pool:
        numbers = set(pool.map(sign_in, range(16)))
    assert len(numbers) == 1
    with house.store.reading() as tx:
        assert tx.rows("SELECT count(*) FROM person") == tx.rows("SELECT count(*) FROM identity") == [(1,)]
