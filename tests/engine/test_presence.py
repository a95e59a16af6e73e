"""People come, stay longer, leave, and take it back: what each does to the booking, and what stands in the way."""

from datetime import timedelta

import pytest

from server.core.access import CLI
from server.core.errors import Invalid, Refused, Stale
from server.core.policy import Opening
from tests.make import House, at, codes

SECOND = timedelta(seconds=1)


def said(error: pytest.ExceptionInfo[Refused]) -> list[str]:
    return codes(error.value)


# check-in


def test_checking_in_says_since_when_people_are_there(house: House) -> None:
    made = house.book("10:00", "11:00")
    house.clock.set("10:03")
    found = house.engine.presence.check_in(made.uid, house.bob)
    assert (found.checked_in_at, found.starts, found.version) == (at("10:03"), at("10:00"), 2)


def test_checking_in_again_is_fine_and_changes_nothing(house: House) -> None:
    made = house.book("10:00", "11:00")
    first = house.engine.presence.check_in(made.uid, house.alice)
    house.clock.forward(minutes=5)
    before = house.engine.news()
    assert house.engine.presence.check_in(made.uid, house.bob) == first
    assert house.engine.news() == before


def test_before_the_start_check_in_opens_when_the_policy_says(house: House) -> None:
    made = house.book("11:00", "12:00")
    house.clock.set(at("10:45") - SECOND)
    with pytest.raises(Refused) as told:
        house.engine.presence.check_in(made.uid, house.alice)
    assert said(told) == ["not_yet"]
    assert dict(told.value.objections[0].numbers) == {"minutes": 1}
    house.clock.set("10:45")
    assert house.engine.presence.check_in(made.uid, house.alice).checked_in_at == at("10:45")


def test_how_long_it_is_until_then_is_told_in_minutes_rounded_up(house: House) -> None:
    made = house.book("11:00", "12:00")
    house.clock.set("10:30:30")
    with pytest.raises(Refused) as told:
        house.engine.presence.check_in(made.uid, house.alice)
    assert dict(told.value.objections[0].numbers) == {"minutes": 15}


def test_nobody_checks_in_to_what_is_over(house: House) -> None:
    made = house.book("10:00", "11:00")
    house.clock.set("11:00")
    with pytest.raises(Refused) as told:
        house.engine.presence.check_in(made.uid, house.alice)
    assert said(told) == ["over"]


def test_nobody_checks_in_to_what_is_not_approved(house: House) -> None:
    house.engine.rooms.change("oak", CLI, auto_accept=False)
    made = house.book("10:00", "11:00")
    with pytest.raises(Refused) as told:
        house.engine.presence.check_in(made.uid, house.alice)
    assert said(told) == ["not_approved"]


def test_starting_now_moves_the_start_where_the_room_is_free(house: House) -> None:
    made = house.book("11:00", "12:00")
    house.clock.set("10:50")
    found = house.engine.presence.check_in(made.uid, house.alice, start_now=True)
    assert (found.starts, found.ends, found.checked_in_at) == (at("10:50"), at("12:00"), at("10:50"))


def test_starting_now_never_ends_those_who_are_still_inside(house: House) -> None:
    house.book("10:00", "11:00")
    made = house.book("11:00", "12:00")
    house.clock.set("10:50")
    with pytest.raises(Refused) as told:
        house.engine.presence.check_in(made.uid, house.alice, start_now=True)
    assert said(told) == ["clash"]
    assert house.engine.presence.check_in(made.uid, house.alice).starts == at("11:00")


def test_starting_now_after_the_start_is_only_a_check_in(house: House) -> None:
    made = house.book("10:00", "11:00")
    house.clock.set("10:05")
    assert house.engine.presence.check_in(made.uid, house.alice, start_now=True).starts == at("10:00")


# extending


def test_a_meeting_is_extended_and_its_planned_end_remembered(house: House) -> None:
    made = house.book("10:00", "11:00")
    longer = house.engine.presence.extend(made.uid, house.bob, minutes=15)
    assert (longer.ends, longer.planned_end) == (at("11:15"), at("11:00"))
    longest = house.engine.presence.extend(made.uid, house.bob, until=at("11:30"))
    assert (longest.ends, longest.planned_end) == (at("11:30"), at("11:00"))


def test_what_was_approved_is_extended_a_little_but_not_at_will(house: House) -> None:
    house.engine.rooms.change("oak", CLI, auto_accept=False)
    made = house.engine.bookings.approve(house.book("10:00", "11:00").uid, CLI)
    assert house.engine.presence.extend(made.uid, house.alice, minutes=20).ends == at("11:20")
    with pytest.raises(Refused) as told:
        house.engine.presence.extend(made.uid, house.alice, minutes=11)
    assert said(told) == ["needs_approval"]
    assert house.engine.presence.extend(made.uid, house.alice, minutes=10).ends == at("11:30")
    assert house.engine.presence.extend(made.uid, CLI, minutes=60).ends == at("12:30")


def test_it_is_not_extended_into_the_next(house: House) -> None:
    made = house.book("10:00", "11:00")
    house.book("11:10", "12:00")
    with pytest.raises(Refused) as told:
        house.engine.presence.extend(made.uid, house.alice, minutes=11)
    assert said(told) == ["clash"]
    assert house.engine.presence.extend(made.uid, house.alice, minutes=10).ends == at("11:10")


