"""Groups: who is in them, what they make of their people, and which resources they may reserve."""

from server.core.access import CLI
from server.core.house import Right
from server.core.people import Group
from tests.dialects.librebooking.door import BASE, MOUNT, Door


def test_a_group_is_made_read_changed_and_deleted(any_door: Door) -> None:
    door = any_door
    told = door.post("/Groups/", {"name": "Team", "isDefault": "1"}, status=201)
    number = told["groupId"]
    links = [{"href": f"{BASE}/Groups/{number}", "title": title} for title in
             ("get_group", "update_group", "delete_group")]  # fmt: skip
    assert told == {"links": links, "message": None, "groupId": number, "attributeId": number}
    assert door.get("/Groups")["groups"] == [
        {"links": links[:1], "message": None, "id": number, "name": "Team", "isDefault": True}
    ]
    assert door.post(f"/Groups/{number}", {"name": "Others"}, status=201) == {
        "links": links, "message": None, "groupId": number
    }  # fmt: skip
    door.post(f"/Groups/{number}", {"isDefault": False}, status=201)
    assert door.get(f"/Groups/{number}") == {
        "links": links, "message": None, "id": number, "name": "Others", "adminGroup": None, "permissions": [],
        "viewPermissions": [], "users": [], "roles": [], "isDefault": False,
    }  # fmt: skip
    assert door.delete(f"/Groups/{number}") == {"links": [], "message": "The item was deleted"}
    assert door.get("/Groups")["groups"] == []
    door.get(f"/Groups/{number}", status=404)
    assert door.delete(f"/Groups/{number}")["message"] == "The item was deleted"


def test_people_resources_and_roles_are_set_as_wholes(door: Door) -> None:
    oak, elm = door.house.oak.number, door.house.elm.number
    alice, bob = door.people["alice"].number, door.people["bob"].number
    number = door.post("/Groups", {"name": "Team"}, status=201)["groupId"]
    door.post(f"/Groups/{number}/Users", {"userIds": [alice, str(bob), 0, ""]}, status=201)
    door.post(f"/Groups/{number}/Users", {"userIds": [bob]}, status=201)
    door.post(f"/Groups/{number}/Permissions", {"permissions": [oak], "viewPermissions": [oak, elm]}, status=201)
    door.post(f"/Groups/{number}/Roles", {"roleIds": [3, "1"]}, status=201)
    told = door.get(f"/Groups/{number}")
    assert told["users"] == [f"{BASE}/Users/{bob}"]
    assert (told["permissions"], told["viewPermissions"]) == ([f"{BASE}/Resources/{oak}"], [f"{BASE}/Resources/{elm}"])
    assert told["roles"] == [1, 3]
    door.post(f"/Groups/{number}/Permissions", {"permissions": []}, status=201)
    told = door.get(f"/Groups/{number}")
    assert (told["permissions"], told["viewPermissions"]) == ([], [])


def test_a_permission_lets_its_people_book(door: Door) -> None:
    door.house.engine.rooms.change("oak", CLI, rules={"members": "none"})
    alice, oak = door.people["alice"].number, door.house.oak.number
    number = door.post("/Groups", {"name": "Team"}, status=201)["groupId"]
    assert oak not in [it["id"] for it in door.get(f"/Users/{alice}")["permissions"]]
    door.post(f"/Groups/{number}/Users", {"userIds": [alice]}, status=201)
    door.post(f"/Groups/{number}/Permissions", {"permissions": [oak]}, status=201)
    assert oak in [it["id"] for it in door.get(f"/Users/{alice}", by="alice")["permissions"]]


