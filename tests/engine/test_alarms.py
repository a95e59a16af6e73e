"""Receivers are told once, together, after a while and not at night; and once more when all is well."""

import json
import threading
from datetime import date, timedelta
from typing import Any

import pytest

from server.core.access import CLI
from server.core.errors import Unknown
from server.core.places import Place
from server.core.tickets import Receiver
from server.engine import post, tickets
from server.store import tellings
from server.store.database import Tx
from tests.make import House, at

DESK = "desk@example.org"


def receive(house: House, address: str = DESK, **fields: Any) -> Receiver:
    """Somebody is told of everything in the house, unless said otherwise."""
    post.arrange(house.store, ["ticket"], "en")
    told = {"place": 1, "category": "*", "kind": "mail", "target": address} | fields
    return house.engine.receivers.add(Receiver(0, **told), CLI)


def dark(house: House, *panels: int, room: int | None = None, category: str = "panel_dark") -> list[int]:
    """These panels are found dark, on the floor of Oak unless said otherwise."""
    there = house.oak.number if room is None else room

    def work(tx: Tx) -> list[int]:
        now = house.clock.now()
        return [tickets.open_ticket(tx, now, category, f"device:{each}", room=there) for each in panels]

    return house.store.writing(work)


def light(house: House, *panels: int, category: str = "panel_dark") -> None:
    """They are back."""
    for each in panels:
        house.store.writing(
            lambda tx, each=each: tickets.settle(tx, house.clock.now(), category, f"device:{each}", "watch")
        )


def letters(house: House) -> list[dict[str, Any]]:
    """The letters of tickets, as they are to be written."""
    with house.store.reading() as tx:
        rows = tx.rows("SELECT address, zone, language, data FROM letter WHERE kind = 'ticket' ORDER BY id")
    return [{"to": to, "zone": zone, "language": language, **json.loads(data)} for to, zone, language, data in rows]


def told(house: House) -> list[tuple[str, int]]:
    """Of each letter what it says, and of how many tickets."""
    house.engine.alarms.run()
    return [(it["what"], sum(group["count"] for group in it["groups"])) for it in letters(house)]


def later(house: House, **by: float) -> list[tuple[str, int]]:
    house.clock.forward(**by)
    return told(house)


def test_a_floor_of_forty_dark_panels_makes_one_letter_and_one_when_all_is_well(house: House) -> None:
    receive(house)
    panels = range(1, 41)
    numbers = dark(house, *panels)
    assert told(house) == []
    assert later(house, minutes=4, seconds=59) == []
    assert later(house, seconds=1) == [("opened", 40)]
    (letter,) = letters(house)
    (group,) = letter["groups"]
    assert (letter["to"], letter["language"], letter["ticket"]) == (DESK, "en", numbers[0])
    assert (group["category"], group["count"], len(group["tickets"])) == ("panel_dark", 40, 40)
    assert group["tickets"][0] | {"since": 0} == {
        "number": numbers[0], "subject": "device:1", "codes": [], "since": 0, "times": 1, "room": "Oak", "panel": "",
        "notes": [],
    }  # fmt: skip
    assert letter["links"] == {"close": {"purpose": "close_ticket", "ticket": numbers[0]}}
    light(house, *panels[:-1])
    assert later(house, minutes=11) == [("opened", 40)], "one is still dark"
    light(house, panels[-1])
    assert later(house, minutes=9) == [("opened", 40)]
    assert later(house, minutes=1) == [("opened", 40), ("closed", 40)]
    assert later(house, hours=3) == [("opened", 40), ("closed", 40)]


def test_what_is_well_again_before_its_delay_is_told_to_nobody(house: House) -> None:
    receive(house)
    dark(house, 1)
    house.clock.forward(minutes=4)
    light(house, 1)
    assert later(house, hours=1) == []


