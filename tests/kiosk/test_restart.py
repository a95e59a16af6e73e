"""With the server gone: what a restart and a reboot still know, and clocks that jump meanwhile."""

from collections.abc import Callable

import pytest

from kiosk.instants import iso, parse

from .makers import at, booking
from .rig import Rig
from .test_sync import enabled, shown

Make = Callable[..., Rig]


@pytest.mark.parametrize("orderly", [True, False])
def test_a_restart_with_the_server_dead_shows_the_same_and_of_when(rig: Make, orderly: bool) -> None:
    it = rig(booking("10:00", "11:00"), booking("11:00", "12:00"))
    it.pass_(20)
    it.unplug()
    it.pass_(40)
    before = it.view()
    it.restart(orderly=orderly)
    after = it.view()
    assert (after["state"], after["sure"], after["clock"]) == ("busy", "plan", "verified")
    assert after["as_of"] == before["as_of"]
    same = set(before) - {"quiet", "edition", "now"}
    assert {key: after[key] for key in same} == {key: before[key] for key in same}
    it.pass_(at("11:30") - it.now())
    assert it.view()["current"]["start"] == iso(at("11:00"))
    assert abs(parse(it.view()["now"]) - it.now()) <= 1


def test_a_reboot_without_server_and_clock_shows_the_plan_with_an_unverified_clock(rig: Make) -> None:
    it = rig(booking("10:00", "11:00"))
    it.pass_(20)
    it.unplug()
    it.pass_(60)
    it.reboot(wall=0)
    view = it.view()
    assert (view["state"], view["sure"], view["clock"], view["online"]) == ("busy", "plan", "unverified", False)
    assert not enabled(it)
    it.plug()
    it.pass_(10)
    assert (shown(it), it.view()["clock"]) == (("busy", "live"), "verified")
    assert abs(parse(it.view()["now"]) - it.now()) <= 1


@pytest.mark.parametrize("wall", [0, 2_147_483_648, at("10:42") - 86_400, at("10:42") + 86_400])
def test_after_the_first_contact_the_system_clock_may_jump_as_it_likes(rig: Make, wall: float) -> None:
    it = rig(booking("11:00", "12:00"))
    it.machine.wall_ = wall
    it.pass_(at("11:00:01") - it.now())
    assert shown(it) == ("busy", "live")
    it.unplug()
    it.restart()
    it.machine.pass_(at("12:00:01") - it.now())
    assert shown(it) == ("free", "plan")


def test_another_rooms_cache_is_not_shown(rig: Make) -> None:
    it = rig(booking("10:00", "11:00"))
    it.agent.stop()
    it.unplug()
    it.port += 1
    it.agent = it._start()
    assert it.view()["state"] == "unknown"
