"""Rooms as CSV: what goes out comes back in, everything about a room, and every complaint names its line."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.core.access import CLI
from server.core.model import Room
from server.core.places import HOUSE, Attribute, Place, RoomType
from server.core.policy import Opening, Policy, SpecialDay
from server.core.policy_words import FIELDS
from server.engine.imports import Imported
from server.engine.sheet import write
from tests import make
from tests.make import OFFICE, House


def rooms(house: House) -> dict[str, Room]:
    return {it.id: it for it in house.engine.rooms.all(CLI)}


def take(house: House, text: str, **how: Any) -> Imported:
    return house.engine.imports.rooms(text.encode(), CLI, **how)


def errors(done: Imported) -> list[tuple[int, tuple[str, ...]]]:
    return [(row.line, row.errors) for row in done.bad]


def furnish(house: House) -> None:
    """Rooms with everything that a file can say of one."""
    places = house.engine.places
    labs = places.add(Place(0, HOUSE, "group", "Labs"), CLI)
    places.add(Place(0, labs.number, "group", "Wet labs"), CLI)
    places.put_type(RoomType("studio", "Studio"), CLI, new=True)
    house.engine.catalogue.add(Attribute(0, "room", "Straßenlärm / Floor cover"), CLI)
    cover = house.engine.house.now().of("room")[0].number
    house.engine.rooms.change(
        "oak", CLI, building="West", room_type="studio", status="unavailable", status_reason="Painting; till May",
        color="#2e7d32", plan=(250, 700), walk=7, attributes={cover: "carpet, blue"},
        groups={labs.number, places.find("Wet labs", CLI).number}, contact="+49 30", facilities=("display", "hdmi"),
        rules={
            "opening": (OFFICE, Opening(frozenset({5}), 600, 840)), "max_minutes": 120, "min_minutes": None,
            "special_days": (SpecialDay(make.MONDAY), SpecialDay(make.date(2026, 12, 24), ((540, 720),))),
            "walk_in_minutes": (15, 60), "terms": "Be kind.\nLeave it clean.", "exempt": {"staff": ("too_long",)},
            "check_in": True, "credits": 250, "roles": ("staff", "member"), "off": ("too_soon",),
        },
    )  # fmt: skip
    house.engine.rooms.change("elm", CLI, email="elm@example.org", rules={"gap_minutes": 5})
    house.engine.rooms.add(make.room("hall", parts=(house.oak.number, house.elm.number), active=False), CLI)


def test_what_goes_out_comes_back_in_and_changes_nothing(house: House) -> None:
    furnish(house)
    before, text = rooms(house), house.engine.imports.rooms_file(CLI)
    done = take(house, text, update=True)
    assert (errors(done), done.written, done.count("update")) == ([], True, 3)
    assert {slug: replace(it, version=0) for slug, it in rooms(house).items()} == {
        slug: replace(it, version=0) for slug, it in before.items()
    }
    assert house.engine.imports.rooms_file(CLI) == text


def test_another_house_is_furnished_from_the_file(house: House) -> None:
    furnish(house)
    text = house.engine.imports.rooms_file(CLI)
    fresh = make.house(make.emptied(house.store), house.clock)
    for slug in ("oak", "elm"):
        fresh.engine.rooms.remove(slug, CLI)
    fresh.engine.places.put_type(RoomType("studio", "Studio"), CLI, new=True)
    fresh.engine.catalogue.add(Attribute(0, "room", "Straßenlärm / Floor cover"), CLI)
    assert errors(take(fresh, text)) == []
    assert fresh.engine.imports.rooms_file(CLI) == text
    found = rooms(fresh)
    assert found["hall"].parts == (found["oak"].number, found["elm"].number)
    assert found["oak"].policy.max_minutes == 120
    tree = fresh.engine.house.now()
    assert sorted(map(tree.address, tree.places)) == ["", "Labs", "Labs/Wet labs", "Main", "Main/1", "Main/2",
                                                      "Main/West", "Main/West/1"]  # fmt: skip


def test_a_level_above_reaches_what_a_file_brings_and_a_column_can_leave_a_rule_to_it(house: House) -> None:
    house.engine.policies.set("Main", {"max_minutes": 60}, CLI)
    done = take(house, "id,name,policy.max_minutes,policy.lanes\nash,Ash,,2\noak,Oak,2 h,\n", update=True)
    assert errors(done) == []
    assert (rooms(house)["ash"].policy, rooms(house)["ash"].own_policy) == (
        Policy(max_minutes=60, lanes=2), {"lanes": 2},
    )  # fmt: skip
    assert rooms(house)["oak"].policy.max_minutes == 120
    take(house, "name,policy.max_minutes\nOak,inherit\n", update=True)
    assert (rooms(house)["oak"].policy.max_minutes, rooms(house)["oak"].own_policy) == (60, {})


def test_a_room_has_the_zone_of_its_place_where_the_row_names_none(house: House) -> None:
    house.engine.places.add(Place(0, HOUSE, "site", "Tokyo", zone="Asia/Tokyo"), CLI)
    take(house, "name,site,zone\nAsh,tokyo,\nBirch,Tokyo,UTC\nCedar,Main,\n")
    assert [rooms(house)[slug].zone for slug in ("ash", "birch", "cedar")] == ["Asia/Tokyo", "UTC", make.BERLIN]


def test_a_name_changes_where_the_id_says_whose_it_is(house: House) -> None:
    assert take(house, "id,name\noak,Great Oak\n", update=True).count("update") == 1
    assert rooms(house)["oak"].name == "Great Oak"


@pytest.mark.parametrize(
    ("columns", "cells", "error"),
    [
        ("id", "No!", "id: lower-case letters, digits and hyphens, 1 to 64"), ("walk", "far", "Walk must be a number"),
        ("plan", "5", "Plan must be two numbers, such as 250,700"), ("color", "red", "color: such as #2e7d32"),
        ("plan", '"1,2000"', "plan: x,y in thousandths of the picture, 0 to 1000"),
        ("status", "gone", "status: available, unavailable or hidden"),
        ("parts", "oak; yew", "parts: there is no room 'yew'"),
        ("parts", "ash", "parts: itself"), ("policy.lanes", "0", "lanes: 1 to 100"),
        ("policy.nonsense", "1", "policy.nonsense: there is no such rule"),
        ("policy.opening", "never", 'policy.opening: such as "mon-fri 08:00-18:00; sat 10:00-14:00" or none'),
        ("policy.timetable", "9", "timetable: there is no timetable 9"),
        ("groups", "#1", "groups: #1 is no group of rooms"),
        ("groups", "#99", "groups: there is no '#99'"), ("attribute.shape", "round", "there is no attribute 'shape'"),
        ("site,building", " ,West", None),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_says_why(sqlite_house: House, columns: str, cells: str, error: str | None) -> None:
    done = take(sqlite_house, f"name,{columns}\nBirch,{'' if ',' not in columns else ','}\nAsh,{cells}\n")
    assert errors(done) == ([(3, (error,))] if error else [])
    assert ("ash" in rooms(sqlite_house)) is (error is None)
    assert ("birch" in rooms(sqlite_house)) is (error is None)


def test_the_good_rows_stay_where_the_bad_ones_may_be_left_out(house: House) -> None:
    text = "id,name,parts,groups\nash,Ash,,Labs\nbirch,Birch,,#99\nhall,Hall,ash; birch,\nwing,Wing,ash; oak,\n"
    before = house.engine.imports.rooms_file(CLI)
    looked = take(house, text, preview=True)
    assert errors(looked) == [(3, ("groups: there is no '#99'",)), (4, ("parts: there is no room 'birch'",))]
    assert not take(house, text).written
    assert house.engine.imports.rooms_file(CLI) == before
    assert "Labs" not in [it.name for it in house.engine.places.tree(CLI).places.values()]
    done = take(house, text, partial=True)
    assert (errors(done), done.written) == (errors(looked), True)
    found = rooms(house)
    assert sorted(found) == ["ash", "elm", "oak", "wing"]
    assert found["wing"].parts == (found["ash"].number, found["oak"].number)


def test_who_counts_on_a_bad_row_is_bad_too(house: House) -> None:
    text = "id,name,parts\nhall,Hall,wing; ash\nash,Ash,yew\nwing,Wing,\ndome,Dome,wing; wing\n"
    done = take(house, text, partial=True)
    assert errors(done) == [
        (2, ("parts: there is no room 'ash'",)), (3, ("parts: there is no room 'yew'",)),
        (5, ("parts: up to 20 rooms, each once",)),
    ]  # fmt: skip
    assert sorted(rooms(house)) == ["elm", "oak", "wing"]
    text = "id,name,parts\nhall,Hall,oak\nwing,Wing,hall\noak,Oak,elm\n"
    assert errors(take(house, text, partial=True, update=True)) == [
        (2, ("parts: it is itself a part of wing",)), (3, ("parts: there is no room 'hall'",)),
    ]  # fmt: skip
    assert rooms(house)["oak"].parts == (house.elm.number,)


def test_a_file_that_would_shut_out_what_is_booked_says_how_much(house: House) -> None:
    house.book("11:00", "12:00")
    done = take(house, "name,status\nElm,unavailable\nOak,unavailable\n", update=True)
    assert errors(done) == [(3, ("would shut out 1 bookings (out_of_service)",))]
    assert rooms(house)["elm"].status == "available"


def test_how_far_it_is_is_told(sqlite_house: House) -> None:
    heard: list[tuple[int, int]] = []
    text = "name\n" + "".join(f"Room {n}\n" for n in range(500))
    take(sqlite_house, text, progress=lambda done, of: heard.append((done, of)))
    assert heard == sorted(heard)
    assert {of for _, of in heard} == {1000}
    assert len(heard) == 6


CELLS = st.sampled_from(
    ["", "none", "inherit", "0", "-1", "1,2", "a; b", "oak; elm", "Labs", "#1", "Main/1", "x" * 300, "yes", "12 h",
     "mon-fri 08:00-18:00", "2026-12-24 closed", "staff: closed", "\u2028", "é/è", "house", "group:", ";", "/",
     "hidden", "room-0", "room-1; room-2", "room-3; oak", "room-1; room-1"]
)  # fmt: skip
OURS = ("id", "site", "building", "floor", "zone", "status", "color", "plan", "walk", "groups", "parts", "capacity",
        *(f"policy.{name}" for name in FIELDS))  # fmt: skip


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.dictionaries(st.sampled_from(OURS), CELLS, max_size=6), min_size=1, max_size=4))
def test_whatever_is_in_the_cells_a_row_is_good_or_says_why(sqlite_house: House, rows: list[dict[str, str]]) -> None:
    columns = sorted({name for row in rows for name in row})
    lines = [["name", *columns], *([f"Room {n}", *(row.get(it, "") for it in columns)] for n, row in enumerate(rows))]
    text = write(lines[0], lines[1:])
    before = sqlite_house.engine.imports.rooms_file(CLI)
    looked = take(sqlite_house, text, preview=True)
    assert sqlite_house.engine.imports.rooms_file(CLI) == before
    done = take(sqlite_house, text, partial=True, update=True)
    assert errors(done) == errors(take(sqlite_house, text, preview=True, update=True)) or not looked.bad
    there = {it.number: it for it in rooms(sqlite_house).values()}
    for it in there.values():
        assert len(set(it.parts)) == len(it.parts)
        assert all(part != it.number and part in there and not there[part].parts for part in it.parts)
    out = sqlite_house.engine.imports.rooms_file(CLI)
    again = take(sqlite_house, out, update=True)
    assert errors(again) == []
    assert sqlite_house.engine.imports.rooms_file(CLI) == out
