"""Reservations: made, read, listed; whose they are, what they carry, and what others see of them."""

import json

import pytest

from server.core.access import CLI
from server.core.places import Accessory, Attribute
from tests.dialects.librebooking.booked import DAY, OTHERS, body, listed, made, row, single
from tests.dialects.librebooking.door import BASE, Door


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
    reference = made(door, "ada", start="15:00", end="16:00")
    door.house.engine.rooms.change("oak", CLI, status="hidden")
    assert door.errors("/Reservations/", body(door), "alice") == [f"There is no resource {door.house.oak.number}"]
    assert door.errors("/Reservations/", body(door), "ada") == ["This resource is not available"]
    door.post(f"/Reservations/{reference}", body(door, "15:00", "16:00", title="Stays where it is"), "ada")
    door.delete(f"/Reservations/{reference}")
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
    for more in ({"participants": [999]}, {"invitees": [999]}):
        (error,) = door.errors("/Reservations/", body(door, "13:00", "14:00", **more), "alice")
        assert error.startswith("participants")


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


def test_it_costs_credits_and_gives_them_back(door: Door) -> None:
    carol = door.add("carol", credits=1_000)
    door.house.policy(credits=250)
    reference = made(door, by="carol", end="13:00")
    assert row(door, "carol")["creditsConsumed"] == 5
    poor = door.errors("/Reservations/", body(door, "13:00", "18:00"), "carol")
    assert poor == ["There are not enough credits for this reservation"]
    door.delete(f"/Reservations/{reference}", "carol")
    assert door.house.engine.people.get(carol.number, CLI).credits == 1_000


@pytest.mark.parametrize("day", ["0001-01-01", "1970-01-01", "9999-12-31"])
def test_dates_at_the_ends_of_the_calendar_are_refused(shared: Door, day: str) -> None:
    wrong = ["Missing or invalid startDateTime", "Missing or invalid endDateTime"]
    assert shared.errors("/Reservations/", body(shared, day=day), "alice") == wrong
    for name in ("startDateTime", "endDateTime"):
        assert shared.errors(f"/Reservations/?{name}={day}T00:00:00Z", method="GET") == [f"Missing or invalid {name}"]


def test_guests_that_are_no_addresses_are_named_by_their_field(shared: Door) -> None:
    wish = body(shared, invitedGuests=["nobody"], participatingGuests=["gita@example.org", "@"])
    wrong = ["participatingGuests must be e-mail addresses", "invitedGuests must be e-mail addresses"]
    assert shared.errors("/Reservations/", wish, "alice") == wrong


def test_whoever_invites_by_number_is_not_told_the_address(door: Door) -> None:
    bob = door.people["bob"].number
    reference = made(door, participants=[bob])
    by = {name: door.get(f"/Reservations/{reference}", name)["participants"][0] for name in ("alice", "bob", "stan")}
    assert {it["firstName"] for it in by.values()} == {"Bob"}
    assert [by[name]["emailAddress"] for name in by] == [None, "bob@example.org", "bob@example.org"]