def test_what_opens_while_the_first_waits_goes_in_its_letter(house: House) -> None:
    receive(house)
    dark(house, 1)
    house.clock.forward(minutes=4)
    dark(house, 2)
    dark(house, 3, room=house.elm.number)
    assert later(house, minutes=1) == [("opened", 2)], "the other floor has a letter of its own"
    assert later(house, minutes=4) == [("opened", 2), ("opened", 1)]


def test_a_flapping_panel_makes_one_alarm_an_hour_at_most(house: House) -> None:
    receive(house, delay_minutes=0)
    begun, alarms = house.clock.now(), []
    for _ in range(4 * 60 // 6):  # dark for three minutes of every six
        dark(house, 1)
        house.clock.forward(minutes=3)
        alarms = told(house)
        light(house, 1)
        house.clock.forward(minutes=3)
        alarms = told(house)
    assert house.clock.now() - begun == timedelta(hours=4)
    assert alarms == [("opened", 1)], "it was never well for ten minutes"
    for _ in range(4):  # and now for twenty of every forty
        house.clock.forward(minutes=20)
        told(house)
        dark(house, 1)
        alarms = later(house, minutes=20)
        light(house, 1)
    whats = [what for what, _ in alarms]
    assert whats.count("opened") <= 4
    assert whats.count("closed") <= whats.count("opened")


def test_at_night_nobody_is_told_and_in_the_morning_everything_at_once(house: House) -> None:
    receive(house, quiet="22:00-06:00", delay_minutes=0)
    house.clock.set("22:30")
    dark(house, 1)
    dark(house, 2, room=house.elm.number)
    dark(house, 3, category="data_old")
    dark(house, 4)
    assert told(house) == []
    light(house, 4)
    house.clock.set(at("06:00") + timedelta(days=1) - timedelta(seconds=1))
    assert told(house) == []
    assert later(house, seconds=1) == [("opened", 3)]
    assert len(letters(house)[0]["groups"]) == 3


def test_what_is_urgent_passes_the_night(house: House) -> None:
    receive(house, quiet="22:00-06:00,weekends")
    house.clock.set("23:00")
    house.store.writing(lambda tx: tickets.open_ticket(tx, house.clock.now(), "disk_low", "disk"))
    assert told(house) == [("opened", 1)]


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-28", 6), ("2026-10-24", 8)], ids=["an hour is lost", "an hour comes twice"]
)
def test_the_night_in_which_clocks_change_ends_at_six(sqlite_house: House, day: str, hours: int) -> None:
    house = sqlite_house
    receive(house, quiet="23:00-06:00", delay_minutes=0)
    house.clock.set(at("23:00", date.fromisoformat(day)))
    dark(house, 1)
    assert later(house, hours=hours - 1, minutes=59) == []
    assert later(house, minutes=1) == [("opened", 1)]


def test_the_nearest_receivers_are_told_and_the_others_are_not(house: House) -> None:
    floor = house.oak.place
    receive(house, "house@example.org")
    receive(house, "floor@example.org", place=floor, category="panel_dark", delay_minutes=0)
    receive(house, "both@example.org", place=floor, category="*", delay_minutes=0)
    dark(house, 1)
    dark(house, 2, category="touch_suspect")
    house.engine.alarms.run()
    assert sorted(it["to"] for it in letters(house)) == ["both@example.org", "both@example.org", "floor@example.org"]


def test_who_begins_to_receive_is_told_of_what_is_open(house: House) -> None:
    dark(house, 1)
    house.clock.forward(hours=5)
    receive(house)
    assert told(house) == [("opened", 1)]


def test_without_a_mail_server_nobody_is_taken_to_be_told(house: House) -> None:
    receive(house, delay_minutes=0)
    post.arrange(house.store, [], "en")
    dark(house, 1)
    assert told(house) == []
    post.arrange(house.store, ["ticket"], "de")
    assert told(house) == [("opened", 1)]
    assert letters(house)[0]["language"] == "de"


