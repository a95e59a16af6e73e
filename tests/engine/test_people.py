"""Accounts: who there is, what may be said of them, who may change whom, and what ends with an account."""

import threading
from dataclasses import replace
from typing import Any

import pytest

from server.core.access import CLI, Actor
from server.core.errors import Barred, Invalid, LintelError, Refused, Stale, Unknown, Unnamed
from server.core.people import Account, Filters, Group, Person, Role
from server.core.places import Attribute
from tests.accounts import PASSWORD, add, quick, signed_in
from tests.make import NOW, House, codes


def somebody(**fields: Any) -> Person:
    return Person(**({"number": 0, "email": "Eva@Example.org", "login": ""} | fields))


def names(house: House, **filters: Any) -> list[str]:
    return [it.login for it in house.engine.people.page(Filters(**filters), CLI)]


def test_a_person_is_found_by_email_login_and_number_whatever_the_case(house: House) -> None:
    made = house.engine.people.add(somebody(login="Éva", first_name=" Éva ", last_name="Lindqvist"), CLI)
    assert (made.name, made.role, made.account, made.made_at) == ("Éva Lindqvist", "member", "active", NOW)
    for text in ("EVA@example.ORG", "éVA", str(made.number)):
        assert house.engine.people.find(text, CLI) == made
    with pytest.raises(Unknown):
        house.engine.people.find("nobody", CLI)


def test_without_a_login_the_email_is_it_and_stays_so(house: House) -> None:
    made = house.engine.people.add(somebody(), CLI)
    assert (made.login, made.name) == ("Eva@Example.org", "Eva")
    moved = house.engine.people.change(made.number, CLI, email="eva@new.example")
    assert (moved.email, moved.login, moved.version) == ("eva@new.example", "eva@new.example", 2)


def test_an_email_and_a_login_are_somebody_elses_both_at_once(house: House) -> None:
    add(house, "eva")
    for email, login, told in (
        ("EVA@EXAMPLE.ORG", "eva2", ["email_taken"]),
        ("eva2@example.org", "EVA", ["login_taken"]),
        ("eva@example.org", "eva", ["email_taken", "login_taken"]),
    ):
        with pytest.raises(Refused) as refused:
            house.engine.people.add(somebody(email=email, login=login), CLI)
        assert codes(refused.value) == told
    bob = add(house, "bob")
    with pytest.raises(Refused) as refused:
        house.engine.people.change(bob.number, CLI, email="Eva@example.org", login="Eva")
    assert codes(refused.value) == ["email_taken", "login_taken"]


@pytest.mark.race
def test_of_many_who_take_one_email_at_once_one_gets_it(house: House) -> None:
    done: list[str] = []

    def take() -> None:
        try:
            house.engine.people.add(somebody(), CLI)
            done.append("made")
        except Refused as error:
            done.append(codes(error)[0])
        house.store.close()

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == ["email_taken"] * 3 + ["made"]


@pytest.mark.parametrize(
    ("fields", "bad"),
    [
        ({"email": ""}, ["email"]),
        ({"email": "eva"}, ["email"]),
        ({"email": "eva@"}, ["email"]),
        ({"email": "a b@example.org"}, ["email"]),
        ({"email": "eva@example..org"}, ["email"]),
        ({"email": "e@" + "x" * 260}, ["email"]),
        ({"login": "eva@other.org"}, ["login"]),
        ({"login": "x" * 86}, ["login"]),
        ({"login": "a b"}, ["login"]),
        ({"first_name": "x" * 101, "phone": "1\n2"}, ["first_name", "phone"]),
        ({"language": "xx"}, ["language"]),
        ({"zone": "Mars/Base"}, ["zone"]),
        ({"color": "red"}, ["color"]),
        ({"attributes": {1: "x" * 1001}}, ["attributes"]),
    ],
)
def test_what_nobody_can_be_is_refused_with_the_fields_named(
    sqlite_house: House, fields: dict[str, Any], bad: list[str]
) -> None:
    with pytest.raises(Invalid) as told:
        sqlite_house.engine.people.add(somebody(**fields), CLI)
    assert sorted(told.value.fields) == bad
    assert names(sqlite_house) == []


