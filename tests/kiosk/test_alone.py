"""A door that is cut off decides by itself: what it promises, what it does not, and how the server hears of it."""

import os
from collections.abc import Callable
from typing import Any

import pytest

from kiosk.escrow import Owned, owned_until
from kiosk.instants import iso
from kiosk.ledger import CannotSave, Entry
from kiosk.unanswered import taken
from kiosk.walking import MOST_ACTS

from .makers import at, awaited, booking, plan
from .rig import Rig
from .server_double import booking_json

Make = Callable[..., Rig]


def cut_off(make: Make, *bookings: Any, own: str | None = "12:42", **policy: Any) -> Rig:
    """A device whose door owns the time from 10:30 on, without its server."""
    it = make(*bookings, device=True, **policy)
    if own:
        it.truth.own((at("10:30"), at(own)))
        it.pass_(10)
    it.unplug()
    it.pass_(10)
    assert it.view()["online"] is False
    return it


def held(rig: Rig) -> list[tuple[str, str]]:
    return [(one["start"], one["end"]) for one in rig.truth.snapshot["bookings"]]


def entries(rig: Rig) -> list[Any]:
    return [entry for entry, _ in rig.agent.word.journal.entries()]


def back(rig: Rig) -> None:
    rig.plug()
    rig.pass_(12)
    assert rig.view()["online"] is True


def test_a_walk_in_inside_what_the_door_owns_is_confirmed_and_the_server_hears_of_it(rig: Make) -> None:
    it = cut_off(rig)
    outcome = it.tap(act="book", minutes=30)
    view = it.view()
    assert (outcome.outcome, outcome.grade) == ("promised", "confirmed")
    assert (view["state"], view["until"], view["unconfirmed"]) == ("busy", iso(at("11:12")), 1)
    assert view["current"]["id"] == f"op:{outcome.op}"
    assert (view["current"]["here"], view["current"]["confirmed"], view["current"]["synced"]) == (True, True, False)
    assert view["last"]["grade"] == "confirmed"
    back(it)
    view = it.view()
    assert held(it) == [(iso(at("10:42")), iso(at("11:12")))]
    assert view["current"]["id"] == it.truth.snapshot["bookings"][0]["id"]
    assert (view["current"]["confirmed"], view["current"]["synced"], view["unconfirmed"]) == (True, True, 0)


def test_a_walk_in_outside_what_it_owns_is_taken_and_not_confirmed(rig: Make) -> None:
    it = cut_off(rig, own="11:00")
    outcome = it.tap(act="book", minutes=30)
    assert (outcome.outcome, outcome.grade) == ("promised", "not_confirmed")
    assert it.view()["current"]["confirmed"] is False


def test_after_a_reboot_the_promise_stands_and_a_clock_that_is_not_verified_confirms_nothing(rig: Make) -> None:
    it = cut_off(rig)
    it.tap(act="book", minutes=15)
    it.reboot(wall=float(at("10:44")))
    assert (it.view()["state"], it.view()["clock"]) == ("busy", "unverified")
    it.machine.pass_(15 * 60)
    outcome = it.tap(act="book", minutes=15)
    assert (outcome.outcome, outcome.grade) == ("promised", "not_confirmed")
    assert [entry.clock for entry in entries(it)] == ["verified", "unverified"]
    assert entries(it)[0].boot != entries(it)[1].boot


