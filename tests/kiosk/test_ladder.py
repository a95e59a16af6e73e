"""The ladder: what is done about a screen that does not show, and above all what is not."""

from dataclasses import replace

from kiosk.ladder import REBOOT, RENEW, RESTART, WAIT, Past, Seen, Step, silence, step

FINE = Seen(heard=True, painted_ago=2.0)
CALM_NIGHT = replace(FINE, calm=True, night=True)


def begun(at: float = 0.0) -> Past:
    return Past(began=at, loaded=at)


def walk(past: Past, seen: Seen, *, since: float, until: float) -> tuple[Past, list[tuple[float, Step]]]:
    """A turn each second; what was done, and when. A page that is loaded anew is as silent as before."""
    done = []
    now = since
    while now < until:
        past, what = step(past, seen, now)
        if what.action != WAIT:
            done.append((now, what))
            if what.action in (RESTART, REBOOT):
                past = replace(past, began=now, loaded=now, heard_since=None)
        now += 1.0
    return past, done


def actions(done: list[tuple[float, Step]]) -> list[str]:
    return [what.action for _, what in done]


def test_a_page_that_paints_is_left_alone_for_ever() -> None:
    assert walk(begun(), FINE, since=0, until=6 * 3600)[1] == []


def test_a_page_that_is_silent_for_twenty_seconds_is_loaded_anew() -> None:
    past, _ = walk(begun(), FINE, since=0, until=100)
    assert step(past, replace(FINE, painted_ago=19.9), 100)[1].action == WAIT
    assert step(past, replace(FINE, painted_ago=20.0), 100)[1] == Step(RENEW, "silent")


def test_nothing_is_judged_in_the_first_half_minute_nor_in_twenty_seconds_after_a_load() -> None:
    dead = Seen(heard=True, painted_ago=None)
    past, done = walk(begun(), dead, since=0, until=60)
    assert [at for at, _ in done] == [30.0, 50.0]
    assert silence(past, dead, 60) == 10.0


def test_the_third_failure_in_ten_minutes_restarts_the_screen_and_three_more_ask_for_a_reboot() -> None:
    dead = Seen(heard=True, painted_ago=None)
    _, done = walk(begun(), dead, since=0, until=240)
    assert actions(done)[:6] == [RENEW, RENEW, RESTART, RENEW, RENEW, REBOOT]


def test_failures_that_are_far_apart_never_climb() -> None:
    past, silent = begun(), replace(FINE, painted_ago=25.0)
    for hour in range(1, 48):
        past, _ = walk(past, FINE, since=hour * 400 - 40, until=hour * 400)
        past, what = step(past, silent, hour * 400)
        assert what.action == RENEW


def test_a_restart_long_ago_is_no_step_to_a_reboot() -> None:
    past = replace(begun(), restarted=(100.0,), renewed=(1500.0, 1600.0))
    past, _ = step(past, FINE, 1600)
    assert step(past, replace(FINE, fault="crashed"), 1700)[1].action == RESTART


def test_an_agent_that_is_silent_is_no_fault_of_the_screen() -> None:
    past, done = walk(begun(), Seen(heard=False), since=0, until=7200)
    assert done == []
    # Back again, it knows nothing of the page yet: that has twenty seconds.
    past, done = walk(past, Seen(heard=True), since=7200, until=7219)
    assert done == []
    assert walk(past, Seen(heard=True), since=7219, until=7225)[1] == [(7220.0, Step(RENEW, "silent"))]


def test_an_agent_that_was_restarted_between_two_looks_has_its_twenty_seconds_too() -> None:
    past, _ = walk(begun(), FINE, since=0, until=1000)
    past, done = walk(past, Seen(heard=True, painted_ago=None), since=1000, until=1020)
    assert done == []
    assert walk(past, Seen(heard=True, painted_ago=None), since=1020, until=1021)[1] == [
        (1020.0, Step(RENEW, "silent"))
    ]


def test_a_browser_that_is_gone_is_begun_at_once_even_while_the_agent_is_silent_and_then_counts_for_nothing() -> None:
    past, done = walk(begun(), Seen(heard=False, fault="gone"), since=15, until=3600)
    assert set(actions(done)) == {RENEW}
    assert done[0][0] == 15.0
    assert past.renewed == past.restarted == ()


def test_a_browser_that_ends_as_soon_as_it_begins_is_begun_every_ten_seconds_and_climbs() -> None:
    _, done = walk(begun(), Seen(heard=True, fault="gone"), since=0, until=61)
    assert [at for at, _ in done] == [10.0, 20.0, 30.0, 40.0, 50.0, 60.0]
    assert actions(done)[-1] == REBOOT


def test_a_crashed_renderer_and_a_page_that_strayed_are_mended_without_waiting() -> None:
    past, _ = walk(begun(), FINE, since=0, until=100)
    for fault in ("crashed", "strayed"):
        assert step(past, replace(FINE, fault=fault), 100)[1] == Step(RENEW, fault)


def test_once_a_night_a_screen_that_nobody_needs_is_restarted() -> None:
    day = 86_400.0
    assert walk(begun(), replace(CALM_NIGHT, calm=False), since=day, until=day + 7200)[1] == []
    assert walk(begun(), replace(CALM_NIGHT, night=False), since=day, until=day + 7200)[1] == []
    _, done = walk(begun(), CALM_NIGHT, since=day, until=day + 7200)
    assert done == [(day, Step(RESTART, "nightly"))]


def test_a_nightly_restart_is_no_failure() -> None:
    past, _ = step(begun(), CALM_NIGHT, 86_400.0)
    assert past.restarted == ()


def test_a_renderer_that_has_grown_is_loaded_anew_when_nobody_needs_it_or_at_twice_the_limit() -> None:
    past, _ = walk(begun(), FINE, since=0, until=100)
    grown = replace(FINE, memory_mb=500)
    assert step(past, grown, 100)[1].action == WAIT
    after, what = step(past, replace(grown, calm=True), 100)
    assert (what, after.renewed) == (Step(RENEW, "memory"), ())
    assert step(after, replace(grown, calm=True), 130)[1].action == WAIT
    assert step(past, replace(grown, memory_mb=801), 100)[1].action == RENEW
