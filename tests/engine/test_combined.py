"""Rooms made of rooms: who has the whole has its parts, and who has a part keeps the whole from others."""

import pytest

from server.core.access import CLI, Actor
from server.core.errors import Barred, Refused
from server.core.model import Standing
from server.core.status import State
from server.engine.closures import ClosureAsk
from tests import make
from tests.make import House, at, codes, span


@pytest.fixture
def hall(house: House) -> make.Room:
    """Oak and Elm with the wall between them taken away."""
    house.engine.rooms.add(make.room("hall", capacity=12), CLI)
    return house.engine.rooms.change("hall", CLI, parts=(house.oak.number, house.elm.number))


def test_the_whole_takes_its_parts(house: House, hall: make.Room) -> None:
    it = house.book("11:00", "12:00", room="hall")
    assert it.rooms == (hall.number, house.oak.number, house.elm.number)
    for room in ("oak", "elm", "hall"):
        with pytest.raises(Refused) as told:
            house.book("11:30", "12:30", room=room)
        assert set(codes(told.value)) == {"clash"}
    house.book("12:00", "13:00", room="oak")


def test_a_part_that_is_taken_keeps_the_whole_from_others(house: House, hall: make.Room) -> None:
    house.book("11:00", "12:00", room="elm")
    with pytest.raises(Refused) as told:
        house.book("11:30", "12:30", room="hall")
    assert [(conflict.room, conflict.starts) for conflict in told.value.conflicts] == [("elm", at("11:00"))]
    house.book("11:30", "12:30", room="oak")


def test_the_whole_shows_what_its_parts_are_used_for(house: House, hall: make.Room) -> None:
    part = house.book("10:00", "11:00", room="elm")
    found = house.engine.rooms.now("hall", CLI)
    assert (found.status.state, found.status.until) == (State.BUSY, at("11:00"))
    assert house.engine.rooms.now("oak", CLI).status.state is State.FREE
    whole = house.book("11:00", "12:00", room="hall")
    shown = house.engine.bookings.between("hall", CLI, span("00:00", "24:00"))
    assert [it.uid for it in shown] == [part.uid, whole.uid]
    assert house.day("oak") == [(at("11:00"), at("12:00"))]


def test_everybody_hears_of_it(house: House, hall: make.Room) -> None:
    def heads() -> list[int]:
        return [house.engine.rooms.stamp(it.number)[0] for it in (house.oak, house.elm, hall)]

    before = heads()
    house.book("11:00", "12:00", room="elm")
    after = heads()
    assert (after[0], after[1] > before[1], after[2] > before[2]) == (before[0], True, True)


def test_a_closed_part_closes_the_whole(house: House, hall: make.Room) -> None:
    house.engine.rooms.close("oak", CLI, at("11:00"), at("12:00"), "Paint")
    with pytest.raises(Refused) as told:
        house.book("11:30", "12:30", room="hall")
    assert [(it.code, it.subject) for it in told.value.objections] == [("closed", "oak")]


def test_the_whole_hears_of_whatever_is_done_to_a_part(house: House, hall: make.Room) -> None:
    heard = [house.engine.rooms.stamp(hall.number)[0]]

    def said(it: object) -> object:
        heard.append(house.engine.rooms.stamp(hall.number)[0])
        return it

    shut = house.engine.rooms.close("oak", CLI, at("15:00"), at("16:00"), "Paint")
    said(shut)
    said(house.engine.rooms.reopen(shut.id, CLI))
    said(house.book("15:00", "16:00"))
    bumped = house.engine.closures.add(ClosureAsk(at("15:00"), at("16:00"), "Paint", ("oak",), conflicts="bump"), CLI)
    said(bumped)
    said(house.engine.closures.end(bumped.plan.number, CLI))
    assert heard == sorted(set(heard))
    assert len(heard) == 6


def test_the_rules_of_the_whole_count_and_its_parts_ask_for_no_approval(house: House, hall: make.Room) -> None:
    house.engine.rooms.change("oak", CLI, auto_accept=False)
    assert house.book("11:00", "12:00", room="hall").standing is Standing.ACCEPTED
    house.engine.rooms.change("hall", CLI, auto_accept=False)
    assert house.book("12:00", "13:00", room="hall").standing is Standing.PENDING


def test_a_key_of_the_whole_needs_none_of_its_parts(house: House, hall: make.Room) -> None:
    key = Actor("token:9", "book", frozenset({hall.number}), "roomvox", "hall")
    it = house.book("11:00", "12:00", room="hall", by=key)
    assert house.engine.bookings.cancel(it.uid, key).standing is Standing.CANCELLED
    other = house.book("11:00", "12:00", room="hall")
    with pytest.raises(Barred):
        house.engine.bookings.cancel(other.uid, house.charlie)


def test_people_check_in_at_any_of_its_doors(house: House, hall: make.Room) -> None:
    house.policy("hall", check_in=True)
    it = house.book("10:05", "11:00", room="hall")
    _, _, panel = house.panel("elm")
    assert house.engine.presence.check_in(it.uid, panel, room="elm").checked_in_at is not None
    assert house.engine.presence.extend(it.uid, panel, minutes=15, room="elm").ends == at("11:15")


def test_a_series_of_the_whole_takes_its_parts(house: House, hall: make.Room) -> None:
    done = house.recur("11:00", "12:00", rooms=("hall",))
    assert done.series.rooms == (hall.number, house.oak.number, house.elm.number)
    with pytest.raises(Refused):
        house.book(at("11:00", 7), at("12:00", 7), room="elm")
    house.engine.series.cancel(done.series.uid, house.alice, following=False)
    house.book(at("11:00", 7), at("12:00", 7), room="elm")


def test_a_panel_says_with_which_doors_a_room_is_joined(house: House, hall: make.Room) -> None:
    house.book("11:00", "12:00", room="hall")
    house.book("12:00", "13:00", room="oak")
    for slug, names in (("oak", {"Elm"}), ("elm", {"Oak"}), ("hall", set[str]())):
        _, _, panel = house.panel(slug)
        found = house.engine.devices.snapshot(slug, panel)
        assert set(found.doors.values()) == names
        assert len(found.bookings) == (1 if slug == "elm" else 2)


def test_a_panel_of_several_lanes_hears_of_the_last_one(house: House) -> None:
    house.engine.rooms.change("oak", CLI, rules={"lanes": 2})
    _, _, panel = house.panel("oak")
    house.book("11:00", "12:00")
    before = house.engine.devices.snapshot("oak", panel)
    assert before.bookings == ()
    house.book("11:30", "12:30")
    assert house.engine.devices.feed("oak", panel, before.seq, before.incarnation).reload
    assert len(house.engine.devices.snapshot("oak", panel).bookings) == 2
