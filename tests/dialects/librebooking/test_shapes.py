"""The two shapes: each difference between the documentation and the 2.8 server's wire, row by row (wire facts, 8)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import Field, TypeAdapter

from server.core.access import CLI
from server.dialects.librebooking.shape import (
    DOCUMENTED_ONLY,
    WIRE_ONLY,
    Keyed,
    Model,
    Nested,
    Part,
    Said,
    in_letters,
    in_words,
    left_out,
    stamp,
    writing,
)
from tests.dialects.librebooking.door import BASE, MOUNT, Door, door
from tests.dialects.librebooking.house import furnished
from tests.make import opened

AT = {"startDateTime": "2026-06-15T10:00:00+0200", "endDateTime": "2026-06-15T11:00:00+0200"}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Door]]:
    """One house, by the door of each shape. Oak has bounds and asks who comes to check in."""
    with opened(f"sqlite:///{tmp_path_factory.mktemp('shapes') / 'lintel.db'}") as store:
        it = furnished(store, "documented")
        it.house.engine.rooms.change("oak", CLI, rules={"min_minutes": 15, "check_in": True, "multi_day": False})
        it.house.engine.rooms.change("elm", CLI, rules={"approval": True})
        yield {"documented": it, "wire": door(it.house, "wire", it)}


def told(both: dict[str, Door], path: str) -> tuple[Any, Any]:
    """The JSON of a GET in both shapes."""
    return both["documented"].get(path), both["wire"].get(path)


def posted(both: dict[str, Door], path: str, documented: Any, wire: Any, status: int = 201) -> tuple[Any, Any]:
    """The JSON of a POST of each to its shape."""
    first = both["documented"].post(path, documented, status=status)
    return first, both["wire"].post(path, wire, status=status)


@pytest.fixture(scope="module")
def reference(both: dict[str, Door]) -> str:
    """A reservation of Oak with Bob as a participant."""
    made = both["documented"].post("/Reservations", {"resourceId": 1, "participants": [4], **AT}, status=201)
    found: str = made["referenceNumber"]
    return found


def test_numbers_of_things_are_texts_on_the_wire(both: dict[str, Door], reference: str) -> None:
    for path, keys in [
        ("/Users/1", ("id", "statusId")), ("/Accounts/1", ("userId",)), ("/Groups/1", ("id",)),
        ("/Resources/1", ("resourceId", "scheduleId", "statusId")), ("/Schedules/2", ("id",)),
        ("/Accessories/1", ("id",)), ("/Attributes/1", ("id", "categoryId")),
        (f"/Reservations/{reference}", ("resourceId", "scheduleId")),
    ]:  # fmt: skip
        documented, wire = told(both, path)
        for key in keys:
            assert isinstance(documented[key], int), (path, key)
            assert wire[key] == str(documented[key]), (path, key)


def test_numbers_just_made_are_numbers_in_both(both: dict[str, Door]) -> None:
    for path, key, body in [
        ("/Groups", "groupId", {"name": "New {}"}), ("/Resources", "resourceId", {"name": "New {}", "scheduleId": 1}),
        ("/Attributes", "attributeId", {"label": "New {}", "type": 1, "categoryId": 1}),
    ]:  # fmt: skip
        bodies = [{name: str(it).format(shape) for name, it in body.items()} for shape in both]
        for made in posted(both, path, *bodies):
            assert isinstance(made[key], int), path


def test_a_date_that_there_is_not_is_null_or_nothing(both: dict[str, Door], reference: str) -> None:
    for path, key in [("/Schedules/2", "availabilityEnd"), (f"/Reservations/{reference}", "checkInDate")]:
        documented, wire = told(both, path)
        assert (documented[key], wire[key]) == (None, "")


def test_resources_of_a_reservation_are_a_list_or_by_number(both: dict[str, Door], reference: str) -> None:
    documented, wire = told(both, f"/Reservations/{reference}")
    assert [it["id"] for it in documented["resources"]] == [1]
    assert {number: it["id"] for number, it in wire["resources"].items()} == {"1": "1"}


def test_people_of_a_reservation_in_the_list_are_names_or_by_number(both: dict[str, Door], reference: str) -> None:
    (documented,), (wire,) = (it["reservations"] for it in told(both, "/Reservations"))
    assert (documented["participants"], documented["invitees"]) == (["Bob Nobody"], [])
    assert (wire["participants"], wire["invitees"]) == ({"4": "Bob Nobody"}, [])


def test_availability_is_a_list_or_a_list_in_a_list(both: dict[str, Door]) -> None:
    documented, wire = told(both, "/Resources/Availability?resourceId=1")
    assert [it["resource"]["resourceId"] for it in documented["resources"]] == [1]
    assert [it["resource"]["resourceId"] for it in wire["resources"][0]] == ["1"]


def test_availability_of_a_resource_is_its_own_in_both(both: dict[str, Door]) -> None:
    """The 2.8 server tells all resources there, which nobody asked for."""
    documented, wire = told(both, "/Resources/1/Availability")
    assert [it["resource"]["resourceId"] for it in documented["resources"]] == [1]
    assert [it["resource"]["resourceId"] for it in wire["resources"][0]] == ["1"]


def test_credits_go_by_the_documents_names_or_the_codes(both: dict[str, Door]) -> None:
    documented, wire = told(both, "/Resources/1")
    names = {"credits", "peakCredits", "creditApplicability", "creditsChargedAllSlots"}
    assert names <= set(documented)
    assert names.isdisjoint(wire)
    assert {"creditsPerSlot", "peakCreditsPerSlot"} <= set(wire)


def test_accessories_have_credits_or_not(both: dict[str, Door]) -> None:
    names = {"creditCount", "peakCreditCount", "creditApplicability"}
    for path in ("/Accessories/1", "/Accessories"):
        documented, wire = ((it.get("accessories") or [it])[0] for it in told(both, path))
        assert names <= set(documented)
        assert names.isdisjoint(wire)


def test_switches_are_booleans_or_digits(both: dict[str, Door]) -> None:
    documented, wire = told(both, "/Resources/1")
    names = ("requiresApproval", "allowMultiday", "requiresCheckIn")
    assert [documented[name] for name in names] == [False, False, True]
    assert [wire[name] for name in names] == [0, "0", 1]
    documented, wire = told(both, "/Attributes/1")
    assert (documented["required"], documented["adminOnly"]) == (False, False)
    assert (wire["required"], wire["adminOnly"]) == ("0", 0)


def test_lengths_of_time_are_words_or_letters(both: dict[str, Door]) -> None:
    documented, wire = told(both, "/Resources/1")
    assert (documented["minLength"], wire["minLength"]) == ("15 minutes", "0d0h15m")
    assert (documented["maxLength"], wire["maxLength"]) == (None, "")


def test_a_new_group_is_told_by_the_documents_name_or_the_codes(both: dict[str, Door]) -> None:
    documented, wire = posted(both, "/Groups", {"name": "One"}, {"name": "Two"})
    assert (documented["attributeId"], documented["message"]) == (documented["groupId"], None)
    assert ("attributeId" in wire, wire["message"]) == (False, "The group was created")


def test_what_was_made_or_changed_is_said_on_the_wire_alone(both: dict[str, Door]) -> None:
    later = {"startDateTime": "2026-06-16T10:00:00Z", "endDateTime": "2026-06-16T11:00:00Z", "resourceId": 2}
    second = {"startDateTime": "2026-06-17T10:00:00Z", "endDateTime": "2026-06-17T11:00:00Z", "resourceId": 2}
    documented, wire = posted(both, "/Reservations", later, second)
    assert (documented["message"], wire["message"]) == (None, "The reservation was created")
    for path, body, said in [
        (f"/Reservations/{wire['referenceNumber']}", second | {"title": "T"}, "The reservation was updated"),
        ("/Attributes/1", {"label": "Cost center", "type": 1, "categoryId": 1}, "The attribute was updated"),
    ]:
        status = 200 if "Res" in path else 201
        one, other = posted(both, path, body, body, status)
        assert (one["message"], other["message"]) == (None, said)
    made = [{"name": "First", "scheduleId": 1}, {"name": "Second", "scheduleId": 1}]
    assert [it["message"] for it in posted(both, "/Resources", *made)] == [None, None]


@pytest.mark.parametrize(("act", "said"), [("Approval", "approved"), ("CheckIn", "checked in"),
                                           ("CheckOut", "checked out")])  # fmt: skip
def test_acts_answer_with_all_links_or_with_a_message(both: dict[str, Door], act: str, said: str) -> None:
    shapes = []
    for shape, room in (("documented", 1), ("wire", 1)):
        told = _after(both[shape], act, room, said)
        shapes.append(told)
        assert told["message"] == (None if shape == "documented" else f"The reservation was {said}")
    documented, wire = shapes
    assert isinstance(documented["isPendingApproval"], bool)
    assert "isPendingApproval" not in wire
    assert [it["title"] for it in documented["links"]] == ["get_reservation", "update_reservation"]
    assert [it["title"] for it in wire["links"]] == ["get_reservation"]


def _after(it: Door, act: str, room: int, said: str) -> Any:
    """The answer to that act on a new reservation, which is deleted again."""
    number = 2 if act == "Approval" else room
    start = it.house.clock.now() + (timedelta(days=3) if act == "Approval" else timedelta())
    times = {"startDateTime": stamp(start), "endDateTime": stamp(start + timedelta(minutes=30))}
    by = "alice" if act == "Approval" else "ada"
    for old in it.get("/Reservations")["reservations"]:
        it.delete(f"/Reservations/{old['referenceNumber']}?updateScope=this")
    made = it.post("/Reservations", {"resourceId": number, **times}, by=by, status=201)
    path = f"/Reservations/{made['referenceNumber']}"
    if act == "CheckOut":
        it.post(f"{path}/CheckIn", {})
    answer = it.post(f"{path}/{act}", {})
    if act != "CheckOut":
        it.delete(path)
    return answer


def test_signing_out_is_answered_with_nothing_or_that_it_is_done(both: dict[str, Door]) -> None:
    answers = [both[shape].ask("POST", "/Authentication/SignOut", None, json={}) for shape in both]
    assert (answers[0].status_code, answers[0].data) == (204, b"")
    assert (answers[1].status_code, answers[1].json["signedOut"]) == (200, True)


def test_members_of_a_group_are_whole_addresses_or_paths(both: dict[str, Door]) -> None:
    documented, wire = told(both, "/Groups/1")
    assert (documented["users"], wire["users"]) == ([f"{BASE}/Users/3"], [f"{MOUNT}/Users/3"])


class Inner(Model):
    """One of several."""

    id: int
    old: Annotated[int, WIRE_ONLY] = 1
    new: Annotated[int, DOCUMENTED_ONLY] = 2


class Outer(Model):
    """All marks that hold others."""

    keyed: Keyed[Inner]
    nested: Nested[Inner]
    plain: Inner | None
    said: Said = "Done"
    again: "list[Outer]" = Field(default_factory=list)


def test_marks_reach_all_the_way_down_and_the_schema_says_what_is_written() -> None:
    inner = Inner(id=3)
    value = Outer(keyed=[inner], nested=[inner], plain=inner, again=[Outer(keyed=[], nested=[], plain=None)])
    for shape, there, gone in (("documented", "new", "old"), ("wire", "old", "new")):
        way = writing(shape)
        shown = TypeAdapter(Any).validate_json(way.writer(Outer)(value))
        one = shown["keyed"]["3"] if shape == "wire" else shown["keyed"][0]
        two = shown["nested"][0][0] if shape == "wire" else shown["nested"][0]
        for it in (one, two, shown["plain"]):
            assert (there in it, gone in it, list(it)[:2]) == (True, False, ["links", "message"])
        _, definitions = way.schema().generate_definitions([("a", "serialization", TypeAdapter(Outer).core_schema)])
        properties = next(it for name, it in definitions.items() if name.endswith("Inner"))["properties"]
        assert (there in properties, gone in properties) == (True, False)
    assert left_out(Part, "wire") is None


@pytest.mark.parametrize(
    ("length", "words", "letters"),
    [
        (timedelta(minutes=2), "2 minutes", "0d0h2m"),
        (timedelta(hours=1, minutes=30), "1 hours 30 minutes", "0d1h30m"),
        (timedelta(days=1), "1 days", "1d0h0m"),
        (timedelta(), "0 minutes", "0d0h0m"),
        (timedelta(days=400, seconds=59), "400 days", "400d0h0m"),
    ],
)
def test_a_length_of_time(length: timedelta, words: str, letters: str) -> None:
    assert (in_words(length), in_letters(length)) == (words, letters)


def test_an_instant_is_told_in_its_own_zone_without_a_colon() -> None:
    at = datetime(2026, 11, 23, 16, 0, 5, 999, tzinfo=UTC)
    assert stamp(at) == "2026-11-23T16:00:05+0000"
    assert stamp(at.astimezone(ZoneInfo("America/New_York"))) == "2026-11-23T11:00:05-0500"
    assert stamp(at.astimezone(ZoneInfo("Asia/Kolkata"))) == "2026-11-23T21:30:05+0530"


def test_there_is_no_third_shape() -> None:
    with pytest.raises(ValueError, match="shape must be one of documented, wire"):
        writing("other")
