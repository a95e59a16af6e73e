"""The timeline: every state, every edge between two, and agreement with a naive reading of the plan at any instant."""

import itertools
from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from kiosk import agenda
from kiosk.plan import Booking, Snapshot, Span

from .makers import CLOSES, DAY_START, OPENS, PLAN_END, at, awaited, booking, office_hours, plan


def state(plan_: Snapshot | None, now: float) -> str:
    line = agenda.timeline(plan_)
    return line[agenda.at(line, now)].state


def moment(plan_: Snapshot | None, now: float) -> agenda.Moment:
    line = agenda.timeline(plan_)
    return line[agenda.at(line, now)]


def until(plan_: Snapshot, now: float) -> int | None:
    line = agenda.timeline(plan_)
    return agenda.until(line, agenda.at(line, now))


def opens(plan_: Snapshot, now: float) -> int | None:
    line = agenda.timeline(plan_)
    return agenda.opens(line, agenda.at(line, now))


def test_without_a_plan_the_room_is_unknown_and_never_free() -> None:
    assert moment(None, at("10:42")) == agenda.Moment(0, "unknown", reason="no_plan")
    assert state(None, 0) == state(None, 4e9) == "unknown"


def test_a_room_without_bookings_and_hours_is_free_with_no_end() -> None:
    assert state(plan(), at("10:42")) == "free"
    assert until(plan(), at("10:42")) is None


def test_before_the_plan_begins_and_from_its_end_on_the_room_is_unknown() -> None:
    assert state(plan(), DAY_START - 1) == "unknown"
    assert state(plan(), DAY_START) == "free"
    assert state(plan(), PLAN_END - 1) == "free"
    assert moment(plan(), PLAN_END) == agenda.Moment(PLAN_END, "unknown", reason="no_plan")


def test_a_meeting_makes_the_room_busy_on_the_second_it_starts_and_free_on_the_second_it_ends() -> None:
    it = plan(booking("11:00", "12:00"))
    assert [state(it, at("11:00") + d) for d in (-1, -0.001, 0, 0.5)] == ["free", "free", "busy", "busy"]
    assert [state(it, at("12:00") + d) for d in (-0.001, 0)] == ["busy", "free"]
    assert until(it, at("10:42")) == at("11:00")
    assert until(it, at("11:30")) == at("12:00")


def test_a_meeting_that_asks_for_check_in_reserves_the_room_from_its_start_and_not_before() -> None:
    it = plan(awaited("11:00", "12:00"))
    assert state(it, at("10:59:59")) == "free"
    assert state(it, at("11:00")) == "reserved"
    assert state(it, at("11:59:59")) == "reserved"
    assert state(it, at("12:00")) == "free"


def test_it_stays_reserved_after_the_deadline_until_the_server_gives_it_back() -> None:
    assert state(plan(awaited("11:00", "12:00")), at("11:30")) == "reserved"


def test_a_meeting_that_checked_in_before_its_start_is_busy_from_its_start() -> None:
    it = plan(awaited("11:00", "12:00", check_in="done"))
    assert state(it, at("10:59:59")) == "free"
    assert state(it, at("11:00")) == "busy"


def test_a_meeting_that_is_asked_for_and_not_approved_holds_the_room() -> None:
    assert state(plan(booking("11:00", "12:00", state="pending")), at("11:30")) == "busy"
    assert state(plan(awaited("11:00", "12:00", state="pending")), at("11:30")) == "busy"


def test_meetings_back_to_back_are_two_moments_with_their_own_ends() -> None:
    it = plan(booking("11:00", "12:00"), booking("12:00", "13:00"))
    assert until(it, at("11:30")) == at("12:00")
    assert until(it, at("12:00")) == at("13:00")


def test_where_two_meetings_overlap_the_one_inside_is_named_before_the_one_awaited() -> None:
    early, late = awaited("10:00", "12:00"), booking("11:00", "11:30")
    it = plan(early, late)
    assert [moment(it, at(t)).booking for t in ("10:30", "11:00", "11:30")] == [early, late, early]
    assert [state(it, at(t)) for t in ("10:30", "11:00", "11:30")] == ["reserved", "busy", "reserved"]


def test_outside_opening_hours_the_room_is_closed_and_says_when_it_opens() -> None:
    it = plan(open=office_hours())
    assert moment(it, at("07:59:59")).reason == "hours"
    assert opens(it, at("07:00")) == OPENS
    assert state(it, at("08:00")) == "free"
    assert until(it, at("10:42")) == CLOSES
    assert moment(it, at("18:00")).reason == "hours"
    assert opens(it, at("18:00")) == OPENS + 86_400


def test_a_room_that_never_opens_is_closed_with_no_end() -> None:
    it = plan(open=())
    assert (state(it, at("10:42")), until(it, at("10:42")), opens(it, at("10:42"))) == ("closed", None, None)


def test_a_closure_gives_its_reason_and_its_own_end_while_opens_looks_past_it() -> None:
    it = plan(open=office_hours(), closures=(Span(at("17:00"), at("19:00"), "cleaning"),))
    assert moment(it, at("17:30")) == agenda.Moment(at("17:00"), "closed", reason="closure", text="cleaning")
    assert until(it, at("17:30")) == at("19:00")
    assert opens(it, at("17:30")) == OPENS + 86_400


def test_a_closed_room_that_opens_into_a_meeting_opens_then() -> None:
    it = plan(booking("08:00", "09:00"), open=office_hours())
    assert opens(it, at("07:00")) == at("08:00")


