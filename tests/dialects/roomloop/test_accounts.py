"""Accounts: who sees them, makes them and changes them."""

from server.core.access import CLI
from server.core.people import Account
from tests.dialects.roomloop.door import BASE, Door


def test_accounts_are_listed_by_department_role_and_status_page_by_page(door: Door) -> None:
    everybody = door.get("/accounts")
    assert [it["name"] for it in everybody["data"]] == ["Ada Nobody", "Stan Nobody", "Alice Nobody", "Bob Nobody"]
    assert everybody["next_cursor"] is None
    assert everybody["data"][2] == {
        "id": f"u{door.people['alice'].number}", "name": "Alice Nobody", "email": "alice@example.org",
        "department": "Science", "role": "teacher", "status": "active", "created_at": "2026-06-15T08:00:00Z",
    }  # fmt: skip
    assert [it["role"] for it in everybody["data"]] == ["admin", "staff", "teacher", "teacher"]
    for query, names in {
        "department=Science": ["alice"], "role=teacher": ["alice", "bob"], "role=member&department=Arts": ["bob"],
        "role=admin": ["ada"], "status=inactive": [], "department=science": [],
    }.items():  # fmt: skip
        assert [it["email"].partition("@")[0] for it in door.get(f"/accounts?{query}")["data"]] == names
    first = door.get("/accounts?limit=2")
    rest = door.get(f"/accounts?limit=2&cursor={first['next_cursor']}")
    assert first["data"] + rest["data"] == everybody["data"]
    assert rest["next_cursor"] is None


def test_a_query_that_is_none_is_refused_by_name(door: Door) -> None:
    for query, path in (("role=head", "role"), ("limit=0", "limit"), ("cursor=x", "cursor"), ("x=1", "x")):
        assert list(door.bad("GET", f"/accounts?{query}")) == [path]


def test_an_account_is_provisioned_and_told(any_door: Door) -> None:
    door = any_door
    answer = door.ask("POST", "/accounts", json={
        "name": "  Zoë van Berg ", "email": "zoe@example.org", "department": "Music", "role": "staff",
    })  # fmt: skip
    made = answer.json
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{BASE}/accounts/{made['id']}"
    assert made == door.get(f"/accounts/{made['id']}")
    assert (made["name"], made["role"], made["department"]) == ("Zoë van Berg", "staff", "Music")
    person = door.house.engine.people.find("zoe@example.org", CLI)
    assert (person.first_name, person.last_name, person.login) == ("Zoë van", "Berg", "zoe@example.org")
    assert door.post("/accounts", {"name": "Cher", "email": "cher@example.org"})["role"] == "teacher"


def test_what_is_wrong_with_an_account_is_a_400_that_names_the_field_and_changes_nothing(door: Door) -> None:
    good = {"name": "Zoe", "email": "zoe@example.org"}
    for body, path in (
        ({**good, "email": "ALICE@example.org"}, "email"), ({**good, "email": "nobody"}, "email"),
        ({**good, "role": "head"}, "role"), ({**good, "name": " "}, "name"), ({**good, "name": "a\nb"}, "name"),
        ({**good, "department": "x" * 101}, "department"), ({**good, "password": "x"}, "password"),
        ({"name": "Zoe"}, "email"), ({**good, "name": "x" * 150 + " y"}, "name"),
    ):  # fmt: skip
        assert list(door.bad("POST", "/accounts", body)) == [path], body
    assert len(door.get("/accounts")["data"]) == 4


def test_an_account_is_changed_as_far_as_is_said(door: Door) -> None:
    bob = f"/accounts/u{door.people['bob'].number}"
    assert door.patch(bob, {"department": "Drama"})["department"] == "Drama"
    assert door.patch(bob, {"name": "Bob Nobody"})["name"] == "Bob Nobody"
    told = door.patch(bob, {"name": "Robert", "email": "rob@example.org", "role": "staff"})
    assert (told["name"], told["email"], told["role"], told["department"]) == (
        "Robert", "rob@example.org", "staff", "Drama",
    )  # fmt: skip
    assert door.get(f"/accounts/{door.people['bob'].number}")["name"] == "Robert"
    assert door.patch(bob, {"department": ""})["department"] == ""


def test_an_account_that_is_made_inactive_lets_nobody_in(door: Door) -> None:
    bob = f"/accounts/u{door.people['bob'].number}"
    assert door.get(bob, by="bob")["status"] == "active"
    assert door.patch(bob, {"status": "inactive"})["status"] == "inactive"
    assert door.refused("GET", bob, 401, by="bob")["code"] == "unauthorized"
    assert door.house.engine.people.get(door.people["bob"].number, CLI).account is Account.INACTIVE


def test_changes_that_cannot_be_are_told_of_their_field(door: Door) -> None:
    ada, bob = (f"/accounts/u{door.people[name].number}" for name in ("ada", "bob"))
    assert list(door.bad("PATCH", ada, {"role": "teacher"})) == ["role"]
    assert list(door.bad("PATCH", ada, {"status": "inactive"})) == ["status"]
    assert list(door.bad("PATCH", bob, {"email": "alice@example.org"})) == ["email"]
    assert list(door.bad("PATCH", bob, {})) == ["body"]
    assert list(door.bad("PATCH", bob, {"name": None, "x": 1})) == ["x"]
    for path in ("/accounts/u999999", "/accounts/bob", "/accounts/u0", "/accounts/99999999999999999999"):
        assert door.refused("PATCH", path, 404, {"department": "x"})["code"] == "not_found"
        assert door.refused("GET", path, 404)["code"] == "not_found"


def test_teachers_see_themselves_alone_and_staff_see_all_but_change_nobody(door: Door) -> None:
    alice, bob = (f"/accounts/u{door.people[name].number}" for name in ("alice", "bob"))
    assert door.get(alice, by="alice")["department"] == "Science"
    for path in (bob, "/accounts/u99999"):  # whether there is somebody of that number is not theirs to know
        assert door.refused("GET", path, 403, by="alice")["capability"] == "accounts.read"
    assert door.refused("GET", "/accounts", 403, by="alice")["code"] == "forbidden"
    assert len(door.get("/accounts", by="stan")["data"]) == 4
    for by in ("alice", "stan"):
        new = {"name": "Zoe", "email": "zoe@example.org"}
        assert door.refused("POST", "/accounts", 403, new, by)["capability"] == "accounts.create"
        assert door.refused("PATCH", bob, 403, {"role": "admin"}, by)["capability"] == "accounts.update"
    assert door.refused("GET", "/accounts", 401, by=None)["code"] == "unauthorized"
