"""In step with the server, and right without it: news, losses, restarts, refusals, and never backwards."""

from collections import Counter
from collections.abc import Callable

import pytest

from kiosk import durable
from kiosk.instants import iso

from .makers import PLAN_END, at, awaited, booking
from .rig import Rig
from .server_double import booking_json

Make = Callable[..., Rig]


def enabled(rig: Rig) -> bool:
    return any(one["enabled"] for one in rig.view()["actions"])


def shown(rig: Rig) -> tuple[str, str | None]:
    view = rig.view()
    return view["state"], view["sure"]


def test_the_first_contact_makes_the_panel_live(rig: Make) -> None:
    it = rig(booking("14:30", "15:00"))
    view = it.view()
    assert (view["state"], view["sure"], view["online"], view["until"]) == ("free", "live", True, iso(at("14:30")))
    assert (view["clock"], view["now"]) == ("verified", iso(at("10:42")))


def test_before_the_first_contact_nothing_is_known(rig: Make) -> None:
    view = rig(sync=False).view()
    assert (view["state"], view["sure"], view["reason"]) == ("unknown", None, "clock")


def test_what_is_booked_elsewhere_shows_within_three_seconds_by_the_heartbeat(rig: Make) -> None:
    it = rig()
    it.pass_(20)
    it.truth.change("new", booking_json(at("10:40"), at("11:00"), id="new"))
    it.pass_(3)
    assert shown(it) == ("busy", "live")
    it.truth.change("new", None)
    it.pass_(3)
    assert shown(it) == ("free", "live")


def test_a_quiet_time_asks_the_feed_every_twelve_seconds_and_beats_every_two(rig: Make) -> None:
    it = rig()
    it.truth.asked.clear()
    it.pass_(1200)
    count = Counter(path.rpartition("/")[2] for path in it.truth.asked)
    assert 80 < count["feed"] < 130
    assert 500 < count["heartbeat"] < 750
    assert count["snapshot"] == 0
    assert it.view()["online"]


def test_promises_go_five_seconds_after_the_server_and_the_glass_says_so_after_thirty(rig: Make) -> None:
    it = rig()
    it.pass_(20)
    last = it.view()["as_of"]
    it.unplug()
    it.pass_(2.5)
    assert enabled(it)
    it.pass_(5)
    view = it.view()
    assert (view["state"], view["sure"], view["online"], view["quiet"]) == ("free", "plan", False, True)
    assert not enabled(it)
    it.pass_(25)
    view = it.view()
    assert (view["quiet"], view["as_of"] >= last) == (False, True)


def test_a_tap_while_the_server_is_away_says_so_at_once(rig: Make) -> None:
    it = rig()
    it.unplug()
    it.pass_(8)
    assert it.view()["quiet"]
    assert it.tap(act="book", minutes=15).error == {
        "code": "offline",
        "objections": [],
        "conflicts": [],
        "fields": {},
    }
    assert not it.view()["quiet"]


def test_without_the_server_meetings_begin_and_end_on_time_for_as_long_as_the_plan_goes(rig: Make) -> None:
    it = rig(booking("11:00", "12:00"), awaited("12:00", "13:00"), booking(PLAN_END - 7200, PLAN_END - 3600))
    it.unplug()
    for instant, state in (
        (at("10:59:59"), "free"),
        (at("11:00"), "busy"),
        (at("12:00"), "reserved"),
        (at("13:00"), "free"),
        (PLAN_END - 7200, "busy"),
        (PLAN_END - 3600, "free"),
        (PLAN_END, "unknown"),
    ):
        it.machine.pass_(instant - it.now())
        assert shown(it) == (state, None if state == "unknown" else "plan")


@pytest.mark.parametrize("outage", [0, 10, 600, 1_000_000])
def test_after_any_outage_the_panel_is_back_within_ten_seconds(rig: Make, outage: float) -> None:
    it = rig()
    it.unplug()
    it.machine.pass_(outage)
    it.pass_(100)
    it.truth.change("new", booking_json(int(it.now()) - 60, int(it.now()) + 3600))
    it.plug()
    it.pass_(10)
    assert shown(it) == ("busy", "live")


