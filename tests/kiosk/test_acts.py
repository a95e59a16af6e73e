"""Taps: done, refused, lost on the way there or back, across restarts, and never twice."""

import json
import os
import threading
from collections.abc import Callable
from typing import Any

import pytest

from kiosk.instants import iso
from kiosk.taps import BadTap

from .makers import at, awaited, booking, office_hours
from .rig import Rig
from .server_double import booking_json

Make = Callable[..., Rig]


def pending(rig: Rig) -> bool:
    return rig.view()["pending"] is not None


def whys(rig: Rig) -> set[str | None]:
    return {one["why"] for one in rig.view()["actions"]}


def held(rig: Rig) -> list[dict[str, Any]]:
    held: list[dict[str, Any]] = rig.truth.snapshot["bookings"]
    return held


def test_a_walk_in_is_booked_with_one_tap_and_shows_at_once(rig: Make) -> None:
    it = rig()
    it.pass_(37)
    outcome = it.tap(act="book", minutes=15)
    view = it.view()
    assert (outcome.outcome, outcome.error) == ("done", None)
    assert (view["state"], view["until"], view["current"]["here"]) == ("busy", iso(at("10:57")), True)
    assert [(one["start"], one["end"]) for one in held(it)] == [(iso(at("10:42")), iso(at("10:57")))]


def test_the_end_that_was_on_the_button_is_booked_even_if_the_minute_has_just_changed(rig: Make) -> None:
    it = rig()
    shown = it.view()["actions"][0]["end"]
    it.machine.pass_(60.5)
    it.pass_(2)
    it.tap(act="book", minutes=15, end=shown)
    assert held(it)[0]["end"] == shown


def test_an_end_that_no_button_showed_is_refused_as_a_wrong_field(rig: Make) -> None:
    it = rig()
    for end in ("12:00", "10:59", "10:30"):
        with pytest.raises(BadTap) as caught:
            it.tap(act="book", minutes=15, end=iso(at(end)))
        assert "end" in caught.value.fields
    assert held(it) == []
    assert it.view()["pending"] is None


def test_until_the_next_meeting_stays_until_the_next_meeting_when_the_minute_changes(rig: Make) -> None:
    it = rig(booking("11:10", "12:00"))
    assert [one["minutes"] for one in it.view()["actions"]] == [15, 28]
    it.machine.pass_(61)
    it.pass_(2)
    assert it.tap(act="book", minutes=28).outcome == "done"
    assert held(it)[-1]["end"] == iso(at("11:10"))


def test_a_walk_in_right_after_a_meeting_does_not_reach_back_into_it(rig: Make) -> None:
    it = rig(booking("10:00", at("10:42:20")))
    it.machine.pass_(40)
    it.pass_(3)
    assert it.tap(act="book", minutes=15).outcome == "done"
    assert held(it)[-1]["start"] == iso(at("10:42:20"))


def test_an_undo_is_offered_for_ten_seconds_and_frees_the_room(rig: Make) -> None:
    it = rig()
    op = it.tap(act="book", minutes=15).op
    assert it.view()["undo"] == {"op": op, "act": "book", "until": iso(it.now() + 10)}
    it.machine.pass_(3)
    assert it.tap(act="undo", of=op).outcome == "done"
    assert (it.view()["state"], it.view()["undo"]) == ("free", None)
    it.tap(act="book", minutes=15)
    it.pass_(11)
    assert it.view()["undo"] is None


def test_check_in_extend_and_end_carry_the_booking_and_the_version_people_saw(rig: Make) -> None:
    it = rig(awaited("10:40", "11:00", id="m", version=4, here=True))
    for act, more in (("check_in", {"start_now": False}), ("extend", {"minutes": 15}), ("end", {})):
        offer = next(one for one in it.view()["actions"] if one["act"] == act)
        outcome = it.tap(act=act, booking=offer["booking"], version=offer["version"], **more)
        assert outcome.outcome == "done", outcome
    assert it.view()["state"] == "free"
    sent = [one for one in it.truth.bodies if one and "op" in one]
    assert [(one["act"], one["booking"], one["version"]) for one in sent] == [
        ("check_in", "m", 4),
        ("extend", "m", 5),
        ("end", "m", 6),
    ]


