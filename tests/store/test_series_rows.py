"""A series comes out of the database as it went in; an address is of one occurrence, and places can be changed."""

from dataclasses import replace
from datetime import datetime, timedelta

import apsw
import psycopg
import pytest
from hypothesis import given

from server.core.errors import Later
from server.core.model import Booking, LeftOut, Series
from server.core.period import Period
from server.core.recurrence import Length, Pattern, parse
from server.store import bookings, rooms, series
from server.store.database import Store, Tx
from tests import make
from tests.core.recurring import patterns
from tests.make import BERLIN, NOW, at

START = datetime(2026, 6, 15, 14)
WEEK = timedelta(days=7)
TWICE = (apsw.ConstraintError, psycopg.errors.UniqueViolation, Later)


def plain(**more: object) -> Series:
    fields: dict[str, object] = {
        "id": 0, "uid": "s1", "rooms": (2, 1), "zone": BERLIN, "pattern": parse(["FREQ=WEEKLY"], START, BERLIN),
        "length": Length(0, 3600), "title": "Größe", "organizer": "Ann", "organizer_email": "ann@example.org",
        "description": "a\nb", "source": "roomvox", "made_by": "token:1", "made_at": NOW, "changed_at": NOW,
        "carried_to": NOW + 100 * WEEK, "open": True,
    }  # fmt: skip
    return Series(**(fields | more))  # type: ignore[arg-type]


def kept(store: Store, it: Series) -> Series:
    return replace(it, id=store.writing(lambda tx: series.insert(tx, it)))


def dated(store: Store, number: int, *days: int) -> list[Booking]:
    """Rows of the series on these days at two, as they were stored."""
    rows = [
        make.booking(
            uid=f"b{number}-{day}", starts=at("14:00", day), ends=at("15:00", day), series=number, series_uid="s1",
            original_start=at("14:00", day),
        )
        for day in days
    ]  # fmt: skip
    return store.writing(lambda tx: [replace(row, id=bookings.insert(tx, row)) for row in rows])


@pytest.fixture
def oak(store: Store) -> int:
    number = store.writing(lambda tx: rooms.insert(tx, make.room("oak")))
    assert number is not None
    store.writing(lambda tx: tx.run("UPDATE room SET id = 1 WHERE id = ?", (number,)))
    return 1


def test_every_column_of_a_series_comes_back(store: Store) -> None:
    it = kept(store, plain())
    with store.reading() as tx:
        assert series.by_uid(tx, "s1") == it
        assert series.by_ids(tx, [it.id, 999]) == {it.id: it}
        assert series.by_ids(tx, []) == {}
    pattern = replace(it.pattern, since=START + WEEK, until=START + 3 * WEEK)
    after = replace(
        it, pattern=pattern, length=Length(2, 0), zone="UTC", rooms=(7,), title="", open=False, version=9,
        changed_at=NOW + WEEK, carried_to=NOW, organizer="", organizer_email="", description="",
    )  # fmt: skip
    store.writing(lambda tx: series.update(tx, after))
    with store.reading() as tx:
        assert series.by_uid(tx, "s1") == after


@given(pattern=patterns())
def test_every_pattern_comes_back_from_its_columns(pattern: Pattern) -> None:
    it = plain(pattern=pattern)
    assert series.series_value(tuple(series.series_columns(it))) == it


def test_a_uid_is_of_one_series_and_none_is_found_by_what_no_row_can_hold(store: Store) -> None:
    kept(store, plain())
    with pytest.raises(TWICE):
        kept(store, plain())
    with store.reading() as tx:
        for uid in ("", "s2", "s\0", "\ud800"):
            assert series.by_uid(tx, uid) is None


def test_occurrences_come_by_address_and_each_is_found_by_its_own(store: Store, oak: int) -> None:
    it, other = kept(store, plain()), kept(store, plain(uid="s2"))
    rows = dated(store, it.id, 14, 0, 7)
    dated(store, other.id, 3)
    store.writing(lambda tx: bookings.update(tx, replace(rows[1], starts=at("09:00", 30), ends=at("10:00", 30))))
    with store.reading() as tx:
        assert [row.original_start for row in series.occurrences(tx, it.id)] == [at("14:00", day) for day in (0, 7, 14)]
        moved = series.occurrence(tx, it.id, at("14:00"))
        assert moved is not None
        assert (moved.uid, moved.starts) == (rows[1].uid, at("09:00", 30))
        assert series.occurrence(tx, it.id, at("09:00", 30)) is None
        assert series.occurrence(tx, other.id, at("14:00")) is None


def test_an_address_is_of_one_occurrence(store: Store, oak: int) -> None:
    it = kept(store, plain())
    rows = dated(store, it.id, 0, 7)
    with pytest.raises(TWICE):
        store.writing(lambda tx: bookings.update(tx, replace(rows[0], original_start=at("14:00", 7))))
    loose = replace(rows[0], original_start=at("14:00", 7), series=None)  # of no series it is nobody's address
    store.writing(lambda tx: bookings.update(tx, loose))