def test_a_list_is_filtered_whatever_the_alphabet_and_comes_in_pages(house: House) -> None:
    size = house.engine.catalogue.add(Attribute(0, "person", "Size"), CLI).number
    for number in range(5):
        add(house, f"p{number}", department="Sales" if number % 2 else "Ops", attributes={size: f"Größe {number}"})
    house.engine.people.change(house.engine.people.find("p1", CLI).number, CLI, last_name="ÅNGSTRÖM 100%")
    assert names(house, texts={"last_name": "ångström"}) == names(house, anything="100%") == ["p1"]
    assert names(house, texts={"last_name": "p1"}) == []
    assert names(house, attributes={size: "GRÖSSE 2"}) == ["p2"]
    assert names(house, department="Sales", role="member", account="active") == ["p1", "p3"]
    assert names(house, anything="_") == names(house, texts={"email": "%"}) == []
    for bad in ({"anything": "\0"}, {"department": "\0"}, {"texts": {"login": "x" * 255}}):
        with pytest.raises(Invalid):
            names(house, **bad)
    first = house.engine.people.page(Filters(), CLI, limit=2)
    rest = house.engine.people.page(Filters(), CLI, after=first[-1].number)
    assert [it.login for it in (*first, *rest)] == [f"p{number}" for number in range(5)]
    assert len(list(house.engine.people.all(CLI))) == 5
    for limit in (0, 201):
        with pytest.raises(Invalid):
            house.engine.people.page(Filters(), CLI, limit=limit)
    with pytest.raises(Invalid):
        house.engine.people.page(Filters({"password": "x"}), CLI)


def test_a_change_of_what_has_changed_since_is_stale(house: House) -> None:
    eva = add(house, "eva")
    house.engine.people.change(eva.number, CLI, version=1, phone="1")
    with pytest.raises(Stale) as told:
        house.engine.people.change(eva.number, CLI, version=1, phone="2")
    assert told.value.current == 2
    assert house.engine.people.change(eva.number, CLI, phone="1").version == 2  # nothing was to be changed


def test_everybody_mends_what_is_their_own_and_nothing_else(sqlite_house: House) -> None:
    house = sqlite_house
    eva, bob = add(house, "eva"), add(house, "bob")
    me = signed_in(house, eva)
    assert house.engine.people.change(eva.number, me, language="de", phone="42").language == "de"
    for fields in (
        {"role": Role.ADMIN},
        {"email": "x@y.org"},
        {"login": "x"},
        {"department": "x"},
        {"account": "awaiting"},
    ):
        with pytest.raises(Barred):
            house.engine.people.change(eva.number, me, **fields)
    acts = (
        lambda: house.engine.people.change(bob.number, me, phone="1"),
        lambda: house.engine.people.get(bob.number, me),
        lambda: house.engine.people.find("bob", me),
        lambda: house.engine.people.page(Filters(), me),
        lambda: house.engine.people.add(somebody(), me),
        lambda: house.engine.people.credits(eva.number, me, by=1),
        lambda: house.engine.people.set_groups(eva.number, me, ()),
        lambda: house.engine.people.unlock(eva.number, me),
        lambda: house.engine.people.change(eva.number, replace(me, scope="book"), phone="1"),
    )
    for act in acts:
        with pytest.raises(Barred):
            act()
    assert house.engine.people.get(eva.number, me).phone == "42"


def test_staff_see_everybody_and_change_nobody(sqlite_house: House) -> None:
    house = sqlite_house
    desk, eva = signed_in(house, add(house, "desk", Role.STAFF)), add(house, "eva")
    assert house.engine.people.get(eva.number, desk) == eva
    assert len(house.engine.people.page(Filters(), desk)) == 2
    with pytest.raises(Barred):
        house.engine.people.change(eva.number, desk, phone="1")


def test_credits_are_set_and_added_and_a_change_of_name_leaves_them(house: House) -> None:
    eva = add(house, "eva")
    assert house.engine.people.credits(eva.number, CLI, to=1050) == 1050
    assert house.engine.people.credits(eva.number, CLI, by=-50) == 1000
    house.engine.people.change(eva.number, CLI, phone="1")
    assert house.engine.people.get(eva.number, CLI).credits == 1000
    with pytest.raises(Invalid):
        house.engine.people.credits(eva.number, CLI, by=10**12)


# leaving


def keys_of(house: House, eva: Person) -> list[Any]:
    """All that opens the house to somebody, each as an attempt to use it."""
    it = house.engine
    _, session = it.sign_in.open(eva.number, source="console")
    signed, plain = (it.api_keys.create(eva.number, kind, CLI) for kind in ("indico", "roomloop"))
    _, token = it.tokens.create("x", "read", CLI, person=eva.number)
    it.credentials.add_badge(eva.number, CLI, "04:A2:B3:C4")
    it.credentials.set_pin(eva.number, CLI, "4711")
    feed = it.credentials.feed(eva.number, CLI, "enable")
    return [
        lambda: it.sign_in.session(session),
        lambda: it.api_keys.by_ak(signed.ak),
        lambda: it.api_keys.by_roomloop(plain.secret),
        lambda: it.tokens.actor(token),
        lambda: it.credentials.by_badge("04a2b3c4", door="oak"),
        lambda: it.credentials.by_pin(eva.number, "4711", door="oak", about="1"),
        lambda: it.credentials.by_feed_secret(feed),
        lambda: it.sign_in.sign_in("eva", PASSWORD, source="console", address="10.0.0.1"),
    ]


