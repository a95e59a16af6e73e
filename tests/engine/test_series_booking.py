"""Booking what recurs: all of it or nothing, every clash with its date, and what the room's policy says of it."""

from datetime import datetime, timedelta

import pytest

from server.core.access import CLI
from server.core.errors import Barred, Invalid, Refused, Unknown
from server.core.model import Edit, Standing
from server.core.recurrence import parse
from tests.engine.series_seen import left_out, live, occurrence, refusal, refused, spans, starts
from tests.make import BERLIN, House, ask, at


def test_a_series_is_booked_date_by_date_and_each_holds_the_room(house: House) -> None:
    made = house.recur("14:00", "15:00")
    assert (made.made, made.changed, made.cancelled, made.left_out, made.written) == (4, 0, 0, (), True)
    assert spans(house, made.series.uid) == [
        "06-15 14:00-15:00", "06-22 14:00-15:00", "06-29 14:00-15:00", "07-06 14:00-15:00",
    ]  # fmt: skip
    for week in range(4):
        with pytest.raises(Refused):
            house.book(at("14:30", 7 * week), at("15:30", 7 * week), by=house.bob)
    house.book(at("14:00", 28), at("15:00", 28), by=house.bob)


def test_each_occurrence_is_a_booking_like_any_other(house: House) -> None:
    made = house.recur("14:00", "15:00", title="Stand-up", description="short")
    rows = live(house, made.series.uid)
    assert len({row.uid for row in rows} | {made.series.uid}) == 5
    for row in rows:
        assert house.engine.bookings.get(row.uid, house.rita) == row
        assert (row.series, row.series_uid, row.original_start) == (made.series.id, made.series.uid, row.starts)
        assert (row.title, row.description, row.organizer) == ("Stand-up", "short", "Alice Adams")
        assert (row.made_by, row.source, row.version) == ("token:1", "roomvox", 1)


def test_a_series_in_two_rooms_holds_both_or_nothing(house: House) -> None:
    house.book(at("14:30", 7), at("15:30", 7), room="elm", by=house.bob)
    told = refused(lambda: house.recur("14:00", "15:00", rooms=("oak", "elm")))
    assert [(it.room, it.at) for it in told.conflicts] == [("elm", at("14:00", 7))]
    assert house.engine.bookings.between("oak", CLI, None) == ()
    made = house.recur("16:00", "17:00", rooms=("elm", "oak"))
    assert {row.rooms for row in live(house, made.series.uid)} == {(house.elm.number, house.oak.number)}
    for room in ("oak", "elm"):
        assert len(house.engine.bookings.between(room, CLI, None)) == 4 + (room == "elm")


def test_every_date_that_clashes_is_named_and_nothing_is_booked(house: House) -> None:
    first = house.book(at("14:30", 7), at("15:30", 7), by=house.bob)
    other = house.book(at("13:00", 21), at("14:15", 21), by=house.bob)
    third = house.book(at("14:15", 21), at("14:45", 21), by=house.bob)
    told = refused(lambda: house.recur("14:00", "15:00"))
    assert [(it.at, it.uid) for it in told.conflicts] == [
        (at("14:00", 7), first.uid), (at("14:00", 21), other.uid), (at("14:00", 21), third.uid),
    ]  # fmt: skip
    assert [(it.starts, it.ends) for it in told.conflicts[:1]] == [(first.starts, first.ends)]
    assert len(house.engine.bookings.between("oak", CLI, None)) == 3
    assert house.changes() == ["booked"] * 3


def test_conflicts_are_skipped_where_that_is_asked_and_said(house: House) -> None:
    house.book(at("14:30", 7), at("15:30", 7), by=house.bob)
    house.engine.rooms.close("oak", CLI, at("00:00", 21), at("23:00", 21), "Painters")
    made = house.recur("14:00", "15:00", skip=True)
    assert made.made == 2
    assert starts(house, made.series.uid) == ["06-15 14:00", "06-29 14:00"]
    assert [(it.at, it.codes) for it in made.left_out] == [(at("14:00", 7), ("clash",)), (at("14:00", 21), ("closed",))]
    assert left_out(house, made.series.uid) == [("06-22 14:00", "clash"), ("07-06 14:00", "closed")]
    assert house.overlaps() == []


