"""What a door owns and may promise: versions that never go back, and time that is nobody else's."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from kiosk.escrow import Owned, Promises, Times, adopted, covers, grade, joined, minus, owned_until

HOUR = 3600
OWNED = Owned("life-1", 7, ((10 * HOUR, 12 * HOUR), (13 * HOUR, 14 * HOUR)))


def seconds(times: Times) -> set[int]:
    return {second for start, end in times for second in range(start, end)}


spans = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=6)


@given(spans, spans)
def test_times_are_sets_of_seconds(some: list[tuple[int, int]], others: list[tuple[int, int]]) -> None:
    assert seconds(joined(some)) == seconds(tuple(some))
    assert seconds(minus(some, others)) == seconds(tuple(some)) - seconds(tuple(others))
    found = minus(some, others)
    assert all(start < end for start, end in found)
    assert all(one[1] < other[0] for one, other in itertools.pairwise(found))


@given(spans, st.integers(0, 40), st.integers(0, 40))
def test_only_what_is_owned_whole_is_covered(some: list[tuple[int, int]], start: int, end: int) -> None:
    assert covers(some, start, end) == (start < end and set(range(start, end)) <= seconds(tuple(some)))


def test_a_lower_version_of_the_same_incarnation_is_never_taken() -> None:
    assert adopted(OWNED, "life-1", 6, ()) is OWNED
    assert adopted(OWNED, "life-1", 7, ()) is OWNED
    assert adopted(OWNED, "life-1", 8, ()) == Owned("life-1", 8)


def test_another_incarnation_counts_from_wherever_it_begins() -> None:
    assert adopted(OWNED, "life-2", 1, ((0, 5), (5, 9))) == Owned("life-2", 1, ((0, 9),))


def test_a_promise_is_sure_only_inside_owned_time_that_nothing_takes() -> None:
    assert grade(OWNED, 10 * HOUR, 12 * HOUR, (), verified=True) == "confirmed"
    assert grade(OWNED, 11 * HOUR, 12 * HOUR + 1, (), verified=True) == "not_confirmed"
    assert grade(OWNED, 10 * HOUR - 1, 11 * HOUR, (), verified=True) == "not_confirmed"
    assert grade(OWNED, 10 * HOUR, 11 * HOUR, ((10 * HOUR + 59, 10 * HOUR + 60),), verified=True) == "not_confirmed"
    assert grade(OWNED, 10 * HOUR, 11 * HOUR, ((11 * HOUR, 12 * HOUR),), verified=True) == "confirmed"


def test_a_clock_that_is_not_verified_makes_nothing_sure() -> None:
    assert grade(OWNED, 10 * HOUR, 11 * HOUR, (), verified=False) == "not_confirmed"
    assert Promises(OWNED, verified=False, may=True).until(10 * HOUR) is None


def test_it_can_promise_until_the_first_gap_in_what_it_owns() -> None:
    busy = ((11 * HOUR, 11 * HOUR + 60),)
    assert owned_until(OWNED, 10 * HOUR, ()) == 12 * HOUR
    assert owned_until(OWNED, 10 * HOUR, busy) == 11 * HOUR
    assert owned_until(OWNED, 11 * HOUR, busy) is None
    assert owned_until(OWNED, 12 * HOUR, ()) is None


def test_a_booking_is_not_in_the_way_of_what_becomes_of_itself() -> None:
    mine = (10 * HOUR, 11 * HOUR)
    promises = Promises(OWNED, (mine,), verified=True, may=True)
    assert promises.grade(10 * HOUR, 12 * HOUR) == "not_confirmed"
    assert promises.grade(10 * HOUR, 12 * HOUR, less=mine) == "confirmed"
