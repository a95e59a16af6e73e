"""What a group may do in rooms as a whole: set at once, read by room, gone with the group."""

import pytest

from server.core.access import CLI, Level
from server.core.errors import Barred, Invalid, Refused, Unknown
from server.core.house import Right
from server.core.people import Group, Role
from tests.make import House
from tests.people import someone


def test_a_groups_levels_are_set_for_just_these_rooms_and_managing_stays(house: House) -> None:
    oak, elm, rights = house.oak.number, house.elm.number, house.engine.rights
    group = house.engine.groups.add(Group(0, "Team"), CLI).number
    rights.give(Right(0, "group", group, "manage", room=elm), CLI)
    rights.set_group(group, CLI, {oak: "book", elm: "see"})
    assert rights.of_group(group) == {oak: "book", elm: "manage"}
    rights.set_group(group, CLI, {})
    assert rights.of_group(group) == {elm: "manage"}


def test_what_cannot_be_given_changes_nothing(house: House) -> None:
    rights, oak = house.engine.rights, house.oak.number
    group = house.engine.groups.add(Group(0, "Team"), CLI).number
    rights.set_group(group, CLI, {oak: "book"})
    with pytest.raises(Unknown):
        rights.set_group(group, CLI, {999_999: "book"})
    with pytest.raises(Invalid):
        rights.set_group(group, CLI, {oak: "manage"})
    with pytest.raises(Unknown):
        rights.set_group(999_999, CLI, {})
    with pytest.raises(Barred):
        rights.set_group(group, someone(house, "eve").actor, {})
    assert rights.of_group(group) == {oak: "book"}


def test_what_a_place_gives_shows_in_each_room_of_it(sqlite_house: House) -> None:
    rights = sqlite_house.engine.rights
    group = sqlite_house.engine.groups.add(Group(0, "Team"), CLI).number
    rights.give(Right(0, "group", group, "see", place=1), CLI)
    rights.set_group(group, CLI, {sqlite_house.oak.number: "book"})
    assert rights.of_group(group) == {sqlite_house.oak.number: "book", sqlite_house.elm.number: "see"}


def test_what_somebody_may_do_is_for_themselves_and_those_who_see_people(sqlite_house: House) -> None:
    rights, engine = sqlite_house.engine.rights, sqlite_house.engine
    eve, stan = someone(sqlite_house, "eve"), someone(sqlite_house, "stan", Role.STAFF)
    engine.rooms.change("elm", CLI, rules={"members": "none"})
    assert rights.of_person(eve.person.number, eve.actor) == {sqlite_house.oak.number: Level.BOOK}
    assert rights.of_person(eve.person.number, stan.actor) == {sqlite_house.oak.number: Level.BOOK}
    with pytest.raises(Barred):
        rights.of_person(stan.person.number, eve.actor)
    with pytest.raises(Unknown):
        rights.of_person(999_999, stan.actor)


def test_a_group_goes_with_what_it_was_given_only_where_that_is_meant(house: House) -> None:
    groups = house.engine.groups
    group = groups.add(Group(0, "Team"), CLI).number
    house.engine.rights.set_group(group, CLI, {house.oak.number: "book"})
    with pytest.raises(Refused, match="in_use"):
        groups.remove(group, CLI)
    groups.remove(group, CLI, rights=True)
    assert [it for it in house.engine.rights.all(CLI) if it.kind == "group"] == []


def test_members_know_of_their_own_groups_and_those_they_lead_and_not_who_else_is_in_them(sqlite_house: House) -> None:
    groups = sqlite_house.engine.groups
    eve, stan = someone(sqlite_house, "eve"), someone(sqlite_house, "stan", Role.STAFF)
    heads = groups.add(Group(0, "Heads", roles=frozenset({"group_admin"})), CLI)
    led = groups.add(Group(0, "Led", led_by=heads.number), CLI)
    other = groups.add(Group(0, "Other"), CLI)
    groups.set_members(heads.number, CLI, [eve.person.number])
    groups.set_members(led.number, CLI, [stan.person.number])
    assert [it.name for it in groups.seen(eve.actor)] == ["Heads", "Led"]
    assert [it.name for it in groups.seen(stan.actor)] == ["Heads", "Led", "Other"]
    assert groups.one(heads.number, eve.actor) == (heads, None)
    assert groups.one(led.number, eve.actor) == (led, {stan.person.number})
    assert groups.one(other.number, stan.actor)[1] == frozenset()
    with pytest.raises(Unknown):
        groups.one(other.number, eve.actor)


def test_a_person_and_their_groups_change_together_or_not_at_all(house: House) -> None:
    people, eve = house.engine.people, someone(house, "eve")
    group = house.engine.groups.add(Group(0, "Team"), CLI).number
    assert people.change(eve.person.number, CLI, phone="1", groups=[group]).groups == {group}
    with pytest.raises(Unknown):
        people.change(eve.person.number, CLI, phone="2", groups=[999_999])
    with pytest.raises(Barred):
        people.change(eve.person.number, eve.actor, phone="3", groups=[])
    kept = people.get(eve.person.number, CLI)
    assert (kept.phone, kept.groups) == ("1", {group})
