"""Lists of reservations: which are in them, and what whoever asks reads of them and of each."""

import pytest

from server.core.access import CLI
from server.core.people import Role
from tests.dialects.librebooking.booked import DAY, OTHERS, body, listed, made, row, single
from tests.dialects.librebooking.door import Door
from tests.make import at


def test_the_window_is_inclusive_at_both_ends(door: Door) -> None:
    made(door)
    for start, end, there in (
        ("07:00", "09:00", 1), ("10:00", "11:00", 1), ("08:00", "08:59", 0), ("10:01", "11:00", 0),
        ("09:30", "09:30", 1),
    ):  # fmt: skip
        query = f"?startDateTime={DAY}T{start}:00Z&endDateTime={DAY}T{end}:00Z"
        assert len(listed(door, query=query)) == there, (start, end)


def test_without_dates_it_is_the_next_two_weeks_and_they_are_echoed_where_there_is_any(door: Door) -> None:
    assert door.get("/Reservations/", "alice") == {
        "links": [], "message": None, "reservations": [], "startDateTime": None, "endDateTime": None,
    }  # fmt: skip
    for days in (13, 14, 15):
        door.house.book(at("09:00", days), at("09:45", days))
    answer = door.get("/Reservations/", "ada")
    assert len(answer["reservations"]) == 2
    assert (answer["startDateTime"], answer["endDateTime"]) == (
        "2026-06-15T08:00:00+0000", "2026-06-29T08:00:00+0000",
    )  # fmt: skip
    assert len(listed(door, "ada", "?startDateTime=2026-06-29")) == 2


@pytest.mark.parametrize(
    "query",
    ["?startDateTime=soon", "?endDateTime=2026-06-01", "?userId=x", "?resourceId=1.5", "?startDateTime=9999-12-31"],
)  # fmt: skip
def test_a_window_that_is_none_is_refused(shared: Door, query: str) -> None:
    assert shared.errors(f"/Reservations/{query}", method="GET")


def test_a_list_is_narrowed_by_user_resource_and_schedule(door: Door) -> None:
    made(door)
    made(door, by="bob", resourceId=door.house.elm.number)
    alice, elm = door.people["alice"].number, door.house.elm.number
    assert [it["userId"] for it in listed(door, "ada", f"?userId={alice}")] == [alice]
    assert [it["resourceId"] for it in listed(door, "ada", f"?resourceId={elm}&scheduleId=1")] == [elm]
    for none in (f"?userId={alice}&resourceId={elm}", "?scheduleId=9", "?resourceId=999", "?userId=999"):
        assert listed(door, "ada", none) == []
    assert len(listed(door, "ada", "?userId=&resourceId=&scheduleId=1")) == 2


def test_others_see_when_and_where_and_no_more(door: Door) -> None:
    bob = door.people["bob"].number
    door.add("eve")
    reference = made(
        door, title="Secret", description="Very", participants=[bob], startReminder={"value": 5, "interval": "minutes"}
    )
    it = single(door, reference, "eve")
    assert it["owner"] | {"links": 0} == {
        "links": 0, "message": None, "userId": None, "firstName": "Private", "lastName": "Private",
        "emailAddress": "Private",
    }  # fmt: skip
    assert (it["title"], it["description"], it["participants"], it["startReminder"]) == (None, None, [], None)
    found = row(door, "eve")
    assert [found[name] for name in ("title", "firstName", "lastName", "userId", "description", "participants")] == [
        None, None, None, None, None, [],
    ]  # fmt: skip
    assert found["creditsConsumed"] is None
    assert listed(door, "eve", f"?userId={door.people['alice'].number}") == []
    assert single(door, reference, "bob")["title"] == "Secret"  # who is to be there reads it
    assert single(door, reference, "stan")["title"] == "Secret"


def test_what_is_not_there_is_404(shared: Door) -> None:
    for path in ("/Reservations/000000000000", "/Reservations/x", "/Reservations/%00", "/Reservations/5f3a"):
        assert shared.get(path, status=404)["message"]
        assert shared.post(path, body(shared), status=404)
        assert shared.delete(path, status=404)
    for act in ("Approval", "CheckIn", "CheckOut"):
        assert shared.post(f"/Reservations/000000000000/{act}", status=404)


def test_a_room_that_is_not_theirs_hides_what_is_in_it(door: Door) -> None:
    door.house.policy(members="none")
    door.house.book("11:00", "12:00")
    assert listed(door) == []
    assert len(listed(door, "ada")) == 1
    reference = row(door, "ada")["referenceNumber"]
    assert door.get(f"/Reservations/{reference}", "alice", OTHERS)["message"]


def test_colours_come_of_the_owner_or_the_room(door: Door) -> None:
    door.house.engine.rooms.change("oak", CLI, color="#102030")
    made(door)
    assert (row(door)["color"], row(door)["textColor"]) == ("#102030", "#FFFFFF")
    door.add("carol", Role.MEMBER, color="#ffee00")
    made(door, by="carol", start="13:00", end="14:00")
    assert (listed(door, "carol")[1]["color"], listed(door, "carol")[1]["textColor"]) == ("#ffee00", "#000000")


def test_on_the_wire_ids_are_texts_people_an_object_and_dates_blank(door: Door, wire: Door) -> None:
    bob, oak = door.people["bob"].number, door.house.oak.number
    answer = wire.post("/Reservations/", body(wire, participants=[bob]), "alice", 201)
    assert answer["message"] == "The reservation was created"
    found = row(wire)
    assert (found["resourceId"], found["scheduleId"], found["participants"], found["invitees"]) == (
        str(oak), "1", {str(bob): "Bob Nobody"}, [],
    )  # fmt: skip
    assert (found["checkInDate"], found["originalEndDate"]) == ("", "")
    it = single(wire, answer["referenceNumber"])
    assert list(it["resources"]) == [str(oak)]
    assert it["resources"][str(oak)]["name"] == "Oak"
    assert "participatingGuests" not in it
    assert it["recurrenceRule"]["repeatTerminationDate"] == ""
    assert wire.delete(f"/Reservations/{answer['referenceNumber']}", "alice") == {
        "links": [], "message": "The item was deleted",
    }  # fmt: skip
