"""Series in calendar.ics: the rule, the dates that are otherwise told for themselves, and the zone beside."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import recurring_ical_events
from icalendar import Calendar

from server.core.access import CLI
from server.core.clock import epoch
from server.core.model import Edit, Standing
from server.core.period import Period
from server.core.recurrence import parse
from server.core.zone import offsets, zone
from server.engine.ical.zones import vtimezone
from tests.dialects.roomvox.door import Door
from tests.dialects.roomvox.test_series import DAYS, PATH, series
from tests.make import ask, at

ODD = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Antarctica/Troll", "Africa/Casablanca",
       "America/Santiago", "Pacific/Apia", "Asia/Kolkata", "Etc/UTC"]  # fmt: skip
Shown = tuple[datetime, datetime, str]


def feed(door: Door, query: str = "", room: str = "oak") -> str:
    """The calendar, unfolded."""
    response = door.ask("GET", f"/rooms/{room}/calendar.ics{query}")
    assert response.status_code == 200
    return str(response.data.decode().replace("\r\n ", "").replace("\r\n", "\n"))


def read(text: str, low: datetime, high: datetime) -> list[Shown]:
    """What recurring-ical-events makes of it: start, end and title, by start."""
    found = recurring_ical_events.of(Calendar.from_ical(text)).between(low, high)
    return sorted((it.start.astimezone(UTC), it.end.astimezone(UTC), str(it["SUMMARY"])) for it in found)


def booked(door: Door, low: datetime, high: datetime, room: str = "oak") -> list[Shown]:
    """What is booked and accepted."""
    found = door.house.engine.bookings.between(room, CLI, Period(low, high), standings=frozenset({Standing.ACCEPTED}))
    return sorted((it.starts, it.ends, it.title) for it in found)


def agrees(door: Door, query: str = "", room: str = "oak") -> str:
    """The calendar, which shows just what is booked; an endless series is not looked at to its end."""
    text, now = feed(door, query, room), door.house.clock.now()
    window = (now - timedelta(days=365), now + timedelta(days=700))
    assert read(text, *window) == booked(door, *window, room)
    return text


def lines(text: str, name: str) -> list[str]:
    return [line for line in text.splitlines() if line.partition(":")[0].partition(";")[0] == name]


def test_a_series_is_one_event_with_a_rule_in_the_wall_time_of_its_zone(any_door: Door) -> None:
    answer = series(any_door, organizer="Alice", description="Bring\ncake")
    text = agrees(any_door)
    assert text.count("BEGIN:VEVENT") == text.count("BEGIN:VTIMEZONE") == 1
    assert lines(text, "UID") == [f"UID:{answer['uid']}"]
    assert lines(text, "RRULE") == ["RRULE:FREQ=WEEKLY;COUNT=4"]
    assert "DTSTART;TZID=Europe/Berlin:20260616T110000" in text
    assert "DTEND;TZID=Europe/Berlin:20260616T120000" in text
    assert lines(text, "TZID") == ["TZID:Europe/Berlin"]
    assert "ORGANIZER;CN=Alice:invalid:nomail" in text


def test_single_bookings_stay_as_they_were_beside_it(door: Door) -> None:
    uid = door.book("11:00", "12:00")["uid"]
    alone = feed(door)
    assert "VTIMEZONE" not in alone
    series(door)
    event = alone[alone.index("BEGIN:VEVENT") : alone.index("END:VCALENDAR")]
    assert event in feed(door)
    assert f"UID:{uid}" in event


def test_each_date_that_is_otherwise_is_told_for_itself(door: Door) -> None:
    uid = series(door, recurrence="FREQ=WEEKLY;COUNT=8")["uid"]
    one = f"{PATH}/{uid}?recurrenceId=2026-"
    door.ask("PATCH", f"{one}06-23T11:00", json={"start": "2026-06-24T15:00", "end": "2026-06-24T16:00"})
    door.ask("PATCH", f"{one}06-30T11:00", json={"title": "Party"})
    door.ask("POST", f"{one}07-07T11:00".replace("?", "/extend?"), json={"minutes": 30})
    door.ask("DELETE", f"{one}07-14T11:00")
    text = agrees(door)
    assert lines(text, "EXDATE") == ["EXDATE;TZID=Europe/Berlin:20260714T110000"]
    assert lines(text, "RECURRENCE-ID") == [
        f"RECURRENCE-ID;TZID=Europe/Berlin:2026{day}T110000" for day in ("0623", "0630", "0707")
    ]
    assert lines(text, "UID") == [f"UID:{uid}"] * 4
    door.set(at("11:20", 1))
    door.ask("POST", f"{PATH}/{uid}/end")
    assert len(lines(agrees(door), "RECURRENCE-ID")) == 4


def test_what_is_left_out_pending_or_declined_is_no_date(door: Door) -> None:
    door.book("2026-06-23T11:30", "2026-06-23T13:00")
    uid = series(door, skipConflicts=True)["uid"]
    door.change("oak", auto_accept=False)
    door.ask("PATCH", f"{PATH}/{uid}?recurrenceId={DAYS[2]}T11:00", json={"start": "2026-06-30T09:00"})
    text = agrees(door)
    assert lines(text, "EXDATE") == ["EXDATE;TZID=Europe/Berlin:20260623T110000,20260630T110000"]
    waiting = series(door, start="2026-06-17T11:00", end="2026-06-17T12:00")["uid"]
    assert f"UID:{waiting}" not in agrees(door)


def test_a_split_series_is_two(door: Door) -> None:
    uid = series(door)["uid"]
    path = f"{PATH}/{uid}?recurrenceId={DAYS[2]}T11:00&scope=following"
    tail = door.ask("PATCH", path, json={"start": "2026-06-30T12:00", "end": "2026-06-30T12:30"}).json["uid"]
    text = agrees(door)
    assert lines(text, "UID") == [f"UID:{uid}", f"UID:{tail}"]
    assert text.count("BEGIN:VTIMEZONE") == 1


def test_what_began_before_the_pattern_changed_is_an_event_of_its_own(door: Door) -> None:
    uid = series(door)["uid"]
    first = door.get(f"{PATH}/{uid}")
    door.set(at("11:30", 1))
    door.ask("PATCH", f"{PATH}/{uid}", json={"start": "2026-06-16T14:00", "end": "2026-06-16T15:00"})
    text = agrees(door)
    assert sorted(lines(text, "UID")) == sorted([f"UID:{uid}", f"UID:{first['occurrenceUid']}"])
    assert "DTSTART;TZID=Europe/Berlin:20260623T140000" in text


def test_where_readers_end_apart_the_night_of_the_change_is_told_exactly(door: Door) -> None:
    body = {"recurrence": "FREQ=DAILY;COUNT=4"}
    series(door, start="2026-10-24T01:30", end="2026-10-24T03:30", **body)
    series(door, start="2027-03-26T02:30", end="2027-03-26T03:30", **body)
    text = agrees(door)
    assert lines(text, "RECURRENCE-ID") == [
        "RECURRENCE-ID;TZID=Europe/Berlin:20261025T013000", "RECURRENCE-ID;TZID=Europe/Berlin:20270328T023000",
    ]  # fmt: skip
    assert "DTSTART:20261024T233000Z\nDTEND:20261025T013000Z" in text
    assert "DTSTART:20270328T013000Z\nDTEND:20270328T023000Z" in text


def test_a_first_date_over_the_change_says_how_long_and_not_when_it_ends(door: Door) -> None:
    series(door, start="2026-10-25T01:30", end="2026-10-25T03:30", recurrence="FREQ=DAILY;COUNT=3")
    text = agrees(door)
    assert lines(text, "DURATION") == ["DURATION:PT10800S"]
    assert lines(text, "RECURRENCE-ID") == ["RECURRENCE-ID;TZID=Europe/Berlin:20261025T013000"]


def test_a_whole_day_is_a_day_however_long_that_is(door: Door) -> None:
    series(door, start="2026-10-24", end="2026-10-25", recurrence="FREQ=DAILY;COUNT=3")
    text = agrees(door)
    assert lines(text, "DURATION") == ["DURATION:P1D"]
    assert lines(text, "RECURRENCE-ID") == []


def test_what_no_single_rule_says_goes_out_as_a_list(door: Door) -> None:
    rules = ["RRULE:FREQ=WEEKLY;COUNT=6", "EXRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=2"]
    series(door, recurrence=rules)
    series(
        door, start="2026-06-17T09:00", end="2026-06-17T10:00", recurrence=["FREQ=WEEKLY;COUNT=2", "FREQ=DAILY;COUNT=2"]
    )
    text = agrees(door)
    assert lines(text, "RRULE") == lines(text, "EXRULE") == []
    assert "RDATE;TZID=Europe/Berlin:20260618T090000,20260624T090000" in lines(text, "RDATE")


def test_a_series_of_one_date_is_a_series_still(door: Door) -> None:
    uid = series(door, recurrence=["FREQ=WEEKLY;COUNT=1", "FREQ=DAILY;COUNT=1"])["uid"]
    later = {"start": "2026-06-16T15:00", "end": "2026-06-16T16:00"}
    door.ask("PATCH", f"{PATH}/{uid}?recurrenceId={DAYS[0]}T11:00", json=later)
    text = agrees(door)
    assert lines(text, "RDATE")[-1] == "RDATE;TZID=Europe/Berlin:20260616T110000"
    assert lines(text, "RECURRENCE-ID") == ["RECURRENCE-ID;TZID=Europe/Berlin:20260616T110000"]


def test_an_endless_series_has_no_end_in_the_calendar(door: Door) -> None:
    series(door, recurrence="FREQ=MONTHLY;BYDAY=3TU")
    assert lines(agrees(door), "RRULE") == ["RRULE:FREQ=MONTHLY;BYDAY=3TU"]


def test_a_series_of_another_zone_has_its_own_and_utc_needs_none(door: Door) -> None:
    engine, alice = door.house.engine.series, door.house.alice
    for name, hour in (("Pacific/Auckland", 9), ("UTC", 3)):
        day = datetime(2026, 6, 18, hour)
        starts = day.replace(tzinfo=zone(name)).astimezone(UTC)
        pattern = parse(["FREQ=WEEKLY;COUNT=40", f"EXDATE:2026062{5}T{hour:02}0000"], day, name)
        engine.book(ask(starts, starts + timedelta(hours=1)), pattern, alice, zone=name)
    text = agrees(door)
    assert lines(text, "TZID") == ["TZID:Pacific/Auckland"]
    assert lines(text, "EXDATE")[1] == "EXDATE:20260625T030000Z"


def test_expanded_every_occurrence_is_a_plain_event(door: Door) -> None:
    uid = series(door)["uid"]
    door.book("11:00", "12:00")
    text = agrees(door, "?expand=yes")
    assert lines(text, "RRULE") == lines(text, "TZID") == lines(text, "RECURRENCE-ID") == []
    assert len(set(lines(text, "UID"))) == text.count("BEGIN:VEVENT") == 5
    assert f"UID:{uid}" not in text
    assert door.ask("GET", "/rooms/oak/calendar.ics?expand=maybe").status_code == 400


def test_a_window_shows_the_series_that_touch_it_whole(door: Door) -> None:
    uid = series(door)["uid"]
    door.book("11:00", "12:00")
    inside = feed(door, f"?from={DAYS[2]}&to={DAYS[2]}T23:00")
    assert lines(inside, "UID") == [f"UID:{uid}"]
    assert lines(inside, "RRULE") == ["RRULE:FREQ=WEEKLY;COUNT=4"]
    assert lines(inside, "EXDATE") == []
    assert lines(feed(door, "?from=2026-07-01&to=2026-07-02"), "UID") == []
    assert lines(feed(door, f"?from={DAYS[2]}&to={DAYS[2]}T23:00&expand=yes"), "UID") != lines(inside, "UID")


def test_the_same_bookings_give_the_same_bytes_and_each_change_is_told(door: Door) -> None:
    uid = series(door)["uid"]

    def asked(query: str = "") -> tuple[str, int]:
        text = feed(door, query)
        return door.ask("GET", f"/rooms/oak/calendar.ics{query}").headers["ETag"], int(lines(text, "SEQUENCE")[0][9:])

    seen = [asked()]
    for act in (
        lambda: door.ask("DELETE", f"{PATH}/{uid}?recurrenceId={DAYS[1]}T11:00"),
        lambda: door.ask("POST", f"{PATH}/{uid}/restore?recurrenceId={DAYS[1]}T11:00"),
        lambda: door.ask("PATCH", f"{PATH}/{uid}?recurrenceId={DAYS[2]}T11:00", json={"title": "x"}),
        lambda: door.ask("PATCH", f"{PATH}/{uid}", json={"title": "y"}),
    ):  # fmt: skip
        door.house.clock.forward(seconds=10)
        assert act().status_code == 200
        again = asked()
        assert again == asked()
        seen.append(again)
    assert len({tag for tag, _ in seen}) == 5
    assert [number for _, number in seen] == [0, 10, 20, 30, 40]


def test_the_secret_feed_shows_series_alike(door: Door) -> None:
    series(door)
    secret = door.house.engine.rooms.feed("oak", CLI, "enable")
    for query in ("", "?expand=yes"):
        whole = door.ask("GET", f"/rooms/oak/feed/{secret}/calendar.ics{query}", key=None)
        assert whole.data == door.ask("GET", f"/rooms/oak/calendar.ics{query}").data


@pytest.mark.parametrize("name", ODD)
def test_a_vtimezone_says_what_the_zone_does(name: str) -> None:
    (component,) = Calendar.from_ical(b"BEGIN:VCALENDAR\r\n" + vtimezone(zone(name)) + b"END:VCALENDAR\r\n").walk(
        "VTIMEZONE"
    )
    changes: list[tuple[int, int]] = []
    for change in component.subcomponents:
        before, after = (int(change[key].td.total_seconds()) for key in ("TZOFFSETFROM", "TZOFFSETTO"))
        later: list[Any] = change["RDATE"].dts if "RDATE" in change else []
        walls = [change["DTSTART"].dt, *(it.dt for it in later)]
        changes += [(epoch(wall.replace(tzinfo=UTC)) - before, after) for wall in walls]
    for moment, offset in offsets(Period(at("00:00", -6000), at("00:00", 4000)), name):
        for step in (0, 1, 3599):
            said = max(it for it in changes if it[0] <= epoch(moment) + step)
            assert said[1] == offset


def test_a_title_in_a_series_stays_in_its_line(door: Door) -> None:
    series(door, title='a,b;c\\ "d" BEGIN:VEVENT', recurrence="FREQ=DAILY;COUNT=2")
    door.house.engine.series.change(
        door.get(PATH)[0]["uid"], Edit(title="é" * 200), door.house.alice, following=True, at=at("11:00", 2)
    )
    agrees(door)