def test_the_feed_alone_brings_everything_within_fifteen_seconds(rig: Make) -> None:
    it = rig(sync=False)
    it.truth.fault, it.truth.fault_on = "500", "/heartbeat"
    it.pass_(60)
    assert shown(it)[0] == "free"
    it.truth.change("new", booking_json(at("10:40"), at("11:30"), id="new"))
    it.pass_(15)
    assert it.view()["state"] == "busy"
    it.truth.fault, it.truth.fault_on = "slam", "/heartbeat"
    it.truth.change("new", None)
    it.pass_(15)
    assert it.view()["state"] == "free"


def test_every_start_is_a_life_of_its_own(rig: Make) -> None:
    it = rig()
    it.pass_(3)
    it.restart()
    it.pass_(3)
    lives = [body["life"] for body in it.truth.bodies if body]
    assert lives == sorted(lives, key=lives.index)
    assert len(set(lives)) == 2


def test_a_server_in_trouble_is_asked_less_and_less(rig: Make) -> None:
    it = rig()
    it.truth.fault = "500"
    it.pass_(60)
    it.truth.asked.clear()
    it.pass_(600)
    count = Counter(path.rpartition("/")[2] for path in it.truth.asked)
    assert 15 < count["feed"] < 30
    assert 80 < count["heartbeat"] < 130


def test_a_server_that_asks_for_patience_gets_it(rig: Make) -> None:
    it = rig()
    it.truth.fault, it.truth.fault_on = "503", "/feed"  # Retry-After: 7
    it.pass_(10)
    it.truth.asked.clear()
    it.pass_(5)
    assert it.truth.asked.count("/device/v1/feed") <= 1


def test_a_plan_known_to_be_old_is_not_live_even_while_heartbeats_come(rig: Make) -> None:
    it = rig()
    it.truth.fault, it.truth.fault_on = "500", "/feed"
    it.pass_(60)
    assert shown(it) == ("free", "live")  # nothing is new, the heartbeats say so
    it.truth.change("new", booking_json(at("10:40"), at("11:30")))
    it.pass_(8)
    assert shown(it) == ("free", "plan")
    assert not enabled(it)
    it.truth.fault = None
    it.pass_(31)
    assert shown(it) == ("busy", "live")


def test_the_feed_of_a_server_that_is_unsure_of_its_clock_sets_no_clock_either(rig: Make) -> None:
    it = rig()
    it.truth.clock = "unsure"
    it.truth.now = lambda: it.now() + 3600
    it.truth.asked.clear()
    it.pass_(30)
    assert "/device/v1/feed" in it.truth.asked
    assert abs(it.agent.clock.now() - it.now()) < 1


def test_a_cursor_the_server_no_longer_keeps_brings_a_new_snapshot(rig: Make) -> None:
    it = rig()
    for number in range(5):
        it.truth.change(f"b{number}", booking_json(at("15:00"), at("16:00")))
    it.truth.log.clear()
    it.truth.oldest = it.truth.snapshot["seq"]
    it.truth.change("new", booking_json(at("10:40"), at("11:00")))
    it.pass_(8)
    assert shown(it) == ("busy", "live")


def test_a_restored_server_with_another_life_replaces_the_plan_whatever_its_number(rig: Make) -> None:
    it = rig(booking("10:00", "11:00"))
    it.truth.snapshot |= {"incarnation": "life-2", "seq": 7, "bookings": []}
    it.pass_(8)
    assert shown(it) == ("free", "live")
    assert it.agent.panel.plan is not None
    assert (it.agent.panel.plan.incarnation, it.agent.panel.plan.seq) == ("life-2", 7)


def test_a_server_set_back_in_the_same_life_says_so_itself_and_is_followed(rig: Make) -> None:
    it = rig()
    it.truth.snapshot |= {"seq": 50, "bookings": [booking_json(at("10:00"), at("11:00"))]}
    it.pass_(8)  # the feed answers 410: our cursor is ahead
    assert shown(it) == ("busy", "live")


def test_until_the_snapshot_it_told_us_to_take_has_come_the_panel_is_not_live(rig: Make) -> None:
    it = rig()
    it.truth.snapshot |= {"seq": 50, "bookings": [booking_json(at("10:00"), at("11:00"))]}
    it.truth.fault, it.truth.fault_on = "500", "/snapshot"
    it.pass_(20)
    assert shown(it) == ("free", "plan")
    it.truth.fault = None
    it.pass_(31)
    assert shown(it) == ("busy", "live")


