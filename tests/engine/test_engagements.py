"""Bookings as those who made them count them: what is in a window, as what, and what is told of it."""

from datetime import date
from typing import Any

import pytest

from server.core.access import CLI, Actor
from server.core.clock import epoch
from server.core.engagements import Choice, folded
from server.core.errors import Invalid
from server.core.model import Details, Room, Standing
from server.core.period import Period
from server.core.wildcards import wildcards
from server.engine import engagements
from server.engine.engagements import Told
from tests.make import House, ask, at, span
from tests.people import person, someone

MONDAY = span("00:00", "24:00")
TUESDAY = Period(at("00:00", date(2026, 6, 16)), at("00:00", date(2026, 6, 17)))


def found(house: House, window: Period | None = MONDAY, *, by: Actor | None = None, **more: Any) -> list[Told]:
    rooms = more.pop("rooms", (house.oak, house.elm))
    told = {name: more.pop(name) for name in ("dates", "whole") if name in more}
    return list(house.engine.engagements.of(rooms, by or house.rita, Choice(window=window, **more), **told).told)


def titles(house: House, window: Period | None = MONDAY, **more: Any) -> list[str]:
    return [it.face.title for it in found(house, window, **more)]


def test_a_window_has_what_shares_an_instant_with_it(house: House) -> None:
    house.book("11:00", "13:00", title="Long")
    house.book("13:00", "14:00", title="Next")
    assert titles(house, span("12:00", "13:00")) == ["Long"]
    assert titles(house, span("12:59", "13:01")) == ["Long", "Next"]
    assert titles(house, span("14:00", "15:00")) == []
    assert titles(house, None) == ["Long", "Next"]


def test_all_that_became_of_bookings_is_there_and_can_be_left_out(house: House) -> None:
    house.policy("elm", approval=True)
    house.engine.bookings.cancel(house.book("11:00", "12:00", title="Cancelled").uid, house.alice)
    house.book("11:00", "12:00", title="Accepted")
    house.book("12:00", "13:00", room="elm", title="Pending")
    declined = house.book("14:00", "15:00", room="elm", title="Declined")
    house.engine.bookings.decline(declined.uid, house.ada)
    states = {it.face.title: it.it.state.value for it in found(house)}
    assert states == {title: title.lower() for title in ("Cancelled", "Accepted", "Pending", "Declined")}
    assert titles(house, states=frozenset({Standing.ACCEPTED})) == ["Accepted"]
    assert folded(Standing.AT_RISK) is folded(Standing.CONFLICT) is Standing.PENDING


def test_a_series_is_one_from_its_first_date_to_its_last_and_stands_as_it_does_in_the_window(house: House) -> None:
    house.recur("11:00", "12:00", "FREQ=DAILY;COUNT=4")
    one = found(house, TUESDAY)[0]
    assert (one.it.first, one.it.last) == (epoch(at("11:00")), epoch(at("12:00", date(2026, 6, 18))))
    assert [date.starts for date in one.it.near] == [epoch(at("11:00", date(2026, 6, 16)))]
    house.engine.bookings.cancel(found(house, TUESDAY)[0].face.uid, house.alice)
    assert [it.it.state for it in found(house, TUESDAY)] == [Standing.CANCELLED]
    assert [it.it.state for it in found(house, None)] == [Standing.ACCEPTED]
    assert [len(it.dates) for it in found(house, TUESDAY, dates=True)] == [4]
    assert len(found(house, MONDAY, whole=True)[0].whole.rows) == 4  # type: ignore[union-attr]
    assert titles(house, TUESDAY, recurring=False) == []


def test_a_day_on_which_it_really_takes_place_is_asked_for_apart_from_the_window(house: House) -> None:
    house.recur("11:00", "12:00", "FREQ=DAILY;COUNT=2", title="Series")
    house.book("14:00", "15:00", title="Single")
    assert titles(house, None, on=(TUESDAY,)) == ["Series"]
    assert titles(house, MONDAY, on=(TUESDAY, MONDAY)) == ["Series", "Single"]
    house.engine.bookings.cancel(found(house, TUESDAY)[0].face.uid, house.alice)
    assert titles(house, None, on=(TUESDAY,)) == []
    assert titles(house, None, on=()) == []


