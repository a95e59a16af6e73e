"""What recurs in a calendar file: from when on, which dates, and what single dates have for themselves."""

from datetime import date, datetime, timedelta

import pytest

from server.core.period import Period
from server.core.recurrence import length_of, occurrences
from server.engine.calendar_files import meetings
from server.engine.calendar_files.item import BOOK, REFUSE, SKIP, Item
from server.engine.calendar_files.limits import Unreadable
from tests import make
from tests.engine.calendar_text import calendar, event
from tests.engine.test_ics_reading import items, one, why
from tests.make import at, span

WEEKLY = "RRULE:FREQ=WEEKLY;COUNT=4"


def dates(it: Item, part: int = 0) -> list[Period]:
    """The dates of one part of a series, without what they have for themselves."""
    it_ = it.parts[part]
    assert it_.pattern is not None
    length = length_of(Period(it_.starts, it_.ends), it_.zone)
    return [each.period for each in occurrences(it_.pattern, it_.zone, length, make.at("00:00", date(2027, 1, 1)))]


def test_a_series_keeps_its_rule_and_its_zone() -> None:
    it = one(event("RRULE:FREQ=WEEKLY;COUNT=3", at=";TZID=America/New_York:20261026T090000"))
    assert (it.dates, it.over, it.parts[0].zone) == (3, False, "America/New_York")
    assert it.parts[0].pattern is not None
    assert it.parts[0].pattern.lines == ("RRULE:FREQ=WEEKLY;COUNT=3",)
    assert [p.start.hour for p in dates(it)] == [13, 14, 14]


@pytest.mark.parametrize(("start", "zone"), [("20260617T090000", make.BERLIN), ("20260617T070000Z", "UTC")])
def test_a_floating_series_is_the_rooms_and_one_in_utc_stays_there(start: str, zone: str) -> None:
    it = one(event(WEEKLY, at=start))
    assert it.parts[0].zone == zone
    assert dates(it)[0] == span("09:00", "10:00", 2)


def test_the_first_date_counts_even_where_the_rule_does_not_give_it() -> None:
    assert dates(one(event("RRULE:FREQ=WEEKLY;BYDAY=FR;COUNT=2"))) == [
        span("09:00", "10:00", day) for day in (2, 4, 11)
    ]


def test_an_endless_series_of_years_ago_begins_with_its_next_date() -> None:
    it = one(event("RRULE:FREQ=WEEKLY", at="20150617T093000"))
    assert (it.verdict, it.over, it.dates, it.at) == (BOOK, True, 105, at("09:30", 2))
    assert dates(it)[0].start == at("09:30", 2)


def test_what_is_going_on_now_is_not_over() -> None:
    assert one(event("RRULE:FREQ=DAILY", at="20260601T093000")).at == at("09:30")
    assert one(event("RRULE:FREQ=DAILY", at="20260601T090000")).at == at("09:00", 1)


def test_count_counts_from_the_start_of_the_series() -> None:
    it = one(event("RRULE:FREQ=DAILY;COUNT=20", at="20260601T113000"))
    assert (it.dates, it.at, dates(it)[-1]) == (6, at("11:30"), span("11:30", "12:30", 5))


def test_a_series_that_is_over_is_skipped() -> None:
    assert why(event("RRULE:FREQ=WEEKLY;COUNT=10", at="20150617T093000")) == "over"


def test_a_series_whose_next_date_is_too_far_ahead_is_refused() -> None:
    it = one(event("RRULE:FREQ=YEARLY;INTERVAL=10", at="20200617T093000"))
    assert (it.verdict, it.why) == (REFUSE, "recurrence: its next date is further ahead than dates are booked")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("RRULE:FREQ=HOURLY;COUNT=3", "recurrence: HOURLY is too often: a booking recurs daily at most"),
        ("RRULE:FREQ=DAILY;BYHOUR=9,15", "recurrence: makes more than 1100 bookings"),
        ("RRULE:FREQ=DAILY;INTERVAL=0", "recurrence: INTERVAL must be 1 to 10000"),
        ("RDATE;VALUE=PERIOD:20260701T090000Z/PT1H", "recurrence: RDATE takes dates and times, not PERIOD"),
        ("RDATE;TZID=Mars/Olympus:20260701T090000", "zone: 'Mars/Olympus' is no zone we know"),
        ("RDATE:" + ",".join(["20260701T090000"] * 1_001), "rdate: has more than 1000 dates"),
    ],
)  # fmt: skip
def test_a_series_that_cannot_be_booked_is_refused(line: str, complaint: str) -> None:
    assert why(event(line)) == complaint


