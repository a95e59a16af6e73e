"""Schedules: the default one and those that are timetables, and their periods on the asker's clock."""

from dataclasses import replace
from datetime import date

import pytest

from server.core.access import CLI
from server.core.timetables import school
from server.dialects.librebooking.schedules import first_day
from tests.dialects.librebooking.door import Door
from tests.make import BERLIN


def test_there_is_always_a_default_schedule_and_one_for_each_timetable(door: Door) -> None:
    table = replace(school(zone=BERLIN), most_rooms=2, most_at_once=5, since=date(2026, 6, 1), until=date(2026, 7, 31))
    number = door.house.engine.catalogue.add(table, CLI).number + 1
    first, second = door.get("/Schedules/")["schedules"]
    assert (first["id"], first["isDefault"], first["daysVisible"], first["maxResourcesPerReservation"]) == (
        1, True, 7, 0,
    )  # fmt: skip
    told = {"id": number, "isDefault": False, "name": "School", "timezone": BERLIN, "daysVisible": 5,
            "weekdayStart": 1, "availabilityBegin": "2026-06-01T00:00:00+0200",
            "availabilityStart": "2026-06-01T00:00:00+0200", "availabilityEnd": "2026-08-01T00:00:00+0200",
            "maxResourcesPerReservation": 2, "totalConcurrentReservationsAllowed": 5}  # fmt: skip
    assert {name: second[name] for name in told} == told
    assert (first["availabilityBegin"], first["availabilityEnd"]) == (None, None)


def test_the_periods_of_a_timetable_cover_seven_days_from_today_by_weekday(door: Door) -> None:
    number = door.house.engine.catalogue.add(school(zone=BERLIN), CLI).number + 1
    periods = door.get(f"/Schedules/{number}")["periods"]
    assert [sum(it["isReservable"] for it in day) for day in periods] == [0, 10, 10, 10, 10, 10, 0]
    assert periods[0] == [{
        "start": "2026-06-21T00:00:00+0200", "end": "2026-06-22T00:00:00+0200", "label": "", "startTime": "00:00:00",
        "endTime": "00:00:00", "isReservable": False,
    }]  # fmt: skip
    assert (periods[1][1]["start"], periods[1][1]["startTime"]) == ("2026-06-15T08:00:00+0200", "08:00:00")
    there = door.get(f"/Schedules/{number}", "alice")["periods"]
    assert there[1][0]["start"] == "2026-06-15T02:00:00-0400"


def test_the_default_schedule_has_quarters_of_an_hour(door: Door) -> None:
    assert [len(day) for day in door.get("/Schedules/1")["periods"]] == [96] * 7


@pytest.mark.parametrize("number", ["0", "2", "99", "x"])
def test_a_schedule_that_is_not_there_is_not_found(shared: Door, number: str) -> None:
    shared.get(f"/Schedules/{number}", status=404)


def test_the_days_that_are_shown_by_themselves_are_not_all_past() -> None:
    table = school()
    assert first_day(table, date(2026, 6, 17)) == date(2026, 6, 15)
    assert first_day(table, date(2026, 6, 20)) == date(2026, 6, 22)
    assert first_day(replace(table, week_start=100), date(2026, 6, 20)) == date(2026, 6, 20)
    assert first_day(None, date(2026, 6, 21)) == date(2026, 6, 15)
