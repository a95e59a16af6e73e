"""When check-in opens, until when it is asked for, and of whom."""

import pytest

from server.core.model import Standing
from server.core.policy import Policy
from server.core.presence import asked, due_by, opens_at
from tests.make import NOW, at, booking, room

ASKING = room(policy=Policy(check_in=True, check_in_minutes=10, early_minutes=15))


def test_nobody_is_asked_unless_the_policy_says_so() -> None:
    assert not asked(booking(), room())
    assert asked(booking(), ASKING)


def test_who_is_in_is_not_asked_again() -> None:
    assert not asked(booking(checked_in_at=NOW), ASKING)


@pytest.mark.parametrize("standing", [Standing.PENDING, Standing.DECLINED, Standing.CANCELLED])
def test_only_an_accepted_booking_is_asked(standing: Standing) -> None:
    assert not asked(booking(standing=standing), ASKING)


def test_check_in_opens_early_by_the_policy() -> None:
    assert opens_at(booking("11:00", "12:00"), ASKING) == at("10:45")
    assert opens_at(booking("11:00", "12:00"), room(policy=Policy(early_minutes=0))) == at("11:00")


@pytest.mark.parametrize(
    ("end", "wait"),
    [
        ("12:00", "11:10"),  # the policy's ten minutes
        ("11:30", "11:10"),  # a third of half an hour is ten minutes too
        ("11:24", "11:08"),  # a third of the length
        ("11:15", "11:05"),  # a third of a quarter is the least
        ("11:10", "11:05"),  # but nobody is hurried more than five minutes
    ],
)
def test_the_deadline_is_the_policys_or_a_third_but_at_least_five_minutes(end: str, wait: str) -> None:
    assert due_by(booking("11:00", end), ASKING) == at(wait)


def test_a_deadline_has_whole_seconds() -> None:
    assert due_by(booking("11:00", "11:20"), ASKING) == at("11:06:40")
