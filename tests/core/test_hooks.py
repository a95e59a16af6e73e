"""Signatures by their published vectors, the ladder, Retry-After, patterns, and bodies that are too long."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.hook_events import BOOKINGS, FAMILIES, KNOWN, types
from server.core.hooks import (
    LADDER,
    LARGEST,
    body_of,
    github_signature,
    next_wait,
    pattern_problem,
    retry_after,
    signature,
    wants,
)

NOW = datetime(2026, 6, 15, 8, tzinfo=UTC)


def test_the_vector_of_standard_webhooks_is_met_with_and_without_the_prefix() -> None:
    for secret in ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"):
        found = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
        assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_vector_of_github_is_met() -> None:
    found = github_signature("It's a Secret to Everybody", b"Hello, World!")
    assert found == "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


@given(st.floats(0, 1, exclude_max=True), st.integers(1, len(LADDER)))
def test_each_step_of_the_ladder_is_met_to_a_tenth(chance: float, tries: int) -> None:
    wait, step = next_wait(tries, chance), LADDER[tries - 1]
    assert wait is not None
    assert step * 0.9 - timedelta(seconds=1) <= wait <= step * 1.1 + timedelta(seconds=1)


def test_after_the_last_step_it_is_given_up() -> None:
    assert next_wait(len(LADDER) + 1, 0.5) is None
    assert sum(LADDER, timedelta()) > timedelta(days=3)


@given(st.text(max_size=60))
def test_no_header_makes_us_wait_less_than_usual_or_more_than_a_day(text: str) -> None:
    asked = retry_after(text, NOW)
    assert asked is None or asked >= timedelta()
    wait = next_wait(1, 0.5, asked)
    assert wait is not None
    assert timedelta(seconds=5) <= wait <= timedelta(days=1)


@pytest.mark.parametrize(
    ("patterns", "type_", "fits"),
    [
        (("*",), "booking.created", True), (("booking.*",), "booking.created", True),
        (("booking.created",), "booking.created", True), (("booking.ended",), "booking.created", False),
        (("series.*", "room.closed"), "booking.created", False), (("series.*", "room.closed"), "room.closed", True),
    ],
)  # fmt: skip
def test_patterns_mean_themselves_a_kind_or_everything(patterns: tuple[str, ...], type_: str, fits: bool) -> None:
    assert wants(patterns, type_) is fits


@pytest.mark.parametrize(
    "patterns",
    [(), ("",), ("booking",), ("book*",), ("*.created",), ("Booking.*",), ("event.*",), ("*",) * 51, ("a b",)],
)
def test_what_is_no_pattern_is_refused(patterns: tuple[str, ...]) -> None:
    assert pattern_problem(patterns, FAMILIES)


def test_a_type_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    why = pattern_problem(("booking.creatd",), FAMILIES, KNOWN)
    assert why is not None
    assert "no booking.creatd messages" in why
    assert "booking.created" in why
    assert pattern_problem(("booking.*", "*"), FAMILIES, KNOWN) is None


def test_every_type_fits_its_own_pattern() -> None:
    for it in types():
        assert pattern_problem((it,), FAMILIES, KNOWN) is None
        assert wants((it,), it)
    assert set(BOOKINGS.values()) <= {it.partition(".")[2] for it in types()}


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3000), lambda each: st.lists(each, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(st.text(max_size=20), values, max_size=40))
def test_a_body_is_never_too_long_and_says_what_it_left_out(data: dict[str, object]) -> None:
    body = body_of("booking.created", NOW, {"uid": "b1", **data})
    assert len(body.encode()) <= LARGEST
    told = json.loads(body)
    assert (told["type"], told["timestamp"]) == ("booking.created", "2026-06-15T08:00:00Z")
    if "leftOut" not in data:
        gone = set(told["data"].get("leftOut", ()))
        assert gone <= {"*"} or gone == {"uid", *data} - set(told["data"])


def test_the_longest_goes_first_and_what_it_is_about_stays() -> None:
    told = json.loads(body_of("booking.created", NOW, {"uid": "b", "title": "t", "description": "d" * 30_000}))
    assert told["data"] == {"uid": "b", "title": "t", "leftOut": ["description"]}
