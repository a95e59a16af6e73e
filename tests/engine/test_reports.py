"""Reports against a count by hand: each figure is what a slow and simple reading of the house gives."""

import random
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from server.core.access import CLI, Actor
from server.core.binning import Bins, Hours
from server.core.clock import epoch
from server.core.errors import Barred, Invalid, Unknown
from server.core.model import Attendee, Details
from server.core.policy import Opening
from server.core.zone import midnight
from server.engine import engine_of
from server.engine.figures import KINDS
from server.engine.reports_scope import Choice
from server.engine.tables import Table
from tests import make
from tests.make import BERLIN, MONDAY, House, at

TODAY = Choice(MONDAY, MONDAY)
WEEK = Choice(MONDAY, MONDAY + timedelta(days=6))


def told(house: House, kind: str, choice: Choice = TODAY, actor: Actor = CLI) -> Table:
    return house.engine.figures.table(actor, kind, choice)


def lines(table: Table) -> dict[Any, dict[str, Any]]:
    """The rows by their first cell."""
    return {row[table.columns[0].name]: row for row in table.dicts()}


def test_use_is_what_is_booked_of_the_opening_hours(house: House) -> None:
    house.policy(opening=(make.OFFICE,))
    house.book("11:00", "13:30")
    house.book("13:30", "14:00")
    oak = lines(told(house, "usage"))["oak"]
    assert (oak["bookings"], oak["hours"], oak["available"], oak["share"]) == (2, 3.0, 10.0, 0.3)


def test_what_lies_outside_the_opening_hours_is_booked_but_no_use_of_them(house: House) -> None:
    house.book("17:00", "20:00")
    house.policy(opening=(make.OFFICE,))
    oak = lines(told(house, "usage"))["oak"]
    assert (oak["hours"], oak["share"]) == (3.0, 0.1)


def test_a_room_without_hours_is_measured_against_a_working_day(house: House) -> None:
    house.book("11:00", "13:00")
    oak = lines(told(house, "usage"))["oak"]
    assert (oak["available"], oak["share"]) == (8.0, 0.25)


def test_closures_are_taken_out_of_the_available_time(house: House) -> None:
    house.policy(opening=(make.OFFICE,))
    house.engine.rooms.close("oak", CLI, at("12:00"), at("13:00"), "Cleaning")
    house.engine.rooms.close("oak", CLI, at("13:00"), at("20:00"), "Paint")
    house.engine.rooms.close("elm", CLI, at("00:00"), at("20:00"), "Paint")
    house.book("11:00", "12:00")
    found = lines(told(house, "usage"))
    assert (found["oak"]["available"], found["oak"]["share"]) == (4.0, 0.25)
    assert found["elm"]["available"] == 4.0


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23.0), (date(2026, 10, 25), 25.0), (date(2026, 6, 15), 24.0)]
)
def test_a_day_on_which_the_clock_changes_is_as_long_as_it_is(house: House, day: date, hours: float) -> None:
    house.policy(opening=(Opening(frozenset(range(7)), 0, 1440),))
    assert lines(told(house, "usage", Choice(day, day)))["oak"]["available"] == hours


def test_hours_of_the_night_on_which_the_clock_changes_are_those_on_the_wall(house: House) -> None:
    day = date(2026, 10, 25)
    house.policy(opening=(Opening(frozenset(range(7)), 0, 1440),))
    house.clock.set(at("10:00", date(2026, 10, 1)))
    start = midnight(day, BERLIN)
    house.book(start + timedelta(hours=1), start + timedelta(hours=5))  # 01:00 to 04:00, with 02:00 twice
    found = lines(told(house, "hours", Choice(day, day, rooms=("oak",))))
    assert [found[f"{hour:02}:00"]["sunday"] for hour in range(6)] == [0, 1, 1, 1, 0, 0]
    assert found["All day"]["sunday"] == 4 / 25


def test_a_combined_room_is_not_counted_twice(house: House) -> None:
    house.engine.rooms.add(make.room("both", parts=(house.oak.number, house.elm.number)), CLI)
    house.book("11:00", "12:00", room="both")
    house.book("13:00", "14:00", room="oak")
    found = told(house, "usage")
    by = lines(found)
    assert [by[it]["hours"] for it in ("oak", "elm", "both")] == [2.0, 1.0, 1.0]
    assert (by[""]["bookings"], by[""]["hours"], by[""]["available"]) == (2, 3.0, 16.0)
    assert lines(told(house, "peak"))[MONDAY.isoformat()]["rooms"] == 2
    assert lines(told(house, "usage", Choice(MONDAY, MONDAY, rooms=("both",))))[""]["hours"] == 1.0


