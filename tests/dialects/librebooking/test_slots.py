"""Slots: the days of a schedule, resource by resource, and what is in each period."""

from typing import Any

import pytest

from server.core.access import CLI
from server.core.timetables import school
from server.dialects.librebooking import slots as service
from tests.dialects.librebooking.door import Door
from tests.make import BERLIN, at

DAY = "startDateTime=2026-06-15&endDateTime=2026-06-15"


def slots(door: Door, query: str = DAY, *, schedule: int = 1, by: str = "ada", name: str = "Oak") -> list[Any]:
    """A resource's slots on the first day of the answer."""
    resources = door.get(f"/Schedules/{schedule}/Slots?{query}", by)["dates"][0]["resources"]
    found: list[Any] = next(it["slots"] for it in resources if it["resourceName"] == name)
    return found


def test_a_free_day_is_its_periods_for_every_resource(door: Door) -> None:
    (day,) = door.get(f"/Schedules/1/Slots?{DAY}")["dates"]
    assert (day["date"], [it["resourceName"] for it in day["resources"]]) == (
        "2026-06-15T00:00:00+0200",
        ["Oak", "Elm"],
    )
    assert day["resources"][0]["resourceId"] == door.house.oak.number
    found = day["resources"][0]["slots"]
    assert (len(found), found[1]) == (96, {
        "links": [], "message": None, "slotSpan": 1, "isReserved": False, "label": "", "isReservable": True,
        "color": None, "startDateTime": "2026-06-15T00:15:00+0200", "endDateTime": "2026-06-15T00:30:00+0200",
        "reservation": None,
    })  # fmt: skip


def test_what_is_reserved_is_one_slot_with_its_reservation(door: Door) -> None:
    made = door.house.book("11:00", "12:00", owner=door.people["alice"].number)
    found = slots(door)
    (held,) = [it for it in found if it["isReserved"]]
    assert (len(found), held["slotSpan"], held["isReservable"]) == (93, 4, False)
    assert (held["startDateTime"], held["endDateTime"]) == ("2026-06-15T11:00:00+0200", "2026-06-15T12:00:00+0200")
    assert (held["label"], held["reservation"]["title"]) == ("Alice Nobody", "Planning")
    assert held["reservation"]["referenceNumber"] == door.house.engine.naming.reference(made)
    assert held["reservation"]["startDate"] == "2026-06-15T09:00:00+0000"


def test_a_reservation_off_the_grid_takes_all_it_touches_and_none_is_lost(door: Door) -> None:
    door.house.book("11:07", "11:20")
    door.house.book("11:20", "11:40")
    found = [it for it in slots(door) if it["isReserved"]]
    assert [(it["startDateTime"][11:16], it["slotSpan"]) for it in found] == [("11:00", 2), ("11:30", 1)]
    assert sum(it["slotSpan"] for it in slots(door)) == 96


def test_a_reservation_over_midnight_is_in_both_days(door: Door) -> None:
    door.house.book(at("23:00"), at("01:00", 1))
    days = door.get("/Schedules/1/Slots?startDateTime=2026-06-15&endDateTime=2026-06-16")["dates"]
    held = [[it for it in day["resources"][0]["slots"] if it["isReserved"]] for day in days]
    assert [it["slotSpan"] for each in held for it in each] == [4, 4]


def test_a_blackout_has_its_title_and_hours_are_not_reservable(door: Door) -> None:
    engine = door.house.engine
    engine.rooms.close("oak", CLI, at("13:00"), at("14:00"), 'The "big" clean')
    door.house.policy(horizon_days=1)
    (shut,) = [it for it in slots(door) if it["label"]]
    told = {"label": 'The "big" clean', "slotSpan": 4, "isReserved": False, "isReservable": False, "reservation": None}
    assert {name: shut[name] for name in told} == told
    assert not any(it["isReservable"] for it in slots(door, "startDateTime=2026-06-18&endDateTime=2026-06-18"))
    engine.rooms.change("oak", CLI, status="unavailable")
    assert [it["isReservable"] for it in slots(door)].count(True) == 40  # those that are past


