"""What every level sets for the rooms below it, where a value comes from, and what a change would shut out."""

from dataclasses import replace
from typing import Any

import pytest

from server.core.access import CLI, Actor
from server.core.errors import Barred, Invalid, Refused, Unknown
from server.core.house import Right
from server.core.levels import INHERIT
from server.core.places import HOUSE, Place, RoomType
from server.core.policy import Opening, Policy, SpecialDay
from tests import make
from tests.make import OFFICE, House, codes
from tests.people import key_of, person


def add(house: House, kind: str, name: str, into: str = "house", **fields: Any) -> Place:
    parent = house.engine.places.find(into, CLI).number
    return house.engine.places.add(Place(0, parent, kind, name, **fields), CLI)


def rule(house: House, target: str, **rules: Any) -> list[str]:
    """Sets rules at a level and returns the rooms whose policy they changed."""
    return [after.id for _, after in house.engine.policies.set(target, rules, CLI).changed]


def policy(house: House, slug: str = "oak") -> Policy:
    return house.engine.rooms.get(slug, CLI).policy


def whence(house: House, target: str, field: str) -> tuple[Any, str]:
    shown = house.engine.policies.show(target, CLI)
    return next((it.value, it.source) for it in shown.values if it.field == field)


def noted(house: House, room: int | None) -> int:
    with house.store.reading() as tx:
        where = "room_id IS NULL" if room is None else f"room_id = {room}"
        return int(tx.rows(f"SELECT count(*) FROM change WHERE {where}")[0][0])


# levels


def test_what_a_level_sets_is_in_the_rooms_below_until_it_is_unset(house: House) -> None:
    assert rule(house, "house", gap_minutes=5) == ["oak", "elm"]
    assert rule(house, "Main/1", gap_minutes=7) == ["oak"]
    assert (policy(house).gap_minutes, policy(house, "elm").gap_minutes) == (7, 5)
    assert whence(house, "oak", "gap_minutes") == (7, "floor 1")
    assert whence(house, "elm", "gap_minutes") == (5, "house")
    assert whence(house, "oak", "lanes") == (1, "default")
    assert rule(house, "oak", gap_minutes=9) == ["oak"]
    assert rule(house, "Main/1", gap_minutes=INHERIT) == []
    assert rule(house, "oak", gap_minutes=INHERIT) == ["oak"]
    assert whence(house, "oak", "gap_minutes") == (5, "house")
    assert rule(house, "house", gap_minutes=INHERIT) == ["oak", "elm"]
    assert policy(house) == Policy()


def test_a_room_is_told_of_a_change_only_where_its_policy_changes(house: House) -> None:
    rule(house, "oak", gap_minutes=9)
    oak, elm = (house.engine.rooms.get(slug, CLI) for slug in ("oak", "elm"))
    seen = noted(house, oak.number), noted(house, elm.number)
    rule(house, "house", gap_minutes=5)
    assert house.engine.rooms.get("oak", CLI) == oak
    assert house.engine.rooms.get("elm", CLI).version == elm.version + 1
    assert (noted(house, oak.number), noted(house, elm.number)) == (seen[0], seen[1] + 1)


def test_types_and_groups_count_above_the_floor(house: House) -> None:
    house.engine.places.put_type(RoomType("studio", "Studio"), CLI, new=True)
    labs = add(house, "group", "Labs")
    house.engine.rooms.change("oak", CLI, room_type="studio", groups={labs.number})
    rule(house, "Main/1", gap_minutes=1, lanes=2, max_minutes=60)
    rule(house, "type:studio", gap_minutes=2, max_minutes=90)
    rule(house, "Labs", gap_minutes=3)
    assert (policy(house).gap_minutes, policy(house).max_minutes, policy(house).lanes) == (3, 90, 2)
    assert whence(house, "oak", "max_minutes") == (90, "type studio")
    assert whence(house, "oak", "gap_minutes") == (3, "group Labs")
    house.engine.rooms.change("oak", CLI, groups=())
    house.engine.rooms.change("oak", CLI, room_type="")
    assert (policy(house).gap_minutes, policy(house).max_minutes) == (1, 60)


def test_a_room_that_moves_or_is_new_gets_the_policy_of_where_it_is(house: House) -> None:
    add(house, "site", "Munich")
    rule(house, "Munich", opening=(OFFICE,))
    assert house.engine.rooms.change("oak", CLI, site="Munich").policy == Policy(opening=(OFFICE,))
    ash = house.engine.rooms.add(make.room("ash", Policy(lanes=2), site="Munich"), CLI)
    assert ash.policy == Policy(opening=(OFFICE,), lanes=2)
    assert ash.own_policy == {"lanes": 2}
    assert house.engine.rooms.get("ash", CLI) == ash


