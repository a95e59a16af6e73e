"""Groups: who is in them, what they make of their people, who leads whom, and what keeps one from going."""

import threading
from typing import Any

import pytest

from server.core.access import CLI, Actor
from server.core.errors import Barred, Invalid, Refused, Stale, Unknown
from server.core.house import Right
from server.core.people import Filters, Group, Person, Role
from tests.accounts import add, signed_in
from tests.make import House, codes


def group(house: House, name: str, *roles: str, **more: Any) -> Group:
    return house.engine.groups.add(Group(0, name, roles=frozenset(roles), **more), CLI)


def members(house: House, it: Group) -> set[str]:
    return {one.login for one in house.engine.people.page(Filters(group=it.number), CLI)}


def test_people_are_put_in_taken_out_and_set_in_one_act(house: House) -> None:
    ops = group(house, "Ops")
    eva, bob, tom = (add(house, name) for name in ("eva", "bob", "tom"))
    house.engine.groups.move(ops.number, CLI, add=[eva.number, bob.number])
    house.engine.groups.move(ops.number, CLI, add=[eva.number, tom.number], remove=[bob.number])
    assert members(house, ops) == {"eva", "tom"}
    assert house.engine.groups.set_members(ops.number, CLI, [bob.number]) == {bob.number}
    assert house.engine.groups.members(ops.number, CLI) == {bob.number}
    assert house.engine.people.get(bob.number, CLI).groups == {ops.number}
    assert house.engine.people.get(eva.number, CLI).groups == frozenset()
    assert [(it.name, size) for it, size in house.engine.groups.all(CLI)] == [("Ops", 1)]
    assert house.engine.people.set_groups(eva.number, CLI, [ops.number]).groups == {ops.number}
    with pytest.raises(Unknown):
        house.engine.groups.move(ops.number, CLI, add=[99_999])
    with pytest.raises(Unknown):
        house.engine.people.set_groups(eva.number, CLI, [99_999])


def test_everybody_who_is_added_joins_the_automatic_groups(house: House) -> None:
    add(house, "before")
    everybody = group(house, "Everybody", automatic=True)
    group(house, "Others")
    eva = add(house, "eva")
    assert (eva.groups, members(house, everybody)) == ({everybody.number}, {"eva"})


def test_a_name_is_one_groups_whatever_its_case(house: House) -> None:
    ops = group(house, "Ops")
    for name in ("OPS", "ops", "\uff2fps"):
        with pytest.raises(Refused) as refused:
            group(house, name)
        assert codes(refused.value) == ["name_taken"]
    assert house.engine.groups.find("oPS", CLI) == house.engine.groups.find(str(ops.number), CLI) == ops
    assert house.engine.groups.change(ops.number, CLI, name="OPS", version=1).version == 2
    with pytest.raises(Stale):
        house.engine.groups.change(ops.number, CLI, name="x", version=1)


@pytest.mark.parametrize(
    ("fields", "bad"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"external": "x\0"}, "external"),
        ({"roles": frozenset({"king"})}, "roles"),
        ({"people": 7}, "people"),
    ],
)
def test_a_group_that_cannot_be_is_refused_with_the_field_named(
    sqlite_house: House, fields: dict[str, Any], bad: str
) -> None:
    ops = group(sqlite_house, "Ops")
    with pytest.raises(Invalid) as told:
        sqlite_house.engine.groups.change(ops.number, CLI, **fields)
    assert list(told.value.fields) == [bad]


def test_groups_do_not_lead_each_other_in_circles(sqlite_house: House) -> None:
    house = sqlite_house
    first = group(house, "A")
    second = group(house, "B", led_by=first.number)
    third = group(house, "C", led_by=second.number)
    for leading in (first, second, third):
        with pytest.raises(Invalid) as told:
            house.engine.groups.change(first.number, CLI, led_by=leading.number)
        assert list(told.value.fields) == ["led_by"]
    with pytest.raises(Unknown):
        house.engine.groups.change(first.number, CLI, led_by=99_999)
    house.engine.groups.change(third.number, CLI, led_by=first.number)


