"""The schema comes up once, however often and by however many at once it is asked for."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from server.core.tree import address
from server.engine import prepare
from server.store import places, postgres, rooms, sqlite
from server.store.database import Store, open_store
from server.store.migrations import STEPS
from tests import make

ROOT = Path(__file__).resolve().parents[2]
NAMES = [step.__name__.rpartition(".")[2] for step in STEPS]

START = textwrap.dedent("""
    import sys
    from server.core.clock import SystemClock
    from server.engine import prepare
    from server.store.database import open_store

    store = open_store(sys.argv[1])
    print("ready", flush=True)
    sys.stdin.readline()
    applied = prepare(store, SystemClock())
    with store.reading() as tx:
        print(",".join(applied), *tx.one("SELECT value FROM meta WHERE name = 'incarnation'"), sep=";")
""")


def test_a_fresh_database_lacks_every_step_and_a_prepared_one_none(bare_url: str) -> None:
    with make.opened(bare_url, bare=True) as store:
        assert store.pending() == NAMES
        assert prepare(store, make.Clock()) == NAMES
        assert store.pending() == []


def test_asking_again_changes_nothing(store: Store) -> None:
    def everything() -> list[object]:
        with store.reading() as tx:
            return [tx.rows("SELECT * FROM migration ORDER BY number"), tx.rows("SELECT * FROM meta")]

    prepare(store, make.Clock())
    before = everything()
    assert prepare(store, make.Clock(make.at("12:00"))) == []
    assert everything() == before


def test_each_life_of_a_database_has_a_name_of_its_own(tmp_path: Path) -> None:
    names = set()
    for number in range(2):
        with make.opened(f"sqlite:///{tmp_path}/{number}.db") as store:
            prepare(store, make.Clock())
            with store.reading() as tx:
                names.add(tx.one("SELECT value FROM meta WHERE name = 'incarnation'"))
    assert len(names) == 2


def test_processes_that_start_at_once_apply_each_step_once_and_agree(bare_url: str) -> None:
    running = [
        subprocess.Popen([sys.executable, "-c", START, bare_url], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True, cwd=ROOT)
        for _ in range(4)
    ]  # fmt: skip
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    told = [process.communicate(timeout=60) for process in running]
    assert [process.returncode for process in running] == [0] * 4, [error for _, error in told]
    lines = [out.strip().split(";") for out, _ in told]
    # one may do some of the steps and another the rest, but each is done once
    assert sorted(step for applied, _ in lines for step in applied.split(",") if step) == NAMES
    assert len({incarnation for _, incarnation in lines}) == 1


def test_rooms_of_an_older_house_are_put_where_they_say(bare_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = ("slug", "name", "zone", "email", "capacity", "room_number", "room_type", "facilities", "description",
               "contact", "site", "building", "floor", "street", "postal_code", "city", "active", "auto_accept",
               "policy", "version")  # fmt: skip
    where = {
        "a": ("Main", "West", "1"), "b": ("Main", "West", "2"), "c": ("Main", "", "1"), "d": ("Main", "East", ""),
        "e": ("House", "Main", "1"), "f": ("", "", ""), "g": ("North", "", ""), "h": ("", "West", "1"),
    }  # fmt: skip
    with make.opened(bare_url, bare=True) as store:
        for module in (sqlite, postgres):
            monkeypatch.setattr(module, "STEPS", STEPS[:2])
        store.migrate(make.NOW)
        rows = [
            (slug, slug, make.BERLIN, "", 4, "", "", "[]", "", "", *words, "", "", "", 1, 1, '{"gap_minutes": 5}', 1)
            for slug, words in where.items()
        ]
        marks = ",".join("?" * len(columns))
        store.writing(lambda tx: tx.many(f"INSERT INTO room ({', '.join(columns)}) VALUES ({marks})", rows))
        monkeypatch.undo()
        prepare(store, make.Clock())
        with store.reading() as tx:
            tree = {it.number: it for it in places.every(tx)}
            found = {room.id: address(tree, room.place) for room in rooms.every(tx)}
            kept = {(room.site, room.building, room.floor) for room in rooms.every(tx)}
            own = [room.own_policy for room in rooms.every(tx)]
    assert found == {
        "a": "Main/West/1", "b": "Main/West/2", "c": "Main/1", "d": "Main/East", "e": "House/Main/1", "f": "House",
        "g": "North", "h": "House",
    }  # fmt: skip
    assert (kept, own) == (set(where.values()), [{"gap_minutes": 5}] * len(where))
    assert len(tree) == 11


@pytest.mark.parametrize("url", ["mysql://x", "lintel.db", "", "sqlite://x"])
def test_an_address_of_neither_kind_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="sqlite:/// or postgresql://"):
        open_store(url)


def test_the_short_spelling_of_postgresql_is_understood(bare_postgres: str) -> None:
    with make.opened(bare_postgres.replace("postgresql://", "postgres://")) as store:
        assert store.pending() == NAMES
        assert store.version().startswith("PostgreSQL 1")
