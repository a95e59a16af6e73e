"""Striking bookings out: nothing of what they said is left, and what they did to their rooms still is."""

import pytest

from server.core.access import CLI
from server.core.errors import Barred, Unknown
from server.core.model import STRUCK, Booking, Standing
from server.store import bookings
from tests.make import House
from tests.people import someone

SECRET = "Talk about Mallory"


def row(house: House, it: Booking) -> Booking:
    with house.store.reading() as tx:
        found = bookings.by_uid(tx, it.uid)
    assert found is not None
    return found


def texts(house: House) -> list[str]:
    with house.store.reading() as tx:
        return [str(cell) for each in tx.rows("SELECT * FROM change_text") for cell in each if SECRET in str(cell)]


def test_a_struck_booking_gives_its_room_back_and_nobody_finds_it_any_more(house: House) -> None:
    it = house.book("11:00", "12:00", title=SECRET, description=SECRET)
    assert texts(house) != []
    house.engine.striking.strike(it.uid, house.ada)
    after = row(house, it)
    assert (after.standing, after.source, after.title, after.organizer, after.owner) == (
        Standing.CANCELLED, STRUCK, "", "", None,
    )  # fmt: skip
    assert texts(house) == []
    assert house.day() == []
    assert house.engine.booking_pages.page(CLI).bookings == ()
    with pytest.raises(Unknown):
        house.engine.booking_pages.one(it.uid, CLI)
    with pytest.raises(Unknown):
        house.engine.striking.strike(it.uid, house.ada)
    assert house.changes() == ["booked", "cancelled", "struck"]
    assert house.book("11:00", "12:00").standing is Standing.ACCEPTED


def test_what_is_over_stays_what_it_was_without_a_word(house: House) -> None:
    it = house.book("11:00", "12:00", title=SECRET)
    house.clock.set("13:00")
    house.engine.striking.strike(it.uid, house.ada)
    assert (row(house, it).standing, row(house, it).title) == (Standing.ACCEPTED, "")
    assert house.changes() == ["booked", "struck"]


def test_it_takes_somebody_who_manages_the_room(house: House) -> None:
    bea = someone(house, "bea")
    it = house.book("11:00", "12:00", by=bea.actor, organizer="", organizer_email="")
    for actor in (bea.actor, house.alice):
        with pytest.raises(Barred):
            house.engine.striking.strike(it.uid, actor)
    assert row(house, it).standing is Standing.ACCEPTED


def test_of_a_series_one_date_or_all_of_them_are_struck(house: House) -> None:
    done = house.recur("11:00", "12:00", title=SECRET)
    assert done.series is not None
    whole = house.engine.series.whole(done.series.uid, CLI)
    house.engine.striking.strike(whole.rows[1].uid, house.ada)
    assert [it.title for it in house.engine.series.whole(done.series.uid, CLI).rows] == [SECRET, "", SECRET, SECRET]
    assert house.engine.striking.strike_series(done.series.uid, house.ada) == 3
    after = house.engine.series.whole(done.series.uid, CLI)
    assert {it.title for it in after.rows} == {""} == {after.series.title}
    assert not after.series.open
    assert house.engine.booking_pages.page(CLI).bookings == ()
    with pytest.raises(Unknown):
        house.engine.striking.strike_series(done.series.uid, house.ada)


def test_a_struck_date_that_is_booked_again_is_as_its_series_has_it(house: House) -> None:
    done = house.recur("11:00", "12:00", title=SECRET)
    assert done.series is not None
    date = house.engine.series.whole(done.series.uid, CLI).rows[1]
    assert date.original_start is not None
    house.engine.striking.strike(date.uid, house.ada)
    again = house.engine.series.restore(done.series.uid, date.original_start, house.ada)
    assert (again.uid, again.title, again.standing, again.source) == (date.uid, SECRET, Standing.ACCEPTED, "roomvox")
    assert len(house.engine.booking_pages.page(CLI).bookings) == 4
