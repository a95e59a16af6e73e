"""Reservations: made, read, listed; whose they are, what they carry, and what others see of them."""

import json

import pytest

from server.core.access import CLI
from server.core.people import Role
from server.core.places import Accessory, Attribute
from tests.dialects.librebooking.booked import DAY, body, listed, made, row, single
from tests.dialects.librebooking.door import BASE, Door
from tests.make import at

OTHERS = 401


def test_it_is_made_read_and_listed(door: Door) -> None:
    answer = door.post("/Reservations/", body(door), "alice", 201)
    reference = answer["referenceNumber"]
    href = f"{BASE}/Reservations/{reference}"
    assert answer == {
        "links": [{"href": href, "title": "get_reservation"}, {"href": href, "title": "update_reservation"}],
        "message": None, "referenceNumber": reference, "isPendingApproval": False,
    }  # fmt: skip
    it = single(door, reference)
    assert (it["startDate"], it["endDate"]) == (f"{DAY}T05:00:00-0400", f"{DAY}T06:00:00-0400")  # she is in New York
    assert (it["title"], it["owner"]["emailAddress"], it["recurrenceRule"]["type"]) == (
        "Planning", "alice@example.org", "none",
    )  # fmt: skip
    found = row(door)
    assert (found["referenceNumber"], found["startDate"], found["duration"]) == (
        reference, f"{DAY}T09:00:00+0000", "1 hours",
    )  # fmt: skip
    assert [link["title"] for link in found["links"]] == [
        "get_reservation", "get_resource", "get_user", "get_schedule",
    ]  # fmt: skip


def test_it_is_seen_at_the_other_doors_and_theirs_here(door: Door) -> None:
    made(door)
    assert [it.title for it in door.house.engine.rooms.now("oak", CLI).today] == ["Planning"]
    door.house.book("14:00", "15:00", title="From elsewhere")
    elsewhere = listed(door, "ada")[1]
    assert (elsewhere["title"], elsewhere["firstName"], elsewhere["lastName"], elsewhere["userId"]) == (
        "From elsewhere", "Alice", "Nobody", door.people["alice"].number,
    )  # fmt: skip
    assert single(door, elsewhere["referenceNumber"], "ada")["title"] == "From elsewhere"


@pytest.mark.parametrize(
    ("start", "end", "begins"),
    [
        ("2026-06-15T11:00:00Z", "2026-06-15T11:30:00.123Z", "11:00"),
        ("2026-06-15T13:00:00+0200", "2026-06-15T13:30:00+02:00", "11:00"),
        ("2026-06-15T13:00:00 0200", "2026-06-15T13:30:00+0200", "11:00"),
        ("2026-06-15T11:00", "2026-06-15T11:30", "11:00"),
        ("2026-06-15 07:00", "2026-06-15 07:30:59", "11:00"),
        ("2026-06-15T11:00:59Z", "2026-06-15T11:30:59Z", "11:00"),
    ],
)
def test_times_come_in_every_form_and_without_seconds(door: Door, start: str, end: str, begins: str) -> None:
    made(door, startDateTime=start, endDateTime=end)
    assert (row(door)["startDate"], row(door)["endDate"]) == (f"{DAY}T{begins}:00+0000", f"{DAY}T11:30:00+0000")


def test_all_that_is_missing_is_told_at_once(door: Door) -> None:
    assert door.errors("/Reservations/", {}, "alice") == [
        "Missing or invalid resourceId", "Missing or invalid startDateTime", "Missing or invalid endDateTime",
    ]  # fmt: skip
    wrong = body(door, startDateTime="next Monday", startReminder={"value": 5, "interval": "weeks"})
    wrong["recurrenceRule"] = {"type": "daily"}
    assert len(door.errors("/Reservations/", wrong, "alice")) == 2
    assert door.errors("/Reservations/", body(door, recurrenceRule={"type": "monthly"}), "alice") == [
        "repeatInterval is required", "repeatTerminationDate is required", "repeatMonthlyType is required",
    ]  # fmt: skip
    assert door.errors("/Reservations/", body(door, "12:00", "12:00"), "alice") == [
        "The end date and time must be after the start date and time"
    ]
    assert listed(door) == []


