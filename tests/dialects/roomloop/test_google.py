"""Signing in with Google: tokens signed with keys of our own, believed only where all of them is right."""

import hmac
import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import RSAKey

from server.core.access import CLI
from server.core.clock import epoch
from server.core.errors import Later
from server.core.people import Account
from server.dialects.roomloop import google_keys
from server.dialects.roomloop.google import Google
from server.dialects.roomloop.google_keys import Keys, Read
from server.engine.identities import Terms
from tests.dialects.roomloop.door import Door
from tests.dialects.roomloop.door import door as door_of
from tests.make import NOW, House

CLIENT = "lintel.apps.example.org"
Change = dict[str, object]


@cache
def private(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2048)


def key(name: str = "one") -> RSAKey:
    return RSAKey.import_key(private(name), {"kid": name})


def token(*, by: str = "one", header: Change | None = None, **claims: object) -> str:
    """An ID token of Alice's as Google makes them; a claim that is None is left out."""
    now = epoch(NOW)
    usual = {
        "iss": "https://accounts.google.com", "aud": CLIENT, "azp": "app", "sub": "1234", "iat": now, "exp": now + 3600,
        "email": "alice@example.org", "email_verified": True, "hd": "example.org", "name": "Alice Adams",
    }  # fmt: skip
    told = {name: value for name, value in (usual | claims).items() if value is not None}
    return jwt.encode({"alg": "RS256", "kid": by, "typ": "JWT"} | (header or {}), told, key(by))


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def jwks(*names: str) -> bytes:
    return json.dumps({"keys": [key(name).as_dict(private=False) | {"use": "sig"} for name in names]}).encode()


def certificate(name: str) -> str:
    day = timedelta(days=1)
    subject = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "test")])
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(private(name).public_key())
    when = datetime(2026, 1, 1, tzinfo=UTC)
    made = made.serial_number(1).not_valid_before(when).not_valid_after(when + 3650 * day)
    return made.sign(private(name), hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def public(name: str) -> str:
    return private(name).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def at_google(house: House, keys: Keys, **more: Any) -> Door:
    return door_of(house, google=Google(frozenset({CLIENT, "other"}), keys, house.clock, **more))


@pytest.fixture
def door(house: House, tmp_path: Path) -> Door:
    """RoomLoop's door with Google's keys in a file, once on each database."""
    (tmp_path / "keys.json").write_bytes(jwks("one", "two"))
    return at_google(house, google_keys.of_file(tmp_path / "keys.json"))


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


def test_somebody_is_who_the_sub_says_whatever_the_address(door: Door) -> None:
    first = sign_in(door, token())["account"]["id"]
    assert sign_in(door, token(by="two", email="new@example.org"))["account"]["id"] == first
    assert sign_in(door, token(email="bob@example.org"))["account"]["id"] == first
    other = sign_in(door, token(sub="99", email="bob@example.org"))["account"]["id"]
    assert other == f"u{door.people['bob'].number}"
    sign_in(door, token(sub="98", email="bob@example.org"), 403)


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://accounts.example.org"}, {"iss": None}, {"iss": ["accounts.google.com"]}, {"aud": "theirs"},
        {"aud": None}, {"aud": [CLIENT, "theirs"]}, {"exp": epoch(NOW) - 61}, {"exp": None}, {"exp": "soon"},
        {"iat": epoch(NOW) + 61}, {"iat": None}, {"nbf": epoch(NOW) + 61}, {"sub": None}, {"sub": ""}, {"sub": 7},
        {"sub": "x" * 256},
    ],
    ids=repr,
)  # fmt: skip
def test_a_claim_that_is_not_as_it_must_be_is_not_believed(sqlite_house: House, change: Change) -> None:
    door = at_google(sqlite_house, Keys(lambda: Read(google_keys.parsed(jwks("one")), 60.0)))
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