@pytest.mark.race
def test_two_groups_that_come_to_lead_each_other_at_once_do_not(house: House) -> None:
    pair = [group(house, name) for name in "AB"]
    told: list[str] = []

    def lead(it: Group, by: Group) -> None:
        try:
            house.engine.groups.change(it.number, CLI, led_by=by.number)
        except Invalid as error:
            told.extend(error.fields)
        house.store.close()

    threads = [threading.Thread(target=lead, args=two) for two in (pair, pair[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == ["led_by"]


def test_what_still_names_a_group_keeps_it_and_is_told(house: House) -> None:
    ops = group(house, "Ops", "group_admin")
    team = group(house, "Team", led_by=ops.number)
    right = house.engine.rights.give(Right(0, "group", ops.number, "book", room=house.oak.number), CLI)
    with pytest.raises(Refused) as refused:
        house.engine.groups.remove(ops.number, CLI)
    (why,) = refused.value.objections
    assert (why.code, why.subject, why.numbers["by"]) == ("in_use", "Ops", "1 group, 1 right")
    for slug in ("oak", "elm"):
        house.engine.rooms.change(slug, CLI, rules={"groups": (team.number,)})
    with pytest.raises(Refused, match="in_use") as refused:
        house.engine.groups.remove(team.number, CLI)
    assert refused.value.objections[0].numbers["by"] == "2 policies"
    house.engine.groups.change(team.number, CLI, led_by=None)
    house.engine.rights.take(right.number, CLI)
    eva = add(house, "eva", groups=(ops.number,))
    house.engine.groups.remove(ops.number, CLI)
    assert house.engine.people.get(eva.number, CLI).groups == frozenset()
    with pytest.raises(Unknown):
        house.engine.groups.find("Ops", CLI)


def test_a_person_is_in_a_hundred_groups_at_most(sqlite_house: House) -> None:
    house = sqlite_house
    eva = add(house, "eva")
    made = [group(house, f"G{n}") for n in range(101)]
    house.engine.people.set_groups(eva.number, CLI, [it.number for it in made[:100]])
    with pytest.raises(Refused) as refused:
        house.engine.groups.move(made[100].number, CLI, add=[eva.number])
    assert codes(refused.value) == ["too_many_groups"]
    with pytest.raises(Invalid):
        house.engine.people.set_groups(eva.number, CLI, [it.number for it in made])
    assert len(house.engine.people.get(eva.number, CLI).groups) == 100


# who leads a group


@pytest.fixture
def led(house: House) -> tuple[House, Actor, Group]:
    """A team that is led by the people of Leads; Lea is one of these. Eva is in the team, Bob is not."""
    leads = group(house, "Leads", "group_admin")
    team = group(house, "Team", led_by=leads.number)
    lea = add(house, "lea", groups=(leads.number,))
    add(house, "eva", groups=(team.number,))
    add(house, "bob")
    return house, signed_in(house, lea), team


def person(house: House, login: str) -> Person:
    return house.engine.people.find(login, CLI)


def test_who_leads_a_group_lets_people_in_and_out_and_mends_what_is_known_of_them(
    led: tuple[House, Actor, Group],
) -> None:
    house, lea, team = led
    eva, bob = person(house, "eva"), person(house, "bob")
    house.engine.groups.move(team.number, lea, add=[bob.number])
    assert house.engine.groups.members(team.number, lea) == {eva.number, bob.number}
    assert [it.login for it in house.engine.people.page(Filters(group=team.number), lea)] == ["eva", "bob"]
    assert house.engine.people.change(eva.number, lea, phone="42", first_name="Eve").phone == "42"
    assert house.engine.people.get(eva.number, lea).name == "Eve Example"
    assert house.engine.people.change(eva.number, lea, account="inactive").account == "inactive"
    house.engine.groups.set_members(team.number, lea, [])
    with pytest.raises(Barred):
        house.engine.people.get(eva.number, lea)  # not hers any more


def test_who_leads_a_group_gets_no_further_by_it(led: tuple[House, Actor, Group]) -> None:
    house, lea, team = led
    eva, bob = person(house, "eva"), person(house, "bob")
    ada = add(house, "ada", Role.ADMIN, groups=(team.number,))
    desk = add(house, "desk", Role.STAFF, groups=(team.number,))
    other, crown = group(house, "Other"), group(house, "Crown", "admin", led_by=team.led_by)
    for fields in ({"email": "x@y.org"}, {"login": "x"}, {"role": Role.ADMIN}, {"department": "x"}, {"sealed": True}):
        with pytest.raises(Barred):
            house.engine.people.change(eva.number, lea, **fields)
    for act in (
        lambda: house.engine.people.change(bob.number, lea, phone="1"),
        lambda: house.engine.people.change(ada.number, lea, phone="1"),
        lambda: house.engine.people.change(desk.number, lea, account="inactive"),
        lambda: house.engine.credentials.set_password(eva.number, lea, "a longer story"),
        lambda: house.engine.credentials.set_pin(eva.number, lea, "4711"),
        lambda: house.engine.sign_in.end_all(eva.number, lea),
        lambda: house.engine.people.credits(eva.number, lea, by=1),
        lambda: house.engine.people.set_groups(eva.number, lea, []),
        lambda: house.engine.groups.move(other.number, lea, add=[bob.number]),
        lambda: house.engine.groups.move(crown.number, lea, add=[bob.number]),
        lambda: house.engine.groups.change(team.number, lea, roles=frozenset({"admin"})),
        lambda: house.engine.groups.remove(team.number, lea),
        lambda: house.engine.groups.members(other.number, lea),
        lambda: house.engine.people.page(Filters(group=other.number), lea),
        lambda: house.engine.people.page(Filters(), lea),
    ):
        with pytest.raises(Barred):
            act()


def test_only_group_admins_of_the_leading_group_lead(led: tuple[House, Actor, Group]) -> None:
    house, lea, team = led
    assert team.led_by is not None
    house.engine.groups.change(team.led_by, CLI, roles=frozenset())
    with pytest.raises(Barred):
        house.engine.groups.move(team.number, lea, add=[person(house, "bob").number])
    eva = signed_in(house, person(house, "eva"))
    house.engine.groups.change(team.number, CLI, roles=frozenset({"group_admin"}))
    with pytest.raises(Barred):
        house.engine.groups.move(team.number, eva, add=[person(house, "bob").number])  # of it, not above it