def test_the_lessons_of_a_timetable_in_another_zone_are_told_on_the_askers_clock(door: Door) -> None:
    table = door.house.engine.catalogue.add(school(zone=BERLIN), CLI)
    door.house.policy(timetable=table.number)
    found = slots(door, schedule=table.number + 1, by="alice")
    first = next(it for it in found if it["isReservable"])
    assert (first["startDateTime"], first["endDateTime"]) == ("2026-06-15T02:00:00-0400", "2026-06-15T02:50:00-0400")
    assert [it["resourceName"] for it in door.get(f"/Schedules/1/Slots?{DAY}")["dates"][0]["resources"]] == ["Elm"]


def test_of_a_resource_that_takes_several_each_is_told_and_what_is_left(door: Door) -> None:
    door.house.policy(lanes=2)
    for start, end in (("11:00", "11:30"), ("11:15", "11:30")):
        door.house.book(start, end)
    found = [it for it in slots(door) if it["startDateTime"][11:16] in ("11:00", "11:15")]
    assert [(it["isReserved"], it["isReservable"], it["slotSpan"]) for it in found] == [
        (True, False, 2), (False, True, 1), (True, False, 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "first", "count"),
    [("", "2026-06-15", 7), ("startDateTime=2026-06-20", "2026-06-20", 7), ("endDateTime=2026-06-20", "2026-06-14", 7),
     ("startDateTime=2026-06-15T23:30:00%2B0000&endDateTime=2026-06-17T00:00:00Z", "2026-06-16", 2)],
)  # fmt: skip
def test_the_days_are_those_asked_for_or_the_schedules_own(shared: Door, query: str, first: str, count: int) -> None:
    days = shared.get(f"/Schedules/1/Slots?{query}&resourceId={shared.house.elm.number}")["dates"]
    assert (days[0]["date"][:10], len(days)) == (first, count)
    assert [it["resourceName"] for it in days[0]["resources"]] == ["Elm"]


@pytest.mark.parametrize(
    ("query", "name"),
    [("startDateTime=2026-06-15&endDateTime=2026-06-14", "endDateTime"), ("startDateTime=x", "startDateTime"),
     ("startDateTime=2026-06-15&endDateTime=2026-07-16", "endDateTime")],
)  # fmt: skip
def test_days_that_cannot_be_are_refused(shared: Door, query: str, name: str) -> None:
    assert name in shared.errors(f"/Schedules/1/Slots?{query}", method="GET")[0]


def test_what_is_not_there_is_not_found(shared: Door) -> None:
    for path in ("/Schedules/9/Slots", "/Schedules/1/Slots?resourceId=99"):
        shared.get(path, status=404)


def test_on_the_wire_it_is_the_same_with_texts_for_numbers(wire: Door) -> None:
    wire.house.book("11:00", "12:00")
    resource = wire.get(f"/Schedules/1/Slots?{DAY}")["dates"][0]["resources"][0]
    assert resource["resourceId"] == str(wire.house.oak.number)
    (held,) = [it for it in resource["slots"] if it["isReserved"]]
    assert held["reservation"]["resourceId"] == str(wire.house.oak.number)
    assert held["reservation"]["participants"] == []


def test_what_somebody_may_not_read_of_a_reservation_is_not_in_its_slot(door: Door) -> None:
    door.house.policy(phone_host="hidden")
    door.house.book("11:00", "12:00")
    (held,) = [it for it in slots(door, by="bob") if it["isReserved"]]
    assert (held["label"], held["reservation"]["title"], held["reservation"]["firstName"]) == ("", None, None)


def test_a_large_answer_goes_out_as_it_comes(shared: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"/Schedules/1/Slots?{DAY}"
    whole = shared.ask("GET", path)
    monkeypatch.setattr(service, "TOGETHER", 1)
    pieces = shared.ask("GET", path)
    assert (whole.data, "ETag" in whole.headers, "ETag" in pieces.headers) == (pieces.data, True, False)


def test_more_than_a_thousand_resources_for_a_week_are_refused(shared: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST", 13)
    assert "endDateTime" in shared.errors("/Schedules/1/Slots", method="GET")[0]


def test_a_hidden_resource_is_nobodys_to_reserve_from_now_on(door: Door) -> None:
    door.house.engine.rooms.change("oak", CLI, status="hidden")
    found = [it["isReservable"] for it in slots(door)]
    assert found == [True] * 40 + [False] * 56