def test_clashes_and_rules_are_one_list(door: Door) -> None:
    made(door)
    door.house.policy(max_minutes=30, title_needed=True)
    errors = door.errors("/Reservations/", body(door, "11:05", "12:00", title=""), "bob")
    assert len(errors) == 4
    assert errors[0] == "The reservation must start where a reservable period of the schedule starts: Oak"
    assert errors[1:3] == ["The reservation must not be longer than 30 minutes", "A title is required"]
    assert errors[3].startswith("There are conflicting reservations on the following dates: 2026-06-15T09:00:00+0000")
    assert len(listed(door, "ada")) == 1


def test_off_the_grid_alone_is_refused_and_books_nothing(door: Door) -> None:
    errors = door.errors("/Reservations/", body(door, "11:05", "11:50"), "alice")
    assert [error.partition(":")[0] for error in errors] == [
        "The reservation must start where a reservable period of the schedule starts",
        "The reservation must end where a period of the schedule starts",
    ]
    assert listed(door) == []
    assert door.errors("/Reservations/", body(door, "11:05", "11:50"), "ada") == errors  # nobody is exempt


def test_rooms_that_are_hidden_unavailable_or_unknown_are_refused(door: Door) -> None:
    assert door.errors("/Reservations/", body(door, resourceId=77), "alice") == ["There is no resource 77"]
    door.house.engine.rooms.change("oak", CLI, status="hidden")
    assert door.errors("/Reservations/", body(door), "alice") == [f"There is no resource {door.house.oak.number}"]
    door.house.engine.rooms.change("oak", CLI, status="unavailable", status_reason="Paint")
    assert door.errors("/Reservations/", body(door), "ada") == ["This resource is not available: Paint"]
    door.house.engine.rooms.change("oak", CLI, status="available")
    door.house.policy(members="see")
    assert door.errors("/Reservations/", body(door), "alice") == ["You do not have permission to reserve this resource"]


def test_ids_come_as_texts_and_blanks_are_nothing(door: Door) -> None:
    bob = door.people["bob"].number
    reference = made(
        door, resourceId=str(door.house.oak.number), userId=str(door.people["alice"].number), resources=["", 0, None],
        participants=["0", str(bob)], invitees=[0], participatingGuests=[""], invitedGuests=["", "gita@example.org"],
        accessories=[{"accessoryId": "", "quantityRequested": ""}], customAttributes=[{"attributeId": 0}],
        recurrenceRule=[], startReminder="", endReminder=None, allowParticipation="true", unknown={"field": 1},
    )  # fmt: skip
    it = single(door, reference)
    assert [each["userId"] for each in it["participants"]] == [bob]
    assert (it["invitees"], it["invitedGuests"], it["allowParticipation"]) == ([], ["gita@example.org"], True)


def test_a_body_of_no_type_is_json(door: Door) -> None:
    data = json.dumps(body(door)).encode()
    answer = door.ask("POST", "/Reservations", "alice", data=data)
    assert answer.status_code == 201
    assert door.ask("POST", "/Reservations", "alice", data=b"{", content_type="text/plain").status_code == 400


def test_people_are_named_once_and_must_be_there(door: Door) -> None:
    bob, stan = door.people["bob"].number, door.people["stan"].number
    reference = made(
        door, participants=[bob], invitees=[bob, stan], participatingGuests=["G@example.org"],
        invitedGuests=["g@example.org", "h@example.org"],
    )  # fmt: skip
    it = single(door, reference)
    assert [each["userId"] for each in it["participants"]] == [bob]
    assert [each["userId"] for each in it["invitees"]] == [stan]
    assert (it["participatingGuests"], it["invitedGuests"]) == (["G@example.org"], ["h@example.org"])
    found = row(door)
    assert (found["participants"], found["invitees"]) == (["Bob Nobody"], ["Stan Nobody"])
    for more in ({"participants": [999]}, {"invitees": [999]}, {"invitedGuests": ["nobody"]}):
        assert door.errors("/Reservations/", body(door, "13:00", "14:00", **more), "alice")


