"""Reservations as a calendar: what programs that read calendars make of it is what is booked."""

from datetime import UTC, datetime

import recurring_ical_events
from icalendar import Calendar

from server.core.access import CLI, Actor
from server.core.model import Ask, Edit
from server.core.period import Period
from server.core.recurrence import parse
from server.core.zone import wall
from tests.dialects.indico.cern import MEMBER, ZURICH, Cern, at

HERE = "/export/reservation/CERN.ics"
Told = tuple[str, datetime, datetime, str]


def read(cern: Cern, ak: str | None = None, **query: str) -> list[Told]:
    """Summary, start, end and status of what a reader finds in June and July, by start."""
    answer = cern.ask(HERE, query) if ak is None else cern.ask(HERE, query, ak=ak)
    assert answer.content_type == "text/calendar; charset=utf-8"
    calendar = Calendar.from_ical(answer.get_data())
    found = recurring_ical_events.of(calendar).between(at(1, "00:00"), datetime(2011, 8, 1, tzinfo=UTC))
    told = [(str(it["SUMMARY"]), it.start.astimezone(UTC), it.end.astimezone(UTC), str(it["STATUS"])) for it in found]
    return sorted(told, key=lambda it: (it[1], it[0]))


def test_a_reader_finds_what_is_booked_in_true_time(cern: Cern) -> None:
    told = read(cern, **{"from": "today", "to": "today"})
    assert told == [
        ("Cancelled", at(24, "08:00"), at(24, "09:00"), "CANCELLED"),
        ("Just testing", at(24, "08:30"), at(24, "17:30"), "CONFIRMED"),
        ("Rejected", at(24, "09:00"), at(24, "10:00"), "CANCELLED"),
        ("Secret", at(24, "09:00"), at(24, "10:00"), "CONFIRMED"),
        ("Waiting", at(24, "10:00"), at(24, "11:00"), "TENTATIVE"),
        ("Over midnight", at(24, "23:00"), at(25, "01:00"), "TENTATIVE"),
        ("Just testing", at(25, "08:30"), at(25, "17:30"), "CONFIRMED"),
    ]
    assert [it[0] for it in read(cern, confirmed="yes", recurring="no")] == ["Secret"]


def test_only_a_series_has_a_rule_and_it_says_how_often(cern: Cern) -> None:
    text = cern.ask(HERE).text
    assert text.count("RRULE:") == text.count("RRULE:FREQ=DAILY;COUNT=2") == 1
    assert cern.ask(HERE, {"recurring": "no"}).text.count("RRULE") == 0
    assert "URL:https://indico.server/rooms/booking/3\r\n" in text
    assert "LOCATION:CERN: 500-1-201 - Mezzanine\r\n" in text


def test_dates_that_differ_are_told_each_for_itself(fresh_cern: Cern) -> None:
    engine = fresh_cern.engine
    weekly = parse(("FREQ=WEEKLY;COUNT=4",), datetime(2011, 6, 27, 9, 0), ZURICH)
    wish = Ask(("mezzanine",), at(27, "09:00"), at(27, "10:00"), "Weekly")
    engine.series.book(wish, weekly, CLI, zone=ZURICH)
    window = Period(at(27, "00:00"), datetime(2011, 8, 1, tzinfo=UTC))
    first, second, third, _ = engine.bookings.between("mezzanine", CLI, window)
    engine.bookings.cancel(second.uid, CLI)
    engine.bookings.change(third.uid, Edit(title="Moved", starts=third.starts, ends=third.ends.replace(minute=30)), CLI)
    found = [it for it in read(fresh_cern, **{"from": "2011-06-27"}) if it[1] >= first.starts]
    assert [(it[0], wall(it[1], ZURICH).day, wall(it[2], ZURICH).strftime("%H:%M")) for it in found] == [
        ("Weekly", 27, "10:00"), ("Moved", 11, "10:30"), ("Weekly", 18, "10:00"),
    ]  # fmt: skip


def test_a_series_that_nobody_has_accepted_is_told_by_its_dates(fresh_cern: Cern) -> None:
    engine = fresh_cern.engine
    engine.rooms.change("mezzanine", CLI, rules={"approval": True})
    daily = parse(("FREQ=DAILY;COUNT=3",), datetime(2011, 6, 27, 9, 0), ZURICH)
    engine.series.book(Ask(("mezzanine",), at(27, "09:00"), at(27, "10:00"), "Daily"), daily, _asker(), zone=ZURICH)
    told = [it for it in read(fresh_cern, **{"from": "2011-06-28", "to": "2011-06-29"}) if it[0] == "Daily"]
    assert [(it[1], it[3]) for it in told] == [(at(28, "09:00"), "TENTATIVE"), (at(29, "09:00"), "TENTATIVE")]
    uids = [str(it["UID"]) for it in Calendar.from_ical(fresh_cern.ask(HERE).get_data()).walk("VEVENT")]
    assert len(set(uids)) == len(uids)
    assert all(uid.endswith("@indico.server") for uid in uids)


def test_others_reservations_are_times_alone(cern: Cern) -> None:
    text = cern.ask(HERE, ak=MEMBER).text
    assert not any(word in text for word in ("testing", "Waiting", "MONNICH", "jerome", "Secret"))
    assert {it[0] for it in read(cern, MEMBER)} == {""}
    assert len(read(cern, MEMBER)) == 6


def test_a_refusal_of_a_calendar_is_json(cern: Cern) -> None:
    answer = cern.ask(HERE, {"tz": "Mars/X"})
    assert (answer.status_code, answer.content_type, answer.json) == (
        400, "application/json", {"message": "Bad timezone: ''Mars/X''"},
    )  # fmt: skip


def _asker() -> Actor:
    """A key that has to ask."""
    return Actor("token:9", "book", source="roomvox")