@pytest.mark.parametrize(
    "left_out",
    [
        "EXDATE:20260624T090000",
        "EXDATE:20260624T070000Z",
        "EXDATE;VALUE=DATE:20260624",
        'EXDATE;TZID="Tokyo Standard Time":20260624T160000',
        "EXDATE;TZID=/citadel.org/20210210_1/Europe/Berlin:20260624T090000",
    ],
)
def test_a_date_is_left_out_however_it_is_written(left_out: str) -> None:
    assert [p.start for p in dates(one(event(WEEKLY, left_out)))] == [at("09:00", day) for day in (2, 16, 23)]


@pytest.mark.parametrize("rest", [";UNTIL=99991231T235959Z", ";", "; ", ";UNTIL=99991231T235959Z;"])
def test_until_at_the_end_of_time_is_no_end_and_a_rule_may_end_in_nothing(rest: str) -> None:
    it = one(event(f"RRULE:FREQ=WEEKLY{rest}"))
    assert it.parts[0].pattern is not None
    assert it.parts[0].pattern.lines == ("RRULE:FREQ=WEEKLY",)


def test_an_all_day_series_recurs_by_days() -> None:
    it = one(event("RRULE:FREQ=WEEKLY;COUNT=3", at=";VALUE=DATE:20261022", length=""))
    assert [p.length.total_seconds() / 3600 for p in dates(it)] == [24, 24, 24]
    it = one(event("RRULE:FREQ=WEEKLY;COUNT=2", at=";VALUE=DATE:20261018", length=""))
    assert [p.length.total_seconds() / 3600 for p in dates(it)] == [24, 25]


@pytest.mark.parametrize(
    "address",
    [
        "RECURRENCE-ID:20260624T090000",
        "RECURRENCE-ID:20260624T070000Z",
        "RECURRENCE-ID;TZID=America/New_York:20260624T030000",
        "RECURRENCE-ID;VALUE=DATE:20260624",
    ],
)
def test_a_changed_date_has_its_own_times_and_texts(address: str) -> None:
    (it,) = items(calendar(event(WEEKLY), event(address, at="20260625T140000", title="Moved")))
    (own,) = it.parts[0].own
    assert (own.at, own.starts, own.ends, own.texts.title) == (
        at("09:00", 9), at("14:00", 10), at("15:00", 10), "Moved",
    )  # fmt: skip
    assert it.dates == 4


def test_the_order_in_the_file_does_not_matter() -> None:
    change = event("RECURRENCE-ID:20260624T090000", at="20260625T140000")
    assert items(calendar(change, event(WEEKLY)))[0].parts == items(calendar(event(WEEKLY), change))[0].parts


@pytest.mark.parametrize("mark", ["STATUS:CANCELLED", "TRANSP:TRANSPARENT"])
def test_a_date_that_is_cancelled_or_free_is_none(mark: str) -> None:
    (it,) = items(calendar(event(WEEKLY), event("RECURRENCE-ID:20260624T090000", mark, at="20260624T090000")))
    assert [p.start for p in dates(it)] == [at("09:00", day) for day in (2, 16, 23)]
    assert it.dates == 3


def test_a_changed_date_that_the_series_has_not_is_a_booking_of_its_own() -> None:
    found = items(calendar(event(WEEKLY), event("RECURRENCE-ID:20260625T090000", at="20260626T140000", title="Extra")))
    assert [(it.uid, it.verdict, it.at, it.dates) for it in found] == [
        ("u", BOOK, at("09:00", 2), 4),
        ("u#20260625T070000Z", BOOK, at("14:00", 11), 1),
    ]


def test_a_date_that_was_over_but_is_moved_ahead_is_booked() -> None:
    found = items(calendar(
        event("RRULE:FREQ=WEEKLY", at="20260603T090000"),
        event("RECURRENCE-ID:20260610T090000", at="20260618T140000"),
        event("RECURRENCE-ID:20260603T090000", at="20260604T140000"),
    ))  # fmt: skip
    assert [(it.uid, it.at) for it in found] == [("u", at("09:00", 2)), ("u#20260610T070000Z", at("14:00", 3))]


def test_a_date_changed_further_ahead_than_dates_are_booked_is_a_booking_of_its_own() -> None:
    found = items(calendar(event("RRULE:FREQ=WEEKLY"), event("RECURRENCE-ID:20281213T080000Z", at="20281214T140000")))
    assert [it.at for it in found] == [at("09:00", 2), at("14:00", date(2028, 12, 14))]
    pattern = found[0].parts[0].pattern
    assert pattern is not None
    assert pattern.except_dates == (datetime(2028, 12, 13, 9),)


