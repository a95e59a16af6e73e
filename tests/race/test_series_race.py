"""Sixteen threads want series that run into each other: each gets all its dates or none, and is told exactly why."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from server.core.access import CLI
from server.core.errors import LintelError, Refused, Stale, Unknown
from server.core.model import Ask, Booking, Edit, Standing
from server.core.recurrence import parse
from server.core.zone import instant
from server.engine.outcome import Outcome
from tests import make
from tests.make import BERLIN, MONDAY, House, at
from tests.race.clients import overlaps

THREADS = 16
HOUR = timedelta(hours=1)
Answer = Outcome | LintelError


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with make.opened(database_url) as store:
        yield make.house(store)


@dataclass(frozen=True)
class Wish:
    """A series: an hour each, every so many days, in these rooms."""

    name: str
    rooms: tuple[str, ...]
    start: datetime
    every: int
    count: int
    skip: bool

    @property
    def dates(self) -> list[datetime]:
        return [instant(self.start + timedelta(days=n * self.every), BERLIN) for n in range(self.count)]

    def book(self, house: House) -> Outcome:
        begins = self.dates[0]
        pattern = parse([f"FREQ=DAILY;INTERVAL={self.every};COUNT={self.count}"], self.start, BERLIN)
        ask = Ask(self.rooms, begins, begins + HOUR, self.name, self.name)
        return house.engine.series.book(ask, pattern, house.alice, skip=self.skip)


@dataclass(frozen=True)
class Got:
    """A series that was booked: its dates in each of its rooms."""

    rooms: tuple[str, ...]
    rows: list[Booking]


def wishes(chance: random.Random, rooms: list[tuple[str, ...]]) -> list[Wish]:
    """Every one in the way of some others: from four mornings on, at four half hours, daily to weekly."""
    out = []
    for number in range(THREADS):
        day, minutes = chance.randint(1, 4), 30 * chance.randint(0, 3)
        start = datetime.combine(MONDAY, datetime.min.time()) + timedelta(days=day, hours=9, minutes=minutes)
        every, count = chance.choice([1, 2, 3, 7]), chance.randint(3, 12)
        out.append(Wish(f"w{number}", chance.choice(rooms), start, every, count, chance.random() < 0.3))
    return out


def at_once(house: House, acts: list[Callable[[], Any]]) -> list[Any]:
    """What each act answers or raises, all let loose together."""
    gate, answers = threading.Barrier(len(acts), timeout=60), [None] * len(acts)

    def run(number: int) -> None:
        try:
            gate.wait()
            answers[number] = acts[number]()
        except LintelError as error:
            answers[number] = error
        finally:
            house.store.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=100)
    assert not any(answer is None for answer in answers), "somebody was never answered"
    return answers


def booked(house: House) -> dict[str, list[Booking]]:
    """The bookings of each series by its title, the series in the order in which they were committed."""
    with house.store.reading() as tx:
        order = [row[0] for row in tx.rows(
            "SELECT s.uid FROM series s JOIN occurrence o ON o.series_id = s.id "
            "JOIN change c ON c.what = 'booked' AND c.subject = o.id GROUP BY s.uid ORDER BY min(c.seq)")]  # fmt: skip
    wholes = [house.engine.series.whole(uid, CLI) for uid in order]
    return {it.series.title: list(it.rows) for it in wholes}


def in_the_way(wish: Wish, before: list[Got]) -> set[tuple[str, datetime, str]]:
    """What of those booked before stands in the way: (room, date of the wish, uid)."""
    return {
        (room, date, row.uid)
        for date in wish.dates
        for got in before
        for room in set(wish.rooms) & set(got.rooms)
        for row in got.rows
        if row.starts < date + HOUR and date < row.ends
    }


def check(house: House, asked: list[Wish], answers: list[Answer]) -> int:
    """Every answer is true; how many were refused."""
    with house.store.reading() as tx:
        assert overlaps(tx) == []
        assert tx.rows("SELECT id FROM occurrence WHERE id NOT IN (SELECT occurrence_id FROM hold)") == []
    found, by_name = booked(house), {wish.name: wish for wish in asked}
    won = [name for name in found if name in by_name]
    assert set(won) == {wish.name for wish, it in zip(asked, answers, strict=True) if isinstance(it, Outcome)}
    stood = [Got(by_name[name].rooms, found[name]) for name in won]
    for wish, answer in zip(asked, answers, strict=True):
        if isinstance(answer, Outcome):
            missed = {date for _, date, _ in in_the_way(wish, stood[: won.index(wish.name)])}
            assert {it.at for it in answer.left_out} == missed
            assert wish.skip or not missed
            assert [row.starts for row in found[wish.name]] == [date for date in wish.dates if date not in missed]
        else:
            assert isinstance(answer, Refused), answer
            told = {(it.room, it.at, it.uid) for it in answer.conflicts}
            codes = [it.code for it in answer.objections]
            assert codes == (["nothing_left"] if wish.skip else [])
            # What stood there when it was judged is what some first ones of the winners had by then.
            seen = [in_the_way(wish, stood[:number]) for number in range(len(stood) + 1)]
            lost = [it for it in seen if {date for _, date, _ in it} == set(wish.dates)] if wish.skip else []
            assert lost or (told and told in seen)
    return sum(isinstance(it, Refused) for it in answers)


def race(house: House, rooms: list[tuple[str, ...]], rounds: int) -> None:
    refused = 0
    for round_ in range(rounds):
        make.emptied(house.store)
        fresh = make.house(house.store)
        asked = wishes(random.Random(round_), rooms)
        answers = at_once(fresh, [partial(wish.book, fresh) for wish in asked])
        refused += check(fresh, asked, answers)
    assert refused > rounds  # they really were in each other's way


@pytest.mark.race
def test_series_in_one_room_get_all_their_dates_or_are_told_each_that_is_taken(house: House) -> None:
    race(house, [("oak",)], rounds=5)


@pytest.mark.race
def test_series_in_two_rooms_crosswise_do_too(house: House) -> None:
    race(house, [("oak", "elm"), ("elm", "oak"), ("oak",), ("elm",)], rounds=5)


@pytest.mark.race
@pytest.mark.soak
@pytest.mark.parametrize("rooms", [[("oak",)], [("oak", "elm"), ("elm", "oak"), ("oak",), ("elm",)]])
def test_they_do_so_forty_times(house: House, rooms: list[tuple[str, ...]]) -> None:
    race(house, rooms, rounds=40)


@contextmanager
def repeated(house: House) -> Iterator[tuple[str, Booking]]:
    """Alice's daily series of ten, and its fourth date; sound afterwards, whatever was done to it."""
    uid = house.recur("14:00", "15:00", "FREQ=DAILY;COUNT=10").series.uid
    yield uid, house.engine.series.occurrence(uid, at("14:00", 3), CLI)
    with house.store.reading() as tx:
        assert overlaps(tx) == []
        uids = [row[0] for row in tx.rows("SELECT uid FROM series")]
    for each in uids:
        whole = house.engine.series.whole(each, CLI)
        rows, left = {row.original_start for row in whole.rows}, {it.at for it in whole.left_out}
        assert whole.dates.keys() <= rows | left
        assert not rows & left


