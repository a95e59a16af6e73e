"""What the change feed and the panels hear of series."""

from datetime import timedelta

from server.core.model import Edit, Standing
from tests.engine.series_seen import live, occurrence
from tests.make import House, at


def subjects(house: House, after: int) -> list[tuple[str, str, str]]:
    """What the feed says since: (what, uid of the booking, room)."""
    with house.store.reading() as tx:
        return tx.rows(
            "SELECT c.what, o.uid, r.slug FROM change c JOIN occurrence o ON o.id = c.subject "
            "JOIN room r ON r.id = c.room_id WHERE c.seq > ? ORDER BY c.seq",
            (after,),
        )


def head(house: House) -> int:
    with house.store.reading() as tx:
        return int(tx.rows("SELECT max(seq) FROM change")[0][0])


def test_every_touched_booking_is_in_the_feed_of_each_of_its_rooms(house: House) -> None:
    made = house.recur("14:00", "15:00", rooms=("oak", "elm"))
    uid, rows = made.series.uid, live(house, made.series.uid)
    assert sorted(subjects(house, 0)) == sorted(("booked", row.uid, slug) for row in rows for slug in ("oak", "elm"))

    before = head(house)
    house.engine.series.change(uid, Edit(title="x"), house.alice, following=True, at=at("14:00", 14))
    assert {(what, one) for what, one, _ in subjects(house, before)} == {("changed", row.uid) for row in rows[2:]}

    before = head(house)
    lines = ("FREQ=DAILY;COUNT=2",)
    house.engine.series.change(uid, Edit(), house.alice, following=False, lines=lines, lose=True)
    new = [row for row in live(house, uid) if row.uid not in {it.uid for it in rows}]
    assert {(what, one) for what, one, _ in subjects(house, before)} == {
        ("booked", new[0].uid), ("cancelled", rows[1].uid),
    }  # fmt: skip

    before = head(house)
    house.engine.series.cancel(uid, house.alice, following=False)
    assert {(what, one) for what, one, _ in subjects(house, before)} == {
        ("cancelled", rows[0].uid), ("cancelled", new[0].uid),
    }  # fmt: skip


def test_what_an_edit_skipped_is_in_the_feed_as_cancelled_once(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    house.book(at("16:30", 7), at("17:00", 7), by=house.bob)
    second, before = occurrence(house, uid, at("14:00", 7)), head(house)
    house.engine.series.change(uid, Edit(starts=at("16:00")), house.alice, following=False, skip=True)
    said = subjects(house, before)
    assert [what for what, one, _ in said if one == second.uid] == ["cancelled"]
    assert len(said) == 4


def test_what_is_untouched_is_not_in_the_feed(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    before = head(house)
    house.engine.series.change(uid, Edit(title="Planning"), house.alice, following=False)
    assert subjects(house, before) == []
    assert [row.version for row in live(house, uid)] == [1] * 4


def test_the_texts_of_a_series_are_said_once(house: House) -> None:
    made = house.recur("14:00", "15:00", title="Quiet words")
    house.engine.series.change(made.series.uid, Edit(title="Other words"), house.alice, following=False)
    with house.store.reading() as tx:
        assert len(tx.rows("SELECT seq FROM change_text WHERE body LIKE '%Quiet words%'")) == 1
        assert len(tx.rows("SELECT seq FROM change_text WHERE body LIKE '%Other words%'")) == 1


def test_a_panel_hears_what_is_new_changed_and_gone(house: House) -> None:
    _, _, panel = house.panel()
    devices = house.engine.devices
    start = devices.snapshot("oak", panel)
    uid = house.recur("14:00", "15:00", "FREQ=DAILY;COUNT=4").series.uid
    news = devices.feed("oak", panel, start.seq, start.incarnation)
    assert list(news.bookings) == live(house, uid)

    house.engine.series.change(
        uid, Edit(starts=at("16:00", 1)), house.alice, following=True, at=at("14:00", 1), lines=("FREQ=DAILY;COUNT=2",)
    )
    later = devices.feed("oak", panel, news.seq, news.incarnation)
    told = {it.starts: it.standing for it in later.bookings}
    assert told == {
        at("16:00", 1): Standing.ACCEPTED, at("16:00", 2): Standing.ACCEPTED, at("14:00", 3): Standing.CANCELLED,
    }  # fmt: skip

    house.engine.series.cancel(uid, house.alice, following=False)
    last = devices.feed("oak", panel, later.seq, later.incarnation)
    assert [(it.starts, it.standing) for it in last.bookings] == [(at("14:00"), Standing.CANCELLED)]
    assert [it.starts for it in devices.snapshot("oak", panel).bookings] == [at("16:00", 1), at("16:00", 2)]


def test_a_panel_that_missed_more_than_it_can_hear_takes_all_anew(house: House) -> None:
    _, _, panel = house.panel()
    start = house.engine.devices.snapshot("oak", panel)
    house.recur("14:00", "15:00", "FREQ=DAILY")
    assert house.engine.devices.feed("oak", panel, start.seq, start.incarnation).reload


def test_a_panel_may_extend_and_check_in_an_occurrence(house: House) -> None:
    uid = house.recur("10:05", "10:30").series.uid
    _, _, panel = house.panel()
    first = occurrence(house, uid, at("10:05"))
    house.engine.presence.check_in(first.uid, panel)
    house.engine.presence.extend(first.uid, panel, minutes=15)
    assert occurrence(house, uid, at("10:05")).ends == at("10:30") + timedelta(minutes=15)
