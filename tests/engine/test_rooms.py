"""Rooms: listing, changing, closing, what they are now, and the secret of their feed."""

from dataclasses import replace
from typing import Any

import pytest

from server.core.access import CLI, Actor
from server.core.errors import Barred, Invalid, Refused, Unknown
from server.core.policy import Opening, Policy
from server.core.status import State
from tests import make
from tests.make import House, at, codes, span


def test_rooms_are_listed_in_the_order_of_their_making(house: House) -> None:
    house.engine.rooms.add(make.room("ash", capacity=20, room_type="studio", active=False), CLI)

    def ids(**by: Any) -> list[str]:
        return [room.id for room in house.engine.rooms.all(house.rita, **by)]

    assert ids() == ["oak", "elm", "ash"]
    assert ids(active=True) == ["oak", "elm"]
    assert ids(active=False) == ["ash"]
    assert ids(room_type="studio") == ["ash"]
    assert ids(capacity_min=5) == ["oak", "ash"]
    assert ids(capacity_min=9, active=True) == []


def test_who_is_bound_to_rooms_sees_those(house: House) -> None:
    assert [room.id for room in house.engine.rooms.all(house.charlie)] == ["elm"]
    assert house.engine.rooms.all(Actor("anyone", "read", frozenset())) == ()


def test_scope_comes_before_unknown_and_unknown_before_barred(house: House) -> None:
    nobody = Actor("anyone", "none", frozenset())
    with pytest.raises(Barred) as barred:
        house.engine.rooms.get("nowhere", nobody)
    assert barred.value.why == "scope"
    with pytest.raises(Unknown):
        house.engine.rooms.get("nowhere", house.charlie)
    with pytest.raises(Barred) as barred:
        house.engine.rooms.get("oak", house.charlie)
    assert barred.value.why == "room"


def test_numbers_are_given_and_never_the_askers(house: House) -> None:
    made = house.engine.rooms.add(make.room("ash", number=77, version=9), CLI)
    assert made.number > house.elm.number
    assert made.version == 1


def test_an_id_is_taken_once(house: House) -> None:
    with pytest.raises(Refused) as told:
        house.engine.rooms.add(make.room("oak"), CLI)
    assert codes(told.value) == ["slug_taken"]


@pytest.mark.parametrize(
    ("fields", "bad"),
    [
        ({"id": "Oak"}, "id"),
        ({"id": ""}, "id"),
        ({"id": "a" * 65}, "id"),
        ({"name": " "}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"capacity": -1}, "capacity"),
        ({"capacity": 100_001}, "capacity"),
        ({"description": "\0"}, "description"),
        ({"description": "x" * 2001}, "description"),
        ({"facilities": ("display", "a\nb")}, "facilities"),
        ({"facilities": ("x" * 65,)}, "facilities"),
        ({"facilities": ("x",) * 65}, "facilities"),
        ({"city": "\ud800"}, "city"),
        ({"policy": Policy(min_minutes=0)}, "min_minutes"),
        ({"policy": Policy(min_minutes=60, max_minutes=30)}, "min_minutes"),
        ({"policy": Policy(max_minutes=44_641)}, "max_minutes"),
        ({"policy": Policy(notice_minutes=-1)}, "notice_minutes"),
        ({"policy": Policy(horizon_days=3_661)}, "horizon_days"),
        ({"policy": Policy(gap_minutes=1_441)}, "gap_minutes"),
        ({"policy": Policy(walk_in_minutes=(0,))}, "walk_in_minutes"),
        ({"policy": Policy(walk_in_minutes=(1,) * 7)}, "walk_in_minutes"),
        ({"policy": Policy(door_host="loud")}, "door_host"),
        ({"policy": Policy(opening=(Opening(frozenset({7}), 0, 60),))}, "opening"),
        ({"policy": Policy(opening=(Opening(frozenset({0}), 60, 60),))}, "opening"),
        ({"policy": Policy(opening=(Opening(frozenset({0}), 0, 1441),))}, "opening"),
    ],
)
def test_a_room_that_cannot_be_is_refused_with_the_field_named(
    sqlite_house: House, fields: dict[str, Any], bad: str
) -> None:
    with pytest.raises(Invalid) as told:
        sqlite_house.engine.rooms.add(replace(make.room("new"), **fields), CLI)
    assert list(told.value.fields) == [bad]
    if bad != "id":
        with pytest.raises(Invalid):
            sqlite_house.engine.rooms.change("oak", CLI, **fields)
        assert sqlite_house.engine.rooms.get("oak", CLI) == sqlite_house.oak


