"""What a uid and an address mean, and what is said of the date that an edit names."""

import pytest

from server.core.errors import Unknown
from server.core.model import Edit
from tests.engine.series_seen import live, refusal, spans, titles
from tests.make import House, at


def found(house: House, uid: str, **more: object) -> tuple[str, str]:
    """The uid and the day of what is meant."""
    it = house.engine.series.occurrence(uid, more.pop("at", None), house.alice, **more)  # type: ignore[arg-type]
    return it.uid, f"{it.starts:%m-%d}"


def test_a_uid_means_the_booking_that_has_it_and_a_series_uid_the_one_that_is_now_or_next(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    first, second, third, fourth = live(house, uid)
    single = house.book("11:00", "12:00")
    assert found(house, third.uid) == (third.uid, "06-29")
    assert found(house, third.uid, at=at("14:00", 21)) == (fourth.uid, "07-06")
    assert found(house, single.uid, at=at("09:00", 3)) == (single.uid, "06-15")
    house.clock.set(at("14:59"))
    assert found(house, uid) == (first.uid, "06-15")
    house.clock.set(at("15:00"))
    assert found(house, uid) == (second.uid, "06-22")
    house.clock.set(at("15:00", 90))
    assert found(house, uid) == (fourth.uid, "07-06")


def test_a_request_that_comes_again_means_what_it_meant(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    first, second, *_ = live(house, uid)
    house.engine.bookings.cancel(first.uid, house.alice, key="k")
    assert found(house, uid) == (second.uid, "06-22")
    assert found(house, uid, key="k") == found(house, first.uid, key="k") == (first.uid, "06-15")
    assert found(house, second.uid, key="k") == (second.uid, "06-22")
    with pytest.raises(Unknown):
        found(house, first.uid)
    with pytest.raises(Unknown):
        found(house, uid, at=at("14:00"))


def test_nothing_to_come_can_be_changed_and_no_date_follows_one_that_the_pattern_lost(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    change = house.engine.series.change
    house.clock.set(at("14:30"))
    change(uid, Edit(starts=at("16:00", 7), ends=at("17:00", 7)), house.alice, following=False)
    later = Edit(starts=at("17:00"))
    assert refusal(lambda: change(uid, later, house.alice, following=False, at=at("14:00"))) == [("begun", "")]
    change(uid, Edit(), house.alice, following=False, at=None, lines=("FREQ=WEEKLY;COUNT=2",))
    assert spans(house, uid) == ["06-15 14:00-15:00", "06-22 16:00-17:00", "06-29 16:00-17:00"]
    house.clock.set(at("18:00", 30))
    assert refusal(lambda: change(uid, Edit(title="x"), house.alice, following=False)) == [("over", "")]


def test_what_is_said_of_a_named_date_goes_before_its_own_texts(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    second = live(house, uid)[1]
    house.engine.bookings.change(second.uid, Edit(title="Party"), house.alice)
    house.engine.series.change(uid, Edit(title="A"), house.alice, following=False)
    assert titles(house, uid) == ["A", "Party", "A", "A"]
    house.engine.series.change(uid, Edit(title="B"), house.alice, following=False, at=at("14:00", 7))
    assert titles(house, uid) == ["B", "B", "B", "B"]


def test_an_answer_to_a_series_is_given_on_the_view_of_it(house: House) -> None:
    house.policy(series="approval")
    uid = house.recur("14:00", "15:00").series.uid
    answer = house.engine.series.answer
    with pytest.raises(Exception, match="version is 1"):
        answer(uid, house.ada, accept=True, version=2)
    assert answer(uid, house.ada, accept=True, version=1).changed == 4


def test_a_preview_of_a_single_booking_leaves_nothing(house: House) -> None:
    wish = house.book("11:00", "12:00")
    engine = house.engine.bookings
    assert engine.change(wish.uid, Edit(title="x"), house.alice, preview=True).title == "x"
    engine.cancel(wish.uid, house.alice, preview=True, key="k")
    assert engine.get(wish.uid, house.alice) == wish
    assert engine.cancel(wish.uid, house.alice, key="k").version == 2
