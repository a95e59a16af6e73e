"""Reminders: once for each booking, its minutes and its time; of what stands and still asks for it."""

from datetime import timedelta
from typing import Any

import pytest

from server.core.access import CLI
from server.core.model import Details, Edit
from server.engine import reminders as module
from server.engine.outbox import AGAIN
from server.store import reminders as rows
from tests import make
from tests.engine.watched import asks, panel, sweep


def wishing(start: tuple[int, ...] = (15,), end: tuple[int, ...] = ()) -> Details:
    return Details(remind_start=start, remind_end=end)


def told(house: make.House, *whats: str) -> list[tuple[str, int, str]]:
    """What was noted of bookings: (what, booking, codes)."""
    with house.store.reading() as tx:
        found = tx.rows("SELECT what, subject, codes FROM change WHERE room_id IS NOT NULL ORDER BY seq")
    return [
        (what, number, codes) for what, number, codes in found if what in (whats or ("reminded_start", "reminded_end"))
    ]


def go(house: make.House, minutes: float = 0, *, step: int = 1, **by: float) -> None:
    """On in time, a minute at a time (or `step`), with the rounds that the server makes."""
    end = house.clock.now() + timedelta(minutes=minutes, **by)
    while house.clock.now() < end:
        house.clock.set(min(end, house.clock.now() + timedelta(minutes=step)))
        house.engine.outbox.run()
        house.engine.reminders.run()


@pytest.fixture(autouse=True)
def _begun(house: make.House) -> None:
    house.engine.outbox.begin()
    house.engine.reminders.run()


def test_a_booking_is_reminded_of_before_its_start_and_its_end_once_each(house: make.House) -> None:
    it = house.book("12:00", "13:00", details=wishing((15, 60), (10,)))
    go(house, hours=4, step=5)
    assert told(house) == [
        ("reminded_start", it.id, "60"), ("reminded_start", it.id, "15"), ("reminded_end", it.id, "10"),
    ]  # fmt: skip


def test_it_comes_in_its_minute(house: make.House) -> None:
    house.book("12:00", "13:00", details=wishing((15,)))
    go(house, minutes=104)
    assert told(house) == []
    go(house, minutes=1)
    assert len(told(house)) == 1


def test_who_moves_a_booking_is_reminded_again_and_not_of_a_time_that_they_know(house: make.House) -> None:
    it = house.book("12:00", "13:00", details=wishing((30,)))
    go(house, minutes=95)  # 11:35
    later = house.engine.bookings.change(it.uid, Edit(starts=make.at("14:00"), ends=make.at("15:00")), house.alice)
    go(house, minutes=1)
    house.engine.bookings.change(later.uid, Edit(starts=make.at("12:00"), ends=make.at("13:00")), house.alice)
    go(house, minutes=10)
    house.engine.bookings.change(later.uid, Edit(starts=make.at("14:00"), ends=make.at("15:00")), house.alice)
    go(house, hours=3, step=5)
    assert told(house) == [("reminded_start", it.id, "30")] * 2


def test_nobody_is_reminded_of_the_hours_of_theirs_that_were_given_away(house: make.House) -> None:
    asks(house)
    panel(house)
    it = house.book("11:00", "16:00", details=wishing((15,), (10,)))
    for _ in range(6 * 12 + 2):
        house.clock.forward(minutes=5)
        sweep(house)
        house.engine.outbox.run()
        house.engine.reminders.run()
    assert told(house) == [("reminded_start", it.id, "15"), ("reminded_end", it.id, "10")]


def test_what_was_cancelled_or_asks_no_more_is_not_reminded_of(house: make.House) -> None:
    gone = house.book("12:00", "13:00", details=wishing())
    quiet = house.book("13:00", "14:00", details=wishing())
    go(house, minutes=1)
    house.engine.bookings.cancel(gone.uid, house.alice)
    house.engine.bookings.change(quiet.uid, Edit(details=Details()), house.alice)
    house.engine.reminders.run()
    house.clock.set("13:50")
    house.engine.reminders.run()  # even where the feed has not been told on yet
    assert told(house) == []


def test_a_request_is_reminded_of_only_once_it_is_approved(house: make.House) -> None:
    house.engine.rooms.change("oak", CLI, auto_accept=False)
    one = house.book("12:00", "13:00", details=wishing())
    two = house.book("13:00", "14:00", details=wishing())
    go(house, minutes=5)
    house.engine.bookings.approve(two.uid, house.ada)
    go(house, hours=4, step=5)
    assert told(house) == [("reminded_start", two.id, "15")]
    assert one.standing.value == "pending"


def test_every_date_of_a_series_is_reminded_of(house: make.House) -> None:
    made = house.recur("12:00", "13:00", "FREQ=DAILY;COUNT=3", details=wishing((60,)))
    go(house, days=3, step=30)
    numbers = [it.id for it in house.engine.series.whole(made.series.uid, CLI).rows]
    assert sorted(told(house)) == [("reminded_start", number, "60") for number in sorted(numbers)]


def test_what_is_late_is_given_while_it_is_of_use(house: make.House) -> None:
    useful = house.book("12:00", "13:00", details=wishing((60,)))
    house.book("10:30", "10:45", details=wishing((20,)))
    house.engine.outbox.run()
    house.clock.set("11:45")  # nothing ran since 10:00
    house.engine.reminders.run()
    assert told(house) == [("reminded_start", useful.id, "60")]


def test_what_was_booked_before_there_were_reminders_is_reminded_of(house: make.House) -> None:
    it = house.book("12:00", "13:00", details=wishing())
    house.store.writing(lambda tx: tx.run("DELETE FROM meta WHERE name = ?", (module.PLANNED,)))
    house.store.writing(lambda tx: tx.run("DELETE FROM reminded"))
    house.clock.set("11:50")
    house.engine.reminders.run()
    assert told(house) == [("reminded_start", it.id, "15")]


def test_a_clock_that_steps_gives_none_twice(house: make.House) -> None:
    it = house.book("12:00", "13:00", details=wishing())
    for wall in ("11:50", "10:50", "11:50", "11:55", "10:55", "11:46"):
        house.clock.set(wall)
        house.engine.outbox.run()
        house.engine.reminders.run()
    assert told(house) == [("reminded_start", it.id, "15")]


def test_one_that_always_fails_is_pushed_forward_and_stops_nothing(house: make.House, monkeypatch: Any) -> None:
    bad, good = (house.book("12:00", "13:00", room=room, details=wishing()) for room in ("oak", "elm"))
    house.engine.outbox.run()
    give = rows.give

    def spoilt(tx: Any, it: rows.Reminder, now: Any) -> bool:
        if it.booking == bad.id:
            raise ValueError("Salary talk")
        return give(tx, it, now)

    monkeypatch.setattr(module.reminders, "give", spoilt)
    house.clock.set("11:50")
    assert house.engine.reminders.run() == {"given": 1, "failed": 1}
    assert told(house) == [("reminded_start", good.id, "15")]
    assert house.engine.reminders.failing() == 1
    assert house.engine.reminders.run() == {"given": 0, "failed": 0}
    house.clock.forward(seconds=AGAIN[0].total_seconds())
    assert house.engine.reminders.run() == {"given": 0, "failed": 1}


def test_it_is_forgotten_what_was_long_ago(house: make.House) -> None:
    house.book("12:00", "13:00", details=wishing())
    go(house, hours=3, step=5)
    assert house.engine.reminders.tidy() == {"reminders": 0}
    house.clock.forward(days=3)
    assert house.engine.reminders.tidy() == {"reminders": 1}