def test_accessories_attributes_reminders_and_terms_go_with_it(door: Door) -> None:
    catalogue = door.house.engine.catalogue
    beamer = catalogue.add(Accessory(0, "Beamer", 3), CLI).number
    cost = catalogue.add(Attribute(0, "booking", "Cost center", required=True), CLI).number
    door.house.policy(terms="Be nice")
    asked = {
        "accessories": [{"accessoryId": beamer, "quantityRequested": 2}],
        "customAttributes": [{"attributeId": cost, "attributeValue": "4711"}], "termsAccepted": True,
        "startReminder": {"value": 2, "interval": "hours"}, "endReminder": {"value": "15", "interval": "minutes"},
    }  # fmt: skip
    assert door.errors("/Reservations/", body(door), "alice") == [
        "You must agree to the terms of service", "The field Cost center is required",
    ]  # fmt: skip
    it = single(door, made(door, **asked))
    plain = {"links": [], "message": None}
    assert it["accessories"] == [
        {**plain, "id": beamer, "name": "Beamer", "quantityAvailable": 3, "quantityReserved": 2}
    ]
    assert it["customAttributes"] == [{**plain, "id": cost, "label": "Cost center", "value": "4711"}]
    assert (it["startReminder"], it["endReminder"]) == (
        {"value": 2, "interval": "hours"}, {"value": 15, "interval": "minutes"},
    )  # fmt: skip
    assert (row(door)["startReminder"], row(door)["endReminder"]) == (120, 15)
    more = body(door, resourceId=door.house.elm.number, **asked)
    assert door.errors("/Reservations/", more, "bob") == ["There are not enough of an accessory: Beamer, 1 left"]


def test_several_resources_are_one_reservation_with_a_row_for_each(door: Door) -> None:
    oak, elm = door.house.oak.number, door.house.elm.number
    reference = made(door, resources=[elm, oak])
    it = single(door, reference)
    assert ([each["id"] for each in it["resources"]], it["resourceId"]) == ([oak, elm], oak)
    assert [(each["referenceNumber"], each["resourceId"]) for each in listed(door)] == [
        (reference, oak), (reference, elm),
    ]  # fmt: skip
    assert [each["resourceId"] for each in listed(door, query=f"?resourceId={elm}")] == [elm]


def test_a_room_with_approval_makes_it_wait(door: Door) -> None:
    door.house.engine.rooms.change("oak", CLI, auto_accept=False)
    answer = door.post("/Reservations/", body(door), "alice", 201)
    assert answer["isPendingApproval"] is True
    assert row(door)["requiresApproval"] is True
    assert door.post("/Reservations/", body(door, "13:00", "14:00"), "stan", 201)["isPendingApproval"] is False


def test_nobody_books_for_another_but_who_manages_the_room(door: Door) -> None:
    bob = door.people["bob"].number
    for other in (bob, 999):
        answer = door.post("/Reservations/", body(door, userId=other), "alice", OTHERS)
        assert answer["message"] == "You do not have access to the requested resource"
    reference = made(door, by="stan", userId=bob)
    owner = single(door, reference, "bob")["owner"]
    assert (owner["userId"], owner["firstName"], owner["emailAddress"]) == (bob, "Bob", "bob@example.org")
    assert door.errors("/Reservations/", body(door, "13:00", "14:00", userId=999), "ada") == ["There is no user 999"]


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


def test_it_costs_credits_and_gives_them_back(door: Door) -> None:
    carol = door.add("carol", credits=1_000)
    door.house.policy(credits=250)
    reference = made(door, by="carol", end="13:00")
    assert row(door, "carol")["creditsConsumed"] == 5
    poor = door.errors("/Reservations/", body(door, "13:00", "18:00"), "carol")
    assert poor == ["There are not enough credits for this reservation"]
    door.delete(f"/Reservations/{reference}", "carol")
    assert door.house.engine.people.get(carol.number, CLI).credits == 1_000


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
