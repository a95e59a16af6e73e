"""Each rule at its edge: the last second that passes and the first that does not."""

from datetime import datetime, timedelta

import pytest

from server.core import rules
from server.core.errors import Objection
from server.core.model import Closure, Room
from server.core.period import Period
from server.core.policy import LONGEST, Policy
from server.core.rules.kinds import Facts, Wish
from tests.make import NOW, OFFICE, at, closure, room, span

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def say(
    which: tuple[rules.Rule, ...], wish: Period, policy: Policy | None = None, *, former: Period | None = None,
    now: datetime = NOW, before: datetime | None = None, after: datetime | None = None,
    closures: tuple[Closure, ...] = (), place: Room | None = None,
) -> list[Objection]:  # fmt: skip
    facts = Facts(now, place or room(policy=policy), before, after, closures)
    return list(rules.objections(which, Wish(wish, former), facts))


def codes(*args: object, **more: object) -> list[str]:
    return [objection.code for objection in say(*args, **more)]  # type: ignore[arg-type]


def lasting(length: timedelta, start: datetime = NOW) -> Period:
    return Period(start, start + length)


def test_a_plain_room_objects_to_nothing() -> None:
    assert codes(rules.BOOK, span("11:00", "12:00")) == []


# in_past


@pytest.mark.parametrize(("early", "said"), [(300, []), (301, ["in_past"]), (299, [])])
def test_a_start_is_now_for_five_minutes(early: int, said: list[str]) -> None:
    start = NOW - early * SECOND
    assert codes(rules.BOOK, Period(start, NOW + MINUTE)) == said


@pytest.mark.parametrize(("end", "said"), [(-1, ["in_past"]), (0, ["in_past"]), (1, [])])
def test_an_end_must_be_still_to_come(end: int, said: list[str]) -> None:
    assert codes(rules.BOOK, Period(NOW - 2 * MINUTE, NOW + end * SECOND)) == said


def test_a_change_that_leaves_the_start_alone_is_not_judged_by_it_again() -> None:
    running = Period(NOW - 30 * MINUTE, NOW + 30 * MINUTE)
    longer = Period(running.start, running.end + 10 * MINUTE)
    assert codes(rules.CHANGE, longer, former=running) == []
    moved = Period(running.start + MINUTE, running.end)
    assert codes(rules.CHANGE, moved, former=running) == ["in_past"]


def test_a_change_cannot_end_a_booking_in_the_past() -> None:
    running = Period(NOW - 30 * MINUTE, NOW + 30 * MINUTE)
    assert codes(rules.CHANGE, Period(running.start, NOW), former=running) == ["in_past"]


# over


@pytest.mark.parametrize(("end", "said"), [(-1, ["over"]), (0, ["over"]), (1, [])])
@pytest.mark.parametrize("which", [rules.CANCEL, rules.CHECK_IN, rules.END, rules.RENAME])
def test_nothing_is_done_to_what_is_over(which: tuple[rules.Rule, ...], end: int, said: list[str]) -> None:
    was = Period(NOW - 30 * MINUTE, NOW + end * SECOND)
    assert codes(which, was, former=was) == said


# length


@pytest.mark.parametrize(("seconds", "said"), [(899, ["too_short"]), (900, []), (901, [])])
def test_the_least_length_is_allowed(seconds: int, said: list[str]) -> None:
    assert codes(rules.BOOK, lasting(seconds * SECOND), Policy(min_minutes=15)) == said


@pytest.mark.parametrize(("seconds", "said"), [(3599, []), (3600, []), (3601, ["too_long"])])
def test_the_greatest_length_is_allowed(seconds: int, said: list[str]) -> None:
    assert codes(rules.BOOK, lasting(seconds * SECOND), Policy(max_minutes=60)) == said


