"""Booking a room: who gets it, who does not and why; moving, renaming, cancelling, approving."""

from datetime import UTC, datetime, timedelta

import pytest

from server.core.access import CLI
from server.core.errors import Barred, Invalid, Refused, Stale, Unknown
from server.core.model import Ask, Edit, Standing
from server.core.period import Period
from server.core.policy import LONGEST
from tests.make import House, at, codes, span

MINUTE = timedelta(minutes=1)


def refused(house: House, *args: object, **more: object) -> Refused:
    with pytest.raises(Refused) as told:
        house.book(*args, **more)  # type: ignore[arg-type]
    return told.value


def test_a_free_room_is_booked_and_everything_said_is_kept(house: House) -> None:
    made = house.book("11:00", "12:00", description="bring\ncake")
    assert made.uid.endswith("@lintel")
    assert (made.rooms, made.starts, made.ends) == ((house.oak.number,), at("11:00"), at("12:00"))
    assert (made.title, made.organizer, made.organizer_email) == ("Planning", "Alice Adams", "alice@example.org")
    assert (made.description, made.standing, made.version) == ("bring\ncake", Standing.ACCEPTED, 1)
    assert (made.source, made.made_by, made.made_at) == ("roomvox", "token:1", house.clock.now())
    assert house.engine.bookings.get(made.uid, house.rita) == made


def test_the_same_time_is_nobody_elses(house: House) -> None:
    first = house.book("11:00", "12:00")
    told = refused(house, "11:30", "12:30", by=house.bob)
    assert codes(told) == ["clash"]
    (conflict,) = told.conflicts
    assert (conflict.uid, conflict.room, conflict.starts, conflict.ends) == (
        first.uid, "oak", first.starts, first.ends,
    )  # fmt: skip
    assert house.day() == [(first.starts, first.ends)]


def test_back_to_back_bookings_and_other_rooms_do_not_clash(house: House) -> None:
    house.book("11:00", "12:00")
    house.book("12:00", "13:00")
    house.book("10:30", "11:00")
    house.book("11:00", "12:00", room="elm")
    assert len(house.day()) == 3


def test_every_booking_in_the_way_is_named(house: House) -> None:
    there = [house.book(f"{hour}:00", f"{hour}:30").uid for hour in (11, 12, 13)]
    assert [conflict.uid for conflict in refused(house, "11:15", "13:15").conflicts] == there


def test_objections_and_clashes_come_together(house: House) -> None:
    house.book("11:00", "12:00")
    house.policy(max_minutes=30)
    assert codes(refused(house, "11:00", "12:00")) == ["too_long", "clash"]


@pytest.mark.parametrize(
    ("policy", "start", "end", "said"),
    [
        ({"min_minutes": 30}, "11:00", "11:29", ["too_short"]),
        ({"max_minutes": 60}, "11:00", "12:01", ["too_long"]),
        ({"notice_minutes": 120}, "11:59", "12:30", ["too_soon"]),
        ({"horizon_days": 0, "notice_minutes": 0}, "23:00", "23:30", []),
    ],
)
def test_the_rooms_policy_is_asked(house: House, policy: dict[str, int], start: str, end: str, said: list[str]) -> None:
    house.policy(**policy)
    if said:
        assert codes(refused(house, start, end)) == said
    else:
        house.book(start, end)


def test_a_gap_is_kept_to_both_neighbours(house: House) -> None:
    house.policy(gap_minutes=10)
    house.book("11:00", "12:00")
    assert codes(refused(house, "12:09", "12:30")) == ["too_close"]
    assert codes(refused(house, "10:30", "10:51")) == ["too_close"]
    house.book("12:10", "12:30")
    house.book("10:30", "10:50")


def test_to_a_closure_no_gap_is_kept(house: House) -> None:
    house.policy(gap_minutes=10)
    house.engine.rooms.close("oak", CLI, at("12:00"), at("13:00"), "Cleaning")
    house.book("11:00", "12:00")
    house.book("13:00", "14:00")


def test_a_room_that_is_switched_off_is_not_booked(house: House) -> None:
    house.engine.rooms.change("oak", CLI, active=False)
    assert codes(refused(house, "11:00", "12:00")) == ["inactive"]


def test_a_refused_booking_leaves_nothing_behind(house: House) -> None:
    house.policy(max_minutes=30)
    before = house.engine.news()
    refused(house, "11:00", "12:00", key="k")
    assert house.engine.news() == before
    assert (house.day(), house.changes()) == ([], [])


