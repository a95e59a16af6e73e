"""Signing in with Google: tokens signed with keys of our own, believed only where all of them is right."""

import hmac
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt

from server.core.access import CLI
from server.core.clock import epoch
from server.core.people import Account
from server.dialects.roomloop import google_keys
from server.dialects.roomloop.google import Google
from server.dialects.roomloop.google_keys import Keys, Read
from server.engine.identities import Terms
from tests.dialects.roomloop.door import Door
from tests.dialects.roomloop.door import door as door_of
from tests.dialects.roomloop.signing import CLIENT, b64, jwks, key, public, token
from tests.make import NOW, House


def at_google(house: House, keys: Keys, **more: Any) -> Door:
    return door_of(house, google=Google(frozenset({CLIENT, "other"}), keys, house.clock, **more))


@pytest.fixture
def door(sqlite_house: House, tmp_path: Path) -> Door:
    """RoomLoop's door with Google's keys in a file."""
    (tmp_path / "keys.json").write_bytes(jwks("one", "two"))
    return at_google(sqlite_house, google_keys.of_file(tmp_path / "keys.json"))


def sign_in(door: Door, text: str, status: int = 200) -> Any:
    return door.told("POST", "/auth/google", None, status, json={"id_token": text})


def test_a_token_of_somebody_known_opens_a_session_that_works_and_ends(door: Door) -> None:
    made = sign_in(door, token())
    alice = door.people["alice"]
    assert made["account"] == {
        "id": f"u{alice.number}", "name": "Alice Adams", "email": "alice@example.org", "role": "teacher",
    }  # fmt: skip
    assert made["expires_at"] == "2026-06-15T08:30:00Z"
    assert door.get("/facilities", made["token"])["data"] != []
    assert door.ask("POST", "/auth/logout", made["token"]).status_code == 204
    door.refused("GET", "/facilities", 401, by=made["token"])


def test_somebody_is_who_the_sub_says_whatever_the_address(house: House) -> None:
    door = at_google(house, Keys(lambda: Read(google_keys.parsed(jwks("one", "two")), 60.0)))
    first = sign_in(door, token())["account"]["id"]
    assert sign_in(door, token(by="two", email="new@example.org"))["account"]["id"] == first
    assert sign_in(door, token(email="bob@example.org"))["account"]["id"] == first
    other = sign_in(door, token(sub="99", email="bob@example.org"))["account"]["id"]
    assert other == f"u{door.people['bob'].number}"
    sign_in(door, token(sub="98", email="bob@example.org"), 403)


def test_a_claim_that_is_not_as_it_must_be_is_not_believed(sqlite_house: House) -> None:
    door = at_google(sqlite_house, Keys(lambda: Read(google_keys.parsed(jwks("one")), 60.0)))
    cases: tuple[Any, ...] = (
        {"iss": "https://accounts.example.org"}, {"iss": None}, {"iss": ["accounts.google.com"]}, {"aud": "theirs"},
        {"aud": None}, {"aud": [CLIENT, "theirs"]}, {"exp": epoch(NOW) - 61}, {"exp": None}, {"exp": "soon"},
        {"iat": epoch(NOW) + 61}, {"iat": None}, {"nbf": epoch(NOW) + 61}, {"sub": None}, {"sub": ""}, {"sub": 7},
        {"sub": "x" * 256},
    )  # fmt: skip
    for change in cases:
        assert sign_in(door, token(**change), 401)["error"]["code"] == "unauthorized"


def test_a_signature_that_is_none_is_not_believed(sqlite_house: House) -> None:
    door = at_google(sqlite_house, Keys(lambda: Read(google_keys.parsed(jwks("one")), 60.0)))
    good = token()
    head, body, seal = good.split(".")
    signed = b64(b'{"alg":"HS256","kid":"one"}') + "." + body
    forged = f"{signed}.{b64(hmac.digest(public('one').encode(), signed.encode(), 'sha256'))}"
    unsigned = b64(b'{"alg":"none"}') + "." + body + "."
    claims: Any = {"iss": "https://accounts.google.com", "aud": CLIENT, "sub": "1", "iat": 1, "exp": epoch(NOW) + 60}
    another = jwt.encode({"alg": "RS384", "kid": "one"}, claims, key(), algorithms=["RS384"])
    strange = token(by="three", header={"kid": "one"})
    unknown = token(by="three")
    texts = (forged, unsigned, another, strange, unknown, f"{head}.{body}.", f"{head}.{body}.{seal[:-4]}AAAA",
             f"{head}.{body[:-4]}AAAA.{seal}", "x", "a.b.c", "..", good + ".x", "é.é.é", "x" * 16_000)  # fmt: skip
    for text in texts:
        assert sign_in(door, text, 401)["error"]["code"] == "unauthorized"
    assert sign_in(door, good)["token"] != ""


def test_a_body_that_names_no_token_is_a_400(door: Door) -> None:
    bodies: tuple[Any, ...] = ({}, {"id_token": ""}, {"id_token": 3}, {"id_token": "x" * 20_000}, {"token": "x"})
    for body in bodies:
        assert door.bad("POST", "/auth/google", body, None) != {}


def test_who_has_no_account_or_another_domain_or_has_left_is_forbidden(door: Door) -> None:
    for change in ({"email": "new@example.org"}, {"email_verified": False}, {"email": None}):
        assert sign_in(door, token(sub="77", **change), 403)["error"]["code"] == "forbidden"
    door.add("left")
    door.house.engine.people.change(door.people["left"].number, CLI, account=Account.INACTIVE)
    sign_in(door, token(sub="78", email="left@example.org"), 403)


def test_domains_can_be_named_and_accounts_be_made(sqlite_house: House) -> None:
    keys = Keys(lambda: Read(google_keys.parsed(jwks("one")), 60.0))
    door = at_google(sqlite_house, keys, domains=frozenset({"example.org"}), terms=Terms(create=True))
    for domain in ("elsewhere.org", None):
        assert "domain" in sign_in(door, token(hd=domain), 403)["error"]["message"]
    made = sign_in(door, token(sub="79", email="new@example.org", hd="Example.ORG", name="New Body"))
    assert (made["account"]["name"], made["account"]["role"]) == ("New Body", "teacher")


def test_where_google_is_not_set_up_nobody_signs_in_with_it(sqlite_house: House) -> None:
    assert "not set up" in sign_in(door_of(sqlite_house), token(), 403)["error"]["message"]


def test_without_keys_the_door_says_come_again(sqlite_house: House, tmp_path: Path) -> None:
    door = at_google(sqlite_house, google_keys.of_file(tmp_path / "none"))
    answer = door.ask("POST", "/auth/google", None, json={"id_token": token()})
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
