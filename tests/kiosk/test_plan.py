"""Reading the protocol strictly, and taking news without ever going backwards."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk import wire
from kiosk.plan import News, Snapshot, Span, coming, merged, with_answer

from .makers import at, awaited, booking, plan


def news(seq: int, *bookings: Any, gone: tuple[str, ...] = (), incarnation: str = "life-1") -> News:
    return News(incarnation, seq, tuple(bookings), gone, False)


A = booking("11:00", "12:00", id="a")
B = booking("13:00", "14:00", id="b")


def ids(it: Snapshot) -> list[tuple[str, int]]:
    return [(one.id, one.version) for one in it.bookings]


def test_news_add_change_and_remove_bookings_and_move_the_cursor() -> None:
    it = merged(plan(A), news(101, B, replace(A, version=2, end=at("11:30"))))
    assert (ids(it), it.seq) == ([("a", 2), ("b", 1)], 101)
    assert ids(merged(it, news(102, gone=("a",)))) == [("b", 1)]


def test_bookings_stay_in_order_of_their_start() -> None:
    it = merged(plan(A, B), news(101, replace(B, version=2, start=at("09:00"), end=at("10:00"))))
    assert [one.id for one in it.bookings] == ["b", "a"]


def test_older_news_and_news_of_another_life_change_nothing() -> None:
    it = plan(A)
    assert merged(it, news(99, B)) is it
    assert merged(it, news(200, B, incarnation="life-2")) is it


def test_no_news_is_the_same_plan() -> None:
    it = plan(A)
    assert merged(it, news(100)) is it


def test_an_older_version_of_a_booking_never_replaces_a_newer_one() -> None:
    it = plan(replace(A, version=3))
    assert ids(merged(it, news(101, replace(A, version=2)))) == [("a", 3)]


def test_a_booking_that_is_gone_may_come_back_by_the_feed() -> None:
    it = merged(plan(A), news(101, gone=("a",)))
    assert ids(merged(it, news(102, replace(A, version=2)))) == [("a", 2)]


def test_an_answer_to_an_act_shows_at_once_and_leaves_the_cursor_where_it_was() -> None:
    it = with_answer(plan(A), B, gone=False, seq=105)
    assert (ids(it), it.seq) == ([("a", 1), ("b", 1)], 100)
    assert ids(with_answer(it, B, gone=True, seq=106)) == [("a", 1)]


def test_a_late_answer_never_undoes_what_the_feed_said_since() -> None:
    cancelled = merged(plan(A, B), news(110, gone=("b",)))
    assert with_answer(cancelled, B, gone=False, seq=105) is cancelled
    moved_on = plan(A, seq=110)  # a newer snapshot in which it is not
    assert with_answer(moved_on, B, gone=False, seq=105) is moved_on
    changed = plan(replace(A, version=4))
    assert with_answer(changed, replace(A, version=2), gone=False, seq=105) is changed


def test_an_answer_of_the_servers_next_life_is_newer_than_the_plan_whatever_its_numbers() -> None:
    it = with_answer(plan(replace(A, version=7)), replace(A, version=2), gone=False, seq=3, incarnation="next")
    assert (ids(it), it.incarnation, it.seq) == ([("a", 2)], plan().incarnation, 100)
    assert ids(with_answer(it, A, gone=True, seq=4, incarnation="next")) == []
    assert with_answer(it, A, gone=True, seq=4, incarnation=it.incarnation) is it


@given(st.permutations([(101, (A,), ()), (102, (B,), ()), (103, (), ("a",)), (104, (replace(B, version=2),), ())]))
def test_news_in_any_order_never_lower_the_cursor(order: list[Any]) -> None:
    it, highest = plan(), 100
    for seq, bookings, gone in order:
        it = merged(it, news(seq, *bookings, gone=gone))
        highest = max(highest, seq)
        assert it.seq == highest


def test_coming_leaves_out_what_has_begun_and_what_has_no_length() -> None:
    it = plan(A, B, booking("12:30", "12:30"))
    assert coming(it, at("11:00")) == [B]
    assert coming(it, at("10:59:59")) == [A, B]


FULL = plan(
    A,
    awaited("15:00", "16:00", here=True, checked_in_at=at("15:01"), title="Größe 最"),
    open=(Span(at("08:00"), at("18:00")),),
    closures=(Span(at("12:00"), at("12:15"), "cleaning"),),
    max_minutes=90,
)


def test_a_plan_is_written_and_read_back_equal() -> None:
    assert wire.snapshot_from(wire.snapshot_json(FULL)) == FULL
    assert wire.snapshot_from(wire.snapshot_json(plan())) == plan()


def test_unknown_fields_and_words_are_no_reason_to_fail_and_never_make_a_room_free() -> None:
    data = wire.snapshot_json(plan(A)) | {"weather": "fine"}
    data["bookings"][0] |= {"check_in": "by-dance", "state": "blessed", "mood": 1}
    (read,) = wire.snapshot_from(data).bookings
    assert (read.check_in, read.awaited) == ("none", False)


def paths(data: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    for key, value in data.items() if isinstance(data, dict) else enumerate(data):
        found.append((*before, key))
        if isinstance(value, dict | list):
            found += paths(value, (*before, key))
    return found


@pytest.mark.parametrize("wrong", [None, "x", -1, 1.5, True, [], {}, "2026-11-20T09:41:00", "9999-99-99T00:00:00Z"])
def test_a_wrong_type_anywhere_is_malformed_or_harmless_but_never_a_crash(wrong: Any) -> None:
    for path in paths(wire.snapshot_json(FULL)):
        data = wire.snapshot_json(FULL)
        inner = data
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = wrong
        try:
            read = wire.snapshot_from(data)
        except wire.Malformed:
            continue
        assert len(read.bookings) == len(FULL.bookings) or path == ("bookings",)


def test_a_booking_that_cannot_be_read_spoils_the_answer_instead_of_vanishing() -> None:
    data = wire.snapshot_json(plan(A, B))
    del data["bookings"][1]["end"]
    with pytest.raises(wire.Malformed):
        wire.snapshot_from(data)


def test_what_is_wrong_is_said_without_quoting_people() -> None:
    data = wire.snapshot_json(plan(A))
    data["bookings"][0]["start"] = "Mallory"
    with pytest.raises(wire.Malformed) as caught:
        wire.snapshot_from(data)
    assert "Mallory" not in str(caught.value)