LIMITS = {"name": 255, "email": 255, "room_number": 64, "room_type": 64, "description": 2000, "contact": 255,
          "site": 255, "building": 255, "floor": 64, "street": 255, "postal_code": 32, "city": 255}  # fmt: skip


@pytest.mark.parametrize("field", LIMITS)
def test_a_rooms_text_is_as_long_as_it_may_be_and_no_longer(sqlite_house: House, field: str) -> None:
    rooms = sqlite_house.engine.rooms
    text = "Ω" * LIMITS[field]
    assert getattr(rooms.change("oak", CLI, **{field: text}), field) == text
    with pytest.raises(Invalid) as told:
        rooms.change("oak", CLI, **{field: text + "x"})
    assert list(told.value.fields) == [field]


@pytest.mark.parametrize("capacity", [0, 100_000])
def test_a_room_may_be_as_small_and_as_large_as_that(sqlite_house: House, capacity: int) -> None:
    assert sqlite_house.engine.rooms.change("oak", CLI, capacity=capacity).capacity == capacity


@pytest.mark.parametrize(
    "policy",
    [
        Policy(min_minutes=1, max_minutes=1), Policy(min_minutes=44_640, max_minutes=44_640), Policy(notice_minutes=0),
        Policy(notice_minutes=525_600, horizon_days=3_660, gap_minutes=1_440, check_in_minutes=1_440),
        Policy(early_minutes=0, extend_minutes=1, check_in_minutes=1, horizon_days=0, gap_minutes=0),
        Policy(early_minutes=1_440, extend_minutes=1_440, walk_in_minutes=(1, 1_440, 5, 5, 5, 5)),
        Policy(opening=(Opening(frozenset(range(7)), 0, 1_440), Opening(frozenset(), 5, 6))),
        Policy(walk_in_minutes=()),
    ],
)  # fmt: skip
def test_a_policy_may_go_to_its_limits(sqlite_house: House, policy: Policy) -> None:
    assert sqlite_house.engine.rooms.change("oak", CLI, policy=policy).policy == policy


def test_a_change_is_kept_and_counted(house: House) -> None:
    changed = house.engine.rooms.change("oak", house.ada, name="Great Oak", capacity=12)
    assert changed == replace(house.oak, name="Great Oak", capacity=12, version=2)
    assert house.engine.rooms.get("oak", house.rita) == changed


def test_changing_rooms_needs_an_administrator(house: House) -> None:
    for act in (
        lambda: house.engine.rooms.change("oak", house.alice, name="x"),
        lambda: house.engine.rooms.add(make.room("ash"), house.alice),
        lambda: house.engine.rooms.feed("oak", house.alice, "enable"),
        lambda: house.engine.rooms.close("oak", house.alice, at("11:00"), at("12:00"), "x"),
    ):
        with pytest.raises(Barred) as told:
            act()
        assert (told.value.why, told.value.need) == ("scope", "admin")


# now


def test_a_room_now_has_its_state_its_day_and_its_closures(house: House) -> None:
    first, second = house.book("10:00", "11:00"), house.book("15:00", "16:00")
    house.book(at("10:00", 1), at("11:00", 1))
    shut = house.engine.rooms.close("oak", CLI, at("12:00"), at("13:00"), "Cleaning")
    now = house.engine.rooms.now("oak", house.rita)
    assert (now.room, now.at, now.today, now.closures) == (house.oak, at("10:00"), (first, second), (shut,))
    assert (now.status.state, now.status.current, now.status.next) == (State.BUSY, first, second)
    house.clock.set("11:00")
    assert house.engine.rooms.now("oak", house.rita).status.until == at("12:00")
    house.clock.set("12:00")
    assert house.engine.rooms.now("oak", house.rita).status.state is State.CLOSED


def test_a_meeting_over_midnight_is_in_both_days(house: House) -> None:
    made = house.book(at("23:00"), at("01:00", 1))
    assert house.engine.rooms.now("oak", house.rita).today == (made,)
    house.clock.set(at("00:30", 1))
    now = house.engine.rooms.now("oak", house.rita)
    assert (now.today, now.status.state, now.status.until) == ((made,), State.BUSY, at("01:00", 1))


def test_the_day_is_that_of_the_rooms_zone(house: House) -> None:
    house.engine.rooms.add(make.room("kauri", zone="Pacific/Auckland"), CLI)
    tonight = house.book(at("13:59"), at("14:01"), room="kauri")  # midnight there
    assert house.engine.rooms.now("kauri", house.rita).today == (tonight,)
    house.clock.set("14:00")
    now = house.engine.rooms.now("kauri", house.rita)
    assert (now.today, now.status.state) == ((tonight,), State.BUSY)
    house.clock.set("14:01")
    assert house.engine.rooms.now("kauri", house.rita).today == (tonight,)