@pytest.mark.parametrize(("more", "said"), [(-1, []), (0, []), (1, ["too_long"])])
def test_no_booking_is_longer_than_the_longest_whatever_the_policy(more: int, said: list[str]) -> None:
    wish = lasting(LONGEST + more * SECOND)
    assert codes(rules.BOOK, wish) == said
    assert codes(rules.BOOK, wish, Policy(max_minutes=100_000)) == said


def test_lengths_are_told_in_minutes() -> None:
    (short,) = say(rules.BOOK, lasting(MINUTE), Policy(min_minutes=15))
    (long,) = say(rules.BOOK, lasting(2 * DAY), Policy(max_minutes=60))
    assert (dict(short.numbers), dict(long.numbers)) == ({"minutes": 15}, {"minutes": 60})


# notice and horizon


@pytest.mark.parametrize(("seconds", "said"), [(3599, ["too_soon"]), (3600, []), (3601, [])])
def test_notice_is_kept_to_the_second(seconds: int, said: list[str]) -> None:
    assert codes(rules.BOOK, lasting(MINUTE, NOW + seconds * SECOND), Policy(notice_minutes=60)) == said


@pytest.mark.parametrize(("seconds", "said"), [(-1, []), (0, []), (1, ["too_far"])])
def test_the_horizon_is_allowed_to_the_second(seconds: int, said: list[str]) -> None:
    start = NOW + 30 * DAY + seconds * SECOND
    assert codes(rules.BOOK, lasting(MINUTE, start), Policy(horizon_days=30)) == said


def test_notice_and_horizon_do_not_judge_a_start_that_stays() -> None:
    policy = Policy(notice_minutes=60, horizon_days=1)
    soon = Period(NOW + MINUTE, NOW + 30 * MINUTE)
    far = Period(NOW + 9 * DAY, NOW + 9 * DAY + MINUTE)
    assert codes(rules.CHANGE, Period(soon.start, soon.end + MINUTE), policy, former=soon) == []
    assert codes(rules.CHANGE, Period(far.start, far.end + MINUTE), policy, former=far) == []
    assert codes(rules.CHANGE, soon, policy, former=far) == ["too_soon"]
    assert codes(rules.CHANGE, far, policy, former=soon) == ["too_far"]


def test_a_walk_in_needs_no_notice() -> None:
    assert codes(rules.WALK_IN, lasting(15 * MINUTE), Policy(notice_minutes=60)) == []


# opening hours


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("08:00:00", "18:00:00", []),
        ("07:59:59", "09:00:00", ["outside_hours"]),
        ("17:00:00", "18:00:01", ["outside_hours"]),
        ("17:59:59", "18:00:00", []),
        ("18:00:00", "18:30:00", ["outside_hours"]),
    ],
)
def test_bookings_lie_within_the_opening_hours(start: str, end: str, said: list[str]) -> None:
    now = at("00:00")
    assert codes(rules.BOOK, span(start, end), Policy(opening=(OFFICE,)), now=now) == said


def test_a_booking_over_a_closed_night_is_outside_the_hours() -> None:
    assert codes(rules.BOOK, Period(at("17:00"), at("09:00", 1)), Policy(opening=(OFFICE,))) == ["outside_hours"]


def test_hours_are_those_of_the_rooms_zone() -> None:
    tokyo = room(zone="Asia/Tokyo", policy=Policy(opening=(OFFICE,)))
    assert codes(rules.BOOK, span("09:00", "10:00", 1), place=tokyo, former=None) == []
    assert codes(rules.BOOK, span("12:00", "13:00", 1), place=tokyo) == ["outside_hours"]  # 19:00 there


# closures


def test_a_closure_refuses_with_its_reason() -> None:
    (said,) = say(rules.BOOK, span("11:30", "12:30"), closures=(closure("12:00", "13:00", "Painting"),))
    assert (said.code, dict(said.numbers)) == ("closed", {"reason": "Painting"})


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("11:00:00", "12:00:00", []),
        ("11:00:00", "12:00:01", ["closed"]),
        ("12:59:59", "14:00:00", ["closed"]),
        ("13:00:00", "14:00:00", []),
    ],
)
def test_a_closure_that_only_touches_does_not(start: str, end: str, said: list[str]) -> None:
    assert codes(rules.BOOK, span(start, end), closures=(closure("12:00", "13:00"),)) == said


