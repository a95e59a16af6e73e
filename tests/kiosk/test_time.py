"""Time that can be trusted: a wrong clock at the start, an unsure server, sleep, and the days clocks change."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from kiosk import days
from kiosk.instants import iso, parse

from .makers import DAY_START, PLAN_END, at, booking, plan
from .rig import Rig
from .server_double import truth_of
from .test_sync import enabled, shown

Make = Callable[..., Rig]

YEARS_1970_AND_2038 = [0.0, float(parse("2038-01-19T03:14:08Z")), float(parse("2090-01-01T00:00:00Z"))]


@pytest.mark.parametrize("wall", YEARS_1970_AND_2038)
def test_without_network_and_in_the_wrong_year_the_plan_is_shown_and_the_clock_called_unverified(
    rig: Make, wall: float
) -> None:
    it = rig(booking("10:00", "11:00"), booking("11:30", "12:00"))
    it.pass_(20)
    it.unplug()
    it.pass_(600)
    it.reboot(wall=wall)
    view = it.view()
    assert (view["state"], view["sure"], view["clock"], view["reason"]) == ("busy", "plan", "unverified", None)
    assert at("10:42") <= parse(view["now"]) <= it.now()
    assert [part["kind"] for part in view["day"]].count("booking") == 2
    assert not enabled(it)
    it.pass_(3600)
    assert it.view()["current"]["start"] == iso(at("11:30"))  # boundaries still flip
    it.plug()
    it.pass_(10)
    assert (shown(it), it.view()["clock"]) == (("busy", "live"), "verified")


@pytest.mark.parametrize("wall", YEARS_1970_AND_2038)
def test_beyond_its_plan_a_panel_with_a_wrong_clock_never_says_free(rig: Make, wall: float) -> None:
    it = rig()
    it.unplug()
    it.reboot(wall=wall)
    assert it.view()["state"] == "free"
    it.pass_(5)
    it.machine.pass_(PLAN_END - it.now())
    assert (it.view()["state"], it.view()["reason"]) == ("unknown", "clock")
    fresh = rig(sync=False)
    fresh.machine.wall_ = wall
    assert (fresh.view()["state"], fresh.view()["reason"]) == ("unknown", "clock")


def test_a_panel_that_reboots_again_and_again_without_network_does_not_fall_back_to_its_first_day(rig: Make) -> None:
    it = rig()
    it.pass_(5)
    it.unplug()
    reached = it.now()
    for _ in range(6):
        it.reboot(wall=0)
        it.pass_(601)
        reached += 300  # of ten minutes at least five are on the card
        assert parse(it.view()["now"]) >= reached
    assert it.view()["clock"] == "unverified"


def test_a_server_that_does_not_believe_its_own_clock_sets_nobodys(rig: Make) -> None:
    it = rig(sync=False)
    it.truth.clock = "unsure"
    it.pass_(5)
    view = it.view()
    assert (view["clock"], view["online"]) == ("unverified", True)
    assert view["as_of"] is None
    assert not enabled(it)
    it.truth.clock = "sure"
    it.pass_(3)
    assert (it.view()["clock"], shown(it)) == ("verified", ("free", "live"))


def test_a_clock_that_was_verified_stays_so_while_the_server_is_unsure_and_off(rig: Make) -> None:
    it = rig()
    it.truth.clock, it.truth.now = "unsure", lambda: it.now() + 86_400
    it.pass_(60)
    view = it.view()
    assert (view["clock"], view["online"]) == ("verified", True)
    assert abs(parse(view["now"]) - it.now()) <= 1
    assert abs(parse(view["as_of"]) - it.now()) <= 5
    assert it.tap(act="book", minutes=15).outcome in ("done", "refused")
    assert abs(parse(it.view()["now"]) - it.now()) <= 1


def test_a_machine_that_slept_knows_the_time_and_that_it_does_not_know_the_plan(rig: Make) -> None:
    it = rig(booking("12:00", "13:00"))
    it.machine.boottime_ += at("12:30") - it.now()  # asleep: only CLOCK_BOOTTIME went on
    view = it.view()
    assert (view["state"], view["sure"], view["clock"], view["online"]) == ("busy", "plan", "verified", False)
    assert not enabled(it)
    it.pass_(0)
    assert shown(it) == ("busy", "live")


def test_the_changes_of_the_zone_that_came_with_the_plan_hold_beyond_it(rig: Make) -> None:
    changes = ((DAY_START, 3600), (parse("2027-03-28T01:00:00Z"), 7200), (parse("2027-10-31T01:00:00Z"), 3600))
    it = rig(sync=False)
    it.truth.snapshot = truth_of(replace(plan(), offsets=changes)).snapshot
    it.pass_(0)
    assert it.view()["offsets"] == [{"from": iso(since), "seconds": seconds} for since, seconds in changes]
    it.unplug()
    it.restart()
    for instant, hours in (("2027-03-28T00:59:59Z", 1), ("2027-03-28T01:00:00Z", 2), ("2027-10-31T01:00:00Z", 1)):
        found = it.agent.panel.plan
        assert found is not None
        assert days.offset_at(found.offsets, parse(instant)) == hours * 3600
    day = days.day_of(changes, parse("2027-03-28T10:00:00Z"))
    assert day[1] - day[0] == 23 * 3600
    day = days.day_of(changes, parse("2027-10-31T10:00:00Z"))
    assert day[1] - day[0] == 25 * 3600


def test_the_time_is_read_from_the_machine_never_again_after_the_first_contact(rig: Make) -> None:
    it = rig()
    it.machine.wall = lambda: pytest.fail("the machine's date was read")  # type: ignore[method-assign]
    it.agent.clock.now()
    it.view()
    it.agent.panel.live()
    it.tap(act="book", minutes=15)