def test_a_preview_changes_nothing_and_says_what_would(house: House) -> None:
    done = house.engine.policies.set("house", {"lanes": 2}, CLI, preview=True)
    assert ([after.id for _, after in done.changed], done.written) == (["oak", "elm"], False)
    assert (policy(house), house.engine.rooms.get("oak", CLI).version) == (Policy(), 1)


def test_levels_that_come_to_nonsense_are_refused_and_say_where(house: House) -> None:
    rule(house, "oak", min_minutes=90)
    with pytest.raises(Invalid) as told:
        rule(house, "Main", max_minutes=60)
    assert told.value.fields == {"min_minutes": "more than max_minutes (room oak)"}
    for rules, bad in (({"lanes": 0}, "lanes"), ({"nonsense": 1}, "nonsense"), ({"opening": 5}, "opening"),
                       ({"timetable": 77}, "timetable"), ({"groups": (99,)}, "groups")):  # fmt: skip
        with pytest.raises(Invalid) as told:
            rule(house, "Main", **rules)
        assert list(told.value.fields) == [bad]


def test_what_sets_rules_is_named_so_that_it_is_one_thing(house: House) -> None:
    add(house, "group", "oak")
    with pytest.raises(Invalid) as told:
        rule(house, "oak", lanes=2)
    assert told.value.fields == {"target": "say room:oak or group:oak"}
    assert rule(house, "room:oak", lanes=2) == ["oak"]
    assert rule(house, "group:oak", lanes=3) == []
    for nobody in ("nowhere", "room:nowhere", "type:nowhere", "#99", ""):
        with pytest.raises(Unknown):
            rule(house, nobody, lanes=2)


def test_a_type_in_use_is_not_removed(house: House) -> None:
    house.engine.places.put_type(RoomType("studio", "Studio"), CLI, new=True)
    with pytest.raises(Refused) as told:
        house.engine.places.put_type(RoomType("studio", "Studio"), CLI, new=True)
    assert codes(told.value) == ["type_taken"]
    rule(house, "type:studio", lanes=2)
    changed = house.engine.places.put_type(RoomType("studio", "Atelier"), CLI, new=False)
    assert (changed.label, dict(changed.policy)) == ("Atelier", {"lanes": 2})
    house.engine.rooms.change("oak", CLI, room_type="studio")
    with pytest.raises(Refused) as told:
        house.engine.places.remove_type("studio", CLI)
    assert dict(told.value.objections[0].numbers) == {"by": "1 room"}
    house.engine.rooms.change("oak", CLI, room_type="")
    house.engine.places.remove_type("studio", CLI)
    assert house.engine.places.types(CLI) == ()


def test_who_does_not_run_the_house_changes_nothing_of_it(house: House) -> None:
    for actor in (house.alice, house.rita, Actor("bound", "admin", frozenset({house.oak.number}))):
        for act in (
            lambda who: house.engine.places.add(Place(0, HOUSE, "site", "New"), who),
            lambda who: house.engine.places.change(house.oak.place, who, name="x"),
            lambda who: house.engine.places.remove(house.oak.place, who),
            lambda who: house.engine.places.put_type(RoomType("a", "A"), who, new=True),
            lambda who: house.engine.policies.set("house", {"lanes": 2}, who),
            lambda who: house.engine.policies.set("Main", {"lanes": 2}, who),
            lambda who: house.engine.rooms.change("oak", who, floor="2"),
        ):
            with pytest.raises(Barred):
                act(actor)
    bound = Actor("bound", "admin", frozenset({house.oak.number}))
    assert house.engine.policies.set("oak", {"lanes": 2}, bound).written
    with pytest.raises(Barred):
        house.engine.policies.set("elm", {"lanes": 2}, bound)


# what is shut out


def test_a_policy_that_shuts_out_what_is_booked_says_what(house: House) -> None:
    first, second = house.book("11:00", "12:00"), house.book("13:00", "14:00")
    with pytest.raises(Refused) as told:
        house.engine.rooms.change("oak", CLI, status="unavailable", status_reason="Painting")
    assert [dict(it.numbers) for it in told.value.objections] == [{"code": "out_of_service", "bookings": 2}]
    assert [it.uid for it in told.value.conflicts] == [first.uid, second.uid]
    house.engine.rooms.change("elm", CLI, status="unavailable")
    changed = house.engine.rooms.change("oak", CLI, status="unavailable", anyway=True)
    assert changed.status == "unavailable"
    assert house.engine.rooms.change("oak", CLI, name="Oak tree").name == "Oak tree"


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ({"opening": (Opening(frozenset(range(7)), 0, 720),)}, "outside_hours"),
        ({"special_days": (SpecialDay(make.MONDAY),)}, "outside_hours"), ({"max_minutes": 30}, "too_long"),
        ({"min_minutes": 90}, "too_short"), ({"gap_minutes": 90}, "too_close"),
    ],
)  # fmt: skip
def test_a_rule_that_refuses_what_is_booked_waits_for_a_word(house: House, rules: dict[str, Any], code: str) -> None:
    first, second = house.book("11:00", "12:00"), house.book("13:00", "14:00")
    for target in ("oak", "Main"):
        with pytest.raises(Refused) as told:
            rule(house, target, **rules)
        assert {it.numbers["code"] for it in told.value.objections} == {code}
        assert {it.uid for it in told.value.conflicts} <= {first.uid, second.uid}
        assert policy(house) == Policy()
    done = house.engine.policies.set("Main", rules, CLI, anyway=True)
    assert done.written
    assert policy(house) == replace(Policy(), **rules)


