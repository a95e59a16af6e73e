"""Google's keys: in each form, from the network and from files, kept as long as they are good."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from server.core.errors import Later
from server.dialects.roomloop import google_keys
from server.dialects.roomloop.google_keys import Keys, Read
from tests.dialects.roomloop.signing import certificate, jwks, key, public


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


def test_who_comes_while_keys_are_read_goes_by_those_that_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(google_keys, "WAIT", 0.01)
    timer, reading, done = Timer(), threading.Event(), threading.Event()
    keys = Keys(timer.keys, timer)
    keys.named("one")
    plain = timer.keys

    def slow() -> Read:
        reading.set()
        done.wait(60)
        return plain()

    keys._read = slow
    timer.now += 301
    other = threading.Thread(target=keys.named, args=("one",))
    other.start()
    reading.wait(60)
    assert len(keys.named("one")) == 1
    done.set()
    other.join()
    assert timer.read == 2


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


def test_a_file_is_read_anew_when_it_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_bytes(jwks("one"))
    keys = google_keys.of_file(path)
    assert (len(keys.named("one")), keys.named("two")) == (1, [])
    path.write_bytes(jwks("two"))
    assert (keys.named("one"), len(keys.named("two"))) == ([], 1)
