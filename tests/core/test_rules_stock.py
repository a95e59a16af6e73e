"""Rules about accessories and credits: what goes with which room, what is left of it, and what it all costs."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core import rules
from server.core.credits import price
from server.core.model import Details
from server.core.people import Person
from server.core.period import Period
from server.core.places import Accessory, Slot, Timetable
from server.core.policy import Opening, Policy
from server.core.rules.accessories import (
    accessory_not_here,
    accessory_too_few,
    accessory_too_many,
    accessory_unknown,
    out_of_stock,
)
from server.core.rules.credits import too_few_credits
from server.core.rules.kinds import Shared, Use
from server.core.rules.sweep import peak
from server.core.timetables import school
from tests.core.asked import ANNA, HOUR, MINUTE, SECOND, codes, elm, oak, objections, use
from tests.make import NOW, at, span

NOON = span("11:00", "12:00")
CHART = Accessory(6, "Flip chart", 4)


def wanting(count: int, number: int = 6) -> dict[str, Any]:
    return {"details": Details(accessories={number: count})}


def holding(it: Accessory, *stock: Use) -> Shared:
    return Shared(accessories={it.number: it}, stock=stock)


def test_an_accessory_that_there_is_not_is_named() -> None:
    (said,) = objections(rules.BOOK, NOON, oak(), wish=wanting(1, 99), shared=holding(CHART))
    assert (said.code, said.numbers) == ("accessory_unknown", {"accessory": 99})
    assert codes(accessory_unknown, NOON, oak(), wish=wanting(1), shared=holding(CHART)) == []


def test_an_accessory_goes_with_its_rooms_alone() -> None:
    bound = Accessory(6, "Piano", rooms={2: (None, None)})
    for rooms, said in [((oak(),), ["accessory_not_here"]), ((elm(),), []), ((oak(), elm()), [])]:
        assert codes(accessory_not_here, NOON, rooms=rooms, wish=wanting(1), shared=holding(bound)) == said
    assert codes(accessory_not_here, NOON, oak(), wish=wanting(1), shared=holding(CHART)) == []


@pytest.mark.parametrize(
    ("bounds", "count", "said"),
    [
        ({1: (2, 3)}, 1, ["accessory_too_few"]), ({1: (2, 3)}, 2, []), ({1: (2, 3)}, 3, []),
        ({1: (2, 3)}, 4, ["accessory_too_many"]), ({1: (None, 0)}, 1, ["accessory_too_many"]),
        ({1: (None, None)}, 99, []), ({2: (2, 3)}, 1, []),
    ],
)  # fmt: skip
def test_a_room_says_how_many_it_takes(bounds: dict[int, Any], count: int, said: list[str]) -> None:
    shared = holding(Accessory(6, "Flip chart", rooms=bounds))
    assert codes((accessory_too_few, accessory_too_many), NOON, oak(), wish=wanting(count), shared=shared) == said


def test_the_bounds_of_several_rooms_add_up() -> None:
    shared = holding(Accessory(6, "Flip chart", rooms={1: (1, 2), 2: (1, 3)}))
    asked, both = (accessory_too_few, accessory_too_many), (oak(), elm())
    for count, said in [(1, ["accessory_too_few"]), (2, []), (5, []), (6, ["accessory_too_many"])]:
        assert codes(asked, NOON, rooms=both, wish=wanting(count), shared=shared) == said
    open_end = holding(Accessory(6, "Flip chart", rooms={1: (1, 2), 2: (None, None)}))
    assert codes(asked, NOON, rooms=both, wish=wanting(99), shared=open_end) == []


def test_nothing_is_asked_of_what_is_not_wanted() -> None:
    shared = holding(Accessory(6, "Flip chart", 0, rooms={2: (2, 3)}))
    assert codes(rules.BOOK, NOON, oak(), shared=shared) == []


# the stock over the time


@pytest.mark.parametrize(
    ("start", "end", "quantity", "said"),
    [
        ("10:00:00", "11:00:00", 4, []),
        ("10:00:00", "11:00:01", 3, ["out_of_stock"]),
        ("10:00:00", "11:00:01", 2, []),
        ("11:59:59", "13:00:00", 3, ["out_of_stock"]),
        ("12:00:00", "13:00:00", 4, []),
    ],
)
def test_what_is_out_meanwhile_is_not_there(start: str, end: str, quantity: int, said: list[str]) -> None:
    shared = holding(CHART, use(at(start), at(end), 6, quantity=quantity), use(at("11:00"), at("12:00"), 7, quantity=9))
    assert codes(out_of_stock, NOON, oak(), wish=wanting(2), shared=shared) == said


def test_what_comes_back_can_go_out_again_at_the_same_instant() -> None:
    stock = (use(at("11:00"), at("11:30"), 6, quantity=3), use(at("11:30"), at("12:00"), 6, quantity=3))
    assert codes(out_of_stock, NOON, oak(), wish=wanting(1), shared=holding(CHART, *stock)) == []
    (said,) = objections(out_of_stock, NOON, oak(), wish=wanting(2), shared=holding(CHART, *stock))
    assert said.numbers == {"accessory": 6, "name": "Flip chart", "left": 1, "wanted": 2}


def test_what_has_no_bound_is_never_out() -> None:
    shared = holding(Accessory(6, "Pens"), use(at("11:00"), at("12:00"), 6, quantity=999))
    assert codes(out_of_stock, NOON, oak(), wish=wanting(999), shared=shared) == []


def test_a_moved_booking_needs_its_accessories_at_the_new_time() -> None:
    shared = holding(CHART, use(at("11:00"), at("12:00"), 6, quantity=3))
    told = {"details": None, "kept": Details(accessories={6: 2})}
    assert codes(rules.CHANGE, NOON, oak(), former=span("13:00", "14:00"), wish=told, shared=shared) == ["out_of_stock"]


SPANS = st.tuples(st.integers(0, 90), st.integers(1, 40), st.integers(1, 5))


@given(st.lists(SPANS, max_size=12), SPANS)
def test_the_peak_is_what_counting_each_minute_finds(spans: list[tuple[int, int, int]], window: Any) -> None:
    uses = [use(NOW + at * MINUTE, NOW + (at + long) * MINUTE, quantity=many) for at, long, many in spans]
    within = Period(NOW + window[0] * MINUTE, NOW + (window[0] + window[1]) * MINUTE)
    minutes = range(window[0], window[0] + window[1])
    counted = max(sum(many for at, long, many in spans if at <= minute < at + long) for minute in minutes)
    assert peak(uses, within) == counted


# credits


@pytest.mark.parametrize(
    ("length", "hours"), [(SECOND, 1), (HOUR - SECOND, 1), (HOUR, 1), (HOUR + SECOND, 2), (timedelta(hours=25), 25)]
)
def test_each_hour_begun_is_paid_for(length: timedelta, hours: int) -> None:
    assert price((oak(Policy(credits=150)),), (), Period(NOW, NOW + length), {}) == 150 * hours


def test_a_booking_can_have_one_price_however_long_it_is() -> None:
    place = oak(Policy(credits=150, credit_per="booking"))
    assert price((place,), (), Period(NOW, NOW + 9 * HOUR), {}) == 150


def test_hours_that_begin_in_the_peak_cost_the_peak_price() -> None:
    peaks = (Opening(frozenset({0}), 9 * 60, 11 * 60),)
    place = oak(Policy(credits=100, peak_credits=300, peak=peaks))
    for start, end, cost in [
        ("07:00", "09:00", 200), ("08:30", "10:30", 400), ("09:00", "11:00", 600), ("10:59", "11:59", 300),
        ("11:00", "12:00", 100),
    ]:  # fmt: skip
        assert price((place,), (), span(start, end), {}) == cost
    assert price((place,), (), span("09:00", "11:00", 1), {}) == 200
    once = oak(Policy(credits=100, peak_credits=300, peak=peaks, credit_per="booking"))
    assert [price((once,), (), span(start, "12:00"), {}) for start in ("08:59", "09:00", "11:00")] == [100, 300, 100]


def test_peak_hours_are_those_of_the_rooms_zone() -> None:
    peaks = (Opening(frozenset(range(7)), 9 * 60, 11 * 60),)
    tokyo = oak(Policy(peak_credits=300, peak=peaks), zone="Asia/Tokyo")
    assert price((tokyo,), (), span("09:00", "10:00", 0, "Asia/Tokyo"), {}) == 300
    assert price((tokyo,), (), span("09:00", "10:00"), {}) == 0


def test_slots_of_a_timetable_are_paid_for_where_the_room_has_one() -> None:
    place, tables = oak(Policy(credits=100, timetable=5)), {5: school()}
    assert price((place,), (), span("08:00", "09:50"), tables) == 200
    assert price((place,), (), span("08:49", "09:00"), tables) == 100
    assert price((place,), (), span("08:50", "09:00"), tables) == 0
    broken = Timetable(5, "T", days={0: (Slot(480, 540), Slot(540, 560, bookable=False), Slot(560, 620))})
    assert price((place,), (), span("08:00", "10:20"), {5: broken}) == 200


def test_rooms_and_accessories_add_up() -> None:
    rooms = (oak(Policy(credits=100)), elm(Policy(credits=50, credit_per="booking")))
    things = [(Accessory(6, "A", credits=10), 3), (Accessory(7, "B", credits=1_000, credit_per="booking"), 1)]
    assert price(rooms, things, Period(NOW, NOW + 2 * HOUR), {}) == 200 + 50 + 60 + 1_000


def test_a_price_is_in_the_account_to_the_hundredth() -> None:
    for credits, said in [(99, ["too_few_credits"]), (100, []), (0, ["too_few_credits"]), (-50, ["too_few_credits"])]:
        anna = Person(7, "anna@example.org", "anna", credits=credits)
        assert codes(too_few_credits, NOON, oak(Policy(credits=100)), person=anna) == said
    poor = Person(7, "anna@example.org", "anna", credits=-50)
    assert codes(too_few_credits, NOON, oak(), person=poor) == []


def test_only_what_was_not_paid_yet_is_due() -> None:
    anna = Person(7, "anna@example.org", "anna", credits=50)
    place, longer = oak(Policy(credits=100)), Period(NOON.start, NOON.end + HOUR)
    for paid, said in [(100, ["too_few_credits"]), (150, []), (500, [])]:
        assert codes(too_few_credits, longer, place, person=anna, shared=Shared(paid=paid)) == said
    (said_so,) = objections(too_few_credits, longer, place, person=anna, shared=Shared(paid=100))
    assert said_so.numbers == {"due": 100, "has": 50}


def test_where_nobody_is_known_who_could_pay_only_what_is_free_is_to_be_had() -> None:
    assert codes(too_few_credits, NOON, oak(Policy(credits=1)), person=None) == ["too_few_credits"]
    assert codes(too_few_credits, NOON, oak(), person=None) == []
    assert codes(too_few_credits, NOON, oak(Policy(credits=1)), person=ANNA) == []
