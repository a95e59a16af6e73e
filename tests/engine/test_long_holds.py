"""A hold of half a day is not released: its people are asked, and then its hours go to whoever comes, one at a time."""

from datetime import timedelta

import pytest

from server.core.errors import Refused
from server.core.policy import Opening
from server.engine.devices import Act
from tests.engine.watched import again, asks, course, notes, panel, rounds, sweep
from tests.make import WORKDAYS, House, at, codes


def test_its_people_are_asked_and_its_hours_given_away_one_after_another(house: House) -> None:
    asks(house)
    panel(house)
    made = house.book("11:00", "17:00")
    house.clock.set("11:00")
    assert rounds(house, "11:29") == {}
    assert rounds(house, "11:30") == {"asked": 1}
    assert rounds(house, "11:34") == {}
    assert rounds(house, "11:35") == {"opened": 1}
    assert (again(house, made).starts, again(house, made).ends) == (at("12:35"), at("17:00"))
    assert rounds(house, "12:34") == {}
    assert rounds(house, "12:35") == {"opened": 1}
    assert again(house, made).starts == at("13:35")
    assert notes(house, made) == [("booked", ""), ("here_asked", "long"), ("opened", "60"), ("opened", "60")]
    found = course(house, made)
    assert found is not None
    assert (found.first_start, found.minutes) == (at("11:00"), 120)


def test_a_walk_in_has_an_hour_of_it_at_most(house: House) -> None:
    asks(house)
    glass = panel(house)
    house.book("11:00", "17:00")
    rounds(house, "11:40")
    with pytest.raises(Refused) as told:
        house.engine.devices.act(Act("walk-in-1", "book", "oak", at("11:45"), minutes=60), glass)
    assert codes(told.value) == ["clash"]
    walked = house.engine.devices.act(Act("walk-in-2", "book", "oak", at("11:45"), minutes=45), glass)
    assert (walked.starts, walked.ends) == (at("11:40"), at("12:25"))
    assert house.overlaps() == []


def test_its_people_come_when_they_come_and_begin_where_the_room_is_free(house: House) -> None:
    asks(house)
    glass = panel(house)
    made = house.book("11:00", "17:00")
    rounds(house, "11:50")
    here = house.engine.presence.check_in(made.uid, glass, version=made.version)
    assert (here.starts, here.checked_in_at) == (at("11:50"), at("11:50"))
    assert rounds(house, "14:00") == {}


def test_and_wait_for_who_walked_in_where_it_is_not(house: House) -> None:
    asks(house)
    glass = panel(house)
    made = house.book("11:00", "17:00")
    rounds(house, "11:40")
    house.engine.devices.act(Act("walk-in-1", "book", "oak", at("11:45"), minutes=45), glass)
    house.clock.set("11:50")
    here = house.engine.presence.check_in(made.uid, glass, version=made.version)
    assert (here.starts, here.checked_in_at) == (at("12:35"), at("11:50"))
    assert rounds(house, "14:00") == {"ending_soon": 1}  # for who walked in


def test_with_little_left_it_is_let_be(house: House) -> None:
    asks(house)
    panel(house)
    made = house.book("11:00", "15:00")
    done = rounds(house, "15:00", every=60)
    assert done == {"asked": 1, "opened": 3}
    assert again(house, made).starts == at("14:35")


def test_where_nobody_can_know_no_hour_is_given_away(house: House) -> None:
    asks(house)
    panel(house)
    made = house.book("11:00", "17:00")
    assert rounds(house, "13:00", every=60, heard=False) == {"asked": 1, "unknown": 1}
    assert again(house, made).starts == at("11:00")


def test_observed_it_says_what_an_hour_would_have_been(house: House) -> None:
    asks(house, release="observe")
    panel(house)
    made = house.book("11:00", "17:00")
    assert rounds(house, "17:00", every=60) == {"observed": 1}
    assert notes(house, made, "release_observed") == [("release_observed", "60")]


def test_who_has_a_whole_day_is_looked_for_when_the_room_opens(sqlite_house: House) -> None:
    house = sqlite_house
    asks(house, opening=(Opening(WORKDAYS, 8 * 60, 18 * 60),), off=("outside_hours",))
    panel(house)
    house.book(at("00:00", 1), at("00:00", 2))
    house.clock.set(at("00:00", 1))
    assert rounds(house, at("08:29", 1), every=600) == {}
    house.clock.set(at("08:30", 1))
    assert sweep(house) == {"asked": 1}


def test_and_in_the_morning_where_it_is_always_open(sqlite_house: House) -> None:
    house = sqlite_house
    asks(house)
    panel(house)
    house.book(at("00:00", 1), at("00:00", 2))
    house.clock.set(at("09:30", 1) - timedelta(seconds=1))
    assert sweep(house) == {}
    house.clock.set(at("09:30", 1))
    assert sweep(house) == {"asked": 1}
