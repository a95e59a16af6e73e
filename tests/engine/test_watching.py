"""Panels that are silent, behind or hard to touch make tickets; our own outage, and what was closed by hand, none."""

import json
from datetime import datetime, timedelta

import pytest

from server.core.access import CLI
from server.engine.hearing import Beat
from server.engine.tickets import Shown
from server.store import work
from server.store.database import Tx
from tests.make import House


def hear(house: House, number: int, *, at: datetime | None = None, age: float = 0, touch: str = "good") -> None:
    """A panel says that it lives, with a plan that is so many seconds old."""
    moment = at or house.clock.now()
    said = json.dumps({"as_of": (moment - timedelta(seconds=age)).isoformat()})

    def write(tx: Tx) -> None:
        tx.run(
            "UPDATE device SET seen_at = ?, heartbeat = ?, touch = ? WHERE id = ?",
            (int(moment.timestamp()), said, touch, number),
        )

    house.store.writing(write)


def up(house: House, hours: float = 1) -> None:
    """The server has made its rounds for so long, up to now."""
    now = house.clock.now()

    def write(tx: Tx) -> None:
        work.begin_alive(tx, now - timedelta(hours=hours))
        found = work.last_alive(tx)
        assert found is not None
        work.extend_alive(tx, found[0], found[1].end, now)

    house.store.writing(write)


def open_now(house: House) -> list[tuple[str, str]]:
    up(house)
    house.engine.watching.run()
    page: tuple[Shown, ...] = house.engine.tickets.page(CLI, state="open")
    return sorted((it.ticket.category, it.ticket.subject) for it in page)


def test_a_panel_that_falls_silent_is_missed_after_five_minutes_until_it_is_back(house: House) -> None:
    device, _, _ = house.panel()
    assert open_now(house) == [], "it was never heard of"
    hear(house, device.number)
    house.clock.forward(minutes=5)
    assert open_now(house) == []
    house.clock.forward(seconds=1)
    assert open_now(house) == [("panel_dark", f"device:{device.number}")]
    (it,) = house.engine.tickets.page(CLI)
    assert (it.ticket.room, it.ticket.place) == (house.oak.number, house.oak.place)
    hear(house, device.number)
    assert open_now(house) == []


def test_after_our_own_outage_panels_have_time_to_come_back(house: House) -> None:
    device, _, _ = house.panel()
    hear(house, device.number)
    house.clock.forward(hours=3)

    def begin(tx: Tx) -> None:
        work.begin_alive(tx, house.clock.now())

    house.store.writing(begin)
    house.engine.watching.run()
    assert house.engine.tickets.page(CLI) == ()
    house.clock.forward(minutes=10)
    assert open_now(house) == [("panel_dark", f"device:{device.number}")]


def test_a_plan_of_more_than_ten_minutes_is_old(house: House) -> None:
    device, _, _ = house.panel()
    hear(house, device.number, age=600)
    assert open_now(house) == []
    hear(house, device.number, age=601)
    assert open_now(house) == [("data_old", f"device:{device.number}")]
    hear(house, device.number, age=3)
    assert open_now(house) == []


def test_a_touch_that_is_suspect_is_told_until_it_is_good(house: House) -> None:
    device, _, _ = house.panel()
    hear(house, device.number, touch="suspect")
    assert open_now(house) == [("touch_suspect", f"device:{device.number}")]
    hear(house, device.number, touch="")
    assert open_now(house) == [("touch_suspect", f"device:{device.number}")], "nobody knows better yet"
    hear(house, device.number, touch="good")
    assert open_now(house) == []


def test_what_was_closed_by_hand_stays_closed_for_the_same_silence(house: House) -> None:
    device, _, _ = house.panel()
    hear(house, device.number)
    house.clock.forward(minutes=6)
    assert len(open_now(house)) == 1
    (it,) = house.engine.tickets.page(CLI)
    house.engine.tickets.close(it.ticket.number, CLI)
    house.clock.forward(hours=2)
    assert open_now(house) == []
    hear(house, device.number)
    house.clock.forward(minutes=6)
    assert len(open_now(house)) == 1, "it was back, and is silent anew"


def test_a_panel_that_is_taken_away_is_not_missed(house: House) -> None:
    device, _, _ = house.panel()
    hear(house, device.number, age=900, touch="suspect")
    assert len(open_now(house)) == 2
    house.engine.devices.revoke(device.number, CLI)
    assert open_now(house) == []


@pytest.mark.parametrize("said", ["", "nonsense", "[]", '{"as_of": 7}', '{"as_of": "2026-01-01T00:00:00"}'])
def test_a_heartbeat_that_says_nothing_of_its_plan_is_no_old_plan(sqlite_house: House, said: str) -> None:
    device, _, _ = sqlite_house.panel()
    now = int(sqlite_house.clock.now().timestamp())
    sqlite_house.store.writing(
        lambda tx: tx.run("UPDATE device SET seen_at = ?, heartbeat = ? WHERE id = ?", (now, said, device.number))
    )
    assert open_now(sqlite_house) == []


@pytest.mark.parametrize(
    ("said", "category", "minutes"),
    [({"browser": "gone"}, "panel_browser", 5), ({"vitals": {"disk": "full"}}, "panel_card", 0),
     ({"clock": "unverified"}, "panel_clock", 10), ({"vitals": {"temperature": 90}}, "panel_hot", 10),
     ({"vitals": {"undervoltage": True}}, "panel_power", 5)],
)  # fmt: skip
def test_what_needs_hands_makes_a_ticket_once_it_has_lasted(
    sqlite_house: House, said: dict[str, object], category: str, minutes: int
) -> None:
    house = sqlite_house
    device, _, panel = house.panel()
    subject = f"device:{device.number}"

    def beat(**more: object) -> list[tuple[str, str]]:
        house.engine.fleet.heartbeat(["oak"], panel, Beat(json.dumps({"painted_ago": 1} | more), touch="good"))
        return open_now(house)

    for minute in range(minutes):
        assert beat(**said) == [], minute
        house.clock.forward(minutes=1)
    assert beat(**said) == [(category, subject)]
    house.clock.forward(minutes=1)
    assert beat() == []


def test_what_is_over_by_itself_makes_none_and_what_was_closed_by_hand_stays_closed(sqlite_house: House) -> None:
    house = sqlite_house
    _, _, panel = house.panel()

    def beat(hot: int) -> list[tuple[str, str]]:
        said = json.dumps({"vitals": {"temperature": hot}})
        house.engine.fleet.heartbeat(["oak"], panel, Beat(said, touch="good"))
        house.clock.forward(minutes=1)
        return open_now(house)

    for minute in range(30):
        assert beat(70 if minute % 9 == 8 else 90) == [], minute
    for _ in range(12):
        found = beat(90)
    assert [category for category, _ in found] == ["panel_hot"]
    (it,) = house.engine.tickets.page(CLI, state="open")
    house.engine.tickets.close(it.ticket.number, CLI)
    assert beat(90) == beat(90) == []


def test_a_board_is_missed_in_its_place(sqlite_house: House) -> None:
    house = sqlite_house
    device, _, _ = house.panel()
    house.engine.devices.assign(device.number, CLI, place=house.elm.place)
    hear(house, device.number)
    house.clock.forward(minutes=6)
    assert open_now(house) == [("panel_dark", f"device:{device.number}")]
    (it,) = house.engine.tickets.page(CLI)
    assert (it.ticket.room, it.ticket.place) == (None, house.elm.place)