def test_an_inactive_room_is_closed_whatever_the_hours() -> None:
    it = plan(active=False, open=office_hours(), closures=(Span(at("10:00"), at("11:00"), "x"),))
    assert {moment(it, at(t)).reason for t in ("03:00", "10:30", "12:00")} == {"inactive"}


def test_people_inside_are_shown_even_when_the_room_should_be_closed() -> None:
    it = plan(booking("19:00", "20:00"), open=office_hours(), closures=(Span(at("19:00"), at("20:00"), "x"),))
    assert state(it, at("19:30")) == "busy"
    assert state(replace(it, room=replace(it.room, active=False)), at("19:30")) == "busy"


def test_a_meeting_across_midnight_is_one_moment() -> None:
    it = plan(booking("23:00", at("01:00", day=21)))
    assert until(it, at("23:30")) == until(it, at("00:30", day=21)) == at("01:00", day=21)


def test_a_meeting_that_reaches_beyond_the_plan_ends_by_its_own_end_but_shows_unknown_there() -> None:
    it = plan(booking(PLAN_END - 3600, PLAN_END + 3600))
    assert until(it, PLAN_END - 60) == PLAN_END + 3600
    assert state(it, PLAN_END) == "unknown"


def test_a_meeting_that_began_before_the_plan_counts() -> None:
    assert state(plan(booking(DAY_START - 3600, DAY_START + 3600)), DAY_START) == "busy"


def test_a_booking_without_length_holds_nothing() -> None:
    line = agenda.timeline(plan(booking("11:00", "11:00")))
    assert [one.state for one in line] == ["unknown", "free", "unknown"]


def test_a_year_of_bookings_is_laid_out_quickly_enough_for_a_small_computer() -> None:
    many = [booking(DAY_START + 1800 * n, DAY_START + 1800 * n + 900) for n in range(14 * 48)]
    assert len(agenda.timeline(plan(*many))) == 2 * len(many) + 2


# Agreement with a naive oracle

SPAN = 40  # instants of the small world
WORLD = 1000  # its plan begins here


def _spans(most: int) -> st.SearchStrategy[list[tuple[int, int]]]:
    edge = st.integers(WORLD - 5, WORLD + SPAN + 5)
    return st.lists(st.tuples(edge, edge).map(lambda pair: (min(pair), max(pair))), max_size=most)


@st.composite
def plans(draw: st.DrawFn) -> Snapshot:
    bookings = [
        booking(
            start,
            end,
            id=f"b{number}",
            check_in=draw(st.sampled_from(["none", "asked", "done"])),
            state=draw(st.sampled_from(["accepted", "pending"])),
        )
        for number, (start, end) in enumerate(draw(_spans(6)))
    ]
    opening = draw(st.none() | _spans(4))
    return plan(
        *bookings,
        start=WORLD,
        end=WORLD + SPAN,
        active=draw(st.booleans()),
        open=None if opening is None else tuple(Span(a, b) for a, b in opening),
        closures=tuple(Span(a, b, "why") for a, b in draw(_spans(3))),
    )


def naive(plan_: Snapshot, now: int) -> str:
    """The words of the specification, one after the other."""

    def over(one: Booking | Span) -> bool:
        return one.start <= now < one.end

    if not plan_.start <= now < plan_.end:
        return "unknown"
    here = [one for one in plan_.bookings if over(one)]
    if any(one.check_in != "asked" or one.state == "pending" for one in here):
        return "busy"
    if here:
        return "reserved"
    shut = not plan_.room.active or any(over(one) for one in plan_.closures)
    if shut or (plan_.open is not None and not any(over(one) for one in plan_.open)):
        return "closed"
    return "free"


@given(plans())
@example(plan(booking(1003, 1004, id="a"), start=WORLD, end=WORLD + SPAN))
def test_at_every_instant_the_state_is_what_a_naive_reading_of_the_plan_says(plan_: Snapshot) -> None:
    for now in range(WORLD - 3, WORLD + SPAN + 4):
        assert state(plan_, now) == naive(plan_, now)


@given(plans())
def test_moments_are_in_order_and_every_boundary_is_a_real_change(plan_: Snapshot) -> None:
    line = agenda.timeline(plan_)
    assert line[0].at == 0
    for before, after in itertools.pairwise(line):
        assert before.at < after.at
        assert replace(before, at=0) != replace(after, at=0)


@given(plans(), st.integers(WORLD - 3, WORLD + SPAN + 3))
def test_until_is_the_next_instant_at_which_something_else_is_shown(plan_: Snapshot, now: int) -> None:
    line = agenda.timeline(plan_)
    index = agenda.at(line, now)
    ends = agenda.until(line, index)
    if ends is not None and state(plan_, now) != "unknown":
        assert ends > now
        assert {state(plan_, t) for t in range(now, min(ends, plan_.end))} == {state(plan_, now)}


@given(plans(), st.integers(WORLD, WORLD + SPAN - 1))
def test_a_closed_room_opens_exactly_when_it_is_first_not_closed(plan_: Snapshot, now: int) -> None:
    line = agenda.timeline(plan_)
    if state(plan_, now) == "closed":
        later = [t for t in range(now, plan_.end) if naive(plan_, t) != "closed"]
        assert agenda.opens(line, agenda.at(line, now)) == (later[0] if later else None)
