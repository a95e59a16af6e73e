"""Time from the server's word and the boot's own clock: jumps, restarts, reboots and drift."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.clock import DRIFT, MADE, PLAUSIBLE, Anchor, Clock, LinuxMachine
from kiosk.instants import parse

from .makers import FakeMachine, at

NOW = float(at("10:42"))


def heard(clock: Clock, machine: FakeMachine, server_time: float, *, round_trip: float = 0.0) -> None:
    got = machine.boottime()
    clock.learn(server_time, sent=got - round_trip, got=got)


def synced(machine: FakeMachine, **more: float) -> Clock:
    clock = Clock(machine)
    heard(clock, machine, NOW, **more)
    return clock


@pytest.mark.parametrize("wall", ["1970-01-01T00:00:00Z", "2038-01-19T03:14:08Z", "2026-11-19T09:42:00Z"])
def test_once_the_server_was_heard_no_jump_of_the_system_clock_moves_the_time(wall: str) -> None:
    machine = FakeMachine(wall=NOW)
    clock = synced(machine)
    machine.wall_ = parse(wall)
    machine.pass_(60)
    assert clock.now() == NOW + 60
    assert clock.verified


@pytest.mark.parametrize("days", [-1, 1, -365, 4000])
def test_two_hundred_jumps_in_a_row_change_nothing_either(days: int) -> None:
    machine = FakeMachine(wall=NOW)
    clock = synced(machine)
    for second in range(1, 201):
        machine.pass_(1)
        machine.wall_ += days * 86_400
        assert clock.now() == NOW + second


def test_half_the_round_trip_is_added() -> None:
    assert synced(FakeMachine(), round_trip=0.4).now() == pytest.approx(NOW + 0.2)


def test_a_restart_in_the_same_boot_has_a_verified_clock_without_the_server() -> None:
    machine = FakeMachine(wall=NOW)
    saved = synced(machine).anchor
    machine.pass_(3600)
    machine.wall_ = 0
    again = Clock(machine, saved=saved)
    assert (again.verified, again.now()) == (True, NOW + 3600)


def test_after_a_reboot_the_clock_is_unverified_and_not_before_the_last_time_known() -> None:
    machine = FakeMachine(wall=NOW)
    before = synced(machine)
    machine.pass_(3600)
    rebooted = FakeMachine(boottime=20, wall=0, boot_id="boot-2")
    clock = Clock(rebooted, saved=before.anchor, at_least=before.at_least())
    assert (clock.verified, clock.now()) == (False, NOW + 3600)
    rebooted.pass_(10)
    assert clock.now() == NOW + 3610


def test_after_a_reboot_a_system_clock_that_is_later_is_believed_but_not_verified() -> None:
    clock = Clock(FakeMachine(wall=NOW + 7200, boot_id="boot-2"), at_least=NOW)
    assert (clock.verified, clock.now()) == (False, NOW + 7200)


def test_a_system_clock_beyond_any_plan_is_not_believed_where_a_time_is_known() -> None:
    for wall, believed in ((NOW + PLAUSIBLE - 1, True), (NOW + PLAUSIBLE + 1, False), (4e9, False), (0, False)):
        machine = FakeMachine(wall=wall, boot_id="boot-2")
        assert Clock(machine, at_least=NOW).now() == (wall if believed else NOW)
    machine.pass_(60)
    assert Clock(FakeMachine(wall=4e9)).now() == 4e9  # nothing else is known


def test_the_time_is_not_before_what_the_card_says_was_heard() -> None:
    machine = FakeMachine(wall=0)
    clock = Clock(machine)
    machine.pass_(5)
    clock.not_before(NOW)
    assert (clock.now(), clock.verified) == (NOW, False)
    machine.pass_(5)
    assert clock.now() == NOW + 5


def test_the_machines_own_clock_is_told_of_and_where_the_time_is_from() -> None:
    machine = FakeMachine(wall=NOW - 0.25)
    assert (Clock(machine).source, Clock(machine).offset_ms()) == ("machine", None)
    clock = synced(machine)
    assert (clock.source, clock.offset_ms()) == ("server", -250)
    machine.pass_(10)
    again = Clock(machine, saved=clock.anchor)
    assert (again.source, again.offset_ms()) == ("saved", -250)
    heard(again, machine, NOW + 10)
    assert again.source == "server"


def test_the_system_clock_never_becomes_a_time_that_has_certainly_passed() -> None:
    machine = FakeMachine(wall=parse("2038-01-19T03:14:08Z"), boot_id="boot-2")
    clock = Clock(machine, at_least=NOW)
    machine.pass_(60)
    assert clock.at_least() == NOW + 60


def test_a_panel_fresh_from_the_box_is_not_before_the_day_its_program_was_made() -> None:
    assert Clock(FakeMachine(wall=0)).now() == MADE


def test_a_saved_anchor_is_believed_only_in_its_own_boot_and_not_from_the_future() -> None:
    machine = FakeMachine(boottime=1000)
    assert not Clock(machine, saved=Anchor("boot-1", 1001, NOW, 0)).verified
    assert not Clock(machine, saved=Anchor("boot-0", 900, NOW, 0)).verified
    assert not Clock(FakeMachine(boot_id=""), saved=Anchor("", 900, NOW, 0)).verified
    assert Clock(machine, saved=Anchor("boot-1", 900, NOW, 0)).verified


def test_a_slow_answer_does_not_spoil_a_clock_set_by_a_fast_one() -> None:
    machine = FakeMachine()
    clock = synced(machine, round_trip=0.01)
    machine.pass_(2)
    heard(clock, machine, NOW + 2 - 0.9, round_trip=2.0)  # most of the round trip was the way here
    assert clock.now() == pytest.approx(NOW + 2, abs=0.02)


def test_a_server_whose_clock_was_set_is_followed() -> None:
    for jump in (-86_400.0, -10.0, 10.0, 86_400.0):
        machine = FakeMachine()
        clock = synced(machine)
        clock.now()
        machine.pass_(2)
        heard(clock, machine, NOW + 2 + jump)
        assert clock.now() == NOW + 2 + jump


def test_small_corrections_never_turn_the_clock_back() -> None:
    machine = FakeMachine()
    clock = synced(machine)
    machine.pass_(3600)
    reached = clock.now()
    heard(clock, machine, reached - 0.3)
    assert clock.now() == reached
    machine.pass_(0.2)
    assert clock.now() == reached
    machine.pass_(0.2)
    assert clock.now() == pytest.approx(reached + 0.1)


@given(st.lists(st.tuples(st.floats(0, 3600), st.floats(0, 5), st.floats(0, 1)), min_size=1, max_size=30))
def test_with_honest_answers_the_error_stays_within_the_worst_round_trip(
    answers: list[tuple[float, float, float]],
) -> None:
    """The panel's quartz is exact here, so drift only widens what may be accepted."""
    machine = FakeMachine(boottime=10_000, wall=0)
    clock = Clock(machine)
    truth, worst = NOW, 0.0
    for passed, round_trip, share in answers:
        machine.pass_(passed + round_trip)
        truth += passed + round_trip
        back = round_trip * share  # how much of the round trip was the way back
        heard(clock, machine, truth - back, round_trip=round_trip)
        worst = max(worst, round_trip)
        assert abs(clock.now() - truth) <= worst + passed * DRIFT + 1e-3


def test_the_real_machine_has_a_boot_and_clocks_that_move() -> None:
    machine = LinuxMachine()
    first = machine.boottime()
    assert len(machine.boot_id()) == 36
    assert machine.boottime() > first
    assert machine.wall() > MADE
