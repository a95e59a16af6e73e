"""Calendar files into a room: what is booked, what is not and why, twice, together, beforehand."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from server.core.access import CLI
from server.core.errors import Barred, Unknown
from server.core.model import Booking, Edit, Standing
from server.core.period import Period
from server.engine.calendar_files import importing
from server.engine.calendar_files.importing import BOOKED, REFUSED, SKIPPED, Result, Taken, grouped
from server.engine.calendar_files.item import BOOK, Item
from tests import make
from tests.engine.calendar_text import calendar, event, here
from tests.make import OFFICE, at, span

WEEKLY = "RRULE:FREQ=WEEKLY;COUNT=4"


@pytest.fixture(autouse=True)
def _read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spares most tests the reading process; test_ics_worker.py and test_ics_programs.py have it."""
    monkeypatch.setattr(importing, "read", here)


def take(house: make.House, *parts: str, room: str = "oak", **how: Any) -> Taken:
    return house.engine.calendar_files.take(calendar(*parts), room, CLI, **how)


def one(house: make.House, *parts: str, **how: Any) -> Result:
    (result,) = take(house, *parts, **how).results
    return result


def held(house: make.House, room: str = "oak") -> list[Booking]:
    """All that holds the room, whenever."""
    whole = Period(at("00:00", -4_000), at("00:00", 4_000))
    standings = [Standing.ACCEPTED, Standing.PENDING]
    return list(house.engine.bookings.between(room, CLI, whole, standings=standings))


def starts(house: make.House, room: str = "oak") -> list[datetime]:
    return [it.starts for it in held(house, room)]


def test_a_single_event_becomes_a_booking(house: make.House) -> None:
    it = one(house, event("ORGANIZER;CN=Bob Brown:mailto:bob@example.org", "DESCRIPTION:bring a pen"))
    assert (it.outcome, it.uid, it.title, it.at, it.dates) == (BOOKED, "u", "Talk", at("09:00", 2), 1)
    (made,) = held(house)
    assert (made.uid, made.period, made.standing, made.source, made.made_by) == (
        "u", span("09:00", "10:00", 2), Standing.ACCEPTED, "import", "cli",
    )  # fmt: skip
    assert (made.organizer, made.organizer_email, made.description) == ("Bob Brown", "bob@example.org", "bring a pen")


def test_a_series_becomes_a_series(house: make.House) -> None:
    assert one(house, event("RRULE:FREQ=WEEKLY")).dates == 105
    series = house.engine.series.find("u", CLI)
    assert (series.uid, series.zone, series.open, series.pattern.lines) == (
        "u", make.BERLIN, True, ("RRULE:FREQ=WEEKLY",),
    )  # fmt: skip
    assert {it.series for it in held(house)} == {series.id}
    assert house.changes() == ["booked"] * 105


def test_a_series_of_years_ago_is_taken_from_now_on(house: make.House) -> None:
    it = one(house, event("RRULE:FREQ=WEEKLY", at="20150617T090000"))
    assert (it.outcome, it.dates, it.over) == (BOOKED, 105, True)
    assert starts(house)[0] == at("09:00", 2)


def test_a_moved_date_does_not_ask_for_its_old_time(house: make.House) -> None:
    house.book(at("09:00", 9), at("10:00", 9), title="There first")
    change = event("RECURRENCE-ID:20260624T090000", at="20260624T140000", title="Moved")
    assert one(house, event(WEEKLY), change).outcome == BOOKED
    moved = house.engine.series.occurrence("u", at("09:00", 9), CLI)
    assert (moved.period, moved.title, moved.original_start) == (span("14:00", "15:00", 9), "Moved", at("09:00", 9))
    house.engine.series.change("u", Edit(title="All"), CLI, following=False)
    assert [it.title for it in held(house)] == ["All", "There first", "Moved", "All", "All"]


def test_a_cancelled_date_stays_free_when_the_series_is_edited(house: make.House) -> None:
    change = event("RECURRENCE-ID:20260624T090000", "STATUS:CANCELLED", at="20260624T090000")
    assert one(house, event(WEEKLY), change).dates == 3
    house.engine.series.change("u", Edit(ends=at("09:30", 2)), CLI, following=False)
    assert starts(house) == [at("09:00", day) for day in (2, 16, 23)]


def test_this_and_following_is_booked_as_two_series(house: make.House) -> None:
    change = event("RECURRENCE-ID;RANGE=THISANDFUTURE:20260701T090000", at="20260702T100000", title="Later")
    it = one(house, event(WEEKLY), change)
    assert (it.outcome, it.dates) == (BOOKED, 4)
    assert starts(house) == [at("09:00", 2), at("09:00", 9), at("10:00", 17), at("10:00", 24)]
    assert [it.series_uid for it in held(house)] == ["u", "u", "u#1", "u#1"]
    assert one(house, event(WEEKLY), change).reasons == ("already_there",)