def test_of_many_workers_one_tells(house: House) -> None:
    receive(house, delay_minutes=0)
    receive(house, "other@example.org", delay_minutes=0)
    dark(house, *range(1, 31))
    failed: list[BaseException] = []
    ready = threading.Barrier(4)

    def work() -> None:
        try:
            ready.wait(20)
            house.engine.alarms.run()
        except BaseException as error:
            failed.append(error)

    def all_at_once() -> None:
        workers = [threading.Thread(target=work) for _ in range(4)]
        for each in workers:
            each.start()
        for each in workers:
            each.join(60)
        assert failed == []

    all_at_once()
    assert sorted(it["to"] for it in letters(house)) == [DESK, "other@example.org"]
    assert [sum(group["count"] for group in it["groups"]) for it in letters(house)] == [30, 30]
    light(house, *range(1, 31))
    house.clock.forward(minutes=10)
    all_at_once()
    assert [it["what"] for it in letters(house)] == ["opened", "opened", "closed", "closed"]


def test_who_is_slow_tells_nobody_of_what_is_over(house: House) -> None:
    """What was read before somebody else closed it is not told after."""
    it = receive(house, delay_minutes=0)
    (number,) = dark(house, 1)
    light(house, 1)

    def work(tx: Tx) -> list[int]:
        return tellings.say_opened(tx, it.number, [number], house.clock.now(), "late")

    assert house.store.writing(work) == []


def test_a_letter_names_forty_tickets_and_counts_the_rest(house: House) -> None:
    receive(house)
    dark(house, *range(1, 61))
    assert later(house, minutes=5) == [("opened", 60)]
    assert len(letters(house)[0]["groups"][0]["tickets"]) == 40


def test_a_fault_is_told_with_what_was_written_of_it(house: House) -> None:
    receive(house)
    house.engine.tickets.report("oak", "sound", house.alice, note="It hums")
    assert told(house) == [("opened", 1)]
    (ticket,) = letters(house)[0]["groups"][0]["tickets"]
    assert (ticket["codes"], ticket["notes"], ticket["room"]) == (["sound"], ["It hums"], "Oak")


def test_a_webhook_is_told_without_what_was_written(house: House) -> None:
    hook, _ = house.engine.hooks.add("https://example.org/hook", ("hook.test",), CLI)
    house.engine.receivers.add(Receiver(0, 1, "room_fault", "hook", hook.id), CLI)
    house.engine.tickets.report("oak", "sound", house.alice, note="It hums")
    house.engine.alarms.run()
    house.engine.alarms.run()
    with house.store.reading() as tx:
        rows = tx.rows("SELECT type, body FROM delivery WHERE type LIKE 'alarm%'")
    assert [row[0] for row in rows] == ["alarm.opened"]
    assert "hums" not in rows[0][1]
    assert json.loads(rows[0][1])["data"]["groups"][0]["tickets"][0]["room"] == "oak"
    with pytest.raises(Unknown):
        house.engine.receivers.add(Receiver(0, 1, "*", "hook", "hook_none"), CLI)


def test_a_message_stays_small_however_many_places_it_tells_of(sqlite_house: House) -> None:
    house = sqlite_house
    hook, _ = house.engine.hooks.add("https://example.org/hook", ("hook.test",), CLI)
    house.engine.receivers.add(Receiver(0, 1, "*", "hook", hook.id, delay_minutes=0, quiet="22:00-06:00"), CLI)
    sites = [house.engine.places.add(Place(0, 1, "site", f"Site {each} {'x' * 40}"), CLI).number for each in range(60)]
    house.clock.set("23:00")

    def work(tx: Tx) -> None:
        for each in sites:
            tickets.open_ticket(
                tx, house.clock.now(), "room_fault", f"place:{each}:dirty", place=each, codes=("dirty",)
            )

    house.store.writing(work)
    house.clock.forward(hours=8)
    house.engine.alarms.run()
    with house.store.reading() as tx:
        ((body,),) = tx.rows("SELECT body FROM delivery WHERE type = 'alarm.opened'")
    data = json.loads(body)["data"]
    assert (len(data["groups"]), data["more"]) == (40, 20)
    assert len(body) < 20_000