def test_nor_past_the_opening_hours_the_greatest_length_or_the_gap(house: House) -> None:
    made = house.book("10:00", "11:00")
    house.book("12:00", "13:00")
    house.policy(opening=(Opening(frozenset({0}), 8 * 60, 11 * 60 + 30),), max_minutes=80, gap_minutes=20)
    with pytest.raises(Refused) as told:
        house.engine.presence.extend(made.uid, house.alice, minutes=45)
    assert said(told) == ["too_long", "outside_hours", "too_close"]


def test_nor_when_it_is_over(house: House) -> None:
    made = house.book("10:00", "11:00")
    house.clock.set("11:00")
    with pytest.raises(Refused) as told:
        house.engine.presence.extend(made.uid, house.alice, minutes=15)
    assert said(told) == ["over"]


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"minutes": 15, "until": at("12:00")},
        {"minutes": 0},
        {"minutes": -15},
        {"minutes": 10**9},
        {"until": at("11:00")},
        {"until": at("10:30")},
    ],
)
def test_an_extension_is_either_minutes_or_a_later_end(house: House, how: dict[str, int]) -> None:
    made = house.book("10:00", "11:00")
    with pytest.raises(Invalid):
        house.engine.presence.extend(made.uid, house.alice, **how)  # type: ignore[arg-type]
    assert house.engine.bookings.get(made.uid, house.alice) == made


def test_a_minute_is_an_extension(house: House) -> None:
    made = house.book("10:00", "11:00")
    assert house.engine.presence.extend(made.uid, house.alice, minutes=1).ends == at("11:01")


def test_an_extension_to_half_a_second_is_cut_to_the_second(house: House) -> None:
    made = house.book("10:00", "11:00")
    until = at("11:30") + timedelta(milliseconds=700)
    assert house.engine.presence.extend(made.uid, house.alice, until=until).ends == at("11:30")


# ending


def test_ending_gives_the_rest_back(house: House) -> None:
    made = house.book("10:00", "12:00")
    house.clock.set("10:40")
    ended = house.engine.presence.end(made.uid, house.bob)
    assert (ended.ends, ended.planned_end, ended.ended_at) == (at("10:40"), at("12:00"), at("10:40"))
    house.book("10:40", "12:00")


def test_ended_in_its_first_second_it_still_has_one(house: House) -> None:
    made = house.book("10:00", "12:00")
    assert house.engine.presence.end(made.uid, house.alice).ends == at("10:00") + SECOND
    assert house.overlaps() == []


def test_what_has_not_begun_is_not_ended(house: House) -> None:
    made = house.book("10:01", "12:00")
    with pytest.raises(Refused) as told:
        house.engine.presence.end(made.uid, house.alice)
    assert said(told) == ["not_started"]


def test_what_is_over_is_not_ended_again(house: House) -> None:
    made = house.book("10:00", "12:00")
    house.clock.set("10:40")
    house.engine.presence.end(made.uid, house.alice)
    with pytest.raises(Refused) as told:
        house.engine.presence.end(made.uid, house.alice)
    assert said(told) == ["over"]


def test_the_planned_end_is_the_first_one_whatever_came_after(house: House) -> None:
    made = house.book("10:00", "11:00")
    house.engine.presence.extend(made.uid, house.alice, minutes=30)
    house.clock.set("10:40")
    assert house.engine.presence.end(made.uid, house.alice).planned_end == at("11:00")


def test_checking_out_is_ending_for_those_who_were_here(house: House) -> None:
    made = house.book("10:00", "12:00")
    with pytest.raises(Refused) as told:
        house.engine.presence.check_out(made.uid, house.alice)
    assert said(told) == ["not_checked_in"]
    house.engine.presence.check_in(made.uid, house.alice)
    house.clock.set("10:40")
    left = house.engine.presence.check_out(made.uid, house.alice)
    assert (left.ends, left.planned_end) == (at("10:40"), at("12:00"))
    assert house.changes() == ["booked", "checked_in", "checked_out"]


def test_an_old_view_is_stale(house: House) -> None:
    made = house.book("10:00", "11:00")
    house.engine.presence.check_in(made.uid, house.alice)
    presence = house.engine.presence
    for act in (
        lambda: presence.extend(made.uid, house.alice, minutes=5, version=1),
        lambda: presence.end(made.uid, house.alice, version=1),
        lambda: presence.check_out(made.uid, house.alice, version=1),
        lambda: presence.check_in(made.uid, house.alice, version=7),
    ):
        with pytest.raises(Stale) as told:
            act()
        assert told.value.current == 2


def test_a_door_has_its_own_hour_to_open_check_in_where_the_house_says_none(house: House) -> None:
    house.policy(check_in=True)
    it = house.book("10:10", "11:00")
    for opens, minutes in ((at("10:05"), 5), (at("09:40"), 30)):
        assert house.engine.presence.opens(it, house.engine.rooms.get("oak", house.alice), early=minutes) == opens
    with pytest.raises(Refused) as no:
        house.engine.presence.check_in(it.uid, house.alice, early=5)
    assert (codes(no.value), no.value.objections[0].numbers["minutes"]) == (["not_yet"], 5)
    house.engine.policies.set("house", {"early_minutes": 15}, CLI)
    assert house.engine.presence.check_in(it.uid, house.alice, early=5).checked_in_at == at("10:00")
