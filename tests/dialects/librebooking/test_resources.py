"""Resources: every field out and in, in both shapes; what an update clears and what it leaves alone."""

from typing import Any

import pytest

from server.core.access import CLI
from server.core.places import Attribute, Place, StatusReason
from server.core.timetables import school
from tests.dialects.librebooking.door import BASE, Door
from tests.make import BERLIN

FIRST = {"name": "Birch", "scheduleId": 1}


def made(door: Door, **fields: Any) -> dict[str, Any]:
    """The resource that came of a request."""
    answer = door.post("/Resources/", FIRST | fields, status=201)
    found: dict[str, Any] = door.get(f"/Resources/{answer['resourceId']}")
    return found


def changed(door: Door, **fields: Any) -> dict[str, Any]:
    """Oak after an update with these fields alone."""
    number = door.house.oak.number
    door.post(f"/Resources/{number}", fields)
    found: dict[str, Any] = door.get(f"/Resources/{number}")
    return found


def test_the_list_has_every_room_with_its_links(door: Door) -> None:
    answer = door.get("/Resources/")
    assert [it["name"] for it in answer["resources"]] == ["Oak", "Elm"]
    oak = answer["resources"][0]
    assert oak["links"][0] == {"href": f"{BASE}/Resources/{oak['resourceId']}", "title": "get_resource"}
    assert (oak["statusId"], oak["scheduleId"], oak["maxParticipants"], oak["icsUrl"]) == (1, 1, 8, None)
    assert list(answer)[:2] == list(oak)[:2] == ["links", "message"]
    assert door.get(f"/Resources/{oak['resourceId']}") == oak
    assert door.get("/Resources/77", status=404)["message"] == "The requested resource was not found"


def test_all_fields_of_the_documented_request_come_back(door: Door) -> None:
    engine = door.house.engine
    reason = engine.catalogue.add(StatusReason(0, "unavailable", "Paint"), CLI)
    field = engine.catalogue.add(Attribute(0, "room", "Cost center"), CLI)
    table = engine.catalogue.add(school(zone=BERLIN), CLI)
    it = made(
        door, location="2nd floor", contact="Ada", notes="Ask\nfirst", minLength="1d0h0m", maxLength="172800",
        requiresApproval=True, allowMultiday="0", maxParticipants="100", minNotice="86400", maxNotice="0d12h30m",
        description="Bright", scheduleId=table.number + 1, autoAssignPermissions=True, sortOrder=1, statusId=2,
        statusReasonId=str(reason.number), autoReleaseMinutes=15, requiresCheckIn=True, color="#FFFFFF", credits=3,
        peakCredits="6", creditApplicability=2, creditsChargedAllSlots=1, maxConcurrentReservations=2,
        customAttributes=[{"attributeId": field.number, "attributeValue": "4711"}], anything="else", bufferTime="0:45",
    )  # fmt: skip
    assert it["customAttributes"][0] | {"links": 0} == {
        "links": 0, "message": None, "id": field.number, "label": "Cost center", "value": "4711",
    }  # fmt: skip
    it = {name: value for name, value in it.items() if name not in ("links", "message", "customAttributes")}
    assert it == {
        "resourceId": it["resourceId"], "name": "Birch", "location": "2nd floor", "contact": "Ada",
        "notes": "Ask\nfirst", "minLength": "1 days", "maxLength": "2 days", "requiresApproval": True,
        "allowMultiday": False, "maxParticipants": 100, "minNoticeAdd": "1 days", "minNoticeUpdate": None,
        "minNoticeDelete": None, "maxNotice": "1 days", "description": "Bright", "scheduleId": table.number + 1,
        "icsUrl": None, "statusId": 2, "statusReasonId": reason.number, "typeId": None, "groupIds": [],
        "bufferTime": "45 minutes", "autoReleaseMinutes": 15, "requiresCheckIn": True, "color": "#ffffff",
        "credits": 3, "peakCredits": 6, "creditApplicability": 2, "creditsChargedAllSlots": False, "creditsPerSlot": 3,
        "peakCreditsPerSlot": 6, "maxConcurrentReservations": 2,
    }  # fmt: skip


def test_on_the_wire_numbers_are_texts_and_flags_are_figures(wire: Door) -> None:
    it = made(wire, minLength="120", creditsPerSlot="3", requiresApproval=1)
    assert isinstance(it["resourceId"], str)
    told = {"scheduleId": "1", "statusId": "1", "minLength": "0d0h2m", "maxLength": "", "requiresApproval": 1,
            "allowMultiday": "0", "requiresCheckIn": 0, "creditsPerSlot": "3.00", "peakCreditsPerSlot": 0,
            "autoReleaseMinutes": None}  # fmt: skip
    assert {name: it[name] for name in told} == told
    assert not {"credits", "peakCredits", "creditApplicability", "creditsChargedAllSlots"} & set(it)


