"""Signing in with a name and a password, staying so by asking, and signing out."""

import re

import pytest

from server.core.access import CLI
from tests.dialects.librebooking.door import BASE, Door

AUTHENTICATE, SIGN_OUT = "/Authentication/Authenticate", "/Authentication/SignOut"
PASSWORD = "correct horse battery"


@pytest.fixture
def carol(either: Door) -> Door:
    """A door where Carol has a password."""
    person = either.add("carol")
    either.house.engine.credentials.set_password(person.number, CLI, PASSWORD)
    return either


@pytest.mark.parametrize("name", ["carol", "carol@example.org", "CAROL"])
def test_who_knows_the_password_gets_a_session(carol: Door, name: str) -> None:
    told = carol.post(AUTHENTICATE, {"username": name, "password": PASSWORD}, by=None)
    number = carol.people["carol"].number
    token = told.pop("sessionToken")
    assert re.fullmatch("[0-9a-f]{50}", token)
    assert told == {
        "links": [{"href": f"{BASE}/Authentication/SignOut", "title": "logout"}],
        "message": None,
        "sessionExpires": "2026-06-15T08:30:00+0000",
        "userId": number if carol.shape == "documented" else str(number),
        "isAuthenticated": True,
        "version": "2.9",
    }
