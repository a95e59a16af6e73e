"""Lanes: a booking finds one that is free, and where none is, others change theirs as long as there is room at all."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.lanes import Laid, Lying, NotFarEnough, free_lane, full, laid_anew, most_at_once
from server.core.period import Period
from tests.make import at, span

GAPS = st.sampled_from([0, 5, 15])
FAR = at("10:00", 300)


def lying(*held: tuple[int, str, str]) -> list[Lying]:
    return [Lying(number, lane, span(start, end)) for number, (lane, start, end) in enumerate(held, 1)]


def test_the_first_lane_that_is_free_is_taken() -> None:
    there = lying((0, "10:00", "11:00"), (2, "10:00", "12:00"))
    assert free_lane(there, span("10:30", "11:30"), 3, timedelta()) == 1
    assert free_lane(there, span("11:00", "11:30"), 3, timedelta()) == 0
    assert free_lane(there, span("10:30", "11:30"), 1, timedelta()) is None


def test_the_gap_is_asked_for_within_the_lane() -> None:
    there = lying((0, "10:00", "11:00"))
    assert free_lane(there, span("11:10", "12:00"), 2, timedelta(minutes=15)) == 1
    assert free_lane(there, span("11:15", "12:00"), 2, timedelta(minutes=15)) == 0


def test_more_lanes_in_use_than_there_are_now_leave_no_room() -> None:
    there = lying((1, "10:00", "11:00"), (2, "10:00", "11:00"))
    assert free_lane(there, span("10:00", "11:00"), 2, timedelta()) is None
    assert free_lane(there, span("11:00", "12:00"), 2, timedelta()) == 0


def test_who_comes_later_changes_lanes_to_make_room() -> None:
    there = lying((0, "10:00", "11:00"), (1, "11:00", "12:00"))
    wish = span("10:30", "11:30")
    assert free_lane(there, wish, 2, timedelta()) is None
    assert laid_anew(there, wish, 2, timedelta(), FAR) == Laid(1, {2: 0})


def test_what_lies_after_all_that_changed_stays_where_it_is() -> None:
    there = lying((0, "10:00", "11:00"), (1, "11:00", "12:00"), (1, "12:00", "13:00"), (0, "12:00", "13:00"))
    assert laid_anew(there, span("10:30", "11:30"), 2, timedelta(), FAR) == Laid(1, {2: 0})


def test_one_must_see_far_enough() -> None:
    there = lying((0, "10:00", "11:00"), (1, "11:00", "12:00"))
    with pytest.raises(NotFarEnough):
        laid_anew(there, span("10:30", "11:30"), 2, timedelta(), at("11:45"))


def test_a_room_is_full_where_as_many_run_as_it_has_lanes() -> None:
    held = [span("10:00", "12:00"), span("11:00", "13:00"), span("12:00", "14:00"), span("16:00", "17:00")]
    assert full(held, 2) == [span("11:00", "13:00")]
    assert full(held, 1) == [span("10:00", "14:00"), span("16:00", "17:00")]
    assert full(held, 3) == full([], 1) == []


@st.composite
def days(draw: st.DrawFn) -> tuple[list[Period], int, timedelta]:
    """Wishes in the order in which they are made, the lanes, and the gap."""
    starts = draw(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), min_size=1, max_size=25))
    base = at("08:00")
    periods = [Period(base + timedelta(minutes=5 * a), base + timedelta(minutes=5 * (a + n))) for a, n in starts]
    return periods, draw(st.integers(1, 4)), timedelta(minutes=draw(GAPS))


@given(days())
def test_a_wish_is_refused_only_where_there_are_as_many_as_lanes(day: tuple[list[Period], int, timedelta]) -> None:
    wishes, lanes, gap = day
    there: list[Lying] = []
    for number, wish in enumerate(wishes):
        wide = [Period(it.period.start, it.period.end + gap) for it in there]
        fits = most_at_once([*wide, Period(wish.start, wish.end + gap)], Period(wish.start, wish.end + gap)) <= lanes
        lane = free_lane([it for it in there if it.period.end > wish.start - gap], wish, lanes, gap)
        laid = Laid(lane, {}) if lane is not None else None
        if laid is None:
            near = [it for it in there if it.period.end > wish.start - gap]
            laid = laid_anew(near, wish, lanes, gap, FAR)
        assert (laid is not None) == fits
        if laid is not None:
            there = [Lying(it.hold, laid.moved.get(it.hold, it.lane), it.period) for it in there]
            there.append(Lying(number, laid.lane, wish))
        assert apart(there, gap)
        assert all(0 <= it.lane < lanes for it in there)


def apart(there: list[Lying], gap: timedelta) -> bool:
    """Whether in each lane one ends, and the gap passes, before the next begins."""
    ordered = sorted(there, key=lambda it: (it.lane, it.period.start))
    return all(a.lane != b.lane or a.period.end + gap <= b.period.start for a, b in pairwise(ordered))
