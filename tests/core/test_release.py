"""The deadline, what people are told of it, and what a booking's rooms come to together."""

from datetime import timedelta

import pytest

from server.core.policy import Policy
from server.core.release import Course, Step, Terms, next_step, terms_of, times
from tests.make import at, room, span

ON = room(policy=Policy(check_in=True, release="on"))
MINUTE = timedelta(minutes=1)


def course(outcome: str = "warned", **fields: object) -> Course:
    """Of a booking at eleven that was warned in time."""
    plain = {"warned_at": at("11:08"), "changed_at": at("11:08")} | fields
    return Course(1, None, at("11:00"), at("11:10"), outcome, **plain)  # type: ignore[arg-type]


def test_people_are_told_when_it_will_be_and_until_when_it_is_held() -> None:
    told = times(span("11:00", "12:00"), [ON], None)
    assert told is not None
    assert (told.warn_at, told.at, told.released_at, told.until) == (at("11:08"), at("11:10"), None, at("11:15"))
    late = times(span("11:00", "12:00"), [ON], course(warned_at=at("11:30")))
    assert late is not None
    assert (late.warn_at, late.at, late.until) == (at("11:30"), at("11:32"), at("11:37"))
    done = times(span("11:00", "12:00"), [ON], course("released", released_at=at("11:10")))
    assert done is not None
    assert (done.released_at, done.until) == (at("11:10"), at("11:15"))


@pytest.mark.parametrize(
    "policy",
    [Policy(check_in=True), Policy(check_in=True, release="off"), Policy(release="on")],
    ids=["observed", "off", "no check-in"],
)
def test_nothing_is_told_where_nothing_is_released(policy: Policy) -> None:
    assert times(span("11:00", "12:00"), [room(policy=policy)], None) is None


@pytest.mark.parametrize("end", ["11:20", "15:00", "23:00"])
def test_nor_of_what_is_too_short_or_too_long_for_it(end: str) -> None:
    assert times(span("11:00", end), [ON], None) is None


@pytest.mark.parametrize("outcome", ["freed", "observed", "called_off", "came"])
def test_nor_once_it_is_decided(outcome: str) -> None:
    assert times(span("11:00", "12:00"), [ON], course(outcome)) is None


def test_several_rooms_are_as_careful_as_the_most_careful_one() -> None:
    slow = room("elm", policy=Policy(check_in=True, check_in_minutes=15, early_minutes=30, release="on"))
    found = terms_of(span("11:00", "12:00"), [ON, slow])
    assert found == Terms("on", at("10:30"), at("11:15"), at("12:00"))
    for other, mode in ((Policy(check_in=True), "observe"), (Policy(), "off")):
        assert terms_of(span("11:00", "12:00"), [ON, room("elm", policy=other)]).mode == mode


@pytest.mark.parametrize("minute", range(61))
def test_at_no_minute_is_anything_done_that_leaves_people_less_than_they_were_promised(minute: int) -> None:
    terms, now = terms_of(span("11:00", "12:00"), [ON]), at("11:00") + minute * MINUTE
    step, _ = next_step(terms, None, now, suspended=False)
    assert step is (Step.WARN if 8 <= minute <= 43 else Step.NOTHING)
    step, until = next_step(terms, course(), now, suspended=False)
    assert (step, until) == ((Step.RELEASE, at("11:10")) if 10 <= minute <= 45 else (Step.NOTHING, None))
    step, until = next_step(terms, course("released", released_at=at("11:10")), now, suspended=False)
    assert (step, until) == ((Step.FREE, at("11:15")) if minute >= 15 else (Step.NOTHING, None))
    assert next_step(terms, course(), now, suspended=True)[0] is Step.CALL_OFF


def test_a_version_that_only_gave_hours_away_is_the_same_to_people() -> None:
    it = course("opened", versions=(2, 4))
    assert [it.same_to_people(seen, 4) for seen in (1, 2, 3, 4, 5)] == [False, True, True, True, False]
    assert not it.same_to_people(4, 5)
    assert not course().same_to_people(1, 1)
