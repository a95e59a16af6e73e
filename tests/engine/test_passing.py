"""What time brings: ends that have come, series that near theirs, requests that nobody answers."""

from datetime import timedelta
from typing import Any

import pytest

from server.core.access import CLI
from server.core.people import Person
from tests import make


def noted(house: make.House, what: str) -> list[int]:
    with house.store.reading() as tx:
        return [row[0] for row in tx.rows("SELECT subject FROM change WHERE what = ? ORDER BY seq", (what,))]


@pytest.fixture(autouse=True)
def _begun(house: make.House) -> None:
    house.engine.passing.finished()
    house.engine.passing.series()


def test_a_booking_that_ran_to_its_end_is_noted_once(house: make.House) -> None:
    one, two = house.book("10:00", "11:00"), house.book("11:00", "12:00")
    ended = house.book("10:00", "11:00", room="elm")
    house.clock.set("10:30")
    house.engine.presence.end(ended.uid, house.alice)
    for wall in ("10:59", "11:00", "11:01", "11:02", "12:01", "12:02"):
        house.clock.set(wall)
        house.engine.passing.finished()
    assert noted(house, "finished") == [one.id, two.id]


def test_one_that_was_extended_is_over_at_its_new_end(house: make.House) -> None:
    it = house.book("10:00", "11:00")
    house.clock.set("10:50")
    house.engine.presence.extend(it.uid, house.alice, minutes=30)
    house.clock.set("11:10")
    assert house.engine.passing.finished() == {"finished": 0}
    house.clock.set("11:31")
    assert house.engine.passing.finished() == {"finished": 1}


def test_what_ended_while_nothing_ran_is_noted_afterwards_and_a_step_back_notes_nothing_twice(
    house: make.House,
) -> None:
    rows = [house.book(make.at("12:00", day), make.at("13:00", day)) for day in range(5)]
    house.clock.forward(days=5)
    assert house.engine.passing.finished() == {"finished": 5}
    house.clock.forward(days=-3)
    house.engine.passing.finished()
    house.clock.forward(days=3)
    house.engine.passing.finished()
    assert noted(house, "finished") == [it.id for it in rows]


def test_a_round_that_was_broken_off_is_gone_on_with(house: make.House, monkeypatch: Any) -> None:
    rows = [house.book(f"{hour}:00", f"{hour}:30") for hour in range(10, 15)]
    house.clock.set("16:00")
    passing = house.engine.passing
    monkeypatch.setattr("server.engine.passing.AT_ONCE", 2)
    monkeypatch.setattr("server.engine.passing.meta.put", _fails)
    with pytest.raises(RuntimeError):
        passing.finished()
    monkeypatch.undo()
    passing.finished()
    assert noted(house, "finished") == [it.id for it in rows]


def _fails(*_: Any) -> None:
    raise RuntimeError


def test_people_hear_of_the_last_date_of_their_series_a_month_before_it(house: make.House) -> None:
    person = house.engine.people.add(Person(0, "alice@example.org", "alice"), CLI)
    made = house.recur("12:00", "13:00", "FREQ=WEEKLY;COUNT=12", owner=person.number)
    house.recur("14:00", "15:00", "FREQ=WEEKLY;COUNT=12", organizer_email="")  # nobody's
    house.recur("15:00", "16:00", "FREQ=WEEKLY", owner=person.number)  # without an end
    house.recur("16:00", "17:00", "FREQ=WEEKLY;COUNT=2", owner=person.number)  # they know
    last = house.engine.series.whole(made.series.uid, CLI).rows[-1]
    told = []
    for _ in range(80):
        house.clock.forward(days=1)
        if house.engine.passing.series()["ending"]:
            told.append(house.clock.now())
    assert noted(house, "series_ending") == [last.id]
    assert timedelta(days=29) < last.starts - told[0] <= timedelta(days=30)


def test_a_request_that_nobody_answers_is_a_ticket_until_it_is_answered(house: make.House) -> None:
    house.engine.rooms.change("oak", CLI, auto_accept=False)
    one = house.book(make.at("12:00", 3), make.at("13:00", 3))
    two = house.book(make.at("14:00", 3), make.at("15:00", 3))
    house.clock.forward(hours=3, minutes=59)
    assert house.engine.passing.requests() == {"waiting": 0, "answered": 0}
    house.clock.forward(minutes=1)
    assert house.engine.passing.requests() == {"waiting": 2, "answered": 0}
    assert house.engine.passing.requests() == {"waiting": 0, "answered": 0}
    house.engine.bookings.approve(one.uid, house.ada)
    assert house.engine.passing.requests() == {"waiting": 0, "answered": 1}
    found = house.engine.tickets.page(CLI, category="request_waiting", state="open")
    assert [(it.ticket.subject, it.ticket.room) for it in found] == [(f"booking:{two.id}", house.oak.number)]
    house.clock.forward(days=3)  # its time has come
    assert house.engine.passing.requests() == {"waiting": 0, "answered": 1}


def test_a_request_waits_by_the_hours_of_its_room(house: make.House) -> None:
    house.engine.rooms.change("oak", CLI, auto_accept=False)
    house.clock.set(make.at("16:00", 4))  # a Friday, for most offices two hours from its end
    house.book(make.at("12:00", 10), make.at("13:00", 10))
    for hour, day in (("18:30", 4), ("12:00", 5), ("23:00", 6), ("09:59", 7)):
        house.clock.set(make.at(hour, day))
        assert house.engine.passing.requests() == {"waiting": 0, "answered": 0}, hour
    house.clock.set(make.at("10:00", 7))
    assert house.engine.passing.requests() == {"waiting": 1, "answered": 0}


def test_a_request_of_which_staff_said_that_it_may_wait_is_not_told_again(house: make.House) -> None:
    house.engine.rooms.change("oak", CLI, auto_accept=False)
    house.book(make.at("12:00", 3), make.at("13:00", 3))
    house.clock.forward(hours=5)
    assert house.engine.passing.requests() == {"waiting": 1, "answered": 0}
    (it,) = house.engine.tickets.page(CLI, category="request_waiting")
    house.engine.tickets.close(it.ticket.number, CLI)
    house.clock.forward(hours=1)
    assert house.engine.passing.requests() == {"waiting": 0, "answered": 0}
