"""The golden files: requests in order, and the answer to each as it goes out, in both shapes; see golden.py."""

import re

import pytest

from server.dialects.librebooking.app import DIALECTS
from tests.dialects.librebooking.golden import FILES, matched, of_shape, played, steps_of


@pytest.mark.parametrize("shape", ["documented", "wire"])
@pytest.mark.parametrize("name", FILES)
def test_each_request_is_answered_as_it_was(name: str, shape: str, fresh_sqlite: str) -> None:
    known: dict[str, str] = {}
    for step, status, shown in played(steps_of(name), shape, fresh_sqlite, known):
        assert status == of_shape(step["status"], shape), (step["request"], shown)
        assert matched(shown, of_shape(step["answer"], shape), known) == shown, step["request"]


def test_every_route_has_a_good_answer_in_one_of_the_files() -> None:
    asked = {
        step["request"].partition("?")[0].rstrip("/")
        for name in FILES
        for step in steps_of(name)
        if of_shape(step["status"], "wire") < 300
    }
    missing = [
        f"{it.method} {it.path}"
        for it in DIALECTS["wire"].all
        if not any(re.fullmatch(re.sub(r"<[^>]+>", "[^/]+", f"{it.method} {it.path}"), one) for one in asked)
    ]
    assert missing == []
