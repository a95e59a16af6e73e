"""What a door owns and did, in step with the server: acknowledgements, recalls, another life of it, and giving back."""

import base64
import json
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from kiosk.card import Cards
from kiosk.escrow import Owned
from kiosk.lines import Event
from kiosk.push import Push
from kiosk.trust import session
from kiosk.wanting import dark, wanted

from .makers import at, booking, office_hours, plan
from .rig import Rig
from .server_double import Truth, booking_json

Make = Callable[..., Rig]
MINE = (at("10:30"), at("12:42"))


def owned(it: Rig) -> Owned:
    return it.agent.word.owned("oak")


def asked(it: Rig, *names: str) -> list[str]:
    """The calls of these names, in order."""
    return [path.rpartition("/device/v1/")[2] for path in it.truth.asked if path.rpartition("/device/v1/")[2] in names]


def device(make: Make, *bookings: Any, own: bool = True, **policy: Any) -> Rig:
    it = make(*bookings, device=True, **policy)
    if own:
        it.truth.own(MINE)
        it.pass_(10)
        assert owned(it).times == (MINE,)
    it.truth.asked.clear()
    it.truth.acked.clear()
    return it


def test_what_is_owned_is_on_the_card_before_it_is_acknowledged(rig: Make) -> None:
    it = rig(device=True)
    card: list[Any] = []
    it.truth.own(MINE)

    class Acked(list[tuple[str, int]]):
        def append(self, one: tuple[str, int]) -> None:
            card.append((one, (it.folder / "grants.json").read_text()))
            super().append(one)

    it.truth.acked = Acked()
    it.pass_(10)
    newest, content = card[-1]
    assert newest == ("oak", 1)
    said = json.loads(content.partition("\n")[2])["rooms"]["oak"]
    assert (said["version"], said["times"]) == (1, [["2026-11-20T09:30:00Z", "2026-11-20T11:42:00Z"]])


def test_it_outlives_a_restart_and_nobody_else_s_card_counts(rig: Make) -> None:
    it = device(rig)
    before = owned(it)
    it.unplug()
    it.restart(orderly=False)
    assert owned(it) == before
    it.agent.drop()
    it.port += 1
    it.agent = it._start()
    assert owned(it) == Owned()