def test_rooms_at_once_do_not_meet_where_one_begins_when_the_other_ends(house: House) -> None:
    house.book("11:00", "12:00")
    house.book("12:00", "13:00", room="elm")
    day = lines(told(house, "peak"))[MONDAY.isoformat()]
    assert (day["rooms"], day["of"], day["at"]) == (1, 2, "2026-06-15T11:00:00")
    house.book("12:30", "13:30")
    assert lines(told(house, "peak"))[MONDAY.isoformat()]["at"] == "2026-06-15T12:30:00"


def test_fates_of_bookings_are_told_by_room(house: House) -> None:
    house.book("11:00", "12:00")
    gone = house.book("12:00", "13:00")
    late = house.book("10:30", "11:00")
    for it in (gone, late):
        house.engine.bookings.cancel(it.uid, house.alice)
    house.engine.rooms.change("elm", CLI, auto_accept=False)
    house.book("11:00", "12:00", room="elm")
    by = lines(told(house, "usage"))
    assert (by["oak"]["cancelled"], by["oak"]["late"], by["elm"]["pending"]) == (2, 1, 1)
    assert (by[""]["cancelled"], by[""]["pending"]) == (2, 1)


def test_no_shows_are_what_was_given_back_or_would_have_been(house: House) -> None:
    house.policy(check_in=True)
    bookings = [house.book(f"{hour}:00", f"{hour}:30") for hour in range(11, 17)]
    house.clock.set("11:02")
    house.engine.presence.check_in(bookings[0].uid, house.alice)
    for it, outcome, minutes in zip(
        bookings[1:], ("freed", "freed", "observed", "unknown", "warned"), (15, 20, 18, 0, 0), strict=True
    ):
        _looked_for(house, it, outcome, minutes)
    by = lines(told(house, "no-shows"))
    oak = by["oak"]
    assert (oak["came"], oak["absent"], oak["freed"], oak["minutes"]) == (1, 3, 2, 35)
    assert (oak["observed"], oak["could"], oak["unknown"], oak["share"]) == (1, 18, 1, 0.75)
    assert by[""]["absent"] == 3


def _looked_for(house: House, it: Any, outcome: str, minutes: int) -> None:
    values = (it.id, epoch(it.starts), epoch(it.starts), outcome, minutes, epoch(it.starts))
    sql = "INSERT INTO release (occurrence_id, starts, due_at, outcome, minutes, changed_at) VALUES (?,?,?,?,?,?)"
    house.store.writing(lambda tx: tx.run(sql, values))


def test_lead_and_length_are_spread_over_steps(house: House) -> None:
    house.book("10:02", "10:17")
    house.book("10:45", "11:45")
    house.book("12:00", "13:00", room="elm")
    leads, lengths = lines(told(house, "lead")), lines(told(house, "length"))
    assert {it: row["bookings"] for it, row in leads.items() if row["bookings"]} == {
        "on the spot": 1, "up to 1 hour": 1, "up to 1 day": 1,
    }  # fmt: skip
    assert {it: row["bookings"] for it, row in lengths.items() if row["bookings"]} == {
        "up to 15 min": 1,
        "up to 1 h": 2,
    }
    assert lengths["up to 1 h"]["mean"] == 60
    assert told(house, "length").notes == ("The middle booking: up to 1 h.",)


def test_seats_are_told_beside_the_people_who_are_named(house: House) -> None:
    def coming(*answers: str) -> Details:
        each = (Attendee("guest", email=f"{n}@example.org", answer=answer) for n, answer in enumerate(answers))
        return Details(attendees=tuple(each))

    house.book("11:00", "12:00", room="elm", details=coming("accepted", "", "declined"))
    house.book("12:00", "13:00", room="elm", details=coming(*[""] * 5))
    house.book("13:00", "14:00", room="elm")
    elm = lines(told(house, "capacity"))["elm"]
    assert (elm["seats"], elm["bookings"], elm["people"], elm["share"]) == (4, 2, 4.5, 9 / 8)
    assert (elm["answers"], elm["over"], elm["half"]) == (1, 1, 0)


def test_a_booking_counts_on_the_day_it_begins_once_whatever_its_rooms(house: House) -> None:
    house.book("23:00", at("01:00", 1))
    assert lines(told(house, "length"))["up to 2 h"]["bookings"] == 1
    tomorrow = Choice(MONDAY + timedelta(days=1), MONDAY + timedelta(days=1))
    assert lines(told(house, "length", tomorrow))["up to 2 h"]["bookings"] == 0
    assert lines(told(house, "usage", tomorrow))["oak"]["hours"] == 1.0


