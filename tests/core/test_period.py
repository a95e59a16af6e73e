"""Half-open spans: what touches does not overlap, and nothing is lost or made when spans are joined, cut or turned."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from server.core.period import Period, clipped, gaps, merged

ZERO = datetime(2026, 6, 15, tzinfo=UTC)


def span(start: int, end: int) -> Period:
    return Period(ZERO + timedelta(minutes=start), ZERO + timedelta(minutes=end))


spans = st.tuples(st.integers(0, 60), st.integers(1, 30)).map(lambda pair: span(pair[0], sum(pair)))


def minutes(periods: list[Period]) -> list[int]:
    """Each minute that each period covers."""
    return [m for p in periods for m in range(100) if p.holds(ZERO + timedelta(minutes=m))]


def test_touching_periods_do_not_overlap() -> None:
    assert not span(0, 10).overlaps(span(10, 20))
    assert not span(10, 20).overlaps(span(0, 10))
    assert span(0, 11).overlaps(span(10, 20))


def test_a_period_holds_its_start_and_not_its_end() -> None:
    assert span(0, 10).holds(ZERO)
    assert not span(0, 10).holds(ZERO + timedelta(minutes=10))
    assert not span(0, 10).holds(ZERO - timedelta(seconds=1))


def test_a_period_covers_itself_and_nothing_a_second_larger() -> None:
    whole = span(0, 10)
    assert whole.covers(whole)
    assert not whole.covers(Period(whole.start, whole.end + timedelta(seconds=1)))
    assert not whole.covers(Period(whole.start - timedelta(seconds=1), whole.end))


def test_length_is_the_time_between() -> None:
    assert span(5, 95).length == timedelta(minutes=90)


def test_touching_and_overlapping_periods_become_one() -> None:
    assert merged([span(20, 30), span(0, 10), span(10, 15), span(5, 12)]) == [span(0, 15), span(20, 30)]


def test_a_period_inside_another_adds_nothing() -> None:
    assert merged([span(0, 50), span(10, 20)]) == [span(0, 50)]


def test_clipping_cuts_at_the_window_and_drops_what_only_touches_it() -> None:
    assert list(clipped([span(0, 10), span(5, 20), span(12, 40), span(30, 50)], span(10, 30))) == [
        span(10, 20),
        span(12, 30),
    ]


def test_a_window_without_anything_is_one_gap() -> None:
    assert list(gaps([], span(0, 30))) == [span(0, 30)]


def test_a_full_window_has_no_gap() -> None:
    assert list(gaps([span(0, 20), span(20, 40)], span(5, 30))) == []


@given(st.lists(spans, max_size=8))
def test_merging_keeps_every_minute_and_leaves_room_between(periods: list[Period]) -> None:
    joined = merged(periods)
    assert minutes(joined) == sorted(set(minutes(periods)))
    assert all(a.end < b.start for a, b in pairwise(joined))


@given(st.lists(spans, max_size=8), spans)
def test_a_minute_of_the_window_is_either_covered_or_in_a_gap(periods: list[Period], window: Period) -> None:
    free = minutes(list(gaps(periods, window)))
    taken = set(minutes(periods)) & set(minutes([window]))
    assert sorted(free + list(taken)) == minutes([window])