def test_a_private_event_is_booked_as_private(house: make.House) -> None:
    it = one(house, event("CLASS:CONFIDENTIAL", "DESCRIPTION:the secret", title="Layoffs"))
    assert it.title == "Private"
    assert [(made.title, made.description) for made in held(house)] == [("Private", "")]


def test_importing_twice_changes_nothing(house: make.House) -> None:
    parts = [
        event(WEEKLY),
        event("RECURRENCE-ID:20260625T090000", at="20260626T140000"),
        event(uid="s", at="20260619T090000"),
        event(at="20260620T090000").replace("UID:u\r\n", ""),
    ]
    assert take(house, *parts).count(BOOKED) == 4
    before, changes = held(house), house.changes()
    again = take(house, *parts)
    assert [it.outcome for it in again.results] == [SKIPPED] * 4
    assert {it.reasons for it in again.results} == {("already_there",)}
    assert (held(house), house.changes()) == (before, changes)


def test_what_was_cancelled_here_is_not_booked_again(house: make.House) -> None:
    take(house, event())
    house.engine.bookings.cancel("u", CLI)
    assert one(house, event()).reasons == ("already_there",)
    assert held(house) == []


def test_a_meeting_in_two_rooms_is_booked_in_both(house: make.House) -> None:
    parts = [event(WEEKLY), event(uid="s", at="20260619T090000")]
    assert take(house, *parts).count(BOOKED) == 2
    assert take(house, *parts, room="elm").count(BOOKED) == 2
    assert starts(house) == starts(house, "elm")
    assert {it.uid for it in held(house, "elm") if it.series is None} == {"s#elm"}
    assert take(house, *parts, room="elm").count(SKIPPED) == 2


def test_what_conflicts_is_refused_and_the_rest_goes_on(house: make.House) -> None:
    house.book(at("09:30", 9), at("10:30", 9))
    results = take(house, event(WEEKLY), event(uid="s", at="20260619T090000")).results
    assert [(it.outcome, it.reasons, it.left_out) for it in results] == [
        (REFUSED, ("clash",), ((at("09:00", 9), ("clash",)),)),
        (BOOKED, (), ()),
    ]
    assert starts(house) == [at("09:00", 4), at("09:30", 9)]


def test_conflicts_can_be_skipped(house: make.House) -> None:
    house.book(at("09:30", 9), at("10:30", 9))
    it = one(house, event(WEEKLY), skip=True)
    assert (it.outcome, it.dates, it.left_out) == (BOOKED, 3, ((at("09:00", 9), ("clash",)),))


def test_two_meetings_of_one_file_cannot_overlap_either(house: make.House) -> None:
    parts = [event(WEEKLY), event(uid="s", at="20260624T093000"), event(uid="t", at="20260624T100000")]
    assert [it.outcome for it in take(house, *parts).results] == [BOOKED, REFUSED, BOOKED]
    assert house.overlaps() == []


def test_the_rooms_rules_hold_but_for_how_soon_and_how_far(house: make.House) -> None:
    house.policy(opening=(OFFICE,), horizon_days=1, notice_minutes=10_000, max_minutes=120)
    results = take(
        house,
        event(uid="far", at="20300617T090000"),
        event(uid="early", at="20260617T070000"),
        event(uid="long", at="20260618T090000", length="PT3H"),
        event("RRULE:FREQ=DAILY;COUNT=7", uid="weekend", at="20260619T090000"),
    ).results
    assert [it.reasons for it in results] == [(), ("outside_hours",), ("too_long 120",), ("outside_hours",)]
    assert [when for when, _ in results[3].left_out] == [at("09:00", 5), at("09:00", 6)]


def test_what_is_over_comes_in_as_history(house: make.House) -> None:
    house.policy(opening=(OFFICE,))
    night = event(at="20240617T230000")
    assert one(house, night).outcome == BOOKED
    assert one(house, night.replace("UID:u", "UID:v")).reasons == ("clash",)
    assert len(held(house)) == 1


def test_a_room_that_takes_no_series_takes_none_from_a_file(house: make.House) -> None:
    house.policy(series="no")
    assert one(house, event(WEEKLY)).reasons == ("no_series",)
    house.policy(series="yes", series_most=3)
    assert one(house, event(WEEKLY)).reasons == ("too_many_dates 3",)
    assert held(house) == []


def test_what_waits_for_approval_elsewhere_stands_at_once(house: make.House) -> None:
    house.engine.rooms.change("oak", CLI, auto_accept=False)
    house.policy(series="approval")
    assert take(house, event(WEEKLY), event(uid="s", at="20260619T090000")).count(BOOKED) == 2
    assert {it.standing for it in held(house)} == {Standing.ACCEPTED}


def test_a_booking_longer_than_any_may_be_is_refused(house: make.House) -> None:
    assert one(house, event(length="P32D")).reasons == ("too_long 44640",)
    moved = event("RECURRENCE-ID:20260624T090000", at="20260624T140000", length="P32D")
    assert one(house, event(WEEKLY), moved).reasons == ("too_long 44640",)
    assert held(house) == []


