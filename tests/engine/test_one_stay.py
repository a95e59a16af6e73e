"""Meetings of the same people one after another are one stay; and those inside hear when their time is nearly up."""

from datetime import timedelta

import pytest

from tests.engine.watched import again, alive, asks, notes, panel, rounds
from tests.make import House, at

BOB = {"organizer": "Bob", "organizer_email": "bob@example.org"}


def test_who_is_there_stays_there(house: House) -> None:
    asks(house)
    glass = panel(house)
    first, second = house.book("11:00", "12:00"), house.book("12:05", "13:00", organizer_email="ALICE@example.org")
    house.clock.set("11:02")
    house.engine.presence.check_in(first.uid, glass)
    done = rounds(house, "12:06")
    assert (done["inherited"], "warned" in done) == (1, False)
    assert again(house, second).checked_in_at == at("12:05")
    assert notes(house, second, "checked_in") == [("checked_in", "inherited")]


@pytest.mark.parametrize("why", ["others", "a gap", "ended early", "nobody came"])
def test_but_not_where_they_are_others_or_have_left(sqlite_house: House, why: str) -> None:
    house = sqlite_house
    asks(house)
    glass = panel(house)
    first = house.book("11:00", "12:00")
    start = "12:06" if why == "a gap" else "12:00"
    second = house.book(start, "13:00", **(BOB if why == "others" else {}))
    house.clock.set("11:02")
    if why != "nobody came":
        house.engine.presence.check_in(first.uid, glass)
    if why == "ended early":
        house.clock.set("11:59")
        house.engine.presence.end(first.uid, house.alice)
    assert "inherited" not in rounds(house, "12:20")
    assert again(house, second).checked_in_at is None


def test_it_is_one_stay_also_where_the_next_meeting_lies_in_another_lane(house: House) -> None:
    asks(house, lanes=2)
    glass = panel(house)
    first = house.book("11:00", "12:00")
    house.book("12:00", "13:00", **BOB)
    second = house.book("12:00", "13:00")
    house.clock.set("11:02")
    house.engine.presence.check_in(first.uid, glass)
    alive(house, "10:00", "13:00")
    done = rounds(house, "13:00")
    assert done["inherited"] == 1
    assert again(house, second).checked_in_at == at("12:00")


def test_three_in_a_row_are_one_stay_too(sqlite_house: House) -> None:
    house = sqlite_house
    asks(house)
    glass = panel(house)
    first = house.book("11:00", "11:30")
    house.book("11:30", "12:00")
    house.book("12:00", "12:30")
    house.clock.set("11:02")
    house.engine.presence.check_in(first.uid, glass)
    assert rounds(house, "12:30")["inherited"] == 2


def test_those_inside_hear_five_minutes_before_the_end_where_others_follow(house: House) -> None:
    first = house.book("11:00", "12:00")
    house.book("12:10", "13:00", **BOB)
    house.clock.set("11:00")
    assert rounds(house, "11:54") == {}
    assert rounds(house, "12:00") == {"ending_soon": 1}
    assert notes(house, first, "ending_soon") == [("ending_soon", "5")]


def test_and_again_where_they_stayed_longer(house: House) -> None:
    first = house.book("11:00", "12:00")
    house.book("12:10", "13:00", **BOB)
    rounds(house, "11:56", every=60)
    house.engine.presence.extend(first.uid, house.alice, minutes=10)
    assert rounds(house, "12:10", every=60) == {"ending_soon": 1}


def test_nobody_is_bothered_where_nobody_waits_or_it_is_their_own(house: House) -> None:
    house.book("11:00", "12:00")
    house.book("12:00", "13:00")
    house.book("13:16", "14:00", **BOB)
    assert rounds(house, "14:00", every=60) == {}


def test_what_was_running_to_its_end_is_known_once_it_is_over(house: House) -> None:
    ran, ended = house.book("11:00", "12:00"), house.book("12:00", "13:00")
    asks(house, "elm")
    house.book("11:00", "12:00", room="elm")  # to which nobody came
    house.clock.set("12:30")
    house.engine.presence.end(ended.uid, house.alice)

    def over(since: str, until: str) -> list[str]:
        with house.store.reading() as tx:
            found = house.engine.attendance.endings.finished(tx, at(since), at(until))
            return [it.uid for it in found]

    assert over("11:00", "13:30") == [ran.uid]
    assert over("11:00", "11:59") == []
    assert over("11:59", "12:00") == [ran.uid]
    assert over("12:00", "13:00") == []


def test_a_long_time_is_looked_back_over_too(house: House) -> None:
    made = [house.book(at("11:00", day), at("12:00", day)) for day in range(1, 8)]
    house.clock.set(at("11:00", 9))
    with house.store.reading() as tx:
        found = house.engine.attendance.endings.finished(tx, at("00:00"), house.clock.now())
    assert [it.uid for it in found] == [it.uid for it in made]
    assert found[-1].ends - found[0].ends == timedelta(days=6)
