"""While a place is taken over, and half an hour after, nothing in it is warned, released, given back or struck."""

from datetime import timedelta

import pytest

from server.core.access import CLI
from server.core.errors import Barred, Invalid, Refused, Unknown
from server.core.places import HOUSE
from tests.engine.watched import again, asks, notes, panel, rounds, sweep
from tests.make import House, at, codes


def test_nothing_is_released_in_an_emergency_and_half_an_hour_after(house: House) -> None:
    asks(house)
    panel(house)
    made = house.book("11:00", "13:00")
    house.clock.set("10:50")
    it = house.engine.emergencies.start(HOUSE, house.ada, kind="fire")
    house.clock.set("11:01")
    house.engine.emergencies.end(it.number, house.ada)
    assert rounds(house, "13:00") == {"called_off": 1}
    assert again(house, made).version == made.version
    assert notes(house, made) == [("booked", "")]


def test_what_was_released_already_is_taken_back(house: House) -> None:
    asks(house)
    panel(house)
    made = house.book("11:00", "13:00")
    rounds(house, "11:12")
    house.engine.emergencies.start(HOUSE, house.ada, drill=True)
    assert rounds(house, "13:00", every=60) == {"called_off": 1}
    assert notes(house, made, "release_undone") == [("release_undone", "emergency")]
    assert again(house, made).ends == at("13:00")


def test_it_ends_by_itself_after_an_hour_and_then_all_is_as_ever(house: House) -> None:
    asks(house)
    panel(house)
    house.engine.emergencies.start(HOUSE, house.ada)  # at ten
    house.book("11:45", "13:00")
    assert house.engine.emergencies.on() != ()
    house.clock.set("11:00")
    assert house.engine.emergencies.on() == ()
    assert rounds(house, "13:00") == {"warned": 1, "released": 1, "freed": 1}


def test_elsewhere_nothing_changes(house: House) -> None:
    asks(house)
    panel(house)
    places = {it.name: it.number for it in house.engine.places.tree(CLI).places.values()}
    second = places.get("2")
    house.book("11:00", "13:00")
    if second is None:
        pytest.skip("the cast's rooms lie in no floors")
    house.engine.emergencies.start(second, house.ada)
    assert rounds(house, "11:30") == {"warned": 1, "released": 1, "freed": 1}


def test_one_place_is_taken_over_once_at_a_time(house: House) -> None:
    first = house.engine.emergencies.start(HOUSE, house.ada)
    with pytest.raises(Refused) as told:
        house.engine.emergencies.start(HOUSE, house.ada)
    assert codes(told.value) == ["emergency"]
    ended = house.engine.emergencies.end(first.number, house.ada)
    assert (ended.ended_at, ended.ended_by) == (at("10:00"), "token:5")
    with pytest.raises(Refused) as told:
        house.engine.emergencies.end(first.number, house.ada)
    assert codes(told.value) == ["over"]
    house.engine.emergencies.start(HOUSE, house.ada)
    assert len(house.engine.emergencies.latest(house.ada)) == 2


def test_it_is_for_those_who_run_the_places(house: House) -> None:
    for act in (
        lambda: house.engine.emergencies.start(HOUSE, house.alice),
        lambda: house.engine.emergencies.end(1, house.alice),
        lambda: house.engine.emergencies.latest(house.alice),
    ):
        with pytest.raises(Barred):
            act()


@pytest.mark.parametrize("minutes", [0, -1, 61])
def test_it_lasts_an_hour_at_most(sqlite_house: House, minutes: int) -> None:
    with pytest.raises(Invalid):
        sqlite_house.engine.emergencies.start(HOUSE, sqlite_house.ada, minutes=minutes)


def test_what_is_not_there_is_unknown(sqlite_house: House) -> None:
    with pytest.raises(Unknown):
        sqlite_house.engine.emergencies.start(7_000, sqlite_house.ada)
    with pytest.raises(Unknown):
        sqlite_house.engine.emergencies.end(7_000, sqlite_house.ada)
    with pytest.raises(Invalid):
        sqlite_house.engine.emergencies.start(HOUSE, sqlite_house.ada, kind="party")


def test_nobody_is_sent_away_meanwhile_and_nobody_asks(house: House) -> None:
    asks(house)
    glass = panel(house)
    made = house.book("10:00", "12:00")
    house.engine.presence.check_in(made.uid, glass)
    house.engine.presence.ask_here(made.uid, glass)
    house.clock.forward(minutes=4)
    house.engine.emergencies.start(HOUSE, house.ada)
    house.clock.forward(minutes=1)
    assert sweep(house) == {"called_off": 1}
    assert again(house, made).ends == at("12:00")
    other = house.book("10:00", "12:00", room="elm")
    asks(house, "elm")
    with pytest.raises(Refused) as told:
        house.engine.presence.ask_here(other.uid, house.alice)
    assert codes(told.value) == ["emergency"]
    house.clock.set(at("11:35") + timedelta(minutes=0))
    house.engine.presence.ask_here(other.uid, house.alice)
