"""No two active holds of a room share an instant, whoever writes them: the database itself refuses.

Everything here is typed by hand, past all of Lintel's code, on both databases.
"""

from typing import Any

import apsw
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.conftest import Typed

REFUSED = (apsw.ConstraintError, psycopg.errors.ExclusionViolation)
OTHER_LAW = (apsw.ConstraintError, psycopg.IntegrityError)
PLACE = "name, zone, email, capacity, room_number, room_type, facilities, description, contact, site, building, floor, \
street, postal_code, city, active, auto_accept, policy, version"
THING = "rooms, standing, title, organizer, organizer_email, description, source, made_by, made_at, changed_at, version"


def room(typed: Typed, number: int) -> None:
    empty = ", ".join(["''"] * 11)
    typed(
        f"INSERT INTO room (id, slug, {PLACE}) "
        f"VALUES ({number}, 'r{number}', 'R', 'UTC', '', 0, {empty}, 1, 1, '{{}}', 1)"
    )


def occurrence(typed: Typed, number: int) -> None:
    typed(
        f"INSERT INTO occurrence (id, uid, starts, ends, {THING}) "
        f"VALUES ({number}, 'u{number}', 1, 2, '1', 'accepted', '', '', '', '', '', '', 0, 0, 1)"
    )


def hold(typed: Typed, start: int, end: int, *, place: int = 1, active: int = 1, of: int = 1, lane: int = 0) -> None:
    typed(
        "INSERT INTO hold (occurrence_id, room_id, lane, held_from, held_to, active) "
        f"VALUES ({of}, {place}, {lane}, {start}, {end}, {active})"
    )


@pytest.fixture
def prompt(typed: Typed) -> Typed:
    """Two rooms, and a hold of the first from 100 to 200."""
    for number in (1, 2):
        room(typed, number)
        occurrence(typed, number)
    hold(typed, 100, 200)
    return typed


def held(prompt: Typed) -> list[tuple[Any, ...]]:
    return prompt("SELECT room_id, held_from, held_to FROM hold WHERE active = 1 ORDER BY room_id, held_from")


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (100, 200),
        (120, 180),
        (50, 250),
        (50, 101),
        (199, 250),
        (100, 101),
        (199, 200),
        (0, 10_000),
        (100, 250),
        (50, 200),
    ],
)
def test_an_overlapping_hold_is_refused(prompt: Typed, start: int, end: int) -> None:
    with pytest.raises(REFUSED):
        hold(prompt, start, end, of=2)
    assert held(prompt) == [(1, 100, 200)]


@pytest.mark.parametrize(("start", "end"), [(50, 100), (200, 250), (0, 1)])
def test_a_hold_that_only_touches_is_taken(prompt: Typed, start: int, end: int) -> None:
    hold(prompt, start, end)
    assert len(held(prompt)) == 2


def test_other_rooms_other_lanes_and_idle_holds_do_not_clash(prompt: Typed) -> None:
    hold(prompt, 100, 200, place=2)
    hold(prompt, 100, 200, lane=1)
    hold(prompt, 100, 200, active=0)
    assert prompt("SELECT count(*) FROM hold") == [(4,)]


@pytest.mark.parametrize(
    "change",
    [
        "held_from = 150",
        "held_from = 150, held_to = 160",
        "held_from = 99",
        "room_id = 1, held_from = 120, held_to = 130",
        "held_from = 0, held_to = 1000",
    ],
)
def test_a_hold_cannot_be_moved_onto_another(prompt: Typed, change: str) -> None:
    hold(prompt, 300, 400, of=2)
    before = held(prompt)
    with pytest.raises(REFUSED):
        prompt(f"UPDATE hold SET {change} WHERE occurrence_id = 2")
    assert held(prompt) == before


def test_a_hold_cannot_be_moved_to_a_room_where_it_clashes(prompt: Typed) -> None:
    hold(prompt, 150, 160, place=2, of=2)
    with pytest.raises(REFUSED):
        prompt("UPDATE hold SET room_id = 1 WHERE occurrence_id = 2")


