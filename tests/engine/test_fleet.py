"""The fleet on both databases: who is heard, what is wrong since when, orders and receipts, settings by level."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from server.core.access import CLI, Actor
from server.core.errors import Barred, Full, Invalid, Refused, Unknown
from server.core.places import Place
from server.engine import Engine, engine_of
from server.engine.hearing import Beat, Hearing
from tests.engine.heard import person
from tests.make import NOW, House, codes
from tests.pictures import png

WELL: dict[str, Any] = {"version": "0.3.0", "clock": "verified", "painted_ago": 1}


def say(house: House, panel: Actor, engine: Engine | None = None, **said: Any) -> None:
    """A panel at Oak says that it lives."""
    (engine or house.engine).fleet.heartbeat(["oak"], panel, Beat(json.dumps(WELL | said)))


def words(house: House, number: int) -> list[str]:
    return [it.word for it in house.engine.fleet.one(number, CLI).wrong]


def test_a_silence_is_known_within_fifteen_seconds_by_every_process(house: House) -> None:
    device, _, panel = house.panel()
    other = engine_of(house.store, house.clock)
    for _ in range(30):
        say(house, panel)
        assert other.fleet.one(device.number, CLI).verdict == "good"
        house.clock.forward(seconds=5)
    house.clock.forward(seconds=9)
    it = other.fleet.one(device.number, CLI)
    assert (it.verdict, it.since, it.seen_at) == ("silent", it.seen_at, house.clock.now() - timedelta(seconds=14))
    assert [it.verdict for it in other.fleet.all(CLI)] == ["silent"]
    say(house, panel)
    assert other.fleet.one(device.number, CLI).verdict == "good"


def test_heartbeats_that_say_nothing_new_are_one_small_write_for_all_devices(house: House) -> None:
    """Which is made when the pause is over; what comes to mean something else is written at once."""
    later: list[Callable[[], None]] = []
    hearing = Hearing(house.store, house.clock, later.append)
    oak = [house.oak]
    panels = [house.panel()[2] for _ in range(5)]
    for panel in panels:
        hearing.note(panel.name, Beat("{}"), oak)
    assert len(later) == 1
    later.pop()()
    house.clock.forward(seconds=5)
    for panel in panels:
        hearing.note(panel.name, Beat("{}"), oak)
    assert len(later) == 1
    whole = _whole(house)
    later.pop()()
    assert _whole(house) == whole, "the rest waits for its minute"
    seen = {it.seen_at for it in house.engine.fleet.all(CLI)}
    assert seen == {NOW + timedelta(seconds=5)}
    hearing.note(panels[0].name, Beat('{"vitals": {"disk": "full"}}'), oak)
    assert len(later) == 2, "at once, and what is said of it all"
    later[0]()
    assert [it.verdict for it in house.engine.fleet.all(CLI)] == ["card", *["good"] * 4]


def _whole(house: House) -> list[Any]:
    with house.store.reading() as tx:
        return tx.rows("SELECT id, seen_at FROM device ORDER BY id")


def test_what_the_database_cannot_take_is_written_with_the_next(sqlite_house: House, monkeypatch: Any) -> None:
    house = sqlite_house
    device, _, panel = house.panel()

    def full(*_: Any, **__: Any) -> None:
        raise Full

    with monkeypatch.context() as patched:
        patched.setattr(type(house.store), "writing", full)
        say(house, panel)
    assert house.engine.fleet.one(device.number, CLI).verdict == "never_heard"
    house.engine.fleet.hearing.flush()
    assert house.engine.fleet.one(device.number, CLI).verdict == "good"


def test_what_is_wrong_is_known_at_once_and_since_when_it_is_so(house: House) -> None:
    device, _, panel = house.panel()
    say(house, panel)
    house.clock.forward(seconds=5)
    begun = house.clock.now()
    for _ in range(3):
        say(house, panel, vitals={"temperature": 85}, unconfirmed=2)
        assert words(house, device.number) == ["hot"]
        house.clock.forward(seconds=60)
    it = house.engine.fleet.one(device.number, CLI)
    say(house, panel, vitals={"temperature": 85}, unconfirmed=2)
    it = house.engine.fleet.one(device.number, CLI)
    assert [(each.word, each.since) for each in it.wrong] == [("owing", begun), ("hot", begun)]
    say(house, panel)
    assert words(house, device.number) == []
    say(house, panel, version="0.2.0")
    assert words(house, device.number) == [], "there is no newer one"
    say(house, house.panel()[2], version="0.4.0")
    assert words(house, device.number) == ["version"]


def test_a_version_that_one_device_alone_says_makes_not_all_others_old(house: House) -> None:
    device, _, panel = house.panel()
    for each in (panel, house.panel()[2]):
        say(house, each, version="0.3.0")
    say(house, house.panel()[2], version="99999999.0")
    assert words(house, device.number) == []


def test_a_device_of_two_rooms_says_of_each_how_old_its_plan_is(house: House) -> None:
    device, _, panel = house.panel("oak", "elm")
    fresh, old = NOW.isoformat(), (NOW - timedelta(minutes=3)).isoformat()

    def hear(elm: str | None) -> None:
        rooms = [{"number": house.oak.number, "as_of": fresh}, {"number": house.elm.number, "as_of": elm}]
        house.engine.fleet.heartbeat(["oak", "elm"], panel, Beat(json.dumps(WELL | {"rooms": rooms})))

    hear(fresh)
    assert words(house, device.number) == []
    hear(old)
    assert words(house, device.number) == ["old"]
    assert house.engine.fleet.one(device.number, CLI).since == NOW - timedelta(minutes=3)
    hear(None)
    assert words(house, device.number) == ["old"]


def test_a_heartbeat_tells_only_of_the_devices_own_rooms(house: House) -> None:
    _, _, panel = house.panel()
    pulse = house.engine.fleet.heartbeat(["oak", "elm", "cellar"], panel, Beat("{}"))
    assert set(pulse.rooms) == {"oak"}
    house.book("11:00", "12:00")
    assert house.engine.fleet.heartbeat(["oak"], panel, Beat("{}")).rooms["oak"] > pulse.rooms["oak"]


# orders


def test_an_order_is_told_until_its_receipt_which_counts_once(house: House) -> None:
    fleet = house.engine.fleet
    device, _, panel = house.panel()
    _, _, other = house.panel()
    made = fleet.order(device.number, "identify", CLI)
    assert (made.told, made.expires_at) == ({"seconds": 10}, NOW + timedelta(minutes=10))
    assert fleet.due(panel) == fleet.heartbeat([], panel, Beat("{}")).orders == (made,)
    assert fleet.due(other) == ()
    with pytest.raises(Unknown):
        fleet.receipt(other, made.number, "done", "", None)
    assert fleet.receipt(panel, made.number, "failed", "no screen", None)
    assert not fleet.receipt(panel, made.number, "done", "", None)
    (kept,) = fleet.orders(device.number, CLI)
    assert (kept.outcome, kept.text, kept.done_at) == ("failed", "no screen", NOW)
    assert fleet.due(panel) == ()


def test_an_order_is_not_done_when_nobody_waits_for_it_any_more(house: House) -> None:
    fleet = house.engine.fleet
    device, _, panel = house.panel()
    fleet.order(device.number, "log", CLI)
    reboot = fleet.order(device.number, "reboot", CLI)
    house.clock.forward(minutes=2)
    assert [it.what for it in fleet.due(panel)] == ["log"]
    assert reboot.state(house.clock.now()) == "expired"
    house.clock.forward(minutes=8)
    assert fleet.due(panel) == ()
    assert fleet.receipt(panel, reboot.number, "done", "", None), "it was done in time, and said late"


def test_there_are_bounds_to_orders(house: House) -> None:
    fleet = house.engine.fleet
    device, _, panel = house.panel()
    for _ in range(20):
        fleet.order(device.number, "reload", CLI)
    with pytest.raises(Refused) as no:
        fleet.order(device.number, "reload", CLI)
    assert codes(no.value) == ["too_many_orders"]
    house.clock.forward(minutes=10)
    fleet.order(device.number, "reload", CLI)
    for bad in ({"what": "dance"}, {"what": "log", "with_": {"seconds": 1}}):
        with pytest.raises(Invalid):
            fleet.order(device.number, actor=CLI, **bad)  # type: ignore[arg-type]
    with pytest.raises(Unknown):
        fleet.order(2_000_000_000, "log", CLI)
    for outcome, text, picture in (("perhaps", "", None), ("done", "x" * 65_537, None), ("done", "", b"GIF")):
        with pytest.raises(Invalid):
            fleet.receipt(panel, 1, outcome, text, picture)
    house.engine.devices.revoke(device.number, CLI)
    with pytest.raises(Refused) as no:
        fleet.order(device.number, "log", CLI)
    assert codes(no.value) == ["device_revoked"]
    assert len(fleet.orders(device.number, CLI)) == 21


def test_a_device_of_which_there_are_two_is_only_told_to_show_itself(house: House) -> None:
    fleet = house.engine.fleet
    device, secret, _ = house.panel()
    fleet.order(device.number, "log", CLI)
    house.store.writing(lambda tx: tx.run("UPDATE device SET quarantined_at = 5 WHERE id = ?", (device.number,)))
    fleet.order(device.number, "identify", CLI)
    with pytest.raises(Refused) as no:
        fleet.order(device.number, "reboot", CLI)
    assert codes(no.value) == ["device_quarantined"]
    shut = house.engine.devices.actor(secret)
    assert [it.what for it in fleet.due(shut)] == [it.what for it in fleet.heartbeat([], shut, Beat("{}")).orders]
    assert [it.what for it in fleet.due(shut)] == ["identify"]
    assert fleet.receipt(shut, fleet.due(shut)[0].number, "done", "", None)


def test_of_pictures_the_newest_is_kept_and_all_goes_after_thirty_days(house: House) -> None:
    fleet = house.engine.fleet
    device, _, panel = house.panel()
    first, second = (fleet.order(device.number, "screenshot", CLI).number for _ in range(2))
    fleet.receipt(panel, second, "done", "", png(2))
    fleet.receipt(panel, first, "done", "", png(1))
    assert fleet.picture(device.number, CLI) == png(2)
    log = fleet.order(device.number, "log", CLI).number
    fleet.receipt(panel, log, "done", "line\x00", None)
    assert fleet.asked.last_log(device.number, CLI) == fleet.asked.one(device.number, log, CLI)
    assert fleet.asked.one(device.number, log, CLI).text == "line\ufffd"
    assert fleet.orders(device.number, CLI)[0].text == "", "a log only where it is asked for"
    house.clock.forward(days=30)
    house.engine.retention.run()
    assert fleet.picture(device.number, CLI) is not None
    house.clock.forward(seconds=1)
    assert house.engine.retention.run()["orders"] == 4
    assert (fleet.picture(device.number, CLI), fleet.orders(device.number, CLI)) == (None, ())


def test_only_those_who_run_the_devices_see_and_want_anything_of_them(house: House) -> None:
    fleet, screens = house.engine.fleet, house.engine.panel_settings
    device, _, panel = house.panel()
    _, member = person(house, "mia")
    for actor in (house.alice, house.rita, member, panel, replace(house.ada, rooms=frozenset({house.oak.number}))):
        for use in (
            lambda who: fleet.all(who), lambda who: fleet.one(device.number, who),
            lambda who: fleet.orders(device.number, who), lambda who: fleet.order(device.number, "log", who),
            lambda who: fleet.picture(device.number, who), lambda who: fleet.asked.last_log(device.number, who),
            lambda who: fleet.asked.one(device.number, 1, who), lambda who: screens.own("house", None, who),
            lambda who: screens.set("device", device.number, "theme", "dark", who),
        ):  # fmt: skip
            with pytest.raises(Barred):
                use(actor)
    for actor in (house.alice, house.ada):
        with pytest.raises(Barred):
            fleet.receipt(actor, 1, "done", "", None)
        assert fleet.due(actor) == ()


def test_what_was_done_is_told_with_the_devices_number(house: House) -> None:
    device, _, panel = house.panel()
    made = house.engine.fleet.order(device.number, "log", house.ada)
    house.engine.fleet.receipt(panel, made.number, "done", "secret words", None)
    house.engine.panel_settings.set("device", device.number, "theme", "dark", house.ada)
    house.engine.panel_settings.set("device", device.number, "theme", "dark", house.ada)
    house.engine.panel_settings.set("house", None, "theme", "light", house.ada)
    with house.store.reading() as tx:
        told = tx.rows("SELECT what, room_id, subject, actor, codes FROM change ORDER BY seq")[-4:]
        (texts,) = tx.rows("SELECT count(*) FROM change_text WHERE body LIKE '%secret%'")[0]
    assert told == [
        ("order_made", None, device.number, "token:5", "log"),
        ("order_done", None, device.number, panel.name, "log,done"),
        ("panel_settings", None, device.number, "token:5", ""), ("panel_settings", None, None, "token:5", ""),
    ]  # fmt: skip
    assert texts == 0


# settings


def test_the_nearest_level_counts_and_says_why(house: House) -> None:
    screens, places = house.engine.panel_settings, house.engine.places
    device, _, panel = house.panel("oak", "elm")
    site = places.find("site:Main", CLI)
    building = places.add(Place(0, site.number, "building", "Timber House"), CLI).number
    house.engine.rooms.change("oak", CLI, place=building)
    for level, id_, theme in (("house", None, "light"), ("place", site.number, "dark"), ("place", building, "contrast"),
                              ("room", "oak", "light"), ("device", device.number, "dark")):  # fmt: skip
        screens.set(level, id_, "theme", theme, CLI)
    screens.set("house", None, "language", "de", CLI)
    screens.set("room", "elm", "night", "20:00-07:00", CLI)
    expected = [("dark", f"device {device.number}"), ("light", "room oak"), ("contrast", "building Timber House"),
                ("dark", f"{site.kind} {site.name}"), ("light", "house")]  # fmt: skip
    levels: list[tuple[str, Any]] = [("device", device.number), ("room", "oak"), ("place", building),
                                     ("place", site.number), ("house", None)]  # fmt: skip
    for (value, why), (level, id_) in zip(expected, levels, strict=True):
        come = screens.of_device(device.number, panel)
        assert (come.values["theme"], come.why["theme"]) == (value, why)
        assert (come.values["language"], come.why["language"]) == ("de", "house")
        assert "night" not in come.values, "a device of several rooms stands at its first"
        screens.set(level, id_, "theme", None, CLI)
    assert screens.of_device(device.number, CLI).values == {"language": "de"}
    assert screens.of_level("room", "elm", CLI).why == {"language": "house", "night": "room elm"}


def test_a_board_stands_at_its_place_and_a_device_without_one_in_the_house(house: House) -> None:
    screens = house.engine.panel_settings
    device, _, _ = house.panel()
    screens.set("house", None, "theme", "dark", CLI)
    screens.set("place", house.oak.place, "language", "fr", CLI)
    house.engine.devices.assign(device.number, CLI, place=house.oak.place)
    assert screens.of_device(device.number, CLI).values == {"language": "fr", "theme": "dark"}
    house.store.writing(lambda tx: tx.run("UPDATE device SET place_id = NULL WHERE id = ?", (device.number,)))
    assert screens.of_device(device.number, CLI).values == {"theme": "dark"}


def test_settings_that_cannot_be_are_refused_with_all_that_is_wrong(house: House) -> None:
    screens = house.engine.panel_settings
    _, _, panel = house.panel()
    with pytest.raises(Invalid) as no:
        screens.change("house", None, {"theme": "pink", "volume": 11, "language": "de"}, CLI)
    assert set(no.value.fields) == {"theme", "volume"}
    assert screens.own("house", None, CLI).values == {}
    for level, id_ in (("place", 77), ("place", None), ("room", "cellar"), ("device", 77)):
        with pytest.raises(Unknown):
            screens.set(level, id_, "theme", "dark", CLI)
    with pytest.raises(Invalid):
        screens.set("floor", 1, "theme", "dark", CLI)
    with pytest.raises(Barred):
        screens.of_device(house.panel()[0].number, panel)


def test_what_a_room_sets_goes_with_the_room(house: House) -> None:
    house.engine.panel_settings.set("room", "elm", "theme", "dark", CLI)
    house.engine.rooms.remove("elm", CLI)
    with house.store.reading() as tx:
        assert tx.rows("SELECT * FROM panel_setting") == []
