"""The numbers of the house, on both databases: what waits, who is heard of, how large it is."""

from datetime import timedelta

from server.core.access import CLI
from server.core.clock import epoch
from server.engine.examining import durable, rounds
from server.engine.vitals import QUIET
from server.engine.watching import SILENT
from tests.make import NOW, House


def test_a_quiet_house_has_nothing_that_waits(house: House) -> None:
    found = house.engine.vitals.now()
    assert found.at == NOW
    assert found.head > 0
    assert (dict(found.deliveries), dict(found.letters), dict(found.tickets), dict(found.stuck)) == ({}, {}, {}, {})
    assert (found.paired, found.online, found.dark, found.ages, found.rounds) == (0, 0, 0, (), None)
    assert found.sizes["database"] > 0
    assert ("wal" in found.sizes) == (not house.store.postgres)


def test_panels_are_online_as_long_as_they_are_heard_of(house: House) -> None:
    first, _, _ = house.panel()
    gone, _, _ = house.panel()
    house.engine.devices.revoke(gone.number, CLI)
    said = f'{{"as_of": "{(NOW - timedelta(seconds=40)).isoformat()}"}}'
    sql = "UPDATE device SET seen_at = ?, heartbeat = ?"
    house.store.writing(lambda tx: tx.run(sql, (epoch(NOW), said)))
    found = house.engine.vitals.now()
    assert (found.paired, found.online, found.dark, found.ages) == (1, 1, 0, (40.0,))
    house.clock.forward(seconds=SILENT.total_seconds() + 1)
    found = house.engine.vitals.now()
    assert (found.online, found.dark, found.ages) == (0, 1, ())
    assert first.number != gone.number


def test_rounds_are_made_as_long_as_somebody_says_so(house: House) -> None:
    look = house.engine.vitals
    assert not look.rounds()
    house.engine.alive.beat()
    assert look.rounds()
    house.clock.forward(seconds=QUIET.total_seconds())
    assert look.rounds()
    house.clock.forward(seconds=1)
    assert not look.rounds()
    assert [it.id for it in rounds(house.store, house.clock)] == ["work.away"]


def test_what_a_listener_has_still_to_be_told_is_counted(house: House) -> None:
    house.store.writing(lambda tx: tx.run("INSERT INTO outbox (listener, seq) VALUES ('one', 0), ('two', 5)"))
    house.book("11:00", "12:00")
    found = house.engine.vitals.now()
    assert (found.behind["one"], found.behind["two"]) == (found.head, found.head - 5)


def test_what_the_database_says_of_a_power_cut_is_read_back_from_it(house: House) -> None:
    found = house.engine.vitals.durability()
    # The server of the tests is one that may lose everything when the power goes, and says so.
    assert set(found) <= {"fsync", "full_page_writes"}
    assert {it.about for it in durable(house.store)} == set(found)
    assert house.store.postgres or found == {}