def test_released_occurrences_can_change_places_and_addresses(store: Store, oak: int) -> None:
    it = kept(store, plain())
    first, second = dated(store, it.id, 0, 7)

    def swap(tx: Tx) -> None:
        series.release(tx, [first.id, second.id])
        for row, other in ((first, second), (second, first)):
            bookings.update(tx, replace(row, starts=other.starts, ends=other.ends, original_start=other.original_start))

    store.writing(swap)
    with store.reading() as tx:
        assert [row.uid for row in series.occurrences(tx, it.id)] == [second.uid, first.uid]
        assert tx.rows("SELECT occurrence_id, active FROM hold ORDER BY held_from") == [(second.id, 1), (first.id, 1)]


def test_what_is_released_holds_nothing_and_has_no_address(store: Store, oak: int) -> None:
    it = kept(store, plain())
    first, second = dated(store, it.id, 0, 7)
    store.writing(lambda tx: series.release(tx, [first.id]))
    store.writing(lambda tx: series.release(tx, []))
    with store.reading() as tx:
        assert tx.rows("SELECT occurrence_id FROM hold WHERE active = 1") == [(second.id,)]
        assert series.occurrence(tx, it.id, at("14:00")) is None


def test_left_out_dates_come_by_date_and_are_replaced_added_and_dropped(store: Store) -> None:
    it, other = kept(store, plain()), kept(store, plain(uid="s2"))

    def out(number: int, day: int, *codes: str, found: timedelta = timedelta()) -> LeftOut:
        return LeftOut(number, at("14:00", day), NOW + found, codes)

    late, early, theirs = out(it.id, 14, "clash", "closed"), out(it.id, 0, found=WEEK), out(other.id, 7, "clash")
    store.writing(lambda tx: series.add_left_out(tx, [late, early, theirs]))
    with store.reading() as tx:
        assert series.left_out(tx, it.id) == [early, late]
        assert series.left_out_since(tx, NOW) == [early, late, theirs]
        assert series.left_out_since(tx, NOW + timedelta(seconds=1)) == [early]
    with pytest.raises(TWICE):
        store.writing(lambda tx: series.add_left_out(tx, [late]))
    store.writing(lambda tx: series.drop_left_out(tx, it.id, late.at))
    store.writing(lambda tx: series.drop_left_out(tx, it.id, late.at))
    store.writing(lambda tx: series.put_left_out(tx, other.id, [out(other.id, 21, "gap")]))
    with store.reading() as tx:
        assert series.left_out(tx, it.id) == [early]
        assert series.left_out(tx, other.id) == [out(other.id, 21, "gap")]
    store.writing(lambda tx: series.put_left_out(tx, it.id, []))
    with store.reading() as tx:
        assert series.left_out(tx, it.id) == []


def test_those_left_behind_most_are_carried_first_and_closed_ones_never(store: Store) -> None:
    places = [kept(store, plain(uid=f"s{n}", carried_to=NOW + n * WEEK, open=n != 2)).id for n in (3, 1, 2, 4)]
    with store.reading() as tx:
        assert series.to_carry(tx, NOW + 4 * WEEK) == [places[1], places[0]]
        assert series.to_carry(tx, NOW) == []
        assert [it.id for it in series.every(tx)] == places


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT id FROM occurrence WHERE series_id = 1 AND original_start = 5",
        "SELECT id FROM occurrence WHERE series_id = 1 ORDER BY original_start",
        "SELECT id FROM series WHERE open = 1 AND carried_to < 5 ORDER BY carried_to, id",
    ],
)
def test_no_series_is_sought_by_reading_a_whole_table(store: Store, statement: str) -> None:
    if store.postgres:

        def explained(tx: Tx) -> str:
            tx.run("SET LOCAL enable_seqscan = off")
            return "\n".join(str(row[0]) for row in tx.rows("EXPLAIN " + statement))

        assert "Seq Scan" not in store.writing(explained)
    else:
        with store.reading() as tx:
            plan = " ".join(str(row[3]) for row in tx.rows("EXPLAIN QUERY PLAN " + statement))
        assert "SEARCH" in plan
        assert "SCAN" not in plan


@pytest.mark.parametrize("gap", [0, 15, 90])
def test_many_times_are_looked_at_in_one_question_as_each_alone(store: Store, oak: int, gap: int) -> None:
    number = kept(store, plain()).id
    free, *_ = dated(store, number, 0, 1, 2, 3)
    store.writing(lambda tx: series.release(tx, [free.id]))
    minutes = (-120, -90, -75, -60, -45, -30, 0, 30, 60, 75, 90, 151)
    times = [
        Period(at("14:00", day) + timedelta(minutes=by), at("14:00", day) + timedelta(minutes=by + 60))
        for day in range(-1, 5) for by in minutes
    ]  # fmt: skip
    space = timedelta(minutes=gap)
    with store.reading() as tx:
        found = bookings.crowded(tx, oak, times, space)
        assert found == {it for it in times if bookings.around(tx, oak, it, space)}
        assert 12 <= len(found) <= 33  # of three days, the fourth was released
        assert bookings.crowded(tx, oak + 1, times, space) == bookings.crowded(tx, oak, [], space) == set()