def test_an_idle_hold_cannot_be_woken_over_another(prompt: Typed) -> None:
    hold(prompt, 150, 160, active=0, of=2)
    with pytest.raises(REFUSED):
        prompt("UPDATE hold SET active = 1 WHERE occurrence_id = 2")


def test_a_hold_may_be_moved_over_its_own_time(prompt: Typed) -> None:
    prompt("UPDATE hold SET held_from = 150, held_to = 250")
    assert held(prompt) == [(1, 150, 250)]


def test_a_row_of_many_that_clashes_refuses_them_all(prompt: Typed) -> None:
    with pytest.raises(REFUSED):
        prompt(
            "INSERT INTO hold (occurrence_id, room_id, held_from, held_to) "
            "VALUES (2, 1, 300, 400), (2, 1, 400, 500), (2, 1, 450, 460)"
        )
    assert held(prompt) == [(1, 100, 200)]


def test_a_closure_is_a_hold_like_any_other(prompt: Typed) -> None:
    prompt("INSERT INTO closure (id, room_id, starts, ends, reason) VALUES (1, 1, 150, 250, 'x')")
    with pytest.raises(REFUSED):
        prompt("INSERT INTO hold (closure_id, room_id, held_from, held_to) VALUES (1, 1, 150, 250)")


@pytest.mark.parametrize(
    "values",
    [
        "1, NULL, 1, 300, 300, 1",  # without length
        "1, NULL, 1, 400, 300, 1",  # backwards
        "1, NULL, 1, 300, 400, 2",  # neither active nor idle
        "NULL, NULL, 1, 300, 400, 1",  # of nothing
        "9, NULL, 1, 300, 400, 1",  # of an unknown booking
        "1, NULL, 9, 300, 400, 1",  # of an unknown room
    ],
)
def test_a_hold_that_makes_no_sense_is_refused(prompt: Typed, values: str) -> None:
    with pytest.raises(OTHER_LAW):
        prompt(f"INSERT INTO hold (occurrence_id, closure_id, room_id, held_from, held_to, active) VALUES ({values})")


def test_a_booking_that_ends_before_it_starts_is_refused(prompt: Typed) -> None:
    with pytest.raises(OTHER_LAW):
        prompt("UPDATE occurrence SET ends = starts")


def test_a_room_that_is_held_cannot_be_removed(prompt: Typed) -> None:
    with pytest.raises(OTHER_LAW):
        prompt("DELETE FROM room WHERE id = 1")


moves = st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, 2), st.integers(0, 40), st.integers(1, 12), st.booleans()), max_size=25
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves)
def test_the_database_refuses_what_overlaps_and_nothing_else(prompt: Typed, steps: list[tuple[int, ...]]) -> None:
    prompt("DELETE FROM hold")
    model: dict[int, tuple[int, int, int, bool]] = {}
    for number, (target, place, start, length, active) in enumerate(steps, 1):
        wish = (place, start, start + length, active)
        known = list(model)[target % len(model)] if model and target else None
        clash = active and any(
            row[0] == place and row[3] and row[1] < wish[2] and wish[1] < row[2]
            for key, row in model.items()
            if key != known
        )
        values = f"room_id = {place}, held_from = {start}, held_to = {start + length}, active = {int(active)}"
        statement = (
            f"UPDATE hold SET {values} WHERE id = {known}"
            if known
            else "INSERT INTO hold (id, occurrence_id, room_id, held_from, held_to, active) "
            f"VALUES ({number}, 1, {place}, {start}, {start + length}, {int(active)})"
        )
        if clash:
            with pytest.raises(REFUSED):
                prompt(statement)
        else:
            prompt(statement)
            model[known or number] = wish
    assert len(held(prompt)) == sum(row[3] for row in model.values())