def test_a_gap_that_is_not_kept_is_a_conflict_too(house: House) -> None:
    house.policy(gap_minutes=15)
    house.book(at("15:10", 7), at("16:00", 7), by=house.bob)
    assert refusal(lambda: house.recur("14:00", "15:00")) == [("too_close", "06-22 14:00")]
    assert house.recur("14:00", "15:00", skip=True).made == 3


def test_the_gap_is_kept_between_dates_of_one_series_too(house: House) -> None:
    house.policy(gap_minutes=15)
    twice = "FREQ=DAILY;BYHOUR=14,15;COUNT=4"
    told = refusal(lambda: house.recur("14:00", "15:00", twice))
    assert told[0] == ("too_close", "06-15 15:00")
    done = house.recur("14:00", "15:00", twice, skip=True)
    assert starts(house, done.series.uid) == ["06-15 14:00", "06-16 14:00"]
    assert house.recur("16:00", "16:45", "FREQ=DAILY;BYHOUR=16,17;COUNT=4").made == 4


def test_only_conflicts_are_skipped_other_rules_refuse_all(house: House) -> None:
    house.policy(max_minutes=30)
    found = refusal(lambda: house.recur("14:00", "15:00", skip=True))
    assert found == [("too_long", day) for day in ("06-15 14:00", "06-22 14:00", "06-29 14:00", "07-06 14:00")]


def test_where_every_date_is_taken_nothing_is_left(house: House) -> None:
    for week in range(4):
        house.book(at("14:30", 7 * week), at("15:30", 7 * week), by=house.bob)
    assert refusal(lambda: house.recur("14:00", "15:00", skip=True)) == [("nothing_left", "")]
    with house.store.reading() as tx:
        assert tx.rows("SELECT id FROM series") == tx.rows("SELECT at FROM left_out") == []


def test_a_date_in_the_past_refuses_all(house: House) -> None:
    assert refusal(lambda: house.recur("09:00", "09:30")) == [("in_past", "06-15 09:00")]
    assert refusal(lambda: house.recur("09:00", "09:30", skip=True)) == [("in_past", "06-15 09:00")]


def test_dates_that_run_into_each_other_are_refused_before_all_else(house: House) -> None:
    found = refusal(lambda: house.recur(at("22:00"), at("23:00", 1), "FREQ=DAILY;COUNT=3"))
    assert found == [("overlaps_itself", "06-16 22:00"), ("overlaps_itself", "06-17 22:00")]
    back_to_back = house.recur(at("22:00"), at("22:00", 1), "FREQ=DAILY;COUNT=3")
    assert back_to_back.made == 3


def test_more_dates_than_three_years_of_days_are_too_many(house: House) -> None:
    twice = "FREQ=DAILY;BYHOUR=14,16"
    with pytest.raises(Invalid) as told:
        house.recur("14:00", "15:00", twice)
    assert "1100" in told.value.fields["recurrence"]
    assert house.recur("14:00", "15:00", twice + ";COUNT=1100").made == 1100


@pytest.mark.parametrize("line", ["FREQ=HOURLY;COUNT=3", "FREQ=MINUTELY;COUNT=2"])
def test_what_recurs_within_the_day_is_not_booked(house: House, line: str) -> None:
    with pytest.raises(Invalid) as told:
        house.recur("14:00", "14:01", line)
    assert "daily at most" in told.value.fields["recurrence"]


def test_an_endless_series_is_booked_up_to_the_horizon_and_stays_open(house: House) -> None:
    made = house.recur("14:00", "15:00", "FREQ=WEEKLY")
    assert made.series.open
    assert made.series.carried_to == at("14:00") + timedelta(days=731)
    assert made.made == 105
    assert not house.recur("16:00", "17:00", "FREQ=WEEKLY;COUNT=105").series.open
    assert house.recur("18:00", "19:00", "FREQ=WEEKLY;COUNT=106").series.open


def test_a_series_that_begins_far_ahead_reaches_as_far_beyond_its_start(house: House) -> None:
    first = at("14:00", 365)
    made = house.recur(first, first + timedelta(hours=1), "FREQ=WEEKLY")
    assert made.made == 105
    assert made.series.carried_to == first + timedelta(days=731)