def test_an_unknown_room_is_unknown_and_a_strange_one_barred(house: House) -> None:
    with pytest.raises(Unknown) as told:
        house.book("11:00", "12:00", room="nowhere")
    assert (told.value.what, told.value.key) == ("room", "nowhere")
    with pytest.raises(Barred) as barred:
        house.book("11:00", "12:00", by=house.charlie)
    assert barred.value.why == "room"
    with pytest.raises(Barred) as barred:
        house.book("11:00", "12:00", by=house.rita)
    assert (barred.value.why, barred.value.need) == ("scope", "book")


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [
        (at("12:00"), at("12:00"), "ends"),
        (at("12:00"), at("11:00"), "ends"),
        (at("12:00").replace(microsecond=5), at("13:00"), "starts"),
        (at("12:00"), at("13:00").replace(microsecond=5), "ends"),
        (datetime(1, 1, 1, tzinfo=UTC), datetime(1, 1, 2, tzinfo=UTC), "starts"),
        (datetime(9999, 12, 30, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC), "starts"),
        (at("12:00"), datetime.max.replace(tzinfo=UTC), "ends"),
    ],
)
def test_times_that_make_no_sense_are_named(house: House, start: datetime, end: datetime, field: str) -> None:
    with pytest.raises(Invalid) as told:
        house.book(start, end)
    assert list(told.value.fields) == [field]


def test_no_booking_is_longer_than_a_month(house: House) -> None:
    house.book(at("12:00"), at("12:00") + LONGEST)
    assert codes(refused(house, at("12:00", 60), at("12:00", 60) + LONGEST + timedelta(seconds=1))) == ["too_long"]


def test_a_booking_far_in_the_past_or_the_future_is_answered(house: House) -> None:
    assert codes(refused(house, at("12:00", -9000), at("13:00", -9000))) == ["in_past"]
    far = datetime(9998, 6, 1, 12, tzinfo=UTC)
    assert house.book(far, far + MINUTE).starts == far


def test_over_the_change_of_the_clock_a_booking_is_as_long_as_it_is(house: House) -> None:
    night = datetime(2026, 10, 25, tzinfo=UTC).date()
    made = house.book(at("01:30", night), at("03:30", night))
    assert made.ends - made.starts == timedelta(hours=3)


def test_a_booking_can_bring_its_own_uid_once(house: House) -> None:
    assert house.book("11:00", "12:00", uid="mine@example.org").uid == "mine@example.org"
    assert codes(refused(house, "14:00", "15:00", uid="mine@example.org")) == ["uid_taken"]
    assert codes(refused(house, "14:00", "15:00", uid="mine@example.org", room="elm")) == ["uid_taken"]


def test_a_booking_of_two_rooms_takes_both_or_neither(house: House) -> None:
    both = Ask(("oak", "elm"), at("11:00"), at("12:00"), "All hands")
    made = house.engine.bookings.book(both, house.alice)
    assert made.rooms == (house.oak.number, house.elm.number)
    for slug in ("oak", "elm"):
        assert codes(refused(house, "11:30", "11:45", room=slug)) == ["clash"]
    house.book("14:00", "15:00", room="elm")
    with pytest.raises(Refused) as told:
        house.engine.bookings.book(Ask(("oak", "elm"), at("14:30"), at("15:30"), "Again"), house.alice)
    assert [conflict.room for conflict in told.value.conflicts] == ["elm"]
    assert (at("14:30"), at("15:30")) not in house.day("oak")
    house.engine.bookings.cancel(made.uid, house.alice)
    house.book("11:30", "11:45", room="elm")


@pytest.mark.parametrize("rooms", [(), ("oak", "oak")])
def test_rooms_are_named_once_each(house: House, rooms: tuple[str, ...]) -> None:
    with pytest.raises(Invalid):
        house.engine.bookings.book(Ask(rooms, at("11:00"), at("12:00"), "x"), house.alice)


# reading


def test_what_is_not_there_is_unknown(house: House) -> None:
    made = house.book("11:00", "12:00")
    for uid, room in (
        ("nobody", None),
        (made.uid, "elm"),
        (made.uid, "nowhere"),
        ("", None),
        ("a\0b", None),
        ("\ud800", "oak"),
    ):
        with pytest.raises(Unknown) as told:
            house.engine.bookings.get(uid, house.alice, room=room)
        assert told.value.what == "booking"


def test_bookings_are_listed_by_time_and_page_by_page(house: House) -> None:
    made = [house.book(f"{hour}:00", f"{hour}:30") for hour in (14, 11, 13, 12)]
    by_time = tuple(sorted(made, key=lambda b: b.starts))
    between = house.engine.bookings.between
    assert between("oak", house.rita, None) == by_time
    assert between("oak", house.rita, span("11:30", "13:00")) == by_time[1:2]
    with pytest.raises(Unknown):
        between("nowhere", house.rita, None)
    assert between("oak", house.rita, span("11:29", "13:01")) == by_time[:3]
    first = between("oak", house.rita, None, limit=3)
    rest = between("oak", house.rita, None, limit=3, after=(int(first[-1].starts.timestamp()), first[-1].id))
    assert first + rest == by_time


def test_cancelled_ones_are_listed_only_when_asked_for(house: House) -> None:
    made = house.book("11:00", "12:00")
    house.engine.bookings.cancel(made.uid, house.alice)
    assert house.engine.bookings.between("oak", house.rita, None) == ()
    (found,) = house.engine.bookings.between("oak", house.rita, None, standings={Standing.CANCELLED})
    assert found.uid == made.uid