def test_order_and_bounds_count_in_each_room_or_in_all(house: House) -> None:
    for start, room in (("11:00", "oak"), ("12:00", "oak"), ("13:00", "elm"), ("14:00", "elm")):
        house.book(start, start[:3] + "30", room=room, title=f"{room} {start}")
    assert titles(house, limit=1) == ["oak 11:00", "elm 13:00"]
    assert titles(house, limit=1, offset=1, each_room=False) == ["oak 12:00"]
    assert titles(house, limit=3, each_room=False, descending=True, by_end=True) == [
        "elm 14:00",
        "elm 13:00",
        "oak 12:00",
    ]
    chosen = house.engine.engagements.of((house.oak,), house.rita, Choice(limit=1))
    assert chosen.more
    assert not house.engine.engagements.of((house.oak,), house.rita, Choice(limit=2)).more


def test_what_is_in_a_booking_is_asked_of_what_the_reader_may_read(house: House) -> None:
    alice, bob, carol = someone(house, "alice"), someone(house, "bob"), person(house, "carol")
    there = Details(uses_av=True, booked_for=carol.number)
    made = house.engine.bookings.book
    house.policy(phone_host="hidden")
    made(ask("11:00", "12:00", organizer="Alice Adams", details=there), CLI)
    name = wildcards(carol.name.upper())
    assert [it.host for it in found(house, host=name)] == [carol.name]
    assert [it.email for it in found(house, uses_av=True, limit=1)] == [carol.email]
    assert titles(house, uses_av=False) == []
    assert titles(house, needs_help=True) == []
    assert titles(house, by=bob.actor, host=name) == []
    assert [it.host for it in found(house, by=bob.actor)] == [""]
    assert [it.host for it in found(house, by=alice.actor)] == [carol.name]


def test_what_has_ended_is_told_from_what_is_to_come(house: House) -> None:
    house.book("11:00", "12:00", title="Before")
    house.book("13:00", "14:00", title="After")
    noon = epoch(at("12:00"))
    assert titles(house, over=True, now=noon) == ["Before"]
    assert titles(house, over=False, now=noon) == ["After"]


def test_a_combined_room_has_what_is_in_its_parts(house: House) -> None:
    both = house.engine.rooms.add(
        Room(0, "both", "Both", "Europe/Berlin", parts=(house.oak.number, house.elm.number)), CLI
    )
    house.book("11:00", "12:00", title="In Oak")
    house.book("13:00", "14:00", room="both", title="In both")
    assert titles(house, rooms=(both,)) == ["In Oak", "In both"]
    assert titles(house, rooms=(house.elm,)) == ["In both"]
    assert titles(house, rooms=()) == []


def test_rooms_are_those_that_a_list_shows(house: House) -> None:
    of = house.engine.engagements.rooms
    numbers = [house.oak.number, house.elm.number, 10**9]
    assert {room.id for room in of(numbers, house.rita)} == {"oak", "elm"}
    assert {room.id for room in of(numbers, house.charlie)} == {"elm"}
    house.engine.rooms.change("elm", CLI, status="hidden")
    assert {room.id for room in of(numbers, house.rita)} == {"oak"}


def test_a_long_time_is_gone_through_from_its_begin_and_no_series_twice(house: House) -> None:
    house.recur("11:00", "12:00", "FREQ=WEEKLY;COUNT=20", title="Series")
    house.book(at("09:00", 40), at("10:00", 40), title="Later")
    house.book(at("13:00"), at("14:00", 3), title="Long")
    told: dict[str, Any] = {"each_room": False, "rooms": (house.oak, house.elm)}
    assert titles(house, None, **told) == ["Series", "Long", "Later"]
    assert titles(house, Period(at("00:00", 1), at("00:00", 90)), **told) == ["Series", "Long", "Later"]
    assert titles(house, None, limit=1, **told) == ["Series"]
    assert [len(it.it.near) for it in found(house, None, recurring=True, **told)] == [20]
    house.engine.bookings.cancel(found(house, MONDAY, recurring=True)[0].face.uid, house.alice)
    assert [it.it.state for it in found(house, None, recurring=True, **told)] == [Standing.ACCEPTED]
    assert titles(house, Period(at("00:00", 300), at("00:00", 400)), **told) == []


def test_whoever_wants_more_than_anybody_reads_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for start in ("11:00", "12:00", "13:00"):
        house.book(start, start[:3] + "30")
    monkeypatch.setattr(engagements, "MOST", 2)
    with pytest.raises(Invalid):
        titles(house)
    monkeypatch.setattr(engagements, "MOST", 3)
    assert len(titles(house)) == 3
    monkeypatch.setattr(engagements, "MOST_READ", 2)
    with pytest.raises(Invalid):
        titles(house, host=wildcards("nobody"))
