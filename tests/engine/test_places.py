"""The tree of places, rooms and groups of them, combined rooms, and what is removed."""

from dataclasses import replace
from typing import Any

import pytest

from server.core.access import CLI, Actor
from server.core.errors import Invalid, Refused, Unknown
from server.core.places import HOUSE, Place, RoomType
from server.core.tree import address
from server.engine import places as engine_places
from server.engine import siting
from tests import make
from tests.make import House, at, codes


def add(house: House, kind: str, name: str, into: str = "house", **fields: Any) -> Place:
    parent = house.engine.places.find(into, CLI).number
    return house.engine.places.add(Place(0, parent, kind, name, **fields), CLI)


def noted(house: House, room: int | None) -> int:
    with house.store.reading() as tx:
        where = "room_id IS NULL" if room is None else f"room_id = {room}"
        return int(tx.rows(f"SELECT count(*) FROM change WHERE {where}")[0][0])


# the tree


def test_a_room_is_put_where_its_words_say_and_makes_what_is_not_there(house: House) -> None:
    tree = house.engine.places.tree(CLI).places
    assert sorted(address(tree, number) for number in tree) == ["House", "Main", "Main/1", "Main/2"]
    ash = house.engine.rooms.add(make.room("ash", site="main", building="West", floor="1"), CLI)
    assert (ash.site, ash.building, ash.floor) == ("Main", "West", "1")
    tree = house.engine.places.tree(CLI).places
    assert address(tree, ash.place) == "Main/West/1"
    assert len(tree) == 6
    assert address(tree, house.oak.place) == "Main/1"


def test_words_move_a_room_and_a_move_changes_its_words(house: House) -> None:
    moved = house.engine.rooms.change("oak", CLI, building="West")
    assert address(house.engine.places.tree(CLI).places, moved.place) == "Main/West/1"
    back = house.engine.rooms.change("oak", CLI, place=house.elm.place)
    assert (back.site, back.building, back.floor) == ("Main", "", "2")
    home = house.engine.rooms.change("oak", CLI, site="", floor="")
    assert home.place == HOUSE
    with pytest.raises(Invalid) as told:
        house.engine.rooms.change("oak", CLI, floor="3")
    assert list(told.value.fields) == ["site"]
    with pytest.raises(Invalid) as told:
        house.engine.rooms.change("oak", CLI, place=999)
    assert list(told.value.fields) == ["place"]


def test_a_new_name_of_a_place_is_in_its_rooms_and_panels_hear(house: House) -> None:
    before = noted(house, house.oak.number)
    site = house.engine.places.find("Main", CLI)
    house.engine.places.change(site.number, CLI, name="Berlin")
    oak = house.engine.rooms.get("oak", CLI)
    assert oak == replace(house.oak, site="Berlin", version=2)
    assert noted(house, house.oak.number) == before + 1


def test_a_place_that_moves_takes_its_rooms_along(house: House) -> None:
    add(house, "site", "Munich")
    add(house, "building", "Tower", "Munich")
    floor = house.engine.places.find("Main/1", CLI)
    house.engine.places.change(floor.number, CLI, parent=house.engine.places.find("Munich/Tower", CLI).number)
    oak = house.engine.rooms.get("oak", CLI)
    assert (oak.site, oak.building, oak.floor) == ("Munich", "Tower", "1")
    assert house.engine.rooms.get("elm", CLI) == house.elm


