"""A copy of the database that was put back by hand is noticed, and nothing else is taken for one."""

import threading
from dataclasses import replace
from pathlib import Path
from shutil import copyfile

import pytest

from server.core.access import CLI
from server.core.clock import from_epoch
from server.core.errors import Refused
from server.core.zone import wall
from server.engine import engine_of, prepare
from server.engine.granting import Holding, Says
from server.engine.lineage import Lineage, mark, new_life
from server.store import beside, grants
from server.store.beside import Mark
from server.store.database import Store, open_store
from tests import make


@pytest.fixture
def kept(house: make.House, tmp_path: Path) -> tuple[make.House, Lineage]:
    """A house whose life is kept in a file, as it is now."""
    it = Lineage(house.store, house.clock, tmp_path / "it.incarnation")
    it.keep()
    return house, it


def lives(house: make.House) -> list[tuple[str, str]]:
    """The lives that began since the first: who began each, and why."""
    with house.store.reading() as tx:
        return [(row[0], row[1]) for row in tx.rows("SELECT actor, codes FROM change WHERE what = 'restored'")]


def rewound(store: Store, it: Lineage) -> None:
    """As if the database had been further once."""
    assert it.path is not None
    found = it.found()
    beside.write(it.path, replace(found, seq=found.seq + 5))


def test_a_database_that_goes_on_keeps_its_life(kept: tuple[make.House, Lineage]) -> None:
    house, it = kept
    before = it.found()
    house.book("11:00", "12:00")
    assert not it.begin()
    assert it.keep()["seq"] > before.seq
    assert it.look() == (it.found(), it.found())
    assert it.found().incarnation == before.incarnation


def test_a_copy_that_was_put_back_begins_a_new_life_once_and_staff_hear_of_it(
    kept: tuple[make.House, Lineage],
) -> None:
    house, it = kept
    before = it.found().incarnation
    rewound(house.store, it)
    behind = it.behind()
    assert behind is not None
    assert behind.incarnation == before
    assert it.begin()
    assert it.found().incarnation != before
    assert it.behind() is None
    assert not it.begin()
    assert lives(house) == [("lineage", "copied_back")]
    (shown,) = house.engine.tickets.page(CLI, category="restored")
    assert shown.ticket.codes == ("copied_back",)
    assert house.engine.audit.verify(CLI).found is None


def test_a_running_server_notices_it_too(kept: tuple[make.House, Lineage]) -> None:
    house, it = kept
    rewound(house.store, it)
    assert it.keep()["copied"] == 1
    assert it.keep()["copied"] == 0


def test_of_many_processes_that_notice_it_one_begins_the_new_life(kept: tuple[make.House, Lineage]) -> None:
    house, it = kept
    rewound(house.store, it)
    told: list[bool] = []
    threads = [threading.Thread(target=lambda: told.append(it.begin())) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sum(told), len(told), len(lives(house))) == (1, 6, 1)


def test_another_life_was_put_back_elsewhere_and_is_taken(kept: tuple[make.House, Lineage]) -> None:
    house, it = kept
    assert it.path is not None
    beside.write(it.path, Mark("another", 10**9))
    assert not it.begin()
    assert beside.read(it.path) == it.found()
    assert lives(house) == []


@pytest.mark.parametrize("body", ["", "{", "[]", "7", '{"incarnation": 1, "seq": 2}', '{"incarnation": "x"}',
                                  '{"incarnation": "x", "seq": true}', "\0" * 9_000])  # fmt: skip
def test_what_cannot_be_read_says_nothing_and_is_written_anew(sqlite_house: make.House, tmp_path: Path,
                                                               body: str) -> None:  # fmt: skip
    it = Lineage(sqlite_house.store, sqlite_house.clock, tmp_path / "it.incarnation")
    (tmp_path / "it.incarnation").write_text(body)
    assert not it.begin()
    it.keep()
    assert it.look() == (it.found(), it.found())


def test_where_nothing_can_be_written_bookings_go_on(sqlite_house: make.House, tmp_path: Path) -> None:
    it = Lineage(sqlite_house.store, sqlite_house.clock, tmp_path / "none" / "it.incarnation")
    it.keep()
    assert Lineage(sqlite_house.store, sqlite_house.clock).keep()["copied"] == 0
    sqlite_house.book("11:00", "12:00")


def test_it_lies_beside_the_file_and_for_other_databases_in_the_data_folder(tmp_path: Path) -> None:
    assert beside.place(f"sqlite:///{tmp_path}/a.db", None) == tmp_path / "a.db.incarnation"
    assert beside.place("postgresql://x/y", tmp_path) == tmp_path / "lintel.incarnation"
    assert beside.place("postgresql://x/y", tmp_path / "none") is None
    assert beside.place("postgresql://x/y", None) is None


