"""However often somebody taps at a door, they have no more of the room than the policy leaves them."""

from datetime import datetime, timedelta

import pytest

from server.core.access import Actor
from server.core.errors import Refused
from server.core.model import Booking
from server.engine.devices import Act
from tests.make import House, at, codes


def tap(house: House, glass: Actor, op: str, minutes: int = 15) -> Booking:
    """A walk-in at the glass now."""
    expires = house.clock.now() + timedelta(minutes=1)
    return house.engine.devices.act(Act(op, "book", "oak", expires, minutes=minutes), glass)


def taken_back(house: House, glass: Actor, op: str) -> None:
    """A walk-in that is undone at once."""
    tap(house, glass, op)
    house.engine.devices.act(
        Act(f"{op}-back", "undo", "oak", house.clock.now() + timedelta(minutes=1), of=op), glass
    )  # fmt: skip


def test_a_thousand_taps_in_a_minute_make_no_more_than_the_policy_lets(sqlite_house: House) -> None:
    house = sqlite_house
    _, _, glass = house.panel()
    made, refused = 0, set[str]()
    for number in range(500):
        house.clock.set(at("10:00") + timedelta(seconds=number * 60 / 500))
        try:
            taken_back(house, glass, f"tap-{number:04}")
            made += 1
        except Refused as no:
            refused.update(codes(no))
    assert (made, refused) == (12, {"too_many_walk_ins"})


def test_neither_another_panel_nor_another_server_makes_them_more(house: House) -> None:
    house.policy(walk_ins_per_hour=3)
    glasses = [house.panel()[2] for _ in range(2)]
    for number in range(3):
        taken_back(house, glasses[number % 2], f"tap-{number:04}")
    for glass in glasses:
        with pytest.raises(Refused) as told:
            tap(house, glass, f"once-more-{glass.name}")
        assert codes(told.value) == ["too_many_walk_ins"]
    house.clock.set("11:01")
    tap(house, glasses[0], "an-hour-later")


def test_after_two_in_a_row_the_room_is_for_others_for_a_while(house: House) -> None:
    _, _, glass = house.panel()
    tap(house, glass, "first-tap")
    house.clock.set("10:16")
    tap(house, glass, "second-tap")
    for moment in ("10:31", "10:35:59"):
        house.clock.set(moment)
        with pytest.raises(Refused) as told:
            tap(house, glass, f"third-at-{moment}")
        assert codes(told.value) == ["too_many_in_row"]
    house.book("10:36", "10:40")  # somebody who says who they are
    house.clock.set("10:40")
    tap(house, glass, "and-then-again")


def test_the_pause_ends_it_too(house: House) -> None:
    _, _, glass = house.panel()
    for number, start in enumerate(("10:00", "10:15")):
        house.clock.set(start)
        tap(house, glass, f"tap-{number:04}")
    house.clock.set("10:35")
    tap(house, glass, "after-the-pause")


def test_who_ends_early_to_begin_anew_is_in_a_row_all_the_same(sqlite_house: House) -> None:
    house = sqlite_house
    _, _, glass = house.panel()

    def again(start: datetime | str, op: str) -> None:
        house.clock.set(start)
        made = tap(house, glass, op, 30)
        house.clock.forward(minutes=20)
        house.engine.presence.end(made.uid, glass)

    again("10:00", "tap-one-of-many")
    again("10:20", "tap-two-of-many")
    with pytest.raises(Refused) as told:
        tap(house, glass, "tap-three-of-many")
    assert codes(told.value) == ["too_many_in_row"]


def test_a_tap_that_was_taken_back_is_not_in_the_row(sqlite_house: House) -> None:
    house = sqlite_house
    _, _, glass = house.panel()
    for number in range(4):
        taken_back(house, glass, f"tap-{number:04}")
    tap(house, glass, "meant-this-time")
    house.clock.set("10:15")
    tap(house, glass, "and-once-more")


def test_without_a_pause_there_are_no_rows_and_the_rules_can_be_off(sqlite_house: House) -> None:
    house = sqlite_house
    _, _, glass = house.panel()
    house.policy(walk_in_pause_minutes=0, walk_ins_per_hour=5)
    for number in range(5):
        tap(house, glass, f"tap-{number:04}", 5)
        house.clock.forward(minutes=5)
    house.policy(off=("too_many_walk_ins",))
    tap(house, glass, "tap-as-often-as-wanted")


def test_who_says_who_they_are_is_not_bound_by_it(sqlite_house: House) -> None:
    house = sqlite_house
    house.policy(walk_ins_per_hour=1, walk_ins_in_row=1)
    for start, end in (("10:00", "10:15"), ("10:15", "10:30"), ("10:30", "10:45")):
        house.book(start, end)