@pytest.mark.parametrize("form", ["jwk set", "certificates by name", "certificates", "public keys"])
def test_keys_are_read_in_every_form_that_google_and_administrators_have(form: str) -> None:
    documents = {
        "jwk set": jwks("one", "two"),
        "certificates by name": json.dumps({name: certificate(name) for name in ("one", "two")}).encode(),
        "certificates": (certificate("one") + certificate("two")).encode(),
        "public keys": f"{public('one')}\n{public('two')}".encode(),
    }
    keys = Keys(lambda: Read(google_keys.parsed(documents[form]), 60.0))
    found = keys.named("two")
    assert key("two").thumbprint() in [it.thumbprint() for it in found]
    assert len(found) == (1 if "by name" in form or form == "jwk set" else 2)
    assert len(keys.named(None)) == 2


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b"{", b'{"keys": []}', b'{"keys": [1]}', b'{"a": 1}', b"-----BEGIN X-----", b"\xff"]
)
def test_what_is_no_document_of_keys_is_none(data: bytes) -> None:
    with pytest.raises(Later):
        google_keys.parsed(data)


class Timer:
    """A clock that is moved by hand, and how often keys were read."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.read = 0
        self.names: tuple[str, ...] = ("one",)
        self.away = False

    def __call__(self) -> float:
        return self.now

    def keys(self) -> Read:
        self.read += 1
        if self.away:
            raise Later(1)
        return Read(google_keys.parsed(jwks(*self.names)), 300.0)


def test_keys_are_kept_as_long_as_they_are_good_and_read_anew_for_a_name_that_is_not_known() -> None:
    timer = Timer()
    keys = Keys(timer.keys, timer)
    assert [len(keys.named("one")) for _ in range(3)] == [1, 1, 1]
    assert timer.read == 1
    timer.now += 301
    keys.named("one")
    assert timer.read == 2
    timer.names = ("one", "two")
    assert len(keys.named("two")) == 1
    assert [len(keys.named("three")) for _ in range(5)] == [0] * 5
    assert timer.read == 3
    timer.now += 61
    keys.named("three")
    assert timer.read == 4


def test_while_google_is_away_its_last_keys_are_good_for_a_day_and_nobody_asks_in_vain_too_often() -> None:
    timer = Timer()
    keys = Keys(timer.keys, timer)
    keys.named("one")
    timer.away, timer.now = True, timer.now + 400
    assert [len(keys.named("one")) for _ in range(5)] == [1] * 5
    assert timer.read == 2
    timer.now += 86_400
    with pytest.raises(Later):
        keys.named("one")
    with pytest.raises(Later):
        Keys(timer.keys, timer).named("one")


@pytest.fixture
def served() -> Iterator[Callable[..., str]]:
    """A web server on this machine; gives the URL of a document that it serves with these headers."""
    pages: dict[str, tuple[int, bytes, dict[str, str]]] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body, headers = pages[self.path]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()

    def serve(body: bytes, status: int = 200, **headers: str) -> str:
        path = f"/{len(pages)}"
        pages[path] = (status, body, {name.replace("_", "-"): value for name, value in headers.items()})
        return f"http://127.0.0.1:{server.server_port}{path}"

    yield serve
    server.shutdown()
    thread.join()
    server.server_close()


def test_keys_come_over_the_network_and_are_good_as_long_as_cache_control_says(served: Callable[..., str]) -> None:
    good = jwks("one")
    for header, age in (("public, max-age=19845, must-revalidate", 19_845.0), ("max-age=1", 60.0),
                        ("max-age=99999999", 86_400.0), ("no-cache", 3600.0)):  # fmt: skip
        assert google_keys._fetched(served(good, Cache_Control=header)).age == age
    assert len(google_keys.of_url(served(good)).named("one")) == 1


def test_what_is_no_good_answer_is_none(served: Callable[..., str]) -> None:
    good = jwks("one")
    urls = [
        served(good, 500), served(b"<html>"), served(b" " * 300_000), served(b"", 302, Location=served(good)),
        "http://192.0.2.1/keys", "ftp://127.0.0.1/", "nonsense",
    ]  # fmt: skip
    for url in urls:
        with pytest.raises(Later):
            google_keys.of_url(url).named("one")


def test_without_keys_the_door_says_come_again(sqlite_house: House, tmp_path: Path) -> None:
    door = at_google(sqlite_house, google_keys.of_file(tmp_path / "none"))
    answer = door.ask("POST", "/auth/google", None, json={"id_token": token()})
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
