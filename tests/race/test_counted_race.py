"""What rooms share is raced for from several processes: exactly what fits is booked, and nobody hears of a deadlock.

Each race is of many rooms at one time, so that no room stands between those who race: only the quota, the account, the
stock, the timetable or the person does.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from server.core.access import CLI
from server.core.clock import epoch
from server.core.people import Person
from server.core.places import Accessory, Quota, Slot, Timetable
from tests import make
from tests.make import NOW, House, at
from tests.people import person

PROCESSES, THREADS = 3, 6
ROOMS = PROCESSES * THREADS


Racers = list["subprocess.Popen[str]"]


@pytest.fixture(scope="module")
def racers() -> Iterator[Racers]:
    """Processes that race, begun once: they hold nothing from one race to the next."""
    command = [sys.executable, "-m", "tests.race.booker"]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(PROCESSES)
    ]
    yield processes
    for process in processes:
        process.communicate(timeout=60)


@pytest.fixture
def house(database_url: str, racers: Racers) -> Iterator[House]:
    """Eighteen rooms beside Oak and Elm, and as many tries."""
    with make.opened(database_url) as store:
        it = make.house(store)
        it.url, it.racers = database_url, racers  # type: ignore[attr-defined]
        for number in range(ROOMS):
            it.engine.rooms.add(make.room(f"r{number}"), CLI)
        yield it


def race(house: House, **wish: Any) -> Counter[str]:
    """Everybody's wish, each in a room of its own, all at once: how often each answer was heard."""
    usual = {"starts": epoch(at("12:00")), "ends": epoch(at("13:00"))}
    asks = [{**usual, "room": f"r{number}", **wish} for number in range(ROOMS)]
    url, processes = house.url, house.racers  # type: ignore[attr-defined]
    for number, process in enumerate(processes):
        some = asks[number * THREADS : (number + 1) * THREADS]
        told(process, json.dumps({"url": url, "now": epoch(NOW), "asks": some}))
    for process in processes:
        assert heard(process) == "ready"
    for process in processes:
        told(process, "go")
    return Counter(answer for process in processes for answer in json.loads(heard(process)))


def told(process: "subprocess.Popen[str]", line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()


def heard(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def policies(house: House, **rules: Any) -> None:
    """Sets rules of all rooms."""
    for number in range(ROOMS):
        house.engine.rooms.change(f"r{number}", CLI, rules=rules)


def somebody(house: House, credits: int = 0) -> Person:
    it = person(house, "alice")
    house.store.writing(lambda tx: tx.run("UPDATE person SET credits = ? WHERE id = ?", (credits, it.number)))
    return replace(it, credits=credits)


def held(house: House) -> int:
    with house.store.reading() as tx:
        return int(tx.rows("SELECT count(*) FROM hold WHERE active = 1")[0][0])


@pytest.mark.race
def test_nobody_books_more_than_the_quota(house: House) -> None:
    alice = somebody(house)
    house.engine.catalogue.add(Quota(0, "Five a day", "bookings", "day", 5), CLI)
    assert race(house, owner=alice.number) == {"ok": 5, "over_quota": ROOMS - 5}
    assert held(house) == 5


@pytest.mark.race
def test_nobody_spends_more_than_there_is(house: House) -> None:
    alice = somebody(house, credits=750)
    policies(house, credits=100)
    assert race(house, owner=alice.number) == {"ok": 7, "too_few_credits": ROOMS - 7}
    with house.store.reading() as tx:
        assert tx.rows("SELECT credits FROM person WHERE id = ?", (alice.number,)) == [(50,)]
        assert tx.rows("SELECT sum(credits) FROM occurrence") == [(700,)]


@pytest.mark.race
def test_no_more_goes_out_than_is_in_stock(house: House) -> None:
    beamer = house.engine.catalogue.add(Accessory(0, "Beamer", stock=11), CLI)
    assert race(house, accessories={str(beamer.number): 2}) == {"ok": 5, "out_of_stock": ROOMS - 5}


@pytest.mark.race
def test_no_more_rooms_of_a_timetable_are_in_use_than_may_be(house: House) -> None:
    table = Timetable(0, "Hours", days=dict.fromkeys(range(7), tuple(Slot(h * 60, h * 60 + 60) for h in range(24))),
                      most_at_once=4)  # fmt: skip
    policies(house, timetable=house.engine.catalogue.add(table, CLI).number)
    assert race(house) == {"ok": 4, "timetable_full": ROOMS - 4}


@pytest.mark.race
def test_nobody_is_in_two_places_at_once(house: House) -> None:
    alice, bob = somebody(house), person(house, "bob")
    policies(house, person_once=True)
    found = race(house, owner=alice.number, people=[bob.number])
    assert found == {"ok": 1, "person_elsewhere person_elsewhere": ROOMS - 1}


@pytest.mark.race
def test_and_all_of_it_at_once_does_not_deadlock(house: House) -> None:
    alice, bob = somebody(house, credits=900), person(house, "bob")
    beamer = house.engine.catalogue.add(Accessory(0, "Beamer", stock=6, credits=50), CLI)
    house.engine.catalogue.add(Quota(0, "Minutes", "minutes", "week", 600), CLI)
    policies(house, credits=100)
    found = race(house, owner=alice.number, people=[bob.number], accessories={str(beamer.number): 1})
    assert found["ok"] == 6
    assert all("out_of_stock" in answer for answer in found if answer != "ok")
    assert sum(found.values()) == ROOMS


def test_lanes_are_filled_and_not_overfilled(house: House) -> None:
    house.engine.rooms.change("r0", CLI, rules={"lanes": 7})
    found = race(house, room="r0")
    assert found == {"ok": 7, "clash clash clash clash clash clash clash": ROOMS - 7}
    assert house.overlaps() == []