def test_a_file_that_was_really_copied_back_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "lintel.db"

    def start() -> tuple[Store, Lineage]:
        store = open_store(f"sqlite:///{path}")
        clock = make.Clock()
        prepare(store, clock)
        return store, Lineage(store, clock, beside.place(f"sqlite:///{path}", None))

    with make.opened(f"sqlite:///{path}") as store:
        make.house(store).book("11:00", "12:00")
    copyfile(path, tmp_path / "copy")
    store, it = start()
    assert not it.begin()
    engine_of(store, make.Clock()).bookings.book(make.ask("14:00", "15:00"), CLI)
    it.keep()
    store.close()
    copyfile(tmp_path / "copy", path)
    store, it = start()
    assert it.begin()
    store.close()
    store, it = start()
    assert not it.begin()
    store.close()


def owned(house: make.House) -> list[tuple[int, str, str]]:
    """What doors hold: room, from, to, as wall times."""
    with house.store.reading() as tx:
        rows = tx.rows("SELECT room_id, held_from, held_to FROM hold WHERE grant_id IS NOT NULL ORDER BY 1, 2")
    return [(room, *(f"{wall(from_epoch(at), make.BERLIN):%H:%M}" for at in (low, high))) for room, low, high in rows]


def anew(house: make.House) -> None:
    """A new life of the house, as after a backup was put back."""
    now = house.clock.now()
    with house.store.reading() as tx:
        former = mark(tx).incarnation
    assert house.store.writing(lambda tx: new_life(tx, now, former=former))


def test_after_a_backup_each_panel_is_assumed_to_own_all_that_it_could(house: make.House) -> None:
    one, two = (house.panel(*rooms)[0].number for rooms in (("oak",), ("oak", "elm")))
    house.engine.devices.revoke(house.panel("elm")[0].number, CLI)
    house.book("11:00", "12:00")
    house.policy("elm", door_minutes=30)
    anew(house)
    oak, elm = house.oak.number, house.elm.number
    assert owned(house) == [(oak, "09:45", "11:00"), (oak, "12:00", "12:15"), (elm, "09:45", "10:45")]
    assert house.overlaps() == []
    with house.store.reading() as tx:
        doors = [(it.device, it.room, it.grant.version) for it in grants.every(tx)]
    assert doors == [(one, oak, 0), (two, oak, 0), (two, elm, 0)]


def test_what_is_no_doors_to_own_is_not_assumed(house: make.House) -> None:
    house.panel("oak", "elm")
    house.policy("oak", door_minutes=0)
    house.engine.rooms.change("elm", CLI, status="unavailable")
    anew(house)
    assert owned(house) == []


def test_what_a_panel_owned_by_the_backup_stays_reserved_whatever_it_may_own_now(house: make.House) -> None:
    _, _, panel = house.panel("oak")
    house.engine.escrow.ask(Says((Holding("oak"),)), panel)
    with house.store.reading() as tx:
        (before,) = grants.every(tx)
    assert before.grant.reserved
    house.policy("oak", door_minutes=0)
    anew(house)
    with house.store.reading() as tx:
        (door,) = grants.every(tx)
    assert (door.grant.version, door.grant.reserved) == (0, before.grant.reserved)


def test_a_panel_that_comes_back_lets_go_of_what_it_was_assumed_to_own(house: make.House) -> None:
    _, _, panel = house.panel("oak")
    anew(house)
    with pytest.raises(Refused):
        house.book("10:30", "11:00")
    ask = house.engine.escrow.ask
    with house.store.reading() as tx:
        life = mark(tx).incarnation
    told = ask(Says((Holding("oak", "of the former life", 12),)), panel).grants["oak"]
    assert owned(house) == [(house.oak.number, "09:45", "12:15")]
    ask(Says((Holding("oak", life, told.version),)), panel)
    assert owned(house) == [(house.oak.number, "09:45", "10:30"), (house.oak.number, "11:00", "12:15")]


def test_what_a_backup_has_booked_is_assumed_to_be_a_doors_once_it_is_cancelled_again(house: make.House) -> None:
    house.panel("oak")
    it = house.book("10:30", "11:00")
    anew(house)
    oak = house.oak.number
    assert owned(house) == [(oak, "09:45", "10:30"), (oak, "11:00", "12:15")]
    house.engine.bookings.cancel(it.uid, CLI)
    assert owned(house) == [(oak, "09:45", "12:15")], "the door may have been given it when it was cancelled before"