def test_what_was_read_can_be_posted_back_in_either_shape(either: Door) -> None:
    either.house.policy(min_minutes=90, notice_minutes=1_500, gap_minutes=5, check_in=True, release="on", credits=150)
    field = either.house.engine.catalogue.add(Attribute(0, "room", "Cost center"), CLI)
    either.house.engine.rooms.change("oak", CLI, attributes={field.number: "4711"})
    number = either.house.oak.number
    before = either.get(f"/Resources/{number}")
    version = either.house.engine.rooms.get("oak", CLI).version
    either.post(f"/Resources/{number}", before)
    assert either.get(f"/Resources/{number}") == before
    assert either.house.engine.rooms.get("oak", CLI).version == version


def test_an_update_clears_what_it_leaves_out_but_not_what_nobody_means_to_clear(door: Door) -> None:
    group = door.house.engine.places.add(Place(0, 1, "group", "Labs"), CLI)
    full = {
        "contact": "Ada",
        "minLength": "3600",
        "minNoticeUpdate": "3600",
        "bufferTime": "600",
        "statusId": 2,
        "groupIds": [group.number],
        "requiresCheckIn": True,
        "autoReleaseMinutes": 9,
        "color": "2e7d32",
    }
    assert changed(door, **full)["groupIds"] == [group.number]
    it = changed(door, description="Now this")
    cleared = ("contact", "minLength", "requiresCheckIn", "autoReleaseMinutes", "color", "maxParticipants")
    assert [it[name] for name in cleared] == [None, None, False, None, "", None]
    kept = ("name", "scheduleId", "statusId", "groupIds", "bufferTime", "minNoticeUpdate")
    assert [it[name] for name in kept] == ["Oak", 1, 2, [group.number], "10 minutes", "1 hours"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": " "}, "name is required"),
        ({"scheduleId": 0}, "scheduleId is required"),
        ({"scheduleId": 77}, "scheduleId is not the id of a schedule"),
        ({"scheduleId": -4}, "scheduleId is not the id of a schedule"),
        ({"minLength": "soon"}, "minLength must be a length of time such as 1d2h30m, 02:30 or 9000 (seconds)"),
        ({"minLength": "2:00", "maxLength": "1:00"}, "minLength: more than maxLength"),
        ({"statusId": 3}, "statusId must be 0 (hidden), 1 (available) or 2 (unavailable)"),
        ({"statusId": 2, "statusReasonId": 9}, "statusReasonId is not the id of a reason"),
        ({"color": "green"}, "color must be a color such as #2e7d32"),
        ({"credits": "many"}, "creditsPerSlot must be a number"),
        ({"credits": -1}, "creditsPerSlot must be 0 to 100000"),
        ({"creditApplicability": 3}, "creditApplicability must be 1 (per slot) or 2 (per reservation)"),
        ({"typeId": 5}, "typeId is not the id of a resource type"),
        ({"customAttributes": [{"attributeId": 6}]}, "There is no custom attribute 6 of resources"),
        ({"maxConcurrentReservations": 101}, "maxConcurrentReservations: 1 to 100"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_name_and_changes_nothing(
    shared: Door, fields: dict[str, Any], sentence: str
) -> None:
    assert sentence in shared.errors("/Resources/", FIRST | fields)
    assert len(shared.get("/Resources/")["resources"]) == 2


def test_a_hidden_resource_is_there_for_who_manages_it_alone(door: Door) -> None:
    assert changed(door, statusId=0)["statusId"] == 0
    assert [it["name"] for it in door.get("/Resources", by="alice")["resources"]] == ["Elm"]
    door.get(f"/Resources/{door.house.oak.number}", by="alice", status=404)
    assert len(door.get("/Resources", by="ada")["resources"]) == 2


def test_filters_are_lists_of_numbers_that_are_there(door: Door) -> None:
    engine = door.house.engine
    table = engine.catalogue.add(school(zone=BERLIN), CLI)
    group = engine.places.add(Place(0, 1, "group", "Labs"), CLI)
    changed(door, scheduleId=table.number + 1, groupIds=[group.number])
    names = {
        "scheduleId=1": ["Elm"],
        f"scheduleId=1,{table.number + 1}": ["Oak", "Elm"],
        f"groupId={group.number}": ["Oak"],
        f"scheduleId=1&groupId={group.number}": [],
    }
    for query, wanted in names.items():
        assert [it["name"] for it in door.get(f"/Resources/?{query}")["resources"]] == wanted
    assert door.errors("/Resources/?scheduleId=x", method="GET")
    assert door.errors("/Resources/?groupId=0", method="GET")
    door.get("/Resources/?scheduleId=99", status=404)
    door.get("/Resources/?groupId=99", status=404)


def test_only_who_runs_the_house_makes_changes_and_deletes(door: Door) -> None:
    number = door.house.oak.number
    for method, path in (("POST", "/Resources/"), ("POST", f"/Resources/{number}"), ("DELETE", f"/Resources/{number}")):
        assert door.ask(method, path, "alice", json=FIRST).status_code == 401
        assert door.ask(method, path, None, json=FIRST).status_code == 401


def test_a_deleted_resource_is_gone_also_where_it_was_reserved(door: Door) -> None:
    number = made(door)["resourceId"]
    door.house.book("11:00", "12:00")
    for each in (number, door.house.oak.number, 77):
        assert door.delete(f"/Resources/{each}") == {"links": [], "message": "The item was deleted"}
        door.get(f"/Resources/{each}", status=404)
    assert [it["name"] for it in door.get("/Resources/")["resources"]] == ["Elm"]


def test_two_resources_may_have_one_name(door: Door) -> None:
    assert [made(door, name="Salle Été")["name"] for _ in range(2)] == ["Salle Été"] * 2
    assert {it.id for it in door.house.engine.rooms.all(CLI)} >= {"salle-ete", "salle-ete-2"}


def test_a_new_resource_is_as_asked_for_whatever_its_house_sets(door: Door) -> None:
    door.house.engine.policies.set("house", {"check_in": True, "multi_day": True}, CLI, anyway=True)
    it = made(door, requiresCheckIn=False, allowMultiday=False)
    assert (it["requiresCheckIn"], it["allowMultiday"]) == (False, False)


def test_statuses_are_public_and_reasons_and_types_are_listed(door: Door) -> None:
    engine = door.house.engine
    assert door.get("/Resources/Status", by=None) == {
        "links": [], "message": None,
        "statuses": [{"id": 0, "name": "Hidden"}, {"id": 1, "name": "Available"}, {"id": 2, "name": "Unavailable"}],
    }  # fmt: skip
    reason = engine.catalogue.add(StatusReason(0, "unavailable", "Paint"), CLI)
    assert door.get("/Resources/Status/Reasons")["reasons"] == [
        {"id": reason.number, "description": "Paint", "statusId": 2}
    ]
    engine.rooms.change("oak", CLI, room_type="studio")
    types = door.get("/Resources/Types")["types"]
    assert [it["name"] for it in types] == ["studio"]
    assert door.get(f"/Resources/{door.house.oak.number}")["typeId"] == types[0]["id"]
    assert made(door, typeId=types[0]["id"])["typeId"] == types[0]["id"]


def test_the_tree_begins_with_all_and_has_groups_in_groups(door: Door) -> None:
    engine, number = door.house.engine, door.house.oak.number
    outer = engine.places.add(Place(0, 1, "group", "Labs"), CLI)
    inner = engine.places.add(Place(0, outer.number, "group", "Wet labs"), CLI)
    engine.rooms.change("oak", CLI, groups={inner.number}, color="#000000")
    first, labs = door.get("/Resources/Groups")["groups"]
    assert (first["id"], first["name"], [it["resource_id"] for it in first["children"]]) == (
        0, "All", [number, door.house.elm.number],
    )  # fmt: skip
    wet = labs["children"][0]
    assert (labs["id"], wet["id"], wet["parent_id"]) == (outer.number, inner.number, outer.number)
    leaf = wet["children"][0]
    assert (leaf["id"], leaf["color"], leaf["textColor"]) == (f"resource-{inner.number}-{number}", "#000000", "#FFFFFF")


def test_private_fields_of_a_room_are_for_who_manages_it(door: Door) -> None:
    field = door.house.engine.catalogue.add(Attribute(0, "room", "Alarm code", private=True), CLI)
    door.house.engine.rooms.change("oak", CLI, attributes={field.number: "0815"})
    path = f"/Resources/{door.house.oak.number}"
    assert [it["value"] for it in door.get(path)["customAttributes"]] == ["0815"]
    assert door.get(path, by="alice")["customAttributes"] == []


def test_the_address_of_a_feed_is_told_where_it_is_switched_on(door: Door) -> None:
    door.house.engine.rooms.feed("oak", CLI, "enable")
    number = door.house.oak.number
    assert door.get(f"/Resources/{number}")["icsUrl"] == (
        f"https://rooms.example.org/librebooking/Web/export/ical-subscribe.php?rid={number}"
    )
