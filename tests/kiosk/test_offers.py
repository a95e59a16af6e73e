"""What is offered at the glass, with which end, and why a button is off."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk import agenda
from kiosk.instants import iso, parse
from kiosk.offers import free_from, offers, walk_in_start
from kiosk.plan import Asked, Snapshot, Span

from .makers import DAY_START, PLAN_END, at, awaited, booking, office_hours, plan
from .test_agenda import plans


def offered(plan_: Snapshot, now: int, *, off: str | None = None) -> list[dict[str, Any]]:
    return offers(plan_, agenda.timeline(plan_), now, off=off)


def books(plan_: Snapshot, now: int) -> list[tuple[int, str, bool, str | None]]:
    """(minutes, end in Berlin, until the next thing, why off) of each walk-in button."""
    found = [one for one in offered(plan_, now) if one["act"] == "book"]
    return [(one["minutes"], clock(one["end"]), one.get("until_next", False), one["why"]) for one in found]


def clock(instant: str) -> str:
    return iso(parse(instant) + 3600)[11:16]


def acts(plan_: Snapshot, now: int) -> list[str]:
    return [one["act"] for one in offered(plan_, now)]


def only(plan_: Snapshot, now: int, act: str, *, off: str | None = None) -> dict[str, Any]:
    (found,) = [one for one in offered(plan_, now, off=off) if one["act"] == act]
    return found


THREE = [(15, "10:57", False, None), (30, "11:12", False, None), (60, "11:42", False, None)]


def test_a_free_room_offers_three_lengths_with_the_end_of_the_minute_that_runs() -> None:
    assert books(plan(), at("10:42")) == books(plan(), at("10:42:59")) == THREE
    assert books(plan(), at("10:43"))[0] == (15, "10:58", False, None)


def test_lengths_that_do_not_fit_are_hidden_and_the_time_that_is_left_is_offered() -> None:
    it = plan(booking("11:30", "12:00"))
    assert books(it, at("10:42")) == [*THREE[:2], (48, "11:30", True, None)]
    assert books(it, at("11:20")) == [(10, "11:30", True, None)]


def test_a_length_that_fits_exactly_is_not_offered_twice() -> None:
    assert books(plan(booking("11:12", "12:00")), at("10:42")) == THREE[:2]


def test_a_gap_beyond_the_longest_length_adds_nothing() -> None:
    assert books(plan(booking("12:30", "13:00")), at("10:42")) == THREE


def test_less_than_five_minutes_are_shown_but_too_short() -> None:
    it = plan(booking("11:00", "12:00"))
    assert books(it, at("10:55")) == [(5, "11:00", True, None)]
    assert books(it, at("10:56")) == [(4, "11:00", True, "short")]
    assert books(it, at("10:59:59")) == [(1, "11:00", True, "short")]


def test_closing_time_and_closures_end_a_walk_in() -> None:
    assert books(plan(open=office_hours()), at("17:20")) == [
        (15, "17:35", False, None),
        (30, "17:50", False, None),
        (40, "18:00", True, None),
    ]
    shut = plan(closures=(Span(at("11:00"), at("11:15"), "cleaning"),))
    assert books(shut, at("10:42")) == [(15, "10:57", False, None), (18, "11:00", True, None)]


def test_a_walk_in_may_cross_midnight() -> None:
    assert books(plan(), at("23:30"))[2] == (60, "00:30", False, None)


def test_a_walk_in_never_reaches_beyond_the_plan() -> None:
    assert books(plan(), PLAN_END - 20 * 60)[-1][:3] == (20, clock(iso(PLAN_END)), True)


def test_the_gap_before_the_next_meeting_is_kept() -> None:
    it = plan(booking("11:30", "12:00"), gap_minutes=10)
    assert books(it, at("10:42")) == [*THREE[:2], (38, "11:20", True, None)]
    assert books(it, at("11:18")) == [(2, "11:20", True, "short")]
    assert books(it, at("11:22")) == []


def test_the_gap_after_the_last_meeting_turns_the_buttons_off_and_says_so() -> None:
    it = plan(booking("09:00", "10:30"), gap_minutes=15)
    assert {why for *_, why in books(it, at("10:44:59"))} == {"gap"}
    assert {why for *_, why in books(it, at("10:45"))} == {None}


def test_a_meeting_behind_a_closure_still_keeps_its_gap() -> None:
    it = plan(booking("12:05", "13:00"), closures=(Span(at("12:00"), at("12:30"), "x"),), gap_minutes=20)
    assert books(it, at("11:30"))[-1] == (15, "11:45", False, None)


def test_the_longest_and_shortest_allowed_length_cut_the_buttons() -> None:
    assert [m for m, *_ in books(plan(max_minutes=30), at("10:42"))] == [15, 30]
    assert [m for m, *_ in books(plan(min_minutes=30), at("10:42"))] == [30, 60]
    assert [m for m, *_ in books(plan(max_minutes=10), at("10:42"))] == [10]
    assert [m for m, *_ in books(plan(min_minutes=90), at("10:42"))] == [90]
    assert books(plan(booking("10:52", "12:00"), min_minutes=15), at("10:42")) == [(10, "10:52", True, "short")]


def test_a_room_given_back_within_the_minute_still_offers_the_shortest_length_whole() -> None:
    """The server would refuse 14:40 as too short; the walk-in begins when the meeting before ended."""
    it = plan(booking("10:00", at("10:42:20")), min_minutes=15)
    assert books(it, at("10:42:40"))[:2] == [(15, "10:58", False, None), (30, "11:12", False, None)]
    assert books(it, at("10:43"))[0] == (15, "10:58", False, None)
    tight = plan(booking("10:00", at("10:42:20")), booking("10:57", "11:00"), min_minutes=15)
    assert books(tight, at("10:42:40")) == [(15, "10:57", True, "short")]


def test_where_walk_ins_are_forbidden_the_buttons_say_it_is_policy() -> None:
    assert {why for *_, why in books(plan(walk_in=False), at("10:42"))} == {"policy"}


def test_nothing_is_offered_when_closed_or_unknown() -> None:
    assert offered(plan(open=()), at("10:42")) == offered(plan(), PLAN_END) == []


def test_a_walk_in_begins_with_the_minute_but_never_inside_the_meeting_before() -> None:
    it = plan(booking("10:00", at("10:42:20")))
    assert walk_in_start(it, agenda.timeline(it), at("10:42:40")) == at("10:42:20")
    assert walk_in_start(it, agenda.timeline(it), at("10:43:40")) == at("10:43")


def test_a_reserved_room_offers_check_in_for_its_own_meeting() -> None:
    it = plan(awaited("11:00", "12:00", id="m", version=3))
    assert offered(it, at("11:02")) == [
        {
            "act": "check_in",
            "booking": "m",
            "version": 3,
            "start": iso(at("11:00")),
            "early": False,
            "start_now": False,
            "enabled": True,
            "why": None,
        }
    ]


def test_the_next_meetings_people_may_check_in_from_15_minutes_before_and_start_at_once() -> None:
    it = plan(awaited("11:00", "12:00"))
    assert "check_in" not in acts(it, at("10:44:59"))
    early = only(it, at("10:45"), "check_in")
    assert (early["early"], early["start_now"]) == (True, True)
    assert acts(it, at("10:45"))[-1] == "check_in"


def test_with_somebody_inside_an_early_check_in_never_starts_now() -> None:
    it = plan(booking("10:00", "11:00"), awaited("11:00", "12:00", id="next"))
    early = only(it, at("10:50"), "check_in")
    assert (early["booking"], early["early"], early["start_now"]) == ("next", True, False)


def test_an_early_check_in_does_not_start_through_a_closure_or_another_meeting() -> None:
    for between in ({"closures": (Span(at("10:55"), at("11:00"), "x"),)}, {"gap_minutes": 60}):
        it = plan(booking("09:00", "10:00"), awaited("11:00", "12:00"), **between)
        assert only(it, at("10:50"), "check_in")["start_now"] is False
    it = plan(booking("10:55", "11:00"), awaited("11:00", "12:00"))
    assert only(it, at("10:50"), "check_in")["start_now"] is False


def test_without_a_window_of_its_own_check_in_opens_by_policy() -> None:
    it = plan(awaited("11:00", "12:00", check_in_from=None), early_minutes=5)
    assert "check_in" not in acts(it, at("10:54:59"))
    assert "check_in" in acts(it, at("10:55"))


def test_who_has_checked_in_is_not_asked_again() -> None:
    assert "check_in" not in acts(plan(awaited("11:00", "12:00", check_in="done")), at("10:50"))


def extends(plan_: Snapshot, now: int) -> list[tuple[int, str, bool]]:
    found = [one for one in offered(plan_, now) if one["act"] == "extend"]
    return [(one["minutes"], clock(one["end"]), one.get("until_next", False)) for one in found]


def test_a_meeting_can_be_extended_by_15_or_30_minutes_if_nothing_follows() -> None:
    assert extends(plan(booking("10:00", "11:00")), at("10:42")) == [(15, "11:15", False), (30, "11:30", False)]


def test_an_extension_stops_before_what_follows() -> None:
    both = [booking("10:00", "11:00"), booking("11:20", "12:00")]
    assert extends(plan(*both), at("10:42")) == [(15, "11:15", False), (20, "11:20", True)]
    assert extends(plan(*both, gap_minutes=10), at("10:42")) == [(10, "11:10", True)]
    assert extends(plan(booking("10:00", "11:00"), booking("11:00", "12:00")), at("10:42")) == []
    assert extends(plan(booking("17:00", "18:00"), open=office_hours()), at("17:30")) == []


def test_what_its_people_ended_is_not_made_longer() -> None:
    assert extends(plan(booking("10:00", "10:43", here=True, ended=True)), at("10:42")) == []


def test_an_extension_keeps_to_policy() -> None:
    assert extends(plan(booking("10:00", "11:00"), extend=False), at("10:42")) == []
    assert extends(plan(booking("10:00", "11:00"), extend_minutes=10), at("10:42")) == [(10, "11:10", False)]
    assert extends(plan(booking("10:00", "11:00"), max_minutes=75), at("10:42")) == [(15, "11:15", False)]
    for state in ("pending", "at_risk"):
        assert extends(plan(booking("10:00", "11:00", state=state)), at("10:42")) == []


def test_anyone_may_end_a_walk_in_made_here_and_nobody_somebody_elses_meeting() -> None:
    assert only(plan(booking("10:00", "11:00", here=True)), at("10:42"), "end")["enabled"] is True
    other = only(plan(booking("10:00", "11:00")), at("10:42"), "end")
    assert (other["enabled"], other["why"]) == (False, "identity")


@pytest.mark.parametrize("off", ["offline", "clock", "pending"])
def test_what_turns_everything_off_leaves_every_button_there_with_its_reason(off: str) -> None:
    for it in (plan(), plan(booking("10:00", "11:00", here=True), nobody_here=True)):
        on, turned = offered(it, at("10:42")), offered(it, at("10:42"), off=off)
        assert [one["act"] for one in turned] == [one["act"] for one in on] != []
        assert {(one["enabled"], one["why"]) for one in turned} == {(False, off)}


@pytest.mark.parametrize("off", ["offline", "clock"])
def test_that_people_are_here_can_be_said_without_the_server_but_no_time_be_taken(off: str) -> None:
    late = only(plan(awaited("10:40", "11:00")), at("10:42"), "check_in", off=off)
    early = only(plan(awaited("10:50", "11:20")), at("10:42"), "check_in", off=off)
    assert (late["enabled"], early["enabled"], early["start_now"]) == (True, True, False)
    asked = booking("10:00", "11:00", ask=Asked(at("10:45"), True))
    assert only(plan(asked), at("10:42"), "here", off=off)["enabled"] is True
    pending = only(plan(awaited("10:40", "11:00")), at("10:42"), "check_in", off="pending")
    assert (pending["enabled"], pending["why"]) == (False, "pending")


def asking(it: Snapshot, clock: str = "10:42") -> list[int]:
    return [one["minutes"] for one in offered(it, at(clock)) if one["act"] == "ask_here"]


def test_nobody_here_is_asked_with_the_longest_time_that_there_would_be() -> None:
    assert asking(plan(booking("10:00", "11:40"), nobody_here=True)) == [30]
    assert asking(plan(booking("10:00", "11:10"), booking("11:10", "12:00"), nobody_here=True)) == [15]
    assert asking(plan(booking("10:00", "11:00"), booking("11:00", "12:00"), nobody_here=True)) == [13]
    assert asking(plan(booking("10:00", "11:00"), nobody_here=True)) == [30]  # nothing follows


def test_nobody_here_is_asked_once_where_policy_and_the_time_left_allow_it() -> None:
    assert asking(plan(booking("10:00", "11:40"))) == []
    assert asking(plan(booking("10:00", "10:57"), nobody_here=True)) == [30]
    assert asking(plan(booking("10:00", "10:57"), nobody_here=True), "10:43") == []
    for more in ({"state": "pending"}, {"here": True}, {"ask": Asked(at("10:30"), False)}):
        assert asking(plan(booking("10:00", "11:40", **more), nobody_here=True)) == []
    assert asking(plan(awaited("10:40", "11:40"), nobody_here=True)) == []


def test_while_somebody_asks_there_is_one_answer() -> None:
    it = plan(booking("10:00", "11:40", ask=Asked(at("10:45"), True)), nobody_here=True)
    assert [one["act"] for one in offered(it, at("10:42"))] == ["here"]


def test_a_panel_that_may_only_show_says_so_even_offline() -> None:
    assert {one["why"] for one in offered(plan(act=False), at("10:42"), off="offline")} == {"read_only"}


@given(plans(), st.integers(0, 20), st.integers(0, 2000))
def test_no_enabled_walk_in_ever_overlaps_anything_or_comes_too_near_a_neighbour(
    small: Snapshot, gap: int, now: int
) -> None:
    """The small world of the timeline's test, an instant of it being a minute here."""
    it = _in_minutes(small, gap)
    line = agenda.timeline(it)
    now = DAY_START + now * 2
    for one in offers(it, line, now, off=None):
        if one["act"] == "book" and one["enabled"]:
            start, end = walk_in_start(it, line, now), parse(one["end"])
            assert start < end
            for second in range(start, end, 60):
                assert line[agenda.at(line, second)].state == "free"
            for other in it.bookings:
                if other.end > other.start:
                    assert other.end + gap * 60 <= start or other.start >= end + gap * 60
            assert free_from(it, now) <= now


def _in_minutes(small: Snapshot, gap: int) -> Snapshot:
    def moved(instant: int) -> int:
        return DAY_START + (instant - small.start) * 60

    return plan(
        *(booking(moved(one.start), moved(one.end), id=one.id) for one in small.bookings),
        gap_minutes=gap,
        open=None if small.open is None else tuple(Span(moved(one.start), moved(one.end)) for one in small.open),
        closures=tuple(Span(moved(one.start), moved(one.end)) for one in small.closures),
        durations=(5, 8, 15),
    )