def test_a_card_that_cannot_be_read_or_written_owns_what_it_had_or_nothing(
    rig: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = device(rig)

    def full(path: Any, body: bytes, **more: Any) -> int:
        raise OSError(28, "No space left on device")

    it.truth.own()
    monkeypatch.setattr("kiosk.durable.write", full)
    it.pass_(10)
    assert (owned(it).version, it.truth.acked) == (1, [])
    monkeypatch.undo()
    it.pass_(10)
    assert (owned(it).version, owned(it).times, it.truth.acked[-1]) == (2, (), ("oak", 2))
    (it.folder / "grants.json").write_bytes(b"torn")
    it.unplug()
    it.restart(orderly=False)
    assert owned(it) == Owned()


def test_somebody_who_waits_is_answered_before_everything_else(rig: Make) -> None:
    it = device(rig)
    agent = it.agent
    push = Push(doors=agent.doors, clock=agent.clock, nudges=agent.nudges, rng=Random(7), session=lambda: session(()))
    it.truth.own((at("10:30"), at("11:00")))
    push.hear(Event("news", '{"rooms": {"oak": 101}}', "101"), got=it.machine.boottime())
    push.hear(Event("grants", "{}", ""), got=it.machine.boottime())
    it.truth.asked.clear()
    agent.sync.step()
    assert asked(it, "grants", "feed", "heartbeat")[:2] == ["grants", "grants"]
    assert (owned(it).times, it.truth.acked) == (((at("10:30"), at("11:00")),), [("oak", 2)])


def test_an_acknowledgement_speaks_of_the_head_and_counts_when_the_journal_is_there(rig: Make) -> None:
    it = device(rig)
    it.unplug()
    it.pass_(10)
    it.tap(act="book", minutes=15)
    it.truth.own((at("10:57"), at("12:42")))
    it.plug()
    it.truth.fault, it.truth.fault_on = "503", "/journal"
    it.pass_(20)
    heads = [one["journal"]["head"] for one in it.truth.bodies if one and "journal" in one]
    assert (heads[-1], it.truth.acked) == (1, [])
    it.truth.fault = None
    it.truth.asked.clear()
    it.pass_(40)
    assert asked(it, "journal", "grants")[0] == "journal"
    assert it.truth.acked[-1] == ("oak", 2)


def test_a_promise_that_is_made_while_the_question_is_under_way_is_not_in_what_it_speaks_of(rig: Make) -> None:
    it = device(rig)
    client = it.agent.sync.owning._client
    ask, said = client.grants, []

    def asking(body: dict[str, Any]) -> Any:
        if not said:
            it.agent.panel.tapped()
            it.agent.panel._confirmed = None  # cut off as far as the glass knows
            assert it.tap(act="book", minutes=15).grade == "confirmed"
        said.append((body["journal"]["head"], body["rooms"][0]["version"]))
        return ask(body)

    client.grants = asking  # type: ignore[method-assign]
    it.truth.own((at("11:30"), at("12:42")))
    it.agent.sync.owning.asked()
    it.pass_(10)
    assert said[:2] == [(0, 1), (1, 2)]
    (entry,) = (one for one, _ in it.agent.word.journal.entries())
    assert (entry.version, it.truth.acked[-1]) == (1, ("oak", 2))


def test_another_life_of_the_server_is_told_what_the_plan_had_before_anything_of_it_is_taken(rig: Make) -> None:
    it = device(rig, booking("11:00", "12:00", id="kept", proof="ab" * 16), booking("13:00", "14:00", id="bare"))
    it.unplug()
    it.pass_(10)
    it.tap(act="book", minutes=15)
    it.truth.snapshot |= {"incarnation": "life-2", "seq": 5, "bookings": []}
    it.truth.log.clear()
    it.truth.own(MINE)
    it.plug()
    it.truth.asked.clear()
    it.pass_(20)
    order = asked(it, "attest", "journal", "snapshot", "grants")
    assert [name for index, name in enumerate(order) if name not in order[:index]] == [
        "snapshot",  # by which it was noticed, and of which nothing was taken
        "attest",
        "journal",
        "grants",
    ]
    assert order.index("journal") < len(order) - 1 - order[::-1].index("snapshot") < order.index("grants")
    (said,) = it.truth.attested
    assert (said["incarnation"], [one["id"] for one in said["bookings"]]) == ("life-1", ["kept"])
    assert (owned(it).incarnation, it.truth.acked[-1][0]) == ("life-2", "oak")
    assert (it.view()["online"], it.view()["current"]["synced"]) == (True, True)


def test_a_server_that_cannot_hear_what_the_plan_had_does_not_keep_the_glass_waiting_for_ever(rig: Make) -> None:
    it = device(rig, booking("11:00", "12:00", id="kept", proof="ab" * 16))
    it.truth.fault, it.truth.fault_on = "500", "/attest"
    it.truth.snapshot |= {"incarnation": "life-2", "bookings": []}
    it.pass_(8)
    assert [one["start"] for one in [it.view()["next"]] if one] == ["2026-11-20T10:00:00Z"]
    it.pass_(240)
    assert (it.view()["next"], it.view()["online"]) == (None, True)


def test_what_the_plan_had_is_told_for_as_long_as_it_does_not_get_through(rig: Make) -> None:
    it = device(rig, booking("11:00", "12:00", id="kept", proof="ab" * 16))
    it.truth.fault, it.truth.fault_on = "slam", "/attest"
    it.truth.snapshot |= {"incarnation": "life-2", "bookings": []}
    it.pass_(400)
    assert it.view()["next"] is not None
    it.truth.fault, it.truth.fault_on = "", ""
    it.pass_(60)
    assert ([one["id"] for said in it.truth.attested for one in said["bookings"]], it.view()["next"]) == (
        ["kept"],
        None,
    )


def test_a_server_that_will_not_have_what_the_plan_had_gets_the_journal_all_the_same(rig: Make) -> None:
    it = device(rig, booking("11:00", "12:00", id="kept", proof="ab" * 16))
    it.truth.fault, it.truth.fault_on = "422", "/attest"
    it.truth.snapshot |= {"incarnation": "life-2", "bookings": []}
    it.unplug()
    it.pass_(10)
    it.tap(act="book", minutes=15)
    it.truth.asked.clear()
    it.plug()
    it.pass_(20)
    order = asked(it, "attest", "journal", "snapshot")
    assert (it.view()["next"], it.view()["online"]) == (None, True)
    assert order.index("journal") < len(order) - 1 - order[::-1].index("snapshot")


def test_a_backup_that_lacks_part_of_the_journal_gets_it_again(rig: Make) -> None:
    it = device(rig)
    it.unplug()
    it.pass_(10)
    op = it.tap(act="book", minutes=15).op
    it.plug()
    it.pass_(15)
    assert len(it.truth.journal) == 1
    it.truth.journal.clear()
    it.truth.ops.clear()
    it.truth.snapshot |= {"incarnation": "life-2", "bookings": [], "seq": 1}
    it.truth.log.clear()
    it.pass_(20)
    assert [one["op"] for one in it.truth.journal.values()] == [op]
    assert it.view()["current"]["synced"] is True


def test_after_a_start_the_server_is_asked_how_far_it_is_whatever_the_card_remembers(rig: Make) -> None:
    it = device(rig)
    it.unplug()
    it.pass_(10)
    it.tap(act="book", minutes=15)
    it.plug()
    it.pass_(15)
    it.truth.journal.clear()  # a card that was copied, or a word that was never true
    it.restart(orderly=False)
    it.truth.bodies.clear()
    it.pass_(10)
    brought = [len(one["ops"]) for one in it.truth.bodies if one and "ops" in one]
    assert brought == [1]
    assert len(it.truth.journal) == 1


def test_more_is_asked_for_when_time_comes_free_and_each_quarter_of_an_hour_and_not_in_vain(rig: Make) -> None:
    it = device(rig, booking("11:00", "11:30", id="b"), own=False)
    it.truth.own((at("10:42"), at("11:00")), (at("11:30"), at("12:45")))
    it.pass_(10)
    it.truth.asked.clear()
    it.pass_(100)
    assert asked(it, "grants") == []
    it.truth.change("b", None)
    it.pass_(15)
    assert len(asked(it, "grants")) == 1
    it.truth.asked.clear()
    it.machine.pass_(at("11:00:01") - it.now())
    it.pass_(15)
    assert len(asked(it, "grants")) == 1


def test_the_time_goes_back_at_an_orderly_end_and_not_where_the_server_is_away(rig: Make) -> None:
    it = device(rig)
    it.agent.sync.owning.give_back()
    assert (owned(it).times, it.truth.acked[-1]) == ((), ("oak", 2))
    it.truth.own(MINE)
    it.pass_(10)
    it.unplug()
    assert it.agent.sync.owning.give_back() is False
    assert owned(it).times == (MINE,)


def test_an_agent_that_ends_gives_its_time_back(rig: Make) -> None:
    it = device(rig)
    thread = it.agent.start()
    it.agent.stop(thread)
    assert it.truth.acked[-1] == ("oak", 2)
    it.agent = it._start()


def test_at_night_nothing_is_owned(rig: Make) -> None:
    it = device(rig)
    it.truth.me |= {"settings": {"night": "10:43-10:50"}, "digest": "e"}
    it.machine.pass_(50)
    it.pass_(10)
    assert (owned(it).times, it.truth.grants["oak"]["times"]) == ((), [])
    it.truth.asked.clear()
    it.pass_(20)
    assert asked(it, "grants") == []
    it.machine.pass_(at("10:50") - it.now())
    it.pass_(5)
    wants = [one["rooms"][0]["want"] for one in it.truth.bodies if one and "journal" in one]
    assert wants[-1] is True


@pytest.mark.parametrize(
    ("now", "night", "is_dark"),
    [
        ("23:00", "22:00-06:00", True),
        ("05:59", "22:00-06:00", True),
        ("06:00", "22:00-06:00", False),
        ("12:00", "22:00-06:00", False),
        ("12:00", "11:30-12:30", True),
        ("12:30", "11:30-12:30", False),
    ],
)
def test_night_is_by_the_clock_on_the_wall_of_the_room(now: str, night: str, is_dark: bool) -> None:
    assert dark(plan(), night, at(now)) is is_dark
    assert not dark(plan(), None, at(now))


def test_what_is_wanted_is_the_free_time_of_the_window() -> None:
    it = plan(booking("11:00", "12:00"), door_minutes=120, gap_minutes=5)
    assert wanted(it, (), at("10:40")) == ((at("10:40"), at("10:55")), (at("12:05"), at("12:45")))
    assert wanted(it, ((at("10:00"), at("10:55")),), at("10:40")) == ((at("12:05"), at("12:45")),)
    late = plan(door_minutes=120, open=office_hours())
    assert wanted(it, ((at("10:00"), at("12:45")),), at("10:46"), 60) == ((at("12:45"), at("13:00")),)
    assert wanted(it, ((at("10:00"), at("12:45")),), at("10:46"), 120) == (), "each panel has its own minute"
    assert wanted(late, (), at("17:00")) == ((at("17:00"), at("18:00")),)
    for nothing in ({"door_minutes": 0}, {"walk_in": False}, {"active": False}):
        assert wanted(plan(**({"door_minutes": 120} | nothing)), (), at("10:40")) == ()


def test_a_torn_journal_is_brought_to_the_server_once(rig: Make) -> None:
    it = device(rig)
    it.unplug()
    it.pass_(10)
    op = it.tap(act="book", minutes=15).op
    with (it.folder / "journal.jsonl").open("ab") as file:
        file.write(b'{"half a l')
    raw = (it.folder / "journal.jsonl").read_bytes()
    it.restart(orderly=False)
    assert it.view()["state"] == "busy"
    it.plug()
    it.pass_(30)
    (said,) = it.truth.torn
    assert base64.b64decode(said["body"]) == raw
    assert [one["op"] for one in it.truth.journal.values()] == [op]
    assert it.truth.acked[-1][0] == "oak"


def test_the_journal_outlives_the_identity_and_what_is_owned_does_not(rig: Make) -> None:
    it = device(rig)
    it.unplug()
    it.pass_(10)
    op = it.tap(act="book", minutes=15).op
    it.agent.drop()
    Cards(it.folder).forget(revoked=True)
    assert not (it.folder / "grants.json").exists()
    it.truth.me["number"] = 8
    it.agent = it._start()
    assert owned(it) == Owned()
    it.plug()
    it.pass_(10)
    assert [one["op"] for one in it.truth.journal.values()] == [op]


def test_what_is_left_of_a_room_that_was_taken_away_is_given_up_and_forgotten(rig: Make) -> None:
    it = device(rig)
    elm = {**it.truth.snapshot, "room": {**it.truth.snapshot["room"], "id": "elm"}}
    it.truth.others["elm"] = Truth(elm)
    it.truth.me |= {"rooms": ["elm"], "digest": "e"}
    it.truth.own()
    it.pass_(15)
    assert ("oak", 2) in it.truth.acked
    assert it.agent.word.rooms() == ("elm",)


def test_conflicts_come_with_the_feed_and_go_with_it(rig: Make) -> None:
    it = device(rig)
    one = {"id": 7, "kind": "walk_in", "from": "2026-11-20T09:45:00Z", "to": "2026-11-20T10:00:00Z", "booking": None}
    it.truth.snapshot["conflicts"] = [one | {"host": "", "other": "b", "other_host": "A. B."}]
    it.truth.snapshot["incarnation"] = "life-2"
    it.pass_(10)
    assert [conflict["id"] for conflict in it.view()["conflicts"]] == [7]
    it.unplug()
    it.restart(orderly=False)
    assert [conflict["other_host"] for conflict in it.view()["conflicts"]] == ["A. B."]


def test_bookings_at_risk_are_taken_as_far_as_the_door_is_concerned(rig: Make) -> None:
    it = device(rig)
    it.truth.change("risk", booking_json(at("11:00"), at("11:30"), state="at_risk"))
    it.pass_(10)
    assert it.agent.panel.promises().grade(at("10:42"), at("11:30")) == "not_confirmed"
    assert it.agent.panel.promises().until(int(it.now())) == at("11:00")
