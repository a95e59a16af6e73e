"""What a door does not promise: refused, set apart, of other rooms, once more; and that it hears what comes anew."""

from typing import Any

from kiosk.client import Unreachable
from kiosk.instants import iso

from .makers import at, awaited, booking
from .test_alone import Make, back, cut_off, entries, held


def test_a_longer_end_whose_answer_is_lost_after_the_plan_has_it_is_not_made_longer_once_more(rig: Make) -> None:
    it = rig(booking("10:30", "11:00"), device=True)
    it.truth.own((at("11:00"), at("12:42")))
    it.pass_(10)
    client: Any = it.agent.acts._client
    act = client.act

    def lost(body: Any) -> Any:
        act(body)
        it.agent.nudges.feed()
        it.agent.sync.step()
        raise Unreachable("the answer was lost")

    client.act = lost
    meant = it.view()["current"]
    it.tap(act="extend", booking=meant["id"], version=meant["version"], minutes=15)
    assert entries(it) == []
    client.act = act
    it.pass_(10)
    assert (held(it), it.view()["until"]) == ([(iso(at("10:30")), iso(at("11:15")))], iso(at("11:15")))


def test_a_meeting_that_has_other_rooms_as_well_is_not_extended_by_one_of_their_doors(rig: Make) -> None:
    it = cut_off(rig, booking("10:30", "11:00", joined=("Elm",)))
    offers = [one for one in it.view()["actions"] if one["act"] == "extend"]
    assert offers
    assert not any(one["enabled"] for one in offers)
    meant = it.view()["current"]["id"]
    assert it.tap(act="extend", booking=meant, version=1, minutes=15).outcome == "refused"
    it.restart(orderly=False)  # it is on the card, too
    assert it.tap(act="extend", booking=meant, version=1, minutes=15).outcome == "refused"
    assert entries(it) == []


def test_a_panel_that_is_set_apart_promises_nothing(rig: Make) -> None:
    it = rig(device=True)
    it.truth.own((at("10:30"), at("12:42")))
    it.pass_(10)
    it.truth.me |= {"state": "quarantined", "digest": "e"}
    it.pass_(10)
    assert it.tap(act="book", minutes=15).outcome == "refused"
    it.truth.me |= {"state": "good", "digest": "f"}
    it.pass_(10)
    assert it.tap(act="book", minutes=15).outcome == "done"
    assert entries(it) == []


def test_a_panel_that_the_server_refuses_promises_nothing_from_then_on_until_it_is_let_in_again(rig: Make) -> None:
    it = rig(device=True)
    it.truth.own((at("10:30"), at("12:42")))
    it.pass_(10)
    token, it.truth.token = it.truth.token, "another"
    it.pass_(8)
    assert it.view()["state"] == "free"  # the plan is shown for ten minutes more
    assert not any(one["enabled"] for one in it.view()["actions"] if one["act"] == "book")
    assert it.tap(act="book", minutes=15).outcome == "refused"
    it.unplug()  # nor when nothing is heard any more: its journal may never be taken
    it.pass_(10)
    assert it.tap(act="book", minutes=15).outcome == "refused"
    assert entries(it) == []
    it.truth.token = token
    back(it)
    it.unplug()
    it.pass_(10)
    assert it.tap(act="book", minutes=15).grade == "confirmed"


def test_that_people_are_here_is_kept_by_a_panel_that_the_server_refuses(rig: Make) -> None:
    it = rig(awaited("10:45", "11:30"), device=True)
    it.truth.token = "another"
    it.pass_(10)
    meant = it.agent.panel.plan.bookings[0]  # type: ignore[union-attr]
    tapped = it.tap(act="check_in", booking=meant.id, version=meant.version)
    assert (tapped.outcome, [one.act for one in entries(it)]) == ("kept", ["check_in"])


def test_what_comes_anew_while_it_is_asked_is_acknowledged_all_the_same(rig: Make) -> None:
    it = rig(device=True)
    it.truth.own((at("10:30"), at("12:42")))
    it.pass_(10)
    client = it.agent.sync.owning._client
    ask, said = client.grants, []

    def asking(body: dict[str, Any]) -> Any:
        said.append(body["rooms"][0]["version"])
        if len(said) < 5:
            it.truth.own((at("10:30"), at("12:42") - len(said)))
        return ask(body)

    client.grants = asking  # type: ignore[method-assign]
    it.agent.sync.owning.asked()
    it.agent.sync.step()
    assert said == [1, 2, 3]
    it.pass_(2)
    assert it.truth.acked[-1] == ("oak", 5)
