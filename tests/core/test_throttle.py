"""What a count of wrong tries allows, to the second."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from server.core.throttle import LOCKED, Bound, Tally, charged, locked, pause, refunded
from tests.make import NOW

SECOND, QUARTER = timedelta(seconds=1), timedelta(minutes=15)
WINDOW = Bound(3, window=QUARTER)
GROWING = Bound(3, pause=timedelta(minutes=1), longest=timedelta(minutes=10), most=8)


def test_a_window_is_full_until_it_is_over() -> None:
    tally = Tally()
    for n in range(3):
        assert pause(tally, WINDOW, NOW + n * SECOND) is None
        tally = charged(tally, WINDOW, NOW + n * SECOND)
    assert pause(tally, WINDOW, NOW + 2 * SECOND) == QUARTER - 2 * SECOND
    assert pause(tally, WINDOW, NOW + QUARTER - SECOND) == SECOND
    assert pause(tally, WINDOW, NOW + QUARTER) is None
    assert charged(tally, WINDOW, NOW + QUARTER).failures == 1


def test_failures_of_the_last_window_count_no_more() -> None:
    tally = charged(charged(Tally(), WINDOW, NOW), WINDOW, NOW)
    assert charged(tally, WINDOW, NOW + QUARTER - SECOND).failures == 3
    assert charged(tally, WINDOW, NOW + QUARTER).failures == 1


def test_a_growing_pause_doubles_up_to_the_longest_and_then_it_takes_somebody() -> None:
    tally, now, waits = Tally(), NOW, []
    for _ in range(8):
        tally = charged(tally, GROWING, now)
        wait = pause(tally, GROWING, now)
        waits.append(int(wait.total_seconds() // 60) if wait else 0)
        now += wait or SECOND
    assert waits == [0, 0, 1, 2, 4, 8, 10, LOCKED // timedelta(minutes=1)]
    assert locked(tally, GROWING)
    assert pause(tally, GROWING, NOW + timedelta(days=9999)) == LOCKED


def test_a_try_that_was_right_after_all_is_taken_back() -> None:
    tally = Tally()
    for _ in range(3):
        tally = charged(tally, WINDOW, NOW)
    assert pause(tally, WINDOW, NOW) is not None
    assert pause(refunded(tally, WINDOW), WINDOW, NOW) is None
    assert refunded(Tally(), WINDOW) == Tally()


@given(st.lists(st.integers(0, 3600), max_size=60))
def test_in_any_stretch_of_a_window_there_are_never_twice_as_many_tries(gaps: list[int]) -> None:
    tally, now, judged = Tally(), NOW, []
    for gap in gaps:
        now += timedelta(seconds=gap)
        if pause(tally, WINDOW, now) is None:
            tally = charged(tally, WINDOW, now)
            judged.append(now)
    for first in judged:
        assert sum(first <= at < first + QUARTER for at in judged) <= 2 * WINDOW.free - 1


@given(st.lists(st.integers(0, 100_000), max_size=300))
def test_however_long_it_takes_there_are_never_more_in_a_row_than_the_most(gaps: list[int]) -> None:
    tally, now, judged = Tally(), NOW, 0
    for gap in gaps:
        now += timedelta(seconds=gap)
        if pause(tally, GROWING, now) is None:
            tally, judged = charged(tally, GROWING, now), judged + 1
    assert judged <= 8