def test_it_is_in_the_journal_before_the_glass_says_so(rig: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    it = cut_off(rig)
    seen: list[str] = []
    sync = os.fsync

    def synced(handle: int) -> None:
        seen.append(it.view()["state"])
        sync(handle)

    monkeypatch.setattr(os, "fsync", synced)
    it.tap(act="book", minutes=15)
    assert set(seen) == {"free"}
    assert it.view()["state"] == "busy"


def test_a_card_that_takes_nothing_promises_nothing(rig: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    it = cut_off(rig)

    def full(handle: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    monkeypatch.setattr(os, "fsync", lambda handle: full(handle, b""))
    outcome = it.tap(act="book", minutes=15)
    monkeypatch.undo()
    assert outcome.error is not None
    assert (outcome.outcome, outcome.error["code"], it.view()["state"]) == ("refused", "cannot_save", "free")
    assert it.agent.upkeep.vitals.read()["disk"] == "full"
    assert it.tap(act="book", minutes=15).outcome == "promised"


def test_a_lost_answer_is_decided_by_the_door_with_the_same_op_and_counts_once(rig: Make) -> None:
    it = rig(device=True)
    it.truth.own((at("10:30"), at("12:42")))
    it.pass_(10)
    it.truth.fault, it.truth.fault_on = "lose the answer", "/act"
    outcome = it.tap(act="book", minutes=15)
    assert (outcome.outcome, outcome.grade) == ("promised", "confirmed")
    assert it.view()["pending"] is None
    assert [one["op"] for one in it.truth.bodies if one and "act" in one] == [outcome.op] * 2
    it.truth.fault = None
    it.pass_(5)
    assert held(it) == [(iso(at("10:42")), iso(at("10:57")))]
    assert len(it.view()["day"]) == 3
    assert entries(it)[0].op == outcome.op
    assert not it.agent.acts.owed()


@pytest.mark.parametrize("fault", ["503", "500", "429", "slam"])
def test_a_server_that_cannot_just_now_is_answered_for(rig: Make, fault: str) -> None:
    it = rig(device=True)
    it.truth.own((at("10:30"), at("12:42")))
    it.pass_(10)
    it.truth.fault, it.truth.fault_on = fault, "/act"
    assert it.tap(act="book", minutes=15).grade == "confirmed"


def test_a_refusal_of_the_server_stays_a_refusal(rig: Make) -> None:
    it = rig(device=True)
    it.truth.change("other", booking_json(at("10:40"), at("11:00")))
    outcome = it.tap(act="book", minutes=15)
    assert (outcome.outcome, entries(it)) == ("refused", [])


def test_the_same_time_is_never_promised_twice(rig: Make) -> None:
    it = cut_off(rig, booking("11:30", "12:00"))
    it.tap(act="book", minutes=15)
    for minutes in (15, 30, 60):
        assert it.tap(act="book", minutes=minutes).outcome == "refused"
    assert len(entries(it)) == 1
    promises = it.agent.panel.promises()
    assert promises.until(int(it.now())) is None
    assert promises.grade(at("10:57"), at("11:30")) == "confirmed"
    assert promises.grade(at("10:56"), at("11:30")) == "not_confirmed"
    assert promises.grade(at("11:15"), at("11:45")) == "not_confirmed"


def test_an_undo_and_an_end_give_the_time_back_to_the_door(rig: Make) -> None:
    it = cut_off(rig)
    op = it.tap(act="book", minutes=15).op
    assert it.view()["undo"]["op"] == op
    assert it.tap(act="undo", of=op).outcome == "promised"
    assert (it.view()["state"], it.view()["undo"]) == ("free", None)
    it.pass_(60)
    again = it.tap(act="book", minutes=30)
    assert again.grade == "confirmed"
    it.pass_(600)
    current = it.view()["current"]
    assert it.tap(act="end", booking=current["id"], version=current["version"]).outcome == "promised"
    assert it.view()["state"] == "free"
    assert [(entry.act, entry.of) for entry in entries(it)] == [
        ("book", ""),
        ("undo", op),
        ("book", ""),
        ("end", again.op),
    ]
    back(it)
    assert [end for _, end in held(it)] == [iso(entries(it)[-1].wall)]
    assert it.view()["state"] == "free"


def test_a_longer_end_is_taken_only_inside_what_is_owned(rig: Make) -> None:
    it = cut_off(rig, own="11:15")
    it.tap(act="book", minutes=15)
    current = it.view()["current"]
    offers = {one["minutes"]: one for one in it.view()["actions"] if one["act"] == "extend"}
    assert [(one["enabled"], one["grade"]) for one in offers.values()] == [(True, "confirmed"), (False, None)]
    assert it.tap(act="extend", booking=current["id"], version=0, minutes=30).outcome == "refused"
    outcome = it.tap(act="extend", booking=current["id"], version=0, minutes=15)
    assert (outcome.outcome, outcome.grade) == ("promised", "confirmed")
    assert (it.view()["until"], entries(it)[-1].end) == (iso(at("11:12")), at("11:12"))


def test_only_the_last_thing_is_taken_back_and_an_end_only_until_the_server_knows_of_it(rig: Make) -> None:
    it = cut_off(rig)
    first = it.tap(act="book", minutes=30).op
    it.pass_(120)
    current = it.view()["current"]
    ended = it.tap(act="end", booking=current["id"], version=0).op
    refused = it.tap(act="undo", of=first)
    assert refused.error is not None
    assert refused.error["code"] == "stale"
    assert it.tap(act="undo", of=ended).outcome == "promised"
    assert it.view()["until"] == current["end"]
    again = it.tap(act="end", booking=current["id"], version=0).op
    back(it)
    assert it.tap(act="undo", of=again).outcome == "refused"
    assert it.view()["state"] == "free"


def test_what_was_asked_for_and_never_answered_is_not_promised_again(
    rig: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = rig(device=True)
    it.truth.own((at("10:30"), at("12:42")))
    it.pass_(10)
    it.truth.fault, it.truth.fault_on = "lose the answer", "/act"

    def full(draft: Any) -> Any:
        raise CannotSave("No space left on device")

    monkeypatch.setattr(it.agent.word.journal, "add", full)
    assert it.tap(act="book", minutes=15).outcome == "unknown"
    monkeypatch.undo()
    it.unplug()
    it.pass_(50)
    assert it.agent.panel.promises().until(int(it.now())) is None
    assert it.tap(act="book", minutes=15).grade == "not_confirmed"


def test_a_longer_end_that_was_asked_for_and_never_answered_is_not_promised_again(
    rig: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = rig(booking("10:00", "10:45", id="ours", here=True), device=True)
    it.truth.own((at("10:45"), at("12:42")))
    it.pass_(10)
    it.truth.fault, it.truth.fault_on = "lose the answer", "/act"

    def full(draft: Any) -> Any:
        raise CannotSave("No space left on device")

    monkeypatch.setattr(it.agent.word.journal, "add", full)
    assert it.tap(act="extend", booking="ours", version=1, minutes=15).outcome == "unknown"
    monkeypatch.undo()
    it.unplug()
    it.pass_(4 * 60)
    assert it.view()["state"] == "free"
    assert it.agent.panel.promises().until(int(it.now())) is None
    it.tap(act="book", minutes=15)
    assert entries(it)[0].grade == "not_confirmed"


@pytest.mark.parametrize(
    ("act", "more", "until"),
    [
        ("book", {"start": iso(at("11:00")), "end": iso(at("11:30"))}, at("11:00")),
        ("extend", {"booking": "theirs", "minutes": 15}, at("12:00")),
        ("extend", {"booking": "of another day", "minutes": 15}, None),
        ("undo", {"of": "whatever"}, None),
        ("end", {"booking": "theirs"}, at("12:42")),
        ("undo", {"of": "whatever", "room": "elm"}, at("12:42")),
    ],
)
def test_an_act_without_an_answer_takes_as_much_as_it_may_have_taken(
    act: str, more: dict[str, Any], until: int | None
) -> None:
    owned = ((at("10:42"), at("12:42")),)
    there = plan(booking("09:00", "12:00", id="theirs"))
    busy = taken([Entry("op", act, 0, {"act": act, "room": "oak", **more})], there, owned)
    assert owned_until(Owned("life", 1, owned), at("10:42"), busy) == until


def test_what_was_taken_back_stays_so_after_a_restart_though_the_plan_still_has_it(rig: Make) -> None:
    it = cut_off(rig)
    op = it.tap(act="book", minutes=15).op
    back(it)
    it.unplug()
    it.pass_(10)
    assert it.tap(act="undo", of=op).outcome == "promised"
    assert it.view()["state"] == "free"
    it.restart()
    assert (it.view()["state"], it.view()["unconfirmed"]) == ("free", 1)


def test_what_the_server_booked_in_its_next_life_is_not_promised_again(rig: Make) -> None:
    it = rig(device=True)
    it.truth.own((at("10:30"), at("12:42")))
    it.pass_(10)
    it.truth.snapshot |= {"incarnation": "put back", "seq": 3}  # and nobody here has heard of that
    assert it.tap(act="book", minutes=15).outcome == "done"
    it.unplug()
    assert it.view()["state"] == "busy"
    it.pass_(50)
    assert it.agent.panel.promises().until(int(it.now())) is None


def test_nobody_else_s_booking_is_ended_by_a_door(rig: Make) -> None:
    it = cut_off(rig, booking("10:00", "11:00", id="theirs"))
    assert it.tap(act="end", booking="theirs", version=1).outcome == "refused"
    assert entries(it) == []


def test_a_walk_in_that_the_server_has_is_ended_by_its_own_id(rig: Make) -> None:
    it = cut_off(rig, booking("10:30", "11:00", id="mine", here=True))
    assert it.tap(act="end", booking="mine", version=1).outcome == "promised"
    assert (entries(it)[0].booking, entries(it)[0].of, it.view()["state"]) == ("mine", "", "free")


def test_that_people_are_here_goes_the_same_way(rig: Make) -> None:
    it = cut_off(rig, awaited("10:40", "11:00", id="m"))
    first = it.tap(act="check_in", booking="m", version=1)
    assert (first.outcome, it.view()["state"]) == ("kept", "busy")
    assert it.tap(act="check_in", booking="m", version=1).op == first.op
    (entry,) = entries(it)
    assert (entry.act, entry.booking, entry.start) == ("check_in", "m", at("10:40"))
    assert not it.agent.acts.owed()


def test_presence_that_an_older_version_kept_is_still_sent(rig: Make) -> None:
    it = rig(awaited("10:40", "11:00", id="m"))
    it.unplug()
    it.pass_(10)
    assert it.tap(act="check_in", booking="m", version=1).outcome == "kept"
    assert (entries(it), it.agent.acts.owed()) == ([], True)
    it.truth.me["number"] = 7
    it.restart()
    back(it)
    assert it.truth.snapshot["bookings"][0]["check_in"] == "done"
    assert not it.agent.acts.owed()


def test_the_limits_of_a_door_hold_while_it_is_cut_off_and_over_a_restart(rig: Make) -> None:
    it = cut_off(rig, walk_ins_per_hour=4, walk_ins_in_row=2, walk_in_pause_minutes=5)
    promised = 0
    for tap in range(1000):
        outcome = it.tap(act="book", minutes=15)
        if outcome.outcome == "promised":
            promised += 1
            it.tap(act="undo", of=outcome.op)
        if tap == 500:
            it.restart(orderly=False)
    assert promised == 4
    assert outcome.error is not None
    assert outcome.error["objections"][0]["code"] == "too_many_walk_ins"


def test_not_more_than_so_many_in_a_row(rig: Make) -> None:
    it = cut_off(rig, booking("10:20", "10:40", here=True), walk_ins_in_row=2, walk_in_pause_minutes=5)
    assert it.tap(act="book", minutes=15).outcome == "promised"
    it.pass_(15 * 60)
    outcome = it.tap(act="book", minutes=15)
    assert outcome.error is not None
    assert outcome.error["objections"][0]["code"] == "too_many_in_row"
    it.pass_(6 * 60)
    assert it.tap(act="book", minutes=15).outcome == "promised"


@pytest.mark.parametrize(
    "policy", [{"act": False}, {"walk_in": False}, {"active": False}, {"door_minutes": None}], ids=str
)
def test_where_nothing_may_be_done_nothing_is_promised(rig: Make, policy: dict[str, Any]) -> None:
    it = cut_off(rig, **policy)
    assert it.tap(act="book", minutes=15).outcome == "refused"
    assert entries(it) == []


def test_a_panel_that_was_never_let_in_promises_nothing(rig: Make) -> None:
    it = rig(door_minutes=120)
    it.unplug()
    it.pass_(10)
    assert it.tap(act="book", minutes=15).outcome == "refused"


def test_settled_is_said_only_when_the_journal_is_delivered(rig: Make) -> None:
    it = cut_off(rig)
    it.tap(act="book", minutes=15)
    it.plug()
    it.truth.fault, it.truth.fault_on = "503", "/journal"
    it.pass_(20)
    beats = [one for one in it.truth.bodies if one and "settled" in one]
    assert (beats[-1]["settled"], beats[-1]["unconfirmed"]) == (False, 1)
    it.truth.fault = None
    it.pass_(40)
    beats = [one for one in it.truth.bodies if one and "settled" in one]
    assert (beats[-1]["settled"], beats[-1]["unconfirmed"]) == (True, 0)


def test_after_the_power_went_between_journal_and_ledger_the_journal_counts(rig: Make) -> None:
    it = cut_off(rig)
    op = it.tap(act="book", minutes=15).op
    assert op is not None
    it.agent.ledger.append(Entry(op, "book", 1, {"op": op, "room": "oak", "expires": iso(0)}))
    it.restart(orderly=False)
    assert not it.agent.acts.owed()
    assert it.view()["until"] == iso(at("10:57"))


def test_who_plays_with_longer_and_back_again_is_stopped_before_the_card_is_full(rig: Make) -> None:
    it = cut_off(rig)
    it.tap(act="book", minutes=15)
    for _ in range(MOST_ACTS):
        view = it.view()
        offer = next(one for one in view["actions"] if one["act"] == "extend" and one["enabled"])
        outcome = it.tap(act="extend", minutes=offer["minutes"], booking=view["current"]["id"], version=0)
        if outcome.outcome == "refused":
            break
        it.tap(act="undo", of=outcome.op)
    assert outcome.outcome == "refused"
    assert len(entries(it)) == MOST_ACTS
