""" "Nobody here?" gives the people five minutes to answer; then the rest of the time is the asker's."""

from collections.abc import Callable

import pytest

from server.core.access import CLI
from server.core.errors import Barred, Invalid, Refused
from server.core.model import Booking, Edit
from server.core.people import Person
from tests.engine.watched import again, alive, asks, notes, panel, rounds, sweep, tell
from tests.make import House, at, codes


def meeting(house: House, start: str = "10:00", end: str = "12:00") -> Booking:
    """People who have checked in."""
    asks(house)
    made = house.book(start, end)
    return house.engine.presence.check_in(made.uid, house.alice)


def test_without_an_answer_the_asker_has_the_room(house: House) -> None:
    glass = panel(house)
    made = meeting(house)
    house.clock.set("10:30")
    asked = house.engine.presence.ask_here(made.uid, glass, minutes=45, version=made.version, key="ask-it")
    assert asked == made
    assert rounds(house, "10:34") == {}
    assert rounds(house, "10:35") == {"vacated": 1}
    after = again(house, made)
    assert (after.ends, after.planned_end, after.ended_at) == (at("10:35"), at("12:00"), at("10:35"))
    assert notes(house, made, "here_asked", "vacated") == [("here_asked", ""), ("vacated", "85")]
    assert house.day() == [(at("10:00"), at("10:35")), (at("10:35"), at("11:20"))]
    assert rounds(house, "10:40") == {}


@pytest.mark.parametrize(
    "answer",
    [
        lambda house, it: house.engine.presence.here(it.uid, house.alice, version=it.version),
        lambda house, it: house.engine.presence.check_in(it.uid, house.bob),
        lambda house, it: house.engine.presence.extend(it.uid, house.alice, minutes=5),
        lambda house, it: house.engine.bookings.change(it.uid, Edit(ends=at("12:05")), house.alice),
        lambda house, it: house.engine.bookings.change(it.uid, Edit(starts=at("10:02")), house.alice),
    ],
    ids=["we are here", "checking in again", "extending", "changing its end", "moving it"],
)
def test_any_answer_keeps_the_room(house: House, answer: Callable[[House, Booking], Booking]) -> None:
    made = meeting(house)
    house.engine.presence.ask_here(made.uid, panel(house))
    house.clock.set("10:04")
    answer(house, made)
    assert "vacated" not in rounds(house, "10:30")
    assert notes(house, made, "here_answered") == [("here_answered", "")]
    assert again(house, made).ends >= at("12:00")


def test_an_answer_while_the_network_was_gone_keeps_the_room(house: House) -> None:
    made = meeting(house)
    glass = panel(house)
    asked = house.engine.presence.ask_here(made.uid, glass)
    assert rounds(house, "10:06", heard=False) == {}
    house.engine.presence.here(made.uid, glass, version=asked.version, key="tapped-at-10:03")
    assert rounds(house, "12:00", heard=False) == {}
    assert again(house, made).ends == at("12:00")


@pytest.mark.parametrize(("said", "why"), [({}, "panel_silent"), ({"touch": "suspect"}, "touch_suspect")])
def test_where_nobody_could_answer_nobody_is_sent_away(
    sqlite_house: House, said: dict[str, str], why: str
) -> None:  # fmt: skip
    house = sqlite_house
    made = meeting(house)
    glass = panel(house)
    house.engine.presence.ask_here(made.uid, glass)
    tell(house, int(glass.name.partition(":")[2]), settled_at=at("10:04"), **said)
    assert rounds(house, "12:00", heard=False) == {"called_off": 1}
    assert notes(house, made, "attendance_unknown") == [("attendance_unknown", why)]
    assert again(house, made).ends == at("12:00")


def test_who_ends_the_meeting_meanwhile_has_ended_it_alone(house: House) -> None:
    made = meeting(house)
    house.engine.presence.ask_here(made.uid, panel(house))
    house.clock.set("10:03")
    house.engine.presence.end(made.uid, house.alice)
    assert rounds(house, "10:10") == {}
    assert house.day() == [(at("10:00"), at("10:03"))]


def test_the_asker_gets_what_the_next_one_leaves(house: House) -> None:
    made = meeting(house, "10:00", "10:30")
    house.book("10:30", "11:00", by=house.bob)
    house.engine.presence.ask_here(made.uid, panel(house), minutes=60)
    rounds(house, "10:05")
    assert house.day()[1] == (at("10:05"), at("10:30"))


