"""Quotas: what counts, where, for whom and when; over midnights, weeks, leap days and changes of the clock."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.period import Period
from server.core.places import Quota
from server.core.policy import Policy
from server.core.rules.kinds import Shared, Use
from server.core.rules.quota import over_quota, periods, reach
from tests.core.asked import ANNA, DAY, HOUR, MINUTE, NOW, SECOND, codes, elm, oak, objections, use
from tests.make import BERLIN, at, span

DAILY = Quota(9, "Three hours a day", "minutes", "day", 180)
TWICE = Quota(9, "Twice a week", "bookings", "week", 2)
OVER = ["over_quota"]


def held(start: str, end: str, day: int = 0, **fields: int) -> Use:
    """Something else that Anna has booked; each with a number of its own."""
    plain = {"booking": 100 + day * 24 + int(start[:2])}
    return use(at(start, day), at(end, day), ANNA.number, **(plain | fields))


def shared(quota: Quota, *own: Use) -> Shared:
    return Shared(quotas=(quota,), own=own, places={1: frozenset({1, 4}), 2: frozenset({1})}, types={1: "studio"})


# how much


@pytest.mark.parametrize(("end", "said"), [("13:59:59", []), ("14:00:00", []), ("14:00:01", OVER)])
def test_minutes_are_counted_to_the_second(end: str, said: list[str]) -> None:
    told = shared(DAILY, held("08:00", "09:00"))
    assert codes(over_quota, span("12:00:00", end), oak(), shared=told) == said


def test_bookings_are_counted() -> None:
    told = shared(TWICE, held("08:00", "09:00"), held("12:00", "13:00", 2))
    assert codes(over_quota, span("11:00", "12:00"), oak(), shared=told) == OVER
    assert codes(over_quota, span("11:00", "12:00"), oak(), shared=shared(TWICE, held("08:00", "09:00"))) == []
    assert codes(over_quota, span("11:00", "12:00"), oak(), shared=shared(replace(TWICE, most=0))) == OVER


def test_it_says_which_quota_and_what_of_it_is_used() -> None:
    told = shared(DAILY, held("08:00", "10:30"))
    (said,) = objections(over_quota, span("12:00", "13:00"), oak(), shared=told)
    assert said.numbers == {
        "quota": 9, "name": "Three hours a day", "unit": "minutes", "per": "day", "most": 180, "used": 150,
        "wanted": 60,
    }  # fmt: skip


def test_minutes_count_in_each_room_and_a_booking_once() -> None:
    both = (oak(), elm())
    two_hours = span("12:00", "14:00")
    assert codes(over_quota, two_hours, rooms=both, shared=shared(DAILY)) == OVER
    assert codes(over_quota, two_hours, rooms=both[:1], shared=shared(DAILY)) == []
    in_both = (held("08:00", "09:00", booking=1), held("08:00", "09:00", booking=1, room=2))
    assert codes(over_quota, two_hours, rooms=both, shared=shared(TWICE, *in_both)) == []
    assert codes(over_quota, two_hours, oak(), shared=shared(DAILY, *in_both)) == OVER


# for whom, where


def test_a_quota_can_be_for_a_group_and_binds_nobody_unknown() -> None:
    for quota, person, said in [
        (replace(DAILY, most=0), ANNA, OVER), (replace(DAILY, most=0), None, []),
        (replace(DAILY, most=0, group=3), ANNA, OVER), (replace(DAILY, most=0, group=4), ANNA, []),
    ]:  # fmt: skip
        assert codes(over_quota, span("11:00", "12:00"), oak(), person=person, shared=shared(quota)) == said


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        ({}, OVER), ({"place": 4}, OVER), ({"place": 1}, OVER), ({"place": 5}, []), ({"room": 1}, OVER),
        ({"room": 2}, []), ({"room_type": "studio"}, OVER), ({"room_type": "hall"}, []),
        ({"place": 4, "room_type": "hall"}, []), ({"place": 4, "room": 1, "room_type": "studio"}, OVER),
    ],
)  # fmt: skip
def test_a_quota_counts_only_what_lies_where_it_says(scope: dict[str, int], said: list[str]) -> None:
    told = shared(replace(DAILY, most=59, **scope))  # type: ignore[arg-type]
    assert codes(over_quota, span("11:00", "12:00"), oak(), shared=told) == said


def test_what_is_booked_elsewhere_does_not_count() -> None:
    in_oak, in_elm = held("08:00", "10:30"), held("08:00", "10:30", room=2)
    quota = replace(DAILY, place=4)
    wish = span("12:00", "13:00")
    assert codes(over_quota, wish, oak(), shared=shared(quota, in_oak)) == OVER
    assert codes(over_quota, wish, oak(), shared=shared(quota, in_elm)) == []
    assert codes(over_quota, wish, oak(), shared=shared(DAILY, in_elm)) == OVER


def test_of_several_rooms_only_those_in_scope_and_asking_count() -> None:
    wish, quota = span("12:00", "13:00"), replace(DAILY, most=90)
    assert codes(over_quota, wish, rooms=(oak(), elm()), shared=shared(quota)) == OVER
    assert codes(over_quota, wish, rooms=(oak(), elm()), shared=shared(replace(quota, place=4))) == []
    free = elm(Policy(exempt={"member": ("over_quota",)}))
    assert codes(over_quota, wish, rooms=(oak(), free), shared=shared(quota)) == []


# which time


def test_only_time_within_the_quotas_hours_and_weekdays_counts() -> None:
    office = replace(DAILY, most=60, opens=8 * 60, closes=18 * 60, weekdays=frozenset(range(5)))
    for start, end, day, said in [
        ("07:00", "09:00", 0, []), ("07:00", "09:01", 0, OVER), ("17:00", "23:00", 0, []), ("16:59", "18:00", 0, OVER),
        ("18:00", "24:00", 0, []), ("10:00", "17:00", 5, []),
    ]:  # fmt: skip
        assert codes(over_quota, span(start, end, day), oak(), shared=shared(office)) == said


def test_a_booking_with_no_time_within_the_hours_does_not_count() -> None:
    morning = replace(TWICE, most=1, opens=0, closes=12 * 60)
    early, late = held("08:00", "09:00"), held("13:00", "14:00", 1)
    wish = span("11:00", "13:00", 2)
    assert codes(over_quota, wish, oak(), shared=shared(morning, early)) == OVER
    assert codes(over_quota, wish, oak(), shared=shared(morning, late)) == []
    assert codes(over_quota, span("12:00", "13:00", 2), oak(), shared=shared(morning, early)) == []


def test_what_is_over_may_count_or_not() -> None:
    told = held("08:00", "10:00")  # it is 10:00
    for counts_over, now, said in [
        (True, NOW, OVER), (False, NOW, []), (False, NOW - SECOND, OVER), (True, NOW - SECOND, OVER),
    ]:  # fmt: skip
        quota = replace(DAILY, counts_over=counts_over)
        assert codes(over_quota, span("12:00", "14:00"), oak(), now=now, shared=shared(quota, told)) == said


# periods


def test_minutes_over_midnight_are_split_and_each_day_is_judged() -> None:
    night = Period(at("22:00"), at("02:00", 1))
    assert codes(over_quota, night, oak(), shared=shared(replace(DAILY, most=120))) == []
    assert codes(over_quota, night, oak(), shared=shared(replace(DAILY, most=119))) == OVER
    tomorrow = shared(replace(DAILY, most=120), held("08:00", "08:01", 1))
    assert codes(over_quota, night, oak(), shared=tomorrow) == OVER


def test_a_booking_over_midnight_counts_where_it_starts() -> None:
    night, quota = Period(at("22:00"), at("02:00", 1)), replace(TWICE, per="day", most=1)
    assert codes(over_quota, night, oak(), shared=shared(quota, held("08:00", "09:00", 1))) == []
    assert codes(over_quota, night, oak(), shared=shared(quota, held("08:00", "09:00"))) == OVER
    last_night = use(at("22:00", -1), at("02:00"), ANNA.number, booking=5)
    assert codes(over_quota, span("11:00", "12:00"), oak(), shared=shared(quota, last_night)) == []


@pytest.mark.parametrize(
    ("per", "last_in", "first_out"),
    [
        ("day", datetime(2026, 6, 15, 23, 59, 59), datetime(2026, 6, 16)),
        ("week", datetime(2026, 6, 21, 23, 59, 59), datetime(2026, 6, 22)),
        ("month", datetime(2026, 6, 30, 23, 59, 59), datetime(2026, 7, 1)),
        ("year", datetime(2026, 12, 31, 23, 59, 59), datetime(2027, 1, 1)),
    ],
)
def test_what_starts_in_the_same_period_counts_to_its_last_second(
    per: str, last_in: datetime, first_out: datetime
) -> None:
    quota = replace(TWICE, per=per, most=1)
    for local, said in [(last_in, OVER), (first_out, [])]:
        start = at(local.time().isoformat(), local.date())
        other = use(start, start + HOUR, ANNA.number, booking=5)
        assert codes(over_quota, span("11:00", "12:00"), oak(), shared=shared(quota, other)) == said


def test_periods_are_those_of_the_first_rooms_zone() -> None:
    late = Period(at("17:30"), at("18:30"))  # past midnight in Tokyo
    early = use(at("09:00"), at("10:00"), ANNA.number, booking=5)
    quota = replace(TWICE, per="day", most=1)
    assert codes(over_quota, late, oak(), shared=shared(quota, early)) == OVER
    assert codes(over_quota, late, oak(zone="Asia/Tokyo"), shared=shared(quota, early)) == []


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_a_day_is_as_long_as_it_is(day: date, hours: int) -> None:
    whole = span("00:00", "24:00", day)
    for most, said in [(hours * 60, []), (hours * 60 - 1, OVER)]:
        assert codes(over_quota, whole, oak(), shared=shared(replace(DAILY, most=most))) == said
        windowed = replace(DAILY, most=most, closes=1_439, opens=0)
        assert codes(over_quota, whole, oak(), shared=shared(replace(windowed, most=most - 1))) == said


def test_hours_that_the_spring_night_swallows_count_nothing() -> None:
    night = replace(DAILY, most=0, opens=150, closes=195)
    wish = Period(at("01:00", date(2026, 3, 29)), at("05:00", date(2026, 3, 29)))
    assert codes(over_quota, wish, oak(), shared=shared(night)) == []


# changes


def test_a_change_that_takes_no_more_of_a_period_is_not_refused() -> None:
    told = shared(DAILY, held("08:00", "12:00"))  # more than the quota already: it was made narrower since
    was = span("14:00", "15:00")
    for wish, said in [
        (span("15:00", "16:00"), []), (span("14:00", "14:30"), []), (span("14:00", "15:00:01"), OVER),
        (span("14:00", "15:00", 1), []), (Period(at("23:30"), at("00:30", 1)), []),
    ]:  # fmt: skip
        assert codes(over_quota, wish, oak(), former=was, shared=told) == said
    full_tomorrow = shared(DAILY, held("08:00", "11:00", 1))
    assert codes(over_quota, span("14:00", "15:00", 1), oak(), former=was, shared=full_tomorrow) == OVER


# what must be known


def test_what_must_be_known_reaches_over_every_period_that_is_counted() -> None:
    wish = span("11:00", "12:00")
    assert reach((), wish, BERLIN) is None
    weekly_and_monthly = (TWICE, replace(DAILY, per="month"))
    found = reach(weekly_and_monthly, wish, BERLIN)
    assert found == Period(at("00:00", date(2026, 6, 1)), at("00:00", date(2026, 7, 1)))


@given(
    st.sampled_from(["day", "week", "month", "year"]), st.integers(0, 3_650 * 24 * 60), st.integers(1, 31 * 24 * 60),
    st.sampled_from([BERLIN, "Asia/Tokyo", "America/Santiago", "Pacific/Apia", "Asia/Kathmandu"]),
)  # fmt: skip
def test_periods_follow_each_other_without_a_gap_and_cover_the_wish(
    per: str, start: int, length: int, zone: str
) -> None:
    wish = Period(NOW + start * MINUTE - 3_650 * DAY / 2, NOW + (start + length) * MINUTE - 3_650 * DAY / 2)
    found = periods(per, wish, zone)
    assert found[0].start <= wish.start
    assert wish.end <= found[-1].end
    assert all(before.end == after.start for before, after in pairwise(found))
    assert all(it.overlaps(wish) or it.length == timedelta() for it in found)


@given(st.lists(st.tuples(st.integers(-48 * 60, 48 * 60), st.integers(1, 600)), max_size=8), st.integers(0, 2_000))
def test_minutes_are_what_counting_each_minute_of_the_day_finds(own: list[tuple[int, int]], most: int) -> None:
    day = span("00:00", "24:00")
    uses = tuple(
        use(NOW + start * MINUTE, NOW + (start + length) * MINUTE, ANNA.number, booking=place + 1)
        for place, (start, length) in enumerate(own)
    )
    counted = 60 + sum(
        1 for it in uses for n in range(it.period.length // MINUTE) if day.holds(it.period.start + n * MINUTE)
    )
    told = shared(replace(DAILY, most=most), *uses)
    assert codes(over_quota, span("11:00", "12:00"), oak(), shared=told) == OVER * (counted > most)