def test_a_room_is_stamped_by_its_own_changes_and_by_those_of_keys(house: House) -> None:
    def stamp() -> tuple[int, int]:
        return house.engine.rooms.stamp(house.oak.number)

    seen = [stamp()]
    house.book("11:00", "12:00", room="elm")
    assert stamp() == seen[0]
    house.book("11:00", "12:00")
    seen.append(stamp())
    token, _ = house.engine.tokens.create("x", "read", CLI)
    seen.append(stamp())
    house.engine.tokens.revoke(token.id, CLI)
    seen.append(stamp())
    house.policy(check_in=True)
    seen.append(stamp())
    assert len(set(seen)) == 5


# closures


def test_a_closed_room_is_not_booked_and_reopened_it_is(house: House) -> None:
    shut = house.engine.rooms.close("oak", house.ada, at("11:00"), at("12:00"), "Painting")
    with pytest.raises(Refused) as told:
        house.book("11:30", "12:30")
    assert codes(told.value) == ["closed"]
    assert dict(told.value.objections[0].numbers) == {"reason": "Painting"}
    assert house.engine.rooms.reopen(shut.id, house.ada) == shut
    house.book("11:30", "12:30")
    with pytest.raises(Unknown):
        house.engine.rooms.reopen(shut.id, house.ada)


def test_a_room_is_not_closed_over_bookings_nor_over_closures(house: House) -> None:
    made = house.book("11:00", "12:00")
    with pytest.raises(Refused) as told:
        house.engine.rooms.close("oak", house.ada, at("11:30"), at("13:00"), "x")
    assert [conflict.uid for conflict in told.value.conflicts] == [made.uid]
    house.engine.rooms.close("oak", house.ada, at("12:00"), at("13:00"), "x")
    with pytest.raises(Refused) as told:
        house.engine.rooms.close("oak", house.ada, at("12:30"), at("14:00"), "x")
    assert [(conflict.uid, conflict.starts) for conflict in told.value.conflicts] == [(None, at("12:00"))]


def test_closures_are_listed_by_what_they_touch(house: House) -> None:
    first = house.engine.rooms.close("oak", CLI, at("11:00"), at("12:00"), "a")
    second = house.engine.rooms.close("oak", CLI, at("13:00"), at("14:00"), "b")
    house.engine.rooms.close("elm", CLI, at("11:00"), at("12:00"), "c")
    assert house.engine.rooms.closures("oak", house.rita, span("11:00", "14:00")) == (first, second)
    assert house.engine.rooms.closures("oak", house.rita, span("12:00", "13:00")) == ()
    with pytest.raises(Barred):
        house.engine.rooms.closures("oak", house.charlie, span("11:00", "14:00"))


@pytest.mark.parametrize("reason", ["x" * 256, "a\nb", "\0"])
def test_a_reason_is_a_line_of_text(house: House, reason: str) -> None:
    with pytest.raises(Invalid) as told:
        house.engine.rooms.close("oak", CLI, at("11:00"), at("12:00"), reason)
    assert list(told.value.fields) == ["reason"]


# the feed's secret


def test_the_secret_of_a_feed_opens_its_room_until_it_is_changed(house: House) -> None:
    rooms = house.engine.rooms
    secret = rooms.feed("oak", house.ada, "enable")
    assert secret.startswith("rvxf_")
    assert len(secret) == 45
    assert rooms.by_feed_secret("oak", secret).id == "oak"
    newer = rooms.feed("oak", house.ada, "rotate")
    assert newer != secret
    for slug, tried in (
        ("oak", secret),
        ("elm", newer),
        ("nowhere", newer),
        ("oak", ""),
        ("oak", newer[:-1]),
        ("a\0", "\ud800"),
    ):
        with pytest.raises(Unknown):
            rooms.by_feed_secret(slug, tried)
    assert rooms.feed("oak", house.ada, "disable") == ""
    with pytest.raises(Unknown):
        rooms.by_feed_secret("oak", newer)


def test_a_room_without_a_feed_is_not_opened_by_nothing(house: House) -> None:
    for tried in ("", "rvxf_"):
        with pytest.raises(Unknown):
            house.engine.rooms.by_feed_secret("oak", tried)


def test_a_feed_is_enabled_rotated_or_disabled(house: House) -> None:
    with pytest.raises(Invalid):
        house.engine.rooms.feed("oak", house.ada, "publish")