def test_what_cannot_be_a_place_is_refused(house: House) -> None:
    add(house, "site", "Berlin")
    for kind, name, into, why in (
        ("building", "B", "house", "parent"), ("site", " ", "house", "name"), ("barn", "B", "house", "kind"),
        ("house", "Another", "house", "kind"), ("site", "a\nb", "house", "name"), ("floor", "x" * 65, "Berlin", "name"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as told:
            add(house, kind, name, into)
        assert why in told.value.fields
    for fields in ({"zone": "Mars/Base"}, {"color": "red"}, {"walk": -1}, {"contact": "x" * 256}):
        with pytest.raises(Invalid) as told:
            add(house, "site", "New", **fields)
        assert list(told.value.fields) == list(fields)
    with pytest.raises(Refused) as refused:
        add(house, "site", "BERLIN")
    assert codes(refused.value) == ["place_taken"]


@pytest.mark.parametrize("name", ["house", "House", " #1", "#"])
def test_a_place_cannot_be_called_as_an_address_means_another(sqlite_house: House, name: str) -> None:
    with pytest.raises(Invalid) as told:
        sqlite_house.engine.places.add(Place(0, HOUSE, "group", name), CLI)
    assert set(told.value.fields) == {"name"}


def test_no_place_lies_in_itself(house: House) -> None:
    outer, inner = add(house, "group", "Outer"), add(house, "group", "Inner", "house")
    house.engine.places.change(inner.number, CLI, parent=outer.number)
    with pytest.raises(Invalid):
        house.engine.places.change(outer.number, CLI, parent=inner.number)
    with pytest.raises(Invalid):
        house.engine.places.change(HOUSE, CLI, parent=outer.number)


def test_a_place_in_use_is_not_removed_and_says_by_what(house: House) -> None:
    site = house.engine.places.find("Main", CLI)
    with pytest.raises(Refused) as told:
        house.engine.places.remove(site.number, CLI)
    assert codes(told.value) == ["in_use"]
    assert dict(told.value.objections[0].numbers) == {"by": "2 places"}
    with pytest.raises(Refused):
        house.engine.places.remove(house.engine.places.find("Main/1", CLI).number, CLI)
    with pytest.raises(Refused):
        house.engine.places.remove(HOUSE, CLI)
    spare = add(house, "floor", "9", "Main")
    assert house.engine.places.remove(spare.number, CLI) == spare
    with pytest.raises(Unknown):
        house.engine.places.remove(spare.number, CLI)


def test_an_address_that_may_be_two_places_is_asked_back(house: House) -> None:
    add(house, "site", "Munich")
    add(house, "floor", "1", "Munich")
    with pytest.raises(Invalid, match=r"may be .*Munich/1"):
        house.engine.places.find("1", CLI)
    assert house.engine.places.find("munich/1", CLI).name == "1"
    with pytest.raises(Unknown):
        house.engine.places.find("Atlantis", CLI)


def test_there_are_so_many_places_and_types_and_no_more(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(siting, "MOST", 5)
    monkeypatch.setattr(engine_places, "MOST_TYPES", 1)
    add(house, "site", "A")
    add(house, "site", "B")
    for act in (
        lambda: add(house, "site", "C"),
        lambda: house.engine.rooms.add(make.room("ash", floor="9"), CLI),
        lambda: house.engine.rooms.change("oak", CLI, floor="9"),
    ):
        with pytest.raises(Refused) as told:
            act()
        assert codes(told.value) == ["too_many_places"]
    assert house.engine.rooms.get("oak", CLI) == house.oak
    house.engine.places.put_type(RoomType("a", "A"), CLI, new=True)
    with pytest.raises(Refused) as told:
        house.engine.places.put_type(RoomType("b", "B"), CLI, new=True)
    assert codes(told.value) == ["too_many_types"]


# groups


def test_a_room_is_in_several_groups_and_only_in_groups(house: House) -> None:
    labs, quiet = add(house, "group", "Labs"), add(house, "group", "Quiet", "Main")
    house.engine.rooms.change("oak", CLI, groups={labs.number, quiet.number})
    assert house.engine.rooms.groups("oak", CLI) == {labs.number, quiet.number}
    house.engine.rooms.change("oak", CLI, groups=())
    assert house.engine.rooms.groups("oak", CLI) == frozenset()
    with pytest.raises(Invalid):
        house.engine.rooms.change("oak", CLI, groups={house.oak.place})
    with pytest.raises(Refused):
        house.engine.places.remove(house.engine.places.find("Main", CLI).number, CLI)


def test_a_group_of_a_place_takes_only_rooms_that_are_there(house: House) -> None:
    add(house, "site", "Munich")
    labs = add(house, "group", "Labs", "Munich")
    with pytest.raises(Refused) as told:
        house.engine.rooms.change("oak", CLI, groups={labs.number})
    assert codes(told.value) == ["group_elsewhere"]
    here = house.engine.places.change(labs.number, CLI, parent=house.engine.places.find("Main", CLI).number)
    house.engine.rooms.change("oak", CLI, groups={here.number})
    for move in (
        lambda: house.engine.rooms.change("oak", CLI, site="Munich"),
        lambda: house.engine.places.change(labs.number, CLI, parent=house.engine.places.find("Munich", CLI).number),
        lambda: house.engine.places.change(house.oak.place, CLI, parent=house.engine.places.find("Munich", CLI).number),
    ):
        with pytest.raises(Refused) as told:
            move()
        assert codes(told.value) == ["group_elsewhere"]


# combined rooms


def test_a_combined_room_is_made_of_rooms_that_are_there(house: House) -> None:
    both = (house.oak.number, house.elm.number)
    hall = house.engine.rooms.add(make.room("hall", parts=both), CLI)
    assert hall.parts == both
    rooms = house.engine.rooms
    for slug, fields in (
        ("oak", {"parts": (hall.number,)}),  # a part has no parts
        ("hall", {"parts": (hall.number,)}),
        ("hall", {"parts": (99,)}),
        ("hall", {"parts": (house.oak.number,) * 2}),
        ("hall", {"parts": tuple(range(1, 23))}),
        ("oak", {"zone": "America/New_York"}),
        ("hall", {"zone": "America/New_York"}),
    ):
        with pytest.raises(Invalid):
            rooms.change(slug, CLI, **fields)
    with pytest.raises(Invalid):
        rooms.add(make.room("all", parts=(hall.number,)), CLI)
    assert rooms.change("hall", CLI, parts=()).parts == ()
    assert rooms.change("oak", CLI, parts=(hall.number,)).parts == (hall.number,)


def test_a_room_is_hidden_from_those_who_do_not_manage_it(house: House) -> None:
    house.engine.rooms.change("oak", CLI, status="hidden")
    assert [it.id for it in house.engine.rooms.all(house.alice)] == ["elm"]
    assert [it.id for it in house.engine.rooms.all(house.ada)] == ["oak", "elm"]
    assert [it.id for it in house.engine.rooms.all(Actor("panel", "book", frozenset({house.oak.number})))] == ["oak"]


@pytest.mark.parametrize(
    ("fields", "bad"),
    [
        ({"status": "gone"}, "status"), ({"status_reason": "x" * 256}, "status_reason"), ({"color": "green"}, "color"),
        ({"plan": (1, 1001)}, "plan"), ({"plan": (-1, 0)}, "plan"), ({"walk": -1}, "walk"),
        ({"walk": 1_000_001}, "walk"),
        ({"attributes": {1: "x" * 10_001}}, "attributes"),
    ],
)  # fmt: skip
def test_what_a_room_is_keeps_its_bounds(sqlite_house: House, fields: dict[str, Any], bad: str) -> None:
    with pytest.raises(Invalid) as told:
        sqlite_house.engine.rooms.change("oak", CLI, **fields)
    assert list(told.value.fields) == [bad]


def test_what_a_room_is_comes_back(house: House) -> None:
    told = {"status": "hidden", "status_reason": "Moving", "color": "#2e7d32", "plan": (500, 1000), "walk": 12}
    changed = house.engine.rooms.change("oak", CLI, **told)
    assert changed == replace(house.oak, **told, version=2)
    assert house.engine.rooms.get("oak", CLI) == changed


# removing


def test_a_room_that_was_booked_is_switched_off_and_another_removed(house: House) -> None:
    house.engine.bookings.cancel(house.book(at("11:00"), at("12:00")).uid, CLI)
    assert house.engine.rooms.remove("oak", CLI) == replace(house.oak, active=False, version=2)
    house.engine.rooms.close("elm", CLI, at("11:00"), at("12:00"), "Painting")
    assert house.engine.rooms.remove("elm", CLI) is None
    with pytest.raises(Unknown):
        house.engine.rooms.get("elm", CLI)


def test_a_room_that_others_name_is_not_removed(house: House) -> None:
    house.panel("oak")
    house.engine.rooms.add(make.room("hall", parts=(house.oak.number,)), CLI)
    with pytest.raises(Refused) as told:
        house.engine.rooms.remove("oak", CLI)
    assert dict(told.value.objections[0].numbers) == {"by": "1 panel, 1 combined room"}