def test_an_older_snapshot_of_the_same_life_is_not_taken(rig: Make) -> None:
    it = rig(booking("10:00", "11:00"))
    it.truth.snapshot |= {"seq": 99, "bookings": []}
    snapshot, heard = it.agent.sync._client.snapshot("oak")
    assert not it.agent.panel.take(snapshot, heard)
    assert shown(it)[0] == "busy"


def test_a_reload_takes_the_new_policy(rig: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    it = rig()
    it.truth.change("room", None)
    it.truth.snapshot["policy"]["durations"] = [20]
    news = it.server.RequestHandlerClass._news  # type: ignore[union-attr, attr-defined]
    monkeypatch.setattr(
        it.server.RequestHandlerClass,  # type: ignore[union-attr]
        "_news",
        lambda self, *a: news(self, *a) | {"reload": True},
        raising=False,
    )
    it.pass_(8)
    assert [one["minutes"] for one in it.view()["actions"]] == [20]


def test_once_a_day_everything_is_asked_for_again(rig: Make) -> None:
    it = rig()
    for day in range(1, 4):
        it.machine.pass_(86_400 * 1.2)
        it.pass_(60)
        assert it.truth.asked.count("/device/v1/snapshot") == 1 + day


def test_a_revoked_token_stops_live_at_once_keeps_the_plan_for_ten_minutes_and_then_shows_nothing(rig: Make) -> None:
    it = rig(booking("10:00", "12:00", host="Mallory"))
    it.truth.token = "rvx_another"
    it.pass_(3)
    assert shown(it) == ("busy", "plan")
    assert not enabled(it)
    it.pass_(540)
    assert shown(it) == ("busy", "plan")
    it.pass_(120)
    assert (it.view()["state"], it.view()["reason"]) == ("unknown", "not_paired")
    assert "Mallory" not in str(it.view())
    it.truth.token = "rvx_test"
    it.pass_(31)
    assert shown(it) == ("busy", "live")


def test_a_wrong_token_from_the_start_says_so_at_once(rig: Make) -> None:
    it = rig(sync=False)
    it.truth.token = "rvx_another"
    it.pass_(1)
    assert (it.view()["state"], it.view()["reason"]) == ("unknown", "not_paired")


def test_a_day_without_changes_writes_next_to_nothing(rig: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    it = rig(*(booking(at("11:00") + 3600 * n, at("11:30") + 3600 * n) for n in range(200)))
    sizes: list[int] = []
    real = durable.replace

    def counted(path: object, content: bytes, **more: object) -> None:
        sizes.append(len(content))
        real(path, content, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(durable, "replace", counted)
    it.pass_(1200)
    assert len(sizes) <= 5
    assert sum(sizes) * 72 < 2_000_000


def test_a_fault_of_ours_does_not_end_the_thread(rig: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    it = rig()
    sync = it.agent.sync
    steps = iter([RuntimeError("planted"), RuntimeError("planted")])

    def step() -> float:
        for fault in steps:
            raise fault
        sync.stop()
        return 0.0

    monkeypatch.setattr(sync, "step", step)
    monkeypatch.setattr(sync._nudges, "wait", lambda seconds: None)
    sync.run()
    assert next(steps, None) is None


def test_the_heartbeat_says_what_the_panel_knows_of_itself_and_no_names(rig: Make) -> None:
    it = rig(booking("10:00", "11:00", host="Mallory"))
    it.pass_(3)
    body = [one for one in it.truth.bodies if one][-1]
    assert body["rooms"] == [{"id": "oak", "seq": 100, "state": "busy", "as_of": body["rooms"][0]["as_of"]}]
    assert sorted(body) == [
        "browser", "clock", "clock_offset_ms", "clock_source", "heard", "life", "me", "painted_ago", "painted_for",
        "rooms", "settled", "touch", "touched_ago", "unconfirmed", "version", "vitals",
    ]  # fmt: skip
    assert (body["clock"], body["clock_source"], body["clock_offset_ms"], body["me"]) == ("verified", "server", 0, "d")
    assert "Mallory" not in str(body)
