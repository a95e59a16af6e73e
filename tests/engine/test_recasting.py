"""Bookings into other rooms, out of their series, or as the first date of one."""

from dataclasses import replace

import pytest

from server.core.access import CLI
from server.core.errors import Barred, Refused, Stale, Unknown
from server.core.model import Attendee, Booking, Details, Edit, Standing
from server.core.recurrence import parse
from server.engine.series import Outcome
from tests.make import House, at, codes
from tests.people import someone

DAILY = ("FREQ=DAILY;COUNT=4",)


def weekly(house: House) -> Outcome:
    """Alice's four Mondays in Oak, 11:00 to 12:00."""
    return house.recur("11:00", "12:00")


def rows(house: House, made: Outcome) -> list[Booking]:
    found = house.engine.series.whole(made.series.uid, CLI).rows
    return sorted((it for it in found if it.standing is Standing.ACCEPTED), key=lambda it: it.starts)


def held(house: House, slug: str = "oak") -> list[str]:
    """When a room is held in all the days to come: day and hour in Berlin."""
    number = {"oak": house.oak.number, "elm": house.elm.number}[slug]
    with house.store.reading() as tx:
        found = tx.rows("SELECT held_from FROM hold WHERE active = 1 AND room_id = ? ORDER BY 1", (number,))
    base = int(at("00:00").timestamp())
    return [f"{(start - base) // 86400}d{(start - base) % 86400 // 3600}" for (start,) in found]


def test_a_booking_is_moved_into_another_room_and_told_in_both(house: House) -> None:
    it = house.book("11:00", "12:00")
    after = house.engine.recasting.alone(it.uid, Edit(title="New"), house.alice, into=("elm",))
    assert (after.uid, after.rooms, after.title, after.version) == (it.uid, (house.elm.number,), "New", 2)
    assert (held(house), held(house, "elm")) == ([], ["0d11"])
    with house.store.reading() as tx:
        told = tx.rows("SELECT room_id FROM change WHERE what = 'changed' ORDER BY room_id")
    assert [row[0] for row in told] == [house.oak.number, house.elm.number]


def test_the_panel_it_leaves_is_told_that_it_is_gone(house: House) -> None:
    it = house.book("11:00", "12:00")
    _, _, panel = house.panel("oak")
    before = house.engine.devices.snapshot("oak", panel)
    house.engine.recasting.alone(it.uid, Edit(), house.alice, into=("elm",))
    news = house.engine.devices.feed("oak", panel, before.seq, before.incarnation)
    assert [(each.uid, each.standing) for each in news.bookings] == [(it.uid, Standing.CANCELLED)]


def test_it_is_moved_in_room_and_time_at_once(house: House) -> None:
    it = house.book("11:00", "12:00")
    house.book("11:00", "12:00", room="elm")
    house.book("14:00", "15:00")
    into = ("elm", "oak")
    with pytest.raises(Refused) as no:
        house.engine.recasting.alone(it.uid, Edit(), house.alice, into=into)
    assert codes(no.value) == ["clash"]
    house.engine.recasting.alone(it.uid, Edit(starts=at("12:00"), ends=at("13:00")), house.alice, into=into)
    assert (held(house), held(house, "elm")) == (["0d12", "0d14"], ["0d11", "0d12"])
    assert house.overlaps() == []


def test_the_rules_of_the_new_room_count(house: House) -> None:
    it = house.book("11:00", "12:00")
    house.policy("elm", max_minutes=30, title_needed=True)
    with pytest.raises(Refused) as no:
        house.engine.recasting.alone(it.uid, Edit(title=""), house.alice, into=("elm",))
    assert codes(no.value) == ["too_long", "title_missing"]
    assert held(house) == ["0d11"]


def test_a_room_with_approval_is_asked_by_who_comes_into_it(house: House) -> None:
    house.engine.rooms.change("elm", CLI, auto_accept=False)
    it = house.book("11:00", "12:00")
    after = house.engine.recasting.alone(it.uid, Edit(), house.alice, into=("elm",))
    assert after.standing is Standing.PENDING
    assert house.engine.recasting.alone(it.uid, Edit(), house.alice, into=("oak",)).standing is Standing.ACCEPTED


def test_who_may_not_book_there_does_not_come_in(house: House) -> None:
    it = house.book("11:00", "12:00", room="elm", by=house.charlie)
    with pytest.raises(Barred):
        house.engine.recasting.alone(it.uid, Edit(), house.charlie, into=("oak",))
    with pytest.raises(Unknown):
        house.engine.recasting.alone(it.uid, Edit(), house.alice, into=("nowhere",))
    with pytest.raises(Stale):
        house.engine.recasting.alone(it.uid, Edit(), house.alice, into=("oak",), version=7)
    bob = someone(house, "bob")
    with pytest.raises(Barred):
        house.engine.recasting.alone(it.uid, Edit(), bob.actor, into=("oak",))