def test_what_looser_rules_let_stand_is_not_asked_about(house: House) -> None:
    house.book("11:00", "12:00")
    rule(house, "oak", max_minutes=60)
    rule(house, "oak", max_minutes=90, door_host="full", notice_minutes=60, horizon_days=1, approval=True)
    rule(house, "oak", opening=(Opening(frozenset(range(7)), 0, 1440),))
    house.clock.set("12:00")
    rule(house, "oak", max_minutes=30)


def test_a_move_to_where_rules_shut_out_what_is_booked_is_refused(house: House) -> None:
    munich = add(house, "site", "Munich")
    labs = add(house, "group", "Labs")
    rule(house, "Munich", max_minutes=30)
    rule(house, "Labs", max_minutes=30)
    it = house.book("11:00", "12:00")
    for move in (
        lambda: house.engine.places.change(house.oak.place, CLI, parent=munich.number),
        lambda: house.engine.rooms.change("oak", CLI, site="Munich"),
        lambda: house.engine.rooms.change("oak", CLI, groups={labs.number}),
    ):
        with pytest.raises(Refused) as told:
            move()
        assert [each.uid for each in told.value.conflicts] == [it.uid]
    assert house.engine.rooms.get("oak", CLI) == house.oak
    house.engine.places.change(house.oak.place, CLI, parent=munich.number, anyway=True)
    assert policy(house).max_minutes == 30


def test_fewer_lanes_than_are_taken_are_refused(house: House) -> None:
    rule(house, "oak", lanes=2)
    house.book("11:00", "12:00")
    second = house.book("11:30", "12:30")
    with pytest.raises(Refused) as told:
        rule(house, "oak", lanes=1)
    assert [it.uid for it in told.value.conflicts] == [second.uid]


def test_a_combined_room_that_is_booked_keeps_its_parts(house: House) -> None:
    hall = house.engine.rooms.add(make.room("hall", parts=(house.oak.number, house.elm.number)), CLI)
    house.book("11:00", "12:00", room="hall")
    with pytest.raises(Refused) as told:
        house.engine.rooms.change("hall", CLI, parts=(house.oak.number,))
    assert dict(told.value.objections[0].numbers) == {"code": "parts", "bookings": 1}
    assert house.engine.rooms.get("hall", CLI).parts == hall.parts


def test_hours_can_be_set_where_nothing_is_booked(house: House) -> None:
    rule(house, "oak", opening=(Opening(frozenset(range(7)), 0, 1440),))
    assert policy(house).opening


# people


def test_who_manages_a_room_sets_its_rules_and_moves_it_nowhere(house: House) -> None:
    someone = person(house, "mona")
    house.engine.rights.give(Right(0, "person", someone.number, "manage", room=house.oak.number), CLI)
    mona = house.engine.tokens.actor(key_of(house, someone))
    assert house.engine.policies.set("oak", {"lanes": 2}, mona).written
    assert house.engine.rooms.change("oak", mona, status="hidden", rules={"gap_minutes": 5}).policy.gap_minutes == 5
    for act in (
        lambda: house.engine.policies.set("Main", {"lanes": 2}, mona),
        lambda: house.engine.policies.set("elm", {"lanes": 2}, mona),
        lambda: house.engine.policies.set("house", {"lanes": 2}, mona, preview=True),
        lambda: house.engine.rooms.change("oak", mona, floor="2"),
        lambda: house.engine.rooms.change("oak", mona, groups=()),
        lambda: house.engine.rooms.remove("oak", mona),
        lambda: house.engine.policies.show("Main", mona),
    ):
        with pytest.raises(Barred):
            act()


def test_a_hidden_room_is_listed_for_its_manager_alone(house: House) -> None:
    house.engine.rooms.change("oak", CLI, status="hidden")
    mona, bert = person(house, "mona"), person(house, "bert")
    house.engine.rights.give(Right(0, "person", mona.number, "manage", room=house.oak.number), CLI)
    seen = {
        it.login: [room.id for room in house.engine.rooms.all(house.engine.tokens.actor(key_of(house, it)))]
        for it in (mona, bert)
    }
    assert seen == {"mona": ["oak", "elm"], "bert": ["elm"]}