def test_changes_without_their_series_are_bookings_of_their_own() -> None:
    found = items(calendar(
        event("RECURRENCE-ID:20260624T090000", at="20260625T140000"),
        event("RECURRENCE-ID:20260701T090000", "STATUS:CANCELLED", at="20260701T090000"),
    ))  # fmt: skip
    assert [(it.uid, it.verdict) for it in found] == [("u#20260624T070000Z", BOOK), ("u#20260701T070000Z", SKIP)]


def test_this_and_following_goes_on_as_said_from_there() -> None:
    (it,) = items(calendar(
        event("RRULE:FREQ=WEEKLY;COUNT=6"),
        event("RECURRENCE-ID;RANGE=THISANDFUTURE:20260701T090000", at="20260702T100000", length="PT2H", title="Later"),
        event("RECURRENCE-ID:20260708T090000", at="20260709T160000", title="Once"),
    ))  # fmt: skip
    assert dates(it) == [span("09:00", "10:00", day) for day in (2, 9)]
    assert dates(it, 1) == [span("10:00", "12:00", day) for day in (17, 24, 31, 38)]
    assert [part.texts.title for part in it.parts] == ["Talk", "Later"]
    assert [(own.at, own.texts.title) for own in it.parts[1].own] == [(at("10:00", 24), "Once")]
    assert it.dates == 6


def test_this_and_following_may_end_a_series() -> None:
    change = event("RECURRENCE-ID;RANGE=THISANDFUTURE:20260701T090000", "STATUS:CANCELLED", at="20260701T090000")
    (it,) = items(calendar(event("RRULE:FREQ=WEEKLY"), change))
    assert (len(it.parts), it.dates) == (1, 2)


def test_a_meeting_with_a_change_that_cannot_be_read_is_refused_whole() -> None:
    (it,) = items(calendar(event(WEEKLY), event("RECURRENCE-ID:yesterday", at="20260625T140000")))
    assert (it.verdict, it.why) == (REFUSE, "recurrence-id: 'yesterday' is no date or time")


def test_a_series_changed_from_a_date_on_again_and_again_is_refused() -> None:
    days = [f"{make.MONDAY + timedelta(days=n):%Y%m%d}" for n in range(3, 24)]
    changes = [event(f"RECURRENCE-ID;RANGE=THISANDFUTURE:{day}T090000", at=f"{day}T100000") for day in days]
    (it,) = items(calendar(event("RRULE:FREQ=DAILY"), *changes))
    assert (it.verdict, it.why) == (REFUSE, "recurrence: is changed from a date on more than 20 times")
    (it,) = items(calendar(event("RRULE:FREQ=DAILY"), *changes[:20]))
    assert (len(it.parts), it.dates) == (21, 731)


def test_the_dates_that_a_file_says_one_by_one_are_bounded_as_often_as_they_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(meetings, "RECKONING_SECONDS", 60)
    left_out = "EXDATE:" + ",".join(f"20280101T{n // 60:02}{n % 60:02}00" for n in range(1_000))
    series = [event(WEEKLY, left_out, uid=f"u{n}") for n in range(21)]
    assert len(items(calendar(*series[:20]))) == 20
    with pytest.raises(Unreadable, match="has more than 20000 dates in its RDATE and EXDATE"):
        items(calendar(*series))
    change = event("RECURRENCE-ID;RANGE=THISANDFUTURE:20260624T090000", at="20260624T100000", uid="u0")
    assert len(items(calendar(*series[:19], change))) == 19
    with pytest.raises(Unreadable):
        items(calendar(*series[:20], change))


class Meter:
    """A clock of processor time on which every series takes half a second."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        self.time += 0.5
        return self.time


def test_series_that_are_over_may_take_longer_to_reckon_than_those_that_are_booked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(meetings, "RECKONING_SECONDS", 1.1)
    monkeypatch.setattr(meetings, "MOST_RECKONING", 2.1)
    over = [event(WEEKLY, uid=f"o{n}", at="20150617T090000") for n in range(5)]
    ahead = [event(WEEKLY, uid=f"a{n}") for n in range(3)]
    for fitting in (over[:4], [*over[:2], *ahead[:2]]):
        monkeypatch.setattr(meetings, "process_time", Meter())
        assert len(items(calendar(*fitting))) == 4
    for excessive in (over, ahead):
        monkeypatch.setattr(meetings, "process_time", Meter())
        with pytest.raises(Unreadable, match="has series that take too long to reckon"):
            items(calendar(*excessive))
