"""Two that speak with one key (threat T10): noticed, set apart, nothing lost, and taken back when staff have looked."""

import pytest

from server.core.access import CLI
from server.core.errors import Barred, Unknown
from server.core.model import Device
from server.engine import Engine, engine_of
from server.engine.lives import KEPT
from server.engine.tapping import Act
from tests.make import House, at


def beat(house: House, life: str, *, after: int = 0, engine: Engine | None = None) -> Device:
    """A heartbeat of the first device in a life, so many seconds on; the device then."""
    house.clock.forward(seconds=after)
    number = house.engine.devices.all(CLI)[0].number
    (engine or house.engine).lives.note(number, life)
    return house.engine.devices.all(CLI)[0]


def whats(house: House) -> list[str]:
    with house.store.reading() as tx:
        return [row[0] for row in tx.rows("SELECT what FROM change WHERE what LIKE 'device_%' ORDER BY seq")]


def lives(house: House) -> int:
    with house.store.reading() as tx:
        return len(tx.rows("SELECT * FROM life"))


def test_a_device_that_is_started_again_and_again_is_one_device(house: House) -> None:
    house.panel()
    for number in range(KEPT + 10):
        for _ in range(3):
            assert beat(house, f"life {number}", after=5).state == "good"
        house.clock.forward(seconds=60)
    assert lives(house) == KEPT
    assert whats(house) == ["device_added"]


def test_what_an_agent_sent_before_it_ended_may_come_late(house: House) -> None:
    house.panel()
    beat(house, "one")
    beat(house, "two", after=5)
    assert beat(house, "one", after=30).state == "good"


def test_a_copied_card_is_noticed_by_the_life_that_should_be_over(house: House) -> None:
    device, secret, _ = house.panel()
    beat(house, "mine")
    beat(house, "copy", after=5)
    assert beat(house, "mine", after=31).state == "quarantined"
    ticket = house.engine.tickets.page(CLI, category="panel_cloned", state="open")[0].ticket
    assert (ticket.subject, ticket.room) == (f"device:{device.number}", house.oak.number)
    for life in ("copy", "mine", "copy"):
        beat(house, life, after=40)
    assert whats(house) == ["device_added", "device_quarantined"], "once"
    actor = house.engine.devices.actor(secret)
    assert house.engine.devices.snapshot("oak", actor).room.id == "oak"
    assert house.engine.devices.me(actor).state == "quarantined"


def test_it_is_noticed_where_each_speaks_with_another_process(house: House) -> None:
    house.panel()
    other = engine_of(house.store, house.clock)
    beat(house, "mine")
    beat(house, "copy", after=5, engine=other)
    assert beat(house, "mine", after=31).state == "quarantined"


def test_what_was_done_at_the_glass_meanwhile_is_done_once_when_it_is_released(house: House) -> None:
    device, secret, actor = house.panel()
    wish = Act(op="op-00000001", what="book", room="oak", expires=at("10:10"), minutes=15)
    beat(house, "mine")
    beat(house, "copy", after=5)
    beat(house, "mine", after=31)
    barred = house.engine.devices.actor(secret)
    with pytest.raises(Barred) as caught:
        house.engine.devices.act(wish, barred)
    assert (caught.value.why, house.day()) == ("quarantined", [])
    released = house.engine.devices.release_quarantine(device.number, CLI)
    assert (released.state, house.engine.devices.actor(secret)) == ("good", actor)
    for _ in range(2):
        house.engine.devices.act(wish, house.engine.devices.actor(secret))
    assert len(house.day()) == 1
    assert house.engine.tickets.page(CLI, category="panel_cloned", state="open") == ()
    assert whats(house) == ["device_added", "device_quarantined", "device_released"]


def test_one_that_is_released_while_the_copy_is_still_there_is_set_apart_again(house: House) -> None:
    device, _, _ = house.panel()
    for number, life in enumerate(("mine", "copy", "mine")):
        beat(house, life, after=number * 31)
    house.engine.devices.release_quarantine(device.number, CLI)
    assert house.engine.devices.release_quarantine(device.number, CLI).state == "good", "again is fine"
    assert beat(house, "mine", after=5).state == "good", "its lives begin anew"
    beat(house, "copy", after=5)
    assert beat(house, "mine", after=31).state == "quarantined"


def test_a_revoked_device_has_no_lives_and_its_ticket_is_closed(house: House) -> None:
    device, _, _ = house.panel()
    for number, life in enumerate(("mine", "copy", "mine")):
        beat(house, life, after=number * 31)
    house.engine.devices.revoke(device.number, CLI)
    assert house.engine.tickets.page(CLI, category="panel_cloned", state="open") == ()
    assert beat(house, "copy", after=40).state == "revoked"
    assert lives(house) == 0
    with pytest.raises(Unknown):
        house.engine.devices.release_quarantine(device.number, CLI)


def test_odd_lives_break_nothing_and_are_not_written_as_fast_as_they_are_drawn(house: House) -> None:
    house.panel()
    for life in ("", "\0", "\ud800", "x" * 100_000):
        assert beat(house, life).state == "good"
    assert lives(house) == 1, "the others were drawn within two seconds"


def test_a_clock_that_was_put_back_quarantines_nobody(house: House) -> None:
    house.panel()
    beat(house, "one", after=3600)
    beat(house, "two", after=5)
    assert beat(house, "two", after=-3000).state == "good"
    assert beat(house, "three", after=5).state == "good"
    assert beat(house, "three", after=60).state == "good"


def test_who_runs_no_devices_releases_none(house: House) -> None:
    device, _, actor = house.panel()
    for who in (house.alice, actor):
        with pytest.raises(Barred):
            house.engine.devices.release_quarantine(device.number, who)


def test_a_copy_that_names_no_life_is_noticed_as_well(house: House) -> None:
    house.panel()
    beat(house, "one")
    beat(house, "", after=10)  # it begins as another life
    assert beat(house, "one", after=40).state == "quarantined"