def test_a_room_may_refuse_series_and_still_take_single_bookings(house: House) -> None:
    house.policy(series="no")
    house.book(at("14:30", 7), at("15:30", 7), by=house.bob)
    assert refusal(lambda: house.recur("14:00", "15:00")) == [("no_series", ""), ("clash", "06-22 14:00")]
    assert house.recur("14:00", "15:00", "FREQ=WEEKLY;COUNT=1").made == 1
    assert refusal(lambda: house.recur("16:00", "17:00", rooms=("elm", "oak"))) == [("no_series", "")]


def test_a_room_may_ask_for_approval_of_series_alone(house: House) -> None:
    house.policy(series="approval")
    assert house.book("12:00", "13:00").standing is Standing.ACCEPTED
    made = house.recur("14:00", "15:00")
    assert {row.standing for row in live(house, made.series.uid)} == {Standing.PENDING}
    assert refusal(lambda: house.recur("14:30", "15:30"))[0] == ("clash", "06-15 14:30")  # pending ones hold the room
    both = house.recur("16:00", "17:00", rooms=("elm", "oak"))
    assert {row.standing for row in live(house, both.series.uid)} == {Standing.PENDING}


def test_a_room_may_say_of_how_many_dates_at_most(house: House) -> None:
    house.policy(series_most=3)
    assert refusal(lambda: house.recur("14:00", "15:00")) == [("too_many_dates", "")]
    assert refusal(lambda: house.recur("14:00", "15:00", skip=True)) == [("too_many_dates", "")]
    assert house.recur("14:00", "15:00", "FREQ=WEEKLY;COUNT=3").made == 3


def test_a_room_with_approval_asks_for_it_date_by_date(house: House) -> None:
    house.engine.rooms.change("oak", CLI, auto_accept=False)
    made = house.recur("14:00", "15:00")
    rows = live(house, made.series.uid)
    assert {row.standing for row in rows} == {Standing.PENDING}
    house.engine.bookings.approve(rows[1].uid, house.ada)
    house.engine.bookings.decline(rows[2].uid, house.ada)
    assert [row.standing for row in live(house, made.series.uid)] == [
        Standing.PENDING, Standing.ACCEPTED, Standing.DECLINED, Standing.PENDING,
    ]  # fmt: skip
    house.book(rows[2].starts, rows[2].ends, by=house.bob)  # a declined date holds nothing


def test_a_whole_series_is_approved_or_declined_at_once(house: House) -> None:
    house.engine.rooms.change("oak", CLI, auto_accept=False)
    yes, no = house.recur("14:00", "15:00"), house.recur("16:00", "17:00")
    done = house.engine.series.answer(yes.series.uid, house.ada, accept=True)
    assert (done.changed, done.first.standing) == (4, Standing.ACCEPTED)
    assert {row.standing for row in live(house, yes.series.uid)} == {Standing.ACCEPTED}
    house.engine.series.answer(no.series.uid, house.ada, accept=False)
    assert {row.standing for row in live(house, no.series.uid)} == {Standing.DECLINED}
    again = refusal(lambda: house.engine.series.answer(no.series.uid, house.ada, accept=True))
    assert again == [("not_pending", "")]
    with pytest.raises(Barred):
        house.engine.series.answer(yes.series.uid, house.alice, accept=True)


def test_approval_leaves_alone_what_is_over(house: House) -> None:
    house.engine.rooms.change("oak", CLI, auto_accept=False)
    made = house.recur("14:00", "15:00")
    house.clock.set(at("15:00"))
    assert house.engine.series.answer(made.series.uid, house.ada, accept=True).changed == 3
    assert occurrence(house, made.series.uid, at("14:00")).standing is Standing.PENDING


def test_a_uid_of_ones_own_is_the_series_and_nobody_elses_again(house: House) -> None:
    made = house.recur("14:00", "15:00", uid="mine@example.org")
    assert made.series.uid == "mine@example.org"
    assert refusal(lambda: house.recur("16:00", "17:00", uid="mine@example.org")) == [("uid_taken", "")]
    assert refusal(lambda: house.book("16:00", "17:00", uid="mine@example.org")) == [("uid_taken", "")]
    single = live(house, made.series.uid)[0].uid
    assert refusal(lambda: house.recur("16:00", "17:00", uid=single)) == [("uid_taken", "")]


