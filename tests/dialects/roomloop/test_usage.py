"""How the facilities are used, by facility, user and department."""

from typing import Any

import pytest

from server.core.access import CLI
from server.core.house import Right
from server.engine import engine_of
from tests.dialects.roomloop import door as doors
from tests.dialects.roomloop.door import Door
from tests.make import House

DAYS = "from=2026-06-15&to=2026-06-19"


def furnish(door: Door) -> None:
    """Alice has Oak for two lessons and Elm for one, which she cancels; Bob has Oak for one."""
    reserve(door, "alice")
    reserve(door, "bob", start_slot=5, end_slot=5)
    gone = reserve(door, "alice", facility_id="elm", start_slot=4, end_slot=4)
    door.patch(f"/reservations/{gone['id']}", {"status": "cancelled"}, "alice")


def reserve(door: Door, by: str, **fields: Any) -> Any:
    body = {"facility_id": "oak", "date": "2026-06-16", "start_slot": 2, "end_slot": 3, "purpose": "Lab", **fields}
    return door.post("/reservations", body, by)


def test_usage_is_told_by_facility_with_totals(any_door: Door) -> None:
    door = any_door
    furnish(door)
    none = {"reservations": 0, "minutes": 0, "cancelled": 1, "no_shows": 0, "slots": 0, "utilisation": 0.0}
    none["pending"] = 0
    oak = {**none, "reservations": 2, "minutes": 160, "cancelled": 0, "slots": 3, "utilisation": 0.0667}
    assert door.get(f"/reports/usage?{DAYS}") == {
        "from": "2026-06-15", "to": "2026-06-19", "group_by": "facility",
        "data": [
            {**oak, "facility": {"id": "oak", "name": "Oak"}}, {**none, "facility": {"id": "elm", "name": "Elm"}},
        ],
        "totals": {**oak, "cancelled": 1, "utilisation": 0.0333},
    }  # fmt: skip


def test_usage_can_be_that_of_one_facility_or_one_account(door: Door) -> None:
    furnish(door)
    told = door.get(f"/reports/usage?{DAYS}&facility_id=elm")
    assert [it["facility"]["id"] for it in told["data"]] == ["elm"]
    told = door.get(f"/reports/usage?{DAYS}&user_id=u{door.people['bob'].number}")
    assert (told["totals"]["reservations"], told["totals"]["minutes"], told["totals"]["slots"]) == (1, 50, 1)
    told = door.get("/reports/usage?to=2026-06-14")
    assert (told["from"], told["totals"]["reservations"]) == ("2026-05-15", 0)


def test_people_and_departments_are_compared_where_the_house_allows_it(sqlite_house: House) -> None:
    door = doors.door(sqlite_house)
    furnish(door)
    for kind in ("user", "department"):
        assert door.refused("GET", f"/reports/usage?{DAYS}&group_by={kind}", 403)["code"] == "forbidden"
    sqlite_house.engine = engine_of(sqlite_house.store, sqlite_house.clock, report_people="people")
    door = doors.door(sqlite_house, like=door)
    told = door.get(f"/reports/usage?{DAYS}&group_by=user")
    assert told["data"] == [
        {"user": "Alice Nobody", "email": "alice@example.org", "department": "Science", "reservations": 1,
         "minutes": 110, "cancelled": 1, "no_shows": 0},
        {"user": "Bob Nobody", "email": "bob@example.org", "department": "Arts", "reservations": 1, "minutes": 50,
         "cancelled": 0, "no_shows": 0},
    ]  # fmt: skip
    assert told["totals"]["reservations"] == 2
    assert door.get(f"/reports/usage?{DAYS}&group_by=department")["data"] == []
    assert door.refused("GET", f"/reports/usage?{DAYS}&group_by=user", 403, by="stan")["code"] == "forbidden"


@pytest.mark.parametrize(("query", "path"), [
    ("from=2026-13-01", "from"), ("to=yesterday", "to"), ("from=2026-06-19&to=2026-06-15", "from"),
    ("from=2024-01-01&to=2026-06-15", "from"), ("from=1960-01-01", "from"), ("user_id=bob", "user_id"),
    ("group_by=month", "group_by"), ("x=1", "x"),
])  # fmt: skip
def test_days_that_are_none_are_refused_by_name(door: Door, query: str, path: str) -> None:
    for report in ("usage", "export.csv", "export.xlsx"):
        if path != "group_by" or report == "usage":
            assert list(door.bad("GET", f"/reports/{report}?{query}")) == [path]


def test_reports_are_for_those_who_manage_facilities_and_of_these_alone(door: Door) -> None:
    furnish(door)
    alice, bob = (door.people[name].number for name in ("alice", "bob"))
    for report in ("usage", "export.csv", "export.xlsx"):
        assert door.refused("GET", f"/reports/{report}?{DAYS}", 403, by="alice")["capability"] == "reports.read"
        assert door.refused("GET", f"/reports/{report}?facility_id=none", 404)["code"] == "not_found"
    door.house.engine.rights.give(Right(0, "person", bob, "manage", room=door.house.elm.number), CLI)
    told = door.get(f"/reports/usage?{DAYS}", "bob")
    assert [it["facility"]["id"] for it in told["data"]] == ["elm"]
    assert door.get(f"/reports/usage?{DAYS}&user_id=u{bob}", "bob")["totals"]["reservations"] == 0
    assert door.refused("GET", f"/reports/usage?{DAYS}&user_id=u{alice}", 403, by="bob")["code"] == "forbidden"
    assert door.refused("GET", f"/reports/usage?{DAYS}&facility_id=oak", 403, by="bob")["code"] == "forbidden"
    assert door.get(f"/reports/usage?{DAYS}&user_id=u{alice}", "stan")["totals"]["reservations"] == 1