def test_asked_by_a_key_of_an_api_it_is_the_same(house: House) -> None:
    made = meeting(house)
    token, secret = house.engine.tokens.create("desk", "book", CLI)
    house.engine.presence.ask_here(made.uid, house.engine.tokens.actor(secret), minutes=30)
    assert token.number
    alive(house, "10:00", "10:05")
    rounds(house, "10:05")
    assert house.day()[1] == (at("10:05"), at("10:35"))


def test_who_asked_by_a_key_of_their_own_has_the_room(house: House) -> None:
    made = meeting(house)
    ann = house.engine.people.add(Person(0, "ann@example.com", "ann"), CLI)
    _, secret = house.engine.tokens.create("Ann's", "book", CLI, person=ann.number)
    house.engine.presence.ask_here(made.uid, house.engine.tokens.actor(secret), minutes=30)
    alive(house, "10:00", "10:05")
    rounds(house, "10:05")
    assert house.day()[1] == (at("10:05"), at("10:35"))


def test_a_panel_that_was_revoked_gets_nothing_but_the_room_is_free(house: House) -> None:
    made = meeting(house)
    glass = panel(house)
    house.engine.presence.ask_here(made.uid, glass)
    house.engine.devices.revoke(int(glass.name.partition(":")[2]), CLI)
    alive(house, "10:00", "10:05")
    assert rounds(house, "10:05") == {"vacated": 1}
    assert house.day() == [(at("10:00"), at("10:05"))]


def test_a_meeting_is_asked_once_and_in_time(house: House) -> None:
    made = meeting(house)
    glass = panel(house)
    house.engine.presence.ask_here(made.uid, glass)
    house.engine.presence.here(made.uid, glass)
    for when, code in (("10:20", "asked_already"), ("11:46", "ends_soon"), ("12:00", "over")):
        house.clock.set(when)
        with pytest.raises(Refused) as told:
            house.engine.presence.ask_here(made.uid, glass)
        assert codes(told.value) == [code]
    later = house.book("14:00", "15:00")
    with pytest.raises(Refused) as told:
        house.engine.presence.ask_here(later.uid, glass)
    assert codes(told.value) == ["not_started"]


@pytest.mark.parametrize("policy", [{"nobody_here": False}, {"check_in": False}])
def test_where_the_room_does_not_have_it_nobody_asks(sqlite_house: House, policy: dict[str, bool]) -> None:
    made = meeting(sqlite_house)
    sqlite_house.policy(**policy)
    with pytest.raises(Refused) as told:
        sqlite_house.engine.presence.ask_here(made.uid, panel(sqlite_house))
    assert codes(told.value) == ["no_asking"]


def test_a_room_is_not_taken_from_people_who_still_have_time_to_come(house: House) -> None:
    asks(house)
    made = house.book("10:00", "12:00")
    glass = panel(house)
    for when in ("10:00", "10:09"):
        house.clock.set(when)
        with pytest.raises(Refused) as told:
            house.engine.presence.ask_here(made.uid, glass)
        assert codes(told.value) == ["not_started"]
    house.clock.set("10:10")
    house.engine.presence.ask_here(made.uid, glass)


def test_nor_who_may_not_book_there(house: House) -> None:
    made = meeting(house)
    for actor in (house.rita, house.charlie):
        with pytest.raises(Barred):
            house.engine.presence.ask_here(made.uid, actor)


@pytest.mark.parametrize("minutes", [0, 1_441, -5])
def test_nobody_wishes_for_more_than_a_day(sqlite_house: House, minutes: int) -> None:
    made = meeting(sqlite_house)
    with pytest.raises(Invalid):
        sqlite_house.engine.presence.ask_here(made.uid, sqlite_house.alice, minutes=minutes)


def test_presence_is_said_in_the_room_or_by_its_people(house: House) -> None:
    asks(house)
    made = house.book("10:00", "11:00")
    for how in ("corridor", "remote", "inherited", ""):
        if how:
            with pytest.raises(Invalid):
                house.engine.presence.check_in(made.uid, house.alice, how=how)
    house.engine.presence.check_in(made.uid, house.alice, how="sensor")
    assert notes(house, made, "checked_in") == [("checked_in", "sensor")]
    assert sweep(house) == {}
