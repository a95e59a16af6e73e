"""A pattern moved by a span of wall time: each address moved by it, exactly, or a new pattern is asked for."""

from datetime import datetime, timedelta

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from server.core.errors import Invalid
from server.core.recurrence import Pattern, Rule, shifted, walls
from tests.core.recurring import COARSE, MONDAY, patterns, rules

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NEW_TIME, NEW_DAY = "give the new pattern with the new time", "give the new pattern with the new day"


def moves() -> st.SearchStrategy[timedelta]:
    """Whole days, and anything to the minute within two days."""
    days = st.integers(-40, 40).map(lambda number: timedelta(days=number))
    return days | st.integers(-2880, 2880).map(lambda number: timedelta(minutes=number))


def movable() -> st.SearchStrategy[Rule]:
    """Rules that can mostly be moved: they name weekdays or nothing."""
    weekdays = st.lists(st.tuples(st.just(0), st.integers(0, 6)), min_size=1, max_size=3).map(tuple)
    weekly = st.builds(
        Rule,
        st.sampled_from(["DAILY", "WEEKLY"]),
        st.integers(1, 4),
        weekdays=weekdays,
        positions=st.sampled_from([(), (), (1,), (-1,), (2,)]),
        week_start=st.integers(0, 6),
    )
    plain = st.builds(Rule, st.sampled_from(COARSE), st.integers(1, 4), week_start=st.integers(0, 6))
    return weekly | plain


@settings(max_examples=300)
@given(patterns(movable()), moves())
def test_each_address_moves_by_the_span(pattern: Pattern, delta: timedelta) -> None:
    before = pattern.start + timedelta(days=1500)
    try:
        moved = shifted(pattern, delta)
    except Invalid:
        event("refused")
        return
    event("moved")
    assert list(walls(moved, before + delta)) == [wall + delta for wall in walls(pattern, before)]


@given(patterns(rules()), moves())
def test_what_cannot_move_exactly_is_refused_whatever_the_rule(pattern: Pattern, delta: timedelta) -> None:
    before = pattern.start + timedelta(days=1500)
    try:
        moved = shifted(pattern, delta)
    except Invalid:
        return
    assert list(walls(moved, before + delta)) == [wall + delta for wall in walls(pattern, before)]


@given(patterns(movable()), moves())
def test_there_and_back_is_where_it_was(pattern: Pattern, delta: timedelta) -> None:
    try:
        there = shifted(pattern, delta)
        back = shifted(there, -delta)
    except Invalid:
        assume(False)
    before = pattern.start + timedelta(days=900)
    assert list(walls(back, before)) == list(walls(pattern, before))


@given(patterns(movable()).filter(lambda it: it.rules and not it.except_rules), st.integers(-9, 9))
def test_a_new_time_on_the_same_day_is_always_exact(pattern: Pattern, hours: int) -> None:
    delta = hours * HOUR
    assume((pattern.start + delta).date() == pattern.start.date())
    assert shifted(pattern, delta).rules[0].weekdays == pattern.rules[0].weekdays


@given(patterns(movable()), st.integers(-20, 20))
def test_daily_and_weekly_rules_move_to_any_day(pattern: Pattern, days: int) -> None:
    assume(all(rule.freq in ("DAILY", "WEEKLY") for rule in pattern.rules + pattern.except_rules))
    assert shifted(pattern, days * DAY).start == pattern.start + days * DAY


def test_everything_that_is_a_wall_time_moves_along() -> None:
    end, sooner = datetime(2027, 1, 1), datetime(2026, 12, 1)
    pattern = Pattern(
        MONDAY, (Rule("WEEKLY", until=end),), (Rule("DAILY", 3, until=sooner),), (MONDAY + DAY,), (MONDAY + 7 * DAY,),
        MONDAY, MONDAY + 70 * DAY,
    )  # fmt: skip
    assert shifted(pattern, HOUR) == Pattern(
        MONDAY + HOUR, (Rule("WEEKLY", until=end + HOUR),), (Rule("DAILY", 3, until=sooner + HOUR),),
        (MONDAY + DAY + HOUR,), (MONDAY + 7 * DAY + HOUR,), MONDAY + HOUR, MONDAY + 70 * DAY + HOUR,
    )  # fmt: skip


def test_weekdays_turn_and_the_week_with_them_where_its_beginning_counts() -> None:
    every = Pattern(MONDAY, (Rule("WEEKLY", weekdays=((0, 0), (0, 6))),))
    second = Pattern(MONDAY, (Rule("WEEKLY", interval=2, weekdays=((0, 0), (0, 6))),))
    assert shifted(every, DAY).rules[0].text == "FREQ=WEEKLY;BYDAY=MO,TU"
    assert shifted(second, DAY).rules[0].text == "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU;WKST=TU"
    assert shifted(second, -DAY).rules[0].text == "FREQ=WEEKLY;INTERVAL=2;BYDAY=SA,SU;WKST=SU"


