"""The house as a tree, and what somebody may do in which room."""

from dataclasses import replace
from itertools import pairwise

import pytest

from server.core.access import Level
from server.core.house import LEVELS, HouseMap, Right, Where, above, levels_of, within
from server.core.people import Person
from server.core.places import Place

HOUSE, BERLIN, TIMBER, FIRST, LABS, WET = 1, 2, 3, 4, 5, 6
OAK, ELM, PINE = 1, 2, 3
PLACES = {
    HOUSE: Place(HOUSE, None, "house", "House"),
    BERLIN: Place(BERLIN, HOUSE, "site", "Berlin"),
    TIMBER: Place(TIMBER, BERLIN, "building", "Timber House"),
    FIRST: Place(FIRST, TIMBER, "floor", "1"),
    LABS: Place(LABS, HOUSE, "group", "Labs"),
    WET: Place(WET, LABS, "group", "Wet labs"),
}
ALICE = Person(7, "alice@example.org", "alice", groups=frozenset({3}))


def where(slug: str, place: int, *groups: int, members: str = "none", **more: object) -> Where:
    return replace(Where(slug, "", members, within(PLACES, place, groups)), **more)


ROOMS = {OAK: where("oak", FIRST), ELM: where("elm", BERLIN, WET), PINE: where("pine", HOUSE, members="see")}


def house(*rights: Right, **more: object) -> HouseMap:
    return replace(HouseMap(1, PLACES, ROOMS, rights=rights), **more)


def levels(*rights: Right, role: str = "member") -> dict[int, Level]:
    return levels_of(house(*rights), ALICE, role)


def test_a_place_knows_all_above_it_nearest_first() -> None:
    assert above(PLACES, FIRST) == (FIRST, TIMBER, BERLIN, HOUSE)
    assert above(PLACES, WET) == (WET, LABS, HOUSE)


def test_a_tree_that_runs_in_a_circle_or_into_nothing_still_ends() -> None:
    circle = {2: Place(2, 3, "group", "a"), 3: Place(3, 2, "group", "b"), 4: Place(4, 99, "group", "c")}
    assert above(circle, 2) == (2, 3)
    assert above(circle, 4) == (4,)


def test_an_address_names_every_place_on_the_way_but_the_house() -> None:
    assert house().address(FIRST) == "Berlin/Timber House/1"
    assert house().address(HOUSE) == ""


def test_without_a_right_only_what_everybody_may_is_left() -> None:
    assert levels() == {PINE: Level.SEE}


@pytest.mark.parametrize("place", [HOUSE, BERLIN, TIMBER, FIRST])
def test_a_right_to_a_place_is_a_right_to_every_room_below_it(place: int) -> None:
    assert levels(Right(1, "person", 7, "book", place=place))[OAK] is Level.BOOK


def test_a_right_to_a_group_of_rooms_reaches_those_in_groups_within_it_and_no_others() -> None:
    found = levels(Right(1, "person", 7, "manage", place=LABS))
    assert found == {ELM: Level.MANAGE, PINE: Level.SEE}


def test_a_right_to_a_floor_says_nothing_of_the_site_around_it() -> None:
    assert ELM not in levels(Right(1, "person", 7, "book", place=FIRST))


def test_the_highest_of_all_rights_counts_wherever_they_come_from() -> None:
    rights = (
        Right(1, "all", 0, "see", place=HOUSE),
        Right(2, "group", 3, "ask", place=BERLIN),
        Right(3, "person", 7, "book", room=OAK),
    )
    assert levels(*rights) == {OAK: Level.BOOK, ELM: Level.ASK, PINE: Level.SEE}


def test_rights_of_others_and_of_groups_one_is_not_in_give_nothing() -> None:
    rights = (Right(1, "person", 8, "manage", place=HOUSE), Right(2, "group", 4, "manage", place=HOUSE))
    assert levels(*rights) == {PINE: Level.SEE}


def test_a_person_and_a_group_of_the_same_number_are_not_taken_for_each_other() -> None:
    assert levels(Right(1, "group", 7, "manage", place=HOUSE), Right(2, "person", 3, "manage", place=HOUSE)) == levels()


@pytest.mark.parametrize("role", ["admin", "staff"])
def test_admin_and_staff_manage_every_room(role: str) -> None:
    assert levels(role=role) == dict.fromkeys(ROOMS, Level.MANAGE)


def test_a_booking_of_a_part_concerns_the_rooms_it_is_part_of() -> None:
    joined = {**ROOMS, 9: where("oak-elm", FIRST, parts=(OAK, ELM))}
    it = house(rooms=joined)
    assert it.touched([OAK]) == [OAK, 9]
    assert it.touched([9, OAK, ELM]) == [9, OAK, ELM]
    assert it.touched([PINE]) == [PINE]


def test_the_words_of_levels_stand_in_the_order_of_what_they_allow() -> None:
    assert all(low < high for low, high in pairwise(LEVELS.values()))
    assert set(LEVELS.values()) == set(Level)
