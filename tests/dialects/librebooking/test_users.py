"""Users: everybody for those who run the house, oneself for others; made, changed and deleted by administrators."""

import pytest

from server.core.access import CLI
from server.core.people import Group
from server.core.places import Attribute
from tests.dialects.librebooking.door import BASE, Door

EVE = {
    "password": "correct horse battery", "language": "de_de", "firstName": "Eve", "lastName": "Evans",
    "emailAddress": "eve@example.org", "userName": "eve", "timezone": "Europe/Berlin", "phone": "123",
    "organization": "Acme", "position": "Head",
}  # fmt: skip


def test_the_list_has_everybody_who_is_active_and_fits(door: Door) -> None:
    door.house.engine.people.change(door.people["bob"].number, CLI, account="inactive")
    assert [it["userName"] for it in door.get("/Users/")["users"]] == ["ada", "stan", "alice"]
    assert [it["userName"] for it in door.get("/Users?username=LIC&lastName=&email=example")["users"]] == ["alice"]
    assert door.get("/Users?organization=none")["users"] == []
    assert [it["userName"] for it in door.get("/Users?firstName=sta", by="stan")["users"]] == ["stan"]


def test_one_of_the_list_is_whole(door: Door) -> None:
    alice = door.people["alice"]
    door.house.engine.people.credits(alice.number, CLI, to=250)
    door.house.engine.people.change(alice.number, CLI, color="#aabbcc")
    (told,) = door.get("/Users/?username=alice")["users"]
    assert told == {
        "links": [{"href": f"{BASE}/Users/{alice.number}", "title": "get_user"},
                  {"href": f"{BASE}/Users/{alice.number}", "title": "update_user"}],
        "message": None, "id": alice.number, "userName": "alice", "firstName": "Alice", "lastName": "Nobody",
        "emailAddress": "alice@example.org", "phoneNumber": "", "dateCreated": "2026-06-15T08:00:00+0000",
        "lastLogin": "2026-06-15T08:00:00+0000", "statusId": 1, "timezone": "America/New_York", "organization": "",
        "position": "", "language": "en_us", "customAttributes": [], "currentCredits": "2.50",
        "reservationColor": "#aabbcc",
    }  # fmt: skip


def test_others_see_themselves_and_nobody_else(door: Door) -> None:
    bob, alice = door.people["bob"].number, door.people["alice"].number
    assert [it["id"] for it in door.get("/Users", by="bob")["users"]] == [bob]
    assert door.get("/Users?username=alice", by="bob")["users"] == []
    assert door.get(f"/Users/{bob}", by="bob")["userName"] == "bob"
    assert door.get(f"/Users/{alice}", by="bob", status=404)["message"] == "The requested resource was not found"
    door.get("/Users/999999", by="ada", status=404)


def test_one_has_what_they_may_reserve_and_their_groups(door: Door) -> None:
    engine, alice = door.house.engine, door.people["alice"].number
    engine.rooms.change("elm", CLI, rules={"members": "see"})
    group = engine.groups.add(Group(0, "Team", automatic=True, roles=frozenset({"room_admin"})), CLI).number
    engine.groups.set_members(group, CLI, [alice])
    for by in ("ada", "alice"):
        told = door.get(f"/Users/{alice}", by=by)
        assert [(it["id"], it["name"]) for it in told["permissions"]] == [(door.house.oak.number, "Oak")]
        assert [(it["id"], it["name"], it["isDefault"], it["roleIds"]) for it in told["groups"]] == [
            (group, "Team", True, [3])
        ]
        assert (told["icsUrl"], told["defaultScheduleId"]) == (None, None)


def test_custom_attributes_are_searched_by_number_and_hidden_where_they_are_for_administrators(door: Door) -> None:
    add, alice = door.house.engine.catalogue.add, door.people["alice"].number
    badge = add(Attribute(0, "person", "Badge"), CLI).number
    grade = add(Attribute(0, "person", "Grade", admin_only=True), CLI).number
    values = [{"attributeId": badge, "attributeValue": "B-77"}, {"id": str(grade), "value": 12}, {"attributeId": ""}]
    door.post(f"/Users/{alice}", {"customAttributes": values})
    assert [it["userName"] for it in door.get(f"/Users?att{badge}=b-7")["users"]] == ["alice"]
    assert door.get(f"/Users?att{badge}=b-8")["users"] == []
    shown = {by: door.get(f"/Users/{alice}", by=by)["customAttributes"] for by in ("ada", "alice")}
    assert [(it["id"], it["label"], it["value"]) for it in shown["ada"]] == [
        (badge, "Badge", "B-77"), (grade, "Grade", "12")
    ]  # fmt: skip
    assert [it["label"] for it in shown["alice"]] == ["Badge"]
    assert [it["id"] for it in door.get(f"/Users?att{badge}=B", by="alice")["users"]] == [alice]
    assert door.get(f"/Users?att{grade}=12", by="alice")["users"] == []