def test_a_late_evening_moved_past_midnight_turns_the_weekdays() -> None:
    pattern = Pattern(datetime(2026, 10, 5, 23), (Rule("WEEKLY", weekdays=((0, 0),)),))
    assert shifted(pattern, 2 * HOUR).rules[0].text == "FREQ=WEEKLY;BYDAY=TU"
    assert shifted(pattern, HOUR / 2).rules[0].text == "FREQ=WEEKLY;BYDAY=MO"


@pytest.mark.parametrize(
    ("start", "rule", "delta"),
    [
        (MONDAY, Rule("MONTHLY"), timedelta(days=3)),
        (MONDAY, Rule("MONTHLY", months=(1, 10)), HOUR),
        (MONDAY, Rule("MONTHLY", weekdays=((-1, 4),)), 3 * HOUR),
        (MONDAY, Rule("YEARLY"), timedelta(days=40)),
        (datetime(2026, 1, 31, 9), Rule("YEARLY"), DAY),
        (MONDAY, Rule("DAILY", hours=(9, 15)), DAY),
        (MONDAY, Rule("HOURLY", interval=5), HOUR / 4),
        (MONDAY, Rule("HOURLY", weekdays=((0, 0),)), DAY),
        (MONDAY, Rule("MINUTELY", hours=(9,)), 2 * DAY),
    ],
)
def test_what_can_move_does(start: datetime, rule: Rule, delta: timedelta) -> None:
    pattern, before = Pattern(start, (rule,)), start + timedelta(days=15 if rule.fine else 3000)
    assert list(walls(shifted(pattern, delta), before + delta)) == [wall + delta for wall in walls(pattern, before)]


@pytest.mark.parametrize(
    ("start", "rule", "delta", "why"),
    [
        (MONDAY, Rule("DAILY", hours=(9, 15)), HOUR, NEW_TIME),
        (MONDAY, Rule("WEEKLY", minutes=(0, 30)), HOUR, NEW_TIME),
        (MONDAY, Rule("DAILY", months=(10,)), DAY, NEW_DAY),
        (MONDAY, Rule("DAILY", month_days=(1, 15)), DAY, NEW_DAY),
        (MONDAY, Rule("WEEKLY", months=(10,)), DAY, NEW_DAY),
        (MONDAY, Rule("MONTHLY", weekdays=((-1, 4),)), DAY, NEW_DAY),
        (MONDAY, Rule("MONTHLY", month_days=(5,)), DAY, NEW_DAY),
        (MONDAY, Rule("MONTHLY"), timedelta(days=-5), NEW_DAY),
        (MONDAY, Rule("MONTHLY"), timedelta(days=24), NEW_DAY),
        (datetime(2026, 1, 31, 9), Rule("MONTHLY"), -DAY, NEW_DAY),
        (datetime(2026, 1, 29, 9), Rule("MONTHLY"), -DAY, NEW_DAY),
        (datetime(2026, 1, 31, 23), Rule("MONTHLY"), 2 * HOUR, NEW_DAY),
        (datetime(2026, 12, 31, 9), Rule("YEARLY"), DAY, NEW_DAY),
        (datetime(2026, 2, 28, 9), Rule("YEARLY"), DAY, NEW_DAY),
        (datetime(2028, 2, 29, 9), Rule("YEARLY"), DAY, NEW_DAY),
        (datetime(2028, 2, 29, 9), Rule("YEARLY"), -DAY, NEW_DAY),
        (MONDAY, Rule("YEARLY", weeks=(41,)), DAY, NEW_DAY),
        (MONDAY, Rule("HOURLY", weekdays=((0, 0),)), HOUR, NEW_DAY),
        (MONDAY, Rule("HOURLY", months=(10,)), DAY, NEW_DAY),
    ],
)
def test_what_no_rule_says_is_asked_for_anew(start: datetime, rule: Rule, delta: timedelta, why: str) -> None:
    with pytest.raises(Invalid) as caught:
        shifted(Pattern(start, (rule,)), delta)
    assert caught.value.fields == {"recurrence": why}
    with pytest.raises(Invalid, match=why):
        shifted(Pattern(start, (Rule("DAILY"),), (rule,)), delta)


@pytest.mark.parametrize(("start", "delta"), [
    (datetime(9998, 12, 31, 9), DAY), (datetime(1970, 1, 1, 9), -DAY), (MONDAY, timedelta(days=3_000_000)),
])  # fmt: skip
def test_what_would_leave_the_years_is_refused(start: datetime, delta: timedelta) -> None:
    with pytest.raises(Invalid, match="years go"):
        shifted(Pattern(start, (Rule("DAILY"),)), delta)


def test_no_move_is_the_same_pattern() -> None:
    pattern = Pattern(MONDAY, (Rule("MONTHLY", hours=(9,), weekdays=((-1, 4),)),))
    assert shifted(pattern, timedelta()) is pattern
