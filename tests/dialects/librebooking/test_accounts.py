"""Accounts: always one's own, and one that somebody makes for themselves where the house lets them."""

from dataclasses import replace

import pytest

from server.core.access import CLI
from server.dialects.librebooking.app import app
from server.engine.accounts import Accounts
from tests.dialects.librebooking.door import BASE, Door
from tests.dialects.librebooking.test_users import EVE

OLD, NEW = "correct horse battery", "a better one than that"


def test_ones_own_account_is_told_whatever_the_number_says(shared: Door) -> None:
    alice = shared.people["alice"].number
    told = shared.get(f"/Accounts/{shared.people['bob'].number}", by="alice")
    assert told == {
        "links": [{"href": f"{BASE}/Accounts/{alice}", "title": "get_user_account"},
                  {"href": f"{BASE}/Accounts/{alice}", "title": "update_user_account"},
                  {"href": f"{BASE}/Accounts/{alice}/Password", "title": "update_password"}],
        "message": None, "userId": alice, "firstName": "Alice", "lastName": "Nobody",
        "emailAddress": "alice@example.org", "userName": "alice", "language": "en_us", "timezone": "America/New_York",
        "phone": "", "organization": "", "position": "", "customAttributes": [], "icsUrl": None,
    }  # fmt: skip
    assert shared.get("/Accounts/:userId", by="bob")["userName"] == "bob"
    assert shared.get("/Accounts/1", by="bob")["timezone"] == "Europe/Berlin"


def test_one_mends_what_is_ones_own(door: Door) -> None:
    told = door.get("/Accounts/1", by="alice")
    changed = {**told, "firstName": "Alicia", "phone": 5, "language": "ja_jp", "timezone": "Asia/Tokyo"}
    saved = door.post(f"/Accounts/{door.people['bob'].number}", changed, by="alice")
    assert saved["userId"] == door.people["alice"].number
    again = door.get("/Accounts/1", by="alice")
    assert (again["firstName"], again["phone"], again["language"]) == ("Alicia", "5", "ja_jp")
    assert again["timezone"] == "Asia/Tokyo"
    assert door.get("/Accounts/1", by="bob")["firstName"] == "Bob"


def test_what_a_sign_in_goes_by_is_the_administrators_to_change(door: Door) -> None:
    wanted = {"emailAddress": "root@example.org", "userName": "root", "phone": "1"}
    assert door.errors("/Accounts/1", wanted, by="alice") == [
        "emailAddress can only be changed by an administrator", "userName can only be changed by an administrator"
    ]  # fmt: skip
    assert door.get("/Accounts/1", by="alice")["phone"] == ""
    door.post("/Accounts/1", wanted, by="ada")
    assert door.get("/Accounts/1", by="ada")["userName"] == "root"


def test_a_new_password_needs_the_current_one_and_leaves_this_session_open(door: Door) -> None:
    alice = door.people["alice"]
    door.house.engine.credentials.set_password(alice.number, CLI, OLD)
    door.sessions["alice"] = door.signed_in(alice)
    other = door.signed_in(alice)
    wrong = {"currentPassword": "wrong", "newPassword": NEW}
    assert door.errors("/Accounts/1/Password", wrong, by="alice") == ["currentPassword is not your password"]
    assert door.errors("/Accounts/1/Password", {}, by="alice") == [
        "currentPassword is required", "newPassword is required"
    ]  # fmt: skip
    assert door.errors("/Accounts/1/Password", {"currentPassword": OLD, "newPassword": "short"}, by="alice") == [
        "newPassword: at least 10 characters"
    ]  # fmt: skip
    door.post("/Accounts/1/Password", {"currentPassword": OLD, "newPassword": NEW}, by="alice")
    door.get("/Accounts/1", by="alice")
    assert door.ask("GET", "/Accounts/1", None, headers=other).status_code == 401


def test_nobody_makes_an_account_where_the_house_does_not_let_them(shared: Door) -> None:
    told = shared.post("/Accounts/", {**EVE, "acceptTermsOfService": True}, by=None, status=401)
    assert told["message"] == "You do not have access to the requested resource"


@pytest.mark.parametrize(("registration", "in_at_once"), [("open", True), ("awaiting", False)])
def test_an_account_that_somebody_makes_is_let_in_as_the_house_says(
    door: Door, registration: str, in_at_once: bool
) -> None:
    engine = door.house.engine
    accounts: Accounts = replace(engine.accounts, people=replace(engine.people, registration=registration))
    it = replace(door, app=app(replace(engine, accounts=accounts), public_url="https://rooms.example.org"))
    it.client = it.app.test_client()
    told = it.post("/Accounts/", {**EVE, "statusId": 1, "groups": [1]}, by=None, status=201)
    assert [link["title"] for link in told["links"]] == ["get_user_account", "update_user_account"]
    made = engine.people.get(told["userId"], CLI)
    assert (made.login, made.role, made.groups) == ("eve", "member", frozenset())
    signed_in = it.post("/Authentication/Authenticate", {"username": "eve", "password": EVE["password"]}, by=None)
    assert signed_in["isAuthenticated"] is in_at_once
    assert it.errors("/Accounts", EVE, by=None) == [
        "That email address is already registered", "That user name is already registered"
    ]  # fmt: skip
