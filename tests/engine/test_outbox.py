"""Listeners are told of each act once, in order, whoever tells them and whatever goes wrong."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from server.core.access import CLI
from server.core.errors import Later
from server.core.model import Change
from server.engine import outbox as module
from server.engine.outbox import AGAIN, Outbox
from server.store.database import Tx
from tests import make


class Ear:
    """A listener that keeps what it hears in `meta`, and fails for the subjects it is told to."""

    def __init__(self, name: str = "ear") -> None:
        self.name = name
        self.pages: list[list[int]] = []
        self.refuses: set[int | None] = set()
        self.spoils: set[int | None] = set()

    def gather(self, tx: Tx, news: Sequence[Change]) -> list[Any]:
        self.pages.append([it.seq for it in news])
        if any(it.subject in self.refuses and it.room is not None for it in news):
            raise KeyError("Salary talk")
        return [(it.seq, it.act, it.subject, it.what) for it in news if it.what in ("booked", "cancelled")]

    def keep(self, tx: Tx, rows: Sequence[Any], now: datetime) -> None:
        for seq, act, subject, what in rows:
            if subject in self.spoils:
                tx.run("INSERT INTO no_such_table VALUES (1)")
            tx.run("INSERT INTO meta (name, value) VALUES (?,?)", (f"{self.name}:{seq:06}", f"{act}:{what}:{subject}"))


def kept(house: make.House, name: str = "ear") -> list[str]:
    with house.store.reading() as tx:
        return [row[0] for row in tx.rows("SELECT value FROM meta WHERE name LIKE ? ORDER BY name", (f"{name}:%",))]


def telling(house: make.House, *ears: Ear) -> Outbox:
    it = Outbox(house.store, house.clock, ears)
    it.begin()
    return it


def test_a_listener_hears_of_what_happens_from_its_beginning_on_and_once(house: make.House) -> None:
    house.book("11:00", "12:00")
    ear = Ear()
    it = telling(house, ear)
    assert it.run().changes == 0
    two = house.book("13:00", "14:00")
    it.begin()
    told = it.run()
    assert (told.changes, told.rows, told.stuck) == (1, 1, 0)
    assert it.run().changes == 0
    assert [row.split(":")[1:] for row in kept(house)] == [["booked", str(two.id)]]


def test_what_was_done_at_once_is_told_whole_however_long_it_is(house: make.House, monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "PAGE", 3)
    ear = Ear()
    it = telling(house, ear)
    for start in ("11:00", "12:00"):
        house.recur(start, start[:3] + "30", "FREQ=DAILY;COUNT=5")
    it.run()
    rows = kept(house)
    acts = [row.split(":")[0] for row in rows]
    assert len(rows) == 10
    assert len(set(acts)) == 2
    for page in ear.pages:
        with house.store.reading() as tx:
            marks = ",".join("?" * len(page))
            of = {row[0] for row in tx.rows(f"SELECT act FROM change WHERE seq IN ({marks})", page)}
            whole = {row[0] for act in of for row in tx.rows("SELECT seq FROM change WHERE act = ?", (act,))}
        assert whole == set(page)


@pytest.mark.parametrize("where", ["refuses", "spoils"])
def test_an_act_that_cannot_be_taken_is_set_aside_and_the_rest_goes_on(house: make.House, where: str) -> None:
    ear, other = Ear(), Ear("other")
    it = telling(house, ear, other)
    good, bad, more = house.book("11:00", "12:00"), house.book("12:00", "13:00"), house.book("13:00", "14:00")
    getattr(ear, where).add(bad.id)
    told = it.run()
    assert told.stuck == 1
    assert [row.split(":")[2] for row in kept(house)] == [str(good.id), str(more.id)]
    assert [row.split(":")[2] for row in kept(house, "other")] == [str(good.id), str(bad.id), str(more.id)]
    (aside,) = it.stuck()
    assert (aside.listener, aside.tries, aside.next) == ("ear", 1, house.clock.now() + AGAIN[0])
    assert "Salary" not in aside.error
    assert aside.error
    assert [(w.listener, w.stuck) for w in it.waiting()] == [("ear", 1), ("other", 0)]
    assert [it.ticket.subject for it in house.engine.tickets.page(CLI, category="outbox_stuck", state="open")] == [
        "ear"
    ]


def test_what_is_set_aside_is_tried_again_ever_less_often_until_it_is_taken(house: make.House) -> None:
    ear = Ear()
    it = telling(house, ear)
    bad = house.book("12:00", "13:00")
    ear.refuses.add(bad.id)
    it.run()
    for tries, pause in enumerate(AGAIN, 1):
        house.clock.forward(seconds=pause.total_seconds() - 1)
        it.run()
        assert it.stuck()[0].tries == tries
        house.clock.forward(seconds=1)
        it.run()
        assert it.stuck()[0].tries == tries + 1
    ear.refuses.clear()
    it.retry()
    assert it.run().freed == 1
    assert it.stuck() == []
    assert len(kept(house)) == 1
    assert house.engine.tickets.page(CLI, category="outbox_stuck", state="open") == ()


def test_a_clock_set_back_does_not_make_it_wait_for_ever(house: make.House) -> None:
    ear = Ear()
    it = telling(house, ear)
    ear.refuses.add(house.book("12:00", "13:00").id)
    it.run()
    house.clock.forward(days=-400)
    ear.refuses.clear()
    assert it.run().freed == 1


def test_a_database_that_is_busy_sets_nothing_aside(house: make.House) -> None:
    class Busy(Ear):
        def gather(self, tx: Tx, news: Sequence[Change]) -> list[Any]:
            raise Later(1)

    it = telling(house, Busy())
    house.book("12:00", "13:00")
    with pytest.raises(Later):
        it.run()
    assert it.stuck() == []


def test_two_that_tell_at_once_tell_each_thing_once(house: make.House) -> None:
    meet = threading.Barrier(4, timeout=20)

    class Slow(Ear):
        def gather(self, tx: Tx, news: Sequence[Change]) -> list[Any]:
            rows = super().gather(tx, news)
            if len(self.pages) == 1:
                meet.wait()
            return rows

    for day in range(6):
        house.book(make.at("12:00", day), make.at("13:00", day))
    it = telling(house, Slow())
    for day in range(6):
        house.book(make.at("14:00", day), make.at("15:00", day))

    def tell() -> None:
        replace(it, listeners=(Slow(),)).run()
        house.store.close()

    threads = [threading.Thread(target=tell) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert len(kept(house)) == 6
    assert it.stuck() == []