# the gap between bookings


@pytest.mark.parametrize(("seconds", "said"), [(599, ["too_close"]), (600, []), (601, [])])
def test_the_gap_is_kept_before_and_after(seconds: int, said: list[str]) -> None:
    wish, policy = span("11:00", "12:00"), Policy(gap_minutes=10)
    assert codes(rules.BOOK, wish, policy, before=wish.start - seconds * SECOND) == said
    assert codes(rules.BOOK, wish, policy, after=wish.end + seconds * SECOND) == said


def test_too_close_on_both_sides_is_one_objection() -> None:
    wish = span("11:00", "12:00")
    assert codes(rules.BOOK, wish, Policy(gap_minutes=10), before=wish.start, after=wish.end) == ["too_close"]


def test_without_a_gap_neighbours_may_touch() -> None:
    wish = span("11:00", "12:00")
    assert codes(rules.BOOK, wish, before=wish.start, after=wish.end) == []


# out of service, walk-ins


def test_a_room_that_is_switched_off_takes_no_bookings() -> None:
    off = room(active=False)
    for which in (rules.BOOK, rules.WALK_IN, rules.EXTEND, rules.APPROVE, rules.CHANGE):
        assert codes(which, span("11:00", "12:00"), place=off) == ["inactive"]


def test_what_is_booked_in_it_can_still_be_cancelled_checked_in_and_ended() -> None:
    off, was = room(active=False), span("09:00", "11:00")
    for which in (rules.CANCEL, rules.CHECK_IN, rules.END):
        assert codes(which, was, place=off, former=was) == []


def test_not_every_room_takes_walk_ins() -> None:
    assert codes(rules.WALK_IN, span("10:00", "10:30"), Policy(walk_in=False)) == ["no_walk_in"]
    assert codes(rules.WALK_IN, span("10:00", "10:30"), place=room(auto_accept=False)) == ["no_walk_in"]
    assert codes(rules.BOOK, span("10:00", "10:30"), Policy(walk_in=False)) == []


# all of them


def test_every_objection_is_said_at_once_and_in_the_order_of_the_rules() -> None:
    strict = Policy(opening=(OFFICE,), min_minutes=30, notice_minutes=60, gap_minutes=10)
    wish = Period(at("18:00"), at("18:10"))
    now = at("17:30")
    told = codes(rules.BOOK, wish, now=now, before=wish.start, closures=(closure("18:05", "18:30"),),
                 place=room(policy=strict, active=False))  # fmt: skip
    assert told == ["inactive", "too_short", "too_soon", "outside_hours", "closed", "too_close"]


def test_an_extension_is_not_judged_by_notice_horizon_or_the_least_length() -> None:
    policy = Policy(min_minutes=60, notice_minutes=600, horizon_days=1)
    was = Period(NOW - MINUTE, NOW + 10 * MINUTE)
    assert codes(rules.EXTEND, Period(was.start, was.end + MINUTE), policy, former=was) == []


def test_putting_back_is_judged_by_who_and_what_came_in_between_alone() -> None:
    was = Period(NOW - MINUTE, NOW + 60 * MINUTE)
    cut = Period(was.start, NOW)
    assert codes(rules.RESTORE, was, Policy(max_minutes=5, walk_in=False), former=cut, after=was.end) == []
    assert codes(rules.RESTORE, was, former=cut, closures=(closure("10:30", "10:45"),)) == ["closed"]
    assert codes(rules.RESTORE, was, Policy(gap_minutes=10), former=cut, after=was.end + MINUTE) == ["too_close"]
