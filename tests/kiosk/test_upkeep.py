"""When a screen may be restarted for its own sake: nobody has the room, nobody stands there, and it is night."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk import durable
from kiosk.clock import Clock
from kiosk.glass import Glass
from kiosk.plan import Snapshot
from kiosk.upkeep import RECENT, TRY_AGAIN, Upkeep, hour, quiet

from .makers import FakeMachine, at, booking, plan

CALM_NIGHT, CALM, NEITHER = (True, True), (True, False), (False, False)


@pytest.mark.parametrize(
    ("clock", "said"),
    [("02:59", CALM), ("03:00", CALM_NIGHT), ("04:59", CALM_NIGHT), ("05:00", CALM), ("12:00", CALM)],
)
def test_night_is_from_three_to_five_in_the_room(clock: str, said: tuple[bool, bool]) -> None:
    assert quiet((plan(booking("09:00", "10:00")),), at(clock)) == said


@pytest.mark.parametrize(
    ("clock", "calm"), [("07:59", True), ("08:01", False), ("09:30", False), ("10:00", True), ("10:01", True)]
)
def test_calm_is_a_room_without_a_booking_now_or_within_the_hour(clock: str, calm: bool) -> None:
    assert quiet((plan(booking("09:00", "10:00")),), at(clock))[0] is calm


def test_one_room_of_several_that_is_used_keeps_the_screen_as_it_is() -> None:
    night = at("03:30")
    assert quiet((plan(), plan(booking("04:00", "05:00"))), night)[0] is False
    assert quiet((plan(), plan()), night) == CALM_NIGHT


def test_of_rooms_without_a_plan_and_of_a_panel_without_a_room_nothing_is_claimed() -> None:
    assert quiet((), at("03:30")) == quiet((None,), at("03:30")) == quiet((plan(), None), at("03:30")) == NEITHER


def test_the_hour_follows_the_room_s_own_changes_of_the_clock() -> None:
    summer = plan(offsets=((0, 3600), (at("03:00"), 7200)))
    assert [hour(summer, at("03:00") + step) for step in (-1, 0, 3600)] == [2, 4, 5]


@pytest.fixture
def upkeep(tmp_path: Path) -> Callable[..., tuple[Upkeep, Glass, Clock, FakeMachine]]:
    def make(*plans: Snapshot | None) -> tuple[Upkeep, Glass, Clock, FakeMachine]:
        machine = FakeMachine(wall=float(at("03:30")))
        clock = Clock(machine)
        glass = Glass(clock.elapsed)
        return Upkeep(tmp_path, clock=clock, glass=glass, plans=lambda: plans, run=tmp_path), glass, clock, machine

    return make


def test_by_a_clock_that_is_not_verified_it_is_never_night(
    upkeep: Callable[..., tuple[Upkeep, Glass, Clock, FakeMachine]],
) -> None:
    it, _, clock, machine = upkeep(plan())
    assert it.keeping.asked()["night"] is False
    clock.learn(float(at("03:30")), sent=machine.boottime(), got=machine.boottime())
    assert (it.keeping.asked()["calm"], it.keeping.asked()["night"]) == CALM_NIGHT


def test_whoever_has_just_touched_the_glass_is_left_in_peace(
    upkeep: Callable[..., tuple[Upkeep, Glass, Clock, FakeMachine]],
) -> None:
    it, glass, clock, machine = upkeep(plan())
    clock.learn(float(at("03:30")), sent=machine.boottime(), got=machine.boottime())
    glass.painted("good", 1.0)
    assert it.keeping.asked()["calm"] is False
    machine.pass_(RECENT)
    assert it.keeping.asked()["calm"] is True


def test_the_heartbeat_is_told_of_the_browser_and_the_machine(
    upkeep: Callable[..., tuple[Upkeep, Glass, Clock, FakeMachine]],
) -> None:
    told = upkeep(plan())[0].report()
    assert told["browser"] == ""
    assert told["vitals"]["disk"] in ("good", "full")


def test_a_card_that_takes_nothing_more_is_told_within_minutes_and_also_when_it_does_again(
    upkeep: Callable[..., tuple[Upkeep, Glass, Clock, FakeMachine]], monkeypatch: pytest.MonkeyPatch
) -> None:
    it, _, _, machine = upkeep(plan())
    seen = []
    with monkeypatch.context() as broken:
        broken.setattr(durable, "replace", refuses)
        for seconds in (0, TRY_AGAIN):
            machine.pass_(seconds)
            seen.append(it.report()["vitals"]["disk"])
    machine.pass_(TRY_AGAIN)
    assert [*seen, it.report()["vitals"]["disk"]] == ["good", "full", "good"]


def refuses(path: Path, content: bytes) -> None:
    raise OSError(5, "Input/output error")
