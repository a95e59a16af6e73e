"""What nobody comes to is warned, released, held for five minutes, and then given back."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from server.core.access import CLI
from server.core.errors import Refused
from server.core.model import Edit
from server.engine import engine_of
from tests.engine.watched import again, asks, notes, panel, rounds, sweep, tell
from tests.make import House, ask, at, codes, room

SECOND = timedelta(seconds=1)


def test_the_whole_course_of_what_nobody_comes_to(house: House) -> None:
    asks(house)
    panel(house)
    made = house.book("11:00", "12:00")
    house.clock.set("11:00")
    assert rounds(house, at("11:08") - SECOND) == {}
    house.clock.set("11:08")
    assert sweep(house) == {"warned": 1}
    assert rounds(house, at("11:10") - SECOND) == {}
    house.clock.set("11:10")
    assert sweep(house) == {"released": 1}
    assert rounds(house, at("11:15") - SECOND) == {}
    house.clock.set("11:15")
    assert sweep(house) == {"freed": 1}
    after = again(house, made)
    assert (after.ends, after.planned_end, after.version) == (at("11:15"), at("12:00"), made.version + 1)
    assert notes(house, made) == [("booked", ""), ("release_warned", ""), ("released", ""), ("freed", "45")]
    house.book("11:15", "12:00", by=house.bob)
    assert rounds(house, "12:30") == {"warned": 1, "released": 1, "freed": 1}  # and of the next one, likewise


def test_until_it_is_given_back_nobody_else_gets_the_room(house: House) -> None:
    asks(house)
    panel(house)
    house.book("11:00", "12:00")
    rounds(house, "11:14")
    with pytest.raises(Refused) as told:
        house.book("11:14", "12:00", by=house.bob)
    assert codes(told.value) == ["clash"]


def test_a_check_in_in_the_five_minutes_undoes_it(house: House) -> None:
    asks(house)
    glass = panel(house)
    made = house.book("11:00", "12:00")
    rounds(house, "11:14")
    here = house.engine.presence.check_in(made.uid, glass, version=made.version)
    assert here.checked_in_at == at("11:14")
    assert notes(house, made, "release_undone", "checked_in") == [("release_undone", ""), ("checked_in", "glass")]
    assert rounds(house, "11:50") == {}
    assert again(house, made).ends == at("12:00")


def test_a_warning_makes_no_view_stale(house: House) -> None:
    asks(house)
    panel(house)
    made = house.book("11:00", "12:00")
    rounds(house, "11:12")
    assert again(house, made).version == made.version
    assert house.engine.presence.check_in(made.uid, house.alice, version=made.version).checked_in_at == at("11:12")


def test_observed_nothing_happens_but_a_note(house: House) -> None:
    asks(house, release="observe")
    panel(house)
    made = house.book("11:00", "12:00")
    assert rounds(house, "12:00") == {"observed": 1}
    assert notes(house, made) == [("booked", ""), ("release_observed", "45")]
    assert again(house, made).version == made.version


def test_off_or_without_check_in_nothing_is_even_noted(house: House) -> None:
    panel(house)
    house.book("11:00", "12:00")
    assert rounds(house, "12:00") == {}
    asks(house, release="off")
    house.book("12:00", "13:00")
    assert rounds(house, "13:00") == {}


@pytest.mark.parametrize(("end", "happens"), [("11:20", False), ("11:22", False), ("11:23", True)])
def test_nothing_is_released_with_less_than_a_quarter_of_an_hour_left(
    sqlite_house: House, end: str, happens: bool
) -> None:
    house = sqlite_house
    asks(house)
    panel(house)
    made = house.book("11:00", end)
    done = rounds(house, end, every=10)
    assert bool(done) is happens
    assert (again(house, made).planned_end is not None) is happens


def test_a_server_that_comes_back_late_still_warns_two_minutes_before(house: House) -> None:
    asks(house)
    panel(house)
    house.book("11:00", "12:00")
    house.clock.set("11:30")
    assert sweep(house) == {"warned": 1}
    house.clock.set(at("11:32") - SECOND)
    assert sweep(house) == {}
    house.clock.set("11:32")
    assert sweep(house) == {"released": 1}


def test_and_so_late_that_nothing_is_won_it_leaves_them_alone(house: House) -> None:
    asks(house)
    panel(house)
    house.book("11:00", "12:00")
    house.clock.set("11:44")
    assert rounds(house, "12:00") == {}


def test_a_restart_between_any_two_rounds_changes_nothing(house: House) -> None:
    asks(house)
    panel(house)
    made = house.book("11:00", "12:00")
    for minute in range(7, 17):
        house.clock.set(at("11:00") + timedelta(minutes=minute))
        house.engine = engine_of(house.store, house.clock)
        sweep(house)
    assert notes(house, made) == [("booked", ""), ("release_warned", ""), ("released", ""), ("freed", "45")]


def test_what_was_moved_meanwhile_begins_anew(house: House) -> None:
    asks(house)
    panel(house)
    made = house.book("11:00", "12:00")
    rounds(house, "11:12")
    house.engine.bookings.change(made.uid, Edit(starts=at("13:00"), ends=at("14:00")), house.alice)
    assert rounds(house, "13:07") == {}
    assert rounds(house, "13:20") == {"warned": 1, "released": 1, "freed": 1}


def test_who_takes_a_check_in_back_is_looked_for_again(house: House) -> None:
    asks(house)
    glass = panel(house)
    made = house.book("11:00", "12:00")
    rounds(house, "11:09")
    house.engine.presence.check_in(made.uid, glass, key="tap")
    house.engine.presence.undo("tap", glass)
    assert rounds(house, "11:30") == {"warned": 1, "released": 1, "freed": 1}


def test_switched_off_under_way_it_is_called_off(house: House) -> None:
    asks(house)
    panel(house)
    made = house.book("11:00", "12:00")
    rounds(house, "11:12")
    house.policy(release="observe")
    assert rounds(house, "11:50") == {"called_off": 1}
    assert notes(house, made, "release_undone") == [("release_undone", "policy")]
    assert again(house, made).ends == at("12:00")


# combined rooms, several panels, several rooms


def test_a_check_in_at_any_part_of_a_combined_room_counts_for_all(house: House) -> None:
    hall = house.engine.rooms.add(room("hall", parts=(house.oak.number, house.elm.number)), CLI)
    asks(house, "hall")
    oak, elm = panel(house, "oak"), panel(house, "elm")
    made = house.book("11:00", "12:00", room="hall")
    assert set(made.rooms) == {hall.number, house.oak.number, house.elm.number}
    other = house.book("13:00", "14:00", room="hall")
    house.clock.set("11:05")
    house.engine.presence.check_in(made.uid, elm, room="elm")
    assert rounds(house, "12:00") == {}
    house.clock.set("13:00")
    assert rounds(house, "13:30", heard=False) == {"warned": 1, "unknown": 1}  # neither panel has settled
    tell(house, int(oak.name.partition(":")[2]), settled_at=at("13:30"))
    assert sweep(house, heard=False) == {}
    tell(house, int(elm.name.partition(":")[2]), settled_at=at("13:30"))
    assert sweep(house, heard=False) == {"released": 1}
    assert again(house, other).ends == at("14:00")


def test_two_panels_share_one_state(house: House) -> None:
    asks(house)
    one, two = panel(house), panel(house)
    made = house.book("11:00", "12:00")
    rounds(house, "11:12")
    house.engine.presence.check_in(made.uid, one, version=made.version, key="one")
    assert house.engine.presence.check_in(made.uid, two, version=made.version + 1, key="two").checked_in_at == at(
        "11:12"
    )
    assert rounds(house, "12:00") == {}


def test_several_rooms_are_released_only_where_all_say_so(house: House) -> None:
    asks(house)
    panel(house, "oak")
    wish = replace(ask("11:00", "12:00"), rooms=("oak", "elm"))
    house.engine.bookings.book(wish, house.alice)
    assert rounds(house, "12:00") == {}


# the house's own day


def test_over_midnight_it_is_the_same(house: House) -> None:
    asks(house)
    panel(house)
    made = house.book(at("23:55"), at("01:00", 1))
    house.clock.set("23:50")
    assert rounds(house, at("00:30", 1)) == {"warned": 1, "released": 1, "freed": 1}
    assert again(house, made).ends == at("00:10", 1)


@pytest.mark.parametrize("night", [at("01:55", 132), at("01:55", 286)], ids=["autumn", "spring"])
def test_in_the_nights_when_the_clock_changes_it_is_the_same(sqlite_house: House, night: object) -> None:
    house = sqlite_house
    assert isinstance(night, datetime)
    asks(house)
    panel(house)
    made = house.book(night, night + timedelta(hours=2))
    house.clock.set(night)
    assert rounds(house, night + timedelta(minutes=20)) == {"warned": 1, "released": 1, "freed": 1}
    assert again(house, made).ends == night + timedelta(minutes=15)


def test_who_was_inside_before_release_was_switched_on_is_left_alone(house: House) -> None:
    panel(house)
    house.policy(check_in=True, release="off")
    there, later = house.book("10:00", "12:00"), house.book("12:00", "13:00")
    house.clock.set("11:00")
    house.policy(release="on")
    assert rounds(house, "12:00") == {}
    assert again(house, there).ends == at("12:00")
    assert rounds(house, "12:30") == {"warned": 1, "released": 1, "freed": 1}
    assert again(house, later).ends == at("12:15")