def test_only_the_rooms_that_were_asked_for_are_told_of(house: House) -> None:
    house.book("11:00", "12:00", room="elm")
    assert set(lines(told(house, "usage", Choice(MONDAY, MONDAY, rooms=("elm",))))) == {"elm", ""}
    place = house.engine.rooms.get("elm", CLI).place
    by = lines(told(house, "usage", Choice(MONDAY, MONDAY, place=place)))
    assert (set(by), by[""]["bookings"]) == ({"elm", ""}, 1)
    with pytest.raises(Unknown):
        told(house, "usage", Choice(rooms=("birch",)))
    with pytest.raises(Unknown):
        told(house, "usage", Choice(place=999))
    with pytest.raises(Unknown):
        told(house, "weather")


@pytest.mark.parametrize(("since", "until"), [(1, 0), (-400, 0), (-400_000, -399_999)])
def test_days_that_are_no_days_of_a_report_are_refused(house: House, since: int, until: int) -> None:
    with pytest.raises(Invalid):
        told(house, "usage", Choice(MONDAY + timedelta(days=since), MONDAY + timedelta(days=until)))


def test_reports_are_for_whoever_manages_rooms_and_of_these_alone(house: House) -> None:
    for actor in (house.rita, house.alice):
        with pytest.raises(Barred):
            told(house, "usage", actor=actor)
    narrow = Actor("token:9", "admin", frozenset({house.elm.number}), "roomvox")
    house.book("11:00", "12:00")
    by = lines(told(house, "usage", actor=narrow))
    assert (set(by), by[""]["bookings"]) == ({"elm", ""}, 0)


def test_doors_are_told_apart(house: House) -> None:
    house.book("11:00", "12:00")
    house.book("12:00", "13:00", by=CLI)
    by = lines(told(house, "sources"))
    assert {name: row["bookings"] for name, row in by.items()} == {"roomvox": 1, "cli": 1}


def test_each_report_has_as_many_cells_as_columns(house: House) -> None:
    house.book("11:00", "12:00")
    figures = engine_of(house.store, house.clock, report_people="people").figures
    for kind in KINDS:
        table = figures.table(CLI, kind, WEEK)
        assert {len(row) for row in table.rows} <= {len(table.columns)}


def test_use_agrees_with_a_count_minute_by_minute(sqlite_house: House) -> None:
    house, dice = sqlite_house, random.Random(7)
    house.policy(opening=(Opening(frozenset({0, 1, 2, 3, 4}), 8 * 60, 12 * 60), Opening(frozenset({0, 2}), 780, 1_080)))
    house.engine.rooms.close("oak", CLI, at("09:20", 1), at("10:10", 1), "x")
    minutes: Counter[Any] = Counter()
    zero = at("00:00", 1)
    for _ in range(60):
        start = zero + timedelta(minutes=dice.randrange(4 * 1_440))
        end = start + timedelta(minutes=dice.randrange(5, 200))
        try:
            house.book(start, end, room=dice.choice(["oak", "elm"]))
        except Exception:
            continue
    choice = Choice(MONDAY + timedelta(days=1), MONDAY + timedelta(days=4))
    with house.store.reading() as tx:
        held = tx.rows("SELECT room_id, held_from, held_to FROM hold WHERE active = 1 AND occurrence_id IS NOT NULL")
    low, high = epoch(zero), epoch(at("00:00", 5))
    for room, start, end in held:
        for second in range(max(start, low), min(end, high), 60):
            minutes[room, second] += 1
    by = lines(told(house, "usage", choice))
    for room in (house.oak, house.elm):
        own = sum(1 for number, _ in minutes if number == room.number)
        assert by[room.id]["hours"] == pytest.approx(own / 60)
    at_once = Counter(second for _, second in minutes)
    peaks = [row["rooms"] for row in told(house, "peak", choice).dicts()]
    assert max(peaks) == max(at_once.values())


def test_bins_hold_what_spans_hold() -> None:
    dice, low, high = random.Random(3), 0, 40 * 900
    bins, plain = Bins(low, high), [0] * 40
    for _ in range(300):
        start = dice.randrange(low, high)
        end = dice.randrange(start, high) + 1
        bins.add(start, end)
        for place in range(40):
            plain[place] += max(0, min(end, (place + 1) * 900) - max(start, place * 900))
    assert list(bins.seconds()) == plain


def test_hours_without_closures_are_what_is_left() -> None:
    hours = Hours([(0, 100), (200, 300)]).without([(50, 60), (90, 210), (290, 400)])
    assert list(hours) == [(0, 50), (60, 90), (210, 290)]
    assert (hours.total, hours.within(40, 220), hours.within(300, 500)) == (160, 50, 0)