def test_a_user_is_made_with_groups_and_signs_in(any_door: Door) -> None:
    door = any_door
    group = door.house.engine.groups.add(Group(0, "Team"), CLI).number
    told = door.post("/Users/", {**EVE, "groups": [str(group), 0, ""], "unknown": 1}, status=201)
    number = told["userId"]
    assert told["links"] == [
        {"href": f"{BASE}/Users/{number}", "title": "get_user"},
        {"href": f"{BASE}/Users/{number}", "title": "update_user"},
    ]
    it = door.house.engine.people.get(number, CLI)
    assert (it.login, it.email, it.language, it.zone, it.groups) == (
        "eve", "eve@example.org", "de", "Europe/Berlin", {group}
    )  # fmt: skip
    signed_in = door.post("/Authentication/Authenticate", {"username": "eve", "password": EVE["password"]}, by=None)
    assert signed_in["userId"] == number


def test_each_missing_field_has_a_sentence_of_its_own(shared: Door) -> None:
    assert sorted(shared.errors("/Users", {"firstName": " ", "lastName": None})) == [
        f"{name} is required"
        for name in ("emailAddress", "firstName", "language", "lastName", "password", "timezone", "userName")
    ]


def test_what_is_taken_is_told_twice(shared: Door) -> None:
    told = shared.errors("/Users", {**EVE, "emailAddress": "ALICE@example.org", "userName": "bob"})
    assert told == ["That email address is already registered", "That user name is already registered"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"emailAddress": "nonsense"}, "emailAddress must be an e-mail address"),
        ({"userName": "two words"}, "userName: "),
        ({"timezone": "Mars/Base"}, "timezone not a known time zone"),
        ({"language": "klingon"}, "language must be a code such as en_us"),
        ({"password": "short"}, "password: at least 10 characters"),
        ({"phone": "x" * 51}, "phone: "),
        ({"firstName": "a\u0000b"}, "firstName: "),
        ({"groups": [999_999]}, "groups: there is no group"),
        ({"groups": "all"}, "groups must be a list"),
        ({"groups": [-1]}, "groups.0 must be at least 1"),
        ({"statusId": 9}, "statusId must be 1"),
        ({"reservationColor": "red"}, "reservationColor: "),
        ({"customAttributes": [{"attributeId": 999_999, "attributeValue": "x"}]}, "customAttributes.999999: "),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named_and_makes_nobody(shared: Door, change: dict[str, object], named: str) -> None:
    (told,) = shared.errors("/Users", {**EVE, **change})
    assert told.startswith(named)
    assert shared.get("/Users?username=eve")["users"] == []


def test_an_update_changes_what_it_says_and_keeps_the_rest(door: Door) -> None:
    number = door.post("/Users", EVE, status=201)["userId"]
    group = door.house.engine.groups.add(Group(0, "Team"), CLI).number
    read = door.get(f"/Users/{number}")
    sent = {**read, "lastName": "Adams", "groups": [{"id": group, "name": "Team"}], "language": "fr_fr",
            "password": "another one", "statusId": "3", "phoneNumber": "456"}  # fmt: skip
    assert door.post(f"/Users/{number}", sent)["userId"] == number
    told = door.get(f"/Users/{number}")
    assert (told["lastName"], told["firstName"], told["language"]) == ("Adams", "Eve", "de_de")
    assert (told["statusId"], told["phoneNumber"], told["timezone"]) == (3, "456", "Europe/Berlin")
    assert [it["id"] for it in told["groups"]] == [group]
    door.post(f"/Users/{number}", {"groups": []})
    assert door.get(f"/Users/{number}")["groups"] == []


def test_an_update_that_cannot_be_changes_nothing_at_all(door: Door) -> None:
    number = door.people["alice"].number
    assert door.errors(f"/Users/{number}", {"lastName": "Other", "groups": [999_999]})
    assert door.errors(f"/Users/{number}", {"lastName": "Other", "emailAddress": " "}) == ["emailAddress is required"]
    assert door.get(f"/Users/{number}")["lastName"] == "Nobody"
    door.post("/Users/999999", {"lastName": "Other"}, status=404)


def test_an_administrator_sets_a_password_and_ends_what_was_open(door: Door) -> None:
    number = door.people["alice"].number
    assert door.errors(f"/Users/{number}/Password", {}) == ["password is required"]
    door.post(f"/Users/{number}/Password", {"password": "a brand new one"})
    door.get("/Accounts/1", by="alice", status=401)
    door.post("/Users/999999/Password", {"password": "a brand new one"}, status=404)


def test_who_is_deleted_is_gone_and_again_is_fine(door: Door) -> None:
    number = door.people["alice"].number
    for _ in range(2):
        assert door.delete(f"/Users/{number}") == {"links": [], "message": "The item was deleted"}
    door.get(f"/Users/{number}", status=404)
    door.get("/Accounts/1", by="alice", status=401)
    told = door.errors(f"/Users/{door.people['ada'].number}", method="DELETE")
    assert told == ["There must be at least one active application administrator"]


def test_on_the_wire_numbers_are_texts_but_for_those_just_made(wire: Door) -> None:
    told = wire.post("/Users", EVE, status=201)
    assert isinstance(told["userId"], int)
    shown = wire.get(f"/Users/{told['userId']}")
    assert (shown["id"], shown["statusId"], shown["lastLogin"]) == (str(told["userId"]), "1", "")
    assert shown["permissions"][0]["id"] == str(wire.house.oak.number)