@pytest.mark.parametrize("account", [Account.INACTIVE, Account.AWAITING])
def test_whoever_is_no_longer_active_loses_all_that_opens_the_house_at_once(house: House, account: Account) -> None:
    quick(house)
    eva = add(house, "eva", password=PASSWORD)
    tries = keys_of(house, eva)
    for attempt in tries:
        attempt()
    house.engine.people.change(eva.number, CLI, account=account)
    for attempt in tries:
        with pytest.raises((Unnamed, Unknown)):
            attempt()
    house.engine.people.change(eva.number, CLI, account=Account.ACTIVE)
    for attempt in tries[:5]:  # the password and the PIN are the person's still, the rest is made anew
        with pytest.raises(LintelError):
            attempt()
    tries[-1]()


def test_the_last_administrator_stays_one(house: House) -> None:
    ada = add(house, "ada", Role.ADMIN)
    for fields in ({"role": Role.STAFF}, {"account": Account.INACTIVE}, {"account": Account.AWAITING}):
        with pytest.raises(Refused) as refused:
            house.engine.people.change(ada.number, CLI, **fields)
        assert codes(refused.value) == ["last_admin"]
    bob = add(house, "bob", Role.ADMIN)
    house.engine.people.change(ada.number, CLI, role=Role.MEMBER)
    with pytest.raises(Refused):
        house.engine.people.change(bob.number, CLI, account=Account.INACTIVE)


def test_who_is_administrator_by_a_group_counts_as_one_and_the_last_of_them_stays(house: House) -> None:
    ops = house.engine.groups.add(Group(0, "Ops", roles=frozenset({"admin"})), CLI)
    ada, eva = add(house, "ada", Role.ADMIN), add(house, "eva", groups=(ops.number,))
    assert signed_in(house, eva).role == "admin"
    house.engine.people.change(ada.number, CLI, role=Role.MEMBER)
    acts = (
        lambda: house.engine.people.set_groups(eva.number, CLI, ()),
        lambda: house.engine.groups.set_members(ops.number, CLI, ()),
        lambda: house.engine.groups.change(ops.number, CLI, roles=frozenset()),
        lambda: house.engine.groups.remove(ops.number, CLI),
        lambda: house.engine.people.change(eva.number, CLI, account=Account.INACTIVE),
    )
    for act in acts:
        with pytest.raises(Refused) as refused:
            act()
        assert codes(refused.value) == ["last_admin"]


@pytest.mark.race
def test_two_administrators_who_demote_each_other_at_once_leave_one(house: House) -> None:
    pair = [add(house, name, Role.ADMIN) for name in ("ada", "eva")]
    told: list[str] = []

    def demote(it: Person) -> None:
        try:
            house.engine.people.change(it.number, CLI, role=Role.MEMBER)
        except Refused as error:
            told.extend(codes(error))
        house.store.close()

    threads = [threading.Thread(target=demote, args=(it,)) for it in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == ["last_admin"]


# the house's own fields


def test_the_houses_own_fields_are_filled_in_by_whom_they_are_for(house: House) -> None:
    fields = house.engine.catalogue
    desk = fields.add(Attribute(0, "person", "Desk", pattern="[A-Z][0-9]+", required=True), CLI).number
    grade = fields.add(Attribute(0, "person", "Grade", "select", choices=("a", "b"), admin_only=True), CLI).number
    room = fields.add(Attribute(0, "room", "View"), CLI).number
    for values, bad in (
        ({}, {f"attributes.{desk}"}),
        ({desk: "12"}, {f"attributes.{desk}"}),
        ({desk: "A1", grade: "c", room: "sea"}, {f"attributes.{grade}", f"attributes.{room}"}),
    ):
        with pytest.raises(Invalid) as told:
            house.engine.people.add(somebody(attributes=values), CLI)
        assert set(told.value.fields) == bad
    eva = add(house, "eva", attributes={desk: "A1", grade: "b"})
    me = signed_in(house, eva)
    assert house.engine.people.get(eva.number, me).attributes == {desk: "A1"}
    with pytest.raises(Invalid):
        house.engine.people.change(eva.number, me, attributes={desk: "B2", grade: "a"})
    house.engine.people.change(eva.number, me, attributes={desk: "B2"})
    assert house.engine.people.get(eva.number, CLI).attributes == {desk: "B2", grade: "b"}
    assert house.engine.people.change(eva.number, CLI, attributes={desk: "B2", grade: ""}).attributes == {desk: "B2"}


def test_the_house_itself_is_the_only_one_that_needs_no_rights(sqlite_house: House) -> None:
    with pytest.raises(Barred):
        sqlite_house.engine.people.add(somebody(), Actor("token:9", "book"))
    sqlite_house.engine.people.add(somebody(), Actor("token:9", "admin"))
