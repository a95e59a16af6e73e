"""Availability: what is told of an instant, of all resources or of one, and never more than can be had."""

from typing import Any

from server.core.access import CLI
from tests.dialects.librebooking.door import Door
from tests.make import at


def oak(door: Door, query: str = "", by: str = "ada") -> dict[str, Any]:
    found: list[dict[str, Any]] = door.get(f"/Resources/Availability{query}", by)["resources"]
    return next(it for it in found if it["resource"]["name"] == "Oak")


def test_what_is_free_is_available_until_the_next_reservation_on_the_askers_clock(door: Door) -> None:
    door.house.book("15:00", "16:00")
    it = oak(door)
    assert (it["available"], it["availableAt"], it["availableUntil"]) == (True, None, "2026-06-15T15:00:00+0200")
    assert oak(door, by="alice")["availableUntil"] == "2026-06-15T09:00:00-0400"
    assert [link["title"] for link in it["resource"]["links"]] == ["get_resource", "get_schedule"]
    assert [link["title"] for link in it["links"]] == ["get_resource"]


def test_what_is_reserved_is_available_after_all_that_is_back_to_back(door: Door) -> None:
    number = door.people["alice"].number
    made = door.house.book("10:00", "11:00", owner=number)
    door.house.book("11:00", "12:00")
    door.house.book("13:00", "14:00")
    it = oak(door)
    assert (it["available"], it["availableAt"], it["availableUntil"]) == (
        False, "2026-06-15T12:00:00+0200", "2026-06-15T13:00:00+0200",
    )  # fmt: skip
    reference = door.house.engine.naming.reference(made)
    assert [link["href"].rpartition("/")[2] for link in it["links"][1:]] == [str(number), reference]


def test_the_instant_asked_for_counts_in_every_form(door: Door) -> None:
    door.house.book("15:00", "16:00")
    for form in ("2026-06-15T15:30:00%2B0200", "2026-06-15T15:30:00 0200", "2026-06-15T13:30:00Z", "2026-06-15 15:30"):
        assert not oak(door, f"?dateTime={form}")["available"]
    assert oak(door, "?dateTime=2026-06-15 14:30", "alice")["available"]
    assert "dateTime" in door.errors("/Resources/Availability?dateTime=soon", method="GET")[0]
    assert "dateTime" in door.errors("/Resources/Availability?dateTime=9999-12-31", method="GET")[0]


def test_closures_and_status_are_known(door: Door) -> None:
    engine = door.house.engine
    engine.rooms.close("oak", CLI, at("09:00"), at("11:00"), "Cleaning")
    assert (oak(door)["available"], oak(door)["availableAt"]) == (False, "2026-06-15T11:00:00+0200")
    engine.rooms.change("oak", CLI, status="unavailable")
    it = oak(door)
    assert (it["available"], it["availableAt"], it["availableUntil"], it["resource"]["statusId"]) == (
        False, None, None, 2,
    )  # fmt: skip


def test_a_hidden_resource_is_not_among_all_and_never_available(door: Door) -> None:
    number = door.house.oak.number
    door.house.engine.rooms.change("oak", CLI, status="hidden")
    assert [it["resource"]["name"] for it in door.get("/Resources/Availability")["resources"]] == ["Elm"]
    assert [it["available"] for it in door.get(f"/Resources/{number}/Availability")["resources"]] == [False]
    door.get(f"/Resources/{number}/Availability", "alice", 404)


def test_one_resource_is_really_that_one(door: Door) -> None:
    number = door.house.elm.number
    for path in (f"/Resources/{number}/Availability", f"/Resources/Availability?resourceId={number}"):
        assert [it["resource"]["name"] for it in door.get(path)["resources"]] == ["Elm"]
    door.get("/Resources/77/Availability", status=404)
    door.get("/Resources/Availability?resourceId=77", status=404)


def test_on_the_wire_the_list_is_in_a_list_and_no_date_is_an_empty_text(wire: Door) -> None:
    found = wire.get("/Resources/Availability")["resources"]
    assert (len(found), [it["resource"]["name"] for it in found[0]]) == (1, ["Oak", "Elm"])
    assert (found[0][0]["availableAt"], found[0][0]["resource"]["resourceId"]) == ("", str(wire.house.oak.number))
