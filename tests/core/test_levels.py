"""Which level of the house sets what: every level against every other, groups in their order, and words."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.levels import Setting, Tree, effective, levels, sources, whence
from server.core.places import Place, RoomType
from server.core.policy import Opening, Policy, SpecialDay
from server.core.policy_bounds import problems
from server.core.policy_words import FIELDS, plain, policy_of, read, said, unusual, value
from server.core.tree import DEEPEST, address, below, misfits, namesake, spoken_of, tail, words
from tests import make

PLACES = {
    it.number: it
    for it in (
        Place(1, None, "house", "House"),
        Place(2, 1, "site", "Berlin"),
        Place(3, 2, "building", "Timber House"),
        Place(4, 3, "floor", "2"),
        Place(5, 1, "group", "Labs"),
        Place(6, 5, "group", "Wet labs"),
        Place(7, 1, "group", "Quiet"),
        Place(8, 1, "site", "Munich"),
        Place(9, 8, "floor", "2"),
    )
}
ROOM = make.room("oak", number=1, place=4, room_type="studio")
ORDER = ["house", "site Berlin", "building Timber House", "floor 2", "type studio", "group Labs", "group Quiet",
         "group Wet labs", "room oak"]  # fmt: skip


def tree(**sets: dict[str, Any]) -> Tree:
    """The tree above with what some levels set, by the name of the level with underscores."""
    told = {name.replace("_", " "): it for name, it in sets.items()}
    places = {
        number: replace(it, policy=told.get(it.kind if it.kind == "house" else f"{it.kind} {it.name}", {}))
        for number, it in PLACES.items()
    }
    kind = RoomType("studio", "Studio", policy=told.get("type studio", {}))
    return Tree(places, {1: frozenset({6, 7})}, {"studio": kind})


def test_levels_go_from_the_house_to_the_room() -> None:
    assert [it.name for it in levels(ROOM, tree())] == ORDER


@pytest.mark.parametrize(("outer", "inner"), list(pairwise(ORDER)))
def test_the_more_specific_level_counts(outer: str, inner: str) -> None:
    told = {outer: {"gap_minutes": 5, "lanes": 2}, inner: {"gap_minutes": 9}}
    own = told.pop("room oak", {})
    found = levels(replace(ROOM, own_policy=own), tree(**{name.replace(" ", "_"): it for name, it in told.items()}))
    assert effective(found) == Policy(gap_minutes=9, lanes=2)
    assert (whence(found, "gap_minutes"), whence(found, "lanes")) == (inner, outer)
    assert whence(found, "terms") == "default"
    assert sources(found)["lanes"] == outer


def test_a_level_can_set_what_the_default_says() -> None:
    found = (Setting("house", {"check_in": True}), Setting("room oak", {"check_in": False}))
    assert (effective(found).check_in, whence(found, "check_in")) == (False, "room oak")


def test_a_room_of_an_unknown_type_in_no_group_has_the_places_alone() -> None:
    found = levels(make.room("ash", number=2, place=9, room_type="barn"), tree())
    assert [it.name for it in found] == ["house", "site Munich", "floor 2", "room ash"]


# the tree


def test_places_are_spoken_of_by_address_number_and_kind() -> None:
    def numbers(text: str) -> list[int]:
        return [it.number for it in spoken_of(PLACES, text)]

    assert numbers("Berlin/Timber House/2") == numbers("berlin/timber house/2 ") == numbers("#4") == [4]
    assert numbers("timber house/2") == [4]
    assert numbers("2") == numbers("floor:2") == [4, 9]
    assert numbers("Labs") == numbers("group:labs") == [5]
    assert numbers("labs/wet labs") == [6]
    assert numbers("house") == numbers("#1") == [1]
    for odd in ("", "nowhere", "#", "#99", "#٣", "site:Labs", "#99999999999999999999999"):
        assert numbers(odd) == []


@given(st.lists(st.sampled_from(["a", "A", "a/b", "b", "é:x", "x", "/", "site:a"]), min_size=1, max_size=6), st.data())
def test_an_index_of_names_finds_what_a_look_at_each_place_finds(names: list[str], data: st.DataObject) -> None:
    places = {1: Place(1, None, "house", "House")}
    for number, name in enumerate(names, 2):
        parent = data.draw(st.sampled_from(sorted(places)))
        places[number] = Place(number, parent, "group", name)
    for it in [*places.values()][1:]:
        for text in (it.name, address(places, it.number), f"group:{it.name}", f"{it.name}/a", "b"):
            near = [other for other in places.values() if tail(other.name) == tail(text)]
            assert spoken_of(places, text, near) == spoken_of(places, text)


def test_a_place_says_where_it_is() -> None:
    assert address(PLACES, 4) == "Berlin/Timber House/2"
    assert address(PLACES, 1) == "House"
    assert words(PLACES, 4) == {"site": "Berlin", "building": "Timber House", "floor": "2"}
    assert words(PLACES, 9) == {"site": "Munich", "building": "", "floor": "2"}
    assert below(PLACES, 2) == {2, 3, 4}
    assert below(PLACES, 1) == set(PLACES)


@pytest.mark.parametrize(
    ("kind", "parent", "fits"),
    [
        ("site", 1, True), ("site", 2, False), ("building", 1, False), ("building", 2, True), ("building", 3, False),
        ("floor", 2, True), ("floor", 3, True), ("floor", 1, False), ("floor", 4, False), ("group", 1, True),
        ("group", 4, True), ("group", 5, True), ("site", 5, False), ("floor", 5, False), ("barn", 1, False),
        ("group", 77, False), ("group", None, False),
    ],
)  # fmt: skip
def test_a_kind_of_place_lies_in_its_kinds(kind: str, parent: int | None, fits: bool) -> None:
    assert (misfits(PLACES, Place(0, parent, kind, "New")) == {}) is fits


def test_a_place_lies_neither_in_itself_nor_too_deep() -> None:
    assert "parent" in misfits(PLACES, replace(PLACES[5], parent=6))
    assert "parent" in misfits(PLACES, replace(PLACES[5], parent=5))
    chain = {1: PLACES[1]} | {n: Place(n, n - 1, "group", str(n)) for n in range(2, DEEPEST + 2)}
    assert "parent" in misfits(chain, Place(0, DEEPEST + 1, "group", "x"))
    assert misfits(chain, Place(0, DEEPEST, "group", "x")) == {}
    side = chain | {50: Place(50, 1, "group", "a"), 51: Place(51, 50, "group", "b")}
    assert "parent" in misfits(side, replace(side[50], parent=DEEPEST))
    assert misfits(side, replace(side[50], parent=DEEPEST - 1)) == {}


def test_siblings_have_names_of_their_own_whatever_their_case() -> None:
    assert namesake(PLACES.values(), Place(0, 1, "site", "BERLIN")) == PLACES[2]
    assert namesake(PLACES.values(), Place(0, 1, "group", "Berlin")) is None
    assert namesake(PLACES.values(), PLACES[2]) is None


# words

minutes = st.integers(1, 1440)
spans = st.tuples(st.integers(0, 1438), st.integers(1, 1440)).map(lambda it: (min(it), max(it[1], it[0] + 1)))
weekdays = st.frozensets(st.integers(0, 6), min_size=1)
openings = st.lists(st.builds(lambda days, hours: Opening(days, *hours), weekdays, spans), max_size=4).map(tuple)
special = st.lists(st.builds(SpecialDay, st.dates(), st.lists(spans, max_size=3).map(tuple)), max_size=4).map(tuple)
codes = st.sampled_from(["too_long", "too_soon", "closed"])
BY_FIELD: dict[str, st.SearchStrategy[Any]] = {
    "opening": openings, "peak": openings, "special_days": special,
    "exempt": st.dictionaries(st.sampled_from(["staff", "member"]), st.lists(codes, min_size=1, max_size=2).map(tuple)),
    "terms": st.sampled_from(["", "https://example.org/terms", "Be kind.\nLeave it clean."]),
    "walk_in_minutes": st.lists(minutes, max_size=6).map(tuple), "groups": st.lists(minutes, max_size=3).map(tuple),
    "off": st.lists(codes, max_size=2).map(tuple), "roles": st.just(("staff", "member")),
    "departments": st.lists(st.sampled_from(["R&D", "Küche 2"]), max_size=2).map(tuple),
}  # fmt: skip
NUMBERS = [name for name in FIELDS if isinstance(getattr(Policy(), name), int | None) and name not in BY_FIELD]


@given(st.data(), st.sampled_from(FIELDS))
def test_what_is_said_of_a_rule_is_read_again(data: st.DataObject, name: str) -> None:
    usual = getattr(Policy(), name)
    if name in BY_FIELD:
        it = data.draw(BY_FIELD[name])
    elif isinstance(usual, bool):
        it = data.draw(st.booleans())
    elif isinstance(usual, str):
        it = usual
    else:
        it = data.draw(minutes if usual is not None else st.none() | minutes)
    assert read(name, said(name, it)) == it
    assert value(name, plain(name, it)) == it


@pytest.mark.parametrize(
    ("name", "text", "it"),
    [
        ("max_minutes", "90", 90), ("max_minutes", "90 min", 90), ("max_minutes", "1.5h", 90),
        ("max_minutes", "2 h", 120),
        ("notice_minutes", "2 days", 2880), ("notice_minutes", "1 week", 10080), ("max_minutes", "none", None),
        ("horizon_days", "90", 90), ("horizon_days", "2 weeks", 14), ("horizon_days", "none", None),
        ("check_in", "yes", True), ("check_in", "Off", False), ("credits", "2.5", 250), ("credits", "2", 200),
        ("opening", "mon-fri 08:00-18:00", (Opening(frozenset(range(5)), 480, 1080),)),
        ("opening", "fri-mon 8:00-24:00", (Opening(frozenset({4, 5, 6, 0}), 480, 1440),)),
        ("opening", "mon 08:00-12:00,13:00-18:00",
         (Opening(frozenset({0}), 480, 720), Opening(frozenset({0}), 780, 1080))),
        ("opening", "none", ()), ("special_days", "2026-12-24 closed", (SpecialDay(make.date(2026, 12, 24)),)),
        ("walk_in_minutes", "15, 1 h", (15, 60)), ("series", "NO", "no"), ("lanes", "3", 3),
        ("exempt", "staff: too_long, too_soon", {"staff": ("too_long", "too_soon")}), ("roles", "staff", ("staff",)),
    ],
)  # fmt: skip
def test_rules_are_read_as_people_write_them(name: str, text: str, it: Any) -> None:
    assert read(name, text) == it


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("max_minutes", "long"), ("max_minutes", "1.333 h"), ("max_minutes", "-5"), ("max_minutes", "٣"),
        ("gap_minutes", "none"), ("gap_minutes", ""), ("horizon_days", "12 h"), ("check_in", "maybe"), ("check_in", ""),
        ("opening", "mon 18:00-08:00"), ("opening", "mon 08:00-25:00"), ("opening", "mon 08:61-09:00"),
        ("opening", "someday 08:00-09:00"), ("opening", "mon"), ("special_days", "2026-02-30 closed"),
        ("special_days", "2026-02-03"), ("lanes", "1.5"), ("lanes", "99999999999999"), ("credits", "1.234"),
        ("exempt", "staff"), ("exempt", "staff:"), ("exempt", "staff: a; staff: b"), ("terms", "x" * 4001),
    ],
)  # fmt: skip
def test_what_is_no_rule_is_refused_and_says_how_one_is_written(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"such as|too long"):
        read(name, text)


def test_a_field_that_is_none_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        read("colour_of_the_door", "red")


def test_every_field_has_words_and_the_default_keeps_its_bounds() -> None:
    assert problems(Policy()) == {}
    assert problems(Policy(door_minutes=0)) == problems(Policy(door_minutes=30)) == {}
    for name in FIELDS:
        usual = getattr(Policy(), name)
        assert read(name, said(name, usual)) == usual
    assert policy_of(unusual(Policy(lanes=3, off=("closed",)))) == Policy(lanes=3, off=("closed",))


@pytest.mark.parametrize(
    ("fields", "bad"),
    [
        ({"lanes": 0}, "lanes"), ({"lanes": 101}, "lanes"), ({"max_rooms": 0}, "max_rooms"),
        ({"credits": -1}, "credits"),
        ({"credit_per": "day"}, "credit_per"), ({"members": "manage"}, "members"), ({"roles": ("king",)}, "roles"),
        ({"departments": ("a,b",)}, "departments"), ({"departments": (" ",)}, "departments"),
        ({"groups": (0,)}, "groups"),
        ({"terms": "x" * 2001}, "terms"), ({"terms": "\0"}, "terms"), ({"off": ("Nonsense!",)}, "off"),
        ({"exempt": {"king": ("closed",)}}, "exempt"), ({"exempt": {"staff": ("Not!",)}}, "exempt"),
        ({"lobby_host": "loud"}, "lobby_host"), ({"phone_host": ""}, "phone_host"), ({"series": ""}, "series"),
        ({"special_days": (SpecialDay(make.MONDAY), SpecialDay(make.MONDAY))}, "special_days"),
        ({"special_days": (SpecialDay(make.MONDAY, ((60, 60),)),)}, "special_days"), ({"timetable": 0}, "timetable"),
        ({"opening": (Opening(frozenset({0}), 0, 1),) * 51}, "opening"), ({"offer_minutes": 0}, "offer_minutes"),
        ({"end_horizon_days": 3661}, "end_horizon_days"), ({"check_in": 1}, "check_in"), ({"lanes": True}, "lanes"),
        ({"door_minutes": 29}, "door_minutes"), ({"door_minutes": 601}, "door_minutes"),
        ({"door_minutes": "off"}, "door_minutes"),
        ({"notice_cancel_minutes": 525_601}, "notice_cancel_minutes"), ({"gap_minutes": None}, "gap_minutes"),
    ],
)  # fmt: skip
def test_every_bound_is_kept(fields: dict[str, Any], bad: str) -> None:
    assert list(problems(replace(Policy(), **fields))) == [bad]


def test_rules_that_are_switched_off_are_rules_there_are() -> None:
    assert problems(Policy(off=("closed",)), codes={"closed"}) == {}
    assert list(problems(Policy(off=("shut",)), codes={"closed"})) == ["off"]
    assert list(problems(Policy(exempt={"staff": ("shut",)}), codes={"closed"})) == ["exempt"]
