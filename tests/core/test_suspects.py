"""The quick look before bookings are judged again: it passes nothing that a rule refuses."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.core.model import Room
from server.core.period import Period
from server.core.policy import Opening, Policy, SpecialDay
from server.core.rules.hours import outside_hours
from server.core.rules.kinds import Facts, Wish
from server.core.rules.length import multi_day, too_long, too_short
from server.core.suspects import suspected
from tests import make
from tests.make import OFFICE, at

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC")
RULES = (outside_hours, too_long, too_short, multi_day)


def span(start: str, end: str, day: int = 0) -> tuple[int, int]:
    return int(at(start, day).timestamp()), int(at(end, day).timestamp())


spans = st.tuples(st.integers(0, 1438), st.integers(1, 1440)).map(lambda it: (min(it), max(it[1], it[0] + 1)))
openings = st.builds(lambda days, hours: Opening(days, *hours), st.frozensets(st.integers(0, 6), min_size=1), spans)
special = st.builds(SpecialDay, st.dates(date(2026, 3, 27), date(2026, 4, 6)), st.lists(spans, max_size=2).map(tuple))
policies = st.fixed_dictionaries(
    {},
    optional={
        "opening": st.lists(openings, max_size=3).map(tuple),
        "special_days": st.lists(special, max_size=2, unique_by=lambda it: it.day).map(tuple),
        "max_minutes": st.integers(1, 3000), "min_minutes": st.integers(1, 3000), "multi_day": st.booleans(),
    },
)  # fmt: skip
moments = st.integers(
    int(datetime(2026, 3, 27, tzinfo=UTC).timestamp()), int(datetime(2026, 4, 7, tzinfo=UTC).timestamp())
)


@settings(max_examples=150, deadline=None)
@given(policies, policies, moments, st.integers(1, 3000 * 60), st.sampled_from(ZONES))
def test_what_a_rule_refuses_is_suspected(
    old: dict[str, Any], new: dict[str, Any], start: int, length: int, zone: str
) -> None:
    before, after = (make.room(policy=replace(Policy(), **sets), zone=zone) for sets in (old, new))
    starts = datetime.fromtimestamp(start, UTC)
    wish = Wish(Period(starts, starts + timedelta(seconds=length)))

    def refused(room: Room) -> set[str]:
        return {it.code for rule in RULES for it in rule(wish, Facts(starts, room))}

    if refused(after) - refused(before):
        assert suspected(before, after, [(start, start + length)])


@pytest.mark.parametrize(
    ("rules", "times", "found"),
    [
        ({"max_minutes": 60}, [span("11:00", "12:00")], False), ({"max_minutes": 59}, [span("11:00", "12:00")], True),
        ({"min_minutes": 60}, [span("11:00", "12:00")], False), ({"min_minutes": 61}, [span("11:00", "12:00")], True),
        ({"opening": (OFFICE,)}, [span("08:00", "18:00")], False),
        ({"opening": (OFFICE,)}, [span("08:00", "18:01")], True),
        ({"opening": (OFFICE,)}, [span("11:00", "12:00", 5)], True),
        ({"opening": (Opening(frozenset({0}), 0, 1440),)}, [(span("11:00", "12:00")[0], span("00:00", "01:00", 1)[0])],
         False),
        ({"special_days": (SpecialDay(make.MONDAY),)}, [span("11:00", "12:00", 1)], False),
        ({"special_days": (SpecialDay(make.MONDAY),)}, [span("11:00", "12:00")], True),
        ({"multi_day": False}, [span("11:00", "12:00")], False), ({"gap_minutes": 5}, [span("11:00", "12:00")], False),
        ({"gap_minutes": 5}, [span("11:00", "12:00"), span("12:05", "13:00")], False),
        ({"gap_minutes": 5}, [span("11:00", "12:00"), span("12:04", "13:00")], True),
        ({"timetable": 1}, [span("11:00", "12:00")], True), ({"timetable": 1}, [], False),
        ({"door_host": "full", "horizon_days": 1, "notice_minutes": 5}, [span("11:00", "12:00")], False),
    ],
)  # fmt: skip
def test_what_surely_stands_is_not_suspected(rules: dict[str, Any], times: list[tuple[int, int]], found: bool) -> None:
    assert suspected(make.room(), make.room(policy=replace(Policy(), **rules)), times) is found


def test_lanes_are_counted_at_their_fullest() -> None:
    times = [span("11:00", "12:00"), span("11:30", "12:30"), span("12:00", "13:00"), span("12:15", "12:20")]
    three = make.room(policy=Policy(lanes=5))
    assert not suspected(three, make.room(policy=Policy(lanes=3)), times)
    assert suspected(three, make.room(policy=Policy(lanes=2)), times)


def test_a_room_that_goes_out_of_service_or_elsewhere_is_suspected() -> None:
    times = [span("11:00", "12:00")]
    for change in ({"status": "unavailable"}, {"zone": "Asia/Tokyo"}):
        assert suspected(make.room(), make.room(**change), times)
    for change in ({"status": "hidden"}, {"capacity": 3}, {"active": False}, {"name": "x"}):
        assert not suspected(make.room(), make.room(**change), times)
    seats = Policy(capacity=True)
    assert suspected(make.room(policy=seats, capacity=9), make.room(policy=seats, capacity=3), times)