def test_texts_and_times_that_no_room_takes_are_refused_before_anything(house: House) -> None:
    for wrong in ({"title": "x" * 256}, {"organizer": "a\nb"}):
        with pytest.raises(Invalid):
            house.recur("14:00", "15:00", **wrong)
    with pytest.raises(Invalid):
        house.recur("15:00", "14:00")
    with pytest.raises(Invalid) as told:
        house.recur("14:00", "15:00", rooms=("oak", "oak"))
    assert "rooms" in told.value.fields
    with pytest.raises(Unknown):
        house.recur("14:00", "15:00", rooms=("oak", "ash"))


def test_a_zone_that_is_none_is_said_to_be_so(house: House) -> None:
    pattern = parse(["FREQ=WEEKLY;COUNT=2"], datetime(2026, 6, 15, 14), BERLIN)
    with pytest.raises(Invalid) as told:
        house.engine.series.book(ask("14:00", "15:00"), pattern, house.alice, zone="Europe/Nowhere")
    assert "zone" in told.value.fields


def test_a_preview_says_what_would_be_booked_and_books_nothing(house: House) -> None:
    house.book(at("14:30", 7), at("15:30", 7), by=house.bob)
    before = house.changes()
    seen = house.recur("14:00", "15:00", skip=True, preview=True)
    assert (seen.written, seen.made, len(seen.left_out)) == (False, 3, 1)
    assert house.changes() == before
    assert len(house.engine.bookings.between("oak", CLI, None)) == 1
    with pytest.raises(Unknown):
        house.engine.series.find(seen.series.uid, CLI)
    done = house.recur("14:00", "15:00", skip=True)
    assert (done.made, [(it.at, it.codes) for it in done.left_out]) == (
        seen.made, [(it.at, it.codes) for it in seen.left_out],
    )  # fmt: skip
    assert refusal(lambda: house.recur("14:00", "15:00", preview=True))[0] == ("clash", "06-15 14:00")


def test_dates_the_lines_leave_out_are_free_for_others(house: House) -> None:
    made = house.recur("14:00", "15:00", "RRULE:FREQ=WEEKLY;COUNT=4", "EXDATE:20260622T140000", "RDATE:20260623T140000")
    assert starts(house, made.series.uid) == ["06-15 14:00", "06-23 14:00", "06-29 14:00", "07-06 14:00"]
    house.book(at("14:00", 7), at("15:00", 7), by=house.bob)
    with pytest.raises(Unknown):
        occurrence(house, made.series.uid, at("14:00", 7))


def test_an_address_finds_its_booking_and_a_series_without_one_its_next(house: House) -> None:
    made = house.recur("14:00", "15:00")
    uid = made.series.uid
    assert occurrence(house, uid, at("14:00", 14)).starts == at("14:00", 14)
    assert house.engine.series.occurrence(uid, None, CLI).starts == at("14:00")
    house.clock.set(at("14:30"))
    assert house.engine.series.occurrence(uid, None, CLI).starts == at("14:00")
    house.clock.set(at("15:00"))
    assert house.engine.series.occurrence(uid, None, CLI).starts == at("14:00", 7)
    house.clock.set(at("15:00", 40))
    assert house.engine.series.occurrence(uid, None, CLI).starts == at("14:00", 21)
    for wrong in (at("14:00", 1), at("14:00", 28), at("14:00", -7)):
        with pytest.raises(Unknown):
            occurrence(house, uid, wrong)


def test_a_booking_of_no_series_is_itself_under_any_address(house: House) -> None:
    single = house.book("14:00", "15:00")
    assert house.engine.series.occurrence(single.uid, at("14:00", 7), CLI) == single
    with pytest.raises(Unknown):
        house.engine.series.find(single.uid, CLI)
    with pytest.raises(Unknown):
        house.engine.series.change(single.uid, Edit(title="x"), house.alice, following=False)


def test_the_first_booked_date_speaks_for_the_series(house: House) -> None:
    house.book("14:30", "15:30", by=house.bob)
    made = house.recur("14:00", "15:00", skip=True)
    assert made.first.starts == at("14:00", 7)
    assert made.first == live(house, made.series.uid)[0]