def test_what_it_claims_and_costs_goes_with_it(house: House) -> None:
    alice = someone(house, "alice", credits=1_000)
    house.policy("elm", credits=200)
    it = house.book("11:00", "12:00", by=alice.actor, organizer="", organizer_email="")
    assert house.engine.recasting.alone(it.uid, Edit(), alice.actor, into=("elm",)).credits == 200
    back = house.engine.recasting.alone(it.uid, Edit(), alice.actor, into=("oak",))
    assert back.credits == 0
    with house.store.reading() as tx:
        assert tx.rows("SELECT credits FROM person WHERE id = ?", (alice.person.number,))[0][0] == 1_000
        assert tx.rows("SELECT room_id FROM claim WHERE kind = 'owner'") == [(house.oak.number,)]


def test_a_date_leaves_its_series_and_stays_what_it_was(house: House) -> None:
    made = weekly(house)
    second = rows(house, made)[1]
    after = house.engine.recasting.alone(second.uid, Edit(title="Alone"), house.alice)
    assert (after.uid, after.id, after.series, after.series_uid) == (second.uid, second.id, None, None)
    assert [it.starts for it in rows(house, made)] == [at("11:00", day) for day in (0, 14, 21)]
    assert held(house) == ["0d11", "7d11", "14d11", "21d11"]


def test_no_later_edit_of_the_series_touches_it_or_books_it_anew(house: House) -> None:
    made = weekly(house)
    second = rows(house, made)[1]
    house.engine.recasting.alone(second.uid, Edit(title="Alone"), house.alice)
    edit = Edit(starts=at("13:00"), ends=at("14:00"), title="All")
    house.engine.series.change(made.series.uid, edit, house.alice, following=False)
    assert held(house) == ["0d13", "7d11", "14d13", "21d13"]
    assert house.engine.bookings.get(second.uid, house.alice).title == "Alone"
    house.engine.series.cancel(made.series.uid, house.alice, following=False)
    assert held(house) == ["7d11"]


def test_a_date_is_left_as_the_only_one(house: House) -> None:
    made = weekly(house)
    third = rows(house, made)[2]
    after = house.engine.recasting.alone(third.uid, Edit(), house.alice, without="others")
    assert after.series is None
    assert held(house) == ["14d11"]
    again = house.engine.recasting.alone(third.uid, Edit(title="Again"), house.alice, without="others")
    assert again.title == "Again"


def test_a_date_is_left_as_the_last_one(house: House) -> None:
    made = weekly(house)
    second = rows(house, made)[1]
    house.engine.recasting.alone(second.uid, Edit(title="Last"), house.alice, without="following")
    assert held(house) == ["0d11", "7d11"]
    assert [it.starts for it in rows(house, made)] == [at("11:00")]


def test_the_last_date_of_a_series_that_is_over_can_be_left_alone(house: House) -> None:
    made = weekly(house)
    house.clock.set(at("12:30", 14))
    last = rows(house, made)[3]
    assert house.engine.recasting.alone(last.uid, Edit(), house.alice, without="others").series is None


def test_where_it_is_refused_nothing_of_it_is_done(house: House) -> None:
    made = weekly(house)
    second = rows(house, made)[1]
    house.book(at("13:00", 7), at("14:00", 7))
    edit = Edit(starts=at("13:00", 7), ends=at("14:00", 7))
    for without in ("", "following", "others"):
        with pytest.raises(Refused):
            house.engine.recasting.alone(second.uid, edit, house.alice, without=without)
    assert held(house) == ["0d11", "7d11", "7d13", "14d11", "21d11"]
    assert len(rows(house, made)) == 4


def test_of_a_preview_nothing_stays(house: House) -> None:
    made = weekly(house)
    second = rows(house, made)[1]
    seen = house.engine.recasting.alone(second.uid, Edit(), house.alice, into=("elm",), without="others", preview=True)
    assert (seen.rooms, seen.series) == ((house.elm.number,), None)
    assert held(house) == ["0d11", "7d11", "14d11", "21d11"]


def test_a_booking_becomes_the_first_date_of_a_series(house: House) -> None:
    it = house.book("11:00", "12:00", details=Details(attendees=(Attendee("guest", email="g@example.org"),)))
    lines = parse(DAILY, at("11:00").replace(tzinfo=None), "UTC").lines
    done = house.engine.recasting.recur(it.uid, Edit(title="Daily"), lines, house.alice)
    found = rows(house, done)
    assert (found[0].uid, found[0].id, done.made, done.changed) == (it.uid, it.id, 3, 1)
    assert {each.title for each in found} == {"Daily"}
    assert {each.details.attendees for each in found} == {it.details.attendees}
    assert held(house) == ["0d11", "1d11", "2d11", "3d11"]


