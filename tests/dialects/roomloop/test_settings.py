"""What the settings make of RoomLoop's door, and what a proxy before it may say."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from waitress.proxy_headers import proxy_headers_middleware
from werkzeug.test import Client

from server import compose
from server.dialects.kit.rates import Buckets
from server.dialects.roomloop.app import app
from server.doors import roomloop_desk
from server.serving import waitress
from server.settings import Settings, together
from tests.dialects.roomloop.door import door as door_of
from tests.dialects.roomloop.signing import CLIENT, certificate, token
from tests.make import House


def settings(**more: Any) -> Settings:
    return Settings(**{f"roomloop__{name}": value for name, value in more.items()})


def test_the_settings_say_who_signs_in_with_google_and_how_often_a_token_may_ask(
    sqlite_house: House, tmp_path: Path
) -> None:
    path = tmp_path / "google.pem"
    path.write_text(certificate("one"))
    told = settings(
        google_clients=f"other, {CLIENT}", google_keys=str(path), google_domains="Example.org", google_create=True,
        rate=60, burst=3,
    )  # fmt: skip
    client = app(roomloop_desk(sqlite_house.engine, told)).test_client()
    made = client.post("/auth/google", json={"id_token": token()})
    assert (made.status_code, made.json["account"]["email"]) == (200, "alice@example.org")
    assert made.headers["RateLimit-Policy"] == '"default";q=60;w=60'
    assert client.post("/auth/google", json={"id_token": token(hd="example.com")}).status_code == 403
    assert client.post("/auth/google", json={"id_token": "x"}).status_code == 401
    assert client.post("/auth/google", json={"id_token": "x"}).status_code == 429


def test_keys_are_never_asked_for_in_the_open() -> None:
    for url, ids in (("http://keys.example.org/", ["roomloop.plain"]), ("http://127.0.0.1:1/", []), ("/etc/keys", [])):
        assert [it.id for it in together(settings(google_keys=url))] == ids


@pytest.mark.heavy
def test_a_house_without_google_does_not_load_its_libraries() -> None:
    code = (
        "import sys, server.dialects.roomloop.app, server.doors; "
        "print([it for it in sys.modules if it.split('.')[0] in ('joserfc', 'cryptography', 'authlib', 'requests')])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def proxied(made: Flask, trusted: str) -> Client:
    """A client of the app as our server runs it, behind the proxy that is trusted (if any)."""
    how = waitress(Settings(trusted_proxy=trusted))
    names = ("trusted_proxy", "trusted_proxy_count", "trusted_proxy_headers")
    told = {name: how.get(name) for name in names}
    return Client(proxy_headers_middleware(made, **{"clear_untrusted": True, "trusted_proxy_count": 1, **told}))


def test_only_the_trusted_proxy_says_that_it_was_asked_over_https(sqlite_house: House) -> None:
    door = door_of(sqlite_house)
    headers = {"Authorization": f"Bearer {door.keys['alice']}", "X-Forwarded-For": "192.0.2.7"}

    def status(trusted: str, proto: str | None, address: str = "10.0.0.1") -> int:
        said = headers | ({"X-Forwarded-Proto": proto} if proto else {})
        base = {"REMOTE_ADDR": address}
        return proxied(door.app, trusted).get("/facilities", headers=said, environ_base=base).status_code

    assert status("10.0.0.1", "https") == 200
    assert [status("10.0.0.1", it) for it in ("http", None)] == [403, 403]
    assert [status(it, "https") for it in ("", "10.0.0.2")] == [403, 403]
    assert status("127.0.0.1", None, "127.0.0.1") == 403  # the asker is elsewhere, and nobody says how he asked
    assert status("127.0.0.1", "https", "127.0.0.1") == 200


def test_its_native_addresses_and_its_own_mount_are_one_door(tmp_path: Path) -> None:
    lintel = compose.compose(Settings(database_url=f"sqlite:///{tmp_path / 'lintel.db'}"))
    client = Client(lintel.app)
    here = {"REMOTE_ADDR": "127.0.0.1"}
    for path in ("facilities", "reservations/x", "accounts", "reports/usage", "webhooks"):
        for mount in ("/v1", "/roomloop/v1"):
            answer = client.get(f"{mount}/{path}", environ_base=here)
            assert (answer.status_code, answer.json["error"]["code"]) == (401, "unauthorized"), (mount, path)
    for mount in ("/v1", "/roomloop/v1"):
        assert client.post(f"{mount}/auth/logout", environ_base=here).status_code == 401
        assert client.post(f"{mount}/auth/google", json={"id_token": "x"}, environ_base=here).status_code == 403
        assert client.get(f"{mount}/nothing", environ_base=here).status_code == 404
    assert client.get("/v1/nothing", environ_base=here).json == {"error": "Not found"}
    assert client.get("/roomloop/v1/openapi.json", environ_base=here).json["servers"] == [{"url": "/roomloop/v1"}]


def test_what_is_left_in_a_bucket_is_told_without_taking_from_it() -> None:
    now = [0.0]
    buckets = Buckets(2, 40, clock=lambda: now[0])
    assert buckets.left("a") == (40, 0)
    for _ in range(5):
        assert buckets.take("a") == 0
    assert [buckets.left("a") for _ in range(3)] == [(35, 3)] * 3
    now[0] += 1.25
    assert buckets.left("a") == (37, 2)
    now[0] += 60
    assert buckets.left("a") == (40, 0)
    assert Buckets(0, 7).left("a") == (7, 0)
