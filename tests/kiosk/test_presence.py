"""People who are here, and people who do not come: what is kept without the server, and what is never claimed."""

from collections.abc import Callable
from typing import Any

import pytest

from kiosk import agenda, wire
from kiosk.instants import iso
from kiosk.plan import Asked, Release, with_presence

from .makers import at, awaited, booking, plan
from .rig import Rig

Make = Callable[..., Rig]


def release(start: str = "10:40", *, released: str | None = None) -> Release:
    """Of a meeting from 10:40: warned at 10:48, released at 10:50, held until 10:55."""
    assert start == "10:40"
    return Release(at("10:48"), at("10:50"), at(released) if released else None, at("10:55"))


def cut(it: Rig) -> None:
    """The network goes, and the panel notices."""
    it.unplug()
    it.pass_(8)


def back(it: Rig) -> None:
    it.plug()
    it.pass_(15)


def sent(it: Rig) -> list[Any]:
    return [body for body in it.truth.bodies if body and "op" in body]


# kept while the server is away


def test_who_says_without_the_server_that_they_are_here_is_believed_and_it_is_sent_later(rig: Make) -> None:
    it = rig(awaited("10:40", "11:30", id="m"))
    cut(it)
    outcome = it.tap(act="check_in", booking="m", version=1, start_now=False)
    view = it.view()
    assert (outcome.outcome, view["state"], view["sure"], view["unconfirmed"]) == ("kept", "busy", "plan", 1)
    assert view["last"]["outcome"] == "kept"
    it.pass_(1800)
    back(it)
    view = it.view()
    assert (view["state"], view["sure"], view["unconfirmed"]) == ("busy", "live", 0)
    assert view["current"]["checked_in_at"] is not None
    (body,) = sent(it)
    assert (body["start"], body["expires"]) == (iso(at("10:40")), iso(at("11:30")))


@pytest.mark.parametrize("orderly", [True, False])
def test_it_survives_restarts_of_agent_and_machine(rig: Make, orderly: bool) -> None:
    it = rig(awaited("10:40", "11:30", id="m"))
    cut(it)
    op = it.tap(act="check_in", booking="m", version=1).op
    it.restart(orderly=orderly)
    assert (it.view()["state"], it.view()["unconfirmed"]) == ("busy", 1)
    it.reboot(off=60, wall=float(at("10:50")), orderly=orderly)
    assert it.view()["state"] == "busy"
    back(it)
    assert [body["op"] for body in sent(it)] == [op]
    assert it.view()["unconfirmed"] == 0


def test_saying_it_twice_is_saying_it_once(rig: Make) -> None:
    it = rig(awaited("10:40", "11:30", id="m"))
    cut(it)
    ops = {it.tap(act="check_in", booking="m", version=1).op for _ in range(3)}
    back(it)
    assert [body["op"] for body in sent(it)] == list(ops)


def test_it_stands_in_nobodys_way_when_the_server_is_back(rig: Make) -> None:
    it = rig(awaited("10:50", "11:30", id="m"))
    cut(it)
    it.tap(act="check_in", booking="m", version=1)
    assert it.view()["pending"] is None
    back(it)
    assert it.tap(act="book", minutes=7, end=None or iso(at("10:50"))).outcome == "done"


def test_what_the_server_refuses_after_all_is_told_and_taken_back(rig: Make) -> None:
    it = rig(awaited("10:40", "11:30", id="m"))
    cut(it)
    it.tap(act="check_in", booking="m", version=1)
    it.truth.change("m", None)
    back(it)
    view = it.view()
    assert (view["state"], view["unconfirmed"]) == ("free", 0)
    assert (view["last"]["outcome"], view["last"]["error"]["code"]) == ("refused", "unknown")


# The rights at the glass without the server, where nobody is ever asked who they are: (tap, what becomes of it).
WITHOUT_SERVER: list[tuple[dict[str, Any], str]] = [
    ({"act": "book", "minutes": 5}, "refused"),
    ({"act": "check_in"}, "kept"),
    ({"act": "check_in", "start_now": True}, "refused"),
    ({"act": "here"}, "kept"),
    ({"act": "ask_here", "minutes": 15}, "refused"),
    ({"act": "extend", "minutes": 15}, "refused"),
    ({"act": "end"}, "refused"),
    ({"act": "undo", "of": "2f1c7a52-6f0b-4b0e-9a54-0f6f8c1f7a10"}, "refused"),
]


@pytest.mark.parametrize("whose", ["here", "somebody else's"])
def test_without_the_server_nothing_is_taken_from_anybody_whosever_the_meeting_is(rig: Make, whose: str) -> None:
    it = rig(awaited("10:40", "11:30", id="m", here=whose == "here"), nobody_here=True)
    cut(it)
    for tap, becomes in WITHOUT_SERVER:
        meant = {} if tap["act"] in ("book", "undo") else {"booking": "m", "version": 1}
        outcome = it.tap(**tap, **meant)
        assert outcome.outcome == becomes, tap
        assert becomes == "kept" or (outcome.error or {})["code"] == "offline"
    back(it)
    assert {body["act"] for body in sent(it)} == {"check_in", "here"}