def test_it_becomes_a_series_at_another_time_and_in_other_rooms(house: House) -> None:
    it = house.book("11:00", "12:00")
    edit = Edit(starts=at("13:00", 1), ends=at("14:00", 1))
    house.engine.recasting.recur(it.uid, edit, ("RRULE:FREQ=DAILY;COUNT=2",), house.alice, into=("elm",))
    assert (held(house), held(house, "elm")) == ([], ["1d13", "2d13"])


def test_a_clash_of_any_date_refuses_the_series_unless_it_is_to_be_skipped(house: House) -> None:
    it = house.book("11:00", "12:00")
    house.book(at("11:00", 2), at("12:00", 2))
    with pytest.raises(Refused) as no:
        house.engine.recasting.recur(it.uid, Edit(), ("RRULE:FREQ=DAILY;COUNT=4",), house.alice)
    assert [conflict.at for conflict in no.value.conflicts] == [at("11:00", 2)]
    assert house.engine.bookings.get(it.uid, house.alice).series is None
    house.engine.recasting.recur(it.uid, Edit(), ("RRULE:FREQ=DAILY;COUNT=4",), house.alice, skip=True)
    assert held(house) == ["0d11", "1d11", "2d11", "3d11"]


def test_a_series_moves_into_another_room_from_a_date_on(house: House) -> None:
    made = weekly(house)
    third = rows(house, made)[2]
    house.engine.series.change(
        made.series.uid, Edit(), house.alice, following=True, at=third.original_start, into=("elm",)
    )
    assert (held(house), held(house, "elm")) == (["0d11", "7d11"], ["14d11", "21d11"])
    assert house.overlaps() == []


def test_a_series_moves_whole_but_for_what_has_begun(house: House) -> None:
    made = weekly(house)
    house.clock.set(at("11:30"))
    done = house.engine.series.change(made.series.uid, Edit(title="Moved"), house.alice, following=False, into=("elm",))
    assert (held(house), held(house, "elm")) == (["0d11"], ["7d11", "14d11", "21d11"])
    assert done.series.rooms == (house.elm.number,)
    assert len(rows(house, made)) == 4


def test_a_series_moves_in_room_and_time_at_once(house: House) -> None:
    made = weekly(house)
    house.book(at("11:00", 7), at("12:00", 7), room="elm")
    with pytest.raises(Refused) as no:
        house.engine.series.change(made.series.uid, Edit(), house.alice, following=False, into=("elm",))
    assert [conflict.at for conflict in no.value.conflicts] == [at("11:00", 7)]
    assert len(held(house)) == 4
    edit = Edit(starts=at("12:00"), ends=at("13:00"))
    house.engine.series.change(made.series.uid, edit, house.alice, following=False, into=("elm", "oak"))
    assert held(house) == ["0d12", "7d12", "14d12", "21d12"]
    assert held(house, "elm") == ["0d12", "7d11", "7d12", "14d12", "21d12"]


def test_a_date_that_finds_no_place_in_the_new_room_goes_where_it_was(house: House) -> None:
    made = weekly(house)
    house.book(at("11:00", 7), at("12:00", 7), room="elm")
    house.engine.series.change(made.series.uid, Edit(), house.alice, following=False, into=("elm",), skip=True)
    assert (held(house), held(house, "elm")) == ([], ["0d11", "7d11", "14d11", "21d11"])
    with house.store.reading() as tx:
        gone = tx.rows(
            "SELECT o.rooms, h.room_id FROM occurrence o JOIN hold h ON h.occurrence_id = o.id "
            "WHERE o.standing = 'cancelled'"
        )
    assert [tuple(row) for row in gone] == [(str(house.oak.number), house.oak.number)]


def test_a_date_that_was_cancelled_alone_stays_so_in_the_new_room(house: House) -> None:
    made = weekly(house)
    house.engine.bookings.cancel(rows(house, made)[1].uid, house.alice)
    house.engine.series.change(made.series.uid, Edit(), house.alice, following=False, into=("elm",))
    assert held(house, "elm") == ["0d11", "14d11", "21d11"]
    assert held(house) == []


def test_nobody_moves_a_series_that_is_not_theirs(house: House) -> None:
    alice, bob = someone(house, "alice"), someone(house, "bob")
    made = house.recur("11:00", "12:00", by=alice.actor, organizer="", organizer_email="")
    first = rows(house, made)[0]
    with pytest.raises(Barred):
        house.engine.series.change(made.series.uid, Edit(), bob.actor, following=False, into=("elm",))
    with pytest.raises(Barred):
        house.engine.recasting.alone(first.uid, Edit(), bob.actor)
    with pytest.raises(Barred):
        house.engine.recasting.recur(house.book("15:00", "16:00").uid, Edit(), DAILY, bob.actor)
    assert replace(first) == rows(house, made)[0]
