"""Several rooms behind one panel: each its own plan and acts, one link; rooms come and go while it runs."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from kiosk.taps import BadTap

from .makers import ROOM, at, awaited, booking, plan
from .rig import Rig
from .server_double import Truth, booking_json, truth_of

Make = Callable[..., Rig]


def device(it: Rig, *rooms: str, **more: Any) -> None:
    """The server says that this is a device of these rooms."""
    digest = f"{rooms}{more}"
    it.truth.me = {"number": 7, "rooms": list(rooms), "state": "good", "digest": digest} | more


def add(it: Rig, room: str, *bookings: Any, **policy: Any) -> Truth:
    whole = plan(*bookings, **policy)
    named = replace(whole, seq=40, room=replace(ROOM, id=room, name=room.title()))
    it.truth.others[room] = truth_of(named, now=it.now)
    return it.truth.others[room]


@pytest.fixture
def both(rig: Make) -> Rig:
    """Oak, with a meeting that runs, and Elm, which is free."""
    it = rig(booking("10:00", "11:00", id="in-oak"), sync=False)
    add(it, "elm")
    device(it, "oak", "elm")
    it.pass_(3)
    return it


def states(it: Rig) -> dict[str, str]:
    return {view["room"]["id"]: view["state"] for view in it.agent.doors.views() if view["room"]}


def asked(it: Rig) -> Counter[str]:
    return Counter(path.rpartition("/")[2] for path in it.truth.asked)


def files(it: Rig) -> list[str]:
    return sorted(path.name for path in it.folder.glob("plan*"))


def test_each_room_has_its_own_state_in_the_order_the_server_says(both: Rig) -> None:
    assert list(states(both).items()) == [("oak", "busy"), ("elm", "free")]
    assert [view["online"] for view in both.agent.doors.views()] == [True, True]
    device(both, "elm", "oak")
    both.pass_(5)
    assert list(states(both)) == ["elm", "oak"]


def test_one_heartbeat_speaks_for_all_rooms_and_only_those_with_news_are_asked_for(both: Rig) -> None:
    both.truth.asked.clear()
    both.truth.bodies.clear()
    both.pass_(120)
    assert 50 <= asked(both)["heartbeat"] <= 75
    assert asked(both)["feed"] <= 26
    body = [one for one in both.truth.bodies if one][-1]
    assert [(room["id"], room["seq"], room["state"]) for room in body["rooms"]] == [
        ("oak", 100, "busy"),
        ("elm", 40, "free"),
    ]
    both.truth.others["elm"].change("new", booking_json(at("10:40"), at("11:30")))
    both.pass_(3)
    assert states(both) == {"oak": "busy", "elm": "busy"}


def test_a_room_without_a_plan_is_told_of_as_one_that_has_none(rig: Make) -> None:
    it = rig(booking("10:00", "11:00"), sync=False)
    device(it, "oak")
    it.pass_(3)
    it.truth.fault, it.truth.fault_on = "503", "/snapshot"
    add(it, "elm")
    device(it, "oak", "elm")
    it.pass_(10)
    body = [one for one in it.truth.bodies if one][-1]
    assert [(room["id"], room["seq"], room["state"], room["as_of"] is None) for room in body["rooms"]] == [
        ("oak", 100, "busy", False),
        ("elm", 0, "unknown", True),
    ]


def test_a_tap_is_of_one_room_and_shows_there_alone(both: Rig) -> None:
    assert both.tap(act="book", minutes=15, room="elm").outcome == "done"
    assert states(both) == {"oak": "busy", "elm": "busy"}
    assert [len(one.snapshot["bookings"]) for one in (both.truth, both.truth.others["elm"])] == [1, 1]
    oak, elm = both.agent.doors.views()
    assert (oak["last"], oak["undo"]) == (None, None)
    assert elm["undo"]["op"] == elm["last"]["op"]
    for room in ("ash", None):
        with pytest.raises(BadTap, match="room"):
            both.tap(act="book", minutes=15, **({"room": room} if room else {}))


def test_what_is_owed_of_one_room_does_not_stand_in_the_way_of_the_other(both: Rig) -> None:
    both.truth.fault, both.truth.fault_on = "lose the answer", "/act"
    assert both.tap(act="book", minutes=15, room="elm").outcome == "unknown"
    both.truth.fault = None
    oak, elm = both.agent.doors.views()
    assert (oak["pending"], oak["unconfirmed"], elm["unconfirmed"]) == (None, 0, 1)
    assert both.tap(act="end", booking="in-oak", version=1, room="oak").outcome == "done"
    both.pass_(20)
    assert [view["unconfirmed"] for view in both.agent.doors.views()] == [0, 0]
    assert states(both) == {"oak": "free", "elm": "busy"}


def test_a_room_that_is_added_appears_and_one_taken_away_goes_from_glass_and_card(both: Rig) -> None:
    both.pass_(3)
    assert {"plan-oak.json", "plan-elm.json"} <= set(files(both))
    add(both, "ash", booking("10:00", "12:00"))
    device(both, "elm", "ash")
    both.pass_(5)
    assert list(states(both).items()) == [("elm", "free"), ("ash", "busy")]
    both.pass_(5)
    assert [name for name in files(both) if "oak" in name] == []
    assert {"plan-ash.json", "plan-elm.json"} <= set(files(both))


def test_a_plan_stays_on_the_card_until_nothing_done_there_is_owed(rig: Make) -> None:
    it = rig(awaited("10:40", "11:30", id="m"), sync=False)
    elm = add(it, "elm")
    device(it, "oak", "elm")
    it.pass_(3)
    it.truth.fault, it.truth.fault_on = "slam", "/act"
    it.tap(act="check_in", booking="m", version=1, room="oak")
    device(it, "elm")
    it.pass_(10)
    assert list(states(it)) == ["elm"]
    assert "plan-oak.json" in files(it)
    assert not it.agent.acts.settled()
    it.truth.fault = None
    it.pass_(40)
    assert it.truth.snapshot["bookings"][0]["check_in"] == "done"
    assert [name for name in files(it) if "oak" in name] == []
    assert elm.snapshot["bookings"] == []


def test_what_was_done_at_a_room_that_is_ours_no_more_is_given_up_once_nobody_would_do_it(rig: Make) -> None:
    it = rig(awaited("10:40", "11:30", id="m"), sync=False)
    add(it, "elm")
    device(it, "oak", "elm")
    it.pass_(3)
    it.truth.fault, it.truth.fault_on = "slam", "/act"
    it.tap(act="check_in", booking="m", version=1, room="oak")
    device(it, "elm")
    it.pass_(5)
    it.truth.fault = None
    it.truth.snapshot["room"]["id"] = "another"  # our key opens Elm alone: 403
    it.pass_(at("11:29") - it.now())
    assert not it.agent.acts.settled(), "it may be ours again"
    it.pass_(120)
    assert it.agent.acts.settled()
    assert [name for name in files(it) if "oak" in name] == []


def test_nor_does_it_hold_back_what_was_done_elsewhere(rig: Make) -> None:
    it = rig(awaited("10:40", "11:30", id="m"), sync=False)
    elm = add(it, "elm", awaited("10:40", "11:30", id="n"))
    device(it, "oak", "elm")
    it.pass_(3)
    it.truth.fault, it.truth.fault_on = "slam", "/act"
    it.tap(act="check_in", booking="m", version=1, room="oak")
    device(it, "elm")
    it.pass_(30)
    it.tap(act="check_in", booking="n", version=1, room="elm")
    it.truth.fault = None
    it.truth.snapshot["room"]["id"] = "another"
    it.pass_(40)
    assert elm.snapshot["bookings"][0]["check_in"] == "done"


def test_a_restart_without_the_server_shows_all_rooms_again_and_of_when(both: Rig) -> None:
    both.pass_(60)
    both.unplug()
    both.pass_(40)
    before = {view["room"]["id"]: view["as_of"] for view in both.agent.doors.views()}
    both.agent.settings = replace(both.agent.settings, rooms=())
    both.reboot(wall=0)
    assert {view["room"]["id"]: view["as_of"] for view in both.agent.doors.views()} | before == before
    assert states(both)["oak"] == "busy"


def test_a_device_without_a_room_shows_that_nothing_is_known_and_still_reports(rig: Make) -> None:
    it = rig(sync=False)
    device(it, state="waiting")
    it.pass_(10)
    assert it.agent.doors.all() == ()
    view = it.agent.doors.view()
    assert view is not None
    assert (view["state"], view["room"], view["actions"]) == ("unknown", None, [])
    assert asked(it)["heartbeat"] >= 3
    device(it, "oak")
    it.pass_(5)
    assert states(it) == {"oak": "free"}


def test_a_panel_that_was_told_no_room_learns_it_and_keeps_its_plan_under_that_name(rig: Make) -> None:
    it = rig(booking("10:00", "11:00"), sync=False)
    doors = it.agent.doors
    doors.set(("",))
    it.truth.fault, it.truth.fault_on = "404", "/me"
    it.pass_(3)
    assert (doors.all()[0].room, doors.all()[0].id, states(it)) == ("", "oak", {"oak": "busy"})
    panel = it.agent.panel
    it.truth.fault = None
    it.pass_(310)
    assert (doors.all()[0].room, it.agent.panel is panel) == ("oak", True)
    it.pass_(5)
    assert [name for name in files(it) if name.startswith("plan.")] == []


def test_a_quarantined_device_shows_its_plan_and_only_keeps_that_people_are_here(rig: Make) -> None:
    it = rig(awaited("10:40", "11:30", id="m"), sync=False)
    device(it, "oak")
    it.pass_(3)
    it.truth.me["state"] = "quarantined"  # before it is told
    assert it.tap(act="end", booking="m", version=1).error == {
        "code": "quarantined", "objections": [], "conflicts": [], "fields": {},
    }  # fmt: skip
    assert it.tap(act="check_in", booking="m", version=1).outcome == "kept"
    device(it, "oak", state="quarantined")
    it.pass_(6)
    view = it.view()
    assert (view["state"], view["quarantined"], view["online"], view["unconfirmed"]) == ("busy", True, True, 1)
    assert {one["why"] for one in view["actions"]} == {"quarantined", "identity"}
    assert it.tap(act="extend", booking="m", version=1, minutes=15).error == {
        "code": "quarantined", "objections": [], "conflicts": [], "fields": {},
    }  # fmt: skip
    it.restart()
    it.pass_(90)
    assert (it.view()["state"], it.view()["unconfirmed"]) == ("busy", 1)
    device(it, "oak")
    it.pass_(40)
    assert (it.view()["quarantined"], it.view()["unconfirmed"]) == (False, 0)
    assert it.truth.snapshot["bookings"][0]["check_in"] == "done"


def test_where_a_heartbeat_is_refused_the_panel_asks_who_it_is_now(both: Rig) -> None:
    del both.truth.others["elm"]  # the heartbeat names it still: 403
    device(both, "oak")
    both.pass_(10)
    assert [(view["room"]["id"], view["online"]) for view in both.agent.doors.views()] == [("oak", True)]


def test_with_the_network_gone_many_rooms_do_not_delay_the_way_back(rig: Make) -> None:
    it = rig(sync=False)
    rooms = [f"room-{number}" for number in range(12)]
    for room in rooms:
        add(it, room)
    device(it, *rooms)
    it.pass_(5)
    assert len(states(it)) == 12
    it.unplug()
    it.pass_(120)
    assert not any(view["online"] for view in it.agent.doors.views())
    it.plug()
    it.pass_(10)
    assert all(view["online"] for view in it.agent.doors.views())


def test_a_state_that_changes_is_reported_at_once_but_not_more_than_once_a_second(rig: Make) -> None:
    it = rig(booking("10:43", "11:00"))
    it.truth.bodies.clear()
    it.pass_(at("10:43:01") - it.now())
    assert [one for one in it.truth.bodies if one][-1]["rooms"][0]["state"] == "busy"
    it.truth.asked.clear()
    for number in range(100):
        it.agent.glass.painted("good" if number % 2 else "suspect")
        it.pass_(0.1)
    assert 6 <= asked(it)["heartbeat"] <= 11