def test_a_refusal_brings_the_servers_reason_to_the_page(rig: Make) -> None:
    it = rig()
    it.truth.change("other", booking_json(at("10:40"), at("11:00"), host="E. F."))
    outcome = it.tap(act="book", minutes=15)
    assert outcome.outcome == "refused"
    assert outcome.error is not None
    assert (outcome.error["code"], outcome.error["conflicts"][0]["host"]) == ("clash", "E. F.")
    assert it.view()["last"] == {
        "op": outcome.op,
        "act": "book",
        "outcome": "refused",
        "error": outcome.error,
        "grade": None,
    }
    it.pass_(3)
    assert (it.view()["state"], it.view()["unconfirmed"]) == ("busy", 0)


def test_a_refusal_because_the_booking_changed_meanwhile_is_stale(rig: Make) -> None:
    it = rig(awaited("10:40", "11:00", id="m", version=4))
    outcome = it.tap(act="check_in", booking="m", version=3)
    assert outcome.error is not None
    assert outcome.error["code"] == "stale"


def test_the_act_is_on_the_card_before_it_is_sent(rig: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    it = rig()
    seen: list[str] = []
    act = it.agent.acts._client.act

    def sending(body: dict[str, Any]) -> Any:
        seen.append((it.folder / "ledger.jsonl").read_text())
        return act(body)

    monkeypatch.setattr(it.agent.acts._client, "act", sending)
    op = it.tap(act="book", minutes=15).op
    assert op is not None
    assert op in seen[0]
    assert "rvx_test" not in seen[0]


def test_a_card_that_is_full_sends_nothing_and_says_so(rig: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    it = rig()

    def full(handle: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    outcome = it.tap(act="book", minutes=15)
    monkeypatch.undo()
    assert outcome.error is not None
    assert (outcome.outcome, outcome.error["code"], held(it)) == ("refused", "cannot_save", [])
    assert it.tap(act="book", minutes=15).outcome == "done"


def test_with_the_server_gone_a_tap_is_refused_and_leaves_nothing_behind(rig: Make) -> None:
    it = rig()
    it.unplug()
    it.pass_(8)
    outcome = it.tap(act="book", minutes=15)
    assert outcome.error is not None
    assert (outcome.outcome, outcome.op, outcome.error["code"]) == ("refused", None, "offline")
    assert not (it.folder / "ledger.jsonl").exists()


def test_a_panel_that_may_only_show_does_nothing(rig: Make) -> None:
    it = rig(act=False)
    error = it.tap(act="book", minutes=15).error
    assert error is not None
    assert error["code"] == "read_only"
    assert whys(it) == {"read_only"}


def test_two_taps_at_once_are_one_act(rig: Make) -> None:
    it = rig(open=office_hours())
    outcomes: list[str] = []
    together = threading.Barrier(8)

    def tap() -> None:
        together.wait()
        outcomes.append(it.tap(act="book", minutes=15).outcome)

    threads = [threading.Thread(target=tap) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("done") == 1
    assert outcomes.count("refused") == 7
    assert len(held(it)) == 1


def test_a_daily_snapshot_taken_just_before_the_act_does_not_hide_it(rig: Make) -> None:
    it = rig()
    snapshot, heard = it.agent.sync._client.snapshot("oak")
    it.tap(act="book", minutes=15)
    it.agent.panel.take(snapshot, heard)
    assert it.view()["state"] == "busy"


def test_news_asked_for_just_before_an_undo_do_not_bring_the_booking_back(rig: Make) -> None:
    it = rig()
    op = it.tap(act="book", minutes=15).op
    news, heard = it.agent.sync._client.feed("oak", after=100, incarnation="life-1")
    it.tap(act="undo", of=op)
    it.agent.panel.hear(news, heard)
    assert it.view()["state"] == "free"


def test_the_log_holds_no_token_and_no_names(rig: Make, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    it = rig(booking("10:00", "11:00", host="Mallory", title="Merger", here=True))
    it.tap(act="end", booking=f"b-{at('10:00')}", version=1)
    it.truth.fault = "500"
    it.pass_(20)
    text = caplog.text + json.dumps([str(record.args) for record in caplog.records])
    assert "act=end" in text
    assert not any(secret in text for secret in ("rvx_test", "Mallory", "Merger"))
