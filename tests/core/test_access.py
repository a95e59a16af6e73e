"""Scopes are a ladder, and who is bound to rooms reaches no others."""

import itertools

import pytest

from server.core.access import CLI, SCOPES, Actor, may, require
from server.core.errors import Barred


@pytest.mark.parametrize(("has", "needs"), list(itertools.product(SCOPES, SCOPES)))
def test_a_scope_reaches_itself_and_those_below(has: str, needs: str) -> None:
    order = ["none", "read", "book", "admin"]
    assert may(Actor("token:1", has), needs) == (order.index(has) >= order.index(needs))


def test_rooms_bind_whatever_the_scope() -> None:
    bound = Actor("token:1", "admin", frozenset({2}))
    assert may(bound, "read", 2)
    assert not may(bound, "read", 3)
    assert may(bound, "admin")


def test_no_rooms_at_all_is_not_every_room() -> None:
    assert not may(Actor("anyone", "read", frozenset()), "read", 1)


def test_the_command_line_may_everything() -> None:
    assert may(CLI, "admin", 7)


def test_scope_is_said_before_room_and_names_what_would_do() -> None:
    with pytest.raises(Barred) as told:
        require(Actor("token:1", "read", frozenset({2})), "book", 3)
    assert (told.value.why, told.value.need) == ("scope", "book")
    with pytest.raises(Barred) as told:
        require(Actor("token:1", "book", frozenset({2})), "book", 3)
    assert told.value.why == "room"
