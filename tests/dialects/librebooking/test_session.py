"""Signing in with a name and a password, staying so by asking, and signing out."""

import re

import pytest

from server import compose
from server.core.access import CLI
from server.core.errors import Unnamed
from server.core.people import Person
from server.dialects.librebooking.auth import PERSON, TOKEN
from server.settings import Settings
from tests.dialects.librebooking import door as doors
from tests.dialects.librebooking.door import BASE, Door
from tests.make import Clock

AUTHENTICATE, SIGN_OUT = "/Authentication/Authenticate", "/Authentication/SignOut"
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def carol(shared: Door) -> Door:
    """A door where Carol has a password."""
    person = shared.add("carol")
    shared.house.engine.credentials.set_password(person.number, CLI, PASSWORD)
    return shared


@pytest.mark.parametrize(("name", "shape"), [("carol", "documented"), ("Carol@example.org", "wire")])
def test_who_knows_the_password_gets_a_session(carol: Door, name: str, shape: str) -> None:
    told = doors.door(carol.house, shape, carol).post(AUTHENTICATE, {"username": name, "password": PASSWORD}, by=None)
    number = carol.people["carol"].number
    token = told.pop("sessionToken")
    assert re.fullmatch("[0-9a-f]{50}", token)
    assert told == {
        "links": [{"href": f"{BASE}/Authentication/SignOut", "title": "logout"}],
        "message": None,
        "sessionExpires": "2026-06-15T08:30:00+0000",
        "userId": number if shape == "documented" else str(number),
        "isAuthenticated": True,
        "version": "2.9",
    }


NOBODY = {
    "links": [], "message": "Login failed. Invalid username or password.", "sessionToken": None,
    "sessionExpires": None, "userId": None, "isAuthenticated": False, "version": None,
}  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        {"username": "carol", "password": "wrong"}, {"username": "who?", "password": PASSWORD}, {},
        {"username": 7, "password": None},
    ],
)  # fmt: skip
def test_who_does_not_is_told_so_with_200_and_learns_nothing(carol: Door, body: object) -> None:
    assert carol.post(AUTHENTICATE, body, by=None) == NOBODY


def test_who_guesses_too_often_is_told_to_wait(door: Door) -> None:
    carol = door
    carol.house.engine.credentials.set_password(carol.add("carol").number, CLI, PASSWORD)
    answers = [carol.ask("POST", AUTHENTICATE, None, json={"username": "carol", "password": "no"}) for _ in range(12)]
    assert {it.status_code for it in answers} == {200, 429}
    assert int(answers[-1].headers["Retry-After"]) > 0
    right = {"username": "carol", "password": PASSWORD}
    assert carol.ask("POST", AUTHENTICATE, None, json=right).status_code == 429


def test_the_body_is_read_whatever_it_calls_itself(carol: Door) -> None:
    text = f'{{"username": "carol", "password": "{PASSWORD}", "more": [1]}}'
    for kind in ("", "application/x-www-form-urlencoded"):
        answer = carol.ask("POST", AUTHENTICATE, None, data=text, content_type=kind)
        assert answer.json["isAuthenticated"]
    assert carol.ask("POST", AUTHENTICATE, None, data="username=carol").status_code == 400


def test_a_session_slides_by_being_used_and_ends_after_half_an_hour(door: Door) -> None:
    for _ in range(3):
        door.house.clock.forward(minutes=29)
        door.get("/Accounts/1", by="alice")
    door.house.clock.forward(minutes=30)
    told = door.get("/Accounts/1", by="alice", status=401)
    assert told["message"] == "You must be authenticated in order to access this service."
    assert told["links"] == [{"href": f"{BASE}{AUTHENTICATE}", "title": "login"}]


def test_both_headers_are_wanted_and_must_belong_together(door: Door) -> None:
    token, number = door.sessions["alice"].values()
    bobs = door.sessions["bob"][PERSON]
    good = {TOKEN.lower(): token, PERSON.upper(): f" {number} "}
    assert door.ask("GET", "/Accounts/1", None, headers=good).status_code == 200
    bad = ({}, {TOKEN: token}, {PERSON: number}, {TOKEN: token, PERSON: bobs}, {TOKEN: token, PERSON: "0" + number})
    for headers in (*bad, {TOKEN: token + "0", PERSON: number}, {TOKEN: "\xff", PERSON: number}):
        assert door.ask("GET", "/Accounts/1", None, headers=headers).status_code == 401


def test_the_session_of_another_door_opens_nothing(door: Door) -> None:
    number = door.people["alice"].number
    for source in ("console", "roomloop", "librebooking"):
        _, token = door.house.engine.sign_in.open(number, source=source)
        headers = {TOKEN: token, PERSON: str(number)}
        assert door.ask("GET", "/Resources/", None, headers=headers).status_code == 401


def test_one_person_has_several_sessions_and_ends_one(wire: Door) -> None:
    second = wire.signed_in(wire.people["alice"])
    token, number = wire.sessions["alice"].values()
    told = wire.post(SIGN_OUT, {"userId": number, "sessionToken": token}, by=None)
    assert told == {"links": [], "message": None, "signedOut": True}
    wire.get("/Accounts/1", by="alice", status=401)
    assert wire.ask("GET", "/Accounts/1", None, headers=second).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"userId": None, "sessionToken": None},
        {"userId": 1, "sessionToken": "bogus"},
        {"userId": [], "sessionToken": {}},
    ],
)
def test_signing_out_is_always_fine(either: Door, body: object) -> None:
    answer = either.ask("POST", SIGN_OUT, None, json=body)
    if either.shape == "wire":
        assert answer.json == {"links": [], "message": None, "signedOut": True}
    else:
        assert (answer.status_code, answer.data) == (204, b"")


def test_who_is_no_longer_active_is_signed_out(door: Door) -> None:
    door.house.engine.people.change(door.people["alice"].number, CLI, account="inactive")
    door.get("/Accounts/1", by="alice", status=401)


def test_how_long_a_session_lasts_is_a_setting_of_this_door_alone(fresh_sqlite: str) -> None:
    clock = Clock()
    engine = compose.engine(Settings(database_url=fresh_sqlite, librebooking__session_minutes=5), clock=clock)
    bob = engine.people.add(Person(0, "bob@example.org", "bob"), CLI)
    _, here = engine.sign_in.open(bob.number, source="librebooking")
    _, elsewhere = engine.sign_in.open(bob.number, source="roomloop")
    clock.forward(minutes=5)
    assert engine.sign_in.session(elsewhere) == engine.people.get(bob.number, CLI)
    with pytest.raises(Unnamed):
        engine.sign_in.session(here)
