"""Scopes are a ladder, and who is bound to rooms reaches no others."""

import itertools
from dataclasses import replace

import pytest

from server.core.access import CLI, HOUSE_ACTS, SCOPES, TOUCH, Actor, Level, may, require
from server.core.errors import Barred
from server.core.model import Attendee, Booking, Details
from tests.make import booking


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


ROOMS = {1: Level.BOOK, 2: Level.SEE, 3: Level.MANAGE}
ALICE = Actor("person:7", "admin", source="console", person=7, role="member", levels=ROOMS)


def test_a_persons_level_bounds_what_a_key_would_open() -> None:
    assert [act for act in SCOPES if may(ALICE, act, 1)] == ["none", "read", "book"]
    assert [act for act in SCOPES if may(ALICE, act, 2)] == ["none", "read"]
    assert [act for act in SCOPES if may(ALICE, act, 3)] == list(SCOPES)


def test_a_room_nobody_spoke_of_is_not_a_persons() -> None:
    assert not may(ALICE, "read", 4)


def test_the_scope_of_a_persons_key_bounds_the_person() -> None:
    reader = replace(ALICE, name="token:9", scope="read")
    assert not may(reader, "book", 3)
    assert may(reader, "read", 3)
    booker = replace(ALICE, name="token:9", scope="book", rooms=frozenset({1}))
    assert may(booker, "book", 1)
    assert not may(booker, "read", 3)


def theirs(rooms: tuple[int, ...] = (1,), **fields: object) -> Booking:
    return booking(rooms=rooms, **fields)


def allowed(actor: Actor, it: Booking) -> set[str]:
    return {act for act in TOUCH if may(actor, act, it)}


def test_a_person_changes_what_is_theirs_and_only_looks_at_what_they_are_asked_to() -> None:
    guest = Details(attendees=(Attendee("participant", 7),))
    assert allowed(ALICE, theirs(owner=7)) == {"look", "change", "attend", "run"}
    assert allowed(ALICE, theirs(owner=8, details=Details(booked_for=7))) == {"look", "change", "attend", "run"}
    assert allowed(ALICE, theirs(owner=8, details=guest)) == {"look", "attend", "run"}
    assert allowed(ALICE, theirs(owner=8, details=replace(guest, joinable=True))) == {"look", "attend"}
    assert allowed(ALICE, theirs(owner=8)) == set()
    assert allowed(ALICE, theirs()) == set()


def test_who_declined_is_not_of_the_booking_any_more() -> None:
    gone = Details(attendees=(Attendee("invitee", 7, answer="declined"),))
    assert allowed(ALICE, theirs(owner=8, details=gone)) == set()


def test_who_manages_every_room_of_a_booking_may_all_of_it_and_of_one_room_is_not_enough() -> None:
    assert allowed(ALICE, theirs((3,), owner=8)) == set(TOUCH)
    assert allowed(ALICE, theirs((3, 1), owner=8)) == set()


def test_nobody_answers_his_own_request_without_managing_the_room() -> None:
    assert not may(ALICE, "approve", theirs(owner=7))


def test_losing_the_right_to_a_room_loses_the_bookings_in_it() -> None:
    assert allowed(ALICE, theirs((4,), owner=7)) == set()
    assert allowed(ALICE, theirs((2,), owner=7)) == {"look"}


def test_a_panel_at_one_part_of_a_combined_booking_attends_to_all_of_it_but_changes_nothing() -> None:
    panel = Actor("device:1", "book", frozenset({1}), "panel")
    assert allowed(panel, theirs((9, 1, 2))) == {"attend", "run"}
    assert allowed(panel, theirs((1,))) == {"look", "change", "attend", "run"}
    assert allowed(panel, theirs((2,))) == set()


def test_a_key_of_the_house_needs_its_scope_in_all_rooms() -> None:
    assert allowed(Actor("token:1", "read"), theirs()) == {"look"}
    assert allowed(Actor("token:1", "book"), theirs()) == {"look", "change", "attend", "run"}
    assert allowed(Actor("token:1", "admin"), theirs()) == set(TOUCH)
    assert allowed(Actor("token:1", "admin", frozenset({2})), theirs()) == set()


@pytest.mark.parametrize("act", HOUSE_ACTS)
def test_acts_on_the_house_follow_the_table(act: str) -> None:
    def person(role: str) -> Actor:
        return Actor("person:7", "admin", person=7, role=role, levels=ROOMS)

    assert {role for role in ("admin", "staff", "member") if may(person(role), act)} == set(HOUSE_ACTS[act])
    assert may(CLI, act)
    assert not may(Actor("token:1", "book"), act)
    assert not may(Actor("token:1", "admin", frozenset({1})), act)
    assert not may(replace(person("admin"), scope="book"), act)


def test_an_act_that_is_not_in_the_table_is_a_fault_not_a_yes() -> None:
    with pytest.raises(KeyError):
        may(CLI, "fly", 1)
    with pytest.raises(KeyError):
        may(CLI, "fly", theirs())


def test_the_rules_see_what_somebody_is_in_each_room() -> None:
    assert [ALICE.role_in(room) for room in (1, 2, 3)] == ["member", "member", "manager"]
    assert replace(ALICE, role="staff").role_in(1) == "staff"
    assert Actor("device:1", "book", frozenset({1})).role_in(1) == "device"
    assert CLI.role_in(1) == ""
