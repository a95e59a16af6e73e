"""A room is given back only where it is known that people could have said they were there, and did not."""

from datetime import timedelta

import pytest

from server.core.access import CLI
from tests.engine.watched import again, alive, asks, course, notes, panel, rounds, tell
from tests.make import House, at

SECOND = timedelta(seconds=1)


def test_a_silent_panel_speaks_against_nobody(house: House) -> None:
    asks(house)
    panel(house)
    made = house.book("11:00", "12:00")
    done = rounds(house, "12:00", heard=False)
    assert done == {"warned": 1, "unknown": 1}
    assert notes(house, made, "attendance_unknown") == [("attendance_unknown", "panel_silent")]


def test_once_the_panel_has_delivered_all_it_owes_the_room_is_given_back(house: House) -> None:
    asks(house)
    panel(house)
    house.book("11:00", "12:00")
    rounds(house, "11:20", heard=False)
    assert rounds(house, "11:30") == {"released": 1, "freed": 1}


def test_who_checked_in_while_the_network_was_gone_is_never_released(house: House) -> None:
    asks(house)
    glass = panel(house)
    made = house.book("11:00", "12:00")
    rounds(house, "11:20", heard=False)
    house.engine.presence.check_in(made.uid, glass, version=made.version, key="kept-while-offline")
    assert rounds(house, "12:00") == {}
    assert again(house, made).ends == at("12:00")


@pytest.mark.parametrize(
    ("said", "why"),
    [({"touch": "suspect"}, "touch_suspect"), ({"painted_since": at("10:45") + SECOND}, "not_painted")],
)
def test_a_panel_that_was_frozen_or_deaf_speaks_against_nobody(
    sqlite_house: House, said: dict[str, object], why: str
) -> None:
    house = sqlite_house
    asks(house)
    glass = panel(house)
    tell(house, int(glass.name.partition(":")[2]), **said)  # type: ignore[arg-type]
    made = house.book("11:00", "12:00")
    assert rounds(house, "12:00") == {"warned": 1, "unknown": 1}
    assert notes(house, made, "attendance_unknown") == [("attendance_unknown", why)]


def test_one_of_two_panels_that_is_deaf_is_enough(sqlite_house: House) -> None:
    house = sqlite_house
    asks(house)
    panel(house)
    other = panel(house)
    tell(house, int(other.name.partition(":")[2]), touch="suspect")
    house.book("11:00", "12:00")
    assert rounds(house, "12:00") == {"warned": 1, "unknown": 1}


def test_but_not_where_it_was_revoked(sqlite_house: House) -> None:
    house = sqlite_house
    asks(house)
    panel(house)
    other, _, _ = house.panel("oak")
    house.engine.devices.revoke(other.number, CLI)
    house.book("11:00", "12:00")
    assert rounds(house, "12:00") == {"warned": 1, "released": 1, "freed": 1}


def test_without_a_panel_people_of_an_api_are_released_where_the_server_was_up(house: House) -> None:
    asks(house)
    house.book("11:00", "12:00")
    alive(house, "10:00", "10:50")
    alive(house, "10:51", "11:30")
    assert rounds(house, "12:00") == {"warned": 1, "released": 1, "freed": 1}


def test_but_not_where_it_was_away_in_the_window(house: House) -> None:
    asks(house)
    made = house.book("11:00", "12:00")
    alive(house, "10:00", "11:01")
    alive(house, at("11:02") + SECOND, "12:00")
    assert rounds(house, "12:00") == {"warned": 1, "unknown": 1}
    assert notes(house, made, "attendance_unknown") == [("attendance_unknown", "server_down")]


def test_nor_where_they_have_no_way_to_say_that_they_are_here(house: House) -> None:
    asks(house)
    made = house.book("11:00", "12:00", by=CLI)
    alive(house, "10:00", "12:00")
    assert rounds(house, "12:00") == {"warned": 1, "unknown": 1}
    assert notes(house, made, "attendance_unknown") == [("attendance_unknown", "no_way")]
    assert course(house, made) is not None