def test_a_preview_says_what_the_import_then_does_and_leaves_nothing(house: make.House) -> None:
    house.book(at("09:30", 9), at("10:30", 9))
    parts = [
        event(WEEKLY),
        event("RRULE:FREQ=DAILY;COUNT=9", uid="d", at="20260617T120000"),
        event("RECURRENCE-ID:20260619T120000", uid="d", at="20260619T130000", title="Late"),
        event(uid="s", at="20260618T123000"),
        event("CLASS:PRIVATE", uid="t", at="20260619T120000"),
        event("STATUS:CANCELLED", uid="c"),
    ]
    before = (held(house), house.changes())
    said = take(house, *parts, skip=True, preview=True)
    assert (held(house), house.changes()) == before
    assert not said.written
    done = take(house, *parts, skip=True)
    assert done.results == said.results
    assert done.written
    assert [it.outcome for it in done.results] == [BOOKED, BOOKED, REFUSED, BOOKED, SKIPPED]


def test_all_or_nothing_books_nothing_where_one_is_refused(house: make.House) -> None:
    house.book(at("09:30", 9), at("10:30", 9))
    parts = [event(uid="s", at="20260619T090000"), event(WEEKLY)]
    done = take(house, *parts, together=True)
    assert ([it.outcome for it in done.results], done.written) == ([BOOKED, REFUSED], False)
    assert len(held(house)) == 1
    assert take(house, *parts, together=True, skip=True).written
    assert len(held(house)) == 5


def test_dates_are_written_in_groups_and_progress_is_told(house: make.House, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []
    parts = [event("RRULE:FREQ=DAILY;COUNT=90", uid=f"u{n}", at=f"20260617T{n + 10}0000") for n in range(5)]
    monkeypatch.setattr(importing, "LONGEST_TURN", 1_000)
    take(house, *parts, progress=lambda *done: told.append(done))
    assert told == [(2, 5), (4, 5), (5, 5)]
    assert len(held(house)) == 450
    monkeypatch.setattr(importing, "LONGEST_TURN", -1)
    take(house, *parts, room="elm", progress=lambda *done: told.append(done))
    assert told[3:] == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]


@pytest.mark.parametrize(
    ("sizes", "groups"), [([], []), ([1], [1]), ([200, 1], [1, 1]), ([500], [1]), ([0] * 450, [200, 200, 50])]
)
def test_a_group_has_so_many_dates_unless_one_meeting_has_more(sizes: list[int], groups: list[int]) -> None:
    items = tuple(Item(f"u{n}", "", BOOK, dates=size) for n, size in enumerate(sizes))
    assert [len(group) for group in grouped(items)] == groups
    assert tuple(it for group in grouped(items) for it in group) == items


def test_others_book_between_the_groups(sqlite_house: make.House, monkeypatch: pytest.MonkeyPatch) -> None:
    house = sqlite_house
    seen: list[int] = []

    def book(_: float) -> None:
        n = len(seen)
        seen.append(len(held(house, "elm")))
        house.book(at("09:00", n + 2), at("10:00", n + 2), room="elm")

    monkeypatch.setattr(importing, "sleep", book)
    monkeypatch.setattr(importing, "LONGEST_TURN", 1_000)
    take(house, *(event("RRULE:FREQ=DAILY;COUNT=150", uid=f"u{n}", at=f"20260617T{n + 10}0000") for n in range(4)))
    assert seen == [0, 1, 2]


def test_only_an_administrator_of_the_room_may(house: make.House) -> None:
    files = house.engine.calendar_files
    for actor in (house.rita, house.alice, house.charlie):
        with pytest.raises(Barred):
            files.take(calendar(event()), "oak", actor)
    with pytest.raises(Unknown):
        files.take(calendar(event()), "ash", house.ada)
    assert files.take(calendar(event()), "oak", house.ada).count(BOOKED) == 1


def test_what_is_booked_is_free_of_overlaps_whatever_the_files_say(house: make.House) -> None:
    rules: list[Callable[[int], str]] = [
        lambda n: f"RRULE:FREQ=DAILY;INTERVAL={n};COUNT=30",
        lambda n: f"RRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT={n * 3}",
        lambda n: f"RRULE:FREQ=MONTHLY;BYDAY={n}TU;COUNT=5",
    ]
    parts = [
        event(
            rules[n % 3](1 + n % 4), uid=f"u{n}", at=f"202606{17 + n % 12}T{8 + n % 5:02}3000", length=f"PT{n * 9 + 9}M"
        )
        for n in range(30)
    ]
    done = take(house, *parts, skip=True)
    assert done.count(BOOKED) > 5
    assert house.overlaps() == []
    assert len(held(house)) == sum(it.dates for it in done.results)
    assert all(it.starts < it.ends <= it.starts + timedelta(days=1) for it in held(house))