def test_what_cannot_be_is_named_and_changes_nothing(door: Door) -> None:
    number = door.post("/Groups", {"name": "Team"}, status=201)["groupId"]
    door.post(f"/Groups/{number}/Users", {"userIds": [door.people["bob"].number]}, status=201)
    before = door.get(f"/Groups/{number}")
    for path, body, told in [
        ("", {"name": "  "}, "name is required"),
        ("/Users", {"userIds": [999_999]}, "userIds: there is no user 999999"),
        ("/Users", {}, "userIds is required"),
        ("/Users", {"userIds": 3}, "userIds must be a list"),
        ("/Permissions", {"permissions": [999_999]}, "permissions: there is no resource 999999"),
        ("/Permissions", {}, "permissions is required"),
        ("/Roles", {"roleIds": [7]}, "roleIds must be some of 1, 2, 3 and 4"),
        ("/Roles", {}, "roleIds is required"),
    ]:
        assert door.errors(f"/Groups/{number}{path}", body) == [told]
    assert door.errors("/Groups", {"name": "team"}) == ["That name is already taken"]
    assert door.get(f"/Groups/{number}") == before
    for path in ("", "/Users", "/Permissions", "/Roles"):
        body = {"name": "x", "userIds": [], "permissions": [], "roleIds": []}
        door.post(f"/Groups/999999{path}", body, status=404)


def test_the_last_administrator_stays_one(door: Door) -> None:
    ada, number = door.people["ada"].number, door.post("/Groups", {"name": "Admins"}, status=201)["groupId"]
    door.post(f"/Groups/{number}/Users", {"userIds": [ada]}, status=201)
    door.post(f"/Groups/{number}/Roles", {"roleIds": [2]}, status=201)
    door.house.engine.people.change(ada, CLI, role="member")
    assert door.get(f"/Groups/{number}")["roles"] == [2]  # Ada still is one, by the group
    assert door.errors(f"/Groups/{number}/Roles", {"roleIds": []}) == [
        "There must be at least one active application administrator"
    ]


def test_members_know_their_own_groups_and_not_who_else_is_in_them(door: Door) -> None:
    engine, alice, bob = door.house.engine, door.people["alice"].number, door.people["bob"].number
    heads = engine.groups.add(Group(0, "Heads", roles=frozenset({"group_admin"})), CLI).number
    led = engine.groups.add(Group(0, "Led", led_by=heads), CLI).number
    other = engine.groups.add(Group(0, "Other"), CLI).number
    engine.groups.set_members(heads, CLI, [alice])
    engine.groups.set_members(led, CLI, [bob])
    assert [it["id"] for it in door.get("/Groups", by="bob")["groups"]] == [led]
    assert door.get(f"/Groups/{led}", by="bob")["users"] == []
    assert door.get(f"/Groups/{led}", by="alice")["users"] == [f"{BASE}/Users/{bob}"]
    assert door.get(f"/Groups/{led}", by="alice")["adminGroup"] == f"{BASE}/Groups/{heads}"
    door.get(f"/Groups/{other}", by="bob", status=404)


def test_a_group_that_something_else_names_stays(door: Door) -> None:
    engine = door.house.engine
    heads = engine.groups.add(Group(0, "Heads"), CLI).number
    engine.groups.add(Group(0, "Led", led_by=heads), CLI)
    engine.rights.give(Right(0, "group", heads, "manage", room=door.house.oak.number), CLI)
    assert door.errors(f"/Groups/{heads}", method="DELETE") == ["It is in use by 1 group"]
    assert len([it for it in engine.rights.all(CLI) if it.kind == "group"]) == 1


def test_on_the_wire_members_are_paths_and_messages_are_said(wire: Door) -> None:
    told = wire.post("/Groups", {"name": "Team"}, status=201)
    assert (told["message"], "attributeId" in told) == ("The group was created", False)
    number, bob = told["groupId"], wire.people["bob"].number
    assert wire.post(f"/Groups/{number}/Users", {"userIds": [bob]}, status=201)["message"] == "The group was updated"
    shown = wire.get(f"/Groups/{number}")
    assert (shown["id"], shown["users"]) == (str(number), [f"{MOUNT}/Users/{bob}"])
