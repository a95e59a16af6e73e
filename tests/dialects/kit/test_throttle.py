"""Guessing becomes slow, and forgetting keeps the memory small."""

import pytest

from server.core.errors import Later
from server.dialects.kit import throttle
from server.dialects.kit.throttle import Throttle


def test_so_many_failures_and_no_more_until_the_window_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(throttle, "monotonic", lambda: now[0])
    guesses = Throttle(most=3, seconds=60)
    for _ in range(3):
        guesses.check("a")
        guesses.failed("a")
    with pytest.raises(Later) as found:
        guesses.check("a")
    assert found.value.retry_after == 61
    guesses.check("b")
    now[0] += 60
    guesses.check("a")
    guesses.failed("a")
    guesses.check("a")


def test_old_keys_are_forgotten_first() -> None:
    guesses = Throttle(most=1, seconds=3600)
    guesses.failed("first")
    for number in range(throttle.KEPT):
        guesses.failed(str(number))
    guesses.check("first")
    with pytest.raises(Later):
        guesses.check("0")