@pytest.mark.race
@pytest.mark.parametrize("following", [False, True])
def test_of_moves_of_one_version_one_is_done(house: House, following: bool) -> None:
    with repeated(house) as (uid, fourth):
        edits = [Edit(fourth.starts + n * HOUR / 4, None, f"by {n}") for n in range(THREADS)]
        won, others = one_wins(house, uid, fourth, edits, following=following)
        assert all(isinstance(it, Stale | Unknown) for it in others)  # once it has moved, its address is no more
        rows = house.engine.series.whole(won.series.uid, CLI).rows
        (number,) = [n for n in range(THREADS) if rows[0].title == f"by {n}"]
        assert {row.title for row in rows} == {rows[0].title}
        assert len(rows) == (7 if following else 10)
        assert fourth.starts + number * HOUR / 4 in {row.starts for row in rows}


@pytest.mark.race
def test_of_renamings_of_one_version_one_is_done(house: House) -> None:
    with repeated(house) as (uid, fourth):
        edits = [Edit(title=f"by {n}") for n in range(THREADS)]
        won, others = one_wins(house, uid, fourth, edits, following=False)
        assert all(isinstance(it, Stale) for it in others)
        assert {row.title for row in house.engine.series.whole(uid, CLI).rows} == {won.first.title}


def one_wins(
    house: House, uid: str, seen: Booking, edits: list[Edit], *, following: bool
) -> tuple[Outcome, list[LintelError]]:
    """All edits of the date as it was seen, at once: the one that is done, and what the others are told."""
    change = partial(house.engine.series.change, at=seen.starts, version=seen.version, following=following)
    answers = at_once(house, [partial(change, uid, edit, house.alice) for edit in edits])
    (won,) = [it for it in answers if isinstance(it, Outcome)]
    return won, [it for it in answers if not isinstance(it, Outcome)]


@pytest.mark.race
@pytest.mark.parametrize("seed", range(3))
def test_edits_of_every_kind_at_once_leave_whole_series(house: House, seed: int) -> None:
    chance = random.Random(seed)
    with repeated(house) as (uid, _):
        change, cancel = house.engine.series.change, house.engine.series.cancel

        def some(number: int) -> Callable[[], Any]:
            day = at("14:00", chance.randint(0, 9))
            move = Edit(day + chance.choice([-1, 1, 24]) * HOUR, None, f"by {number}")
            return chance.choice([
                lambda: change(uid, move, house.alice, following=True, at=day, skip=True),
                lambda: change(uid, Edit(title=f"by {number}"), house.alice, following=False),
                lambda: change(uid, Edit(), house.bob, following=False, lines=("FREQ=DAILY;COUNT=8",), lose=True),
                lambda: cancel(uid, house.bob, following=True, at=day),
                lambda: house.book(day + HOUR, day + 2 * HOUR, by=house.bob),
            ])  # fmt: skip

        answers = at_once(house, [some(number) for number in range(THREADS)])
        assert all(isinstance(it, Outcome | Booking | Refused | Unknown) for it in answers), answers
        with house.store.reading() as tx:
            (held,) = tx.rows("SELECT count(*) FROM hold WHERE active = 1")[0]
            (live,) = tx.rows("SELECT count(*) FROM occurrence WHERE standing = ?", (Standing.ACCEPTED.value,))[0]
        assert held == live