def test_a_window_as_wide_as_time_is_answered(house: House) -> None:
    made = house.book("11:00", "12:00")
    ever = Period(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
    assert house.engine.bookings.between("oak", house.rita, ever) == (made,)


# changing


def test_a_booking_is_moved_and_its_old_time_is_free(house: House) -> None:
    made = house.book("11:00", "12:00")
    house.clock.forward(minutes=1)
    moved = house.engine.bookings.change(made.uid, Edit(starts=at("11:30"), ends=at("12:30")), house.bob)
    assert (moved.starts, moved.ends, moved.version) == (at("11:30"), at("12:30"), 2)
    assert (moved.made_at, moved.changed_at) == (made.made_at, house.clock.now())
    house.book("11:00", "11:30")


def test_it_may_be_moved_over_its_own_time_but_not_over_anothers(house: House) -> None:
    made = house.book("11:00", "12:00")
    house.book("13:00", "14:00")
    assert house.engine.bookings.change(made.uid, Edit(ends=at("13:00")), house.alice).ends == at("13:00")
    with pytest.raises(Refused) as told:
        house.engine.bookings.change(made.uid, Edit(ends=at("13:01")), house.alice)
    assert codes(told.value) == ["clash"]
    assert house.engine.bookings.get(made.uid, house.alice).ends == at("13:00")


def test_a_title_is_changed_even_where_the_time_would_be_refused_now(house: House) -> None:
    made = house.book("11:00", "12:00")
    house.policy(max_minutes=15)
    assert house.engine.bookings.change(made.uid, Edit(title="New"), house.alice).title == "New"
    with pytest.raises(Refused):
        house.engine.bookings.change(made.uid, Edit(ends=at("11:50")), house.alice)


def test_changing_nothing_changes_nothing(house: House) -> None:
    made = house.book("11:00", "12:00")
    before = house.engine.news()
    assert house.engine.bookings.change(made.uid, Edit(), house.alice) == made
    assert house.engine.bookings.change(made.uid, Edit(starts=made.starts, title=made.title), house.alice) == made
    assert house.engine.news() == before


def test_what_is_over_is_not_changed_any_more(house: House) -> None:
    made = house.book("11:00", "12:00")
    house.clock.set("12:00")
    for edit in (Edit(title="x"), Edit(ends=at("13:00")), Edit(starts=at("14:00"), ends=at("15:00"))):
        with pytest.raises(Refused) as told:
            house.engine.bookings.change(made.uid, edit, house.alice)
        assert "over" in codes(told.value)


def test_an_end_before_the_start_is_named_whichever_of_them_moved(house: House) -> None:
    made = house.book("11:00", "12:00")
    for edit in (Edit(starts=at("12:00")), Edit(ends=at("11:00"))):
        with pytest.raises(Invalid) as told:
            house.engine.bookings.change(made.uid, edit, house.alice)
        assert list(told.value.fields) == ["ends"]


def test_an_old_view_is_stale_and_told_the_version_there_is(house: House) -> None:
    made = house.book("11:00", "12:00")
    house.engine.bookings.change(made.uid, Edit(title="First"), house.alice, version=1)
    with pytest.raises(Stale) as told:
        house.engine.bookings.change(made.uid, Edit(title="Second"), house.bob, version=1)
    assert told.value.current == 2
    with pytest.raises(Stale):
        house.engine.bookings.cancel(made.uid, house.bob, version=1)
    assert house.engine.bookings.get(made.uid, house.bob).title == "First"


def test_moved_into_the_future_it_is_to_be_checked_in_again(house: House) -> None:
    made = house.book("10:00", "11:00")
    house.engine.presence.check_in(made.uid, house.alice)
    longer = house.engine.bookings.change(made.uid, Edit(ends=at("11:30")), house.alice)
    assert longer.checked_in_at is not None
    assert house.engine.bookings.change(made.uid, Edit(starts=at("10:30")), house.alice).checked_in_at is None


# cancelling


def test_a_cancelled_booking_gives_its_room_back_and_is_gone(house: House) -> None:
    made = house.book("11:00", "12:00")
    assert house.engine.bookings.cancel(made.uid, house.bob).standing is Standing.CANCELLED
    with pytest.raises(Unknown):
        house.engine.bookings.get(made.uid, house.alice)
    with pytest.raises(Unknown):
        house.engine.bookings.cancel(made.uid, house.alice)
    with pytest.raises(Unknown):
        house.engine.bookings.change(made.uid, Edit(title="x"), house.alice)
    house.book("11:00", "12:00")


def test_what_is_over_stays_as_it_was(house: House) -> None:
    made = house.book("11:00", "12:00")
    house.clock.set("12:00")
    with pytest.raises(Refused) as told:
        house.engine.bookings.cancel(made.uid, house.alice)
    assert codes(told.value) == ["over"]
    house.clock.set("11:59:59")
    house.engine.bookings.cancel(made.uid, house.alice)
