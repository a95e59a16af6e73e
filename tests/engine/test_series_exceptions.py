"""What was changed for one date alone keeps its address and its change, and is lost only where that was said before."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from server.core.access import CLI
from server.core.errors import Unknown
from server.core.model import Booking, Edit, Standing
from server.engine.outcome import Outcome
from tests.engine.series_seen import left_out, live, occurrence, refusal, refused, spans, starts, titles
from tests.make import House, at

SECOND, THIRD = at("14:00", 7), at("14:00", 14)


def moved(house: House, it: Booking) -> None:
    house.engine.bookings.change(it.uid, Edit(starts=at("09:00", 8), ends=at("11:00", 8)), house.alice)


def renamed(house: House, it: Booking) -> None:
    house.engine.bookings.change(it.uid, Edit(title="Special", description="bring cake"), house.alice)


def lengthened(house: House, it: Booking) -> None:
    house.engine.presence.extend(it.uid, house.alice, minutes=30)


def cancelled(house: House, it: Booking) -> None:
    house.engine.bookings.cancel(it.uid, house.alice)


def declined(house: House, it: Booking) -> None:
    with house.store.reading() as tx:  # as if the room had asked for approval when it was booked
        number = tx.rows("SELECT id FROM occurrence WHERE uid = ?", (it.uid,))[0][0]
    house.store.writing(lambda tx: tx.run("UPDATE occurrence SET standing = 'declined' WHERE id = ?", (number,)))
    house.store.writing(lambda tx: tx.run("UPDATE hold SET active = 0 WHERE occurrence_id = ?", (number,)))


CHANGES: dict[str, Callable[[House, Booking], None]] = {
    "moved": moved, "renamed": renamed, "extended": lengthened, "cancelled": cancelled, "declined": declined,
}  # fmt: skip


def repeat(house: House, lines: str = "FREQ=WEEKLY;COUNT=4") -> str:
    return house.recur("14:00", "15:00", lines).series.uid


def row_at(house: House, uid: str, address: datetime) -> Booking:
    """The occurrence at the address, a cancelled one too."""
    (found,) = [row for row in house.engine.series.whole(uid, CLI).rows if row.original_start == address]
    return found


def all_of(house: House, uid: str, edit: Edit, **more: object) -> Outcome:
    return house.engine.series.change(uid, edit, house.alice, following=False, **more)  # type: ignore[arg-type]


def following(house: House, uid: str, at_: datetime, edit: Edit, **more: object) -> Outcome:
    return house.engine.series.change(uid, edit, house.alice, following=True, at=at_, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", CHANGES)
def test_a_date_changed_alone_keeps_its_address(house: House, kind: str) -> None:
    uid = repeat(house)
    before = occurrence(house, uid, SECOND)
    CHANGES[kind](house, before)
    after = row_at(house, uid, SECOND)
    assert (after.uid, after.id, after.original_start) == (before.uid, before.id, SECOND)
    if kind == "cancelled":
        with pytest.raises(Unknown):
            occurrence(house, uid, SECOND)
    else:
        assert occurrence(house, uid, SECOND) == after


@pytest.mark.parametrize("kind", CHANGES)
def test_it_goes_along_with_all_and_keeps_its_own_change(house: House, kind: str) -> None:
    uid = repeat(house)
    CHANGES[kind](house, occurrence(house, uid, SECOND))
    before = row_at(house, uid, SECOND)
    assert all_of(house, uid, Edit(starts=at("16:00"), ends=at("17:30"), title="Retro")).lost == ()
    after = row_at(house, uid, at("16:00", 7))
    assert after.uid == before.uid
    assert after.standing is before.standing
    own_time = kind in ("moved", "extended")
    assert after.period == (before.period if own_time else row_at(house, uid, at("16:00", 14)).period) or (
        (after.starts, after.ends) == (at("16:00", 7), at("17:30", 7)) and not own_time
    )
    assert after.title == ("Special" if kind == "renamed" else "Retro")
    assert after.description == before.description


@pytest.mark.parametrize("kind", CHANGES)
def test_it_goes_along_through_a_split(house: House, kind: str) -> None:
    uid = repeat(house)
    CHANGES[kind](house, occurrence(house, uid, THIRD))
    before = row_at(house, uid, THIRD)
    tail = following(house, uid, SECOND, Edit(title="Retro")).series.uid
    after = row_at(house, tail, THIRD)
    assert (after.uid, after.period, after.standing, after.series_uid) == (
        before.uid, before.period, before.standing, tail,
    )  # fmt: skip
    assert after.title == ("Special" if kind == "renamed" else "Retro")
    assert after.planned_end == before.planned_end


@pytest.mark.parametrize("kind", CHANGES)
def test_a_new_pattern_without_its_date_says_beforehand_what_would_be_lost(house: House, kind: str) -> None:
    uid = repeat(house)
    CHANGES[kind](house, occurrence(house, uid, SECOND))
    before = house.engine.series.whole(uid, CLI)
    lines = ("FREQ=WEEKLY;INTERVAL=2;COUNT=2",)

    preview = all_of(house, uid, Edit(), lines=lines, preview=True)
    assert [(it.at, it.kinds) for it in preview.lost] == [(SECOND, (kind,))]
    told = refused(lambda: all_of(house, uid, Edit(), lines=lines))
    assert [(it.code, it.at, it.numbers) for it in told.objections] == [("exception_lost", SECOND, {"kinds": kind})]
    assert house.engine.series.whole(uid, CLI) == before

    done = all_of(house, uid, Edit(), lines=lines, lose=True)
    assert done.lost == preview.lost
    assert starts(house, uid) == ["06-15 14:00", "06-29 14:00"]
    gone = next(row for row in before.rows if row.original_start == SECOND)
    with house.store.reading() as tx:
        assert tx.rows("SELECT standing, series_id, series_uid FROM occurrence WHERE uid = ?", (gone.uid,)) == [
            ("cancelled", None, uid)
        ]
    with pytest.raises(Unknown):
        house.engine.bookings.get(gone.uid, CLI)


def test_several_changes_of_one_date_are_all_named(house: House) -> None:
    uid = repeat(house)
    it = occurrence(house, uid, SECOND)
    moved(house, it)
    renamed(house, it)
    cancelled(house, it)
    lines = ("FREQ=WEEKLY;INTERVAL=2;COUNT=2",)
    assert refused(lambda: all_of(house, uid, Edit(), lines=lines)).objections[0].numbers == {
        "kinds": "cancelled moved renamed"
    }


def test_a_date_that_was_not_changed_is_not_called_lost(house: House) -> None:
    uid = repeat(house)
    done = all_of(house, uid, Edit(), lines=("FREQ=WEEKLY;INTERVAL=2;COUNT=2",))
    assert (done.lost, done.cancelled) == ((), 2)


def test_the_named_date_takes_the_times_that_are_said_of_it(house: House) -> None:
    uid = repeat(house)
    moved(house, occurrence(house, uid, SECOND))
    all_of(house, uid, Edit(starts=at("16:00", 7), ends=at("16:30", 7)), at=SECOND)
    assert spans(house, uid) == ["06-15 16:00-16:30", "06-22 16:00-16:30", "06-29 16:00-16:30", "07-06 16:00-16:30"]


@pytest.mark.parametrize("rest", [False, True])
def test_where_none_is_named_the_next_date_keeps_its_own_title(house: House, rest: bool) -> None:
    uid = repeat(house)
    renamed(house, live(house, uid)[0])
    done = house.engine.series.change(uid, Edit(starts=at("15:00"), title="Retro"), house.alice, following=rest)
    assert titles(house, done.series.uid) == ["Special", "Retro", "Retro", "Retro"]
    assert starts(house, done.series.uid)[0] == "06-15 15:00"


def test_a_named_date_that_an_earlier_pattern_had_takes_its_new_title(house: House) -> None:
    uid = repeat(house)
    house.clock.set("14:30")
    renamed(house, live(house, uid)[0])
    all_of(house, uid, Edit(), lines=("FREQ=WEEKLY;BYDAY=TU;COUNT=3",))
    all_of(house, uid, Edit(title="Retro"), at=at("14:00"))
    assert occurrence(house, uid, at("14:00")).title == "Retro"


def test_people_in_the_room_already_are_not_moved(house: House) -> None:
    uid = house.recur("10:10", "11:00").series.uid
    first = occurrence(house, uid, at("10:10"))
    house.engine.presence.check_in(first.uid, house.alice)
    here = occurrence(house, uid, at("10:10"))
    done = all_of(house, uid, Edit(starts=at("12:00", 7)), at=at("10:10", 7))
    assert done.changed == 3
    assert starts(house, uid) == ["06-15 10:10", "06-22 12:00", "06-29 12:00", "07-06 12:00"]
    assert occurrence(house, uid, at("10:10")) == here
    assert house.engine.series.whole(uid, CLI).left_out == ()


def test_nor_are_they_where_their_own_date_is_the_one_named(house: House) -> None:
    uid = house.recur("10:10", "11:00").series.uid
    house.engine.presence.check_in(occurrence(house, uid, at("10:10")).uid, house.alice)
    here = occurrence(house, uid, at("10:10"))
    done = following(house, uid, at("10:10"), Edit(ends=at("10:40")))
    assert done.changed == 3
    assert occurrence(house, uid, at("10:10")) == here
    assert spans(house, uid) == ["06-15 10:10-11:00", "06-22 10:10-10:40", "06-29 10:10-10:40", "07-06 10:10-10:40"]
    assert house.engine.series.whole(uid, CLI).left_out == ()


def test_an_extended_meeting_that_runs_keeps_all_its_time(house: House) -> None:
    uid = repeat(house)
    house.clock.set(at("14:30"))
    first = occurrence(house, uid, at("14:00"))
    house.engine.presence.extend(first.uid, house.alice, minutes=30)
    all_of(house, uid, Edit(ends=at("14:20", 7)), at=SECOND)
    assert spans(house, uid)[:2] == ["06-15 14:00-15:30", "06-22 14:00-14:20"]
    assert occurrence(house, uid, at("14:00")).planned_end == at("15:00")


def test_a_meeting_ended_early_stays_ended_and_its_room_free(house: House) -> None:
    uid = repeat(house)
    house.clock.set(at("14:30"))
    house.engine.presence.end(occurrence(house, uid, at("14:00")).uid, house.alice)
    house.book("14:30", "15:00", by=house.bob)
    all_of(house, uid, Edit(title="Retro"))
    all_of(house, uid, Edit(starts=at("15:00", 7)))
    ended = occurrence(house, uid, at("14:00"))
    assert (ended.ends, ended.ended_at, ended.planned_end, ended.title) == (
        at("14:30"), at("14:30"), at("15:00"), "Planning",
    )  # fmt: skip


def test_a_date_moved_behind_others_is_still_where_it_was_put_after_they_moved(house: House) -> None:
    uid = repeat(house)
    first = occurrence(house, uid, at("14:00"))
    house.engine.bookings.change(first.uid, Edit(starts=at("14:00", 10), ends=at("15:00", 10)), house.alice)
    house.clock.set(at("15:00"))  # its address is over, it is not
    all_of(house, uid, Edit(starts=at("16:00", 7), title="Retro"))
    assert starts(house, uid) == ["06-22 16:00", "06-25 14:00", "06-29 16:00", "07-06 16:00"]
    assert occurrence(house, uid, at("14:00")).uid == first.uid
    all_of(house, uid, Edit(title="Third"))
    assert {row.title for row in live(house, uid)} == {"Third"}
    assert occurrence(house, uid, at("14:00")).uid == first.uid


def test_it_is_renamed_with_the_others_whatever_else_the_edit_does(house: House) -> None:
    uid = repeat(house)
    first = occurrence(house, uid, at("14:00"))
    house.engine.bookings.change(first.uid, Edit(starts=at("14:00", 3), ends=at("15:00", 3)), house.alice)
    house.clock.set(at("15:00"))
    all_of(house, uid, Edit(starts=at("16:00", 7), title="Retro"))
    assert {row.title for row in live(house, uid)} == {"Retro"}
    all_of(house, uid, Edit(title="Third"))
    assert {row.title for row in live(house, uid)} == {"Third"}


def test_a_date_pulled_forward_and_over_is_left_alone(house: House) -> None:
    uid = repeat(house)
    second = occurrence(house, uid, SECOND)
    house.engine.bookings.change(second.uid, Edit(starts=at("16:00"), ends=at("17:00")), house.alice)
    house.clock.set(at("17:00"))
    over = occurrence(house, uid, SECOND)
    done = all_of(house, uid, Edit(starts=at("15:00", 14)), at=at("14:00", 14))
    assert done.changed == 2
    assert occurrence(house, uid, SECOND) == over
    assert starts(house, uid) == ["06-15 14:00", "06-15 16:00", "06-29 15:00", "07-06 15:00"]


def test_a_date_whose_people_came_early_is_not_held_twice(house: House) -> None:
    uid = repeat(house, "FREQ=DAILY;COUNT=5")
    third = occurrence(house, uid, at("14:00", 2))
    house.engine.bookings.change(third.uid, Edit(starts=at("10:10"), ends=at("11:00")), house.alice)
    house.engine.presence.check_in(third.uid, house.alice)
    here = occurrence(house, uid, at("14:00", 2))
    edit = Edit(starts=at("14:00", 1))
    told = refused(lambda: all_of(house, uid, edit, at=at("14:00")))
    assert [(it.code, it.at, it.numbers) for it in told.objections] == [
        ("exception_lost", at("14:00", 1), {"kinds": "begun"})
    ]
    done = all_of(house, uid, edit, at=at("14:00"), lose=True)
    assert occurrence(house, uid, at("14:00", 2)) == here
    assert starts(house, uid) == ["06-15 10:10", "06-16 14:00", "06-19 14:00", "06-20 14:00"]
    assert (done.changed, done.cancelled) == (3, 1)
    assert left_out(house, uid) == [("06-18 14:00", "begun")]


def test_a_cancelled_date_gives_way_to_one_that_is_over(house: House) -> None:
    uid = repeat(house, "FREQ=DAILY;COUNT=4")
    house.clock.set(at("15:00"))
    cancelled(house, occurrence(house, uid, at("14:00", 1)))
    over = occurrence(house, uid, at("14:00"))
    edit = Edit(starts=at("14:00", 1))
    assert refusal(lambda: all_of(house, uid, edit, at=at("14:00", 2))) == [("exception_lost", "06-16 14:00")]
    all_of(house, uid, edit, at=at("14:00", 2), lose=True)
    assert occurrence(house, uid, at("14:00")) == over
    assert starts(house, uid) == ["06-15 14:00", "06-16 14:00", "06-17 14:00"]


def test_dates_skipped_by_an_edit_are_cancelled_and_may_be_restored(house: House) -> None:
    uid = repeat(house)
    renamed(house, occurrence(house, uid, SECOND))
    theirs = house.book(at("16:30", 7), at("17:00", 7), by=house.bob)
    done = all_of(house, uid, Edit(starts=at("16:00")), skip=True)
    assert (done.changed, done.cancelled) == (3, 1)
    assert left_out(house, uid) == [("06-22 16:00", "clash")]
    house.engine.bookings.cancel(theirs.uid, house.bob)
    back = house.engine.series.restore(uid, at("16:00", 7), house.alice)
    assert (back.starts, back.ends) == (at("16:00", 7), at("16:00", 7) + timedelta(hours=1))
    assert left_out(house, uid) == []
    assert back.standing is Standing.ACCEPTED