def test_a_panel_that_may_only_show_keeps_nothing_either(rig: Make) -> None:
    it = rig(awaited("10:40", "11:30", id="m"), act=False)
    cut(it)
    error = it.tap(act="check_in", booking="m", version=1).error
    assert error is not None
    assert error["code"] == "read_only"


# a release


def phase(it: Rig) -> str | None:
    view = it.view()
    return view["release"]["phase"] if view["release"] else None


def test_the_warning_comes_at_its_time_without_a_word_of_the_server(rig: Make) -> None:
    it = rig(awaited("10:40", "11:30", id="m", release=release()))
    assert (it.view()["state"], phase(it)) == ("reserved", None)
    it.pass_(6 * 60 + 1)
    assert phase(it) == "warned"
    assert it.view()["release"]["until"] == iso(at("10:50"))
    it.pass_(4 * 60)
    assert (it.view()["state"], phase(it)) == ("reserved", "warned")  # the server has not released it


def test_offline_no_warning_is_shown_and_nothing_is_said_to_be_given_back(rig: Make) -> None:
    it = rig(awaited("10:40", "11:30", id="m", release=release()))
    it.unplug()
    it.pass_(7 * 60)
    assert (it.view()["state"], phase(it)) == ("reserved", None)
    it.pass_(5 * 60)
    assert (it.view()["state"], phase(it)) == ("reserved", "doubt")
    it.pass_(30 * 60)
    assert it.view()["state"] == "reserved"


def test_once_released_it_is_still_theirs_for_five_minutes_and_who_comes_keeps_it(rig: Make) -> None:
    it = rig(awaited("10:40", "11:30", id="m", release=release(released="10:50")))
    it.machine.pass_(9 * 60)
    it.pass_(3)
    assert (it.view()["state"], phase(it)) == ("reserved", "released")
    assert it.tap(act="check_in", booking="m", version=1, start_now=False).outcome == "done"
    assert it.view()["state"] == "busy"


def test_a_network_that_goes_after_the_release_leaves_it_in_doubt(rig: Make) -> None:
    it = rig(awaited("10:40", "11:30", id="m", release=release(released="10:50")))
    it.unplug()
    it.pass_(16 * 60)
    assert (it.view()["state"], phase(it)) == ("reserved", "doubt")


# a stay that goes on


def test_who_stays_for_the_next_meeting_need_not_say_so_again() -> None:
    later = awaited("10:45", "11:30", id="b", follows="a")
    for more, state in (({}, "busy"), ({"ended": True}, "reserved"), ({"check_in": "asked"}, "reserved")):
        first = booking("10:00", "10:45", id="a", **({"check_in": "done"} | more))
        line = agenda.timeline(with_presence(plan(first, later), ()))
        assert line[agenda.at(line, at("10:50"))].state == state


def test_so_the_door_turns_busy_offline_too(rig: Make) -> None:
    it = rig(booking("10:00", "10:45", id="a", check_in="done"), awaited("10:45", "11:30", id="b", follows="a"))
    it.unplug()
    it.pass_(10 * 60)
    assert (it.view()["state"], it.view()["current"]["id"]) == ("busy", "b")


# nobody here?


def test_somebody_asks_the_door_shows_it_and_an_answer_ends_it(rig: Make) -> None:
    it = rig(booking("10:00", "11:30", id="m", check_in="done"), nobody_here=True)
    assert it.tap(act="ask_here", booking="m", version=1, minutes=30).outcome == "done"
    view = it.view()
    assert (view["state"], view["ask"]["until"], view["undo"]) == ("busy", iso(it.now() + 300), None)
    assert [one["act"] for one in view["actions"]] == ["here"]
    assert it.tap(act="here", booking="m", version=1).outcome == "done"
    assert (it.view()["ask"], it.view()["undo"]) == (None, None)
    assert "ask_here" not in [one["act"] for one in it.view()["actions"]]


def test_the_last_five_minutes_are_told(rig: Make) -> None:
    it = rig(booking("10:00", "10:50"))
    it.pass_(178)
    assert it.view()["ending"] is False
    it.pass_(3)
    assert it.view()["ending"] is True


def test_all_of_it_comes_back_from_the_card() -> None:
    it = plan(
        awaited("10:40", "11:30", release=release(released="10:50"), follows="a", ask=Asked(at("10:45"), True)),
        booking("09:00", "09:30", ended=True),
        nobody_here=True,
    )
    assert wire.snapshot_from(wire.snapshot_json(it)) == it
