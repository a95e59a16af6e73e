"""How bookings are called by number, by reference and by a name of their own, and who finds them by it."""

import pytest

from server.core.access import CLI
from server.core.errors import Barred, Unknown
from server.core.model import Edit
from server.engine import engine_of
from server.engine.instance import Instance
from server.engine.lineage import LOST, new_life
from server.engine.naming import Named, Naming
from server.store import meta
from server.store.database import Tx
from tests.make import House
from tests.people import someone


def test_a_single_booking_and_a_series_are_told_apart(house: House) -> None:
    naming, single, made = house.engine.naming, house.book("11:00", "12:00"), house.recur("13:00", "14:00")
    series, date = made.series, made.first
    assert date is not None
    assert naming.number(single) == 2 * single.id
    assert naming.number(series) == naming.number(date) == 2 * series.id + 1
    assert naming.numbered(naming.number(single), house.alice) == Named("single", single.uid, 2 * single.id)
    assert naming.numbered(naming.number(date), house.alice) == Named("series", series.uid, 2 * series.id + 1)
    assert naming.by_res(naming.res(single), house.alice) == Named("single", single.uid, 2 * single.id)
    assert naming.by_res(naming.res(date), house.alice) == Named("series", series.uid, 2 * series.id + 1)
    assert naming.res(series) == naming.res(date)


def test_each_date_of_a_series_has_a_reference_of_its_own(house: House) -> None:
    naming, made = house.engine.naming, house.recur("13:00", "14:00")
    rows = house.engine.series.whole(made.series.uid, house.alice).rows
    assert len({naming.reference(row) for row in rows}) == 4
    assert [naming.referenced(naming.reference(row), house.alice).uid for row in rows] == [row.uid for row in rows]


def test_the_number_of_a_booking_that_became_a_series_leads_to_the_series(house: House) -> None:
    naming, it = house.engine.naming, house.book("11:00", "12:00")
    number, name, reference = naming.number(it), naming.res(it), naming.reference(it)
    made = house.engine.recasting.recur(it.uid, Edit(), ("RRULE:FREQ=DAILY;COUNT=2",), house.alice)
    whole = Named("series", made.series.uid, 2 * made.series.id + 1)
    assert naming.numbered(number, house.alice) == naming.by_res(name, house.alice) == whole
    assert naming.referenced(reference, house.alice).uid == it.uid


def test_names_differ_by_use_and_by_house_and_outlive_the_process(house: House) -> None:
    naming, it = house.engine.naming, house.book("11:00", "12:00")
    again = engine_of(house.store, house.clock).naming
    assert (again.reference(it), again.res(it)) == (naming.reference(it), naming.res(it))
    assert naming.res(it).removeprefix("res_") != naming.reference(it)
    other = Instance(house.store, known=[bytes(32)])
    assert Naming(house.store, house.engine.bookings, other).reference(it) != naming.reference(it)


@pytest.mark.parametrize("text", ["", "x", "0" * 12, "res_", "res_" + "0" * 12, "12", "-" * 12, "\ud800", "\x00" * 12])
def test_a_name_of_nothing_is_unknown(house: House, text: str) -> None:
    for find in (house.engine.naming.referenced, house.engine.naming.by_res):
        with pytest.raises(Unknown):
            find(text, house.alice)


@pytest.mark.parametrize("number", [-1, 0, 1, 10**6, 10**6 + 1, 2**47, 2**64, 10**40])
def test_a_number_of_nothing_is_unknown(house: House, number: int) -> None:
    with pytest.raises(Unknown):
        house.engine.naming.numbered(number, house.alice)


def test_who_may_not_see_the_room_finds_nothing_by_its_names(house: House) -> None:
    naming, it = house.engine.naming, house.book("11:00", "12:00")
    for find, name in ((naming.referenced, naming.reference(it)), (naming.by_res, naming.res(it))):
        with pytest.raises(Barred):
            find(name, house.charlie)
    with pytest.raises(Barred):
        naming.numbered(naming.number(it), house.charlie)


def test_what_a_stranger_finds_by_reference_tells_no_title(house: House) -> None:
    it = house.book("11:00", "12:00", title="Secret plans")
    found = house.engine.naming.referenced(house.engine.naming.reference(it), someone(house, "bob").actor)
    assert (found.uid, found.title) == (it.uid, "")


def test_what_was_cancelled_is_still_called_so_and_is_no_other(house: House) -> None:
    naming, it = house.engine.naming, house.book("11:00", "12:00")
    house.engine.bookings.cancel(it.uid, house.alice)
    assert naming.by_res(naming.res(it), house.alice).uid == it.uid
    with pytest.raises(Unknown):
        naming.referenced(naming.reference(it), house.alice)


@pytest.mark.parametrize("table", ["occurrence", "series"])
def test_no_row_gets_a_number_that_another_had(house: House, table: str) -> None:
    """Numbers and names are made of rows' ids: both databases count on, whatever was deleted by hand."""
    last = _made(house, "11:00", table)

    def delete(tx: Tx) -> None:
        tx.run("DELETE FROM hold")
        tx.run("DELETE FROM occurrence")
        tx.run("DELETE FROM series")

    house.store.writing(delete)
    assert _made(house, "15:00", table) > last


def _made(house: House, start: str, table: str) -> int:
    made = house.recur(start, f"{start[:2]}:30", by=CLI)
    assert made.first is not None
    return made.first.id if table == "occurrence" else made.series.id


def test_naming_many_asks_the_database_nothing(house: House) -> None:
    naming = house.engine.naming
    rows = house.engine.series.whole(house.recur("13:00", "14:00").series.uid, house.alice).rows
    naming.reference(rows[0]), naming.res(rows[0])
    alone = Naming(None, house.engine.bookings, naming.instance)  # type: ignore[arg-type] # a store that is not there
    assert [(alone.number(row), alone.reference(row), alone.res(row)) for row in rows] == [
        (naming.number(row), naming.reference(row), naming.res(row)) for row in rows
    ]


@pytest.mark.parametrize("table", ["occurrence", "series"])
def test_what_was_made_after_a_backup_is_no_other_booking_after_the_restore(house: House, table: str) -> None:
    """The rows are lost with the time since, but what they were called may be in people's calendars."""
    saved = house.store.writing(lambda tx: meta.get(tx, "incarnation") or "")
    lost = _made(house, "11:00", table)
    house.store.writing(lambda tx: new_life(tx, house.clock.now(), former=saved))
    assert _made(house, "15:00", table) > lost + LOST // 2
